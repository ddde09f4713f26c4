"""Functions over dates and the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from engine.expressions import java_dates
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import kind_of
from engine.expressions.registry import function
from engine.expressions.runtime import Frame
from engine.expressions.values import datetime_text, scalar_text

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_PLACES = {"FIRST": 0, "SECOND": 1, "THIRD": 2, "FOURTH": 3, "LAST": -1}


@function("now")
def now(
    frame: Frame,
    format_: Any = None,
    timeZone: Any = None,
    existingFormat: Any = None,
    locale: Any = None,
) -> str:
    """The current time as text, by a preset, a style or a Java pattern."""
    zone = java_dates.zone_or_default(frame, timeZone)
    return java_dates.write(frame, frame.services.now(), format_, zone, locale)


def _parsed(name: str, argument: str, value: Any) -> date | datetime:
    if value is None:
        raise ExpressionError(f"The '{name}()' function expects a '{argument}' argument")
    if isinstance(value, (datetime, date)):
        return value
    if not isinstance(value, str):
        raise ExpressionError(f"The '{name}()' function could not parse '{argument}': it is {kind_of(value)}")
    try:
        return java_dates.read_iso(value)
    except ExpressionError as error:
        message = f"The '{name}()' function could not parse '{argument}': {error.message}"
        raise ExpressionError(message, hint=error.hint) from error


def _day(name: str, value: Any) -> date:
    found = _parsed(name, "date", value)
    return found.date() if isinstance(found, datetime) else found


@function("dayOfMonth", since="2.0")
def day_of_month(frame: Frame, date: Any) -> int:
    """The day of a date within its month, 1 to 31."""
    return _day("dayOfMonth", date).day


@function("dayOfWeek", since="2.0")
def day_of_week(frame: Frame, date: Any) -> str:
    """The day of a date: MONDAY to SUNDAY."""
    return _DAYS[_day("dayOfWeek", date).weekday()]


@function("monthOfYear", since="2.0")
def month_of_year(frame: Frame, date: Any) -> int:
    """The month of a date, 1 to 12."""
    return _day("monthOfYear", date).month


@function("hourOfDay", since="2.0")
def hour_of_day(frame: Frame, date: Any) -> int:
    """The hour of a time, 0 to 23."""
    found = _parsed("hourOfDay", "date", date)
    if not isinstance(found, datetime):
        raise ExpressionError("The 'hourOfDay()' function could not parse 'date': it has no time")
    return found.hour


@function("isWeekend", since="2.0")
def is_weekend(frame: Frame, date: Any) -> bool:
    """Whether a date is a Saturday or a Sunday."""
    return _day("isWeekend", date).weekday() >= 5


def _moment(name: str, argument: str, value: Any) -> datetime:
    found = _parsed(name, argument, value)
    if not isinstance(found, datetime) or found.tzinfo is None:
        text = datetime_text(found) if isinstance(found, datetime) else scalar_text(found)
        message = f"The '{name}()' function could not parse '{argument}': '{text}' has no time zone"
        raise ExpressionError(message, hint="use the form 2026-01-31T12:00:00Z")
    return found


@function("isDateBetween", since="2.0")
def is_date_between(frame: Frame, date: Any, after: Any, before: Any) -> bool:
    """Whether a time lies after one and before another, both excluded; all with a zone."""
    moment = _moment("isDateBetween", "date", date)
    return _moment("isDateBetween", "after", after) < moment < _moment("isDateBetween", "before", before)


def _weekday(name: str, argument: str, value: Any) -> int:
    text = str(value).upper() if isinstance(value, str) else ""
    if text not in _DAYS:
        given = scalar_text(value) if isinstance(value, str) else kind_of(value)
        raise ExpressionError(
            f"The '{name}()' function received an invalid '{argument}': '{given}'", hint="one of " + ", ".join(_DAYS)
        )
    return _DAYS.index(text)


@function("isDayWeekInMonth", since="2.0")
def is_day_week_in_month(frame: Frame, date: Any, dayOfWeek: Any, dayInMonth: Any) -> bool:
    """Whether a date is, say, the FIRST or LAST MONDAY of its month."""
    day = _day("isDayWeekInMonth", date)
    weekday = _weekday("isDayWeekInMonth", "dayOfWeek", dayOfWeek)
    place = str(dayInMonth).upper()
    if place not in _PLACES:
        message = f"The 'isDayWeekInMonth()' function received an invalid 'dayInMonth': '{place[:50]}'"
        raise ExpressionError(message, hint="one of " + ", ".join(_PLACES))
    if day.weekday() != weekday:
        return False
    if place == "LAST":
        return day.day + 7 > monthrange(day.year, day.month)[1]
    return (day.day - 1) // 7 == _PLACES[place]


@function("isLastWorkingDay", since="2.0")
def is_last_working_day(frame: Frame, date: Any, workingDays: Any = None) -> bool:
    """Whether a date is the last working day of its month; Monday to Friday, or the days named."""
    day = _day("isLastWorkingDay", date)
    named = workingDays if isinstance(workingDays, str) else ""
    parts = [part for part in re.split(r"[,\s]+", named) if part]
    working = {_weekday("isLastWorkingDay", "workingDays", part) for part in parts} or set(range(5))
    if named.strip() and not parts:
        raise ExpressionError("The 'isLastWorkingDay()' function needs at least one day in 'workingDays'")
    last = monthrange(day.year, day.month)[1]
    final = next(d for d in range(last, 0, -1) if day.replace(day=d).weekday() in working)
    return day.day == final


@lru_cache(maxsize=64)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays

    known = holidays.list_supported_countries()
    if country not in known:
        raise ExpressionError(f"No public holidays are known for the country '{country[:20]}'")
    within = subdivision if subdivision in known[country] else None
    return frozenset(holidays.country_holidays(country, subdiv=within, years=year))


@function("isPublicHoliday", since="2.0")
def is_public_holiday(frame: Frame, date: Any, countryCode: Any, subDivision: Any = None) -> bool:
    """Whether a date is a public holiday of a country or of one of its parts (ISO 3166 codes)."""
    day = _day("isPublicHoliday", date)
    if not isinstance(countryCode, str):
        raise ExpressionError("The 'isPublicHoliday()' function expects a 'countryCode' argument")
    part = subDivision.strip() if isinstance(subDivision, str) else ""
    return day in _holidays(countryCode.upper(), part or None, day.year)
