"""Data flow: every input, variable and output that an expression reads is there when it is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.flow.context import Checked, Typed
from engine.flow.findings import Edit, Finding, Severity
from engine.flow.names import nearest
from engine.flow.order import loops, order
from engine.flow.rules import rule
from engine.flow.templates import Template, keys

if TYPE_CHECKING:
    from engine.expressions.inspection import Reference

# Names of other languages, and of Kestra's own properties, for what expressions call otherwise.
_ALIASES = {
    "input": "inputs",
    "output": "outputs",
    "variables": "vars",
    "variable": "vars",
    "var": "vars",
    "env": "envs",
    "label": "labels",
    "triggers": "trigger",
    "executions": "execution",
    "taskRun": "taskrun",
    "task_run": "taskrun",
}
_FILE_NAMES = frozenset(("file", "path", "filePath", "filepath", "outputFile", "location", "data", "result", "output"))
# A task's name this alike is the same name, misspelt.
_SAME = 0.83
_EACH = ("ForEach", "EachSequential", "EachParallel")
_SUBFLOW_VARIABLES = frozenset(("executionId", "namespace", "flowId", "flowRevision", "state", "id", "type"))


def _at(
    ctx: Checked,
    template: Template,
    reference: Reference,
    step: int,
    code: str,
    message: str,
    hint: str,
    meant: str = "",
    sure: bool | None = None,
) -> Finding:
    """A finding on one step of a reference, with the step replaced by ``meant`` when that is clear.

    It is an error when ``sure``, which it is by default when ``meant`` is known: a flow may be made to fail on
    purpose, but hardly by a misspelt name.
    """
    part = reference.steps[step]
    size = len(str(part.key))
    start = part.offset
    if part.written == "bracket" and template.text[start : start + 1] in "'\"":
        start += 1
    span = ctx.source.inside(template.path, start, start + size)
    edit: Edit | None = None
    if meant:
        edit = ctx.replacing(span, meant)
        if part.written == "dot" and not meant.isidentifier():
            whole = ctx.source.inside(template.path, start - 1, start + size)
            quote = '"' if ctx.source.scalar_style(template.path) == "'" else "'"
            edit = ctx.replacing(whole, f"[{quote}{meant}{quote}]")
    severity: Severity = "error" if (bool(meant) if sure is None else sure) else "warning"
    return ctx.finding(code, template.path, message, hint, severity=severity, span=span, edit=edit)


def _guess(ctx: Checked, name: str, names: Collection[str]) -> tuple[str, str]:
    """A hint that names the nearest, and the nearest itself when it is clear."""
    if not ctx.may_compare(len(names)):
        return "", ""
    near = nearest(name, names, 3, 0.55)
    if not near:
        return (f"There are: {', '.join(sorted(names)[:12])}." if names else ""), ""
    clear = near[0][1] >= 0.6 and (len(near) == 1 or near[0][1] - near[1][1] >= 0.05)
    return f"Did you mean {' or '.join(n for n, _ in near)}?", near[0][0] if clear else ""


@rule
def outputs_that_exist(ctx: Checked) -> Iterator[Finding]:
    """outputs.TASK is a task of this flow that has run by then, and outputs.TASK.FIELD one of its outputs."""
    by_id: dict[str, list[Typed]] = {}
    for task in ctx.tasks:
        by_id.setdefault(task.id, []).append(task)
    for template, reference, path in ctx.reads("outputs"):
        if not path or not isinstance(path[0], str) or _elsewhere(template):
            continue
        name = path[0]
        if name not in by_id:
            if not reference.guarded or _all_but(ctx, name, by_id):
                yield _unknown_task(ctx, template, reference, name, by_id)
            continue
        late = None if reference.guarded else _late(ctx, template, reference, by_id[name])
        late = late or _closed(ctx, template, reference, by_id[name])
        if late:
            yield late
            continue
        yield from _field(ctx, template, reference, by_id[name])


def _elsewhere(template: Template) -> bool:
    """Whether ``outputs`` are not those of this flow's tasks: in triggers they are of another execution, in what a
    Subflow passes on they are the child's."""
    place = template.owner
    if place is not None and place.short == "Subflow" and template.path[-2:-1] == ("outputs",):
        return True
    while place is not None:
        if place.kind in ("trigger", "condition", "tool"):
            return True
        place = place.parent
    return template.path[0] in ("triggers", "listeners")


