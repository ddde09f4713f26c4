"""Waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.durations import format_duration
from engine.errors import TaskFailed
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.waiting import stopped

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable("io.kestra.plugin.core.flow.Sleep", effects="none")
def sleep(task: RunContext) -> Outputs:
    """Waits for ``duration``. With the setting ``clock.accelerated`` it does not wait at all."""
    seconds = Props(task).seconds("duration")
    if seconds is None:
        raise TaskFailed("duration is required", code="missing-property")
    task.log("INFO", f"Waiting for {format_duration(timedelta(seconds=seconds))}")
    if task.settings.get("clock.accelerated"):
        return None
    if task.cancelled.wait(max(seconds, 0.0)):
        raise stopped(task)
    return None
