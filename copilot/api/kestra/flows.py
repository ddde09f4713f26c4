"""Flows: create, read, update, delete, search, validate, revisions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from copilot.api.kestra import shapes
from copilot.api.kestra.context import engine_of, service_of, text_of
from copilot.api.kestra.errors import InvalidEntity, Violation
from copilot.api.kestra.multipart import uploads
from copilot.api.kestra.queries import Filter, filters_of, flag, keeps, page_of, whole
from copilot.errors import NotFound

if TYPE_CHECKING:
    from engine import Engine
    from engine.flow.findings import Finding
    from engine.storage.flows import StoredFlow

router = APIRouter(prefix="/flows", tags=["Kestra: flows"])
BETWEEN = re.compile(r"^---\s*$", re.M)
MOST_FLOWS = 1_000


# -- checking ------------------------------------------------------------------------------------------------


def violations(findings: Iterable[Finding]) -> list[Violation]:
    """The errors among findings, with Kestra's way of writing a place."""
    return [Violation(_place(f.path), f"{f.message} (line {f.line})") for f in findings if f.severity == "error"]


def _place(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def accepted(request: Request, source: str) -> tuple[str, str]:
    """(namespace, id) of a flow that is valid for the target version. InvalidEntity with every violation."""
    from copilot.wiring import check
    from engine.flow.source import parse

    found = violations(check(source, service_of(request).settings.target))
    if found:
        raise InvalidEntity(found)
    value = parse(source).value
    return str(value["namespace"]), str(value["id"])


def yaml_of(source: str, media: str) -> str:
    """A flow's text; one that came as JSON is written as YAML, as Kestra does."""
    if "json" not in media:
        return source
    import yaml

    try:
        return yaml.safe_dump(json.loads(source), sort_keys=False, allow_unicode=True)
    except ValueError as error:
        raise InvalidEntity([Violation("", f"the body is not JSON: {error}")]) from None


# -- one flow ------------------------------------------------------------------------------------------------


def register(request: Request, source: str) -> dict[str, Any]:
    engine = engine_of(request)
    flow = engine.register(source)
    return shapes.flow(engine.stores.flows.get(flow.namespace, flow.id), source=True)


def _create(request: Request, source: str) -> dict[str, Any]:
    namespace, flow_id = accepted(request, source)
    if engine_of(request).stores.flows.find(namespace, flow_id) is not None:
        raise InvalidEntity([Violation("flow.id", "Flow id already exists")], hint="update it with PUT")
    return register(request, source)


def _update(request: Request, namespace: str, flow_id: str, source: str) -> dict[str, Any]:
    if engine_of(request).stores.flows.find(namespace, flow_id) is None:
        raise NotFound(f"there is no flow {namespace}.{flow_id}", hint="create it with POST")
    written = accepted(request, source)
    wrong = []
    if written[1] != flow_id:
        wrong.append(Violation("flow.id", "Illegal flow id update"))
    if written[0] != namespace:
        wrong.append(Violation("flow.namespace", "Illegal namespace update"))
    if wrong:
        raise InvalidEntity(wrong)
    return register(request, source)


@router.post("", summary="Create a flow from its text")
async def create_flow(request: Request) -> dict[str, Any]:
    """The flow as YAML in the body. 422 with every violation, also when the flow exists."""
    source = yaml_of(await text_of(request), request.headers.get("content-type", ""))
    return await run_in_threadpool(_create, request, source)


@router.put("/{namespace}/{id}", summary="Update a flow")
async def update_flow(namespace: str, id: str, request: Request) -> dict[str, Any]:
    """A new revision when the text changed. 404 when there is none, 422 with every violation."""
    source = yaml_of(await text_of(request), request.headers.get("content-type", ""))
    return await run_in_threadpool(_update, request, namespace, id, source)


# -- lists ---------------------------------------------------------------------------------------------------


def _row(stored: StoredFlow) -> dict[str, Any]:
    from engine.flow.source import parse

    value = parse(stored.source).value
    written = shapes.flow(stored).get("labels") or [] if isinstance(value, dict) else []
    return {
        "q": f"{stored.namespace}.{stored.id}",
        "namespace": stored.namespace,
        "flowId": stored.id,
        "id": stored.id,
        "labels": {item["key"]: item["value"] for item in written},
        "updated": stored.created.timestamp(),
    }


def matching(engine: Engine, filters: list[Filter]) -> list[StoredFlow]:
    """Registered flows that pass the filters, by namespace and id."""
    now = engine.clock.now()
    return [stored for stored in engine.stores.flows.list() if keeps(filters, _row(stored), now)]


@router.get("/search", summary="Search for flows")
def search_flows(request: Request) -> dict[str, Any]:
    """A page of flows: `q`, `namespace`, `labels`, or `filters[field][OPERATION]`."""
    page = page_of(request.query_params)
    found = matching(engine_of(request), filters_of(request.query_params))
    ordered = page.order(found, {"id": lambda s: s.id, "namespace": lambda s: s.namespace})
    return shapes.page([shapes.flow(stored) for stored in page.cut(ordered)], len(found))


@router.get("/source", summary="Search in the text of flows")
def search_source(request: Request) -> dict[str, Any]:
    """Flows whose text holds `q`, with the lines that do."""
    page, words = page_of(request.query_params), request.query_params.get("q", "")
    others = [f for f in filters_of(request.query_params) if f.field != "q"]
    found = [s for s in matching(engine_of(request), others) if words.lower() in s.source.lower()]
    results = [{"model": shapes.flow(s), "fragments": _fragments(s.source, words)} for s in page.cut(found)]
    return shapes.page(results, len(found))


def _fragments(source: str, words: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if words and words.lower() in line.lower()][:10]


@router.get("/distinct-namespaces", summary="Namespaces that hold flows")
def distinct_namespaces(request: Request) -> list[str]:
    wanted = request.query_params.get("q", "").lower()
    found = {stored.namespace for stored in engine_of(request).stores.flows.list()}
    return sorted(name for name in found if wanted in name.lower())


@router.get("/{namespace}/{id}/revisions", summary="Every revision of a flow")
def list_revisions(namespace: str, id: str, request: Request) -> list[dict[str, Any]]:
    """Oldest first. 404 for a flow that never was."""
    found = engine_of(request).stores.flows.revisions(namespace, id)
    if not found:
        raise NotFound(f"there is no flow {namespace}.{id}")
    return [shapes.flow(stored, source=True) for stored in found]


@router.get("/{namespace}/{id}/tasks/{task}", summary="One task of a flow")
def task_of_flow(namespace: str, id: str, task: str, request: Request) -> dict[str, Any]:
    from engine.flow.source import parse

    stored = engine_of(request).stores.flows.get(namespace, id)
    for found in _tasks(parse(stored.source).value):
        if found.get("id") == task:
            return found
    raise NotFound(f"the flow {namespace}.{id} has no task '{task}'")


def _tasks(value: Any) -> Iterable[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("type"), str) and "." in value["type"]:
            yield value
        for item in value.values():
            yield from _tasks(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tasks(item)


@router.get("/{namespace}/{id}", summary="One flow")
def get_flow(namespace: str, id: str, request: Request) -> dict[str, Any]:
    """With `source=true` its text too; `revision` for an older one; `allowDeleted=true` for a deleted one. 404."""
    params, flows = request.query_params, engine_of(request).stores.flows
    revision = whole(params, "revision", 0) or None
    stored, alive = flows.find(namespace, id, revision), flows.find(namespace, id) is not None
    if stored is None and flag(params, "allowDeleted"):
        stored = next(reversed(flows.revisions(namespace, id)), None)
    if stored is None or not (alive or flag(params, "allowDeleted")):
        raise NotFound(f"there is no flow {namespace}.{id}", hint="deploy it first")
    return shapes.flow(stored, source=flag(params, "source"), deleted=not alive)


@router.get("/{namespace}", summary="Flows of a namespace")
def flows_of_namespace(namespace: str, request: Request) -> list[dict[str, Any]]:
    return [shapes.flow(stored) for stored in engine_of(request).stores.flows.list(namespace)]


# -- deleting ------------------------------------------------------------------------------------------------


def delete(engine: Engine, namespace: str, flow_id: str) -> bool:
    """Delete a flow with what its triggers remember; False when there was none."""
    gone = engine.stores.flows.delete(namespace, flow_id)
    if gone:
        engine.triggers.forget()
        engine.triggers.store.forget(namespace, flow_id)
    return gone


@router.delete("/{namespace}/{id}", summary="Delete a flow", status_code=204)
def delete_flow(namespace: str, id: str, request: Request) -> None:
    """Its revisions stay readable by number. 404 when there is none."""
    if not delete(engine_of(request), namespace, id):
        raise NotFound(f"there is no flow {namespace}.{id}")


# -- many flows ----------------------------------------------------------------------------------------------


@router.post("/validate", summary="Validate flows")
async def validate_flows(request: Request) -> list[dict[str, Any]]:
    """Texts divided by `---`, or files named `flows`. One entry a flow; `constraints` is absent for a valid one."""
    if "multipart/form-data" in request.headers.get("content-type", ""):
        async with uploads(request) as parts:
            sources = [(part.filename, part.text()) for part in parts if part.name == "flows"]
    else:
        sources = [(None, text) for text in BETWEEN.split(await text_of(request)) if text.strip()]
    return await run_in_threadpool(
        lambda: [_verdict(request, n, name, text) for n, (name, text) in enumerate(sources[:MOST_FLOWS])]
    )


def _verdict(request: Request, index: int, filename: str | None, source: str) -> dict[str, Any]:
    from copilot.wiring import check
    from engine.flow.source import parse

    value = parse(source).value
    fields = value if isinstance(value, dict) else {}
    namespace, flow_id = fields.get("namespace"), fields.get("id")
    findings = check(source, service_of(request).settings.target)
    wrong = violations(findings)
    latest = engine_of(request).stores.flows.find(str(namespace), str(flow_id)) if namespace and flow_id else None
    revision = fields.get("revision")
    return shapes.known(
        {
            "index": index,
            "filename": filename,
            "flow": flow_id if isinstance(flow_id, str) else None,
            "namespace": namespace if isinstance(namespace, str) else None,
            "constraints": ", ".join(f"{v.path}: {v.message}" if v.path else v.message for v in wrong) or None,
            "outdated": latest is not None and isinstance(revision, int) and revision < latest.revision,
            "deprecationPaths": [_place(f.path) for f in findings if "deprecated" in f.code],
            "warnings": [f.message for f in findings if f.severity == "warning"],
            "infos": [f.message for f in findings if f.severity == "hint"],
        }
    )


@router.post("/bulk", summary="Create or update many flows")
async def bulk_update(request: Request) -> list[dict[str, Any]]:
    """Texts divided by `---`; flows that are not among them are deleted unless `delete=false`."""
    text, params = await text_of(request), request.query_params
    within = params.get("namespace")
    return await run_in_threadpool(_replace, request, text, within, flag(params, "allowNamespaceChild"))


@router.post("/{namespace}", summary="Create or update the flows of a namespace")
async def update_namespace(namespace: str, request: Request) -> list[dict[str, Any]]:
    """Texts divided by `---`; the namespace's flows that are not among them are deleted unless `delete=false`."""
    return await run_in_threadpool(_replace, request, await text_of(request), namespace, False)


def _replace(request: Request, text: str, within: str | None, children: bool) -> list[dict[str, Any]]:
    """All are checked before the first is touched."""
    engine = engine_of(request)
    sources = [part for part in BETWEEN.split(text) if part.strip()]
    named = [accepted(request, source) for source in sources]
    wrong = [
        Violation("flow.namespace", f"{namespace}.{flow_id} - flow namespace is invalid")
        for namespace, flow_id in named
        if within is not None and namespace != within and not (children and namespace.startswith(f"{within}."))
    ]
    if len(set(named)) < len(named):
        wrong.append(Violation("flow.id", "Duplicate flow id"))
    if wrong:
        raise InvalidEntity(wrong)
    gone: list[dict[str, Any]] = []
    if flag(request.query_params, "delete", True):
        for stored in engine.stores.flows.list(within):
            if (stored.namespace, stored.id) not in named:
                delete(engine, stored.namespace, stored.id)
                gone.append(shapes.flow(stored, source=True, deleted=True))
    return [*gone, *(register(request, source) for source in sources)]