def _all_but(ctx: Checked, name: str, names: Collection[str]) -> bool:
    """Whether a name is all but one of these: written so where a missing value does no harm, it is never there."""
    near = nearest(name, names, 1, _SAME) if ctx.may_compare(len(names)) and len(name) > 4 else []
    return bool(near)


def _unknown_task(ctx: Checked, template: Template, reference: Reference, name: str, names: Collection[str]) -> Finding:
    hint, meant = _guess(ctx, name, names)
    fields = keys(reference)[1:2]
    if template.task is not None and meant == template.task.id:
        meant = ""
    if meant and fields and isinstance(fields[0], str) and not _gives(ctx, meant, fields[0]):
        meant = ""
    message = f"no task of this flow is called {name}"
    hint = hint or "Name a task of this flow."
    sure = not reference.guarded
    return _at(ctx, template, reference, 1, "unknown_output_ref", message, hint, meant, sure=sure)


def _gives(ctx: Checked, task_id: str, field: str) -> bool:
    task = next((t for t in ctx.tasks if t.id == task_id), None)
    known = task is not None and task.definition is not None and task.definition.outputs_known
    return not known or task is None or task.definition is None or field in task.definition.outputs


def _late(ctx: Checked, template: Template, reference: Reference, read: list[Typed]) -> Finding | None:
    reader = template.task
    if reader is None or len(read) > 1:
        return None
    when = order(reader, read[0])
    if when == "before":
        return None
    name = read[0].id
    if when == "itself":
        message, hint = f"{name} reads its own outputs, which are not there yet", "Read those of an earlier task."
    elif when == "after":
        message, hint = (
            f"{name} runs after this task; its outputs are not there yet",
            "Move it before, or read another.",
        )
    elif when == "never":
        message, hint = f"{name} stands in another branch and does not run together with this task", "Read it with ??."
    else:
        message = f"{name} runs at the same time as this task; its outputs may not be there"
        hint = "Run one after the other, or add dependsOn in a Dag."
    meant = _instead(ctx, reader, reference) if when in ("after", "itself") else ""
    hint = f"Did you mean outputs.{meant}?" if meant else hint
    return _at(
        ctx, template, reference, 1, "unknown_output_ref", message, hint, meant, sure=when in ("after", "itself")
    )


def _closed(ctx: Checked, template: Template, reference: Reference, read: list[Typed]) -> Finding | None:
    """The outputs of a task inside of a Loop stay there, unless the Loop declares outputs of its own."""
    loop = next((above for above in read[0].ancestors() if above.short == "Loop"), None)
    place = template.owner
    if loop is None or len(read) > 1 or place is loop or (place is not None and loop in place.ancestors()):
        return None
    message = f"{read[0].id} runs inside of the Loop {loop.id}, and its outputs are not seen outside of it"
    hint = f"Declare outputs on {loop.id}, and read loopOutputs(outputs.{loop.id}.outputs, 'its id')."
    return _at(ctx, template, reference, 1, "unknown_output_ref", message, hint, sure=not reference.guarded)


def _instead(ctx: Checked, reader: Typed, reference: Reference) -> str:
    """The one task before the reader that gives the output asked for; empty when there is none or more."""
    field = keys(reference)[1:2]
    if not field or not isinstance(field[0], str):
        return ""
    givers = [
        task.id
        for task in ctx.tasks
        if task.definition is not None and field[0] in task.definition.outputs and task is not reader
        if not loops(task) and order(reader, task) == "before" and task not in reader.ancestors()
    ]
    return givers[0] if len(givers) == 1 else ""


def _field(ctx: Checked, template: Template, reference: Reference, read: list[Typed]) -> Iterator[Finding]:
    path = keys(reference)
    task = read[0]
    definition = task.definition
    if len(path) < 2 or not isinstance(path[1], str) or len(read) > 1 or task.kind == "flowable":
        return
    if not _read_directly(template, task):
        return
    if definition is None or not definition.outputs_known or not definition.outputs or path[1] in definition.outputs:
        return
    hint, meant = _guess(ctx, path[1], definition.outputs)
    if not meant and path[1] in _FILE_NAMES and "uri" in definition.outputs:
        hint, meant = "The file is at uri.", "uri"
    message = f"{task.short} has no output {path[1]}"
    # only core types are known so well that a missing output is certain
    sure = not reference.guarded and (bool(meant) or definition.type.startswith("io.kestra.plugin.core."))
    yield _at(ctx, template, reference, 2, "unknown_output_ref", message, hint, meant, sure and not definition.partial)


