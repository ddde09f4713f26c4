"""Dates as Kestra's date filters take and write them: presets, styles, Java patterns, zones, units."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.expressions import java_patterns
from engine.expressions.errors import ExpressionError, near
from engine.expressions.numbers import is_number, kind_of
from engine.expressions.runtime import Frame
from engine.expressions.values import offset_text

DEFAULT_LOCALE = "en_US"
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?(?:\[([\w/+\-]+)\])?)?"
)
_STYLES = ("full", "long", "medium", "short")
_PATTERNS = {
    "iso": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "iso_sec": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "sql": "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "sql_seq": "yyyy-MM-dd HH:mm:ss",
}


def _clock(moment: datetime) -> str:
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%H:%M:%S}{fraction}"


def _day(moment: datetime) -> str:
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"


def _region(moment: datetime) -> str:
    name = getattr(moment.tzinfo, "key", None)
    return f"[{name}]" if isinstance(name, str) else ""


def _instant(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{_day(moment)}T{_clock(moment)}Z"


def _week(moment: datetime) -> str:
    year, week, day = moment.isocalendar()
    return f"{year:04d}-W{week:02d}-{day}{offset_text(moment)}"


def _rfc(moment: datetime) -> str:
    offset = offset_text(moment).replace(":", "")
    text = java_patterns.write(moment, "EEE, d MMM yyyy HH:mm:ss", DEFAULT_LOCALE)
    return f"{text} {'GMT' if offset == 'Z' else offset}"


_PRESETS: dict[str, Callable[[datetime], str]] = {
    "iso_date_time": lambda m: f"{_day(m)}T{_clock(m)}{offset_text(m)}{_region(m)}",
    "iso_zoned_date_time": lambda m: f"{_day(m)}T{_clock(m)}{offset_text(m)}{_region(m)}",
    "iso_date": lambda m: _day(m) + offset_text(m),
    "iso_time": lambda m: _clock(m) + offset_text(m),
    "iso_offset_time": lambda m: _clock(m) + offset_text(m),
    "iso_local_date": _day,
    "iso_local_time": _clock,
    "iso_local_date_time": lambda m: f"{_day(m)}T{_clock(m)}",
    "iso_instant": _instant,
    "iso_ordinal_date": lambda m: f"{m.year:04d}-{m.timetuple().tm_yday:03d}{offset_text(m)}",
    "iso_week_date": _week,
    "rfc_1123_date_time": _rfc,
}


@lru_cache(maxsize=256)
def zone_of(name: str) -> Any:
    """A zone by name or offset. ExpressionError when there is none."""
    if re.fullmatch(r"Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d)?", name):
        return java_patterns.offset_zone(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        import zoneinfo

        hint = near(name, zoneinfo.available_timezones())
        raise ExpressionError(f"Unknown time zone '{name[:100]}'", hint=hint) from error


def zone_or_default(frame: Frame, name: Any) -> Any:
    """The zone named, else the one of the engine's clock."""
    if name is None:
        return frame.services.now().tzinfo or UTC
    if not isinstance(name, str):
        raise ExpressionError(f"The argument 'timeZone' must be a text, not {kind_of(name)}")
    return zone_of(name)


