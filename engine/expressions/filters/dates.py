"""Filters over dates."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from engine.expressions import java_dates
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import Long, is_number, kind_of
from engine.expressions.registry import filter_
from engine.expressions.runtime import Frame

_MAX_AMOUNT = 10**12
_WHOLE = re.compile(r"[+-]?\d{1,18}")


@filter_("date")
def date(
    frame: Frame,
    value: Any,
    format_: Any = None,
    timeZone: Any = None,
    existingFormat: Any = None,
    locale: Any = None,
) -> Any:
    """A date as text, by a preset, a style or a Java pattern."""
    if value is None:
        return None
    zone = java_dates.zone_or_default(frame, timeZone)
    return java_dates.write(frame, java_dates.to_moment(frame, value, zone, existingFormat), format_, zone, locale)


@filter_("dateAdd")
def date_add(
    frame: Frame,
    value: Any,
    amount: Any,
    unit: Any,
    format_: Any = None,
    timeZone: Any = None,
    existingFormat: Any = None,
    locale: Any = None,
) -> Any:
    """A date moved by an amount of units (``DAYS``, ``HOURS``, ...), as text."""
    if value is None:
        return None
    count = _amount(amount)
    zone = java_dates.zone_or_default(frame, timeZone)
    moment = java_dates.to_moment(frame, value, zone, existingFormat)
    return java_dates.write(frame, java_dates.plus(moment, count, str(unit)), format_, zone, locale)


def _amount(value: Any) -> int:
    """A number, or a text of one (as an input of type STRING gives it)."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if not is_number(value) or not -_MAX_AMOUNT <= value <= _MAX_AMOUNT:
        given = f"'{value[:50]}'" if isinstance(value, str) else kind_of(value)
        raise ExpressionError(f"The argument 'amount' must be a whole number, not {given}")
    return int(value)


def _moment(frame: Frame, value: Any, zone: Any, existing: Any) -> datetime:
    return java_dates.to_moment(frame, value, java_dates.zone_or_default(frame, zone), existing)


def _seconds(moment: datetime) -> int:
    return int((moment.replace(microsecond=0)).timestamp())


@filter_("timestamp")
def timestamp(frame: Frame, value: Any, timeZone: Any = None, existingFormat: Any = None) -> Any:
    """Seconds since 1970."""
    return None if value is None else Long(_seconds(_moment(frame, value, timeZone, existingFormat)))


@filter_("timestampMilli", since="0.22")
def timestamp_milli(frame: Frame, value: Any, timeZone: Any = None, existingFormat: Any = None) -> Any:
    """Milliseconds since 1970."""
    if value is None:
        return None
    moment = _moment(frame, value, timeZone, existingFormat)
    return Long(_seconds(moment) * 1000 + moment.microsecond // 1000)


@filter_("timestampMicro")
def timestamp_micro(frame: Frame, value: Any, timeZone: Any = None, existingFormat: Any = None) -> Any:
    """Seconds since 1970 times 10^9, plus the microseconds of the second: a peculiarity of Kestra, kept."""
    if value is None:
        return None
    moment = _moment(frame, value, timeZone, existingFormat)
    return Long(_seconds(moment) * 1_000_000_000 + moment.microsecond)


@filter_("timestampNano")
def timestamp_nano(frame: Frame, value: Any, timeZone: Any = None, existingFormat: Any = None) -> Any:
    """Nanoseconds since 1970."""
    if value is None:
        return None
    moment = _moment(frame, value, timeZone, existingFormat)
    return Long(_seconds(moment) * 1_000_000_000 + moment.microsecond * 1000)
