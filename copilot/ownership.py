"""Who works in a home: several processes may, but what a crash cut short is taken up only by one that is alone.

Every engine holds a shared lock while it is open. Whoever gets it exclusively knows that no other process runs
executions there, so those that have not ended are nobody's. The service also leaves its address for the command
line, which then asks it instead of working on its executions behind its back.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from copilot.errors import CopilotError

_IN_USE = "in-use.lock"
_SERVICE = "service.json"


class HomeTaken(CopilotError):
    """Another service already works in this home."""

    kind = "environment"
    code = "home-taken"


class Busy(CopilotError):
    """Another process works in this home and may be running the execution."""

    kind = "refused"
    code = "in-use"


@dataclass(eq=False)
class Presence:
    """A hold on a home. ``alone`` at first when nobody else has one; ``share`` lets others in."""

    alone: bool
    _handle: int

    def share(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_SH)
        self.alone = False


@contextmanager
def present(home: Path, *, alone: bool = False) -> Iterator[Presence]:
    """A hold on a home while it is worked in. ``alone``: exclusively if that is possible right now, until shared."""
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / _IN_USE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        got = False
        if alone:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                got = True
            except BlockingIOError:
                got = False
        if not got:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield Presence(got, handle)
    finally:
        os.close(handle)


def must_be_alone(presence: Presence, execution: str) -> None:
    """Busy unless nobody else works in the home."""
    if not presence.alone:
        raise Busy(
            f"another flowwright process works in this home and may be running {execution}",
            hint="wait for it to end, or use the service (`flowwright serve`) for both",
        )


@contextmanager
def serving_in(home: Path) -> Iterator[Callable[[str], None]]:
    """Be the service of this home; the function given tells its address once it has one. HomeTaken."""
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / _SERVICE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeTaken(
                f"a service already works in {home}", hint="stop it first, or set FLOWWRIGHT_HOME to another folder"
            ) from None
        os.ftruncate(handle, 0)

        def tell(url: str) -> None:
            os.pwrite(handle, json.dumps({"url": url, "pid": os.getpid()}).encode(), 0)

        yield tell
    finally:
        # the lock, not the text, says whether a service runs, so the text may stay
        os.close(handle)


def service_of(home: Path) -> str | None:
    """The address of the service that runs in this home, None when none does."""
    try:
        handle = os.open(home / _SERVICE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        written = os.pread(handle, 4096, 0)
        url = json.loads(written).get("url") if written else None
        return str(url) if url else None
    finally:
        os.close(handle)
