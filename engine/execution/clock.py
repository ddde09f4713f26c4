"""Time as the engine sees it: the machine's, or one that jumps whenever nobody has anything to do.

The engine tells its clock which threads are at work (``enter``, ``leave``) and waits only through it. A
``VirtualClock`` uses that: when every thread waits for time to pass, time passes at once, so an hour's pause
takes no time and comes out the same on every machine.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Time in seconds since the epoch."""

    def now(self) -> float: ...
    def event(self) -> threading.Event:
        """An event whose ``wait`` goes by this clock."""
        ...

    def enter(self) -> None:
        """A thread begins to work for the engine."""
        ...

    def leave(self) -> None:
        """It has nothing more to do."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def event(self) -> threading.Event:
        return threading.Event()

    def enter(self) -> None:
        """Time passes by itself."""

    def leave(self) -> None:
        """Time passes by itself."""


@dataclass(eq=False)
class _Sleeper:
    due: float
    event: VirtualEvent
    awake: bool = False


class VirtualClock:
    """A clock that stands still while a thread works and jumps to the next wake-up when all wait.

    ``hold`` keeps it from jumping until ``release``: for looking at an execution in the middle of a wait.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._changed = threading.Condition()
        self._working = 0
        self._held = 0
        self._sleepers: list[_Sleeper] = []

    def now(self) -> float:
        return self._now

    def event(self) -> threading.Event:
        return VirtualEvent(self)

    def enter(self) -> None:
        with self._changed:
            self._working += 1

    def leave(self) -> None:
        with self._changed:
            self._working -= 1
            self._jump()

    def hold(self) -> None:
        """No jump until ``release`` has been called as often."""
        with self._changed:
            self._held += 1

    def release(self) -> None:
        with self._changed:
            self._held -= 1
            self._jump()

    def advance(self, seconds: float) -> None:
        """Let time pass from outside, as when a process was down."""
        with self._changed:
            self._now += seconds
            self._jump()

    def settle(self, timeout: float = 60.0) -> bool:
        """Wait (really) until nobody works and nothing is due any more; False when ``timeout`` came first."""
        with self._changed:
            return self._changed.wait_for(self._still, timeout)

    def _still(self) -> bool:
        return not self._working and all(sleeper.due == float("inf") for sleeper in self._sleepers)

    def sleep_on(self, event: VirtualEvent, seconds: float | None) -> bool:
        """Wait for an event, at most so long; whether it is set."""
        with self._changed:
            if event.is_set():
                return True
            due = float("inf") if seconds is None else self._now + max(seconds, 0.0)
            sleeper = _Sleeper(due, event)
            self._sleepers.append(sleeper)
            self._working -= 1
            self._jump()
            while not sleeper.awake:
                self._changed.wait()
            return event.is_set()

    def woken(self, event: VirtualEvent) -> None:
        """An event was set: those waiting for it count as working from now on."""
        with self._changed:
            self._wake([s for s in self._sleepers if s.event is event])

    def _jump(self) -> None:
        if self._working or self._held:
            return
        due = min((sleeper.due for sleeper in self._sleepers), default=float("inf"))
        if due == float("inf"):
            self._changed.notify_all()
            return
        self._now = max(self._now, due)
        self._wake([s for s in self._sleepers if s.due <= self._now])

    def _wake(self, sleepers: list[_Sleeper]) -> None:
        for sleeper in sleepers:
            sleeper.awake = True
            self._working += 1
        self._sleepers = [s for s in self._sleepers if not s.awake]
        self._changed.notify_all()


class VirtualEvent(threading.Event):
    """An event for threads that wait by a VirtualClock."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def set(self) -> None:
        super().set()
        self._clock.woken(self)

    def wait(self, timeout: float | None = None) -> bool:
        return self._clock.sleep_on(self, timeout)
