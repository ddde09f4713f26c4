"""Cron expressions as Kestra's Schedule reads them, checked without computing a fire time."""

from __future__ import annotations

import re
from difflib import get_close_matches

_NAMED = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@minutely"))
_MONTHS = {
    name: i
    for i, name in enumerate(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1)
}
_DAYS = {name: i for i, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_SPECIAL = re.compile(r"(?:L(?:-\d+)?W?|\d+L|\d+W|LW|[A-Z]{3}L|(?:\d|[A-Z]{3})#[1-5])$")


def cron_problem(text: str, *, with_seconds: bool = False) -> tuple[str, str] | None:
    """What is wrong with an expression and what to do, or None."""
    text = text.strip()
    if text.startswith("@"):
        if text.lower() in _NAMED:
            return None
        return f"{text} is not a known name", f"Use one of {', '.join(sorted(_NAMED))}, or five fields."
    fields = text.split()
    wanted = 6 if with_seconds else 5
    if len(fields) != wanted:
        return _wrong_count(text, fields, wanted)
    for (name, low, high, names), field in zip(_FIELDS[-wanted:], fields, strict=True):
        problem = _field_problem(field.upper(), name, low, high, names)
        if problem:
            return problem
    return None


def _wrong_count(text: str, fields: list[str], wanted: int) -> tuple[str, str]:
    order = "minute, hour, day of month, month, day of week"
    if len(fields) == 6 and wanted == 5:
        return "six fields are given, but withSeconds is not true", "Drop the seconds, or set withSeconds: true."
    if not re.match(r"[\d*@]", text):
        return f"{text!r} is not a cron expression", f"Five fields are needed: {order}."
    seconds = "second, " if wanted == 6 else ""
    return f"{len(fields)} fields are given, {wanted} are needed", f"The fields are {seconds}{order}."


def _field_problem(field: str, name: str, low: int, high: int, names: dict[str, int]) -> tuple[str, str] | None:
    for part in field.split(","):
        base, slash, step = part.partition("/")
        if slash and (not step.isdigit() or int(step) == 0):
            return f"the step {step!r} of {name} is no positive number", "Write */15, for example."
        if base in ("*", "?") or _SPECIAL.match(base):
            continue
        first, dash, last = base.partition("-")
        for value in (first, last) if dash else (first,):
            number = names.get(value, int(value) if value.isdigit() else None)
            if number is None:
                return (
                    f"{value!r} is no {name}",
                    f"{name} takes {low} to {high}{_also(names)}, *, lists, ranges and steps.",
                )
            if not low <= number <= high:
                return f"{name} {number} does not exist", f"{name} goes from {low} to {high}."
    return None


def _also(names: dict[str, int]) -> str:
    return f", {next(iter(names))} to {list(names)[-1]}" if names else ""


_AT = re.compile(
    r"(?:every\s*day|daily|each day|every (?P<day>[a-z]+)|weekdays)\s*(?:at\s*)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s*(?P<half>[ap]m)?$"
)
_EVERY = re.compile(r"every\s*(?P<n>\d+)?\s*(?P<unit>minutes?|mins?|hours?|[mh])$")
_NAMES = {"hourly": "@hourly", "daily": "@daily", "weekly": "@weekly", "monthly": "@monthly", "yearly": "@yearly"}


def meant_cron(text: str, *, with_seconds: bool = False) -> str | None:
    """The expression that is meant, where one field was forgotten or the schedule is written in words."""
    words = " ".join(text.strip().lower().split())
    for candidate in _candidates(words, with_seconds):
        if candidate and cron_problem(candidate, with_seconds=with_seconds) is None:
            return candidate
    return None


def _candidates(words: str, with_seconds: bool) -> tuple[str | None, ...]:
    fields = words.split()
    if with_seconds:
        return (f"0 {words}",) if len(fields) == 5 else ()
    short = f"{words} *" if len(fields) == 4 else None
    seconds = " ".join(fields[1:]) if len(fields) == 6 and fields[0] == "0" else None
    named = _NAMES.get(words.removeprefix("@every ").removeprefix("@"))
    return short, seconds, named, _in_words(words), _misspelt(words, fields)


def _misspelt(words: str, fields: list[str]) -> str | None:
    """The expression with the names that are all but written: @dayly, MOM; hour 24 is hour 0."""
    if words.startswith("@"):
        near = get_close_matches(words, sorted(_NAMED), 1, 0.8)
        return near[0] if near else None
    if len(fields) != 5:
        return None
    days = get_close_matches(fields[4].upper(), _DAYS, 2, 0.6) if re.fullmatch("[a-z]{3,9}", fields[4]) else []
    whole = [day for day in _DAYS if _FULL_DAYS.get(day) == fields[4]]
    day = whole[0] if whole else days[0] if len(days) == 1 else fields[4]
    hour = "0" if fields[1] == "24" else fields[1]
    return " ".join((fields[0], hour, fields[2], fields[3], day))


_FULL_DAYS = {
    "SUN": "sunday", "MON": "monday", "TUE": "tuesday", "WED": "wednesday", "THU": "thursday", "FRI": "friday",
    "SAT": "saturday",
}  # fmt: skip


def _in_words(words: str) -> str | None:
    every = _EVERY.match(words.removeprefix("@"))
    if every:
        step = int(every["n"] or 1)
        if every["unit"].startswith("m"):
            return f"*/{step} * * * *" if 1 < step < 60 else "* * * * *" if step == 1 else None
        return f"0 */{step} * * *" if 1 < step < 24 else "0 * * * *" if step == 1 else None
    at = _AT.match(words)
    if not at:
        return None
    hour = int(at["hour"]) % 12 + (12 if at["half"] == "pm" else 0) if at["half"] else int(at["hour"])
    day = (at["day"] or "")[:3].upper()
    days = "MON-FRI" if day == "WEE" or words.startswith("weekdays") else day
    if day and days not in (*_DAYS, "MON-FRI", "DAY"):
        return None
    return f"{int(at['minute'] or 0)} {hour} * * {days if days not in ('', 'DAY') else '*'}"
