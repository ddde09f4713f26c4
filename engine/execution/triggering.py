"""Executions that start by themselves: Flow triggers, webhooks, and the scheduler's starts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, InvalidInputs
from engine.execution.lifecycle import Request
from engine.execution.live import Live
from engine.execution.pool import Pool
from engine.execution.state import Execution
from engine.execution.variables import of_flow
from engine.flow.load import load_flow
from engine.flow.model import Flow

if TYPE_CHECKING:
    from engine.execution.executor import Executor
    from engine.storage.flows import StoredFlow
    from engine.triggers.conditions import ExecutionSummary
    from engine.triggers.registry import Fire
    from engine.triggers.scheduler import Scheduler
    from engine.triggers.store import TriggerStore
    from engine.triggers.webhook import WebhookRequest

_log = logging.getLogger(__name__)
_NEWEST = 20
"""Executions of a flow among which one that a crash left without its note is looked for."""
_ASKERS = 4
"""How many polling triggers are asked at once."""


class Triggering:
    """Knows which registered flows listen, and turns what their triggers say into executions."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self._store: TriggerStore | None = None
        self._listening: list[Flow] | None = None
        self._read: dict[tuple[str, str, int], Flow] = {}
        self._fired: set[tuple[str, str, str]] = set()
        """Triggers that have fired since the engine was opened."""
        self.scheduler: Scheduler | None = None
        self._askers = Pool(_ASKERS)

    @property
    def store(self) -> TriggerStore:
        """The states of triggers; opened when first needed."""
        if self._store is None:
            from engine.triggers.store import TriggerStore

            self._store = TriggerStore(self.executor.stores.database)
        return self._store

    def forget(self) -> None:
        """The registered flows have changed."""
        self._listening = None

    def listening(self) -> list[Flow]:
        """Registered flows with a Flow trigger."""
        if self._listening is None:
            mentioned = [s for s in self.executor.stores.flows.list() if "trigger" in s.source]
            self._listening = _listeners(mentioned) if mentioned else []
        return self._listening

    def state_changed(self, live: Live) -> None:
        """An execution has another state: start what listens to it. Called once for each change, by the leader."""
        execution = live.execution
        if execution.terminal and self.scheduler is not None:
            self.scheduler.execution_ended(execution.id, execution.state)
        if execution.kind == "LOOP" or not self.listening():
            return
        from engine.triggers.flow_events import fires_for

        fires = fires_for(
            self.listening(),
            summary_of(execution),
            self.store,
            datetime.fromtimestamp(self.executor.now(), UTC),
            render=self._render,
            variables=self.executor.base,
        )
        for fire in fires:
            try:
                self.start(fire, by=live)
            except EngineError as error:
                _log.warning("trigger %s of %s cannot start its flow: %s", fire.trigger.id, fire.flow.id, error)

    def _begin(self, fire: Fire) -> Live:
        """The execution of a trigger that nobody waits for: with inputs that do not fit it is there, and has failed."""
        try:
            return self.start(fire)
        except InvalidInputs as error:
            return self.start(fire, fails_with=error.message)

    def start(self, fire: Fire, *, by: Live | None = None, fails_with: str = "") -> Live:
        """The execution a trigger asks for; ``by`` is the one whose state it reacted to."""
        trigger = {"id": fire.trigger.id, "type": fire.trigger.type, "variables": dict(fire.variables)}
        lifecycle = self.executor.children.lifecycle
        readable, more = ((by.ref,), lifecycle.below(by)) if by else ((), {})
        request = Request(inputs=fire.inputs, labels=fire.labels, trigger=trigger, readable=readable, more=more)
        if fails_with:
            request = replace(request, ready_inputs={}, fails_with=fails_with)
        return lifecycle.create(fire.flow, request, self.executor.new_id())

    def webhook(self, flow: Flow, request: WebhookRequest) -> Live | None:
        """The execution a web request starts; None when its conditions are not met. NotFound for a wrong key."""
        from engine.triggers.webhook import receive

        variables = {
            **self.executor.base,
            "flow": of_flow(flow, self.executor.dialect),
            "vars": dict(flow.variables),
            "labels": dict(flow.labels),
        }
        fire = receive(flow, request, self._render, variables)
        return None if fire is None else self.start(fire)

    def _render(self, value: Any, variables: Mapping[str, Any]) -> Any:
        from engine.expressions.render import render_value

        return render_value(value, variables, self.executor.plain_services())

    def make_scheduler(self) -> Scheduler:
        """The scheduler for the registered flows; its starts go through the runner."""
        from engine.execution.polling import ask
        from engine.triggers.poller import Poller
        from engine.triggers.scheduler import Scheduler

        def begin(fire: Fire) -> str | None:
            before = self._begun_before(fire)
            return before or self.executor.runner.call(lambda: self._begin(fire)).execution.id

        if self.scheduler is None:
            shared: dict[str, Any] = {
                "flows": self._flows,
                "store": self.store,
                "start": begin,
                "clock": lambda: datetime.fromtimestamp(self.executor.now(), UTC),
                "render": self._render,
                "is_running": lambda execution: execution in self.executor.runner.live,
                "variables": self.executor.base,
            }
            poller = Poller(ask=partial(ask, self.executor), elsewhere=self._askers.submit, **shared)
            self.scheduler = Scheduler(poller=poller, **shared)
        return self.scheduler

    def close(self) -> None:
        """Polling triggers are asked no more."""
        self._askers.close()

    def _begun_before(self, fire: Fire) -> str | None:
        """The execution of this very date when a crash came between its start and the note that it was started.

        That can only be the first date of a trigger after a start of the engine, and one of the flow's newest
        executions. A backfill may run a date again.
        """
        name = (fire.flow.namespace, fire.flow.id, fire.trigger.id)
        if name in self._fired or fire.key.endswith("/backfill"):
            return None
        self._fired.add(name)
        journal = self.executor.runner.journal
        for row in journal.summaries(namespace=name[0], flow=name[1], limit=_NEWEST):
            trigger = journal.events(row.id)[0].get("trigger") or {}
            date = (trigger.get("variables") or {}).get("date")
            if trigger.get("id") == fire.trigger.id and date is not None and date == fire.variables.get("date"):
                return row.id
        return None

    def _flows(self) -> list[Flow]:
        """The registered flows with a trigger; each revision is read once, as the scheduler asks every second."""
        known, self._read = self._read, {}
        for stored in self.executor.stores.flows.list():
            if "trigger" in stored.source:
                key = (stored.namespace, stored.id, stored.revision)
                self._read[key] = known.get(key) or load_flow(stored.source, revision=stored.revision)
        return list(self._read.values())


def _listeners(stored: list[StoredFlow]) -> list[Flow]:
    from engine.triggers.flow_events import listens

    return [flow for flow in (load_flow(s.source, revision=s.revision) for s in stored) if listens(flow)]


def summary_of(execution: Execution, state: str | None = None) -> ExecutionSummary:
    """What triggers and conditions may know of an execution; ``state`` is the one it is about to have."""
    from engine.triggers.conditions import ExecutionSummary

    runs = list(execution.runs.values())
    failed = next((run.task_id for run in runs if run.state == "FAILED"), None)
    end = execution.end
    return ExecutionSummary(
        id=execution.id,
        namespace=execution.namespace,
        flow_id=execution.flow_id,
        state=state or execution.state,
        flow_revision=execution.revision,
        labels=execution.labels,
        inputs=execution.inputs,
        outputs=execution.outputs or {},
        start_date=datetime.fromtimestamp(execution.start, UTC),
        end_date=None if end is None else datetime.fromtimestamp(end, UTC),
        first_failed_task_id=failed,
        last_task_id=runs[-1].task_id if runs else None,
        attempt_states=tuple({attempt.state for run in runs for attempt in run.attempts}),
    )
