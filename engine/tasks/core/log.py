"""Writing to the log of the execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import EnvironmentMissing, TaskFailed
from engine.tasks.ion import write_rows
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect
from engine.tasks.workfiles import OWN_FOLDER

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

LogReader = Callable[[str], Iterable[Mapping[str, Any]]]
"""The setting ``logs.reader``: the log entries of an execution by its id, oldest first, with ``level``, ``taskId``,
``message``, ``timestamp`` and what else is known."""

LEVELS = ("ERROR", "WARN", "INFO", "DEBUG", "TRACE")


@runnable("io.kestra.plugin.core.log.Log", effects="none", aliases=("io.kestra.core.tasks.log.Log",))
def log(task: RunContext) -> Outputs:
    """Logs one message, or each of a list written as such, at ``level`` (INFO)."""
    props = Props(task)
    level = props.choice("level", "INFO", LEVELS)
    message = props.raw("message")
    if not isinstance(message, str | list | tuple):
        raise TaskFailed(f"Invalid message type: {as_text(message)[:60]} is no text", code="wrong-kind")
    for line in [message] if isinstance(message, str) else message:
        task.log(level, task.render_text(line))
    return None


@runnable(
    "io.kestra.plugin.core.log.Fetch",
    effects="files",
    aliases=("io.kestra.core.tasks.log.Fetch",),
    unread={
        "namespace": no_effect("the id of an execution is known without its namespace"),
        "flowId": no_effect("the id of an execution is known without its flow"),
    },
)
def fetch(task: RunContext) -> Outputs:
    """Stores the log entries of an execution (this one by default) from ``level`` up; ``size`` and ``uri``."""
    reader: LogReader | None = task.settings.get("logs.reader")
    if reader is None:
        raise EnvironmentMissing("this engine keeps no logs to fetch", code="no-logs", hint="run it with a journal")
    props = Props(task)
    level = props.choice("level", "INFO", LEVELS)
    execution = props.text("executionId") or as_text(task.variables.get("execution", {}).get("id"))
    wanted = frozenset(props.strings("tasksId"))
    entries = [
        entry
        for entry in reader(execution)
        if LEVELS.index(str(entry.get("level", "INFO"))) <= LEVELS.index(level)
        and (not wanted or entry.get("taskId") in wanted)
    ]
    target = task.working_dir / OWN_FOLDER / "logs.ion"
    target.parent.mkdir(exist_ok=True)
    size = write_rows(target, entries)
    return {"size": size, "uri": task.files.put(target, target.name)}
