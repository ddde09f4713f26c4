"""The index is built aside, switched in one step, and trusted only after it was checked."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag import Knowledge, KnowledgeError, KnowledgeSettings, Summary
from rag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexNotWritten
from rag.index.bundled import read_bundled, write_bundled
from rag.index.cache import VectorCache
from rag.index.generation import Shelf, open_generation, read_manifest
from rag.sources.corpus import CorpusSource
from rag.sources.folder import FolderSource

HERE = Path(__file__).parent


def _counts(summary: Summary) -> tuple[int, int, int, int]:
    return summary.added, summary.changed, summary.removed, summary.unchanged


def _open(home: Path, settings: KnowledgeSettings, embedder: Any) -> Knowledge:
    return Knowledge.open(home, settings, embedder=embedder)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.md").write_text(f"# Page {name}\n\nAll about {name}.\n\n## More on {name}\n\nMore.\n")
    return folder


def test_the_first_start_builds_from_the_corpus_and_says_so(tmp_path: Path, settings: Any, words: Any) -> None:
    said: list[str] = []
    knowledge = Knowledge.open(tmp_path / "home", settings, progress=said.append, embedder=words)
    assert knowledge.manifest.documents == 9
    assert knowledge.notes == ["the index is built from the bundled corpus"]
    assert any(text.startswith("embedding chunks [####") for text in said)


def test_the_second_start_builds_and_embeds_nothing(tmp_path: Path, settings: Any, words: Any) -> None:
    first = _open(tmp_path / "home", settings, words)
    words.embedded.clear()
    second = _open(tmp_path / "home", settings, words)
    assert second.manifest == first.manifest
    assert (second.notes, words.embedded) == ([], [])


def test_an_ingest_says_what_changed_and_embeds_only_that(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    words.embedded.clear()
    assert _counts(knowledge.ingest([FolderSource(pages)])) == (2, 0, 0, 0)
    assert len(words.embedded) == 4

    words.embedded.clear()
    assert _counts(knowledge.ingest([FolderSource(pages)])) == (0, 0, 0, 2)
    assert words.embedded == []

    (pages / "one.md").write_text("# Page one\n\nAll about one.\n\n## More on one\n\nSomething else.\n")
    assert _counts(knowledge.ingest([FolderSource(pages)])) == (0, 1, 0, 1)
    assert words.embedded == ["Page one > More on one\nSomething else."]

    (pages / "two.md").unlink()
    assert _counts(knowledge.ingest([FolderSource(pages)])) == (0, 0, 1, 1)
    assert not [h for h in knowledge.search("all about two", k=50) if "two.md" in h.origin]


def test_an_ingest_leaves_the_documents_of_other_sources(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    knowledge.ingest([FolderSource(pages)])
    assert knowledge.manifest.sources == ("corpus", f"folder:{pages}")
    assert _counts(knowledge.ingest([CorpusSource(settings.corpus)])) == (0, 0, 0, 9)
    assert _counts(knowledge.remove(f"folder:{pages}")) == (0, 0, 2, 0)
    assert knowledge.manifest.sources == ("corpus",)


def test_a_source_that_fails_leaves_the_index_as_it_was(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    before = knowledge.manifest
    (pages / "bad.md").write_bytes(b"\xff\xff")
    with pytest.raises(Exception, match="UTF-8"):
        knowledge.ingest([FolderSource(pages)])
    assert knowledge.manifest == before


def test_an_open_reader_follows_the_switch_of_another(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    reader = _open(tmp_path / "home", settings, words)
    writer = _open(tmp_path / "home", settings, words)
    writer.ingest([FolderSource(pages)])
    assert any("one.md" in hit.origin for hit in reader.search("page one", k=20))
    assert reader.manifest.number == 2


def test_only_the_last_generations_stay_on_disk(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    for number in range(3):
        (pages / "one.md").write_text(f"# Page one\n\nVersion {number}.\n")
        knowledge.ingest([FolderSource(pages)])
    assert sorted(p.name for p in (tmp_path / "home" / "index").glob("gen-*")) == ["gen-3", "gen-4"]


def test_two_ingests_at_once_are_one_and_a_clear_refusal(tmp_path: Path, settings: Any, words: Any) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    other = "import sys, time; from pathlib import Path; from rag.index.generation import Shelf\n"
    other += "with Shelf(Path(sys.argv[1])).owned():\n    print('held', flush=True); sys.stdin.read()\n"
    holder = subprocess.Popen(
        [sys.executable, "-c", other, str(tmp_path / "home" / "index")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE.parents[1],
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(IndexBusy):
        knowledge.ingest([CorpusSource(settings.corpus)])
    holder.kill()
    holder.wait()
    assert _counts(knowledge.ingest([CorpusSource(settings.corpus)])) == (0, 0, 0, 9)


def _delete_vectors(generation: Path) -> None:
    for folder in (generation / "chroma").iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


def _truncate(name: str) -> Any:
    def damage(generation: Path) -> None:
        (path,) = generation.rglob(name)
        os.truncate(path, path.stat().st_size // 2)

    return damage


def _flip(name: str) -> Any:
    """Turns over every bit of a stretch: unlike zeros, which a file's spare room may hold already, always a damage."""

    def damage(generation: Path) -> None:
        (path,) = generation.rglob(name)
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 512] = bytes(byte ^ 0xFF for byte in content[middle : middle + 512])
        path.write_bytes(content)

    return damage


