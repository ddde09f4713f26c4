"""Plugins: the schema of flows and of types, for editors and clients."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from copilot.api.kestra.context import service_of
from copilot.errors import NotFound

router = APIRouter(prefix="/plugins", tags=["Kestra: plugins"])
_GROUPS = {
    "task": "tasks",
    "flowable": "tasks",
    "trigger": "triggers",
    "condition": "conditions",
    "task_runner": "taskRunners",
    "log_exporter": "logExporters",
}


@lru_cache(maxsize=16)
def _schema(target: str) -> dict[str, Any]:
    from engine.flow.schema import schema_for_editors

    return schema_for_editors(target)


@router.get("/schemas/{kind}", summary="The JSON Schema of flows")
def schema(kind: str, request: Request) -> JSONResponse:
    """`kind` is `flow`; the schema is that of the target version. 404 for another kind."""
    if kind.lower() != "flow":
        raise NotFound(f"there is no schema of '{kind}' here", hint="ask for flow")
    return JSONResponse(_schema(service_of(request).settings.target))


@router.get("", summary="The types there are, by plugin")
def list_plugins(request: Request) -> list[dict[str, Any]]:
    """One entry a plugin: `name`, `title`, and lists of types by what they are."""
    from engine.flow.catalog import catalog

    target = service_of(request).settings.target
    by_plugin: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    known = catalog()
    for kind, group in _GROUPS.items():
        for name in known.types(kind, target):
            found = known.get(name)
            if found is not None:
                by_plugin[found.plugin][group].append(name)
    return [{"name": name, "title": name, **groups} for name, groups in sorted(by_plugin.items())]


@router.get("/{type_name}", summary="The schema of one type")
def plugin(type_name: str, request: Request) -> dict[str, Any]:
    """`{schema: {properties, ...}}` of a type in the target version. 404."""
    from engine.flow.catalog import catalog
    from engine.flow.schema import schema_of_type

    target = service_of(request).settings.target
    if catalog().get(type_name) is None:
        raise NotFound(f"there is no type {type_name}", hint="search with `flowwright catalog search`")
    return {"type": type_name, "schema": {"properties": schema_of_type(type_name, target)}}
