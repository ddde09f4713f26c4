"""One round of our own engine, every state change recorded before the next task starts.

    python -m scripts.bench_peers.engine_bench --folder WORK [--durability full|process]

Answers also how many commits each shape took and how many bytes they held, which the bare floor then repeats.
"""

from __future__ import annotations

import argparse
import sqlite3
from importlib import metadata
from pathlib import Path
from typing import Literal

from engine import Engine
from engine.flow.load import load_flow
from engine.flow.model import Flow
from scripts.bench_peers import shapes

Durability = Literal["full", "process"]
RETURN = "type: io.kestra.plugin.core.debug.Return"
LOOP = "each"
SYNCHRONOUS = {"full": "FULL", "process": "NORMAL"}


def chain(tasks: int) -> str:
    """A flow of so many Return tasks, one after another; each renders an expression."""
    lines = [f"  - id: t{n}\n    {RETURN}\n    format: '{{{{ flow.id }}}} {n}'\n" for n in range(tasks)]
    return f"id: chain_{tasks}\nnamespace: bench\ntasks:\n" + "".join(lines)


def fan_out(values: int, concurrency: int) -> str:
    """A ForEach over so many values with one Return each."""
    return f"""id: fan_out
namespace: bench
tasks:
  - id: {LOOP}
    type: io.kestra.plugin.core.flow.ForEach
    values: {[str(n) for n in range(values)]}
    concurrencyLimit: {concurrency}
    tasks:
      - id: one
        {RETURN}
        format: "{{{{ taskrun.value }}}}"
"""


class Bench:
    """An engine in a fresh home, and what its journal grew by at each shape."""

    def __init__(self, home: Path, durability: Durability) -> None:
        self.engine = Engine(home, durability=durability)
        self.commits: dict[str, list[int]] = {}
        self._journal = home / "journal.sqlite"
        self._before = (0, 0)

    def run(self, flow: Flow, tasks: int) -> None:
        """Run a flow to its end and see that all of it ran."""
        execution = self.engine.run(flow)
        done = sum(run.state == "SUCCESS" and run.task_id != LOOP for run in execution.task_runs)
        if execution.state != "SUCCESS" or done != tasks:
            raise SystemExit(f"{flow.id} ended {execution.state} with {done} of {tasks} tasks")

    def count(self, shape: str) -> None:
        """Note commits and bytes since the last count: while one execution runs alone, a commit adds one row."""
        with sqlite3.connect(self._journal) as reader:
            now = reader.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM events").fetchone()
        self.commits[shape] = [now[0] - self._before[0], now[1] - self._before[1]]
        self._before = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--durability", choices=list(SYNCHRONOUS), default="full")
    options = parser.parse_args()
    long = load_flow(chain(shapes.SEQUENTIAL))
    wide = load_flow(fan_out(shapes.FAN_OUT, shapes.CONCURRENCY))
    short = load_flow(chain(shapes.TASKS_EACH))
    bench = Bench(options.folder, options.durability)

    def many() -> None:
        for _ in range(shapes.EXECUTIONS):
            bench.run(short, shapes.TASKS_EACH)

    bench.run(short, shapes.TASKS_EACH)
    bench.count("warm-up")
    runs = {
        "sequential_200": lambda: bench.run(long, shapes.SEQUENTIAL),
        "fanout_200_c8": lambda: bench.run(wide, shapes.FAN_OUT),
        "executions_100x3": many,
    }
    seconds = shapes.measure(runs, after=bench.count)
    bench.engine.close()
    durability = f"SQLite WAL, synchronous {SYNCHRONOUS[options.durability]}"
    shapes.answer("flowwright", metadata.version("flowwright"), durability, seconds, commits=bench.commits)


if __name__ == "__main__":
    main()
