"""The arithmetic of the comparison and the text of its report; no clock, no process, no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from scripts.bench_peers.shapes import TASKS

START = "<!-- peers: written by scripts/bench_peers/compare.py -->"
END = "<!-- peers: end -->"
OURS = {"ours-full": "FULL", "ours-normal": "NORMAL"}
LABELS = {
    "ours-full": "flowwright",
    "ours-normal": "flowwright",
    "floor-full": "bare floor",
    "floor-normal": "bare floor",
    "dbos": "DBOS as shipped",
    "dbos-wal": "DBOS, file in WAL mode",
    "prefect": "Prefect, until stored",
}
TITLES = {
    "sequential_200": "200 tasks one after another",
    "fanout_200_c8": "Fan-out of 200 at concurrency 8",
    "executions_100x3": "100 executions of a 3-task flow, one after another",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One participant in one round; ``shapes`` are seconds by shape, ``commits`` transactions by shape if counted."""

    peer: str
    version: str
    durability: str
    shapes: Mapping[str, float]
    commits: Mapping[str, int] = field(default_factory=dict)


Round = Mapping[str, Result]
"""What answered in one round, by participant."""


@dataclass(frozen=True, slots=True)
class Stat:
    """A median with the range it comes from."""

    median: float
    low: float
    high: float
    n: int

    @property
    def spread(self) -> float:
        """The whole range as a share of the median."""
        return (self.high - self.low) / self.median


def stat(values: Sequence[float]) -> Stat | None:
    """The figures of some values, None for none."""
    return Stat(median(values), min(values), max(values), len(values)) if values else None


def seconds(rounds: Sequence[Round], who: str, shape: str) -> Stat | None:
    """How long one participant took for a shape."""
    return stat([one[who].shapes[shape] for one in rounds if who in one])


def times_as_fast(rounds: Sequence[Round], fast: str, other: str, shape: str) -> Stat | None:
    """How many times as fast ``fast`` is as ``other``: a ratio in each round that has both, never across rounds."""
    return stat([one[other].shapes[shape] / one[fast].shapes[shape] for one in rounds if fast in one and other in one])


def report(rounds: Sequence[Round], machine: Sequence[str], command: str, notes: Sequence[str] = ()) -> str:
    """The whole comparison as Markdown. ``notes`` are what went wrong and what the reader must know."""
    present = [who for who in LABELS if any(who in one for one in rounds)]
    lines = ["## Beside other engines and the bare floor", ""]
    lines += [f"- {line}" for line in machine]
    lines += [f"- command: `{command}`, paired rounds: {len(rounds)}, participants interleaved and rotated"]
    lines += [f"- **{note}**" for note in notes]
    lines += ["", *_METHOD]
    for shape, title in TITLES.items():
        lines += ["", f"### {title}", "", *_table(rounds, present, shape)]
    return "\n".join(lines) + "\n"


_METHOD = (
    "Every figure is the median over the rounds, the spread is (slowest - fastest) / median. Ratios are taken within",
    "each round, then their median and range are given: above 1, flowwright is that many times as fast. The bare floor",
    "repeats the commits flowwright made in the same round, of the same size, in SQLite with no engine. Each",
    "participant runs in a fresh process and a fresh folder; starting it and its server is not counted.",
    "",
    "DBOS runs one step a task, its fan-out as async steps behind a semaphore, since its queues poll. DBOS sets no",
    "journal mode itself, so it is measured as it ships and with its file in WAL mode. Prefect has a started server;",
    "its clock stops when the server holds every task run as completed. Telemetry, log lines and heartbeats are off.",
)


def _table(rounds: Sequence[Round], present: Sequence[str], shape: str) -> list[str]:
    against = [ours for ours in OURS if ours in present]
    heads = ["", "version", "durability", "seconds", "tasks/s", "spread"]
    heads += [f"flowwright {OURS[ours]} is times as fast" for ours in against]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for who in present:
        lines.append("| " + " | ".join(_row(rounds, who, shape, against)) + " |")
    return lines


def _row(rounds: Sequence[Round], who: str, shape: str, against: Sequence[str]) -> list[str]:
    took = seconds(rounds, who, shape)
    assert took is not None, f"{who} is listed though it never answered"
    result = next(one[who] for one in rounds if who in one)
    commits = stat([one[who].commits[shape] for one in rounds if who in one and shape in one[who].commits])
    counted = "" if commits is None else f", {commits.median:,.0f} commits"
    cells = [LABELS[who] + counted, result.version, result.durability]
    cells += [f"{took.median:.3f}", f"{TASKS[shape] / took.median:,.0f}", f"{took.spread:.0%}"]
    for ours in against:
        ratio = None if ours == who else times_as_fast(rounds, ours, who, shape)
        cells.append("" if ratio is None else f"{_times(ratio.median)} ({_times(ratio.low)} to {_times(ratio.high)})")
    return cells


def _times(ratio: float) -> str:
    """Three significant digits, never as a power of ten."""
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"


def put_section(page: str, section: str) -> str:
    """The page with its comparison replaced, or added at the end; all else stays."""
    block = f"{START}\n{section.strip()}\n{END}\n"
    if START in page and END in page:
        before, rest = page.split(START, 1)
        return before + block + rest.split(END, 1)[1].removeprefix("\n")
    return (page.rstrip() + "\n\n" if page.strip() else "# Benchmarks\n\n") + block
