"""Inputs: what each kind allows, and how they depend on one another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path
from engine.flow.graph import find_cycle
from engine.flow.kinds import duration_hint, duration_problem, holds_expression, suggest_duration
from engine.flow.names import nearest
from engine.flow.rules import rule

_FILE_SOURCES = ("nsfile:", "kestra:", "file:")


def inputs_of(ctx: Checked) -> Iterator[tuple[dict[str, Any], Path]]:
    """Every input of the flow that is a map, with its path."""
    listed = ctx.flow.get("inputs")
    for i, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, dict):
            yield entry, ("inputs", i)


def _kind(entry: dict[str, Any]) -> str:
    return str(entry.get("type", "")).upper()


@rule
def defaults_fit(ctx: Checked) -> Iterator[Finding]:
    """A default is a value of its input's kind."""
    for entry, path in inputs_of(ctx):
        default = entry.get("defaults")
        if default is None or holds_expression(default):
            continue
        kind = _kind(entry)
        here = (*path, "defaults")
        if kind == "FILE" and not str(default).startswith(_FILE_SOURCES):
            message = "a FILE input can only default to a stored file"
            yield ctx.finding("bad_default", here, message, "Use nsfile:///path, or leave the default out.")
        elif kind in ("SELECT", "ENUM") and not _offered(entry, default):
            message = f"the default {default} is none of the values"
            hint = "Choose one of the values, or add it to them."
            yield ctx.finding("bad_default", here, message, hint, severity="warning")
        elif kind == "DURATION" and duration_problem(default):
            text = str(default)
            meant = suggest_duration(text)
            edit = ctx.replacing(ctx.source.at(here), meant) if meant else None
            message = f"the default {default} is not an ISO 8601 duration"
            yield ctx.finding("bad_duration", here, message, duration_hint(text), edit=edit)
        elif kind in _FORMS and not _FORMS[kind][0](default):
            what, hint = _FORMS[kind][1:]
            yield ctx.finding("bad_default", here, f"the default {default!r} is no {what}", hint)


def _offered(entry: dict[str, Any], default: Any) -> bool:
    values = entry.get("values")
    if entry.get("expression") or entry.get("allowCustomValue") or not isinstance(values, list):
        return True
    offered = {str(v.get("value")) if isinstance(v, dict) else _text(v) for v in values}
    return _text(default) in offered


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


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


_FORMS: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "INT": (_whole, "whole number", "Write a whole number."),
    "FLOAT": (_number, "number", "Write a number."),
    "BOOL": (_boolean, "true or false", "Write true or false."),
    "BOOLEAN": (_boolean, "true or false", "Write true or false."),
    "DATE": (lambda v: re.fullmatch(r"\d{4}-[01]\d-[0-3]\d", str(v)) is not None, "date", "Write it as 2030-01-31."),
    "TIME": (
        lambda v: re.fullmatch(r"[0-2]\d:[0-5]\d(:[0-5]\d(\.\d+)?)?", str(v)) is not None,
        "time",
        "Write it as 07:30:00.",
    ),
}


@rule
def array_of_arrays(ctx: Checked) -> Iterator[Finding]:
    """An ARRAY input cannot hold ARRAY items."""
    for entry, path in inputs_of(ctx):
        if _kind(entry) == "ARRAY" and str(entry.get("itemType", "")).upper() == "ARRAY":
            message = "itemType cannot be ARRAY"
            yield ctx.finding("bad_enum", (*path, "itemType"), message, "Use JSON for nested lists.")


@rule
def select_offers_values(ctx: Checked) -> Iterator[Finding]:
    """SELECT and MULTISELECT need values, or an expression that gives them."""
    for entry, path in inputs_of(ctx):
        if _kind(entry) in ("SELECT", "MULTISELECT") and not any(
            entry.get(k) for k in ("values", "expression", "options")
        ):
            hint = "Add values: with a list, or expression: that gives one."
            yield ctx.finding("missing_required", (*path, "type"), f"{_kind(entry)} needs values", hint, key=True)


@rule
def dependencies(ctx: Checked) -> Iterator[Finding]:
    """dependsOn names inputs that exist, and no input depends on itself by any way round."""
    names = {str(entry.get("id")): path for entry, path in inputs_of(ctx)}
    graph: dict[str, list[str]] = {}
    for entry, path in inputs_of(ctx):
        depends = entry.get("dependsOn")
        wanted = depends.get("inputs") if isinstance(depends, dict) else None
        wanted = wanted if isinstance(wanted, list) else []
        graph[str(entry.get("id"))] = [str(w) for w in wanted]
        for i, name in enumerate(wanted):
            if str(name) not in names:
                near = nearest(str(name), names, 1)
                hint = f"Did you mean {near[0][0]}?" if near else "Name an input of this flow."
                here = (*path, "dependsOn", "inputs", i)
                yield ctx.finding("unknown_input_ref", here, f"there is no input {name}", hint)
    cycle = find_cycle(graph)
    if cycle:
        way = " -> ".join((*cycle, cycle[0]))
        path = (*names[cycle[0]], "dependsOn")
        yield ctx.finding("cycle", path, f"inputs depend on one another in a circle: {way}", "Break it.", key=True)
