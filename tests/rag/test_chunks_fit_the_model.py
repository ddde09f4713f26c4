"""Chunks stay below the limit, by the model's own count, and keep together what belongs together."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs_corpus import ROOT
from rag import Document, KnowledgeSettings
from rag.chunk import LIMIT, Chunker
from rag.embedders import open_embedder
from rag.sources.corpus import CorpusSource

FLOW = "id: a_flow\nnamespace: company.team\ntasks:\n" + "".join(
    f"  - id: step_{n}\n    type: io.kestra.plugin.core.log.Log\n    message: Words number {n} for the log\n"
    for n in range(30)
)


def _document(body: str, kind: str = "prose") -> Document:
    return Document(id="d", kind=kind, title="Title", body=body, origin="o")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def chunker(models: Path) -> Chunker:
    embedder = open_embedder(KnowledgeSettings(), models)
    return Chunker.of(embedder.count_tokens, embedder.max_tokens)


def test_no_chunk_of_the_bundled_corpus_is_cut_off_by_the_model(chunker: Chunker) -> None:
    chunks = [c for d in CorpusSource(ROOT).documents() for c in chunker.cut(d)]
    assert len(chunks) > 3000
    assert max(chunker.count(c.embedded) for c in chunks) <= LIMIT
    assert len({c.id for c in chunks}) == len(chunks)


@pytest.mark.parametrize(
    "body",
    [
        "word " * 3000,
        "x" * 9000,
        "# H\n\n" + "- an item of a list with several words\n" * 300,
        f"Lead sentence:\n\n```yaml\n{FLOW}```\n",
        "```\n" + "a_very_long_line_without_any_blank" * 200 + "\n```\n",
        "| a | b |\n|---|---|\n" + "| cell one | cell two |\n" * 200,
        "中文文字没有空格" * 300,
    ],
    ids=["words", "one word", "list", "flow", "long line", "table", "no blanks"],
)
def test_whatever_a_page_holds_its_chunks_fit(chunker: Chunker, body: str) -> None:
    chunks = chunker.cut(_document(body))
    assert chunks
    assert max(chunker.count(c.embedded) for c in chunks) <= LIMIT


def test_nothing_of_a_long_page_is_lost(chunker: Chunker) -> None:
    words = [f"word{n}" for n in range(1500)]
    chunks = chunker.cut(_document(" ".join(words)))
    assert [w for c in chunks for w in c.text.split()] == words


def test_a_chunk_never_crosses_a_heading(chunker: Chunker) -> None:
    chunks = chunker.cut(_document("# A\n\nalpha\n\n# B\n\nbeta\n"))
    assert [(c.path, c.text) for c in chunks] == [(("Title", "A"), "alpha"), (("Title", "B"), "beta")]


def test_a_whole_flow_is_an_example_with_its_lead_sentence(chunker: Chunker) -> None:
    body = "## How?\n\nSome words. This flow shows it:\n\n```yaml\nid: a\nnamespace: b\ntasks: []\n```\n"
    prose, example = chunker.cut(_document(body))
    assert (prose.kind, example.kind) == ("prose", "example")
    assert example.text.startswith("This flow shows it:\n\n```yaml\nid: a")


def test_a_snippet_that_is_no_flow_stays_with_its_prose(chunker: Chunker) -> None:
    (chunk,) = chunker.cut(_document("Set it so:\n\n```yaml\nretry:\n  type: constant\n```\n"))
    assert chunk.kind == "prose"
    assert "retry:" in chunk.text


def test_a_long_flow_is_cut_between_its_steps_and_each_part_is_fenced(chunker: Chunker) -> None:
    chunks = [c for c in chunker.cut(_document(f"Lead.\n\n```yaml\n{FLOW}```\n")) if "```" in c.text]
    assert len(chunks) > 1
    for chunk in chunks:
        assert chunk.text.count("```") == 2
    for chunk in chunks[1:]:
        assert chunk.text.split("\n")[1].startswith("  - id: step_")
    assert "".join(c.text for c in chunks).count("- id: step_") == 30


def test_ids_stay_when_another_section_changes(chunker: Chunker) -> None:
    before = chunker.cut(_document("## One\n\na\n\n## Two\n\nb\n"))
    after = chunker.cut(_document("## One\n\nlonger than before\n\n## Two\n\nb\n"))
    assert [c.id for c in before] == [c.id for c in after] == ["d#one", "d#two"]
    assert before[1].digest == after[1].digest
    assert before[0].digest != after[0].digest


def test_the_breadcrumb_is_embedded_and_can_be_left_out(chunker: Chunker) -> None:
    document = _document("## Section\n\ntext\n")
    assert chunker.cut(document)[0].embedded == "Title > Section\ntext"
    plain = Chunker(chunker.count, chunker.limit, breadcrumb=False)
    assert plain.cut(document)[0].embedded == "text"


def test_chunks_know_the_types_they_speak_of(chunker: Chunker) -> None:
    (chunk,) = chunker.cut(_document("Use io.kestra.plugin.core.log.Log, then `io.kestra.plugin.aws.s3.Upload`.\n"))
    assert chunk.mentions == ("io.kestra.plugin.core.log.Log", "io.kestra.plugin.aws.s3.Upload")


def test_a_section_narrows_the_versions_of_its_page(chunker: Chunker) -> None:
    document = Document(
        id="d", kind="prose", title="T", origin="o", removed="2.0", body='## A\n<!-- since: "1.2" -->\nx\n\n## B\ny\n'
    )
    first, second = chunker.cut(document)
    assert (first.since, first.removed) == ("1.2", "2.0")
    assert (second.since, second.removed) == (None, "2.0")
