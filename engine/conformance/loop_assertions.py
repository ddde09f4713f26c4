"""Assertions about the iterations of a Loop, each an execution of its own."""

from __future__ import annotations

import re

from engine.conformance.observed import Assertion, Differences, Observed, compare, same
from engine.conformance.placeholders import at_path
from engine.execution.state import Execution


def sub_executions(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["sub_executions"]
    if "iteration" in wanted:
        yield from _one_iteration(observed, wanted)
        return
    groups = [observed.iterations(observed.execution.id, wanted.get("of_task"))]
    for _ in range(int(wanted.get("level", 1)) - 1):
        groups = [observed.iterations(execution.id) for group in groups for execution in group]
    found = [execution for group in groups for execution in group]
    if "count" in wanted and len(found) != wanted["count"]:
        yield f"{len(found)} iterations, expected {wanted['count']}"
    if "per_parent_count" in wanted and any(len(group) != wanted["per_parent_count"] for group in groups):
        yield f"iterations per parent: {[len(group) for group in groups]}"
    for execution in found:
        if "all_state" in wanted and execution.state != wanted["all_state"]:
            yield f"an iteration is {execution.state}, expected {wanted['all_state']}"
        if "all_task_runs" in wanted and len(execution.runs) != wanted["all_task_runs"]:
            yield f"an iteration has {len(execution.runs)} task runs, expected {wanted['all_task_runs']}"
        for key in ("each_first_output", "each_output"):
            if key in wanted:
                yield from _iteration_output(observed, execution, wanted[key])


def _iteration_output(observed: Observed, execution: Execution, wanted: Assertion) -> Differences:
    run = execution.find(wanted["task"]) if "task" in wanted else next(iter(execution.runs.values()), None)
    actual = at_path((run.outputs if run else None) or {}, wanted["path"])[1]
    expected = observed.fill(_item_values(observed, execution, str(wanted["equals"])))
    if not same(actual, expected):
        yield f"an iteration gave {actual!r}, expected {expected!r}"


def _item_values(observed: Observed, execution: Execution, text: str) -> str:
    """``$item.index``, ``$loop1.value`` and so on, of the loops around an iteration."""
    place: Execution | None = execution
    names = {"item": execution.loop or {}}
    while place is not None and place.loop is not None:
        names[place.loop["task"]] = place.loop
        place = observed.engine.execution(str(place.parent_id))
    return re.sub(r"\$(\w+)\.(index|value|key)", lambda m: str(names.get(m[1], {}).get(m[2])), text)


def _one_iteration(observed: Observed, wanted: Assertion) -> Differences:
    path = wanted["iteration"] if isinstance(wanted["iteration"], list) else [wanted["iteration"]]
    execution = observed.execution
    for index in path:
        found = observed.iterations(execution.id)
        if index >= len(found):
            yield f"there is no iteration {path}"
            return
        execution = found[index]
    if "sub_executions_count" in wanted:
        count = len(observed.iterations(execution.id))
        if count != wanted["sub_executions_count"]:
            yield f"iteration {path} has {count} iterations of its own"
    if "task" in wanted:
        run = execution.find(wanted["task"])
        actual = at_path((run.outputs if run else None) or {}, wanted["path"])[1]
        yield from compare(actual, wanted, observed, f"iteration {path}: {wanted['task']}")
