"""The measures are those of the textbooks, on cases small enough to be checked by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from copilot.evaluate.retrieval import evaluate
from rag import Found, Hit, Knowledge
from rag.evaluate import has_topic, intervals, measures, names_type, run, scores


def _hit(type_name: str = "", *, topics: tuple[str, ...] = (), removed: str | None = None, kind: Any = None) -> Hit:
    return Hit(
        chunk=f"c-{type_name}{topics}", kind=kind or ("reference" if type_name else "prose"), title="t", text="a b c",
        origin="o", version_since=None, version_removed=removed, types=(type_name,) if type_name else (),
        heading_path=(), score=1.0, why="", topics=topics,
    )  # fmt: skip


def _row(any_of: list[list[str]], topics: list[str] | None = None, **more: Any) -> dict[str, Any]:
    grade = {group[0]: 2 for group in any_of} | {f"topic:{t}": 2 for t in topics or []}
    relevant = {"any_of": any_of, "topics": topics or []}
    return {"id": "r", "query": "q", "type": "howto", "relevant": relevant, "grade": grade, **more}


def _one(row: dict[str, Any], hits: list[Hit], reason: str = "") -> Any:
    (outcome,) = run([row], lambda words, target: Found(hits, reason=reason), lambda text: len(text.split()))
    return outcome


def test_one_hit_a_group_is_full_recall() -> None:
    row = _row([["old", "new"], ["b"]])
    assert _one(row, [_hit("new"), _hit("x")]).recall_10 == 0.5
    assert _one(row, [_hit("b"), _hit("old")]).recall_10 == 1.0


def test_recall_looks_at_so_many_hits_and_no_more() -> None:
    hits = [_hit(f"x{n}") for n in range(5)] + [_hit("a")]
    outcome = _one(_row([["a"]]), hits)
    assert (outcome.recall_5, outcome.recall_10, outcome.reciprocal) == (0.0, 1.0, 1 / 6)


def test_a_page_that_only_mentions_a_type_is_no_hit_on_it() -> None:
    assert not names_type(_hit("a", kind="example"), "a")
    assert names_type(_hit("a"), "a")


def test_a_topic_is_met_by_itself_and_by_what_narrows_it() -> None:
    page = _hit(topics=("Migration 2.0", "task_runners"))
    assert has_topic(page, "migration 2.0")
    assert has_topic(page, "migration")
    assert has_topic(page, "task runners")
    assert not has_topic(page, "migration 1.0")
    assert not has_topic(page, "task")


def test_gain_falls_with_the_rank_and_counts_a_name_once() -> None:
    row = _row([["a"]]) | {"grade": {"a": 2, "b": 1}}
    ideal = 3 + 1 / math.log2(3)
    assert _one(row, [_hit("a"), _hit("b")]).gain == pytest.approx(1.0)
    assert _one(row, [_hit("b"), _hit("a")]).gain == pytest.approx((1 + 3 / math.log2(3)) / ideal)
    assert _one(row, [_hit("a"), _hit("a")]).gain == pytest.approx(3 / ideal)


def test_a_hit_of_another_version_is_wrong_unless_it_was_asked_for() -> None:
    gone = _hit("gone", removed="1.0")
    assert _one(_row([["a"]]), [_hit("a"), gone]).wrong_version == 0.5
    assert _one(_row([["gone"]]), [gone]).wrong_version == 0.0
    assert _one(_row([["a"]], target_version="0.22"), [gone]).wrong_version == 0.0


def test_abstaining_counts_for_the_unanswerable_and_against_the_answerable() -> None:
    unanswerable = {"id": "u", "query": "q", "type": "unanswerable", "relevant": {}, "grade": {}}
    outcomes = [_one(unanswerable, []), _one(unanswerable, [_hit("a")]), _one(_row([["a"]]), [])]
    found = scores(outcomes)
    assert (found["abstained_right"], found["answerable_lost"]) == (0.5, 1.0)
    assert "abstained_right" not in measures(outcomes[2:])


def test_intervals_hold_the_score_and_are_the_same_each_time() -> None:
    outcomes = [_one(_row([["a"]]), [_hit("a" if n % 3 else "x")]) for n in range(30)]
    low, high = intervals(outcomes)["recall_at_10"]
    assert low < scores(outcomes)["recall_at_10"] < high
    assert intervals(outcomes) == intervals(outcomes)


def test_a_report_names_what_each_query_missed(knowledge: Knowledge) -> None:
    rows = [
        _row([["io.kestra.plugin.core.log.Log"]]) | {"id": "good", "query": "core.log.Log"},
        _row([["io.kestra.plugin.none.Such"]]) | {"id": "bad", "query": "core.log.Log"},
        {"id": "open", "query": "core.log.Log", "type": "unanswerable", "relevant": {}, "grade": {}},
    ]
    report = evaluate(rows, knowledge).as_dict()
    assert report["n"] == 3
    assert report["scores"]["recall_at_10"] == 0.5
    assert set(report["scores"]["by_type"]) == {"howto", "unanswerable"}
    assert {f["id"] for f in report["failures"]} == {"bad", "open"}
    assert "io.kestra.plugin.none.Such" in report["failures"][0]["why"]
