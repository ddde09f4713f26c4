"""Ids: their form, and that no two are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path
from engine.flow.rules import rule

_TASK_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*$")
_DOTTED_ID = re.compile(r"[a-zA-Z0-9][.a-zA-Z0-9_-]*$")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9._-]*$")
_VERBS = frozenset(
    ("pause", "resume", "force-run", "change-status", "kill", "executions", "search", "source", "disable", "enable")
)


def _repeated(ctx: Checked, entries: Iterable[tuple[str, Path]], noun: str) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    times: dict[str, int] = {}
    listed = list(entries)
    taken = {name for name, _ in listed}
    for name, path in listed:
        if not name:
            continue
        if name not in first:
            first[name] = path
            continue
        line = ctx.source.at((*first[name], "id")).line
        message = f"two {noun}s have the id {name}; the other is on line {line}"
        edit = None
        hint = "Give each an id of its own."
        if ctx.source.scalar_style((*path, "id")) == "plain":
            new, safe = _other_id(ctx, noun, name, first[name], path, taken)
            if not new:
                new = next(f"{name}_{n}" for n in count(times.get(name, 1) + 1) if f"{name}_{n}" not in taken)
                times[name] = int(new.rpartition("_")[2])
            taken.add(new)
            hint = f"Give each an id of its own; {new} is free."
            edit = ctx.replacing(ctx.source.at((*path, "id")), new, safe=safe)
        yield ctx.finding("duplicate_id", (*path, "id"), message, hint, edit=edit)


def _other_id(ctx: Checked, noun: str, name: str, first: Path, path: Path, taken: set[str]) -> tuple[str, bool]:
    """A better name for the second of two than one with a number, if there is one, and whether a change is safe.

    Where expressions read a name that nothing has, that is the one; and where all that is read of the two is read
    before the second has run, or is given by the first alone, the second can have any other.
    """
    reads = _reads(ctx, noun)
    missing = [n for n in reads if n not in taken and _TASK_ID.fullmatch(n)]
    if len(missing) == 1 and all(_gives(ctx, path, field) for field, _ in reads[missing[0]]):
        return missing[0], True
    last = ctx.source.at(path).end_line
    of_first = (
        line <= last or (field and _gives(ctx, first, field) and not _gives(ctx, path, field))
        for field, line in reads.get(name, ())
    )
    return "", all(of_first)


_ROOTS = {"task": "outputs", "input": "inputs"}


def _gives(ctx: Checked, path: Path, field: str) -> bool:
    """Whether the task at a path gives this output, or may; what an input holds is not known."""
    owner = ctx.owner((*path, "id"))
    if not field or owner is None or owner.path != path or owner.kind not in ("task", "flowable"):
        return True
    definition = owner.definition
    if definition is None or not definition.outputs_known or definition.partial or owner.kind == "flowable":
        return True
    return field in definition.outputs


def _reads(ctx: Checked, noun: str) -> dict[str, set[tuple[str, int]]]:
    """Ids that expressions or dependsOn refer to, each with the fields that are read of it and the lines of those."""
    out: dict[str, set[tuple[str, int]]] = {}
    root = _ROOTS.get(noun)
    for template in ctx.templates:
        for reference in template.found.references:
            steps = [step.key for step in reference.steps]
            if steps[0] == root and len(steps) > 1:
                field = str(steps[2]) if len(steps) > 2 and isinstance(steps[2], str) else ""
                out.setdefault(str(steps[1]), set()).add((field, ctx.source.at(template.path).line))
    for task in ctx.tasks if noun == "task" else ():
        for i, entry in enumerate(_list(task.value.get("tasks")) if task.short == "Dag" else ()):
            line = ctx.source.at((*task.path, "tasks", i)).line
            for waited in _waits(entry):
                out.setdefault(waited, set()).add(("", line))
    return out


def _waits(entry: Any) -> list[str]:
    return [str(v) for v in _list(entry.get("dependsOn"))] if isinstance(entry, dict) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def entries(flow: dict[str, Any], name: str) -> Iterator[tuple[str, Path]]:
    """Ids and paths of a list of maps at the top of a flow."""
    listed = flow.get(name)
    for i, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, dict) and isinstance(entry.get("id"), str | int):
            yield str(entry["id"]), (name, i)


@rule
def repeated_ids(ctx: Checked) -> Iterator[Finding]:
    """Task ids are unique at any depth; so are ids of triggers, inputs and outputs among themselves."""
    yield from _repeated(ctx, ((t.id, t.path) for t in ctx.tasks if not _in_a_tool(t)), "task")
    for name, noun in (("triggers", "trigger"), ("inputs", "input"), ("outputs", "output")):
        yield from _repeated(ctx, entries(ctx.flow, name), noun)


def _in_a_tool(task: Any) -> bool:
    return any(above.kind == "tool" for above in task.ancestors())


@rule
def form_of_ids(ctx: Checked) -> Iterator[Finding]:
    """Letters, digits, dash and underscore; dots where a path is allowed."""
    yield from _form(ctx, ctx.flow.get("id"), ("id",), _DOTTED_ID, 100)
    namespace = ctx.flow.get("namespace")
    yield from _form(ctx, namespace, ("namespace",), _NAMESPACE, 150)
    for typed in (*ctx.tasks, *ctx.triggers):
        yield from _form(ctx, typed.value.get("id"), (*typed.path, "id"), _TASK_ID, 256)
    for name in ("inputs", "outputs"):
        for text, path in entries(ctx.flow, name):
            yield from _form(ctx, text, (*path, "id"), _DOTTED_ID, 256)


def _form(ctx: Checked, value: Any, path: Path, pattern: re.Pattern[str], longest: int) -> Iterator[Finding]:
    if value is None or isinstance(value, dict | list):
        return
    text = str(value)
    if not text.strip():
        yield ctx.finding("empty_value", path, f"{path[-1]} must not be empty", "Give it a name.")
    elif len(text) > longest:
        yield ctx.finding("too_long", path, f"{path[-1]} is longer than {longest} characters", "Shorten it.")
    elif not pattern.match(text):
        lower = " in lower case" if pattern is _NAMESPACE else ""
        hint = f"Use letters{lower}, digits, - and _, starting with a letter or digit."
        yield ctx.finding("bad_id", path, f"{text!r} is no valid {path[-1]}", hint)


@rule
def flow_id_that_is_a_verb(ctx: Checked) -> Iterator[Finding]:
    """From 2.0 on the API's own verbs cannot be flow ids."""
    name = ctx.flow.get("id")
    if isinstance(name, str) and name in _VERBS and ctx.there("2.0", ""):
        message = f"{ctx.flow['id']} is a word of the API and no flow id from 2.0 on"
        yield ctx.finding("bad_id", ("id",), message, "Choose another id.")
