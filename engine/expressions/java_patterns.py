"""Java's date patterns (``yyyy-MM-dd'T'HH:mm``), written and read; names of months and days come from Babel."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from engine.expressions.errors import ExpressionError

_MAX_PATTERN = 200
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of one pattern letter, a literal (``letter`` is '\\''), or a bracket of an optional section."""

    letter: str
    count: int
    text: str = ""


@lru_cache(maxsize=256)
def parts_of(pattern: str) -> tuple[Part, ...]:
    """ExpressionError where the pattern cannot be read."""
    if len(pattern) > _MAX_PATTERN:
        raise ExpressionError(f"The date pattern has more than {_MAX_PATTERN} characters")
    out: list[Part] = []
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "'":
            found = _QUOTED.match(pattern, at)
            if found is None:
                raise ExpressionError(f"The date pattern '{pattern}' has a quote that does not end")
            out.append(Part("'", 0, found.group(1).replace("''", "'") or "'"))
            at = found.end()
        elif sign.isascii() and sign.isalpha():
            end = at
            while end < len(pattern) and pattern[end] == sign:
                end += 1
            if sign not in _WRITERS or end - at > 19:
                raise ExpressionError(f"The date pattern '{pattern}' has the unknown letter '{sign}'")
            out.append(Part(sign, end - at))
            at = end
        else:
            if sign in "{}#":
                raise ExpressionError(f"The date pattern '{pattern}' has the reserved sign '{sign}'")
            out.append(Part(sign if sign in "[]" else "'", 0, "" if sign in "[]" else sign))
            at += 1
    return tuple(out)


def write(moment: datetime, pattern: str, locale: str) -> str:
    """A moment with zone by a pattern."""
    return "".join(
        part.text
        if part.letter == "'"
        else ""
        if part.letter in "[]"
        else _WRITERS[part.letter](moment, part.count, locale)
        for part in parts_of(pattern)
    )


def _padded(value: int, count: int) -> str:
    return f"{value:0{count}d}"


def _year(value: int, count: int) -> str:
    return _padded(value % 100, 2) if count == 2 else _padded(value, count)


_WIDTHS = {3: "abbreviated", 4: "wide", 5: "narrow"}


def _names(kind: str, count: int, locale: str, context: str = "format") -> dict[int, str]:
    from babel import dates

    width: Any = _WIDTHS.get(count, "wide")
    read: Any = {"month": dates.get_month_names, "day": dates.get_day_names, "quarter": dates.get_quarter_names}[kind]
    names: dict[int, str] = dict(read(width, context, locale))
    return names


def _month(context: str) -> Callable[[datetime, int, str], str]:
    def run(moment: datetime, count: int, locale: str) -> str:
        return _padded(moment.month, count) if count < 3 else _names("month", count, locale, context)[moment.month]

    return run


def _quarter(moment: datetime, count: int, locale: str) -> str:
    number = (moment.month - 1) // 3 + 1
    return _padded(number, count) if count < 3 else _names("quarter", count, locale)[number]


def _day_name(moment: datetime, count: int, locale: str) -> str:
    return _names("day", max(3, count), locale)[moment.weekday()]


def _local_day(moment: datetime, count: int, locale: str) -> str:
    if count > 2:
        return _day_name(moment, count, locale)
    from babel import Locale

    first = Locale.parse(locale).first_week_day
    return _padded((moment.weekday() - first) % 7 + 1, count)


def _half(moment: datetime, count: int, locale: str) -> str:
    from babel import dates

    return str(dates.get_period_names("abbreviated", "format", locale)["am" if moment.hour < 12 else "pm"])


def _local_week(moment: datetime, locale: str) -> tuple[int, int]:
    """Week-based year and week by the locale's first day and shortest first week."""
    from babel import Locale

    found = Locale.parse(locale)
    first, least = found.first_week_day, found.min_week_days

    def start(year: int) -> date:
        first_of_year = date(year, 1, 1)
        back = (first_of_year.weekday() - first) % 7
        begin = first_of_year - timedelta(days=back)
        return begin if 7 - back >= least else begin + timedelta(days=7)

    day = moment.date()
    for year in (day.year + 1, day.year, day.year - 1):
        if date.min.year < year < date.max.year and start(year) <= day:
            return year, (day - start(year)).days // 7 + 1
    return day.year, 1


