"""Schedule: a cron expression."""

from __future__ import annotations

from engine.flow.model import Trigger
from engine.triggers.registry import Timetable, TriggerKind, trigger_kind


def _timetable(trigger: Trigger, default_zone: str) -> Timetable:
    from engine.triggers.timetables import cron_timetable

    return cron_timetable(trigger, default_zone)


SCHEDULE = trigger_kind(
    TriggerKind(
        "io.kestra.plugin.core.trigger.Schedule",
        "time",
        _timetable,
        ("io.kestra.core.models.triggers.types.Schedule",),
    )
)
