"""Keys and values of namespaces."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Body, Request
from fastapi.concurrency import run_in_threadpool

from copilot.api.kestra import shapes
from copilot.api.kestra.context import engine_of, text_of
from copilot.api.kestra.errors import BadRequest, InvalidEntity, Violation
from copilot.api.kestra.queries import filters_of, keeps, page_of
from engine.durations import parse_duration
from engine.storage.kv import KvEntry

router = APIRouter(tags=["Kestra: key-value"])


@router.get("/kv", summary="Keys of all namespaces")
def list_all_keys(request: Request) -> dict[str, Any]:
    engine, page, filters = engine_of(request), page_of(request.query_params), filters_of(request.query_params)
    kv, now = engine.stores.kv, engine.clock.now()
    found = [entry for name in kv.namespaces() for entry in kv.entries(name) if keeps(filters, _row(entry), now)]
    return shapes.page([shapes.kv_entry(entry) for entry in page.cut(found)], len(found))


def _row(entry: KvEntry) -> dict[str, Any]:
    return {"q": f"{entry.namespace} {entry.key}", "namespace": entry.namespace, "key": entry.key}


@router.get("/namespaces/{namespace}/kv", summary="Keys of a namespace")
def list_keys(namespace: str, request: Request) -> list[dict[str, Any]]:
    """Without their values; those that have expired are gone."""
    return [shapes.kv_entry(entry) for entry in engine_of(request).stores.kv.entries(namespace)]


@router.get("/namespaces/{namespace}/kv/inheritance", summary="Keys of a namespace and of those above")
def list_inherited(namespace: str, request: Request) -> list[dict[str, Any]]:
    """Each with its namespace, those of the nearest first; a key may come more than once."""
    kv, names, name = engine_of(request).stores.kv, [], namespace
    while name:
        names.append(name)
        name = name.rpartition(".")[0]
    return [shapes.kv_entry(entry) for n in names for entry in kv.entries(n)]


@router.get("/namespaces/{namespace}/kv/{key}", summary="The value of a key")
def get_value(namespace: str, key: str, request: Request) -> dict[str, Any]:
    """`{type, value}`. 404 when there is none, also when it has expired."""
    entry = engine_of(request).stores.kv.entry(namespace, key)
    return {"type": entry.type, "value": entry.value}


@router.put("/namespaces/{namespace}/kv/{key}", summary="Set a key")
async def set_value(namespace: str, key: str, request: Request) -> None:
    """The value as JSON in the body; the headers `ttl` (`PT1H`) and `description` are taken along. 422."""
    value = _value(await text_of(request))
    description = request.headers.get("description")
    ttl = _ttl(request.headers.get("ttl"))
    put = engine_of(request).stores.kv.put
    await run_in_threadpool(put, namespace, key, value, ttl=ttl, description=description)


def _value(text: str) -> Any:
    """A body as a value. Kestra reads it as Ion, of which JSON is a part: bare words and times are values too."""
    try:
        return json.loads(text)
    except ValueError:
        return _ion(text)


def _ion(text: str) -> Any:
    from amazon.ion import simpleion
    from amazon.ion.exceptions import IonException

    try:
        value = simpleion.loads(text)
    except (IonException, ValueError, TypeError):
        raise InvalidEntity([Violation("value", f"Invalid JSON value for: {text[:200]}")]) from None
    plain = getattr(value, "text", None)
    if isinstance(plain, str):
        return plain
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z") if hasattr(value, "hour") else value.isoformat()
    raise InvalidEntity([Violation("value", f"Invalid JSON value for: {text[:200]}")])


def _ttl(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        raise BadRequest(f"the header ttl '{text}' is not a duration", hint="for example PT1H") from None


@router.delete("/namespaces/{namespace}/kv/{key}", summary="Delete a key")
def delete_key(namespace: str, key: str, request: Request) -> bool:
    """Whether there was one."""
    return engine_of(request).stores.kv.delete(namespace, key)


@router.delete("/namespaces/{namespace}/kv", summary="Delete keys of a list")
def delete_keys(namespace: str, request: Request, body: dict[str, list[str]] = Body()) -> dict[str, list[str]]:  # noqa: B008
    """`{keys}`; the answer holds those that there were."""
    kv = engine_of(request).stores.kv
    return {"keys": [key for key in body.get("keys", []) if kv.delete(namespace, key)]}
