"""Things that would wait for themselves: Dag tasks, and flows that call themselves."""

from __future__ import annotations

from collections.abc import Iterator

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path
from engine.flow.graph import find_cycle
from engine.flow.names import nearest
from engine.flow.rules import rule

_CALLS = ("Subflow", "Flow", "ForEachItem")
_HERE = ("{{ flow.id }}", "{{flow.id}}")


@rule
def dag_dependencies(ctx: Checked) -> Iterator[Finding]:
    """dependsOn of a Dag names its own tasks, without a circle."""
    for dag in ctx.tasks:
        entries = dag.value.get("tasks")
        if dag.short != "Dag" or not isinstance(entries, list):
            continue
        names: dict[str, Path] = {}
        graph: dict[str, list[str]] = {}
        for i, entry in enumerate(entries):
            task = entry.get("task") if isinstance(entry, dict) else None
            if isinstance(task, dict) and isinstance(task.get("id"), str):
                names[task["id"]] = (*dag.path, "tasks", i)
                depends = entry.get("dependsOn")
                graph[task["id"]] = [str(d) for d in depends] if isinstance(depends, list) else []
        for name, wanted in graph.items():
            for i, other in enumerate(wanted):
                if other not in names:
                    near = nearest(other, names, 1)
                    hint = f"Did you mean {near[0][0]}?" if near else "Name a task of this Dag."
                    path = (*names[name], "dependsOn", i)
                    yield ctx.finding("unknown_task_ref", path, f"there is no task {other} in {dag.id}", hint)
        cycle = find_cycle(graph)
        if cycle:
            way = " -> ".join((*cycle, cycle[0]))
            path = (*names[cycle[0]], "dependsOn")
            yield ctx.finding("cycle", path, f"tasks wait for one another in a circle: {way}", "Break it.", key=True)


@rule
def flow_that_calls_itself(ctx: Checked) -> Iterator[Finding]:
    """A Subflow task that calls its own flow would never end."""
    for task in ctx.tasks:
        if task.short not in _CALLS or not ctx.catalog.canonical(task.type).startswith("io.kestra.plugin.core.flow."):
            continue
        called, namespace = task.value.get("flowId"), task.value.get("namespace")
        same_flow = called == ctx.flow.get("id") or called in _HERE
        same_namespace = namespace == ctx.flow.get("namespace") or _compact(namespace) == "{{flow.namespace}}"
        if called is not None and same_flow and same_namespace and not task.value.get("runIf"):
            message = f"the flow {called} calls itself, without end"
            # the two together name the flow: point at the first of them that says so
            names = [n for n in task.value if n == "flowId" or (n == "namespace" and "{{" not in str(namespace))]
            hint = "Call another flow, or loop inside this one."
            yield ctx.finding("cycle", (*task.path, names[0]), message, hint)


def _compact(value: object) -> str:
    return str(value).replace(" ", "")
