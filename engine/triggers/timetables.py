"""The timetables of time-based triggers, read from how the triggers are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.errors import InvalidFlow
from engine.flow.model import Trigger
from engine.triggers.cron import Cron, zone_of
from engine.triggers.registry import Timetable


class FixedDates:
    """The timetable of ScheduleOnDates: a list of dates. Dates without a zone are in the trigger's."""

    def __init__(self, dates: list[Any], timezone: str) -> None:
        zone = zone_of(timezone)
        moments = [datetime.fromisoformat(str(date)) for date in dates]
        self._zone = zone
        self._dates = sorted({(m if m.tzinfo else m.replace(tzinfo=zone)).astimezone(UTC) for m in moments})

    def next_after(self, moment: datetime) -> datetime | None:
        found = next((date for date in self._dates if date > moment), None)
        return None if found is None else found.astimezone(self._zone)

    def previous_before(self, moment: datetime) -> datetime | None:
        found = next((date for date in reversed(self._dates) if date < moment), None)
        return None if found is None else found.astimezone(self._zone)


def cron_timetable(trigger: Trigger, default_zone: str) -> Timetable:
    """The dates of a Schedule; ``default_zone`` where it names none. InvalidFlow."""
    cron = trigger.properties.get("cron")
    if not isinstance(cron, str):
        raise InvalidFlow(
            f"the trigger '{trigger.id}' has no cron", hint='write cron: "0 9 * * *"', code="invalid-cron"
        )
    with_seconds = trigger.properties.get("withSeconds") is True
    return Cron(cron, str(trigger.properties.get("timezone") or default_zone), with_seconds=with_seconds)


def date_timetable(trigger: Trigger, default_zone: str) -> Timetable:
    """The dates of a ScheduleOnDates; ``default_zone`` where it names none. InvalidFlow."""
    dates = trigger.properties.get("dates")
    if not isinstance(dates, list | tuple):
        raise InvalidFlow(
            f"the trigger '{trigger.id}' has no dates", hint="write a list of dates", code="invalid-dates"
        )
    try:
        return FixedDates(list(dates), str(trigger.properties.get("timezone") or default_zone))
    except ValueError as error:
        raise InvalidFlow(
            f"the trigger '{trigger.id}' has a date that is none: {error}", hint="use ISO 8601", code="invalid-dates"
        ) from error
