"""What must hold between the parts of a flow beyond the shape of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.flow.context import Checked, Typed
from engine.flow.findings import Finding, Path
from engine.flow.rules import rule

_FLOW = "io.kestra.plugin.core.flow."
_RESERVED_LABELS = ("system.",)
_OWN_SYSTEM_LABELS = frozenset(("system.readOnly", "system.correlationId"))


@rule
def task_lists_are_not_empty(ctx: Checked) -> Iterator[Finding]:
    """A flow, and a flowable that needs tasks, has at least one."""
    if ctx.flow.get("tasks") == []:
        yield ctx.finding("empty_tasks", ("tasks",), "tasks must not be empty", "Add a task.", key=True)
    for typed in ctx.typed:
        definition = typed.definition
        if definition is None or typed.value.get("tasks") != []:
            continue
        prop = definition.properties.get("tasks")
        if prop is not None and (prop.required or definition.kind == "flowable"):
            message = f"tasks of {typed.short} must not be empty"
            yield ctx.finding("empty_tasks", (*typed.path, "tasks"), message, "Add a task to it.", key=True)
    listeners = ctx.flow.get("listeners")
    for i, listener in enumerate(listeners if isinstance(listeners, list) else []):
        if isinstance(listener, dict) and listener.get("tasks") == []:
            yield ctx.finding(
                "empty_tasks", ("listeners", i, "tasks"), "tasks must not be empty", "Add a task.", key=True
            )


@rule
def branches_are_not_empty(ctx: Checked) -> Iterator[Finding]:
    """A branch that is written holds a task."""
    for task in ctx.tasks:
        for name, branch in _branches(ctx, task):
            if branch == []:
                message = f"{'.'.join(name)} of {task.short} must not be empty"
                hint = f"Add a task to it, or remove {name[-1]}."
                yield ctx.finding("empty_tasks", (*task.path, *name), message, hint, key=True)


def _branches(ctx: Checked, task: Typed) -> Iterator[tuple[tuple[str, ...], Any]]:
    kind = ctx.catalog.canonical(task.type).removeprefix(_FLOW)
    if kind == "If":
        yield ("then",), task.value.get("then")
    elif kind == "Switch":
        yield ("defaults",), task.value.get("defaults")
        cases = task.value.get("cases")
        yield from ((("cases", name), branch) for name, branch in (cases if isinstance(cases, dict) else {}).items())


@rule
def if_has_a_condition(ctx: Checked) -> Iterator[Finding]:
    """Without a condition an If always takes its else, which nobody means; from 2.0 on it cannot be saved."""
    for task in _of(ctx, "If"):
        if task.value.get("condition") is None and not ctx.there("2.0", "") and not ctx.given_by_default(task.type):
            hint = "Add condition: with an expression at this level."
            path = (*task.path, "type")
            yield ctx.finding("missing_required", path, "If needs condition", hint, severity="warning", key=True)


@rule
def switch_has_a_branch(ctx: Checked) -> Iterator[Finding]:
    """A Switch needs cases or defaults."""
    for task in _of(ctx, "Switch"):
        if not task.value.get("cases") and not task.value.get("defaults"):
            message = "Switch has neither cases nor defaults"
            yield ctx.finding("empty_tasks", (*task.path, "type"), message, "Add cases: or defaults:.", key=True)


@rule
def working_directory_holds_runnable_tasks(ctx: Checked) -> Iterator[Finding]:
    """Its children share one worker: nothing that only directs others can stand in it."""
    for task in ctx.tasks:
        above = task.parent
        if above is None or above.type.rpartition(".")[2] not in ("WorkingDirectory", "Worker") or task.slot != "tasks":
            continue
        if task.definition is not None and (task.definition.kind == "flowable" or task.type == _FLOW + "Subflow"):
            message = f"{task.short} cannot stand in a WorkingDirectory; only runnable tasks can"
            hint = "Move it out, or put the WorkingDirectory inside of it."
            yield ctx.finding("not_runnable_child", (*task.path, "type"), message, hint)
        if task.value.get("workerGroup") is not None:
            message = "a task in a WorkingDirectory cannot have a worker group of its own"
            path = (*task.path, "workerGroup")
            yield ctx.finding("not_runnable_child", path, message, "Set it on the WorkingDirectory.", key=True)


@rule
def enterprise_only(ctx: Checked) -> Iterator[Finding]:
    """Worker groups of tasks exist in the Enterprise Edition only; the open-source server refuses them."""
    for typed in (*ctx.tasks, *ctx.triggers):
        if typed.value.get("workerGroup") is not None:
            path = (*typed.path, "workerGroup")
            message = "workerGroup works in the Enterprise Edition only"
            yield ctx.finding("enterprise_only", path, message, "Remove it to run on the open-source server.", key=True)


@rule
def reserved_labels(ctx: Checked) -> Iterator[Finding]:
    """Labels that start with ``system.`` are set by Kestra alone."""
    for name, path in _labels(ctx.flow.get("labels")):
        if name.startswith(_RESERVED_LABELS) and name not in _OWN_SYSTEM_LABELS:
            message = f"the label {name} can only be set by Kestra itself"
            yield ctx.finding("reserved_label", path, message, "Choose a name without the system. prefix.", key=True)
    labels = ctx.flow.get("labels")
    for name, value in (labels if isinstance(labels, dict) else {}).items():
        if isinstance(value, dict | list):
            message = f"the label {name} is a single value, not a {'map' if isinstance(value, dict) else 'list'}"
            yield ctx.finding("wrong_kind", ("labels", name), message, "Write one text for each label.")


def _labels(labels: Any) -> Iterator[tuple[str, Path]]:
    if isinstance(labels, dict):
        yield from ((name, ("labels", name)) for name in labels)
    elif isinstance(labels, list):
        for i, label in enumerate(labels):
            if isinstance(label, dict) and isinstance(label.get("key"), str):
                yield label["key"], ("labels", i, "key")


def _of(ctx: Checked, name: str) -> Iterator[Typed]:
    return (t for t in ctx.tasks if ctx.catalog.canonical(t.type) == _FLOW + name)


@rule
def unreachable_tasks(ctx: Checked) -> Iterator[Finding]:
    """Nothing that comes after a task which always ends the execution can run."""
    for before, after in _neighbours(ctx.tasks):
        if not _always_ends(before):
            continue
        message = f"{after.id or 'this task'} never runs: {before.id or before.short} before it ends the execution"
        hint = "Move it before, or put the other under a condition."
        yield ctx.finding("unreachable", (*after.path, "id"), message, hint, severity="warning")


def _always_ends(task: Typed) -> bool:
    conditional = ("condition", "runIf", "when", "allowFailure", "allowWarning", "disabled")
    return task.short in ("Fail", "Exit") and not any(task.value.get(name) for name in conditional)


def _neighbours(tasks: list[Typed]) -> Iterator[tuple[Typed, Typed]]:
    """Each task with the one right after it in a list that runs in order."""
    last: dict[Path, Typed] = {}
    for task in tasks:
        above = task.parent
        in_order = above is None or above.short not in ("Parallel", "Dag", "EachParallel")
        if task.slot not in ("errors", "finally") and in_order and isinstance(task.path[-1], int):
            before = last.get(task.branch)
            if before is not None:
                yield before, task
            last[task.branch] = task
