"""Choosing a fence: the strongest that a real trial shows to work here."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import EnvironmentMissing, Refused
from engine.fence import bubblewrap, launcher
from engine.fence.command import LEVELS, Command, Finished, Level
from engine.fence.owner import Owner, hand_over, new_owner
from engine.fence.process import OnLine, run_process

_PROBE_SECONDS = 10.0
_HINTS: Mapping[Level, str] = {
    "bwrap": "install bubblewrap and util-linux, and allow user namespaces or run as root",
    "landlock": "Landlock needs Linux 5.13 or newer with Landlock switched on",
    "limits": "resource limits need a POSIX system",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Fence:
    """One way of fencing, known to work on this machine."""

    level: Level
    wrap: Callable[[Command, Owner], tuple[Command, tuple[int, ...]]]
    drops: bool = False

    def run(
        self,
        command: Command,
        *,
        on_line: OnLine = lambda stream, line: None,
        cancelled: threading.Event | None = None,
    ) -> Finished:
        """Run to its end, its time limit, or ``cancelled``; whatever it started ends with it.

        ``on_line`` gets ``("stdout" | "stderr", line)`` as lines come. EnvironmentMissing when the program cannot
        be started at all.
        """
        # Bubblewrap binds the folder where its new owner can reach it; without it the way there must be open.
        drops = self.drops and (self.level == "bwrap" or launcher.open_to_all(command.cwd))
        owner = new_owner() if drops else Owner()
        if owner.uid is not None:
            hand_over(command.cwd, owner)
        wrapped, passed = self.wrap(command, owner)
        return run_process(wrapped, self.level, on_line=on_line, cancelled=cancelled, passed=passed)

    def admit(self, *, written_by_model: bool, allow_unfenced: bool) -> None:
        """Refuse code that a model wrote where nothing but limits would hold it. Refused."""
        if written_by_model and not allow_unfenced and self.level != "bwrap":
            raise Refused(
                f"this script was written by a model and the best fence here is '{self.level}'",
                code="unfenced-script",
                hint=f"{_HINTS['bwrap']}; or set fence.allow_unfenced to run it all the same",
            )


def fence_for(settings: Mapping[str, Any]) -> Fence:
    """The fence that ``fence.level`` names: ``auto`` (default) is the strongest that works. EnvironmentMissing."""
    wanted = settings.get("fence.level") or "auto"
    if wanted == "auto":
        return _strongest()
    if wanted not in LEVELS:
        raise EnvironmentMissing(f"unknown fence level '{wanted}'", hint="one of auto, " + ", ".join(LEVELS))
    fence = _working(wanted)
    if fence is None:
        raise EnvironmentMissing(f"the fence '{wanted}' does not work here", code="no-fence", hint=_HINTS[wanted])
    return fence


@cache
def _strongest() -> Fence:
    return next(fence for level in LEVELS if (fence := _working(level)) is not None)


@cache
def _working(level: Level) -> Fence | None:
    """The first way of this level that runs ``true``."""
    return next((fence for fence in _candidates(level) if _runs(fence)), None)


def _candidates(level: Level) -> list[Fence]:
    if level == "bwrap":
        return [Fence("bwrap", way.wrap, way.drops) for way in bubblewrap.ways()]
    if level == "landlock":
        return [Fence("landlock", way.wrap, way.drops) for way in launcher.ways(landlock=True)]
    if level == "limits":
        return [Fence("limits", way.wrap, way.drops) for way in launcher.ways(landlock=False)]
    return [Fence("none", lambda command, owner: (command, ()))]


def _runs(fence: Fence) -> bool:
    with tempfile.TemporaryDirectory(prefix="flowwright-fence-") as folder:
        command = Command(argv=("/bin/sh", "-c", "exit 7"), cwd=Path(folder), env={"PATH": "/usr/bin:/bin"})
        try:
            return fence.run(replace(command, timeout=_PROBE_SECONDS)).exit_code == 7
        except (OSError, EnvironmentMissing):
            return False
