"""A run of a task and its attempts, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

TERMINAL = frozenset({"SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED"})
STARTABLE = frozenset({"CREATED", "RESTARTED", "RESUBMITTED"})
ROOT = ""
"""The scope of a flow's own tasks; every other scope is named by the task run it lies below."""


def iso(at: float) -> str:
    """Seconds since the epoch as Kestra writes an instant: UTC, milliseconds, Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a runnable task: ``state`` is RUNNING until it ended."""

    state: str
    start: float
    end: float | None = None
    log_file: str | None = None


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of one task.

    ``branch`` is the list of the parent it comes from (tasks, errors, finally, ...), ``lane`` the place in it
    that runs by itself: the child's index in Parallel and Dag, the value's index in a loop, else 0.
    ``detail`` is the engine's own (chosen branch, loop values); ``due`` is when something happens by itself.
    """

    id: str
    task_id: str
    parent: str
    branch: str
    lane: int
    value: str | None
    iteration: int | None
    history: tuple[tuple[str, float], ...]
    attempts: tuple[Attempt, ...] = ()
    outputs: Mapping[str, Any] | None = None
    detail: Mapping[str, Any] | None = None
    due: float | None = None

    @property
    def state(self) -> str:
        return self.history[-1][0]

    @property
    def terminal(self) -> bool:
        return self.history[-1][0] in TERMINAL

    @property
    def start(self) -> float:
        return self.history[0][1]

    @property
    def end(self) -> float | None:
        state, at = self.history[-1]
        return at if state in TERMINAL else None

    def tried(self, state: str) -> bool:
        """Whether it has ever been in this state."""
        return any(s == state for s, _ in self.history)

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape shown at every door."""
        return {
            "id": self.id,
            "task_id": self.task_id,
            "parent_id": self.parent or None,
            "value": self.value,
            "iteration": self.iteration,
            "state": self.state,
            "history": [{"state": s, "date": iso(at)} for s, at in self.history],
            "attempts": [
                {
                    "state": a.state,
                    "start": iso(a.start),
                    "end": None if a.end is None else iso(a.end),
                    "log_file": a.log_file,
                }
                for a in self.attempts
            ],
            "outputs": self.outputs,
            "start": iso(self.start),
            "end": None if self.end is None else iso(self.end),
        }
