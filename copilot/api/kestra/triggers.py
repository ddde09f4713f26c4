"""Triggers: their states, switching them off and on, backfills."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request

from copilot.api.kestra import shapes
from copilot.api.kestra.context import engine_of
from copilot.api.kestra.errors import BadRequest
from copilot.api.kestra.queries import filters_of, keeps, page_of, when
from copilot.errors import NotFound
from engine.errors import NotFound as EngineNotFound
from engine.errors import Refused
from engine.flow.load import load_flow
from engine.triggers.store import TriggerKey

if TYPE_CHECKING:
    from engine import Engine
    from engine.flow.model import Trigger
    from engine.storage.flows import StoredFlow

router = APIRouter(prefix="/triggers", tags=["Kestra: triggers"])
Found = tuple[TriggerKey, "Trigger", "StoredFlow"]


def triggers_of(engine: Engine, namespace: str | None = None, flow_id: str | None = None) -> Iterator[Found]:
    """Every trigger of registered flows, by namespace, flow and place."""
    for stored in engine.stores.flows.list(namespace):
        if flow_id in (None, stored.id) and "triggers" in stored.source:
            for trigger in load_flow(stored.source, revision=stored.revision).triggers:
                yield TriggerKey(stored.namespace, stored.id, trigger.id), trigger, stored


def find(engine: Engine, key: TriggerKey) -> Found:
    """One trigger of a registered flow. NotFound."""
    for found in triggers_of(engine, key.namespace, key.flow_id):
        if found[0] == key:
            return found
    raise NotFound(f"Flow {key.namespace}.{key.flow_id} has no trigger {key.trigger_id}", hint="deploy the flow first")


def shape(engine: Engine, found: Found) -> dict[str, Any]:
    key, trigger, stored = found
    state = engine.triggers.store.get(key)
    return shapes.trigger(key, state, disabled=state.disabled or trigger.disabled, since=stored.created)


def _key(body: Any) -> TriggerKey:
    named: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    names = [named.get(name) for name in ("namespace", "flowId", "triggerId")]
    if not all(isinstance(name, str) and name for name in names):
        raise BadRequest("namespace, flowId and triggerId are needed", hint="name the trigger")
    return TriggerKey(*map(str, names))


# -- looking -------------------------------------------------------------------------------------------------


@router.get("/search", summary="Search for triggers")
def search_triggers(request: Request) -> dict[str, Any]:
    """Each with its definition and its state: `q`, `namespace`, `flowId`, or `filters[field][OPERATION]`."""
    engine, page, filters = engine_of(request), page_of(request.query_params), filters_of(request.query_params)
    found = [one for one in triggers_of(engine) if keeps(filters, _row(one), engine.clock.now())]
    shown = [
        {"abstractTrigger": _definition(trigger), "triggerContext": shape(engine, (key, trigger, stored))}
        for key, trigger, stored in page.cut(found)
    ]
    return shapes.page(shown, len(found))


def _row(found: Found) -> dict[str, Any]:
    key, trigger, _ = found
    text = f"{key.namespace}.{key.flow_id} {key.trigger_id}"
    row = {"q": text, "namespace": key.namespace, "flowId": key.flow_id, "triggerId": key.trigger_id}
    return {**row, "type": trigger.type, "workerId": None, "triggerState": None}


def _definition(trigger: Trigger) -> dict[str, Any]:
    written = {"id": trigger.id, "type": trigger.type, "disabled": trigger.disabled, **trigger.properties}
    # the key of a webhook is its password
    return {name: value for name, value in written.items() if name != "key"}


@router.get("/{namespace}/{flow}", summary="Triggers of a flow")
def triggers_of_flow(namespace: str, flow: str, request: Request) -> dict[str, Any]:
    engine, page = engine_of(request), page_of(request.query_params)
    words = request.query_params.get("q", "").lower()
    found = [one for one in triggers_of(engine, namespace, flow) if words in one[0].trigger_id.lower()]
    return shapes.page([shape(engine, one) for one in page.cut(found)], len(found))


# -- changing ------------------------------------------------------------------------------------------------


@router.put("", summary="Switch a trigger off or on, or start a backfill")
def update_trigger(request: Request, body: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008
    """`{namespace, flowId, triggerId}` with `disabled`, or with `backfill: {start, end, inputs, labels}`. 404, 400."""
    engine, key = engine_of(request), _key(body)
    found = find(engine, key)
    if isinstance(body.get("backfill"), dict):
        start_backfill(engine, key, body["backfill"])
    else:
        engine.triggers.store.set_disabled(key, body.get("disabled") is True)
    return shape(engine, found)


def start_backfill(engine: Engine, key: TriggerKey, wanted: Mapping[str, Any]) -> None:
    """Run the dates of a past range. BadRequest when it is no range or the trigger has no dates."""
    start, end, inputs = wanted.get("start"), wanted.get("end"), wanted.get("inputs") or {}
    if not isinstance(start, str) or not isinstance(inputs, Mapping):
        raise BadRequest("a backfill needs a start, and its inputs are a map", hint="start: 2025-01-01T00:00:00Z")
    until = when(end) if isinstance(end, str) else datetime.fromtimestamp(engine.clock.now(), UTC)
    labels = {str(i.get("key")): str(i.get("value")) for i in wanted.get("labels") or [] if isinstance(i, Mapping)}
    try:
        engine.scheduler().backfill(key, when(start), until, inputs=inputs, labels=labels)
    except (Refused, EngineNotFound) as error:
        raise BadRequest(error.message, hint=error.hint) from None
    if wanted.get("paused") is True:
        engine.scheduler().pause_backfill(key)


@router.post("/set-disabled/by-triggers", summary="Switch triggers off or on")
def set_disabled(request: Request, body: dict[str, Any] = Body()) -> dict[str, int]:  # noqa: B008
    """`{triggers: [{namespace, flowId, triggerId}], disabled}`."""
    engine, keys = engine_of(request), [_key(item) for item in body.get("triggers") or []]
    for key in keys:
        engine.triggers.store.set_disabled(key, body.get("disabled") is True)
    return {"count": len(keys)}


@router.post("/{namespace}/{flow}/{trigger}/unlock", summary="Let a trigger go on without its execution")
def unlock(namespace: str, flow: str, trigger: str, request: Request) -> dict[str, Any]:
    """404; 409 when it does not wait for one."""
    engine, key = engine_of(request), TriggerKey(namespace, flow, trigger)
    found, store = find(engine, key), engine.triggers.store
    state = store.get(key)
    if state.execution_id is None:
        raise Refused("Trigger is not locked", code="trigger-not-locked")
    store.put(key, replace(state, execution_id=None))
    return shape(engine, found)


@router.post("/{namespace}/{flow}/{trigger}/restart", summary="Find a trigger's next date anew")
def restart(namespace: str, flow: str, trigger: str, request: Request) -> dict[str, Any]:
    engine, key = engine_of(request), TriggerKey(namespace, flow, trigger)
    found = find(engine, key)
    engine.triggers.store.forget_dates(key)
    return shape(engine, found)


# -- backfills -----------------------------------------------------------------------------------------------


def _pause(engine: Engine, key: TriggerKey) -> None:
    engine.scheduler().pause_backfill(key)


def _unpause(engine: Engine, key: TriggerKey) -> None:
    engine.scheduler().pause_backfill(key, False)


def _end(engine: Engine, key: TriggerKey) -> None:
    if engine.triggers.store.get(key).backfill is None:
        raise EngineNotFound(f"'{key.trigger_id}' has no backfill", code="backfill-not-found")
    engine.triggers.store.set_backfill(key, None)


def _add(name: str, verb: str, act: Callable[[Engine, TriggerKey], None]) -> None:
    def one(request: Request, body: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008
        """The trigger as `{namespace, flowId, triggerId}`. 404; 400 when it has no backfill."""
        engine, key = engine_of(request), _key(body)
        found = find(engine, key)
        try:
            act(engine, key)
        except EngineNotFound:
            raise BadRequest("No backfill found", hint="start one first") from None
        return shape(engine, found)

    def many(request: Request, body: list[dict[str, Any]] = Body()) -> dict[str, int]:  # noqa: B008
        """A list of triggers; those without a backfill are passed over."""
        engine, count = engine_of(request), 0
        for item in body:
            try:
                act(engine, _key(item))
                count += 1
            except EngineNotFound:
                continue
        return {"count": count}

    router.add_api_route(f"/backfill/{name}", one, methods=[verb], summary=f"{name.capitalize()} a backfill")
    router.add_api_route(
        f"/backfill/{name}/by-triggers", many, methods=["POST"], summary=f"{name.capitalize()} backfills"
    )


for _name, _verb, _act in (("pause", "PUT", _pause), ("unpause", "PUT", _unpause), ("delete", "POST", _end)):
    _add(_name, _verb, _act)
