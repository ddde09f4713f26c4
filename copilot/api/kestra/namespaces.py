"""Namespaces: those that hold something, and the names (never the values) of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request

from copilot.api.kestra import shapes
from copilot.api.kestra.context import engine_of
from copilot.api.kestra.queries import filters_of, keeps, page_of
from copilot.errors import NotFound

if TYPE_CHECKING:
    from engine import Engine

router = APIRouter(prefix="/namespaces", tags=["Kestra: namespaces"])


def namespaces(engine: Engine) -> list[str]:
    """Those of flows and of keys, with the ones above them, sorted."""
    found: set[str] = set()
    for name in {stored.namespace for stored in engine.stores.flows.list()} | set(engine.stores.kv.namespaces()):
        parts = name.split(".")
        found |= {".".join(parts[: n + 1]) for n in range(len(parts))}
    return sorted(found)


@router.get("/search", summary="Search for namespaces")
def search_namespaces(request: Request) -> dict[str, Any]:
    page, engine = page_of(request.query_params), engine_of(request)
    filters = [f for f in filters_of(request.query_params) if f.field in ("q", "namespace")]
    rows = [name for name in namespaces(engine) if keeps(filters, {"q": name, "namespace": name}, 0.0)]
    ordered = page.order(rows, {"id": lambda name: name})
    return shapes.page([{"id": name, "deleted": False} for name in page.cut(ordered)], len(rows))


@router.post("/autocomplete", summary="Names of namespaces")
def autocomplete(request: Request, body: dict[str, Any] = Body()) -> list[str]:  # noqa: B008
    """`{q, ids}`: names that hold `q`."""
    words = str(body.get("q") or "").lower()
    return [name for name in namespaces(engine_of(request)) if words in name.lower()]


@router.get("/{namespace}", summary="One namespace")
def get_namespace(namespace: str, request: Request) -> dict[str, Any]:
    if namespace not in namespaces(engine_of(request)):
        raise NotFound(f"there is no namespace {namespace}", hint="it exists once it holds a flow or a key")
    return {"id": namespace, "deleted": False}


@router.get("/{namespace}/secrets", summary="Names of secrets")
def list_secrets(namespace: str, request: Request) -> dict[str, Any]:
    """Names only; values come from the environment of the service and are never given out."""
    page, words = page_of(request.query_params), request.query_params.get("q", "").lower()
    names = [name for name in engine_of(request).stores.secrets.names() if words in name.lower()]
    shown = [{"namespace": namespace, "key": name} for name in page.cut(names)]
    return {"readOnly": True, **shapes.page(shown, len(names))}


@router.get("/{namespace}/inherited-secrets", summary="Names of secrets of the namespaces above")
def inherited_secrets(namespace: str, request: Request) -> dict[str, list[str]]:
    return {namespace: engine_of(request).stores.secrets.names()}
