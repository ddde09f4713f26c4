"""Executions: look at them, act on them, follow them, take their files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from fastapi.routing import APIRoute

from copilot.api.kestra import shapes
from copilot.api.kestra.context import answer, engine_of, masked, service_of
from copilot.api.kestra.errors import BadRequest, InvalidEntity, Violation
from copilot.api.kestra.multipart import uploads
from copilot.api.kestra.queries import Filter, filters_of, flag, keeps, page_of, whole
from copilot.api.kestra.starting import check_labels, given
from engine.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from copilot.api.service import Service
    from engine import Engine
    from engine.execution.state import Execution
    from engine.storage.journal import Summary

router = APIRouter(prefix="/executions", tags=["Kestra: executions"])
_MOST = 100_000
_STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_TERMINAL = ("SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED")


# -- lists ---------------------------------------------------------------------------------------------------


def row_of(summary: Summary) -> dict[str, Any]:
    """What filters look at."""
    return {
        "q": f"{summary.id} {summary.namespace}.{summary.flow}",
        "id": summary.id,
        "executionId": summary.id,
        "namespace": summary.namespace,
        "flowId": summary.flow,
        "flowRevision": str(summary.revision),
        "state": summary.state,
        "labels": summary.labels,
        "startDate": summary.created,
        "endDate": summary.ended,
        "triggerExecutionId": summary.caller,
    }


def matching(engine: Engine, filters: list[Filter]) -> list[Summary]:
    """Summaries that pass the filters, newest first."""
    now = engine.clock.now()
    return [row for row in engine.executions(limit=_MOST) if keeps(filters, row_of(row), now)]


_ORDERS: Mapping[str, Callable[[Summary], Any]] = {
    "id": lambda row: row.id,
    "namespace": lambda row: row.namespace,
    "flowId": lambda row: row.flow,
    "state.current": lambda row: row.state,
    "state.startDate": lambda row: row.created,
    "state.endDate": lambda row: row.ended,
}


def _paged(request: Request, filters: list[Filter]) -> Response:
    engine, page = engine_of(request), page_of(request.query_params)
    rows = matching(engine, filters)
    shown = [shapes.execution(engine.snapshot(row.id)) for row in page.cut(page.order(rows, _ORDERS))]
    return answer(request, shapes.page(shown, len(rows)))


@router.get("/search", summary="Search for executions")
def search_executions(request: Request) -> Response:
    """Newest first: `namespace`, `flowId`, `state`, `labels`, `startDate` …, or `filters[field][OPERATION]`."""
    return _paged(request, filters_of(request.query_params))


@router.get("", summary="Executions of one flow")
def executions_of_flow(request: Request) -> Response:
    wanted = ("namespace", "flowId")
    missing = [name for name in wanted if not request.query_params.get(name)]
    if missing:
        raise BadRequest(f"{missing[0]} is needed", hint="or use /executions/search")
    return _paged(request, [Filter(name, "EQUALS", request.query_params[name]) for name in wanted])


@router.post("/latest", summary="The newest execution of each flow named")
def latest_executions(request: Request, flows: list[dict[str, str]] = Body(max_length=1_000)) -> list[dict[str, Any]]:  # noqa: B008
    engine = engine_of(request)
    found = [engine.executions(item.get("namespace"), item.get("id") or item.get("flowId"), limit=1) for item in flows]
    return [shapes.last_execution(rows[0]) for rows in found if rows]


@router.get("/flows/{namespace}/{flow}", summary="The flow of executions")
def flow_of_executions(namespace: str, flow: str, request: Request) -> dict[str, Any]:
    revision = whole(request.query_params, "revision", 0) or None
    return shapes.flow(engine_of(request).stores.flows.get(namespace, flow, revision))


# -- one execution -------------------------------------------------------------------------------------------


@router.get("/{execution}", summary="One execution")
def get_execution(execution: str, request: Request) -> Response:
    """With its task runs, as it is now. 404."""
    return answer(request, shapes.execution(engine_of(request).snapshot(execution)))


@router.delete("/{execution}", summary="Delete an ended execution", status_code=204)
def delete_execution(execution: str, request: Request) -> None:
    """With its logs and files unless `deleteLogs=false` or `deleteStorage=false`. 404, 409 while it runs."""
    params = request.query_params
    engine_of(request).delete(
        execution, logs=flag(params, "deleteLogs", True), files=flag(params, "deleteStorage", True)
    )


@router.get("/{execution}/flow", summary="The flow of an execution")
def flow_of_execution(execution: str, request: Request) -> dict[str, Any]:
    engine = engine_of(request)
    found = engine.snapshot(execution)
    return shapes.flow(engine.stores.flows.get(found.namespace, found.flow_id, found.revision))


# -- acting --------------------------------------------------------------------------------------------------


@router.delete("/{execution}/kill", summary="Kill an execution", status_code=202)
def kill_execution(execution: str, request: Request) -> None:
    """202 when it was asked for; 404; 409 when it has ended and `isOnKillCascade=false`."""
    engine = engine_of(request)
    try:
        engine.kill(execution)
    except Refused as error:
        # an ended execution may have left others behind, so Kestra takes the wish unless told to look at this one only
        if error.code != "bad-state" or not flag(request.query_params, "isOnKillCascade", True):
            raise


@router.post("/{execution}/pause", summary="Pause a running execution")
def pause_execution(execution: str, request: Request) -> None:
    """404; 409 when it is not running."""
    engine_of(request).pause(execution)


@router.post("/{execution}/resume", summary="Resume a paused execution", status_code=204)
async def resume_execution(execution: str, request: Request) -> None:
    """With the inputs that the Pause task asks for as a form. 404; 409 when it is not paused; 422."""
    async with uploads(request) as parts:
        values, files = given(parts)
    await run_in_threadpool(engine_of(request).resume, execution, {**values, **files})


@router.post("/{execution}/restart", summary="Run what failed again")
def restart_execution(execution: str, request: Request) -> Response:
    """In the same execution; with `revision` in a new one. 404; 409 while it runs."""
    revision = whole(request.query_params, "revision", 0) or None
    return answer(request, shapes.execution(engine_of(request).restart(execution, revision=revision)))


@router.post("/{execution}/replay", summary="Run again as a new execution")
def replay_execution(execution: str, request: Request) -> Response:
    """From the start or from `taskRunId`; with `revision` on another revision of the flow. 404."""
    params = request.query_params
    revision = whole(params, "revision", 0) or None
    made = engine_of(request).replay(execution, params.get("taskRunId") or None, revision=revision)
    return answer(request, shapes.execution(made))


@router.post("/{execution}/state", summary="Change the state of a task run")
def change_task_run_state(execution: str, request: Request, body: dict[str, Any] = Body()) -> Response:  # noqa: B008
    """`{taskRunId, state}`; the execution goes on from there. 404; 409 while it runs."""
    run, state = body.get("taskRunId"), body.get("state")
    if not isinstance(run, str) or not isinstance(state, str):
        raise InvalidEntity([Violation("taskRunId", "taskRunId and state are needed")])
    return answer(request, shapes.execution(engine_of(request).change_task_run_state(execution, run, state)))


@router.post("/{execution}/change-status", summary="Change the final state of an ended execution")
def change_status(execution: str, request: Request) -> Response:
    """404; 422 unless both states are final."""
    return answer(request, shapes.execution(changed_status(engine_of(request), execution, request)))


def changed_status(engine: Engine, execution: str, request: Request) -> Execution:
    """The execution with the state that ``status`` or ``newStatus`` names. InvalidEntity unless both are final."""
    status = request.query_params.get("status") or request.query_params.get("newStatus") or ""
    if status not in _TERMINAL:
        message = "You can only change the state of an execution to a terminal state."
        raise InvalidEntity([Violation("status", message)])
    if not engine.snapshot(execution).terminal:
        message = "You can only change the state of a terminated execution."
        raise InvalidEntity([Violation("status", message)])
    return engine.change_status(execution, status)


@router.post("/{execution}/labels", summary="Set labels of an ended execution")
def set_labels(execution: str, request: Request, labels: list[dict[str, str]] = Body(max_length=500)) -> Response:  # noqa: B008
    """`[{key, value}]`, added to those there are. 404; 400 while it runs; 422 for labels of Kestra's own."""
    engine = engine_of(request)
    return answer(request, shapes.execution(labelled(engine, execution, labels)))


