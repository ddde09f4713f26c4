"""`flowwright eval retrieval`: queries with known relevant types and topics, against the opened knowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from copilot.evaluate.report import Report
from rag import Knowledge
from rag.evaluate import UNANSWERABLE, Outcome, intervals, run, scores


def evaluate(rows: Sequence[Mapping[str, Any]], knowledge: Knowledge) -> Report:
    """Scores over all rows and by type of query; a failure for each query that missed something or should have
    found nothing."""
    knowledge.search("warm up", k=1)
    outcomes = run(rows, lambda words, target: knowledge.search(words, k=10, target=target), _tokens(knowledge))
    by_type = {
        kind: scores([o for o in outcomes if o.kind == kind]) for kind in dict.fromkeys(o.kind for o in outcomes)
    }
    return Report(
        n=len(outcomes),
        scores={**_rounded(scores(outcomes)), "by_type": {kind: _rounded(own) for kind, own in by_type.items()}},
        intervals=intervals(outcomes),
        failures=[{"id": o.id, "why": why} for o in outcomes if (why := _why(o))],
    )


def _tokens(knowledge: Knowledge) -> Any:
    return knowledge.embedder.count_tokens


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def _why(outcome: Outcome) -> str:
    if outcome.kind == UNANSWERABLE:
        return "" if outcome.abstained else f"{outcome.query!r} has no answer, yet something was found"
    if outcome.abstained:
        return f"{outcome.query!r} has an answer, yet nothing was found"
    return f"{outcome.query!r} missed {', '.join(outcome.missing)}" if outcome.missing else ""
