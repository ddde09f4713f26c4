"""Time-based triggers: the dates they fire at, conditions included, and the variables they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.durations import parse_duration
from engine.errors import EngineError, InvalidFlow
from engine.flow.model import Flow, Trigger
from engine.triggers.conditions import ConditionContext, all_hold
from engine.triggers.registry import Fire, Render, Timetable, find, labels_of

_FURTHEST = 10_000
"""How many dates are looked at for one that the conditions allow, when only ``next`` or ``previous`` is wanted."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time-based trigger of a flow, ready to be asked. ``variables`` are what its expressions see beside
    ``trigger`` (flow, vars, envs, ...)."""

    flow: Flow
    trigger: Trigger
    timetable: Timetable
    render: Render
    variables: Mapping[str, Any]

    @classmethod
    def of(cls, flow: Flow, trigger: Trigger, render: Render, variables: Mapping[str, Any], zone: str) -> Schedule:
        """InvalidFlow when the trigger is not a usable time-based one; ``zone`` is for triggers that name none."""
        kind = find(trigger.type)
        if kind is None or kind.timetable is None:
            raise InvalidFlow(f"'{trigger.type}' is not a schedule", hint="use a Schedule trigger")
        return cls(flow, trigger, kind.timetable(trigger, zone), render, variables)

    @property
    def late_maximum_delay(self) -> timedelta | None:
        """How late a date may still start an execution; None for any time."""
        text = self.trigger.properties.get("lateMaximumDelay")
        return None if text is None else parse_duration(str(text))

    def allows(self, date: datetime) -> bool:
        """Whether the conditions (``when`` too) are met on this date. EngineError when one cannot be evaluated."""
        conditions = (*self.trigger.conditions, *(self.trigger.properties.get("scheduleConditions") or ()))
        when = self.trigger.properties.get("when")
        if not conditions and when is None:
            return True
        dates = {"date": _iso(date), "next": _iso(self.timetable.next_after(date))}
        dates["previous"] = _iso(self.timetable.previous_before(date))
        variables = {**self.variables, "trigger": dates, "schedule": dates}
        return all_hold(conditions, ConditionContext(self.flow, self.render, variables), when)

    def next_allowed(self, moment: datetime) -> datetime | None:
        """The first date after ``moment`` that the conditions allow; None when none is near."""
        return self._allowed(moment, forward=True)

    def previous_allowed(self, moment: datetime) -> datetime | None:
        """The last date before ``moment`` that the conditions allow; None when none is near."""
        return self._allowed(moment, forward=False)

    def dates(self, date: datetime) -> dict[str, str | None]:
        """``trigger.date``, ``trigger.next`` and ``trigger.previous`` as ISO text in the trigger's zone."""
        following, preceding = self.next_allowed(date), self.previous_allowed(date)
        return {"date": _iso(date), "next": _iso(following), "previous": _iso(preceding)}

    def fire(self, date: datetime, inputs: Mapping[str, Any] | None = None, labels: Any = None) -> Fire:
        """The execution of one date; ``inputs`` and ``labels`` (of a backfill) come on top of the trigger's own."""
        dates = self.dates(date)
        variables = {**self.variables, "trigger": dates, "schedule": dates}
        written = {**(self.trigger.properties.get("inputs") or {}), **(inputs or {})}
        key = f"{self.flow.namespace}/{self.flow.id}/{self.trigger.id}/{date.timestamp():.0f}"
        return Fire(
            self.flow,
            self.trigger,
            dates,
            inputs={name: self.render(value, variables) for name, value in written.items()},
            labels={
                **labels_of(self.trigger.properties.get("labels"), self.render, variables),
                **labels_of(labels, self.render, variables),
            },
            date=date,
            key=key,
        )

    def _allowed(self, moment: datetime, *, forward: bool) -> datetime | None:
        step = self.timetable.next_after if forward else self.timetable.previous_before
        date = step(moment)
        for _ in range(_FURTHEST):
            if date is None or self._allows_quietly(date):
                return date
            date = step(date)
        return None

    def _allows_quietly(self, date: datetime) -> bool:
        """A condition that cannot be evaluated for a neighbouring date must not stop the date that is due."""
        try:
            return self.allows(date)
        except EngineError:
            return False


def schedules(flow: Flow, render: Render, variables: Mapping[str, Any], zone: str = "UTC") -> list[Schedule]:
    """The enabled time-based triggers of an enabled flow. InvalidFlow when one is not usable."""
    if flow.disabled:
        return []
    timed = [t for t in flow.triggers if not t.disabled and (kind := find(t.type)) and kind.reacts_to == "time"]
    return [Schedule.of(flow, trigger, render, variables, zone) for trigger in timed]


def _iso(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat().replace("+00:00", "Z")
