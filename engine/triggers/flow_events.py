"""Hands a change of an execution's state to every Flow trigger that may listen, and keeps their windows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.errors import EngineError
from engine.flow.model import Flow, Trigger
from engine.triggers.conditions import ExecutionSummary
from engine.triggers.flow import fire_of, matches
from engine.triggers.kinds.flow import FLOW
from engine.triggers.registry import Fire, Render
from engine.triggers.store import TriggerKey, TriggerStore

_log = logging.getLogger(__name__)
_TYPES = frozenset((FLOW.type, *FLOW.aliases))


def listens(flow: Flow) -> bool:
    """Whether a flow has a Flow trigger at all, so that callers can keep the others out of the way."""
    return not flow.disabled and any(trigger.type in _TYPES and not trigger.disabled for trigger in flow.triggers)


def fires_for(
    flows: Iterable[Flow],
    execution: ExecutionSummary,
    store: TriggerStore,
    now: datetime,
    *,
    render: Render,
    variables: Mapping[str, Any] | None = None,
    default_zone: str = "UTC",
) -> list[Fire]:
    """The executions to start for one change of state, in the order of ``flows``. Call it once for each change.

    A trigger that cannot be evaluated starts nothing, is logged, and does not keep others from starting.
    """
    fires = []
    for flow in flows:
        for trigger in flow.triggers:
            if trigger.type not in _TYPES:
                continue
            try:
                fire = _fire(flow, trigger, execution, store, now, render, variables or {}, default_zone)
            except EngineError as error:
                _log.warning("trigger %s of %s.%s: %s", trigger.id, flow.namespace, flow.id, error)
                continue
            if fire is not None:
                fires.append(fire)
    return fires


def _fire(
    flow: Flow,
    trigger: Trigger,
    execution: ExecutionSummary,
    store: TriggerStore,
    now: datetime,
    render: Render,
    variables: Mapping[str, Any],
    default_zone: str,
) -> Fire | None:
    key = TriggerKey(flow.namespace, flow.id, trigger.id)
    state = store.get(key)
    if state.disabled:
        return None
    before = state.windows or {}
    match = matches(
        trigger, flow, execution, before, now, render=render, variables=variables, default_zone=default_zone
    )
    if match.state != before:
        store.set_windows(key, match.state)
    return fire_of(trigger, flow, execution, match, render, variables) if match.fire else None
