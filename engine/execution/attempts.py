"""One attempt of a runnable task, on whatever thread it is run: runIf, task cache, the task itself, its log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import EngineError, TaskFailed
from engine.execution.context import TaskContext
from engine.execution.durations import seconds_or_none
from engine.execution.flowables import PREFIX
from engine.execution.retries import Outcome
from engine.execution.services import MissingKey
from engine.execution.splitting import merge, split
from engine.execution.state import iso
from engine.expressions.values import truthy
from engine.flow.model import Task
from engine.storage.task_cache import TaskCache
from engine.tasks.results import Effect

RunTask = Callable[[Task, TaskContext], Mapping[str, Any] | Effect | None]
_log = logging.getLogger(__name__)
_OWN: dict[str, Callable[[TaskContext], dict[str, Any] | None]] = {
    PREFIX + "ForEachItem$Split": split,
    PREFIX + "ForEachItem$Merge": merge,
}


@dataclass(frozen=True, slots=True)
class FileLog:
    """Lines of an attempt that go to a file of their own (logToFile)."""

    lines: list[str]

    def __call__(self, level: str, message: str, at: float) -> None:
        self.lines.append(f"{iso(at)} {level} {message}")


def run_registered(task: Task, context: TaskContext) -> Mapping[str, Any] | Effect | None:
    """The default way to run a task: what is registered for its type."""
    from engine.tasks.registry import find

    found = find(task.type)
    if found is None:
        raise TaskFailed(
            f"tasks of type {task.type} do not run here",
            hint="deploy the flow to a Kestra server that has this plugin",
            code="type-not-runnable",
        )
    return found.run(context)


def attempt(
    context: TaskContext, run_task: RunTask, cache: TaskCache, flow_id: str, file_log: FileLog | None
) -> Outcome:
    """Run it and say how it ended. Never raises: whatever goes wrong is a failed attempt with its cause in the log."""
    task = context.task
    try:
        if task.run_if is not None and not truthy(context.render_text(task.run_if)):
            return Outcome("SKIPPED")
        outcome = _cached(context, run_task, cache, flow_id)
    except EngineError as error:
        context.log("ERROR", said(error))
        outputs = error.outputs if isinstance(error, TaskFailed) else {}
        outcome = Outcome("KILLED" if error.code == "stopped" else "FAILED", plain(outputs) if outputs else None)
    except Exception as error:  # noqa: BLE001 - the boundary to task code: a bug in it fails the attempt, not the engine
        _log.exception("task %s of type %s raised", task.id, task.type)
        context.log("ERROR", f"{type(error).__name__}: {error}")
        outcome = Outcome("FAILED")
    finally:
        context.close()
    if file_log is not None and file_log.lines:
        uri = context.files.put_bytes(("\n".join(file_log.lines) + "\n").encode(), f"{context.run_id}.log")
        outcome = replace(outcome, log_file=uri)
    return outcome


def _cached(context: TaskContext, run_task: RunTask, cache: TaskCache, flow_id: str) -> Outcome:
    task = context.task
    own = _OWN.get(task.type)
    if own is not None:
        return _outcome(own(context))
    kept = task.task_cache
    if not kept or not truthy(context.render_text(kept.get("enabled", False))):
        return _outcome(run_task(task, context))
    value = context.variables.get("taskrun", {}).get("value")
    key = cache.key(context.namespace, flow_id, task.id, context.render(dict(task.properties)), value)
    ttl = seconds_or_none(context.render_text(kept.get("ttl")))
    found = cache.get(key, ttl)
    if found is not None:
        context.log("INFO", "Task outputs were taken from the cache")
        return Outcome("SUCCESS", found)
    outcome = _outcome(run_task(task, context))
    if outcome.state == "SUCCESS":
        cache.put(key, context.namespace, flow_id, task.id, outcome.outputs or {})
    return outcome


def _outcome(result: Mapping[str, Any] | Effect | None) -> Outcome:
    if not isinstance(result, Effect):
        return Outcome("SUCCESS", None if result is None else plain(result))
    return Outcome(
        "WARNING" if result.warning else "SUCCESS",
        plain(result.outputs) if result.outputs else None,
        labels=dict(result.labels),
        variables=plain(result.variables),
        unset=result.unset_variables,
        exit_state=result.exit_state,
    )


def said(error: EngineError) -> str:
    """An error as the log shows it; one of an expression names the expression and the line, as Kestra does."""
    from engine.expressions.errors import ExpressionError, MissingVariable

    if not isinstance(error, ExpressionError) or not error.expression:
        return error.message
    if isinstance(error, MissingVariable) and not isinstance(error, MissingKey):
        hint = f" ({error.hint})" if error.explained().hint else ""
        return f"Unable to find `{error.name}` used in the expression `{error.expression}` at line {error.line}{hint}"
    return f"{error.message} ({error.expression}:{error.line})"


def plain(value: Any) -> Any:
    """A value as it comes back from the journal: JSON types only, so that a replay sees what the run saw."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
