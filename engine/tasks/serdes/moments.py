"""Dates and times as a serdes task writes them: by Java patterns, in the task's own zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from engine.errors import TaskFailed
from engine.tasks.ion import to_json
from engine.tasks.props import Props, as_text


@dataclass(frozen=True, slots=True)
class Moments:
    """The three formats and the zone of one task."""

    date: str
    time: str
    date_time: str
    zone: tzinfo

    def text(self, value: Any) -> str:
        """A cell's text: null is empty, decimals are plain, lists and maps are JSON."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return self._written(value if value.tzinfo else value.replace(tzinfo=self.zone), self.date_time)
        if isinstance(value, date):
            return self._written(datetime(value.year, value.month, value.day, tzinfo=self.zone), self.date)
        if isinstance(value, time):
            return self._written(datetime.combine(date(1970, 1, 1), value, tzinfo=self.zone), self.time)
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, Mapping | list):
            return as_text(to_json(value))
        return as_text(value)

    def _written(self, moment: datetime, pattern: str) -> str:
        from engine.expressions.java_patterns import write

        return write(moment.astimezone(self.zone), pattern.replace("[", "").replace("]", ""), "en")


def moments_of(props: Props, *, date_time_name: str = "dateTimeFormat") -> Moments:
    """Formats and zone from a task's properties. TaskFailed for an unknown zone."""
    return Moments(
        date=props.text("dateFormat", "yyyy-MM-dd"),
        time=props.text("timeFormat", "HH:mm:ss[XXX]"),
        date_time=props.text(date_time_name, "yyyy-MM-dd'T'HH:mm:ss.SSS[XXX]"),
        zone=zone_of(props.text("timeZoneId")),
    )


def in_zone(value: Any, zone: tzinfo) -> Any:
    """The value with every moment in it in a zone; a time without zone is one of it."""
    if isinstance(value, datetime):
        return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, Mapping):
        return {key: in_zone(item, zone) for key, item in value.items()}
    return [in_zone(item, zone) for item in value] if isinstance(value, list) else value


def zoned(props: Props) -> Callable[[Any], Any]:
    """What puts the moments of a row into the task's ``timeZoneId``; nothing is done without one."""
    name = props.text("timeZoneId")
    zone = zone_of(name)
    return (lambda row: in_zone(row, zone)) if name else (lambda row: row)


def zone_of(name: str) -> tzinfo:
    """A zone by its name; UTC when none is given. TaskFailed when unknown."""
    if not name or name.upper() in ("UTC", "Z"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        raise TaskFailed(
            f"'{name}' is not a time zone", code="wrong-kind", hint="write one like Europe/Paris"
        ) from None
