"""How good retrieval is: recall, reciprocal rank, gain, wrong versions, abstention, latency, with intervals."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.model import Found, Hit
from rag.versions import covers

DEFAULT_TARGET = "1.1"
UNANSWERABLE = "unanswerable"
_SEED = 7
_VERSION = re.compile(r" \d+(?:\.\d+)*$")

Search = Callable[[str, str], Found]
"""``search(words, target)``: at least ten hits where there are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one query came to; scores are ``None`` where the measure does not apply."""

    id: str
    kind: str
    query: str
    recall_5: float | None
    recall_10: float | None
    reciprocal: float | None
    gain: float | None
    type_recall: float | None
    wrong_version: float
    abstained: bool
    seconds: float
    tokens: int
    missing: tuple[str, ...] = ()


def names_type(hit: Hit, name: str) -> bool:
    """A reference to the type itself (by today's or a former name). A page that only mentions it does not count."""
    return hit.kind == "reference" and (name in hit.types or name in hit.aliases)


def has_topic(hit: Hit, topic: str) -> bool:
    """A page of the topic, or of the topic for one version (``migration 2.0`` is about ``migration``)."""
    wanted = _plain(topic)
    return any(_VERSION.sub("", _plain(t)) == wanted or _plain(t) == wanted for t in hit.topics)


def run(rows: Iterable[Mapping[str, Any]], search: Search, count: Callable[[str], int] = len) -> list[Outcome]:
    """Each row: ``query``, ``type``, ``relevant: {any_of: [[type, ...]], topics: [...]}``, ``grade``, and
    ``target_version`` when it is not the default."""
    out = []
    for row in rows:
        target = str(row.get("target_version") or DEFAULT_TARGET)
        started = time.perf_counter()
        found = search(str(row["query"]), target)
        seconds = time.perf_counter() - started
        out.append(_judge(row, found[:10], target, seconds, sum(count(h.text) for h in found[:10])))
    return out


def _judge(row: Mapping[str, Any], hits: Sequence[Hit], target: str, seconds: float, tokens: int) -> Outcome:
    groups: list[Callable[[Hit], bool]] = []
    labels: list[str] = []
    relevant = row.get("relevant") or {}
    for group in relevant.get("any_of") or []:
        groups.append(lambda hit, group=group: any(names_type(hit, t) for t in group))  # type: ignore[misc]
        labels.append(str(group[0]))
    types = len(groups)
    for topic in relevant.get("topics") or []:
        groups.append(lambda hit, topic=topic: has_topic(hit, topic))  # type: ignore[misc]
        labels.append(f"topic:{topic}")
    answerable = bool(groups)
    found_10 = [any(g(h) for h in hits) for g in groups]
    found_5 = [any(g(h) for h in hits[:5]) for g in groups]
    first = next((n for n, h in enumerate(hits, 1) if any(g(h) for g in groups)), 0)
    return Outcome(
        id=str(row.get("id", row["query"])),
        kind=str(row.get("type", "")),
        query=str(row["query"]),
        recall_5=_share(found_5),
        recall_10=_share(found_10),
        reciprocal=(1 / first if first else 0.0) if answerable else None,
        gain=_gain(row.get("grade") or {}, hits) if answerable else None,
        type_recall=_share(found_10[:types]),
        wrong_version=_wrong(hits[:5], groups, target),
        abstained=not hits,
        seconds=seconds,
        tokens=tokens,
        missing=tuple(label for label, ok in zip(labels, found_10, strict=True) if not ok),
    )


def _wrong(hits: Sequence[Hit], groups: Sequence[Callable[[Hit], bool]], target: str) -> float:
    """Share of hits that do not exist in the target version, though the query did not ask for just them."""
    wrong = [
        h for h in hits if not covers(h.version_since, h.version_removed, target) and not any(g(h) for g in groups)
    ]
    return len(wrong) / len(hits) if hits else 0.0


def _gain(grade: Mapping[str, int], hits: Sequence[Hit]) -> float:
    """nDCG at ten over the graded names; each name counts once, at its best place."""
    left = dict(grade)
    score = 0.0
    for rank, hit in enumerate(hits, 1):
        matched = [name for name in left if _matches(hit, name)]
        if matched:
            best = max(matched, key=lambda name: left[name])
            score += (2 ** left.pop(best) - 1) / math.log2(rank + 1)
    ideal = sum((2**g - 1) / math.log2(n + 1) for n, g in enumerate(sorted(grade.values(), reverse=True)[:10], 1))
    return score / ideal if ideal else 0.0


def _matches(hit: Hit, name: str) -> bool:
    return has_topic(hit, name.removeprefix("topic:")) if name.startswith("topic:") else names_type(hit, name)


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _plain(topic: str) -> str:
    return " ".join(topic.lower().replace("-", " ").replace("_", " ").split())


def scores(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Measures over answerable queries (recall, rank, gain, versions), over unanswerable ones, and of time."""
    return {name: _mean(values) for name, values in measures(outcomes).items()} | _times(outcomes)


def measures(outcomes: Sequence[Outcome]) -> dict[str, list[float]]:
    """The single values behind each score. ``answerable_lost``: answerable queries to which nothing was found."""
    answerable = [o for o in outcomes if o.kind != UNANSWERABLE]
    values: dict[str, list[float | None]] = {
        "recall_at_5": [o.recall_5 for o in answerable],
        "recall_at_10": [o.recall_10 for o in answerable],
        "mrr_at_10": [o.reciprocal for o in answerable],
        "ndcg_at_10": [o.gain for o in answerable],
        "type_recall_at_10": [o.type_recall for o in answerable],
        "wrong_version_at_5": [o.wrong_version for o in answerable],
        "abstained_right": [float(o.abstained) for o in outcomes if o.kind == UNANSWERABLE],
        "answerable_lost": [float(o.abstained) for o in answerable],
    }
    kept = {name: [v for v in own if v is not None] for name, own in values.items()}
    return {name: own for name, own in kept.items() if own}


def _times(outcomes: Sequence[Outcome]) -> dict[str, float]:
    times = sorted(o.seconds * 1000 for o in outcomes)
    if not times:
        return {}
    return {
        "p50_ms": round(times[len(times) // 2], 2),
        "p95_ms": round(times[min(len(times) - 1, int(len(times) * 0.95))], 2),
        "tokens_at_10": round(_mean([float(o.tokens) for o in outcomes]), 1),
    }


def intervals(outcomes: Sequence[Outcome], resamples: int = 1000) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals of the shares."""
    return {name: _interval(values, resamples) for name, values in measures(outcomes).items()}


def _interval(values: Sequence[float], resamples: int) -> tuple[float, float]:
    chance = random.Random(_SEED)
    means = sorted(_mean(chance.choices(values, k=len(values))) for _ in range(resamples))
    return means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