def _week_of_month(moment: datetime, count: int, locale: str) -> str:
    from babel import Locale

    found = Locale.parse(locale)
    back = (moment.replace(day=1).weekday() - found.first_week_day) % 7
    week = (moment.day + back - 1) // 7 + (1 if 7 - back >= found.min_week_days else 0)
    return _padded(week, count)


def _offset(moment: datetime, hour_only: bool, colon: bool, zero: str) -> str:
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    if seconds == 0 and zero:
        return zero
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hour_only:
        return f"{sign}{hours:02d}" + (f"{minutes:02d}" if minutes else "")
    return f"{sign}{hours:02d}{':' if colon else ''}{minutes:02d}"


def _x(zero: str) -> Callable[[datetime, int, str], str]:
    return lambda moment, count, _: _offset(moment, count == 1, count in (3, 5), zero)


def _z_upper(moment: datetime, count: int, locale: str) -> str:
    if count == 4:
        return _gmt(moment, 4, locale)
    return _offset(moment, False, count == 5, "Z" if count == 5 else "")


def _gmt(moment: datetime, count: int, _: str) -> str:
    text = _offset(moment, False, True, "GMT")
    if text == "GMT":
        return text
    if count == 1:
        hours, minutes = text[1:].split(":")
        return f"GMT{text[0]}{int(hours)}" + (f":{minutes}" if minutes != "00" else "")
    return "GMT" + text


def zone_id(moment: datetime) -> str:
    """The name of the zone, or the offset."""
    name = getattr(moment.tzinfo, "key", None)
    return name if isinstance(name, str) else _offset(moment, False, True, "Z")


def _zone_name(moment: datetime, count: int, locale: str) -> str:
    name = getattr(moment.tzinfo, "key", None)
    if not isinstance(name, str):
        return zone_id(moment)
    if count >= 4:
        from babel import dates

        return str(dates.get_timezone_name(moment, "long", locale=locale))
    return moment.tzname() or name


def _nanos(moment: datetime) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000_000 + moment.microsecond * 1000


