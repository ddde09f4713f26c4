"""ScheduleOnDates: a list of dates."""

from __future__ import annotations

from engine.flow.model import Trigger
from engine.triggers.registry import Timetable, TriggerKind, trigger_kind


def _timetable(trigger: Trigger, default_zone: str) -> Timetable:
    from engine.triggers.timetables import date_timetable

    return date_timetable(trigger, default_zone)


SCHEDULE_ON_DATES = trigger_kind(TriggerKind("io.kestra.plugin.core.trigger.ScheduleOnDates", "time", _timetable))
