"""The scheduler: starts executions when the dates of registered flows' triggers come.

State is kept before and after each start, so that a restart neither loses a date nor, with a start function that
looks at ``Fire.key``, runs one twice. One trigger has one execution at a time unless it says ``allowConcurrent``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from engine.errors import EngineError, NotFound
from engine.flow.model import Flow, Trigger
from engine.triggers.backfill import Backfill
from engine.triggers.poller import Poller
from engine.triggers.registry import Fire, Render
from engine.triggers.schedule import Schedule, schedules
from engine.triggers.store import TriggerKey, TriggerState, TriggerStore

_log = logging.getLogger(__name__)
Start = Callable[[Fire], str | None]
"""Starts an execution; gives its id, or None when the trigger need not wait for its end."""
_PER_TICK = 1_000
"""Dates of one trigger handled in one tick, so that a long gap does not keep other triggers waiting."""


@dataclass
class Scheduler:
    """``flows`` gives the registered flows, ``clock`` the current time with zone, ``is_running`` whether an execution
    has yet to end, ``recover`` (ALL, LAST, NONE) what to do about dates missed while nothing ran, for triggers that do
    not say it themselves. ``variables`` are the surroundings of expressions (envs, globals, ...)."""

    flows: Callable[[], Iterable[Flow]]
    store: TriggerStore
    start: Start
    clock: Callable[[], datetime]
    render: Render
    is_running: Callable[[str], bool] = lambda _: False
    variables: Mapping[str, Any] = field(default_factory=dict)
    default_zone: str = "UTC"
    recover: str = "ALL"
    poller: Poller | None = None
    """Who asks for the polling triggers; each tick is one of its too."""
    _seen: set[TriggerKey] = field(default_factory=set)
    """Triggers met since this scheduler began: what they missed before is recovered once."""
    _quiet: set[TriggerKey] = field(default_factory=set)
    """Triggers that their flow disables, and whose waiting dates are already forgotten."""

    def tick(self) -> list[Fire]:
        """Start whatever is due now; gives what was started. One bad trigger is logged and does not stop others."""
        fires: list[Fire] = []
        for flow in self.flows():
            self._forget_dates_of_disabled(flow)
            try:
                found = schedules(flow, self.render, self._variables(flow), self.default_zone)
            except EngineError as error:
                _log.warning("the triggers of %s.%s: %s", flow.namespace, flow.id, error)
                continue
            for schedule in found:
                fires += self._tick_one(schedule)
        return fires + (self.poller.tick() if self.poller is not None else [])

    def next_due(self) -> datetime | None:
        """The earliest date that a known trigger waits for; None when there is none."""
        dates = [s.next for key, s in self.store.all().items() if s.next and not s.disabled and key in self._seen]
        return min(dates, default=None)

    def run(self, stop: threading.Event, *, longest_wait: float = 1.0) -> None:
        """Tick until ``stop`` is set, sleeping until the next date but never longer than ``longest_wait`` seconds."""
        while not stop.is_set():
            self.tick()
            due = self.next_due()
            wait = longest_wait if due is None else (due - self._now()).total_seconds()
            stop.wait(min(max(wait, 0.01), longest_wait))

    def execution_ended(self, execution_id: str, state: str) -> None:
        """An execution ended: its trigger may go on, or is switched off when ``stopAfter`` names the state."""
        for key in self.store.holding(execution_id):
            trigger = self._trigger(key)
            stops = trigger is not None and state in (trigger.properties.get("stopAfter") or ())
            held = self.store.get(key)
            self.store.advance(key, held, replace(held, execution_id=None))
            if stops:
                self.store.set_disabled(key, True)

    def backfill(
        self,
        key: TriggerKey,
        start: datetime,
        end: datetime,
        *,
        inputs: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Backfill:
        """Run the dates of a past range, both ends included, one after another. NotFound, Refused for a bad range."""
        if not self._schedules_of(key):
            raise NotFound(
                f"no schedule '{key.trigger_id}' in '{key.namespace}.{key.flow_id}'",
                hint="name an enabled Schedule trigger of a registered flow",
                code="trigger-not-found",
            )
        backfill = Backfill(start, end, inputs or {}, labels or {})
        self.store.set_backfill(key, backfill)
        return backfill

    def schedule_of(self, flow: Flow, trigger_id: str) -> Schedule:
        """The schedule of one trigger of a flow, which need not be registered. NotFound."""
        for schedule in schedules(flow, self.render, self._variables(flow), self.default_zone):
            if schedule.trigger.id == trigger_id:
                return schedule
        raise NotFound(
            f"no schedule '{trigger_id}' in '{flow.namespace}.{flow.id}'",
            hint="name an enabled Schedule trigger of the flow",
            code="trigger-not-found",
        )

    def pause_backfill(self, key: TriggerKey, paused: bool = True) -> None:
        """Pause or resume the backfill of a trigger; NotFound when there is none."""
        if not self.store.pause_backfill(key, paused):
            raise NotFound(f"'{key.trigger_id}' has no backfill", hint="start one first", code="backfill-not-found")

    def _forget_dates_of_disabled(self, flow: Flow) -> None:
        """A trigger enabled again goes on from then; what it would have done meanwhile is not caught up on."""
        for trigger in flow.triggers:
            key = TriggerKey(flow.namespace, flow.id, trigger.id)
            if not (flow.disabled or trigger.disabled):
                self._quiet.discard(key)
            elif key not in self._quiet:
                self._quiet.add(key)
                self.store.forget_dates(key)

    def _now(self) -> datetime:
        """In UTC: dates of one zone compare by their clock time, which a clock change repeats."""
        return self.clock().astimezone(UTC)

    def _variables(self, flow: Flow) -> dict[str, Any]:
        about = {"id": flow.id, "namespace": flow.namespace, "revision": flow.revision}
        return {"vars": dict(flow.variables), **self.variables, "flow": about, "labels": dict(flow.labels)}

    def _trigger(self, key: TriggerKey) -> Trigger | None:
        flows = (f for f in self.flows() if (f.namespace, f.id) == (key.namespace, key.flow_id))
        return next((t for flow in flows for t in flow.triggers if t.id == key.trigger_id), None)

    def _schedules_of(self, key: TriggerKey) -> list[Schedule]:
        found = []
        for flow in self.flows():
            if (flow.namespace, flow.id) == (key.namespace, key.flow_id):
                found += schedules(flow, self.render, self._variables(flow), self.default_zone)
        return [schedule for schedule in found if schedule.trigger.id == key.trigger_id]

    def _tick_one(self, schedule: Schedule) -> list[Fire]:
        key = TriggerKey(schedule.flow.namespace, schedule.flow.id, schedule.trigger.id)
        fires: list[Fire] = []
        try:
            state = self._prepared(key, schedule)
            for _ in range(_PER_TICK):
                if not self._may_start(schedule, state):
                    break
                step = self._backfill_step if state.backfill and not state.backfill.paused else self._due_step
                after, fire, more = step(schedule, state)
                if not more:
                    break
                if fire is not None:
                    fires.append(fire)
                    after = self._started(key, schedule, after, fire)
                self.store.advance(key, state, after)
                state = self.store.get(key)
        except EngineError as error:
            _log.warning("trigger %s of %s.%s: %s", key.trigger_id, key.namespace, key.flow_id, error)
        return fires

    def _prepared(self, key: TriggerKey, schedule: Schedule) -> TriggerState:
        """The state, brought up to date with the trigger's definition and, once, with what was missed."""
        stored = state = self.store.get(key)
        now = self._now()
        written = _digest(schedule)
        if state.written != written:
            state = replace(state, written=written, next=schedule.timetable.next_after(now))
        elif key not in self._seen and state.next is not None and state.next <= now:
            state = replace(state, next=self._recovered(schedule, state.next, now))
        self._seen.add(key)
        if state != stored:
            self.store.advance(key, stored, state)
        return state

    def _recovered(self, schedule: Schedule, missed: datetime, now: datetime) -> datetime | None:
        how = str(schedule.trigger.properties.get("recoverMissedSchedules") or self.recover)
        if how == "NONE":
            return schedule.timetable.next_after(now)
        if how == "LAST":
            last = schedule.timetable.previous_before(now)
            return max(missed, last) if last is not None else missed
        return missed

    def _may_start(self, schedule: Schedule, state: TriggerState) -> bool:
        if state.disabled:
            return False
        concurrent = schedule.trigger.properties.get("allowConcurrent") is True
        return concurrent or state.execution_id is None or not self.is_running(state.execution_id)

    def _due_step(self, schedule: Schedule, state: TriggerState) -> tuple[TriggerState, Fire | None, bool]:
        """Handle the date that is due, if any: the state after it, what to start, whether to look again."""
        now = self._now()
        date = state.next
        if date is None or date > now:
            return state, None, False
        after = replace(state, next=schedule.timetable.next_after(date), last=date)
        delay = schedule.late_maximum_delay
        if delay is not None and date.astimezone(UTC) + delay < now:
            return after, None, True
        return after, _fire(schedule, date), True

    def _backfill_step(self, schedule: Schedule, state: TriggerState) -> tuple[TriggerState, Fire | None, bool]:
        """Handle the backfill's next date; at its end the schedule goes on where it was."""
        backfill = state.backfill
        date = backfill.next_date(schedule.timetable) if backfill is not None else None
        if backfill is None or date is None:
            return replace(state, backfill=None), None, True
        after = replace(state, backfill=backfill.after(date))
        fire = _fire(schedule, date, backfill)
        return after, replace(fire, key=f"{fire.key}/backfill") if fire else None, True

    def _started(self, key: TriggerKey, schedule: Schedule, state: TriggerState, fire: Fire) -> TriggerState:
        """Start it. A start that is refused (bad inputs, say) is logged and its date is done with."""
        try:
            execution_id = self.start(fire)
        except EngineError as error:
            _log.warning("trigger %s of %s.%s did not start: %s", key.trigger_id, key.namespace, key.flow_id, error)
            return state
        concurrent = schedule.trigger.properties.get("allowConcurrent") is True
        return state if concurrent else replace(state, execution_id=execution_id)


def _fire(schedule: Schedule, date: datetime, backfill: Backfill | None = None) -> Fire | None:
    """What a date starts; a condition or input that cannot be evaluated is logged, and its date is done with."""
    try:
        if not schedule.allows(date):
            return None
        return schedule.fire(date, backfill.inputs if backfill else None, backfill.labels if backfill else None)
    except EngineError as error:
        flow = schedule.flow
        _log.warning("trigger %s of %s.%s, %s: %s", schedule.trigger.id, flow.namespace, flow.id, date, error)
        return None


def _digest(schedule: Schedule) -> str:
    """What a date depends on: when it changes, waiting dates of the old definition are dropped."""
    names = ("cron", "timezone", "withSeconds", "dates")
    written = [schedule.trigger.type, *(schedule.trigger.properties.get(name) for name in names)]
    return hashlib.sha256(json.dumps(written, default=str).encode()).hexdigest()[:16]
