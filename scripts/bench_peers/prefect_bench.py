"""One round of Prefect with a started server and its SQLite; run by the interpreter of its own environment.

    PYTHON -m scripts.bench_peers.prefect_bench --folder WORK

The clock of a shape stops once the server says that every task run is stored as completed, not when the flow returns:
Prefect sends task runs as events and the server writes them later. Set in Prefect's favour: no telemetry, logging only
from ERROR up (no log lines to store), no heartbeats (at the end of each flow run their thread would be waited for up
to a second). The durability told is that of a connection made by Prefect's own database settings.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from scripts.bench_peers import shapes

START_SECONDS = 120
STORE_SECONDS = 300
STOP_SECONDS = 30
POLL_SECONDS = 0.02
SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")


def surroundings(folder: Path, port: int) -> dict[str, str]:
    """Environment of server and client: everything below the folder, nothing sent anywhere else."""
    return {
        "PREFECT_HOME": str(folder),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.sqlite'}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, port: int) -> Iterator[None]:
    """A Prefect server that answers, ended with all its processes."""
    with (folder / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder)
        try:
            _wait_until(lambda: _answers(process, port), START_SECONDS, "the server does not answer")
            yield
        finally:
            _stop(process)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    import httpx

    if process.poll() is not None:
        raise SystemExit(f"the Prefect server ended with {process.returncode}")
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask, wait, and end the whole session if the server does not follow."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until(true: Callable[[], bool], seconds: float, otherwise: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"{otherwise} after {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


@contextmanager
def no_heartbeats() -> Iterator[None]:
    """Prefect's setting for none, which its environment variable cannot say."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


class Bench:
    """The three shapes as Prefect flows, and the count of stored task runs."""

    def __init__(self, port: int) -> None:
        import httpx
        from prefect import flow, task
        from prefect.task_runners import ThreadPoolTaskRunner

        self.api = httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=60, trust_env=False)
        self.expected = 0

        @task
        def one(n: int) -> str:
            return f"bench {n}"

        @flow
        def chain(tasks: int) -> None:
            for n in range(tasks):
                one(n)

        @flow(task_runner=ThreadPoolTaskRunner(max_workers=shapes.CONCURRENCY))
        def fan_out(tasks: int) -> None:
            for future in [one.submit(n) for n in range(tasks)]:
                future.result()

        self.chain: Callable[[int], Any] = chain
        self.fan_out: Callable[[int], Any] = fan_out

    def stored(self) -> int:
        """How many completed task runs the server has in its database."""
        completed = {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
        return int(self.api.post("/task_runs/count", json=completed).raise_for_status().json())

    def run(self, start: Callable[[], Any], tasks: int) -> None:
        """Run flows and wait until so many more task runs are stored."""
        self.expected += tasks
        start()
        _wait_until(lambda: self.stored() >= self.expected, STORE_SECONDS, f"{self.stored()} of {self.expected} stored")
        if self.stored() != self.expected:
            raise SystemExit(f"{self.stored()} task runs stored instead of {self.expected}")

    def round(self) -> dict[str, float]:
        def many() -> None:
            for _ in range(shapes.EXECUTIONS):
                self.chain(shapes.TASKS_EACH)

        self.run(lambda: self.chain(1), 1)
        self.run(lambda: self.fan_out(1), 1)
        starts: dict[str, Callable[[], Any]] = {
            "sequential_200": lambda: self.chain(shapes.SEQUENTIAL),
            "fanout_200_c8": lambda: self.fan_out(shapes.FAN_OUT),
            "executions_100x3": many,
        }
        return shapes.measure(
            {
                shape: lambda shape=shape, start=start: self.run(start, shapes.TASKS[shape])
                for shape, start in starts.items()
            }
        )


async def durability(url: str) -> str:
    """How Prefect sets the connections it makes for its SQLite."""
    import sqlalchemy
    from prefect.server.database.configurations import AioSqliteConfiguration

    engine = await AioSqliteConfiguration(connection_url=url).engine()
    async with engine.connect() as connection:
        journal = (await connection.execute(sqlalchemy.text("PRAGMA journal_mode"))).scalar()
        synchronous = (await connection.execute(sqlalchemy.text("PRAGMA synchronous"))).scalar()
    await engine.dispose()
    return f"SQLite {str(journal).upper()}, synchronous {SYNCHRONOUS[int(synchronous or 0)]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # so that the server is stopped too
    os.environ.update(surroundings(folder, port))  # before Prefect is imported: it reads its settings then
    with server(folder, port), no_heartbeats():
        seconds = Bench(port).round()
    mode = asyncio.run(durability(os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"]))
    shapes.answer("prefect", metadata.version("prefect"), mode, seconds)


if __name__ == "__main__":
    main()
