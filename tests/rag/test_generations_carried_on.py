"""What did not change is carried over from the last generation, and comes out as if it had been built anew."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import Knowledge
from rag.chunk import Chunker
from rag.errors import IndexDamaged
from rag.index.generation import Shelf, open_generation, write_canaries
from rag.index.vectors import VectorStore
from rag.sources.folder import FolderSource

ANEW = "is built anew"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(40):
        _write(folder, number, f"first{number}")
    return folder


def _write(folder: Path, number: int, word: str) -> None:
    text = f"# Page {number}\n\nAll about {word} and thing{number}.\n\n## More\n\nSee {word}.\n"
    (folder / f"p{number:02}.md").write_text(text)


def _highest(knowledge: Knowledge) -> int:
    return max(n for n, *_ in _generation(knowledge).lexical.ranges())


def _generation(knowledge: Knowledge) -> Any:
    return knowledge._generation


def _found(knowledge: Knowledge, words: Any, text: str) -> list[tuple[str, float]]:
    """Ids and cosines of all chunks, nearest first, by the vector index alone."""
    generation = _generation(knowledge)
    near = generation.vectors.query(words.embed_query(text), generation.manifest.chunks)
    rows = generation.lexical.rows([n for n, _ in near])
    return sorted(((rows[n].id, round(cosine, 4)) for n, cosine in near), key=lambda x: (-x[1], x[0]))


def test_stored_chunks_are_those_that_the_chunker_cuts(knowledge: Knowledge) -> None:
    generation = _generation(knowledge)
    chunker = Chunker.of(knowledge.embedder.count_tokens, knowledge.embedder.max_tokens)
    for source, document in list(generation.lexical.documents())[::7]:
        stored = [chunk for _, chunk in generation.lexical.cuts(document, source)]
        assert stored == chunker.cut(document), document.id


def test_only_changed_documents_are_cut(
    tmp_path: Path, settings: Any, words: Any, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    knowledge.ingest([FolderSource(pages)])
    cut: list[str] = []
    plain = Chunker.cut

    def heard(self: Chunker, document: Any) -> Any:
        cut.append(document.title)
        return plain(self, document)

    monkeypatch.setattr(Chunker, "cut", heard)
    _write(pages, 3, "second3")
    knowledge.ingest([FolderSource(pages)])
    assert cut == ["Page 3"]


def test_an_index_carried_on_finds_what_one_built_anew_finds(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    carried = Knowledge.open(tmp_path / "home", settings, embedder=words)
    carried.ingest([FolderSource(pages)])
    for number in (1, 5, 9):
        _write(pages, number, f"second{number}")
    (pages / "p07.md").unlink()
    _write(pages, 77, "new77")
    carried.ingest([FolderSource(pages)])
    assert _highest(carried) > carried.manifest.chunks, "it was built anew"

    anew = Knowledge.open(tmp_path / "other", settings, embedder=words)
    anew.ingest([FolderSource(pages)])
    assert anew.manifest.content == carried.manifest.content
    for text in ("second5", "new77", "first7", "thing20 more", "download a file"):
        assert _found(carried, words, text) == _found(anew, words, text)
        assert {h.chunk for h in carried.search(text, k=5)} == {h.chunk for h in anew.search(text, k=5)}


@pytest.mark.parametrize("change", ["one chunk more", "one chunk less"])
def test_the_smallest_change_is_on_disk_at_once(
    tmp_path: Path, settings: Any, words: Any, pages: Path, change: str
) -> None:
    single = pages / "single.md"
    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    if change == "one chunk less":
        single.write_text("# Single\n\nAbout solitude.\n")
    knowledge.ingest([FolderSource(pages)])
    before = knowledge.manifest.chunks
    if change == "one chunk less":
        single.unlink()
    else:
        single.write_text("# Single\n\nAbout solitude.\n")
    knowledge.ingest([FolderSource(pages)])
    knowledge.close()
    for _ in range(2):
        reopened = Knowledge.open(tmp_path / "home", settings, embedder=words)
        assert reopened.notes == []
        assert reopened.manifest.chunks == before + (1 if change == "one chunk more" else -1)
        nearest = _found(reopened, words, "Single About solitude.")[0]
        assert (nearest[1] > 0.9) == (change == "one chunk more")
        reopened.close()


def test_a_damaged_graph_is_not_carried_on(
    tmp_path: Path, settings: Any, words: Any, pages: Path, caplog: pytest.LogCaptureFixture
) -> None:
    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    knowledge.ingest([FolderSource(pages)])
    current = Shelf(tmp_path / "home" / "index").current()
    assert current is not None
    (path,) = current.rglob("data_level0.bin")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    _write(pages, 3, "second3")
    with caplog.at_level(logging.WARNING):
        knowledge.ingest([FolderSource(pages)])
    assert ANEW in caplog.text
    assert _found(knowledge, words, "See second3.")[0][1] > 0.5
    assert open_generation(_generation(knowledge).folder, canary=0.95).manifest.chunks == knowledge.manifest.chunks


def test_a_graph_that_lost_vectors_is_not_carried_on(
    tmp_path: Path, settings: Any, words: Any, pages: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    knowledge.ingest([FolderSource(pages)])
    plain = VectorStore.rename

    def lossy(self: VectorStore, name: str) -> None:
        plain(self, name)
        self.remove([2])

    monkeypatch.setattr(VectorStore, "rename", lossy)
    _write(pages, 3, "second3")
    with caplog.at_level(logging.WARNING):
        knowledge.ingest([FolderSource(pages)])
    assert ANEW in caplog.text
    assert _generation(knowledge).vectors.count() == knowledge.manifest.chunks


def test_full_text_that_was_damaged_while_in_use_is_not_passed_on(
    tmp_path: Path, settings: Any, words: Any, pages: Path
) -> None:
    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    path = _generation(knowledge).folder / "lexical.sqlite"
    content = bytearray(path.read_bytes())
    content[-100] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match="while in use"):
        knowledge.ingest([FolderSource(pages)])
    assert knowledge.manifest.number == 1


def test_what_was_removed_does_not_pile_up(tmp_path: Path, settings: Any, words: Any, pages: Path) -> None:
    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    knowledge.ingest([FolderSource(pages)])
    for round_ in range(6):
        for number in range(6):
            _write(pages, number, f"round{round_}x{number}")
        knowledge.ingest([FolderSource(pages)])
        assert _highest(knowledge) <= 1.25 * knowledge.manifest.chunks
    assert _found(knowledge, words, "See round5x3.")[0][1] > 0.5


def test_an_index_whose_vectors_belong_to_other_numbers_is_refused(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(60, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with VectorStore.create(tmp_path / "chroma", "shifted") as store:
        store.add(range(1, 61), np.roll(vectors, 1, axis=0))
        with pytest.raises(IndexDamaged, match="nearest neighbours"):
            write_canaries(tmp_path, store, range(1, 61), vectors)
        with pytest.raises(IndexDamaged, match="holds 60 of 59"):
            write_canaries(tmp_path, store, range(1, 60), vectors[:59])
