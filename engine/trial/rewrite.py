"""A flow made fit for a trial: nothing that waits for people, other flows or a schedule, everything else as it is."""

from __future__ import annotations

from dataclasses import replace

from engine.flow.model import Flow, Task
from engine.trial.texts import mapped

STAND_IN = "trial:"
"""Put before the type of a task that the core would walk or wait for; the rest of the type stays to be read."""

_FLOW = "io.kestra.plugin.core.flow."
WAITING = frozenset(_FLOW + name for name in ("Pause", "Subflow", "ForEachItem", "Approval", "Template"))
"""Flowables that wait for people or run other flows."""

_REPEATING = frozenset(_FLOW + name for name in ("LoopUntil", "WaitFor"))
_ROUNDS = 3


def fit_for_trial(flow: Flow) -> Flow:
    """No triggers, concurrency, checks or SLA; pauses and other flows stood in for; loops end after a few rounds."""
    bare = replace(flow, triggers=(), concurrency=None, checks=(), sla=(), disabled=False, source="")
    return mapped(bare, _fit)


def _fit(task: Task) -> Task:
    if task.type == _FLOW + "Pause" and task.properties.get("tasks"):
        return replace(task, type=_FLOW + "Sequential")
    if task.type in WAITING:
        return replace(task, type=STAND_IN + task.type)
    if task.type in _REPEATING:
        frequency = {**(task.properties.get("checkFrequency") or {}), "maxIterations": _ROUNDS}
        properties = {**task.properties, "checkFrequency": frequency, "failOnMaxReached": False}
        return replace(task, properties=properties)
    return task
