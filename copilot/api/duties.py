"""What the service does unasked: take up what a crash cut short, and fire triggers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import EngineError

if TYPE_CHECKING:
    from copilot.ownership import Presence
    from engine import Engine

_log = logging.getLogger(__name__)
_MOST = 1_000_000


def take_up(engine: Engine, presence: Presence) -> None:
    """Go on with every execution that has not ended, if no other process can be at work on one of them."""
    unfinished = [row.id for row in reversed(engine.journal.summaries(finished=False, limit=_MOST))]
    if unfinished and not presence.alone:
        _log.warning("%d executions have not ended; another process may be running them, so they are left to it",
                     len(unfinished))  # fmt: skip
        return
    for execution in unfinished:
        try:
            engine.resume_after_crash(execution, wait=False)
            _log.info("went on with execution %s", execution)
        except EngineError as error:
            _log.warning("execution %s cannot go on: %s", execution, error)


@contextmanager
def scheduling(engine: Engine, *, longest_wait: float) -> Iterator[None]:
    """The scheduler of an engine on a thread of its own. What goes wrong in it is logged, and it goes on."""
    stop = threading.Event()
    scheduler = engine.scheduler()

    def work() -> None:
        while not stop.is_set():
            try:
                scheduler.run(stop, longest_wait=longest_wait)
            except Exception:  # noqa: BLE001 - the boundary of the thread: one bad moment must not end all schedules
                _log.exception("the scheduler stumbled and goes on")
                stop.wait(longest_wait)

    thread = threading.Thread(target=work, name="scheduler", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