_WRITERS: dict[str, Callable[[datetime, int, str], str]] = {
    "G": lambda m, c, _: "A" if c == 5 else "Anno Domini" if c == 4 else "AD",
    "y": lambda m, c, _: _year(m.year, c),
    "u": lambda m, c, _: _year(m.year, c),
    "Y": lambda m, c, loc: _year(_local_week(m, loc)[0], c),
    "w": lambda m, c, loc: _padded(_local_week(m, loc)[1], c),
    "W": _week_of_month,
    "D": lambda m, c, _: _padded(m.timetuple().tm_yday, c),
    "M": _month("format"),
    "L": _month("stand-alone"),
    "d": lambda m, c, _: _padded(m.day, c),
    "Q": _quarter,
    "q": _quarter,
    "E": _day_name,
    "e": _local_day,
    "c": _local_day,
    "F": lambda m, c, _: _padded((m.day - 1) // 7 + 1, c),
    "a": _half,
    "h": lambda m, c, _: _padded((m.hour - 1) % 12 + 1, c),
    "H": lambda m, c, _: _padded(m.hour, c),
    "K": lambda m, c, _: _padded(m.hour % 12, c),
    "k": lambda m, c, _: _padded((m.hour - 1) % 24 + 1, c),
    "m": lambda m, c, _: _padded(m.minute, c),
    "s": lambda m, c, _: _padded(m.second, c),
    "S": lambda m, c, _: f"{m.microsecond:06d}000"[:c].ljust(c, "0"),
    "A": lambda m, c, _: _padded(_nanos(m) // 1_000_000, c),
    "n": lambda m, c, _: _padded(m.microsecond * 1000, c),
    "N": lambda m, c, _: _padded(_nanos(m), c),
    "V": lambda m, c, _: zone_id(m),
    "v": _zone_name,
    "z": _zone_name,
    "O": _gmt,
    "X": _x("Z"),
    "x": _x(""),
    "Z": _z_upper,
}

_NUMBER_LETTERS = {
    "y": "year",
    "u": "year",
    "M": "month",
    "L": "month",
    "d": "day",
    "D": "yday",
    "H": "hour",
    "k": "hour24",
    "h": "hour12",
    "K": "hour11",
    "m": "minute",
    "s": "second",
    "S": "fraction",
}


@lru_cache(maxsize=256)
def _reader(pattern: str, locale: str) -> re.Pattern[str]:
    """A regular expression that reads what the pattern writes."""
    out: list[str] = []
    seen: set[str] = set()

    def group(name: str, inner: str) -> str:
        if name in seen:
            return f"(?:{inner})"
        seen.add(name)
        return f"(?P<{name}>{inner})"

    for part in parts_of(pattern):
        letter, count = part.letter, part.count
        if letter == "'":
            out.append(re.escape(part.text))
        elif letter in "[]":
            out.append("(?:" if letter == "[" else ")?")
        elif letter in "ML" and count > 2:
            names = sorted(map(re.escape, _names("month", count, locale).values()), key=len, reverse=True)
            out.append(group("monthname", "|".join(names)))
        elif letter in _NUMBER_LETTERS:
            digits = r"\d{1,2}" if count == 1 else rf"\d{{{count}}}"
            digits = r"\d{4,9}" if letter in "yu" and count in (1, 3, 4) else digits
            out.append(group(_NUMBER_LETTERS[letter] + ("2" if letter in "yu" and count == 2 else ""), digits))
        elif letter in "Eec":
            names = [re.escape(n) for n in _names("day", max(3, count), locale).values()]
            out.append("(?:" + "|".join(sorted(names, key=len, reverse=True)) + ")")
        elif letter == "a":
            out.append(group("half", "AM|PM|am|pm"))
        elif letter in "XxZO":
            out.append(group("offset", r"Z|GMT|(?:GMT)?[+-]\d{1,2}(?::?\d{2})?"))
        elif letter in "Vzv":
            out.append(group("zone", r"[A-Za-z][\w+\-/]*(?::\d\d)?|[+-]\d\d:?\d\d"))
        else:
            raise ExpressionError(f"A date cannot be read by the letter '{letter}' of the pattern '{pattern}'")
    try:
        return re.compile("".join(out))
    except re.error as error:
        raise ExpressionError(f"The date pattern '{pattern}' cannot be read") from error


def read(text: str, pattern: str, locale: str, zone: Callable[[str], Any]) -> datetime:
    """The moment in a text; without zone when the pattern has none, at the start of the day without time.

    ``zone`` turns a zone's name into a tzinfo. ExpressionError when text and pattern do not fit.
    """
    found = _reader(pattern, locale).fullmatch(text[:500])
    if found is None:
        raise ExpressionError(f"'{text[:100]}' cannot be read as a date by the pattern '{pattern}'")
    fields = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        return _assembled(fields, locale, zone)
    except ValueError as error:
        raise ExpressionError(f"'{text[:100]}' is not a date: {error}") from error


def _assembled(fields: dict[str, str], locale: str, zone: Callable[[str], Any]) -> datetime:
    year = int(fields["year"]) if "year" in fields else 2000 + int(fields["year2"]) if "year2" in fields else None
    if year is None:
        raise ValueError("it has no year")
    if "monthname" in fields:
        month = next(
            number
            for width in (3, 4, 5)
            for number, name in _names("month", width, locale).items()
            if name == fields["monthname"]
        )
    else:
        month = int(fields.get("month", 1))
    hour = int(fields.get("hour", fields.get("hour24", 0))) % 24
    if "hour12" in fields or "hour11" in fields:
        hour = int(fields.get("hour12", fields.get("hour11", 0))) % 12
        hour += 12 if fields.get("half", "AM").upper() == "PM" else 0
    micro = int(fields.get("fraction", "0").ljust(6, "0")[:6])
    minute, second = int(fields.get("minute", 0)), int(fields.get("second", 0))
    moment = datetime(year, month, int(fields.get("day", 1)), hour, minute, second, micro)
    if "yday" in fields:
        moment += timedelta(days=int(fields["yday"]) - 1)
    if "zone" in fields:
        return moment.replace(tzinfo=zone(fields["zone"]))
    if "offset" in fields:
        return moment.replace(tzinfo=offset_zone(fields["offset"]))
    return moment


def offset_zone(text: str) -> timezone:
    """``Z``, ``+02``, ``+0200``, ``+02:00`` or ``GMT+2`` as a zone."""
    text = text.removeprefix("GMT").removeprefix("UTC")
    if text in ("Z", ""):
        return UTC
    digits = text[1:].replace(":", "")
    digits = digits.zfill(2) if len(digits) <= 2 else digits.zfill(4)
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4] or 0))
    return timezone(-delta if text[0] == "-" else delta)
