"""Questions that were written before it was known how they fare keep finding at least what they found at first.

``first_tries.json`` records the first try of each portion; what was mended afterwards is in the floors here. They guard
against going back and are no estimate of quality: that is the first try of the last portion, in docs/retrieval.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copilot.evaluate.ask import evaluate
from docs_corpus import ROOT
from rag import Knowledge
from rag.evaluate import Outcome, run, scores

QUESTIONS = Path(__file__).parent / "questions"


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (QUESTIONS / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def outcomes(knowledge: Knowledge) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for row in _rows("unseen_retrieval.jsonl"):
        tried = run([row], lambda words, target: knowledge.search(words, k=10, target=target))
        found.setdefault(row["portion"], []).extend(tried)
    return found


def _missed(outcomes: list[Outcome]) -> list[tuple[str, tuple[str, ...]]]:
    return [(o.query, o.missing) for o in outcomes if o.missing]


@pytest.mark.parametrize(
    ("portion", "recall", "rank"), [("first", 0.93, 0.72), ("second", 0.89, 0.71), ("third", 0.85, 0.66)]
)
def test_what_was_found_is_still_found(
    outcomes: dict[str, list[Outcome]], portion: str, recall: float, rank: float
) -> None:
    own = scores(outcomes[portion])
    assert own["recall_at_10"] >= recall, _missed(outcomes[portion])
    assert own["mrr_at_10"] >= rank
    assert own["wrong_version_at_5"] <= 0.02


def test_what_has_no_answer_is_told_and_little_else_is(outcomes: dict[str, list[Outcome]]) -> None:
    every = [o for own in outcomes.values() for o in own]
    assert scores(every)["abstained_right"] >= 0.95
    assert scores(every)["answerable_lost"] <= 0.03


def test_no_portion_is_worse_than_at_its_first_try(outcomes: dict[str, list[Outcome]]) -> None:
    for tried in json.loads((QUESTIONS / "first_tries.json").read_text("utf-8")):
        now = scores(outcomes[tried["portion"]])
        assert len(outcomes[tried["portion"]]) == tried["questions"]
        assert now["recall_at_10"] >= tried["scores"]["recall_at_10"] - 0.03, tried["portion"]


def test_answers_still_hold_the_facts(knowledge: Knowledge) -> None:
    # Every third, to keep the suite quick.
    report = evaluate(_rows("unseen_ask.jsonl")[::3], knowledge)
    assert report.scores["answered"] >= 0.80, report.failures
    assert report.scores["quotes_verbatim"] == 1.0
    assert report.scores["declined_right"] == 1.0


def test_types_that_are_asked_for_are_in_the_catalog() -> None:
    known = {json.loads(line)["type"] for line in (ROOT / "catalog" / "types.jsonl").read_text("utf-8").splitlines()}
    asked = {t for row in _rows("unseen_retrieval.jsonl") for t in row["relevant"]["types"]}
    assert asked <= known
