"""Our own paths under /api/v1. Most handlers are plain functions: they block, so the framework runs them in threads."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse

from copilot.api import models
from copilot.api.metrics import CONTENT_TYPE
from copilot.api.service import Service
from copilot.blueprints import blueprint, blueprints
from copilot.catalog import described_type, type_names

_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": models.ErrorBody} for code in (400, 401, 403, 404, 413, 422, 500, 503)
}
router = APIRouter(responses=_ERRORS)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@router.post("/generate", tags=["words"], summary="Words to a checked and tried flow")
def generate(
    body: models.GenerateBody, request: Request, accept: Annotated[str, Header()] = "application/json"
) -> Response:
    """Retrieves, drafts, checks, repairs and tries. `status` is `ok`, `refused`, `needs_input` or `failed`.

    With `Accept: text/event-stream` each stage is an event (`retrieve`, `draft`, `check`, `repair`, `trial`,
    `answer`), then `result` holds the answer, or `error` the error.
    """
    service = _service(request)
    if "text/event-stream" in accept:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(service.generate_events(body), media_type="text/event-stream", headers=headers)
    return JSONResponse(service.generate(body))


@router.post("/edit", tags=["words"], summary="Change a flow by words")
def edit(body: models.EditBody, request: Request) -> dict[str, Any]:
    """The answer of `generate`, with `diff` (unified) and `untouched`; what was not asked for stays byte for byte."""
    return _service(request).edit(body)


@router.post("/fix", tags=["words"], summary="Repair a flow")
def fix(body: models.FixBody, request: Request) -> dict[str, Any]:
    """From its findings, and from what failed when `execution` ran; the answer of `edit`."""
    return _service(request).fix(body)


@router.post("/ask", tags=["words"], summary="Answer a question from the documentation")
def ask(body: models.AskBody, request: Request) -> dict[str, Any]:
    """With verbatim quotes; `confident` is false when the documentation does not say."""
    return _service(request).ask(body)


@router.post("/validate", tags=["flows"], summary="Findings with line, column and hint")
def validate(body: models.ValidateBody, request: Request) -> models.ValidationBody:
    """Checks a flow against a Kestra version; nothing runs."""
    service = _service(request)
    return models.ValidationBody.model_validate(service.validate(body.flow, service.target(body.target)))


@router.post("/trial", tags=["flows"], summary="Run with typed stand-ins for every side effect")
def trial(body: models.TrialBody, request: Request) -> models.TrialResult:
    """Says for each task: ran, stood in for, or not executable here."""
    return models.TrialResult.model_validate(_service(request).trial(body))


@router.post("/runs", tags=["executions"], summary="Run a flow on this machine", status_code=201)
async def run(body: models.RunBody, request: Request) -> dict[str, Any]:
    """The execution with task runs, outputs and logs; with `wait: false`, as it is right after its start."""
    service = _service(request)
    execution_id = await run_in_threadpool(service.start, body)
    if body.wait:
        await service.ended(execution_id)
    return await run_in_threadpool(service.execution, execution_id)


@router.get("/runs", tags=["executions"], summary="What ran here, newest first")
def executions(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> dict[str, Any]:
    """A short document for each; `/runs/{execution_id}` has the whole of one."""
    return _service(request).executions(limit)


@router.get("/runs/{execution_id}", tags=["executions"], summary="An execution as it is now")
def execution(execution_id: str, request: Request) -> dict[str, Any]:
    """State, task runs, outputs and logs."""
    return _service(request).execution(execution_id)


@router.get("/runs/{execution_id}/flow", tags=["executions"], summary="The text of the flow that it runs")
def flow_of_execution(execution_id: str, request: Request) -> dict[str, Any]:
    """Also of a flow that was changed since."""
    return _service(request).flow_of(execution_id)


@router.post("/search", tags=["knowledge"], summary="Find chunks of documentation")
def search(body: models.SearchBody, request: Request) -> dict[str, Any]:
    """Best first; every hit says why it was found. An empty list means: nothing relevant."""
    return _service(request).search(body)


@router.get("/search", tags=["knowledge"], summary="The same, as a link")
def search_link(
    request: Request,
    q: Annotated[str, Query(description="words, a type name or an error message", min_length=1, max_length=2000)],
    k: Annotated[int, Query(ge=1, le=100)] = 10,
    target: Annotated[str | None, Query(description="Kestra version")] = None,
) -> dict[str, Any]:
    """Best first; an empty list means: nothing relevant."""
    return search(models.SearchBody(query=q, k=k, target=target), request)


@router.get("/chunks/{chunk:path}", tags=["knowledge"], summary="The text of a source that an answer names")
def chunk(chunk: str, request: Request) -> dict[str, Any]:
    """As it is stored now; 404 when the documentation changed since."""
    return {"chunk": chunk, "text": _service(request).chunk(chunk)}


@router.get("/blueprints", tags=["flows"], summary="Flows to start from")
def list_blueprints() -> dict[str, Any]:
    """What each is for; those that run here come first."""
    return {"blueprints": [one.as_dict() for one in blueprints().values()]}


@router.get("/blueprints/{name}", tags=["flows"], summary="A flow to start from")
def get_blueprint(name: str) -> dict[str, Any]:
    """With its text as `flow`."""
    one = blueprint(name)
    return {**one.as_dict(), "flow": one.flow}


@router.get("/types", tags=["knowledge"], summary="Task and trigger types by words of their names")
def types(
    words: Annotated[str, Query(description="words of a type's name", min_length=1, max_length=200)],
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> dict[str, Any]:
    """Those that hold more of the words come first."""
    return {"words": words, "types": list(type_names(words, limit))}


@router.get("/types/{name}", tags=["knowledge"], summary="Properties, outputs and versions of a type")
def type_(
    name: str, request: Request, target: Annotated[str | None, Query(description="Kestra version")] = None
) -> dict[str, Any]:
    """By its name or a former one; the hint of an unknown one names those that are near."""
    return described_type(name, _service(request).target(target))


@router.get("/metrics", tags=["service"], summary="Figures for Prometheus")
def metrics(
    request: Request,
    form: Annotated[
        Literal["text", "json"], Query(alias="format", description="text for Prometheus, or json")
    ] = "text",
) -> Response:
    """Executions by state, task attempts, retrieval and answers by duration, model calls and tokens, requests."""
    service = _service(request)
    _ = service.engine
    if form == "json":
        return JSONResponse(service.metrics.as_dict())
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)


@router.get("/health", tags=["service"], summary="Is it up, and who answers")
def health(request: Request) -> models.HealthBody:
    """Needs no token."""
    settings = _service(request).settings
    return models.HealthBody(
        status="ok",
        version=metadata.version("flowwright"),
        provider=settings.chosen_provider,
        target=settings.target,
    )
