"""Work that must end when its task run is killed or times out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from engine.errors import TaskFailed

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

Result = TypeVar("Result")
_GRACE_SECONDS = 2.0


def stopped(task: RunContext) -> TaskFailed:
    """What a task run raises when it was told to stop."""
    return TaskFailed(f"{task.task_id} was stopped before it finished", code="stopped")


def interruptible(task: RunContext, work: Callable[[], Result], interrupt: Callable[[], None] | None = None) -> Result:
    """Do blocking work, and give up on it when the task run is to stop.

    ``interrupt`` asks the other side (a database, a connection) to abandon it; the work then has a moment to end
    by itself before it is left behind on its daemon thread.
    """
    done = threading.Event()
    answer: list[Result] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(work())
        except BaseException as error:  # noqa: BLE001 - carried over to the waiting thread, which raises it
            failure.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name=f"task-{task.task_id}", daemon=True).start()
    while not done.wait(0.1):
        if task.cancelled.is_set():
            if interrupt is not None:
                interrupt()
            done.wait(_GRACE_SECONDS)
            raise stopped(task)
    if failure:
        raise failure[0]
    return answer[0]