def _read_directly(template: Template, read: Typed) -> bool:
    """Whether outputs of a task are read by their name, with no value of a loop before it.

    A LoopUntil keeps those of its last round; each round of a Loop has outputs of its own.
    """
    for loop in reversed(loops(read)):
        if loop.short == "Loop":
            place = template.owner
            return place is not None and (place is loop or loop in place.ancestors())
        if loop.short not in ("LoopUntil", "WaitFor"):
            return False
    return True


@rule
def inputs_that_exist(ctx: Checked) -> Iterator[Finding]:
    """inputs.NAME is declared by this flow."""
    names = ctx.named["inputs"]
    if ctx.open_inputs:
        return
    for template, reference, path in ctx.reads("inputs"):
        if reference.guarded or not path or not isinstance(path[0], str):
            continue
        if path[0] in names or any(n.startswith(f"{path[0]}.") for n in names) or _in_a_tool(template):
            continue
        hint, meant = _guess(ctx, path[0], names)
        message = f"the flow has no input {path[0]}"
        yield _at(ctx, template, reference, 1, "unknown_input_ref", message, hint or "Declare it in inputs.", meant)


def _in_a_tool(template: Template) -> bool:
    place = template.owner
    return place is not None and any(t.kind == "tool" for t in (place, *place.ancestors()))


@rule
def variables_that_exist(ctx: Checked) -> Iterator[Finding]:
    """vars.NAME is declared by this flow, or set while it runs."""
    names = ctx.named["vars"]
    if any(task.short == "SetVariables" for task in ctx.tasks):
        return
    for template, reference, path in ctx.reads("vars"):
        if reference.guarded or not path or not isinstance(path[0], str):
            continue
        if path[0] not in names:
            hint, meant = _guess(ctx, path[0], names)
            message = f"the flow has no variable {path[0]}"
            yield _at(
                ctx, template, reference, 1, "unknown_var_ref", message, hint or "Declare it in variables.", meant
            )


@rule
def trigger_variables(ctx: Checked) -> Iterator[Finding]:
    """trigger.NAME is a variable of one of the flow's triggers."""
    given: set[str] = set(_SUBFLOW_VARIABLES)
    for trigger in ctx.triggers:
        definition = trigger.definition
        if definition is None or not definition.outputs_known or not definition.outputs or definition.partial:
            return
        given |= definition.outputs.keys()
    for template, reference, path in ctx.reads("trigger"):
        if reference.guarded or not path or not isinstance(path[0], str):
            continue
        if path[0] not in given and ctx.triggers:
            hint, meant = _guess(ctx, path[0], given)
            message = f"no trigger of this flow gives {path[0]}"
            yield _at(ctx, template, reference, 1, "unknown_trigger_ref", message, hint, meant, sure=False)


@rule
def outputs_of_awaited_flows(ctx: Checked) -> Iterator[Finding]:
    """From 2.0 on the outputs of the flows that a Flow trigger waits for stand below the ids of those flows."""
    awaited = {flow_id for trigger in ctx.triggers for flow_id in _awaited(trigger)}
    if not ctx.there("2.0", "") or "" in awaited or not awaited:
        return
    for template, reference, path in ctx.reads("trigger"):
        if path[:1] != ("outputs",) or len(path) < 2 or not isinstance(path[1], str) or path[1] in awaited:
            continue
        near = nearest(path[1], awaited, 1, 0.75) if len(path) > 2 else []
        if near:
            message, hint = f"the trigger waits for no flow {path[1]}", f"Did you mean {near[0][0]}?"
            yield _at(ctx, template, reference, 2, "unknown_trigger_ref", message, hint, near[0][0], sure=False)
            continue
        message = f"outputs of the flows waited for are at trigger.outputs.<flow>.{path[1]}"
        meant = f"{next(iter(awaited))}.{path[1]}" if len(awaited) == 1 and str(path[1]).isidentifier() else ""
        hint = f"Write trigger.outputs.{meant or f'<flow>.{path[1]}'}."
        found = _at(ctx, template, reference, 2, "unknown_trigger_ref", message, hint, sure=False)
        if meant.replace(".", "").isidentifier() and reference.steps[2].written == "dot":
            part = reference.steps[2]
            span = ctx.source.inside(template.path, part.offset, part.offset + len(path[1]))
            found = replace(found, edit=ctx.replacing(span, meant))
        yield found


