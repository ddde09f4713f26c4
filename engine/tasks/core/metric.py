"""Publishing metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import TaskFailed
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable("io.kestra.plugin.core.metric.Publish", effects="none")
def publish(task: RunContext) -> Outputs:
    """Publishes each of ``metrics``: type counter, gauge or timer, name, value (a duration for a timer), tags."""
    for entry in Props(task).items("metrics"):
        if not isinstance(entry, Mapping):
            raise TaskFailed("each of metrics is a map with type, name and value", code="wrong-kind")
        metric = Props(task, entry, "metrics.")
        kind = metric.choice("type", "COUNTER", ("COUNTER", "GAUGE", "TIMER")).lower()
        value = metric.seconds("value") if kind == "timer" else metric.number("value")
        task.metric(metric.required("name"), kind, value or 0.0, metric.texts("tags"))
    return None
