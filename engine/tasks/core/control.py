"""Tasks that act on other executions and on triggers, through the engine that runs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.errors import EnvironmentMissing, TaskFailed
from engine.expressions.values import truthy
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

MOST = 1_000_000


def engine_of(task: RunContext) -> Any:
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
    store = engine_of(task).triggers.store
    store.set_disabled(TriggerKey(namespace, flow_id, props.required("trigger")), not props.flag("enabled", False))
    return None


@runnable(
    "io.kestra.plugin.core.execution.Resume",
    effects="state",
    unread={
        "namespace": no_effect("the id of an execution is known without its namespace"),
        "flowId": no_effect("the id of an execution is known without its flow"),
    },
)
def resume(task: RunContext) -> Outputs:
    """Resumes the paused execution ``executionId``, by default the one it runs in, with ``inputs``."""
    props = Props(task)
    own = as_text((task.variables.get("execution") or {}).get("id"))
    engine_of(task).resume(props.text("executionId") or own, props.mapping("inputs"))
    return None


@runnable("io.kestra.plugin.core.execution.Count", effects="none", aliases=("io.kestra.core.tasks.executions.Counts",))
def count(task: RunContext) -> Outputs:
    """``results``: how many executions of each of ``flows`` began since ``startDate``, where ``expression`` holds of
    that ``count``; ``total`` of all of them."""
    props = Props(task)
    since, until = moment(props, "startDate"), moment(props, "endDate")
    states, expression = props.strings("states"), as_text(props.raw("expression"))
    wanted = [(flow.get("namespace"), flow.get("flowId")) for flow in props.items("flows") if isinstance(flow, Mapping)]
    wanted += [(namespace, None) for namespace in props.strings("namespaces")]
    results: list[dict[str, Any]] = []
    for namespace, flow_id in wanted or [(None, None)]:
        summaries = engine_of(task).executions(namespace, flow_id, states=states, limit=MOST)
        number = sum((since or 0) <= summary.created <= (until or float("inf")) for summary in summaries)
        if not expression or truthy(task.render(expression, {"count": number})):
            results.append({"namespace": namespace, "flowId": flow_id, "count": number})
    return {"results": results, "total": sum(result["count"] for result in results)}


def moment(props: Props, name: str) -> float | None:
    """A date property in seconds since 1970, UTC where it names no zone; None when it is not given."""
    text = props.text(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TaskFailed(f"{name} is not a date: {text[:60]}", code="wrong-kind") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
