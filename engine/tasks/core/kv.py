"""The key-value store."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.errors import NotFound, TaskFailed
from engine.tasks.props import Props, as_text, seconds_of
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_KINDS = ("STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON")


@runnable("io.kestra.plugin.core.kv.Set", effects="state")
def set_(task: RunContext) -> Outputs:
    """Stores ``value`` under ``key``, in the kind ``kvType`` says or the kind it renders to."""
    props = Props(task)
    value = _stored(props)
    task.kv.put(
        props.text("namespace", task.namespace),
        props.required("key"),
        value,
        ttl=props.seconds("ttl"),
        overwrite=props.flag("overwrite", True),
        description=props.optional("kvDescription"),
    )
    return None


@runnable("io.kestra.plugin.core.kv.Put", effects="state")
def put(task: RunContext) -> Outputs:
    """Stores ``value`` under ``key`` in the kind it renders to."""
    props = Props(task)
    task.kv.put(props.text("namespace", task.namespace), props.required("key"), props.value("value"))
    return None


def _stored(props: Props) -> Any:
    value = props.value("value")
    if not props.has("kvType"):
        written = props.raw("value")
        return value if isinstance(written, str | list | dict) else as_text(written)
    kind = props.choice("kvType", "STRING", _KINDS)
    try:
        return _converted(kind, value)
    except ValueError as error:
        raise TaskFailed(f"value cannot be read as {kind}: {error}", code="wrong-kind") from None


def _converted(kind: str, value: Any) -> Any:
    text = as_text(value)
    if kind == "NUMBER":
        number = json.loads(text)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"'{text}' is not a number")
        return number
    if kind == "BOOLEAN":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"'{text}' is not true or false")
        return text.lower() == "true"
    if kind == "JSON":
        return value if isinstance(value, list | dict) else json.loads(text)
    if kind == "DATETIME":
        datetime.fromisoformat(text)
    elif kind == "DATE":
        date.fromisoformat(text)
    elif kind == "DURATION":
        seconds_of(text)
    return text


@runnable("io.kestra.plugin.core.kv.Get", effects="state")
def get(task: RunContext) -> Outputs:
    """``value`` of ``key``; a missing key gives null, or fails with ``errorOnMissing``."""
    props = Props(task)
    namespace, key = props.text("namespace", task.namespace), props.required("key")
    try:
        return {"value": task.kv.get(namespace, key)}
    except NotFound:
        if props.flag("errorOnMissing"):
            raise TaskFailed(f"no value under key '{key}' in namespace {namespace}", code="key-missing") from None
        return {"value": None}


@runnable("io.kestra.plugin.core.kv.Delete", effects="state")
def delete(task: RunContext) -> Outputs:
    """Deletes ``key``; ``deleted`` says whether it was there."""
    props = Props(task)
    namespace, key = props.text("namespace", task.namespace), props.required("key")
    deleted = task.kv.delete(namespace, key)
    if not deleted and props.flag("errorOnMissing"):
        raise TaskFailed(f"no value under key '{key}' in namespace {namespace}", code="key-missing")
    return {"deleted": deleted}


@runnable("io.kestra.plugin.core.kv.GetKeys", effects="state")
def get_keys(task: RunContext) -> Outputs:
    """``keys`` of the namespace, sorted, those starting with ``prefix`` only."""
    props = Props(task)
    return {"keys": sorted(task.kv.keys(props.text("namespace", task.namespace), props.text("prefix")))}
