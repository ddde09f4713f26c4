"""Giving values to the tasks that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable("io.kestra.plugin.core.output.OutputValues", effects="none")
def output_values(task: RunContext) -> Outputs:
    """``values`` as written, with every text in them rendered to text."""
    return {"values": {key: _printed(value, task) for key, value in _values(task).items()}}


def _values(task: RunContext) -> Mapping[str, Any]:
    written = task.properties.get("values")
    return written if isinstance(written, Mapping) else Props(task).mapping("values")


def _printed(value: Any, task: RunContext) -> Any:
    """Maps and lists keep their shape, numbers and booleans their kind, and a text stays a text once rendered."""
    if isinstance(value, Mapping):
        return {as_text(key): _printed(item, task) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_printed(item, task) for item in value]
    return task.render_text(value) if isinstance(value, str) else value
