"""What expressions see: the render variables of an execution and of one of its task runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.execution.dialect import Dialect
from engine.execution.plan import Plan
from engine.execution.state import Execution, TaskRun, iso
from engine.flow.load import nested_labels
from engine.flow.model import Flow

ENV_PREFIXES = ("KESTRA_", "ENV_")


def envs(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment variables with one of the prefixes, as ``envs`` shows them: without it, lower case."""
    found = {}
    for name, value in environment.items():
        for prefix in ENV_PREFIXES:
            if name.startswith(prefix):
                found[name.removeprefix(prefix).lower()] = value
    return found


def of_flow(flow: Flow, dialect: Dialect, revision: int | None = None) -> dict[str, Any]:
    """``flow``: which flow it is."""
    found: dict[str, Any] = {"id": flow.id, "namespace": flow.namespace, "revision": revision or flow.revision}
    return found if dialect.tenant is None else found | {"tenantId": dialect.tenant}


def of_execution(
    plan: Plan,
    execution: Execution,
    inputs: Mapping[str, Any],
    base: Mapping[str, Any],
    dialect: Dialect,
    *,
    frozen: bool = True,
) -> dict[str, Any]:
    """Variables of the execution as a whole. ``base`` holds those that do not change (envs, globals, kestra);
    ``inputs`` with secrets in clear. ``frozen``: the outputs must stay as they are now while others run on."""
    flow = plan.flow
    variables = {k: v for k, v in {**flow.variables, **execution.variables}.items() if k not in execution.unset}
    found: dict[str, Any] = {
        **base,
        "flow": of_flow(flow, dialect, execution.revision),
        "execution": {
            "id": execution.id,
            "startDate": iso(execution.start),
            "originalId": execution.original_id,
            "state": execution.state,
            **({"outputs": execution.outputs} if execution.outputs else {}),
            **({} if execution.end is None else {"endDate": iso(execution.end)}),
        },
        "labels": nested_labels(execution.labels),
        "outputs": execution.share_outputs() if frozen else execution.output_tree,
    }
    if inputs:
        found["inputs"] = inputs
    if variables:
        found["vars"] = variables
    if execution.trigger is not None:
        found["trigger"] = _trigger(execution.trigger)
    return found


def _trigger(trigger: Mapping[str, Any]) -> dict[str, Any]:
    """``trigger``: what started the execution has to say, and in ``_context`` which trigger it was."""
    context = {name: trigger[name] for name in ("id", "type") if name in trigger}
    return {**(trigger.get("variables") or {}), **({"_context": context} if context else {})}


def of_run(plan: Plan, execution: Execution, run: TaskRun, shared: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Those of the execution (``shared``, changed in place) with the ones of a task run on top."""
    task = plan.task(run)
    shared["task"] = {"id": task.id, "type": task.type}
    shared["taskrun"] = _taskrun(execution, run)
    if run.parent:
        shared["parents"] = parents = _parents(execution, run, dialect)
        if parents:
            shared["parent"] = parents[0]
        above = execution.runs[run.parent]
        if plan.task(above).type.endswith(".WorkingDirectory"):
            shared["workerTaskrun"] = _taskrun(execution, above)
            if "value" not in shared["taskrun"] and above.value is not None:
                shared["taskrun"]["value"] = above.value
    else:
        shared["parents"] = []
    return shared


def _taskrun(execution: Execution, run: TaskRun) -> dict[str, Any]:
    finished = sum(1 for a in run.attempts if a.state not in ("RUNNING", "RESUBMITTED"))
    found: dict[str, Any] = {"id": run.id, "startDate": iso(run.start), "attemptsCount": finished}
    if run.parent:
        found["parentId"] = run.parent
    if run.value is not None:
        found["value"] = run.value
    if run.iteration is not None:
        found["iteration"] = run.iteration
    return found


def _parents(execution: Execution, run: TaskRun, dialect: Dialect) -> list[dict[str, Any]]:
    """What the task runs above have to say, nearest first. Before they named their task, those with neither a value
    nor outputs said nothing."""
    found = []
    for above in execution.ancestors(run):
        entry: dict[str, Any] = {}
        if dialect.parents_name_tasks:
            entry["task"] = {"id": above.task_id}
        if above.value is not None:
            entry["taskrun"] = {"value": above.value}
        if above.outputs and not dialect.parents_name_tasks:
            entry["outputs"] = above.outputs
        if entry:
            found.append(entry)
    return found


def task_states(execution: Execution) -> dict[str, Any]:
    """``tasks``: the state of each task, by loop value where it ran in a loop."""
    found: dict[str, Any] = {}
    for run in execution.runs.values():
        if run.value is None:
            found[run.task_id] = {"state": run.state}
        else:
            found.setdefault(run.task_id, {})[run.value] = {"state": run.state}
    return found