def _awaited(trigger: Typed) -> Iterator[str]:
    """Ids of the flows that a trigger waits for; an empty one where it may be any, or is no Flow trigger."""
    flows = trigger.value.get("dependsOn")
    if trigger.short != "Flow" or not isinstance(flows, list):
        yield ""
        return
    for flow in flows:
        name = flow.get("flowId") if isinstance(flow, dict) else None
        yield name if isinstance(name, str) and "{" not in name else ""


@rule
def names_that_are_known(ctx: Checked) -> Iterator[Finding]:
    """The first name of a reference is one that Kestra gives."""
    ids = {task.id for task in ctx.tasks}
    for template, reference in ctx.references:
        name = str(reference.steps[0].key)
        if reference.guarded or ctx.is_root(name) or _unquoted_argument(template, reference):
            continue
        alias = _ALIASES.get(name)
        root = reference.steps[0]
        if alias:
            yield _at(ctx, template, reference, 0, "unknown_variable", f"there is no {name}", f"Write {alias}.", alias)
        elif name in ids and len(reference.steps) > 1:
            hint = f"Write outputs.{name}."
            message = f"{name} is a task; its outputs are at outputs.{name}"
            yield _at(ctx, template, reference, 0, "unknown_variable", message, hint, f"outputs.{name}")
        elif name in ctx.named["inputs"] and len(reference.steps) == 1:
            message, hint = f"{name} is an input", f"Write inputs.{name}."
            yield _at(ctx, template, reference, 0, "unknown_variable", message, hint, f"inputs.{name}")
        elif name in ctx.named["vars"]:
            message, hint = f"{name} is a variable of the flow", f"Write vars.{name}."
            yield _at(ctx, template, reference, 0, "unknown_variable", message, hint, f"vars.{name}")
        elif name == "item" and not ctx.there("2.0", ""):
            message = f"item came with 2.0, after {ctx.target}"
            hint = "Use taskrun.value and taskrun.iteration."
            yield _at(ctx, template, reference, 0, "version_added", message, hint, sure=True)
        elif name != "item" and _renders_only_ours(template) and root.written == "name":
            near = nearest(name, ctx.roots, 1, 0.8) if len(name) > 3 else []
            meant = near[0][0] if near else ""
            hint = f"Write {meant}." if meant else "Start with inputs, outputs, vars, trigger, flow or execution."
            message = f"there is no variable {name}"
            yield _at(ctx, template, reference, 0, "unknown_variable", message, hint, meant)


def _renders_only_ours(template: Template) -> bool:
    """Whether a core task renders it; plugins and triggers may add variables of their own."""
    task = template.task
    if task is None or task is not template.owner or task.definition is None:
        return False
    return task.definition.type.startswith("io.kestra.plugin.core.")


def _unquoted_argument(template: Template, reference: Reference) -> bool:
    before = template.text[: reference.offset].rstrip()
    return before.endswith(("secret(", "kv("))


@rule
def loop_variables(ctx: Checked) -> Iterator[Finding]:
    """taskrun.value exists inside of a loop; inside of a Loop it is item.value, and the iteration item.index."""
    for template, reference, path in ctx.reads("taskrun"):
        task = template.task
        if path[:1] not in (("value",), ("iteration",)) or task is None:
            continue
        around = [above.short for above in task.ancestors()]
        if path[0] == "value" and not reference.guarded and not around:
            message = "taskrun.value is only there inside of a loop"
            hint = "Put the task into a ForEach, or read something else."
            yield _at(ctx, template, reference, 1, "unknown_variable", message, hint, sure=False)
        elif next((s for s in around if s == "Loop" or s in _EACH), "") == "Loop":
            meant = "item.value" if path[0] == "value" else "item.index"
            span = ctx.source.inside(template.path, reference.offset, reference.steps[1].offset + len(str(path[0])))
            message = f"inside of a Loop taskrun.{path[0]} is {meant}"
            edit = ctx.replacing(span, meant)
            yield ctx.finding("version_removed", template.path, message, f"Write {meant}.", span=span, edit=edit)
