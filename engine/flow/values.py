"""Whether a literal fits the kind of an input or output, and the bounds set for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from engine.flow.kinds import duration_problem, holds_expression

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$", re.IGNORECASE)


def misfit(kind: str, value: Any) -> tuple[str, str] | None:
    """What a value of this kind is called and how to write one, where ``value`` is none; None where it fits."""
    form = FORMS.get(kind)
    if form is None or value is None or holds_expression(value) or form[0](value):
        return None
    return form[1], form[2]


def _whole(value: Any) -> bool:
    if isinstance(value, bool | dict | list):
        return False
    try:
        return float(str(value)).is_integer()
    except (ValueError, OverflowError):
        return False


def _boolean(value: Any) -> bool:
    return isinstance(value, bool) or str(value).lower() in ("true", "false")


def _number(value: Any) -> bool:
    if isinstance(value, bool | dict | list):
        return False
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _json(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _like(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.match(str(value)) is not None


FORMS: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "INT": (_whole, "whole number", "Write a whole number."),
    "FLOAT": (_number, "number", "Write a number."),
    "BOOL": (_boolean, "true or false", "Write true or false."),
    "BOOLEAN": (_boolean, "true or false", "Write true or false."),
    "DATE": (_like(r"\d{4}-[01]\d-[0-3]\d$"), "date", "Write it as 2030-01-31."),
    "TIME": (_like(r"[0-2]\d:[0-5]\d(:[0-5]\d(\.\d+)?)?$"), "time", "Write it as 07:30:00."),
    "DATETIME": (_like(r"\d{4}-[01]\d-[0-3]\d([T ]|$)"), "date and time", "Write it as 2030-01-31T07:30:00Z."),
    "EMAIL": (_like(r"[^@\s]+@[^@\s]+$"), "mail address", "Write it as name@example.com."),
    "JSON": (_json, "JSON", "Write it as JSON, with names and texts in double quotes."),
}


def out_of_bounds(entry: Mapping[str, Any], value: Any) -> str:
    """What is wrong with a value under min, max, after, before and validator of its input; empty when nothing is."""
    if holds_expression(value) or isinstance(value, dict | list):
        return ""
    kind = str(entry.get("type", "")).upper()
    for name, too_far in (("min", -1), ("max", 1), ("after", -1), ("before", 1)):
        bound = entry.get(name)
        order = _compared(kind, value, bound) if bound is not None and not holds_expression(bound) else None
        if order == too_far or (order == 0 and name in ("after", "before")):
            return f"not allowed by {name}: {bound}"
    pattern = entry.get("validator")
    if kind == "STRING" and isinstance(pattern, str) and not regex_problem(pattern):
        found = _compiled(pattern)
        if found is not None and found.fullmatch(str(value)) is None:
            return f"not what the validator {pattern} allows"
    return ""


def _compared(kind: str, value: Any, bound: Any) -> int | None:
    """-1, 0 or 1 for a value below, at or above a bound; None where the two cannot be compared."""
    if kind in ("INT", "FLOAT") and _number(value) and _number(bound):
        one, other = float(str(value)), float(str(bound))
    elif kind == "DURATION":
        first, second = seconds(value), seconds(bound)
        if first is None or second is None:
            return None
        one, other = first, second
    elif kind in ("DATE", "TIME") and misfit(kind, value) is None and misfit(kind, bound) is None:
        return (str(value) > str(bound)) - (str(value) < str(bound))
    else:
        return None
    return (one > other) - (one < other)


def seconds(value: Any) -> float | None:
    """The length of an ISO 8601 duration; None for what is none, or is known only when it is rendered."""
    if not isinstance(value, str) or holds_expression(value) or duration_problem(value):
        return None
    match = _DURATION.match(value.strip())
    if match is None:
        return None
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=rest).total_seconds()


def regex_problem(pattern: str) -> str:
    """Why Java would not read a regular expression; empty where it would, or where that is not sure."""
    bare = re.sub(r"\\[pPxNkQ]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])+\]", "", pattern)
    if re.search(r"\{(?!\d+(?:,\d*)?\})", bare):
        return "a { that begins no number of repetitions"
    if re.search(r"\\[pPQN]|&&|\(\?", pattern):
        return ""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern where both languages read it alike; None where that is not sure."""
    if re.search(r"\\[pPQNhRZzG]|&&|\(\?|[*+?}]\+", pattern):
        return None
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
