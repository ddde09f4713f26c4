"""Slips, other languages and plain names of products: what is asked is brought to words that the index holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from docs_corpus import ROOT
from rag import Knowledge
from rag.sources.corpus import corpus_digest
from rag.spelling import Spelling
from rag.words import purpose
from rag.words.languages import in_english

QUESTIONS = Path(__file__).parent / "questions"


def _nothing(words: Sequence[str]) -> Mapping[str, int]:
    """An index that holds no word but these few."""
    return {w: int(w in {"flow", "docker", "container"}) for w in words}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("wie lösche ich alte Dateien", "how delete old file"),
        ("wie loesche ich alte Dateien", "how delete old file"),
        ("comment supprimer d'anciens fichiers", "how delete old file"),
        ("¿cómo elimino archivos antiguos?", "how delete file old?"),
        ("einen Docker container starten", "Docker container start"),
        ("eine Datei nach s3 hochladen", "file s3 upload"),
    ],
)
def test_other_languages_become_english_words(asked: str, meant: str) -> None:
    assert in_english(asked, _nothing) == meant


@pytest.mark.parametrize(
    "text", ["delete old files", "", "io.kestra.plugin.core.http.Download", "naïve café", "12 + 3"]
)
def test_english_and_names_stay_as_they_are(text: str) -> None:
    assert in_english(text, _nothing) is None


def test_a_language_that_the_index_holds_is_not_translated() -> None:
    assert in_english("wie lösche ich alte Dateien", lambda words: dict.fromkeys(words, 3)) is None


def test_no_english_question_is_taken_for_another_language(knowledge: Knowledge) -> None:
    rows = [json.loads(line) for line in (QUESTIONS / "retrieval.jsonl").read_text("utf-8").splitlines()]
    counted = knowledge.retriever._lexical.frequencies
    taken = {row["query"] for row in rows if in_english(row["query"], counted) is not None}
    foreign = ("wie ", "comment ", "como ", "ejecutar ")
    assert {query for query in taken if not query.startswith(foreign)} == set()
    assert taken


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("scheduel a flow", "schedule a flow"),
        ("recieve a mesage", "receive a message"),
        ("parralel tasks", "parallel tasks"),
        ("conection to the databse", "connection to the database"),
    ],
)
def test_slips_are_corrected_by_words_of_the_index(knowledge: Knowledge, written: str, meant: str) -> None:
    assert knowledge.understood(written) == meant


@pytest.mark.parametrize(
    "text",
    ["the flow broke yesterday", "two roads", "FortniteTrigger", "io.kestra.plugin.steam.Lanch", "toaster", "xyzzyq"],
)
def test_real_words_names_and_nonsense_are_left_alone(knowledge: Knowledge, text: str) -> None:
    assert knowledge.understood(text) == text


def test_a_word_of_the_language_is_never_corrected() -> None:
    class Index:
        def frequencies(self, words: Sequence[str]) -> dict[str, int]:
            return dict.fromkeys(words, 0)

        def stems(self) -> dict[str, int]:
            return {"message": 4}

    index: Any = Index()
    assert Spelling(index, lambda word: True).corrected("mesage") == "mesage"


def test_slips_and_other_languages_find_what_correct_english_finds(knowledge: Knowledge) -> None:
    for asked, kind in [
        ("wie lade ich eine datei auf einen sftp server hoch", "io.kestra.plugin.fs.sftp.Upload"),
        ("parralel exection of taks", "io.kestra.plugin.core.flow.Parallel"),
        ("descargar un archivo de internet", "io.kestra.plugin.core.http.Download"),
    ]:
        assert kind in {t for hit in knowledge.search(asked, k=5) for t in hit.types}, asked


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("io.kestra.plugin.digitalocean.droplet.DeleteSnapshot", ["Deletes a snapshot", "DigitalOcean cloud"]),
        ("io.kestra.plugin.zenduty.ZendutyAlert", ["Sends an alert", "on call"]),
        ("io.kestra.plugin.trivy.cli.TrivyCLI", ["vulnerabilities"]),
        ("io.kestra.plugin.core.other.Createable", ["Createable with"]),
    ],
)
def test_every_type_says_in_plain_words_what_it_is_for(name: str, words: list[str]) -> None:
    for word in words:
        assert word in f"{purpose(name)} {_families(name)}"


def _families(name: str) -> str:
    from rag.words import family_words

    return family_words(name)


def test_other_words_for_types_are_another_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = corpus_digest(ROOT)
    for name in ("actions", "families", "types"):
        (tmp_path / f"{name}.toml").write_text('x = "y"\n')
    monkeypatch.setattr("rag.sources.corpus.WORDS", tmp_path)
    assert corpus_digest(ROOT) != before
