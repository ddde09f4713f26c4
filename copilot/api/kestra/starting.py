"""What starts executions: a form of inputs, and webhooks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from copilot.api.kestra import shapes
from copilot.api.kestra.context import answer, engine_of, service_of
from copilot.api.kestra.errors import InvalidEntity, Violation
from copilot.api.kestra.multipart import Part, uploads
from copilot.api.kestra.queries import flag, when, whole
from copilot.errors import NotFound
from engine.errors import Refused

if TYPE_CHECKING:
    from engine import Engine
    from engine.execution.inputs import FileUpload
    from engine.execution.state import Execution
    from engine.flow.model import Flow

router = APIRouter(prefix="/executions", tags=["Kestra: executions"])
_log = logging.getLogger(__name__)
_CORRELATION = "system.correlationId"
_OLD_FILE_FIELD = "files"
"""Files once came under this one name, with the input's id as their file name."""


# -- inputs --------------------------------------------------------------------------------------------------


def given(parts: Sequence[Part]) -> tuple[dict[str, Any], dict[str, FileUpload]]:
    """(values, files) of a form by input id; a field that comes again makes a list."""
    from engine.execution.inputs import FileUpload

    values: dict[str, Any] = {}
    files: dict[str, FileUpload] = {}
    for part in parts:
        if part.filename is not None:
            name = part.filename if part.name == _OLD_FILE_FIELD else part.name
            files[name] = FileUpload(part.filename, part.content)
        elif part.name in values:
            earlier = values[part.name]
            values[part.name] = [*(earlier if isinstance(earlier, list) else [earlier]), part.text()]
        else:
            values[part.name] = part.text()
    return values, files


def labels_given(written: Sequence[str]) -> dict[str, str]:
    """Labels as ``key:value``. InvalidEntity for those that only Kestra sets."""
    found: dict[str, str] = {}
    for text in written:
        key, colon, value = text.partition(":")
        if not colon or not key:
            raise InvalidEntity([Violation("labels", f"'{text}' is not of the form key:value")])
        found[key] = value
    check_labels(found)
    return found


def check_labels(found: Mapping[str, str]) -> None:
    """InvalidEntity for a label that nobody may set from outside."""
    for key, value in found.items():
        if key.startswith("system.") and key != _CORRELATION:
            message = f"System labels can only be set by Kestra itself, offending label: {key}={value}"
            raise InvalidEntity([Violation("labels", message)])


def executable(engine: Engine, namespace: str, flow_id: str, revision: int | None) -> Flow:
    """A flow that may run. NotFound, Refused (disabled)."""
    flow = engine.find_flow(namespace, flow_id, revision)
    if flow is None:
        raise NotFound(f"the flow {namespace}.{flow_id} is not found", hint="deploy it first")
    if flow.disabled:
        raise Refused("the flow is disabled", hint="enable it first", code="disabled")
    return flow


# -- a form --------------------------------------------------------------------------------------------------


@router.post("/trigger/{namespace}/{id}", summary="Start an execution (older path)")
async def trigger_execution(namespace: str, id: str, request: Request) -> Response:
    return await create_execution(namespace, id, request)


@router.post("/{namespace}/{id}/validate", summary="Check inputs without starting anything")
async def validate_inputs(namespace: str, id: str, request: Request) -> Response:
    """What each declared input would become, and what is wrong with it."""
    async with uploads(request) as parts:
        values, files = given(parts)
    return await run_in_threadpool(_validated, request, namespace, id, values, files)


def _validated(
    request: Request, namespace: str, flow_id: str, values: dict[str, Any], files: dict[str, FileUpload]
) -> Response:
    from engine.execution.inputs import BadInputs, resolve_inputs
    from engine.expressions.render import render_value

    engine = engine_of(request)
    flow = executable(engine, namespace, flow_id, whole(request.query_params, "revision", 0) or None)
    services, problems, resolved = engine.executor.plain_services(), {}, {}
    try:
        resolved = resolve_inputs(
            flow,
            {**values, **files},
            render=lambda value, extra: render_value(value, {**engine.executor.base, **extra}, services),
            # nothing is kept of what is only checked
            put_file=lambda name, file, content: f"kestra:///inputs/{name}/{file}",
            encrypt=engine.stores.seal,
        )
    except BadInputs as error:
        problems = {p.input: str(p) for p in error.problems}
    shown = [
        shapes.known(
            {
                "input": dict(declared),
                "value": resolved.get(str(declared.get("id"))),
                "enabled": True,
                "errors": [{"message": problems[declared["id"]]}] if declared.get("id") in problems else None,
            }
        )
        for declared in flow.inputs
    ]
    return answer(request, {"id": flow_id, "namespace": namespace, "inputs": shown})


@router.post("/{execution}/replay-with-inputs", summary="Run again with other inputs")
@router.post("/{execution}/actions/replay-with-inputs", include_in_schema=False)
async def replay_with_inputs(execution: str, request: Request) -> Response:
    """A new execution from the start, with the form's inputs; `revision` for another one of the flow. 404, 422."""
    async with uploads(request) as parts:
        values, files = given(parts)
    started = await run_in_threadpool(_replayed, request, execution, values, files)
    return await _answer_for(request, started, wait=False, shape=shapes.execution)


