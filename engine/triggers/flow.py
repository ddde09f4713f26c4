"""The Flow trigger: an execution of one flow starts another.

Spellings of all versions run: ``conditions`` (with MultipleCondition), ``preconditions``, and 2.0's ``dependsOn``,
``window``, ``mode`` and ``when``. Everything is pure; what has to be remembered between executions, the windows of
several conditions, goes in and out as values.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.errors import EngineError
from engine.flow.load import nested_labels
from engine.flow.model import Flow, Trigger
from engine.triggers.conditions import (
    TERMINAL,
    BadCondition,
    Condition,
    ConditionContext,
    ExecutionSummary,
    all_hold,
    has_labels,
    holds,
    kind_of,
    truthy,
)
from engine.triggers.filters import where_holds
from engine.triggers.registry import Fire, Render, labels_of
from engine.triggers.windows import Window, deep_merge, open_window, time_window

_log = logging.getLogger(__name__)
State = Mapping[str, Any]
"""What one trigger remembers: its open windows in JSON form, by condition id."""


@dataclass(frozen=True, slots=True)
class Match:
    """Whether to start an execution, with which variables, and what the trigger remembers from now on."""

    fire: bool
    variables: Mapping[str, Any]
    state: State


@dataclass(frozen=True, slots=True)
class _Group:
    """Conditions that different executions may meet, by key, within one window."""

    id: str
    tests: Mapping[str, Callable[[ConditionContext], bool]]
    window: Mapping[str, Any] = field(default_factory=dict)
    needed: int | None = None
    """How many must be met; None for all."""
    reset: bool = True


def matches(
    trigger: Trigger,
    flow: Flow,
    execution: ExecutionSummary,
    state: State,
    now: datetime,
    *,
    render: Render,
    variables: Mapping[str, Any] | None = None,
    default_zone: str = "UTC",
) -> Match:
    """Whether a change of state of ``execution`` fires ``trigger`` of ``flow``.

    ``variables`` are the surroundings of expressions (envs, globals, ...); flow, execution, labels, outputs and
    trigger are those of ``execution``. A condition whose expression fails for this execution is not met; BadCondition
    when it could not be met by any.
    """
    if _ignores(trigger, flow, execution):
        return Match(False, {}, state)
    output = output_of(execution)
    seen = {**(variables or {}), **_variables(execution), "trigger": output}
    context = ConditionContext(flow, render, seen, execution)
    single = [c for c in trigger.conditions if kind_of(c) != "MultipleCondition"]
    if not _evaluated(lambda ctx: all_hold(single, ctx, trigger.properties.get("when")), context):
        return Match(False, {}, state)
    remembered = dict(state)
    fire = True
    for group in _groups(trigger):
        met, outputs = _meet(group, context, remembered, now, default_zone)
        fire = fire and met
        output = {**output, "outputs": deep_merge(outputs, output["outputs"])}
    return Match(fire, output if fire else {}, remembered)


def fire_of(
    trigger: Trigger,
    flow: Flow,
    execution: ExecutionSummary,
    match: Match,
    render: Render,
    variables: Mapping[str, Any],
) -> Fire:
    """The execution a match starts, its inputs and labels rendered. EngineError when one cannot be rendered."""
    seen = {**variables, "trigger": match.variables}
    labels = labels_of(trigger.properties.get("labels"), render, seen)
    if "system.correlationId" in execution.labels:
        labels["system.correlationId"] = execution.labels["system.correlationId"]
    inputs = trigger.properties.get("inputs") or {}
    return Fire(
        flow,
        trigger,
        match.variables,
        inputs={name: render(value, seen) for name, value in inputs.items()},
        labels=labels,
        key=f"{flow.namespace}/{flow.id}/{trigger.id}/{execution.id}/{execution.state}",
    )


def output_of(execution: ExecutionSummary) -> dict[str, Any]:
    """The variables ``trigger`` holds in an execution that a Flow trigger started."""
    labels = {key: value for key, value in execution.labels.items() if key != "system.correlationId"}
    return {
        "executionId": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.flow_revision,
        "state": execution.state,
        "executionLabels": nested_labels(labels),
        "startDate": _iso(execution.start_date),
        "endDate": _iso(execution.end_date),
        "firstFailedTaskId": execution.first_failed_task_id,
        "lastTaskId": execution.last_task_id,
        "outputs": dict(execution.outputs),
    }


def _ignores(trigger: Trigger, flow: Flow, execution: ExecutionSummary) -> bool:
    if trigger.disabled or flow.disabled or execution.state == "CREATED":
        return True
    if (flow.namespace, flow.id) == (execution.namespace, execution.flow_id):
        return True  # a flow never triggers itself
    return execution.state not in _states(trigger)


def _states(trigger: Trigger) -> tuple[str, ...]:
    written = trigger.properties.get("states")
    if written is not None:
        return tuple(str(state) for state in written)
    newer = any(trigger.properties.get(name) is not None for name in ("dependsOn", "when", "window"))
    return (*TERMINAL, "PAUSED") if newer else TERMINAL


def _variables(execution: ExecutionSummary) -> dict[str, Any]:
    return {
        "flow": {"id": execution.flow_id, "namespace": execution.namespace, "revision": execution.flow_revision},
        "execution": {
            "id": execution.id,
            "state": execution.state,
            "startDate": _iso(execution.start_date),
            "endDate": _iso(execution.end_date),
            "outputs": dict(execution.outputs),
        },
        "labels": nested_labels(execution.labels),
        "inputs": dict(execution.inputs),
        "outputs": dict(execution.outputs),
    }


def _groups(trigger: Trigger) -> Iterable[_Group]:
    for condition in trigger.conditions:
        if kind_of(condition) == "MultipleCondition":
            yield _multiple_condition(condition)
    preconditions = trigger.properties.get("preconditions")
    if preconditions:
        yield _preconditions(preconditions)
    depends_on = trigger.properties.get("dependsOn")
    if depends_on:
        yield _depends_on(trigger, depends_on)


def _multiple_condition(condition: Condition) -> _Group:
    inner = condition.get("conditions")
    if not isinstance(inner, Mapping) or not inner or not condition.get("id"):
        raise BadCondition("MultipleCondition needs an `id` and a map of `conditions`", hint="name each condition")
    window = dict(condition.get("timeWindow") or condition.get("sla") or {})
    for name in ("window", "windowAdvance"):
        if condition.get(name) is not None:
            window.setdefault(name, condition[name])
    tests = {str(name): _test_of(one) for name, one in inner.items()}
    return _Group(str(condition["id"]), tests, window, reset=condition.get("resetOnSuccess", True) is not False)


def _test_of(condition: Condition) -> Callable[[ConditionContext], bool]:
    return lambda context: holds(condition, context)


def _preconditions(written: Mapping[str, Any]) -> _Group:
    tests: dict[str, Callable[[ConditionContext], bool]] = {}
    for upstream in written.get("flows") or ():
        tests[_digest(upstream)] = _upstream_test(upstream)
    for where in written.get("where") or ():
        tests[str(where.get("id"))] = _where_test(where)
    reset = written.get("resetOnSuccess", True) is not False
    return _Group(str(written.get("id")), tests, written.get("timeWindow") or {}, reset=reset)


def _depends_on(trigger: Trigger, depends_on: Iterable[Mapping[str, Any]]) -> _Group:
    window = trigger.properties.get("window")
    tests = {_digest(dependency): _upstream_test(dependency) for dependency in depends_on}
    mode = trigger.properties.get("mode") or "ALL"
    needed = {"ANY": 1, "AT_LEAST": trigger.properties.get("minSatisfied") or 1}.get(str(mode))
    reset = window is None or window.get("fireOnce") is True
    return _Group(f"depends_on_{trigger.id}", tests, time_window(window or {}), needed, reset)


def _upstream_test(upstream: Mapping[str, Any]) -> Callable[[ConditionContext], bool]:
    def test(context: ConditionContext) -> bool:
        execution = context.execution
        if execution is None:
            return False
        states = upstream.get("states")
        return (
            upstream.get("namespace") in (None, execution.namespace)
            and upstream.get("flowId") in (None, execution.flow_id)
            and (not states or execution.state in states)
            and has_labels(execution, upstream.get("labels") or {}, context)
            and (upstream.get("when") is None or truthy(context, upstream["when"]))
        )

    return test


def _where_test(where: Mapping[str, Any]) -> Callable[[ConditionContext], bool]:
    return lambda context: where_holds(where, context)


def _digest(written: Mapping[str, Any]) -> str:
    text = json.dumps(written, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _meet(
    group: _Group, context: ConditionContext, remembered: dict[str, Any], now: datetime, default_zone: str
) -> tuple[bool, Mapping[str, Any]]:
    """Note in ``remembered`` what this execution meets; says whether the group is now complete, with its outputs."""
    stored = remembered.get(group.id)
    window = Window.from_dict(stored) if stored else None
    if window is None or not window.contains(now):
        remembered.pop(group.id, None)
        window = open_window(group.window, now, default_zone)
    fresh = frozenset(key for key, test in group.tests.items() if _evaluated(test, context))
    if not fresh or not window.contains(now):
        return False, {}
    execution = context.execution
    outputs = _outputs_by_flow(execution) if execution is not None else {}
    window = window.meet(fresh, outputs)
    met = window.met & group.tests.keys()
    complete = len(met) >= (len(group.tests) if group.needed is None else group.needed)
    if complete and group.reset:
        remembered.pop(group.id, None)
    else:
        remembered[group.id] = window.as_dict()
    return complete, window.outputs


def _evaluated(test: Callable[[ConditionContext], bool], context: ConditionContext) -> bool:
    """As in Kestra, an expression that fails, say for a label this execution lacks, counts as not met."""
    try:
        return test(context)
    except BadCondition:
        raise
    except EngineError as error:
        _log.info("a condition of a trigger of %s.%s: %s", context.flow.namespace, context.flow.id, error.message)
        return False


def _outputs_by_flow(execution: ExecutionSummary) -> dict[str, Any]:
    """Outputs under their own names, and under namespace and flow so that same names do not hide each other."""
    if not execution.outputs:
        return {}
    nested: dict[str, Any] = {execution.flow_id: dict(execution.outputs)}
    for part in reversed(execution.namespace.split(".")):
        nested = {part: nested}
    return deep_merge(nested, dict(execution.outputs))


def _iso(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat().replace("+00:00", "Z")
