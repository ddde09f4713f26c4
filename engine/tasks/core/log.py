"""Writing to the log of the execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

LEVELS = ("ERROR", "WARN", "INFO", "DEBUG", "TRACE")


@runnable("io.kestra.plugin.core.log.Log", effects="none", aliases=("io.kestra.core.tasks.log.Log",))
def log(task: RunContext) -> Outputs:
    """Logs one message, or each of a list, at ``level`` (INFO)."""
    props = Props(task)
    level = props.choice("level", "INFO", LEVELS)
    message = props.value("message", "")
    for line in message if isinstance(message, list) else [message]:
        task.log(level, as_text(line))
    return None
