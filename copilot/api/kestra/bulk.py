"""The same actions on many executions, named by ids or by a query. All must allow it, or nothing is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from copilot.api.kestra.context import engine_of
from copilot.api.kestra.errors import BadRequest, BulkInvalid
from copilot.api.kestra.executions import changed_status, labelled, matching
from copilot.api.kestra.queries import filters_of, flag
from engine.errors import NotFound

if TYPE_CHECKING:
    from engine import Engine
    from engine.execution.state import Execution

router = APIRouter(prefix="/executions", tags=["Kestra: executions"])
_MOST = 10_000
Labels = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Action:
    """``allowed`` looks at an execution before anything is done; ``otherwise`` says why not."""

    name: str
    allowed: Callable[[Execution], bool]
    otherwise: str
    do: Callable[[Engine, str, Request, Labels], object]


def _replay(engine: Engine, execution: str, request: Request, labels: Labels) -> object:
    revision = None
    if flag(request.query_params, "latestRevision"):
        found = engine.snapshot(execution)
        revision = engine.stores.flows.get(found.namespace, found.flow_id).revision
    return engine.replay(execution, revision=revision)


def _delete(engine: Engine, execution: str, request: Request, labels: Labels) -> object:
    params = request.query_params
    engine.delete(execution, logs=flag(params, "deleteLogs", True), files=flag(params, "deleteStorage", True))
    return None


_FAILED = ("FAILED", "KILLED", "CANCELLED", "WARNING")


def _in(*states: str) -> Callable[[Execution], bool]:
    return lambda execution: execution.state in states


def _going_on(execution: Execution) -> bool:
    return not execution.terminal


def _ended(execution: Execution) -> bool:
    return execution.terminal


_FINISHED, _NOT_ENDED = "execution already finished", "execution is not terminated"
_ACTIONS = (
    Action("kill", _going_on, _FINISHED, lambda engine, i, r, w: engine.kill(i)),
    Action("pause", _in("RUNNING"), "execution not in state RUNNING", lambda engine, i, r, w: engine.pause(i)),
    Action("resume", _in("PAUSED"), "execution not in state PAUSED", lambda engine, i, r, w: engine.resume(i)),
    Action("restart", _in(*_FAILED), "execution not in state FAILED", lambda engine, i, r, w: engine.restart(i)),
    Action("replay", lambda execution: True, "", _replay),
    Action("delete", _ended, _NOT_ENDED, _delete),
    Action("force-run", _going_on, _FINISHED, lambda engine, i, r, w: engine.force_run(i)),
    Action("unqueue", _in("QUEUED"), "execution not in state QUEUED", lambda engine, i, r, w: engine.unqueue(i)),
    Action("change-status", _ended, _NOT_ENDED, lambda engine, i, request, w: changed_status(engine, i, request)),
    Action("labels", _ended, _NOT_ENDED, lambda engine, i, r, labels: labelled(engine, i, labels)),
)
_VERBS = {"kill": "DELETE", "delete": "DELETE"}


def _run(request: Request, action: Action, ids: list[str], labels: Labels) -> dict[str, int]:
    engine = engine_of(request)
    invalids: list[tuple[str, str]] = []
    for execution in dict.fromkeys(ids):
        try:
            if not action.allowed(engine.snapshot(execution)):
                invalids.append((execution, action.otherwise))
        except NotFound:
            invalids.append((execution, "execution not found"))
    if invalids:
        raise BulkInvalid(f"invalid bulk {action.name}", invalids)
    for execution in dict.fromkeys(ids):
        action.do(engine, execution, request, labels)
    return {"count": len(set(ids))}


def _named(body: Any) -> tuple[list[str], Labels]:
    """(ids, labels) of a request by ids."""
    labels = body.get("executionLabels", []) if isinstance(body, dict) else []
    ids = body.get("executionsId") if isinstance(body, dict) else body
    if not isinstance(ids, list) or len(ids) > _MOST or not all(isinstance(i, str) for i in ids):
        raise BadRequest("a list of execution ids is needed", hint=f"at most {_MOST}")
    return ids, labels


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise BadRequest("the body is not JSON", hint="send a JSON list") from None


def _add(action: Action) -> None:
    place = "" if action.name == "delete" else f"/{action.name}"
    verbs = [_VERBS.get(action.name, "POST")]

    async def by_ids(request: Request) -> dict[str, int]:
        """The ids as a JSON list. 400 with what stands against it, then nothing is done."""
        ids, labels = _named(await _json(request))
        return await run_in_threadpool(_run, request, action, ids, labels)

    async def by_query(request: Request) -> dict[str, int]:
        """Filters as for `/executions/search`. 400 with what stands against it, then nothing is done."""
        labels = await _json(request) if action.name == "labels" else []
        filters = filters_of(request.query_params)
        if not filters:
            raise BadRequest("a filter is needed", hint="name what is meant, for example namespace=company.team")

        def work() -> dict[str, int]:
            ids = [row.id for row in matching(engine_of(request), filters)]
            return _run(request, action, ids[:_MOST], labels)

        return await run_in_threadpool(work)

    for kind, handler in (("by-ids", by_ids), ("by-query", by_query)):
        router.add_api_route(
            f"{place}/{kind}",
            handler,
            methods=verbs,
            summary=f"{action.name.capitalize()} executions {kind.replace('-', ' ')}",
            name=f"{action.name}_{kind}".replace("-", "_"),
        )


for _action in _ACTIONS:
    _add(_action)
