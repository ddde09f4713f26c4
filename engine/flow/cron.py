"""Cron expressions as Kestra's Schedule reads them, checked without computing a fire time."""

from __future__ import annotations

import re

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
