"""How fast the engine is, beside the floor of the same number of commits with no engine.

    python scripts/bench_engine.py [--pairs 5] [--durability full process] [--json OUT]

Beside other engines it is measured by ``scripts/bench_peers/compare.py``.

Every figure is a median of paired runs: the engine and what it is compared with take turns in the same process
lifetime, because figures with a flush for each commit differ by half from one minute to the next. The floor writes
the engine's own transactions (same number, same text) into SQLite in WAL mode with the same durability.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import Engine, load_flow
from engine.flow.model import Flow

RETURN = "io.kestra.plugin.core.debug.Return"
EACH = "io.kestra.plugin.core.flow.ForEach"


def sequence(count: int) -> Flow:
    """A flow of Return tasks, one after the other."""
    tasks = "".join(f"  - {{id: t{n}, type: {RETURN}, format: hello}}\n" for n in range(count))
    return load_flow(f"id: sequence{count}\nnamespace: bench\ntasks:\n{tasks}")


def fan_out(count: int, limit: int) -> Flow:
    """A ForEach of one Return task."""
    return load_flow(
        f"id: each{count}\nnamespace: bench\ntasks:\n  - id: each\n    type: {EACH}\n    concurrencyLimit: {limit}\n"
        f"    values: {list(range(count))}\n    tasks:\n      - {{id: t, type: {RETURN}, format: hello}}\n"
    )


class Bench:
    """An engine on a fresh home whose commits are kept, so that the floor can repeat them."""

    def __init__(self, folder: Path, durability: str) -> None:
        self.durability = durability
        self.home = Path(tempfile.mkdtemp(dir=folder))
        self.engine = Engine(self.home, durability=durability)  # type: ignore[arg-type]
        self.commits: list[tuple[Any, Any, int]] = []
        write = self.engine.journal.write

        def keep(events: Any, summaries: Any = (), logs: Any = (), sources: Any = None) -> None:
            self.commits.append((events, logs, len(summaries)))
            write(events, summaries, logs, sources)

        self.engine.journal.write = keep  # type: ignore[method-assign]

    def timed(self, work: Callable[[Engine], None]) -> float:
        self.commits.clear()
        start = time.perf_counter()
        work(self.engine)
        return time.perf_counter() - start

    def floor(self) -> float:
        """Seconds that SQLite alone takes for the commits just made."""
        path = self.home / "floor.sqlite"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self.durability == 'full' else 'NORMAL'}")
        connection.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        commits = [_rows(*commit) for commit in self.commits]
        start = time.perf_counter()
        for rows in commits:
            connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                connection.execute("INSERT INTO rows (body) VALUES (?)", (row,))
            connection.execute("COMMIT")
        seconds = time.perf_counter() - start
        connection.close()
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
        return seconds

    def close(self) -> None:
        self.engine.close()
        shutil.rmtree(self.home, ignore_errors=True)


def _rows(events: Any, logs: Any, summaries: int) -> list[str]:
    """The texts of one commit; made after the clock has stopped, so that the engine does not pay for it."""
    return [json.dumps(group) for _, group in events] + [line.message for line in logs] + ["summary"] * summaries


def _run(flow: Flow) -> Callable[[Engine], None]:
    def work(engine: Engine) -> None:
        if engine.run(flow).state != "SUCCESS":
            raise SystemExit(f"{flow.id} did not succeed")

    return work


def _many(flow: Flow, count: int) -> Callable[[Engine], None]:
    def work(engine: Engine) -> None:
        started = [engine.run(flow, wait=False) for _ in range(count)]
        for execution in started:
            engine.wait(execution.id)

    return work


def scenarios() -> dict[str, tuple[Callable[[Engine], None], int]]:
    """What is run, and how many tasks it has."""
    return {
        "sequence of 200": (_run(sequence(200)), 200),
        "ForEach of 200, 8 at once": (_run(fan_out(200, 8)), 200),
        "100 executions of 3 tasks": (_many(sequence(3), 100), 300),
    }


def against_floor(folder: Path, durability: str, pairs: int) -> dict[str, Any]:
    """Tasks a second, and the share of the floor, for each scenario."""
    bench = Bench(folder, durability)
    found: dict[str, Any] = {}
    try:
        bench.timed(_run(sequence(20)))
        for name, (work, tasks) in scenarios().items():
            engine, floor = [], []
            for _ in range(pairs):
                engine.append(tasks / bench.timed(work))
                floor.append(tasks / bench.floor())
            ratios = [a / b for a, b in zip(engine, floor, strict=True)]
            found[name] = {
                "tasks_per_s": round(statistics.median(engine)),
                "floor_per_s": round(statistics.median(floor)),
                "of_floor": round(statistics.median(ratios), 2),
                "commits": len(bench.commits),
            }
        found["time per task"] = growth(bench, pairs)
    finally:
        bench.close()
    return found


def growth(bench: Bench, pairs: int) -> dict[str, Any]:
    """Microseconds a task in flows of 10 to 3,000 tasks, taken in turns; each also without the flush's share."""
    flows = {count: sequence(count) for count in (10, 100, 1000, 3000)}
    seconds: dict[int, list[float]] = {count: [] for count in flows}
    for _ in range(pairs):
        for count, flow in flows.items():
            repeats = max(1, 300 // count)
            taken = sum(bench.timed(_run(flow)) for _ in range(repeats))
            seconds[count].append(taken / repeats / count)
    medians = {count: statistics.median(values) for count, values in seconds.items()}
    ratios = [long / short for long, short in zip(seconds[3000], seconds[100], strict=True)]
    return {
        **{f"{count} tasks": f"{value * 1e6:.0f} us" for count, value in medians.items()},
        "3000 over 100": round(statistics.median(ratios), 2),
    }


MEMORY = """
import resource, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from scripts.bench_engine import fan_out
from engine import Engine
with Engine(Path(tempfile.mkdtemp(dir=sys.argv[2])), durability="process") as engine:
    execution = engine.run(fan_out(10_000, 8))
    assert len(execution.runs) == 10_001
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def memory(folder: Path) -> str:
    """The peak of a process that runs 10,000 task runs in one execution."""
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(root), str(folder)], capture_output=True, text=True, check=True, cwd=root
    )
    return f"{done.stdout.strip()} MB"


def machine() -> str:
    """What the figures were measured on."""
    model = next(
        (x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x),
        platform.processor(),
    )
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, load {load:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--durability", nargs="+", default=["full", "process"], choices=["full", "process"])
    parser.add_argument("--folder", type=Path, help="where to put databases (default: the system's temporary folder)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=options.folder))
    found: dict[str, Any] = {"machine": machine(), "pairs": options.pairs}
    try:
        for durability in options.durability:
            found[durability] = against_floor(folder, durability, options.pairs)
        found["memory of 10,000 task runs"] = memory(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def show(found: dict[str, Any]) -> None:
    """Print it, the machine and the durability beside every figure."""
    where = f"[{found['machine']}; medians of {found['pairs']} pairs]"
    for durability in ("full", "process"):
        for name, values in found.get(durability, {}).items():
            figures = ", ".join(f"{key} {value}" for key, value in values.items())
            print(f"{name:28} durability {durability:8} {figures}  {where}")
    print(f"{'10,000 task runs':28} {found['memory of 10,000 task runs']}  {where}")
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
