"""Our engine beside DBOS, Prefect and the bare floor, in paired rounds on this machine.

    python scripts/bench_peers/compare.py [--rounds 5] [--peers dbos,prefect] [--folder F] [--write]

Prints the report; ``--write`` also puts it into docs/benchmarks.md. A peer that cannot be installed or that fails is
named and left out. Needs a quiet machine: the report says when this one was not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.bench_peers import environments
from scripts.bench_peers.environments import PeerMissing
from scripts.bench_peers.figures import Result, Round, put_section, report

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
ROUND_SECONDS = 900
BUSY = 0.1
"""Share of the processors in use between rounds, waiting for the disk included, that makes figures preliminary."""


class RunFailed(Exception):
    """A participant gave no result; the text says why."""


def run(python: Path | str, module: str, folder: Path, *options: str) -> dict[str, Any]:
    """One round of one participant in a process of its own; its line of JSON. RunFailed."""
    command = [str(python), "-m", f"scripts.bench_peers.{module}", "--folder", str(folder), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            out, errors = process.communicate(timeout=ROUND_SECONDS)
        except subprocess.TimeoutExpired as cause:
            process.terminate()  # not kill: Prefect's round has a server to stop
            raise RunFailed(f"no result within {ROUND_SECONDS} s") from cause
    lines = out.strip().splitlines()
    if process.returncode or not lines:
        raise RunFailed((errors.strip().splitlines() or [f"exit {process.returncode}"])[-1])
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


class Comparison:
    """The participants of all rounds; what fails once is not tried again."""

    def __init__(self, peers: Iterable[str], folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self.pythons: dict[str, Path] = {}
        for peer in peers:
            try:
                self.pythons[peer] = environments.ensure(peer, folder).absolute()
            except PeerMissing as cause:
                self.notes.append(f"{cause}; left out")
        self.groups = ["full", "process"]
        self.groups += [who for who in ("dbos", "dbos-wal", "prefect") if who.split("-")[0] in self.pythons]

    def round(self, number: int) -> Round:
        """One round; the order is rotated so that nobody always follows the same one."""
        results: dict[str, Result] = {}
        work = Path(tempfile.mkdtemp(prefix="round-", dir=self.folder))
        shift = number % len(self.groups)
        try:
            for group in self.groups[shift:] + self.groups[:shift]:
                try:
                    results.update(self._group(group, work))
                except RunFailed as cause:
                    self.groups.remove(group)
                    self.notes.append(f"{group} failed in round {number + 1} and was left out from then on: {cause}")
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return results

    def _group(self, group: str, work: Path) -> dict[str, Result]:
        if group in ("full", "process"):
            return self._ours(group, work)
        if group == "prefect":
            return {group: _result(run(self.pythons["prefect"], "prefect_bench", work / group))}
        journal = "wal" if group == "dbos-wal" else "shipped"
        return {group: _result(run(self.pythons["dbos"], "dbos_bench", work / group, "--journal", journal))}

    def _ours(self, durability: str, work: Path) -> dict[str, Result]:
        """Our engine, and at once the floor with the commits just counted."""
        mode = "full" if durability == "full" else "normal"
        ours = run(sys.executable, "engine_bench", work / f"ours-{mode}", "--durability", durability)
        commits = ["--commits", json.dumps(ours["commits"]), "--synchronous", mode.upper()]
        floor = run(sys.executable, "floor_bench", work / f"floor-{mode}", *commits)
        return {f"ours-{mode}": _result(ours), f"floor-{mode}": _result(floor)}


def _result(answer: dict[str, Any]) -> Result:
    commits = {shape: count for shape, (count, _) in answer.get("commits", {}).items()}
    return Result(answer["peer"], answer["version"], answer["durability"], answer["shapes"], commits)


def machine(folder: Path) -> list[str]:
    """Processor, cores, memory, file system of the work folder, kernel and Python."""
    return [
        f"processor: {_processor()}, {len(os.sched_getaffinity(0))} cores",
        f"memory: {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        f"file system of the databases: {_file_system(folder)}",
        f"system: {platform.system()} {platform.release()}, Python {platform.python_version()}",
    ]


def busy_share(seconds: float = 1.0) -> float:
    """What share of all processors others keep from being idle, watched for a moment; 0 where it cannot be told."""
    before = _ticks()
    time.sleep(seconds)
    now = _ticks()
    total = sum(now) - sum(before)
    return 1 - (now[3] - before[3]) / total if total else 0.0


def _ticks() -> list[int]:
    """Time of all processors by kind since the start; the fourth is idle."""
    stat = Path("/proc/stat")
    return [int(x) for x in stat.read_text().splitlines()[0].split()[1:9]] if stat.exists() else [0] * 8


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].split(":", 1)[1].strip() if names else platform.machine()


def _file_system(folder: Path) -> str:
    """The type of the mount that holds the folder."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    place = str(folder.resolve())
    best = ("", "unknown")
    for line in mounts.read_text().splitlines():
        _, point, kind, *_ = line.split()
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default="dbos,prefect", help="comma-separated; empty for none")
    parser.add_argument("--folder", type=Path, default=ROOT / environments.FOLDER, help="environments and databases")
    parser.add_argument("--write", action="store_true", help="put the report into docs/benchmarks.md")
    options = parser.parse_args()
    options.peers = [peer for peer in options.peers.split(",") if peer]
    unknown = [peer for peer in options.peers if peer not in environments.REQUIREMENTS]
    if unknown or options.rounds < 1:
        parser.error(f"no such peer: {', '.join(unknown)}" if unknown else "--rounds is at least 1")
    return options


def main() -> int:
    options = _arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    comparison = Comparison(options.peers, options.folder)
    about = machine(options.folder)
    rounds, busy = [], 0.0
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
        busy = max(busy, busy_share())
        rounds.append(comparison.round(number))
    about.append(f"in use by other work before a round: at most {busy:.0%} of the processors")
    if busy > BUSY or options.rounds < 5:
        comparison.notes.append("preliminary: needs a quiet machine and at least 5 rounds")
    command = shlex.join(["python", "scripts/bench_peers/compare.py", *sys.argv[1:]])
    text = report(rounds, about, command, comparison.notes)
    print(text)
    if options.write:
        PAGE.write_text(put_section(PAGE.read_text() if PAGE.exists() else "", text))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
