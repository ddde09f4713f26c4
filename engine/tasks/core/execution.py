"""Tasks that act on the execution they run in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from engine.errors import EngineError, TaskFailed
from engine.expressions.values import truthy
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.results import Effect, ExitState

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_EXIT_STATES = ("SUCCESS", "WARNING", "KILLED", "FAILED", "CANCELED", "CANCELLED")


@runnable("io.kestra.plugin.core.execution.Fail", effects="none", aliases=("io.kestra.core.tasks.executions.Fail",))
def fail(task: RunContext) -> Outputs:
    """Fails with ``errorMessage``, always or when ``condition`` is true."""
    props = Props(task)
    if props.has("condition") and not truthy(props.value("condition")):
        return None
    raise TaskFailed(props.text("errorMessage", "Task failure"), code="fail-task")


@runnable("io.kestra.plugin.core.execution.Assert", effects="none")
def assert_(task: RunContext) -> Outputs:
    """Fails when one of ``conditions`` is not true; every false one is logged as written."""
    props = Props(task)
    written = props.raw("conditions")
    conditions = written if isinstance(written, list | tuple) else props.items("conditions")
    failed = sum(not _holds(task, condition) for condition in conditions)
    task.metric("failed", "counter", failed)
    task.metric("success", "counter", len(conditions) - failed)
    if failed:
        more = props.text("errorMessage")
        said = f"{failed} assertion{'s' if failed > 1 else ''} failed!"
        raise TaskFailed(f"{said}\n{more}" if more else said, code="assertion-failed")
    return None


def _holds(task: RunContext, condition: Any) -> bool:
    try:
        if truthy(task.render(condition)):
            return True
        why = "!"
    except EngineError as error:
        why = f", it cannot be rendered: {error.message}"
    task.log("ERROR", f"Assertion `{as_text(condition)}` failed{why}")
    return False


@runnable("io.kestra.plugin.core.execution.Exit", effects="none")
def exit_(task: RunContext) -> Outputs:
    """Ends the execution in ``state`` (SUCCESS)."""
    state = Props(task).choice("state", "SUCCESS", _EXIT_STATES)
    return Effect(exit_state=cast(ExitState, "CANCELLED" if state == "CANCELED" else state))


@runnable("io.kestra.plugin.core.execution.Labels", effects="none", aliases=("io.kestra.core.tasks.executions.Labels",))
def labels(task: RunContext) -> Outputs:
    """Adds labels to the execution, from a map, a list of key and value, or JSON text of either."""
    given = Props(task).value("labels")
    if isinstance(given, str):
        given = _parsed(given)
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, list) and all(isinstance(item, Mapping) and "key" in item for item in given):
        pairs = [(item["key"], item.get("value")) for item in given]
    else:
        raise TaskFailed("labels must be a map, a list of {key, value}, or JSON text of one", code="wrong-kind")
    wanted = {as_text(key): as_text(value) for key, value in pairs}
    if reserved := sorted(key for key in wanted if key.startswith("system.")):
        offending = ", ".join(f"{key}={wanted[key]}" for key in reserved)
        message = f"System labels can only be set by Kestra itself, offending label: {offending}"
        raise TaskFailed(message, code="reserved-label")
    if empty := sorted(key for key, value in wanted.items() if not key or not value):
        raise TaskFailed(f"labels need a key and a value: '{', '.join(empty)}'", code="empty-label")
    return Effect(labels=wanted)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise TaskFailed(f"labels are not JSON text: {text[:80]}", code="wrong-kind") from None


@runnable("io.kestra.plugin.core.execution.SetVariables", effects="none")
def set_variables(task: RunContext) -> Outputs:
    """Sets execution variables; with ``overwrite`` false an existing name fails."""
    props = Props(task)
    wanted = props.mapping("variables")
    if not props.flag("overwrite", True) and (known := sorted(set(wanted) & set(task.variables.get("vars") or {}))):
        raise TaskFailed(f"variables exist already: {', '.join(known)}", code="variable-exists")
    return Effect(variables=wanted)


@runnable("io.kestra.plugin.core.execution.UnsetVariables", effects="none")
def unset_variables(task: RunContext) -> Outputs:
    """Removes execution variables; a missing one fails unless ``ignoreMissing``."""
    props = Props(task)
    names = props.strings("variables")
    known: set[str] = set(task.variables.get("vars") or {})
    if not props.flag("ignoreMissing") and (missing := sorted(set(names) - known)):
        raise TaskFailed(f"no such variable: {', '.join(missing)}", code="variable-missing")
    return Effect(unset_variables=tuple(names))
