"""References between the flows of one folder: Subflow tasks, Flow triggers, and what is handed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.flow.context import Checked, Typed, Value
from engine.flow.findings import Finding, Path
from engine.flow.kinds import holds_expression
from engine.flow.names import nearest
from engine.flow.rules import rule

_CALLS = frozenset(f"io.kestra.plugin.core.flow.{name}" for name in ("Subflow", "ForEachItem"))
_THIS_NAMESPACE = "{{flow.namespace}}"


def _flows(ctx: Checked) -> dict[str, Value]:
    own = {f"{ctx.flow.get('namespace')}.{ctx.flow.get('id')}": ctx.flow} if ctx.siblings else {}
    return {**ctx.siblings, **own}


def _key(ctx: Checked, namespace: Any, flow_id: Any) -> str:
    """``namespace.id`` of a flow that is named in plain text; empty when it is not."""
    if isinstance(namespace, str) and namespace.replace(" ", "") == _THIS_NAMESPACE:
        namespace = ctx.flow.get("namespace")
    if not isinstance(namespace, str) or not isinstance(flow_id, str):
        return ""
    return "" if holds_expression(namespace) or holds_expression(flow_id) else f"{namespace}.{flow_id}"


def _absent(ctx: Checked, key: str, path: Path, flows: dict[str, Value]) -> Finding | None:
    """A finding when the folder holds other flows of that namespace, but not this one."""
    namespace, _, flow_id = key.rpartition(".")
    beside = [str(f.get("id")) for f in flows.values() if f.get("namespace") == namespace]
    if not key or key in flows or not beside:
        return None
    near = nearest(flow_id, beside, 1)
    hint = f"Did you mean {near[0][0]}?" if near else f"Flows of {namespace} here: {', '.join(sorted(beside)[:8])}."
    edit = ctx.replacing(ctx.source.at(path), near[0][0]) if near and near[0][1] >= 0.75 else None
    message = f"no flow {flow_id} of {namespace} is in this folder"
    return ctx.finding("unknown_flow", path, message, hint, severity="warning", edit=edit)


def _calls(ctx: Checked) -> Iterator[tuple[Typed, str]]:
    for task in ctx.tasks:
        if ctx.catalog.canonical(task.type) in _CALLS:
            yield task, _key(ctx, task.value.get("namespace"), task.value.get("flowId"))


@rule
def called_flows(ctx: Checked) -> Iterator[Finding]:
    """A Subflow task calls a flow that is there, with inputs it has and all that it needs."""
    flows = _flows(ctx)
    if not flows:
        return
    for task, key in _calls(ctx):
        absent = _absent(ctx, key, (*task.path, "flowId"), flows)
        if absent:
            yield absent
        elif key in flows:
            yield from _inputs(ctx, task, flows[key])


def _inputs(ctx: Checked, task: Typed, called: Value) -> Iterator[Finding]:
    declared = {str(i.get("id")): i for i in _list(called.get("inputs")) if isinstance(i, dict)}
    given = task.value.get("inputs")
    given = given if isinstance(given, dict) else {}
    if any(str(i.get("type")).upper() in ("REUSABLE_INPUTS", "FORM") for i in declared.values()):
        return
    for name in given:
        if name not in declared and not any(d.startswith(f"{name}.") for d in declared):
            near = nearest(name, declared, 1)
            hint = f"Did you mean {near[0][0]}?" if near else f"It takes: {', '.join(declared) or 'nothing'}."
            path = (*task.path, "inputs", name)
            edit = ctx.replacing(ctx.source.key_at(path), near[0][0]) if near and near[0][1] >= 0.75 else None
            message = f"{called.get('id')} has no input {name}"
            yield ctx.finding("unknown_input", path, message, hint, severity="warning", key=True, edit=edit)
    for name, declaration in declared.items():
        optional = declaration.get("required") is False or "defaults" in declaration or declaration.get("dependsOn")
        if name not in given and not optional and task.value.get("flowId"):
            message = f"{called.get('id')} needs the input {name}"
            hint = f"Add {name}: ... to inputs."
            path = (*task.path, "type")
            yield ctx.finding("missing_input", path, message, hint, severity="warning", key=True)


@rule
def outputs_of_called_flows(ctx: Checked) -> Iterator[Finding]:
    """outputs.TASK.outputs.NAME is an output of the flow that TASK calls."""
    flows = _flows(ctx)
    called = {task.id: flows[key] for task, key in _calls(ctx) if key in flows and not task.value.get("outputs")}
    if not called:
        return
    for template, reference, path in ctx.reads("outputs"):
        if reference.guarded or len(path) < 3 or path[1] != "outputs":
            continue
        flow = called.get(str(path[0]))
        if flow is None or not isinstance(path[2], str):
            continue
        names = [str(o.get("id")) for o in _list(flow.get("outputs")) if isinstance(o, dict)]
        if path[2] not in names and not any(n.startswith(f"{path[2]}.") for n in names):
            near = nearest(path[2], names, 1)
            hint = f"Did you mean {near[0][0]}?" if near else f"It gives: {', '.join(names) or 'nothing'}."
            step = reference.steps[3]
            span = ctx.source.inside(template.path, step.offset, step.offset + len(path[2]))
            message = f"{flow.get('id')} has no output {path[2]}"
            yield ctx.finding("unknown_output_ref", template.path, message, hint, severity="warning", span=span)


@rule
def awaited_flows(ctx: Checked) -> Iterator[Finding]:
    """A Flow trigger waits for flows that are there."""
    flows = _flows(ctx)
    if not flows:
        return
    for path, entry in _awaited(ctx):
        absent = _absent(ctx, _key(ctx, entry.get("namespace"), entry.get("flowId")), (*path, "flowId"), flows)
        if absent:
            yield absent


def _awaited(ctx: Checked) -> Iterator[tuple[Path, Value]]:
    """Maps with namespace and flowId in triggers: conditions, preconditions.flows, dependsOn."""
    for trigger in ctx.triggers:
        for name in ("conditions", "dependsOn"):
            yield from _maps((*trigger.path, name), trigger.value.get(name))
        preconditions = trigger.value.get("preconditions")
        if isinstance(preconditions, dict):
            yield from _maps((*trigger.path, "preconditions", "flows"), preconditions.get("flows"))


def _maps(path: Path, entries: Any) -> Iterator[tuple[Path, Value]]:
    for i, entry in enumerate(_list(entries)):
        if isinstance(entry, dict) and "flowId" in entry:
            yield (*path, i), entry


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
