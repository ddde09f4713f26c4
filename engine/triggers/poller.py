"""The poller: asks what polling triggers ask, each at its interval, and starts executions for what they find.

Asking takes as long as the other side does, so it happens elsewhere; a tick only begins questions that are due and
looks at those that have been answered. What a trigger waits for is kept in the store of all triggers.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.durations import parse_duration
from engine.errors import EngineError, InvalidFlow
from engine.flow.model import Flow, Trigger
from engine.triggers.conditions import ConditionContext, all_hold
from engine.triggers.registry import Fire, Poll, Render, find, labels_of
from engine.triggers.store import TriggerKey, TriggerState, TriggerStore

_log = logging.getLogger(__name__)
Ask = Callable[[Flow, Trigger, str, Mapping[str, Any]], "Mapping[str, Any] | None"]
"""Runs a task of a type with properties for a trigger, outside of any execution; its outputs, None when it failed."""
DEFAULT_INTERVAL = timedelta(seconds=60)


@dataclass(eq=False)
class _Question:
    """What is being asked for a trigger."""

    asked: datetime
    done: bool = False
    outputs: Mapping[str, Any] | None = None


@dataclass
class Poller:
    """``flows`` gives the registered flows, ``start`` starts an execution, ``ask`` runs the task that finds out,
    ``elsewhere`` takes work that may take long, ``is_running`` says whether an execution has yet to end."""

    flows: Callable[[], Iterable[Flow]]
    store: TriggerStore
    start: Callable[[Fire], str | None]
    ask: Ask
    elsewhere: Callable[[Callable[[], None]], None]
    clock: Callable[[], datetime]
    render: Render
    is_running: Callable[[str], bool] = lambda _: False
    variables: Mapping[str, Any] = field(default_factory=dict)
    _asked: dict[TriggerKey, _Question] = field(default_factory=dict)

    @property
    def asking(self) -> bool:
        """Whether an answer is still to be taken in."""
        return bool(self._asked)

    def tick(self) -> list[Fire]:
        """Ask what is due, start what was found; gives what was started. A bad trigger does not stop others."""
        fires: list[Fire] = []
        for flow in self.flows():
            for trigger in () if flow.disabled else flow.triggers:
                kind = find(trigger.type)
                if trigger.disabled or kind is None or kind.poll is None:
                    continue
                try:
                    fire = self._tick_one(flow, trigger, kind.poll)
                except EngineError as error:
                    _log.warning("trigger %s of %s.%s: %s", trigger.id, flow.namespace, flow.id, error)
                    continue
                fires += [] if fire is None else [fire]
        return fires

    def _tick_one(self, flow: Flow, trigger: Trigger, poll: Poll) -> Fire | None:
        key = TriggerKey(flow.namespace, flow.id, trigger.id)
        state = self.store.get(key)
        if key not in self._asked and self._due(trigger, state):
            self._begin(key, flow, trigger, poll, state)
        question = self._asked.get(key)
        if question is None or not question.done:
            return None
        del self._asked[key]
        fire = self._fire(flow, trigger, poll, question)
        if fire is not None:
            execution_id = self.start(fire)
            if not _concurrent(trigger):
                state = self.store.get(key)
                self.store.advance(key, state, replace(state, execution_id=execution_id))
        return fire

    def _due(self, trigger: Trigger, state: TriggerState) -> bool:
        if state.disabled:
            return False
        if not _concurrent(trigger) and state.execution_id is not None and self.is_running(state.execution_id):
            return False
        changed = state.written != _digest(trigger)
        return changed or state.next is None or state.next <= self._now()

    def _begin(self, key: TriggerKey, flow: Flow, trigger: Trigger, poll: Poll, state: TriggerState) -> None:
        now = self._now()
        after = replace(state, written=_digest(trigger), next=now + _interval(trigger), last=now)
        self.store.advance(key, state, after)
        question = self._asked[key] = _Question(now)
        type_name, properties = poll.asks(trigger)

        def work() -> None:
            try:
                question.outputs = self.ask(flow, trigger, type_name, properties)
            finally:
                question.done = True

        self.elsewhere(work)

    def _fire(self, flow: Flow, trigger: Trigger, poll: Poll, question: _Question) -> Fire | None:
        if question.outputs is None:
            return None
        seen = self._variables(flow)
        found = poll.found(trigger, question.outputs, self.render, seen)
        if found is None:
            return None
        seen["trigger"] = found
        context = ConditionContext(flow, self.render, seen)
        if not all_hold(trigger.conditions, context, trigger.properties.get("when")):
            return None
        written = trigger.properties.get("inputs") or {}
        return Fire(
            flow,
            trigger,
            found,
            inputs={name: self.render(value, seen) for name, value in written.items()},
            labels=labels_of(trigger.properties.get("labels"), self.render, seen),
            date=question.asked,
            key=f"{flow.namespace}/{flow.id}/{trigger.id}/{question.asked.timestamp():.3f}",
        )

    def _variables(self, flow: Flow) -> dict[str, Any]:
        about = {"id": flow.id, "namespace": flow.namespace, "revision": flow.revision}
        return {"vars": dict(flow.variables), **self.variables, "flow": about, "labels": dict(flow.labels)}

    def _now(self) -> datetime:
        return self.clock().astimezone(UTC)


def _interval(trigger: Trigger) -> timedelta:
    written = trigger.properties.get("interval")
    try:
        return DEFAULT_INTERVAL if written is None else parse_duration(str(written))
    except ValueError as error:
        hint = "write an ISO 8601 duration such as PT5M"
        raise InvalidFlow(f"the interval of '{trigger.id}' is no duration", hint=hint, code="bad-duration") from error


def _concurrent(trigger: Trigger) -> bool:
    return trigger.properties.get("allowConcurrent") is True


def _digest(trigger: Trigger) -> str:
    """A trigger written anew is asked at once."""
    written = [trigger.type, {name: value for name, value in trigger.properties.items() if name != "stopAfter"}]
    return hashlib.sha256(json.dumps(written, default=str).encode()).hexdigest()[:16]
