"""Returning and echoing a rendered text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.tasks.core.log import LEVELS
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable("io.kestra.plugin.core.debug.Return", effects="none", aliases=("io.kestra.core.tasks.debugs.Return",))
def return_(task: RunContext) -> Outputs:
    """``value`` is the rendered ``format``; its length and the time to render are published as metrics."""
    text = task.render_text(task.properties["format"]) if task.properties.get("format") is not None else None
    task.metric("length", "counter", len(text or ""), {"format": as_tag(task.properties.get("format"))})
    task.log("DEBUG", text or "")
    return {"value": text}


def as_tag(value: object) -> str:
    """A short, single-line form of a property for a metric's tag."""
    return " ".join(str(value or "").split())[:64]


@runnable("io.kestra.plugin.core.debug.Echo", effects="none", aliases=("io.kestra.core.tasks.debugs.Echo",))
def echo(task: RunContext) -> Outputs:
    """Logs the rendered ``format`` at ``level`` (INFO)."""
    props = Props(task)
    task.log(props.choice("level", "INFO", LEVELS), props.text("format"))
    return None
