"""Hurried questions, with slips, nicknames and pasted errors, find what they are after in the bundled corpus.

They were written before guides, word lists and abstention were improved by what they showed, so they guard against
going back; they are no independent measure of quality. The floors are those of the time between.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copilot.evaluate.ask import evaluate
from rag import Knowledge
from rag.evaluate import Outcome, run, scores

QUESTIONS = Path(__file__).parent / "questions"


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (QUESTIONS / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def outcomes(knowledge: Knowledge) -> list[Outcome]:
    return run(_rows("retrieval.jsonl"), lambda words, target: knowledge.search(words, k=10, target=target))


@pytest.mark.parametrize(
    ("measure", "floor"),
    [("recall_at_10", 0.85), ("type_recall_at_10", 0.85), ("mrr_at_10", 0.66), ("abstained_right", 0.80)],
)
def test_what_is_asked_for_is_among_ten_hits(outcomes: list[Outcome], measure: str, floor: float) -> None:
    assert scores(outcomes)[measure] >= floor, _missed(outcomes, lambda o: bool(o.missing))


def test_paraphrases_find_the_type_they_never_name(outcomes: list[Outcome]) -> None:
    asked = [o for o in outcomes if o.kind == "paraphrase"]
    assert scores(asked)["recall_at_10"] >= 0.75, _missed(asked, lambda o: bool(o.missing))


def test_type_names_find_their_reference_first(outcomes: list[Outcome]) -> None:
    asked = [o for o in outcomes if o.kind == "exact"]
    assert scores(asked)["recall_at_10"] == 1.0, _missed(asked, lambda o: bool(o.missing))
    assert scores(asked)["mrr_at_10"] >= 0.95


def test_few_questions_with_an_answer_are_turned_away(outcomes: list[Outcome]) -> None:
    assert scores(outcomes)["answerable_lost"] <= 0.07, _missed(outcomes, lambda o: o.abstained)


def test_questions_are_answered_from_the_documentation_word_for_word(knowledge: Knowledge) -> None:
    rows = _rows("ask.jsonl")
    # Every sixth, to keep the suite quick; `flowwright eval ask` scores them all.
    some = [row for n, row in enumerate(rows) if n % 6 == 3 or row["type"] == "unanswerable"]
    report = evaluate(some, knowledge)
    assert report.scores["answered"] >= 0.80, report.failures
    assert report.scores["declined_right"] >= 0.80, report.failures
    assert report.scores["quotes_verbatim"] == 1.0


def test_questions_are_spread_over_all_kinds() -> None:
    kinds = {"exact", "howto", "paraphrase", "version", "error", "unanswerable"}
    rows = _rows("retrieval.jsonl")
    assert {row["type"] for row in rows} == kinds
    assert min(sum(row["type"] == kind for row in rows) for kind in kinds) >= 15
    assert len({row["id"] for row in [*rows, *_rows("ask.jsonl")]}) == len(rows) + len(_rows("ask.jsonl"))


def _missed(outcomes: list[Outcome], chosen: Callable[[Outcome], bool]) -> list[tuple[str, tuple[str, ...]]]:
    return [(o.query, o.missing) for o in outcomes if chosen(o) and o.kind != "unanswerable"]