def labelled(engine: Engine, execution: str, labels: list[dict[str, str]]) -> Execution:
    """An ended execution with more labels. BadRequest while it runs, InvalidEntity for labels of Kestra's own."""
    before = engine.snapshot(execution)
    if not before.terminal:
        raise BadRequest("The execution is not terminated", hint="set labels when it is started, or at its end")
    wanted = {str(item.get("key", "")): str(item.get("value", "")) for item in labels}
    wanted = {key: value for key, value in wanted.items() if key and before.labels.get(key) != value}
    check_labels(wanted)
    return engine.set_labels(execution, wanted)


@router.post("/{execution}/force-run", summary="Run what waits for its date or its turn")
def force_run(execution: str, request: Request) -> Response:
    """404; 409 when it has ended."""
    return answer(request, shapes.execution(engine_of(request).force_run(execution)))


@router.post("/{execution}/unqueue", summary="Run a queued execution whatever the limit")
def unqueue(execution: str, request: Request) -> Response:
    """404; 409 unless it is queued."""
    return answer(request, shapes.execution(engine_of(request).unqueue(execution)))


# -- following -----------------------------------------------------------------------------------------------


QUIET = b": \n\n"
"""Says nothing; a connection that broke shows when it is sent."""


def event(name: str, document: Mapping[str, Any]) -> bytes:
    """One server-sent event; Kestra tells its kind by the id."""
    return f"id: {name}\ndata: {json.dumps(document, ensure_ascii=False, default=str)}\n\n".encode()


