"""Logs: search, of one execution, as text, followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from copilot.api.kestra import shapes
from copilot.api.kestra.context import answer, engine_of, masked, service_of
from copilot.api.kestra.executions import QUIET, event
from copilot.api.kestra.queries import filters_of, keeps, page_of
from engine.execution.state import iso

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from copilot.api.service import Service
    from engine import Engine
    from engine.storage.journal import LogLine, Summary

router = APIRouter(prefix="/logs", tags=["Kestra: logs"])
_MOST = 1_000_000
_STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _row(line: LogLine, summary: Summary | None) -> dict[str, Any]:
    return {
        "q": line.message,
        "namespace": summary.namespace if summary else None,
        "flowId": summary.flow if summary else None,
        "executionId": line.execution,
        "taskId": line.task,
        "taskRunId": line.task_run,
        "triggerId": None,
        "level": line.level,
        "startDate": line.at,
        "endDate": line.at,
    }


@router.get("/search", summary="Search for log lines")
def search_logs(request: Request) -> Response:
    """Newest first: `q`, `namespace`, `flowId`, `minLevel`, `startDate` …, or `filters[field][OPERATION]`."""
    engine, page, filters = engine_of(request), page_of(request.query_params), filters_of(request.query_params)
    known = {row.id: row for row in engine.journal.summaries(loops=True, limit=_MOST)}
    now = engine.clock.now()
    one = next((f.value for f in filters if f.field == "executionId" and f.operation == "EQUALS"), None)
    lines = [x for x in reversed(engine.logs(one)) if keeps(filters, _row(x, known.get(x.execution)), now)]
    ordered = page.order(lines, {"timestamp": lambda x: x.at, "level": lambda x: x.level, "taskId": lambda x: x.task})
    shown = [shapes.log_entry(line, known.get(line.execution)) for line in page.cut(ordered)]
    return answer(request, shapes.page(shown, len(lines)))


def _chosen(engine: Engine, execution: str, params: QueryParams) -> list[LogLine]:
    """The lines of an execution that a request asks for, in order. BadRequest, NotFound."""
    filters = [f for f in filters_of(params) if f.field == "level"]
    task, run, attempt = params.get("taskId"), params.get("taskRunId"), params.get("attempt")
    engine.snapshot(execution)
    now = engine.clock.now()
    return [
        line
        for line in engine.logs(execution)
        if keeps(filters, _row(line, None), now)
        and task in (None, line.task)
        and run in (None, line.task_run)
        and attempt in (None, str(line.attempt))
    ]


@router.get("/{execution}", summary="The log of an execution")
def logs_of_execution(execution: str, request: Request) -> Response:
    """In order; `minLevel`, `taskId`, `taskRunId` and `attempt` choose. 404."""
    engine = engine_of(request)
    lines = _chosen(engine, execution, request.query_params)
    row = engine.journal.summary(execution)
    return answer(request, [shapes.log_entry(line, row) for line in lines])


@router.get("/{execution}/download", summary="The log of an execution as text")
def download_logs(execution: str, request: Request) -> Response:
    engine = engine_of(request)
    lines = _chosen(engine, execution, request.query_params)
    text = "".join(f"{iso(line.at)} {line.level} {line.message}\n" for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="{engine.snapshot(execution).id}.log"'}
    return Response(masked(engine, text), media_type="text/plain", headers=headers)


@router.get("/{execution}/follow", summary="Follow the log of an execution")
def follow_logs(execution: str, request: Request) -> StreamingResponse:
    """Events with the ids `start`, then `progress`, one a line; the stream ends with the execution."""
    service = service_of(request)
    _chosen(service.engine, execution, request.query_params)
    lines = _followed(service, execution, request.query_params)
    return StreamingResponse(lines, media_type="text/event-stream", headers=_STREAM)


async def _followed(service: Service, execution: str, params: QueryParams) -> AsyncIterator[bytes]:
    yield event("start", {})
    sent, engine = 0, service.engine
    row = engine.journal.summary(execution)
    # each look at the execution comes before the one at its lines, so that none written before the end is missed
    async for _ in service.follow(execution):
        lines = await run_in_threadpool(_chosen, engine, execution, params)
        for line in lines[sent:]:
            yield event("progress", masked(engine, shapes.log_entry(line, row)))
        if len(lines) == sent:
            yield QUIET
        sent = len(lines)


@router.delete("/{execution}", summary="Delete the log of an execution")
def delete_logs(execution: str, request: Request) -> None:
    engine = engine_of(request)
    engine.snapshot(execution)
    engine.delete_logs([execution], since=0.0, until=engine.clock.now() + 1)
