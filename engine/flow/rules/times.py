"""Cron expressions, time zones and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.flow.context import Checked
from engine.flow.cron import cron_problem, meant_cron
from engine.flow.findings import Finding
from engine.flow.kinds import holds_expression
from engine.flow.names import nearest
from engine.flow.rules import rule

_DATE = re.compile(r"\d{4}-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d|\[.*\])*)?$")


@rule
def cron_expressions(ctx: Checked) -> Iterator[Finding]:
    """Five fields, six with seconds, or a name such as @daily; each within its range."""
    for trigger in ctx.triggers:
        text = trigger.value.get("cron")
        if text is None or holds_expression(text) or isinstance(text, dict | list):
            continue
        seconds = trigger.value.get("withSeconds") is True
        problem = cron_problem(str(text), with_seconds=seconds)
        if problem is None:
            continue
        path = (*trigger.path, "cron")
        meant = meant_cron(str(text), with_seconds=seconds)
        edit = ctx.replacing(ctx.source.at(path), f'"{meant}"') if meant else None
        hint = f"Write {meant}." if meant else problem[1]
        yield ctx.finding("bad_cron", path, f"cron: {problem[0]}", hint, edit=edit)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


@lru_cache(maxsize=512)
def zone_exists(name: str) -> bool:
    """Whether a time zone of this name exists; offsets such as +02:00 and UTC+2 do."""
    if re.match(r"(?:(?:UTC|GMT|UT)?[+-]\d{1,2}(?::?\d\d)?|Z)$", name):
        return True
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@rule
def time_zones(ctx: Checked) -> Iterator[Finding]:
    """The time zone of a trigger exists."""
    for trigger in ctx.triggers:
        name = trigger.value.get("timezone")
        if not isinstance(name, str) or holds_expression(name) or zone_exists(name):
            continue
        near = nearest(name, _zones(), 1, 0.7)
        hint = f"Did you mean {near[0][0]}?" if near else "Use a name such as Europe/Berlin or America/New_York."
        yield ctx.finding("bad_timezone", (*trigger.path, "timezone"), f"there is no time zone {name}", hint)


@rule
def dates(ctx: Checked) -> Iterator[Finding]:
    """Dates of ScheduleOnDates are dates."""
    for trigger in ctx.triggers:
        listed = trigger.value.get("dates")
        for i, date in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(date, str) and not holds_expression(date) and not _is_date(date):
                hint = "Write it as 2030-01-31T07:00:00Z."
                yield ctx.finding("bad_date", (*trigger.path, "dates", i), f"{date!r} is no date", hint)


def _is_date(text: str) -> bool:
    found = _DATE.match(text.strip())
    if not found:
        return False
    month, day, hour, minute, second = (int(g) if g else 0 for g in found.groups())
    return 1 <= month <= 12 and 1 <= day <= 31 and hour <= 24 and minute <= 59 and second <= 59
