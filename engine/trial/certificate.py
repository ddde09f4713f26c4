"""What a trial says: for every task how it was tried, how it ended and why; and a verdict on the whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

How = Literal["ran", "stood_in", "not_executable"]
Verdict = Literal["passed", "partly", "failed"]


@dataclass(frozen=True, slots=True)
class TaskVerdict:
    """One task. ``state`` is None for a task that was not reached; ``why`` explains whatever is not plain success."""

    id: str
    how: How
    state: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """``passed``: the flow does what it says, as far as stand-ins can show. ``partly``: something could not be shown,
    as ``why`` tells. ``failed``: something is wrong with the flow itself."""

    verdict: Verdict
    tasks: tuple[TaskVerdict, ...]
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape shown at every door."""
        return {"verdict": self.verdict, "tasks": [asdict(task) for task in self.tasks], "why": self.why}
