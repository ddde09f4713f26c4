"""One round of the bare floor: the commits the engine made, of the same size, in SQLite WAL, and no engine.

    python -m scripts.bench_peers.floor_bench --folder WORK --synchronous FULL|NORMAL --commits JSON

``--commits`` is what engine_bench answered: shape to [commits, bytes].
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from pathlib import Path

from scripts.bench_peers import shapes


class Floor:
    """One table that only grows."""

    def __init__(self, folder: Path, synchronous: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute(f"PRAGMA synchronous = {synchronous}")
        self.connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")

    def commit(self, times: int, size: int) -> None:
        """So many transactions of one row each, ``size`` bytes in all."""
        body = "x" * (size // times)
        for _ in range(times):
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute("INSERT INTO events (body) VALUES (?)", (body,))
            self.connection.execute("COMMIT")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL"], default="FULL")
    parser.add_argument("--commits", type=json.loads, required=True)
    options = parser.parse_args()
    floor = Floor(options.folder, options.synchronous)
    floor.commit(10, 1000)
    runs = {shape: lambda shape=shape: floor.commit(*options.commits[shape]) for shape in shapes.TASKS}
    seconds = shapes.measure(runs)
    floor.connection.close()
    shapes.answer(
        "floor",
        sqlite3.sqlite_version,
        f"SQLite WAL, synchronous {options.synchronous}",
        seconds,
        commits=options.commits,
    )


if __name__ == "__main__":
    main()
