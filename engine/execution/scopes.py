"""What has been started below one task run, counted as it happens so that nobody has to look at all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Branch:
    """The runs of one task list below one parent, counted so that nobody has to look at all of them."""

    lanes: dict[int, list[str]] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    open: int = 0

    def last(self, lane: int) -> str | None:
        runs = self.lanes.get(lane)
        return runs[-1] if runs else None


_NOTHING_STARTED = Branch()


@dataclass(slots=True)
class Scope:
    """What has been started below one task run (or the flow). ``phase`` is the list in force."""

    phase: str = "tasks"
    branches: dict[str, Branch] = field(default_factory=dict)
    spare: dict[tuple[str, str | None], str] = field(default_factory=dict)
    """Task runs of an earlier round by task id and value, to be used again."""
    reopened: bool = False
    """A restart came by: lanes may be half done, so look at all of them once more."""

    def branch(self, name: str) -> Branch:
        """One list, empty when nothing of it has been started."""
        return self.branches.get(name, _NOTHING_STARTED)


NO_SCOPE = Scope()
PHASES = ("tasks", "errors", "finally", "listeners", "after")
