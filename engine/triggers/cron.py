"""Cron expressions with Kestra's rules: 5 fields (6 with seconds first), nicknames, a time zone.

Around clock changes they behave like Debian's cron: a fixed time that a change skips happens right after the gap,
one that happens twice fires once, and an expression with every hour follows the real hours.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import InvalidFlow

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS = ("minute", "hour", "day of month", "month", "day of week")


class InvalidCron(InvalidFlow):
    """A cron expression or time zone that Kestra would not accept."""

    code = "invalid-cron"


class Cron:
    """A parsed expression; InvalidCron when it is none."""

    def __init__(self, expression: str, timezone: str = "UTC", *, with_seconds: bool = False) -> None:
        self.expression = expression
        self.zone = zone_of(timezone)
        self._fields = _checked(expression, with_seconds)

    def next_after(self, moment: datetime) -> datetime | None:
        """The first date strictly later than ``moment`` (with zone), in the cron's own zone."""
        return self._step(moment, reverse=False)

    def previous_before(self, moment: datetime) -> datetime | None:
        """The last date strictly earlier than ``moment``, in the cron's own zone."""
        return self._step(moment, reverse=True)

    def _step(self, moment: datetime, *, reverse: bool) -> datetime | None:
        from cronsim import CronSim

        local = moment.astimezone(self.zone)
        if reverse and local.microsecond:
            local = (moment + timedelta(seconds=1)).replace(microsecond=0).astimezone(self.zone)
        found = next(CronSim(self._fields, local, reverse=reverse), None)
        return None if found is None else found.astimezone(self.zone)


def next_fire_times(cron: str, timezone: str, n: int, start: datetime, *, with_seconds: bool = False) -> list[datetime]:
    """The next ``n`` dates strictly after ``start`` (with zone); fewer when there are none. InvalidCron."""
    parsed = Cron(cron, timezone, with_seconds=with_seconds)
    dates: list[datetime] = []
    moment: datetime | None = start
    while len(dates) < n and moment is not None:
        moment = parsed.next_after(moment)
        if moment is not None:
            dates.append(moment)
    return dates


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name; InvalidCron when there is none of that name."""
    try:
        return ZoneInfo("UTC" if name == "Z" else name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidCron(
            f"'{name}' is not a time zone",
            hint="use a name such as Europe/Paris or America/New_York",
            code="bad-timezone",
        ) from None


def _checked(expression: str, with_seconds: bool) -> str:
    from cronsim import CronSim, CronSimError

    text = _NICKNAMES.get(expression.strip().lower(), expression.strip())
    fields = text.split()
    expected = ("second", *_FIELDS) if with_seconds and not expression.strip().startswith("@") else _FIELDS
    hint = f"write {len(expected)} fields: {', '.join(expected)}; or one of {', '.join(_NICKNAMES)}"
    if len(fields) != len(expected):
        more = "; set withSeconds to true for a field of seconds" if len(fields) == 6 and not with_seconds else ""
        raise InvalidCron(f"'{expression}' has {len(fields)} fields, not {len(expected)}", hint=hint + more)
    for name, written in zip(expected, fields, strict=True):
        if re.search(r"[#?]|\bL\b|\dL|LW", written, re.IGNORECASE):
            raise InvalidCron(f"'{written}' for the {name} in '{expression}' is not standard cron", hint=hint)
    try:
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise InvalidCron(f"'{expression}' is not a cron expression: {str(error).lower()}", hint=hint) from error
    return text
