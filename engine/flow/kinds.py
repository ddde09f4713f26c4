"""Whether one value fits one kind: each test returns what is wrong in words, or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from engine.flow.catalog import Property, in_version

Problem = tuple[str, str, str]
"""A code, what is wrong, and what to do."""
Test = Callable[[Any], Problem | None]

_DURATION = re.compile(
    r"[+-]?P(?=.)(?:[+-]?\d+D)?(?:T(?=.)(?:[+-]?\d+H)?(?:[+-]?\d+M)?(?:[+-]?\d+(?:[.,]\d{0,9})?S)?)?$", re.IGNORECASE
)
_PERIOD = re.compile(r"[+-]?P(?:\d+[YMWD])+(?:T.*)?$", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$")
_INTEGER = re.compile(r"[-+]?\d[\d_]*$")
_SHORTHAND = re.compile(
    r"(?:(\d+)\s*d(?:ays?)?)?\s*(?:(\d+)\s*h(?:(?:ou)?rs?)?)?\s*(?:(\d+)\s*m(?:in(?:ute)?s?)?)?\s*(?:(\d+)\s*s(?:ec(?:ond)?s?)?)?$"
)
_BOOLEANS = frozenset(("true", "false"))
# Texts that hold a whole document: Kestra turns a map or list given there into JSON.
DOCUMENTS = frozenset(
    [
        "body",
        "payload",
        "content",
        "contents",
        "data",
        "value",
        "values",
        "json",
        "document",
        "message",
        "schema",
        "format",
        "variables",
        "config",
        "configuration",
        "parameters",
        "options",
        "template",
        "query",
        "filter",
        "input",
        "inputs",
        "metadata",
        "text",
        "prompt",
        "spec",
    ]
)


def holds_expression(value: object) -> bool:
    """Whether a text has an expression in it."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def say(value: object) -> str:
    """A value named for a message: its kind, and itself when short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'


def duration_problem(value: object) -> Problem | None:
    """ISO 8601 durations as java.time.Duration reads them; plain numbers are seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if _DURATION.match(text) or _NUMBER.match(text) or holds_expression(text):
            return None
        return "bad_duration", f"{say(value)} is not an ISO 8601 duration", duration_hint(text)
    return "bad_duration", f"a duration is needed, not {say(value)}", "Write it as text: PT30S, PT5M, PT1H, P1D."


def suggest_duration(text: str) -> str | None:
    """The duration that was meant, when that is clear: 2m is PT2M, P15S is PT15S."""
    upper = text.strip().upper()
    for form in (upper, "P" + upper, "PT" + upper, upper.replace("P", "PT", 1) if "T" not in upper else upper):
        if _DURATION.match(form):
            return form
    found = _SHORTHAND.match(text.strip().lower())
    if found and any(found.groups()):
        days, hours, minutes, seconds = found.groups()
        time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
    return None


def duration_hint(text: str) -> str:
    meant = suggest_duration(text)
    if meant:
        return f"Write {meant}."
    if _PERIOD.match(text):
        return "Only days, hours, minutes and seconds exist: P7D for a week, PT1H for an hour."
    if re.match(r"PT?\d+$", text, re.IGNORECASE):
        return (
            f"The unit is missing: {text}S, {text}M or {text}H." if "T" in text.upper() else f"Write {text}D or PT1H."
        )
    return "Durations are ISO 8601: PT30S, PT5M, PT1H, P1D."


def _string(value: Any) -> Problem | None:
    if isinstance(value, dict | list):
        return "wrong_kind", f"text is needed, not {say(value)}", "Write one text value."
    return None


def _number(value: Any) -> Problem | None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if good or (isinstance(value, str) and _NUMBER.match(value.strip())):
        return None
    return "wrong_kind", f"a number is needed, not {say(value)}", "Write a number."


def _integer(value: Any) -> Problem | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return None
    if isinstance(value, str) and _INTEGER.match(value.strip()):
        return None
    return "wrong_kind", f"a whole number is needed, not {say(value)}", "Write a whole number."


def _boolean(value: Any) -> Problem | None:
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _BOOLEANS):
        return None
    return "wrong_kind", f"true or false is needed, not {say(value)}", "Write true or false."


_SCALARS: dict[str, Test] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "duration": duration_problem,
}


def enum_values(prop: Property, version: str) -> tuple[str, ...]:
    """The values allowed in one version."""
    values = [v for v in prop.enum if in_version(prop.enum_since.get(v, ""), "", version)]
    return (*values, *(v for v, removed in prop.enum_removed.items() if in_version("", removed, version)))


def _enum(prop: Property, version: str) -> Test:
    values = enum_values(prop, version)
    known = {v.upper() for v in values} | {v.upper() for v in (*prop.enum, *prop.enum_removed)}

    def check(value: Any) -> Problem | None:
        if isinstance(value, dict | list):
            return "wrong_kind", f"one of {', '.join(values)} is needed, not {say(value)}", f"Write {values[0]}."
        text = "true" if value is True else "false" if value is False else str(value)
        if not known or text.strip().upper().replace("-", "_") in known or text.upper() in known:
            return None
        shown = ", ".join(values[:12]) + (" ..." if len(values) > 12 else "")
        return "bad_enum", f"{say(value)} is none of the allowed values", f"Choose one of: {shown}."

    return check


def scalar_test(prop: Property, version: str, name: str = "") -> Test | None:
    """The test for a scalar kind; None when the kind is not scalar or takes anything."""
    test = _enum(prop, version) if prop.kind == "enum" else _SCALARS.get(prop.kind)
    if test is None:
        return None
    if prop.kind == "string" and (name in DOCUMENTS or prop.lenient):
        return None
    limits = _limits(prop)

    def check(value: Any) -> Problem | None:
        if isinstance(value, str) and "{" in value and ("{{" in value or "{%" in value):
            return None
        return test(value) or (limits(value) if limits else None)

    return check


def _limits(prop: Property) -> Test | None:
    if prop.min is None and prop.max is None and prop.max_size is None and not prop.min_size:
        return None

    def check(value: Any) -> Problem | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if prop.min is not None and value < prop.min:
                return "out_of_range", f"{value} is below {prop.min:g}", f"Write {prop.min:g} or more."
            if prop.max is not None and value > prop.max:
                return "out_of_range", f"{value} is above {prop.max:g}", f"Write {prop.max:g} or less."
        if isinstance(value, str):
            if prop.max_size is not None and len(value) > prop.max_size:
                return "too_long", f"longer than {prop.max_size} characters", "Shorten it."
            if prop.min_size and len(value) < prop.min_size:
                return "empty_value", "it must not be empty", "Give it a value."
        return None

    return check