@lru_cache(maxsize=64)
def locale_of(name: str) -> str:
    """A locale's identifier, checked. ExpressionError when it is unknown."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name.replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ExpressionError(f"Unknown locale '{name[:50]}'") from error


def read_iso(text: str) -> datetime | date:
    """A date, a local time or a time with zone, in ISO form. ExpressionError when it is none of these."""
    found = _ISO.fullmatch(text)
    try:
        if found is None:
            raise ValueError("use the form 2024-12-31 or 2024-12-31T23:59:59Z")
        year, month, day, hour, minute, second, fraction, offset, region = found.groups()
        if hour is None:
            return date(int(year), int(month), int(day))
        micro = int((fraction or "0").ljust(6, "0")[:6])
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)
        if region:
            return moment.replace(tzinfo=zone_of(region))
        return moment.replace(tzinfo=java_patterns.offset_zone(offset)) if offset else moment
    except ValueError as error:
        hint = str(error) if found is None else ""
        raise ExpressionError(f"Text '{text[:100]}' could not be parsed as a date", hint=hint) from error


def _read(text: str, existing_format: Any, locale: str) -> datetime | date:
    if existing_format is None:
        return read_iso(text)
    name = str(existing_format)
    if name == "rfc_1123_date_time":
        from email.utils import parsedate_to_datetime

        try:
            return parsedate_to_datetime(text)
        except (ValueError, TypeError) as error:
            raise ExpressionError(f"Text '{text[:100]}' could not be parsed as a date") from error
    if name in _PRESETS:
        return read_iso(text)
    return java_patterns.read(text, _PATTERNS.get(name, name), locale, zone_of)


def to_moment(frame: Frame, value: Any, zone: Any, existing_format: Any = None) -> datetime:
    """Any date value as a moment with zone: numbers are epoch seconds, a date value is its noon."""
    if isinstance(value, str):
        value = _read(value, existing_format, DEFAULT_LOCALE)
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.replace(tzinfo=zone)
        return value.astimezone(zone) if value.tzinfo is UTC else value
    if isinstance(value, date):
        return datetime.combine(value, time(12), zone)
    if is_number(value):
        try:
            return datetime.fromtimestamp(float(value), zone)
        except (ValueError, OverflowError, OSError) as error:
            raise ExpressionError("The number is too large for a date in epoch seconds") from error
    raise ExpressionError(f"{kind_of(value).capitalize()} cannot be read as a date")


def write(frame: Frame, moment: datetime, format_: Any, zone: Any, locale: Any) -> str:
    """A moment in a zone, by a preset's name, a style (full, long, medium, short) or a Java pattern."""
    name = "iso" if format_ is None else format_
    if not isinstance(name, str):
        raise ExpressionError(f"The argument 'format' must be a text, not {kind_of(name)}")
    where = DEFAULT_LOCALE if locale is None else locale_of(str(locale))
    try:
        moment = moment.astimezone(zone)
    except (OverflowError, ValueError) as error:
        raise ExpressionError("The date is out of bounds") from error
    if name in _STYLES:
        from babel.dates import format_datetime

        return str(format_datetime(moment, format=name, tzinfo=zone, locale=where))
    if name in _PRESETS:
        return _PRESETS[name](moment)
    return java_patterns.write(moment, _PATTERNS.get(name, name), where)


_UNITS: dict[str, timedelta] = {
    "NANOS": timedelta(0),
    "MICROS": timedelta(microseconds=1),
    "MILLIS": timedelta(milliseconds=1),
    "SECONDS": timedelta(seconds=1),
    "MINUTES": timedelta(minutes=1),
    "HOURS": timedelta(hours=1),
    "HALF_DAYS": timedelta(hours=12),
}
_DAYS = {"DAYS": 1, "WEEKS": 7}
_MONTHS = {"MONTHS": 1, "YEARS": 12, "DECADES": 120, "CENTURIES": 1200, "MILLENNIA": 12000}
UNITS = (*_UNITS, *_DAYS, *_MONTHS)


def plus(moment: datetime, amount: int, unit: str) -> datetime:
    """A moment moved by an amount of units; days and longer keep the time of day. ExpressionError as needed."""
    try:
        if unit == "NANOS":
            return _exact(moment, timedelta(microseconds=amount / 1000))
        if unit in _UNITS:
            return _exact(moment, _UNITS[unit] * amount)
        if unit in _DAYS:
            return moment + timedelta(days=_DAYS[unit] * amount)
        if unit in _MONTHS:
            return _plus_months(moment, amount * _MONTHS[unit])
    except (OverflowError, ValueError) as error:
        raise ExpressionError("The date is out of bounds") from error
    raise ExpressionError(f"Unknown unit '{unit[:50]}'", hint=near(unit, UNITS) or "one of " + ", ".join(UNITS))


def _exact(moment: datetime, delta: timedelta) -> datetime:
    return (moment.astimezone(UTC) + delta).astimezone(moment.tzinfo)


def _plus_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    month += 1
    following = datetime(year + month // 12, month % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last))
