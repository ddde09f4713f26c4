"""Backfill: the dates a schedule would have fired at in a past range, and how far it has got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.errors import Refused
from engine.triggers.registry import Timetable
from engine.triggers.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Backfill:
    """A range still to be run, both ends included. ``done`` is the last date handled, None at the start."""

    start: datetime
    end: datetime
    inputs: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    paused: bool = False
    done: datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.start > self.end:
            raise Refused(
                f"a backfill from {self.start.isoformat()} to {self.end.isoformat()} is not a range",
                hint="give a start that is not after the end, both with zone",
                code="bad-backfill",
            )

    def next_date(self, timetable: Timetable) -> datetime | None:
        """The next date to run, conditions not looked at; None when the range is finished."""
        return next(backfill_dates(timetable, self.start, self.end, self.done), None)

    def after(self, date: datetime) -> Backfill:
        """The same range with ``date`` done."""
        return replace(self, done=date)


def backfill_dates(
    timetable: Timetable, start: datetime, end: datetime, done: datetime | None = None
) -> Iterator[datetime]:
    """Dates from ``start`` to ``end``, both included, in order; those up to ``done`` left out."""
    moment = done if done is not None else start.astimezone(UTC) - timedelta(microseconds=1)
    # in UTC: dates of one zone compare by their clock time, which a clock change repeats
    while (date := timetable.next_after(moment)) is not None and date.astimezone(UTC) <= end.astimezone(UTC):
        yield date
        moment = date


def backfill_plan(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """The dates a backfill of this range would run, conditions included."""
    return [date for date in backfill_dates(schedule.timetable, start, end) if schedule.allows(date)]