def _empty_chroma(generation: Path) -> None:
    (generation / "chroma" / "chroma.sqlite3").write_bytes(b"")


def _half_manifest(generation: Path) -> None:
    (generation / "MANIFEST.json").write_text('{"format": 1, "numb')


DAMAGES = {
    "vectors deleted": _delete_vectors,
    "vectors truncated": _truncate("data_level0.bin"),
    "vectors overwritten": _flip("data_level0.bin"),
    "full text truncated": _truncate("lexical.sqlite"),
    "full text overwritten": _flip("lexical.sqlite"),
    "chroma emptied": _empty_chroma,
    "chroma truncated": _truncate("chroma.sqlite3"),
    "manifest cut": _half_manifest,
    "generation deleted": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_index_is_noticed_at_start_and_rebuilt(
    tmp_path: Path, settings: Any, words: Any, damage: Any
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    expected = knowledge.manifest
    current = Shelf(tmp_path / "home" / "index").current()
    assert current is not None
    knowledge.close()
    damage(current)
    rebuilt = _open(tmp_path / "home", settings, words)
    assert "damaged" in rebuilt.notes[0]
    assert (rebuilt.manifest.chunks, rebuilt.manifest.content) == (expected.chunks, expected.content)
    assert rebuilt.search("download")


def test_half_the_vectors_being_others_is_found_by_the_canaries(
    tmp_path: Path, settings: Any, words: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    folder = Shelf(tmp_path / "home" / "index").current()
    assert folder is not None
    knowledge.close()
    opened = open_generation(folder, canary=0.95)
    monkeypatch.setattr(type(opened.vectors), "query", lambda self, vector, k: [(1, 1.0)] * k)
    with pytest.raises(IndexDamaged, match="known neighbours"):
        open_generation(folder, canary=0.95)


def test_damaged_vectors_cost_no_document_of_any_source(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    knowledge.ingest([FolderSource(pages)])
    current = Shelf(tmp_path / "home" / "index").current()
    assert current is not None
    knowledge.close()
    shutil.rmtree(pages)
    _delete_vectors(current)
    rebuilt = _open(tmp_path / "home", settings, words)
    assert any("one.md" in hit.origin for hit in rebuilt.search("page one", k=20))


def test_sources_that_were_lost_are_named(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    knowledge.ingest([FolderSource(pages)])
    current = Shelf(tmp_path / "home" / "index").current()
    assert current is not None
    knowledge.close()
    _flip("lexical.sqlite")(current)
    rebuilt = _open(tmp_path / "home", settings, words)
    assert rebuilt.manifest.sources == ("corpus",)
    assert f"folder:{pages}" in rebuilt.notes[1]


def test_an_index_of_another_model_is_refused_when_it_holds_more_than_the_corpus(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    from tests.rag.conftest import WordEmbedder

    knowledge = _open(tmp_path / "home", settings, words)
    other = WordEmbedder("words-24", 24)
    assert _open(tmp_path / "home", settings, other).manifest.dimension == 24
    knowledge = _open(tmp_path / "home", settings, words)
    knowledge.ingest([FolderSource(pages)])
    with pytest.raises(IndexMismatch, match="words-48"):
        _open(tmp_path / "home", settings, other)


def test_chunks_cut_in_another_way_are_a_mismatch_too(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    knowledge.ingest([FolderSource(pages)])
    with pytest.raises(IndexMismatch):
        _open(tmp_path / "home", replace(settings, breadcrumb=False), words)


def test_a_full_disk_is_told_and_the_old_index_stays(
    tmp_path: Path, settings: Any, words: Any, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    before = knowledge.manifest

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rag.index.generation._sync", full)
    with pytest.raises(IndexNotWritten, match="No space left"):
        knowledge.ingest([FolderSource(pages)])
    monkeypatch.undo()
    assert _open(tmp_path / "home", settings, words).manifest == before


def test_a_write_limit_of_the_system_is_told_and_the_old_index_stays(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    before = knowledge.manifest
    for number in range(300):
        (pages / f"p{number}.md").write_text(f"# P{number}\n\n" + f"word{number} " * 40)
    limited = subprocess.run(
        [sys.executable, str(HERE / "ingest_process.py"), str(tmp_path / "home"), str(settings.corpus), str(pages),
         "--file-limit", "200000"],
        capture_output=True, text=True, cwd=HERE.parents[1], check=False,
    )  # fmt: skip
    assert "index-not-written" in limited.stdout, limited.stdout + limited.stderr
    after = _open(tmp_path / "home", settings, words)
    assert after.manifest == before


def test_the_manifest_says_what_the_index_is(tmp_path: Path, settings: Any, words: Any) -> None:
    _open(tmp_path / "home", settings, words)
    current = Shelf(tmp_path / "home" / "index").current()
    assert current is not None
    manifest = read_manifest(current)
    assert (manifest.model, manifest.dimension, manifest.chunker) == ("words-48", 48, 2)
    assert manifest.files["lexical.sqlite"][1] is not None
    assert manifest.files["chroma/chroma.sqlite3"][1] is None


def test_many_threads_search_while_the_index_is_switched(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    knowledge = _open(tmp_path / "home", settings, words)
    failures: list[Exception] = []
    stop = threading.Event()

    def searching() -> None:
        while not stop.is_set():
            try:
                assert knowledge.search("download a file", k=5)
            except (AssertionError, KnowledgeError) as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=searching) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3):
        (pages / "one.md").write_text(f"# Page one\n\nVersion {number}.\n")
        knowledge.ingest([FolderSource(pages)])
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_damaged_vector_cache_starts_anew(tmp_path: Path) -> None:
    import numpy as np

    path = tmp_path / "vectors.sqlite"
    path.write_bytes(b"not a database at all" * 400)
    cache = VectorCache(path, 4)
    cache.put({"a": np.array([1, 0, 0, 0], dtype=np.float32)})
    assert set(cache.get(["a", "b"])) == {"a"}
    cache.close()


def test_a_vector_of_the_wrong_length_in_the_cache_is_not_used(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite", 4)
    cache.close()
    with sqlite3.connect(tmp_path / "vectors.sqlite") as connection:
        connection.execute("INSERT INTO vectors VALUES ('a', ?)", (b"\0" * 16,))
    assert VectorCache(tmp_path / "vectors.sqlite", 4).get(["a"]) == {}


def test_bundled_vectors_come_back_by_text_and_model(tmp_path: Path) -> None:
    import numpy as np

    vector = np.array([0.6, 0.8], dtype=np.float32)
    digest = "0123456789abcdef" + "f" * 48
    write_bundled(tmp_path, "m@1", {digest: vector})
    found = read_bundled(tmp_path, "m@1", [digest, "0" * 64])
    assert list(found) == [digest]
    assert np.allclose(found[digest], vector, atol=1e-3)
    assert read_bundled(tmp_path, "other", [digest]) == {}


def test_a_newer_bundled_corpus_is_taken_in_at_the_next_start_and_only_then(
    tmp_path: Path, settings: Any, words: Any, corpus: Path, pages: Path
) -> None:
    first = _open(tmp_path / "home", settings, words)
    first.ingest([FolderSource(pages)])
    first.close()
    again = _open(tmp_path / "home", settings, words)
    assert again.notes == []
    number = again.manifest.number
    again.close()
    guide = corpus / "guides" / "g0.md"
    guide.write_text(guide.read_text("utf-8").replace("word0", "completelynewword"), "utf-8")
    words.embedded.clear()
    after = _open(tmp_path / "home", settings, words)
    assert "1 changed" in after.notes[0]
    assert after.manifest.number > number
    assert 0 < len(words.embedded) < 5
    documents = {name: document.body for (_, name), document in after._documents().items()}
    assert "completelynewword" in documents["guides/g0"]
    assert any("All about two" in body for body in documents.values())
    after.close()