@router.get("/{execution}/follow", summary="Follow an execution")
def follow_execution(execution: str, request: Request) -> StreamingResponse:
    """Events with the ids `start`, `progress` (each change) and `end`; each holds the whole execution."""
    service = service_of(request)
    service.engine.snapshot(execution)
    return StreamingResponse(_followed(service, execution), media_type="text/event-stream", headers=_STREAM)


async def _followed(service: Service, execution: str) -> AsyncIterator[bytes]:
    yield event("start", {"id": execution})
    seen: Any = None
    async for now in service.follow(execution):
        changes = (len(now.history), [(run.id, len(run.history), len(run.attempts)) for run in now.task_runs])
        if changes != seen or now.finished is not None:
            seen = changes
            document = await run_in_threadpool(masked, service.engine, shapes.execution(now))
            yield event("progress" if now.finished is None else "end", document)
        else:
            yield QUIET


# -- files ---------------------------------------------------------------------------------------------------


def _file(request: Request, execution: str) -> Path | str:
    """The stored file that ``path`` names, or the id of the execution it belongs to."""
    from engine.storage.files import ExecutionRef
    from engine.storage.names import from_uri

    engine, uri = engine_of(request), request.query_params.get("path")
    if not uri:
        raise BadRequest("path is needed", hint="the kestra:// address of a file")
    found = engine.snapshot(execution)
    where = from_uri(uri, "kestra")
    own = ExecutionRef(found.namespace, found.flow_id, execution).location()
    if where.is_relative_to(own):
        return engine.stores.files.disk.open(where)
    other = _owner(where.parts)
    if other is None or other == execution:
        raise InvalidEntity([Violation("path", "Invalid prefix path")], hint="only files of executions are given out")
    return other


def _owner(parts: tuple[str, ...]) -> str | None:
    """The execution that a stored file belongs to."""
    place = len(parts) - 1 - parts[::-1].index("executions") if "executions" in parts else -1
    return parts[place + 1] if 0 < place < len(parts) - 1 else None


def _elsewhere(request: Request, other: str, tail: str) -> RedirectResponse:
    engine_of(request).snapshot(other)
    return RedirectResponse(f"/api/v1/main/executions/{other}/{tail}?{request.url.query}", 307)


@router.get("/{execution}/file", summary="A file that an execution stored")
def download_file(execution: str, request: Request) -> Response:
    """`path` is its kestra:// address. A file of another execution is redirected to; anything else is 422."""
    found = _file(request, execution)
    if isinstance(found, str):
        return _elsewhere(request, found, "file")
    return FileResponse(found, media_type="application/octet-stream", filename=found.name)


@router.get("/{execution}/file/metas", summary="The size of a stored file")
def file_metas(execution: str, request: Request) -> Any:
    found = _file(request, execution)
    return _elsewhere(request, found, "file/metas") if isinstance(found, str) else {"size": found.stat().st_size}


# -- addresses of 2.0 ----------------------------------------------------------------------------------------


def _also_below_actions() -> None:
    """Kestra 2.0 puts what is done to one execution below ``/actions``."""
    for route in list(router.routes):
        if isinstance(route, APIRoute) and route.methods not in (None, {"GET"}):
            own, _, name = route.path.partition("/{execution}/")
            if name:
                place = f"{own.removeprefix(router.prefix)}/{{execution}}/actions/{name}"
                options: dict[str, Any] = {"methods": route.methods, "status_code": route.status_code}
                router.add_api_route(place, route.endpoint, include_in_schema=False, **options)


_also_below_actions()
