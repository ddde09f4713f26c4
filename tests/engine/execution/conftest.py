"""Engines for tests: time that jumps, commits that are kept so that a test can pretend the process died after any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.engine import Engine
from engine.execution.clock import VirtualClock
from engine.storage.journal import Journal

Commit = tuple[Any, ...]


def result_of(engine: Engine, execution_id: str) -> dict[str, Any]:
    """What must come out the same, with or without a crash on the way."""
    execution = engine.execution(execution_id)
    runs = sorted(
        (run.task_id, tuple(execution.values(run)), run.state, _shown(run.outputs)) for run in execution.task_runs
    )
    return {
        "state": execution.state,
        "outputs": _shown(execution.outputs),
        "runs": runs,
        "labels": len(execution.labels),
    }


def _shown(outputs: Any) -> str:
    """Outputs without what names an execution, which differs from run to run."""
    if isinstance(outputs, dict):
        return str({k: _shown(v) for k, v in sorted(outputs.items()) if k not in ("executionId",)})
    if isinstance(outputs, list):
        return str([_shown(item) for item in outputs])
    if isinstance(outputs, str) and outputs.startswith("kestra://"):
        return "file"
    return repr(outputs)


class Recorded:
    """An engine whose commits are kept as they are made."""

    def __init__(self, home: Path, prepare: Callable[[Engine], None] = lambda _: None) -> None:
        self.home = home
        self.clock = VirtualClock()
        self.engine = Engine(home, clock=self.clock, durability="process")
        prepare(self.engine)
        self.commits: list[Commit] = []
        write = self.engine.journal.write

        def keep(*given: Any) -> None:
            events = [(execution, [dict(e) for e in group]) for execution, group in given[0]]
            self.commits.append((events, *given[1:]))
            write(*given)

        self.engine.journal.write = keep  # type: ignore[method-assign]


def after_crash(home: Path, commits: list[Commit], settings: dict[str, Any] | None = None) -> Engine:
    """An engine that finds exactly these commits in its journal."""
    journal = Journal(home / "journal.sqlite", durability="process")
    for commit in commits:
        journal.write(*commit)
    journal.close()
    return Engine(home, clock=VirtualClock(), durability="process", settings=settings)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine on an empty home, with time that jumps when nobody works."""
    with Engine(tmp_path / "home", clock=VirtualClock(), durability="process") as engine:
        yield engine


@pytest.fixture
def recorded() -> type[Recorded]:
    return Recorded


@pytest.fixture
def restarted() -> Callable[..., Engine]:
    """Makes an engine that finds exactly the commits it is given."""
    return after_crash


@pytest.fixture
def outcome() -> Callable[[Engine, str], dict[str, Any]]:
    """What must come out the same, with or without a crash on the way."""
    return result_of
