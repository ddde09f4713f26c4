"""Tasks that act on other executions and on triggers, through the engine that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import EnvironmentMissing, TaskFailed
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


def _engine(task: RunContext) -> Any:
    """The setting ``engine``: an ``engine.engine.Engine``."""
    engine = task.settings.get("engine")
    if engine is None:
        raise EnvironmentMissing("there is no engine to act on", hint="run the flow in an engine", code="no-engine")
    return engine


def _flow(task: RunContext) -> dict[str, Any]:
    found: dict[str, Any] = dict(task.variables.get("flow") or {})
    return found


@runnable("io.kestra.plugin.core.trigger.Toggle", effects="state", aliases=("io.kestra.core.tasks.trigger.Toggle",))
def toggle(task: RunContext) -> Outputs:
    """Switches ``trigger`` of a flow (this one by default) on or off (``enabled``, default false)."""
    from engine.triggers.store import TriggerKey

    props = Props(task)
    namespace = props.text("namespace") or as_text(_flow(task).get("namespace"))
    flow_id = props.text("flowId") or as_text(_flow(task).get("id"))
    store = _engine(task).triggers.store
    store.set_disabled(TriggerKey(namespace, flow_id, props.required("trigger")), not props.flag("enabled", False))
    return None


@runnable("io.kestra.plugin.core.execution.Resume", effects="state")
def resume(task: RunContext) -> Outputs:
    """Resumes the paused execution ``executionId`` with ``inputs``."""
    props = Props(task)
    execution = props.required("executionId")
    if execution == as_text((task.variables.get("execution") or {}).get("id")):
        raise TaskFailed("an execution cannot resume itself", code="resume-itself")
    _engine(task).resume(execution, props.mapping("inputs"))
    return None


@runnable("io.kestra.plugin.core.execution.Count", effects="none")
def count(task: RunContext) -> Outputs:
    """``total``, and ``results`` by flow: how many executions of ``flows`` are in one of ``states``."""
    props = Props(task)
    engine, states = _engine(task), props.strings("states")
    results = []
    for flow in props.items("flows"):
        namespace, flow_id = as_text(flow.get("namespace")), as_text(flow.get("flowId"))
        found = engine.executions(namespace, flow_id, states=states, limit=1_000_000)
        results.append({"namespace": namespace, "flowId": flow_id, "count": len(found)})
    return {"results": results, "count": sum(r["count"] for r in results), "total": sum(r["count"] for r in results)}
