"""Inputs: what each kind allows, and how they depend on one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path, Severity
from engine.flow.graph import find_cycle
from engine.flow.kinds import duration_hint, duration_problem, holds_expression, suggest_duration
from engine.flow.names import nearest
from engine.flow.rules import rule
from engine.flow.values import misfit, out_of_bounds, regex_problem

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
        elif problem := misfit(kind, default):
            yield ctx.finding("bad_default", here, f"the default {default!r} is no {problem[0]}", problem[1])
        elif beyond := out_of_bounds(entry, default):
            # until 2.0 it was noticed only where nobody gave another value
            severity: Severity = "error" if ctx.there("2.0", "") else "warning"
            message, hint = f"the default {default!r} is {beyond}", "Choose one that is allowed."
            yield ctx.finding("bad_default", here, message, hint, severity=severity)


def _offered(entry: dict[str, Any], default: Any) -> bool:
    values = entry.get("values")
    if entry.get("expression") or entry.get("allowCustomValue") or not isinstance(values, list):
        return True
    offered = {str(v.get("value")) if isinstance(v, dict) else _text(v) for v in values}
    return _text(default) in offered


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@rule
def items_of_lists(ctx: Checked) -> Iterator[Finding]:
    """The items of an ARRAY or MULTISELECT are single values, and no secrets."""
    for entry, path in inputs_of(ctx):
        items = str(entry.get("itemType", "")).upper()
        if _kind(entry) in ("ARRAY", "MULTISELECT") and items in _NO_ITEMS:
            message = f"itemType cannot be {items}"
            yield ctx.finding("bad_enum", (*path, "itemType"), message, "Use STRING, or JSON for nested lists.")


_NO_ITEMS = frozenset(("ARRAY", "SECRET", "MULTISELECT", "SELECT", "OBJECT", "TABLE"))


@rule
def defaults_of_what_may_lack(ctx: Checked) -> Iterator[Finding]:
    """A default is always applied: an input that has one cannot be optional, nor begin with something else.

    So it is since there is ``prefill`` for what may be cleared again; from 2.0 on it cannot be saved.
    """
    for entry, path in inputs_of(ctx):
        if entry.get("defaults") is None or not ("required" in entry or "prefill" in entry) or not ctx.there("1.1", ""):
            continue
        if entry.get("required") is False:
            message = "an input with a default cannot be optional: its default is always applied"
            hint = "Remove required: false, or write prefill instead of defaults."
            severity: Severity = "error" if ctx.there("2.0", "") else "warning"
            yield ctx.finding("bad_default", (*path, "required"), message, hint, severity=severity, key=True)
        if entry.get("prefill") is not None:
            message = "an input has either a default or a prefill"
            yield ctx.finding("bad_default", (*path, "prefill"), message, "Keep one of the two.", key=True)


@rule
def validators_that_can_be_read(ctx: Checked) -> Iterator[Finding]:
    """The validator of an input is a regular expression of Java."""
    for entry, path in inputs_of(ctx):
        pattern = entry.get("validator")
        problem = regex_problem(pattern) if isinstance(pattern, str) else ""
        if problem:
            hint = "Escape it with a backslash where it is meant as a character."
            message = f"the validator is no regular expression: {problem}"
            yield ctx.finding("bad_regex", (*path, "validator"), message, hint)


@rule
def inputs_within_one_another(ctx: Checked) -> Iterator[Finding]:
    """An input whose id has a dot makes a group of what stands before it, which no other input can be."""
    ids = {str(entry.get("id")): path for entry, path in inputs_of(ctx)}
    for name, path in ids.items():
        outer = next((o for o in ids if name.startswith(f"{o}.")), "")
        if outer:
            message = f"{name} lies within the input {outer}, which has a value of its own"
            severity: Severity = "error" if ctx.there("2.0", "") else "warning"
            hint = f"Rename one of {outer} and {name}."
            yield ctx.finding("bad_id", (*path, "id"), message, hint, severity=severity)


@rule
def values_of_outputs(ctx: Checked) -> Iterator[Finding]:
    """A literal that a flow gives as its output is of the output's type."""
    listed = ctx.flow.get("outputs")
    for i, entry in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(entry, dict):
            continue
        problem = misfit(str(entry.get("type", "")).upper(), entry.get("value"))
        if problem:
            severity: Severity = "error" if ctx.there("2.0", "") else "warning"
            message = f"the output {entry['value']!r} is no {problem[0]}"
            yield ctx.finding("wrong_kind", ("outputs", i, "value"), message, problem[1], severity=severity)


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
