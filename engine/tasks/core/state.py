"""Named states of a flow that outlive the execution (before Kestra 2.0). Kept as keys of a namespace beside the own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from engine.errors import NotFound, TaskFailed
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


STATES = "._states"
"""What is put behind a namespace to keep states in."""


def _place(task: RunContext, props: Props) -> tuple[str, str]:
    """Namespace and key: per flow unless ``namespace``, and per loop value unless ``taskrunValue`` is off."""
    parts = [props.text("name", "default")]
    if not props.flag("namespace"):
        parts.append(as_text(task.variables.get("flow", {}).get("id")))
    value = task.variables.get("taskrun", {}).get("value")
    if props.flag("taskrunValue", True) and value is not None:
        parts.append(as_text(value))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return task.namespace + STATES, key


def _data(task: RunContext, props: Props) -> dict[str, Any] | None:
    try:
        found = task.kv.get(*_place(task, props))
    except NotFound:
        return None
    return dict(found)


@runnable("io.kestra.plugin.core.state.Set", effects="state", aliases=("io.kestra.core.tasks.states.Set",))
def set_(task: RunContext) -> Outputs:
    """Adds ``data`` to the state; ``count`` of its entries and the ``key`` it is kept under."""
    props = Props(task)
    data = (_data(task, props) or {}) | props.mapping("data")
    namespace, key = _place(task, props)
    task.kv.put(namespace, key, data)
    return {"count": len(data), "key": key}


@runnable("io.kestra.plugin.core.state.Get", effects="state", aliases=("io.kestra.core.tasks.states.Get",))
def get(task: RunContext) -> Outputs:
    """``data`` of the state and its ``count``; empty when there is none, unless ``errorOnMissing``."""
    props = Props(task)
    data = _data(task, props)
    if data is None and props.flag("errorOnMissing"):
        raise TaskFailed(f"no state named {props.text('name', 'default')}", code="state-missing")
    return {"count": len(data or {}), "data": data or {}}


@runnable("io.kestra.plugin.core.state.Delete", effects="state", aliases=("io.kestra.core.tasks.states.Delete",))
def delete(task: RunContext) -> Outputs:
    """Deletes the state; ``deleted`` says whether it was there."""
    props = Props(task)
    deleted = task.kv.delete(*_place(task, props))
    if not deleted and props.flag("errorOnMissing"):
        raise TaskFailed(f"no state named {props.text('name', 'default')}", code="state-missing")
    return {"deleted": deleted}
