"""What an evaluation says: scores with their 95 % intervals, and every failure with its reason."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Report:
    """``scores`` are shares from 0 to 1 unless their name says otherwise; ``intervals`` hold (low, high) by score."""

    n: int
    scores: Mapping[str, Any]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    failures: Sequence[Mapping[str, Any]] = ()

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape of every ``flowwright eval``."""
        return {
            "n": self.n,
            "scores": dict(self.scores),
            "intervals": {name: [round(low, 4), round(high, 4)] for name, (low, high) in self.intervals.items()},
            "failures": [dict(failure) for failure in self.failures],
        }


def share(hits: int, of: int) -> float:
    """A share rounded for reading; 0 of nothing."""
    return round(hits / of, 4) if of else 0.0


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    p = hits / of
    centre = p + _Z**2 / (2 * of)
    spread = _Z * sqrt(p * (1 - p) / of + _Z**2 / (4 * of**2))
    scale = 1 + _Z**2 / of
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def bootstrap(values: Iterable[float], *, seed: int = 0, rounds: int = 1000) -> tuple[float, float]:
    """The 95 % interval of a mean, by resampling; (0, 0) of nothing. The seed makes it repeatable."""
    sample = list(values)
    if not sample:
        return 0.0, 0.0
    rng = random.Random(seed)
    means = sorted(sum(rng.choices(sample, k=len(sample))) / len(sample) for _ in range(rounds))
    return means[int(0.025 * rounds)], means[min(rounds - 1, int(0.975 * rounds))]


def shares(counts: Mapping[str, tuple[int, int]]) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Scores and intervals of several shares at once, each given as (hits, of)."""
    return {k: share(*v) for k, v in counts.items()}, {k: wilson(*v) for k, v in counts.items()}
