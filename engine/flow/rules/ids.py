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
    read: set[str] | None = None
    for name, path in entries:
        if not name:
            continue
        if name in first:
            line = ctx.source.at((*first[name], "id")).line
            message = f"two {noun}s have the id {name}; the other is on line {line}"
            edit = None
            if ctx.source.scalar_style((*path, "id")) == "plain":
                free = next(f"{name}_{n}" for n in count(times.get(name, 1) + 1) if f"{name}_{n}" not in first)
                times[name] = int(free.rpartition("_")[2])
                read = _read_names(ctx, noun) if read is None else read
                # where the id is read somewhere, only its author knows which of the two is meant
                safe = name not in read
                edit = ctx.replacing(ctx.source.at((*path, "id")), free, safe=safe)
                first[free] = path
            yield ctx.finding("duplicate_id", (*path, "id"), message, "Give each an id of its own.", edit=edit)
        else:
            first[name] = path


def _read_names(ctx: Checked, noun: str) -> set[str]:
    """Ids that expressions or dependsOn refer to."""
    root = {"task": "outputs", "input": "inputs"}.get(noun)
    references = (r for template in ctx.templates for r in template.found.references)
    names = {str(r.path[1]) for r in references if r.path[0] == root and len(r.path) > 1}
    if noun == "task":
        names |= {
            name
            for t in ctx.tasks
            if t.short == "Dag"
            for entry in _list(t.value.get("tasks"))
            for name in _waits(entry)
        }
    return names


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
