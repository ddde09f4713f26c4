"""The key-value store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from engine.errors import NotFound, TaskFailed
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect

if TYPE_CHECKING:
    from engine.storage.kv import KvType
    from engine.tasks.context import RunContext

KINDS = ("STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON")


@runnable("io.kestra.plugin.core.kv.Set", effects="state")
def set_(task: RunContext) -> Outputs:
    """Stores ``value`` under ``key``, in the kind ``kvType`` says or the kind it renders to."""
    props = Props(task)
    kind = cast("KvType | None", props.choice("kvType", "STRING", KINDS) if props.has("kvType") else None)
    task.kv.put(
        props.text("namespace", task.namespace),
        props.required("key"),
        _value(props),
        ttl=props.seconds("ttl"),
        overwrite=props.flag("overwrite", True),
        description=props.optional("kvDescription"),
        type=kind,
    )
    return None


@runnable(
    "io.kestra.plugin.core.kv.Put",
    effects="state",
    unread={"errorOnMissing": no_effect("a key that is stored need not be there before")},
)
def put(task: RunContext) -> Outputs:
    """Stores ``value`` under ``key`` in the kind it renders to."""
    props = Props(task)
    task.kv.put(props.text("namespace", task.namespace), props.required("key"), props.value("value"))
    return None


def _value(props: Props) -> Any:
    """The value in the kind it renders to; a number or boolean written as such is text, as in Kestra."""
    written = props.raw("value")
    return props.value("value") if isinstance(written, str | list | Mapping) else as_text(written)


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
