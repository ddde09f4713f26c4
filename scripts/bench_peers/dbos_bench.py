"""One round of DBOS on its SQLite system database; run by the interpreter of its own environment.

    PYTHON -m scripts.bench_peers.dbos_bench --folder WORK [--journal shipped|wal]

One step a task. The fan-out starts async steps of one workflow through a semaphore, not its queues, whose workers poll
once a second. DBOS sets neither journal mode nor synchronous, so ``shipped`` is SQLite's own default; ``wal`` puts the
file into WAL mode first. The durability told is read from a connection of DBOS while it commits.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
from importlib import metadata
from pathlib import Path
from typing import Any

import sqlalchemy
from dbos import DBOS

from scripts.bench_peers import shapes

SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
modes: list[str] = []


@DBOS.step()
def one(n: int) -> str:
    return f"bench {n}"


@DBOS.step()
async def one_async(n: int) -> str:
    return f"bench {n}"


@DBOS.workflow()
def chain(tasks: int) -> None:
    for n in range(tasks):
        one(n)


@DBOS.workflow()
async def fan_out(tasks: int, concurrency: int) -> None:
    slots = asyncio.Semaphore(concurrency)

    async def run(n: int) -> None:
        async with slots:
            await one_async(n)

    await asyncio.gather(*(run(n) for n in range(tasks)))


def note_modes(connection: Any) -> None:
    """Say once how a connection that DBOS commits on is set."""
    if not modes:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        name = "WAL" if journal == "wal" else f"rollback journal ({str(journal).upper()})"
        modes.append(f"SQLite {name}, synchronous {SYNCHRONOUS[synchronous]}")


def stored_steps(database: Path) -> int:
    with sqlite3.connect(database) as reader:
        return int(reader.execute("SELECT count(*) FROM operation_outputs WHERE error IS NULL").fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--journal", choices=["shipped", "wal"], default="shipped")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    database = options.folder.resolve() / "dbos.sqlite"
    if options.journal == "wal":
        sqlite3.connect(database).execute("PRAGMA journal_mode = WAL").close()
    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{database}", "log_level": "ERROR"})
    DBOS.launch()
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", note_modes)
    chain(1)
    loop = (
        asyncio.Runner()
    )  # one for all runs: DBOS lends its threads to the loop, and a loop that ends shuts them down
    loop.run(fan_out(1, 1))
    sqlalchemy.event.remove(sqlalchemy.Engine, "commit", note_modes)

    def many() -> None:
        for _ in range(shapes.EXECUTIONS):
            chain(shapes.TASKS_EACH)

    before = stored_steps(database)
    seconds = shapes.measure(
        {
            "sequential_200": lambda: chain(shapes.SEQUENTIAL),
            "fanout_200_c8": lambda: loop.run(fan_out(shapes.FAN_OUT, shapes.CONCURRENCY)),
            "executions_100x3": many,
        }
    )
    stored = stored_steps(database) - before
    if stored != sum(shapes.TASKS.values()):
        raise SystemExit(f"DBOS stored {stored} of {sum(shapes.TASKS.values())} steps")
    shapes.answer("dbos", metadata.version("dbos"), modes[0], seconds)
    DBOS.destroy()
    loop.close()


if __name__ == "__main__":
    os.environ.pop("DBOS_CONDUCTOR_KEY", None)
    main()