def _replayed(request: Request, execution: str, values: dict[str, Any], files: dict[str, FileUpload]) -> str:
    from engine.execution.lifecycle import Request as Wanted
    from engine.execution.reopen import REPLAY, REPLAYED

    engine, params = engine_of(request), request.query_params
    if params.get("taskRunId"):
        message = "other inputs are taken only from the start; replay a task run without them"
        raise InvalidEntity([Violation("taskRunId", message)])
    old = engine.snapshot(execution)
    flow = executable(engine, old.namespace, old.flow_id, whole(params, "revision", 0) or old.revision)
    labels = {key: value for key, value in old.labels.items() if not key.startswith("system.")}
    wanted = Wanted(inputs=values, files=files, labels={**labels, REPLAY: "true"}, more={"original": old.original_id})
    started = engine.start(flow, wanted)
    if old.terminal:
        engine.set_labels(execution, {REPLAYED: "true"})
    return started.id


@router.post("/{namespace}/{id}", summary="Start an execution")
async def create_execution(namespace: str, id: str, request: Request) -> Response:
    """Inputs as a form, files under the name of their input. `wait=true` answers at its end, within an hour.

    Also `labels=key:value` (again and again), `revision`, `scheduleDate`. 404, 409 for a disabled flow, 422 for inputs.
    """
    async with uploads(request) as parts:
        values, files = given(parts)
    started = await run_in_threadpool(_start, request, namespace, id, values, files)
    wait = flag(request.query_params, "wait")
    return await _answer_for(request, started, wait=wait, shape=shapes.execution)


def _start(request: Request, namespace: str, flow_id: str, values: dict[str, Any], files: dict[str, FileUpload]) -> str:
    engine, params = engine_of(request), request.query_params
    flow = executable(engine, namespace, flow_id, whole(params, "revision", 0) or None)
    if params.get("breakpoints"):
        raise InvalidEntity([Violation("breakpoints", "breakpoints are not supported here")])
    scheduled = params.get("scheduleDate")
    started = engine.run(
        flow,
        values,
        files=files,
        labels=labels_given(params.getlist("labels")),
        not_before=when(scheduled).timestamp() if scheduled else None,
        wait=False,
    )
    return started.id


async def _answer_for(
    request: Request, execution_id: str, *, wait: bool, shape: Callable[[Execution, str], dict[str, Any]]
) -> Response:
    """The execution as it is now, or with ``wait`` as it ended."""
    service = service_of(request)
    if wait:
        await service.ended(execution_id)
    execution = await run_in_threadpool(service.engine.snapshot, execution_id)
    return await run_in_threadpool(answer, request, shape(execution, _url(request, execution)))


def _url(request: Request, of: Execution) -> str:
    return f"{str(request.base_url).rstrip('/')}/ui/main/executions/{of.namespace}/{of.flow_id}/{of.id}"


# -- webhooks ------------------------------------------------------------------------------------------------


@router.get("/webhook/{namespace}/{id}/{key}", summary="Start a flow through its webhook with GET")
@router.post("/webhook/{namespace}/{id}/{key}", summary="Start a flow through its webhook with POST")
@router.put("/webhook/{namespace}/{id}/{key}", summary="Start a flow through its webhook with PUT")
async def webhook(namespace: str, id: str, key: str, request: Request) -> Response:
    """204 when the trigger's conditions say no; with `wait` in the trigger, the answer comes at the end."""
    started = await run_in_threadpool(_received, request, namespace, id, key, await request.body())
    if started is None:
        return Response(status_code=204)
    options = _options(engine_of(request), namespace, id, started)
    wait = options.get("wait") is True
    if wait and options.get("returnOutputs") is True:
        return await _answer_for(request, started.id, wait=True, shape=lambda execution, _: execution.outputs or {})
    return await _answer_for(request, started.id, wait=wait, shape=_webhook_shape)


def _received(request: Request, namespace: str, flow_id: str, key: str, body: bytes) -> Execution | None:
    from engine.triggers.webhook import WebhookRequest

    service = service_of(request)
    executable(service.engine, namespace, flow_id, None)
    # where a token is set, this header is for the service and no business of the flow's
    hidden = ("authorization",) if service.settings.token else ()
    headers = {name: request.headers.getlist(name) for name in request.headers if name not in hidden}
    parameters = {name: request.query_params.getlist(name) for name in request.query_params}
    sent = WebhookRequest(request.method, key, headers=headers, parameters=parameters, body=body)
    return service.engine.webhook(namespace, flow_id, sent)


def _options(engine: Engine, namespace: str, flow_id: str, started: Execution) -> Mapping[str, Any]:
    flow = engine.find_flow(namespace, flow_id, started.revision)
    name = (started.trigger or {}).get("id")
    return next((t.properties for t in flow.triggers if t.id == name), {}) if flow else {}


def _webhook_shape(of: Execution, url: str) -> dict[str, Any]:
    wanted = ("tenantId", "id", "namespace", "flowId", "flowRevision", "trigger", "outputs", "labels", "state", "url")
    return {name: value for name, value in shapes.execution(of, url).items() if name in wanted}
