"""Functions over the outputs and states of task runs; all they need is in the variables."""

from __future__ import annotations

from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import is_number, kind_of, number_text
from engine.expressions.registry import function
from engine.expressions.runtime import Frame


def _map(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _outermost_first(frame: Frame) -> list[dict[Any, Any]]:
    """The task runs of the enclosing flowables that have one."""
    parents = frame.find("parents")
    found = [_map(parent) for parent in reversed(parents)] if isinstance(parents, list) else []
    return [_map(parent.get("taskrun")) for parent in found if parent.get("taskrun") is not None]


@function("currentEachOutput")
def current_each_output(frame: Frame, outputs: Any) -> Any:
    """The outputs of a sibling task for the values of the loops around this task run."""
    if not isinstance(outputs, dict):
        raise ExpressionError(f"The 'currentEachOutput' function expects a map as 'outputs', not {kind_of(outputs)}")
    for run in _outermost_first(frame):
        outputs = _map(outputs).get(run.get("value"))
        if outputs is None:
            raise ExpressionError("No execution outputs for the current task runs path")
    return _map(outputs).get(_map(frame.find("taskrun")).get("value"))


@function("parentOutput", since="0.22")
def parent_output(frame: Frame, index: Any = None) -> Any:
    """The outputs of the enclosing flowable, or of the one at a place among all (0 is the outermost)."""
    if index is None:
        return _output_of(frame, _map(frame.find("parent")))
    parents = frame.find("parents")
    if not isinstance(index, int) or isinstance(index, bool):
        raise ExpressionError("The 'parentOutput' function expects a whole number as 'index'")
    if not isinstance(parents, list) or not 0 <= index < len(parents):
        raise ExpressionError(f"Invalid index: {index} for parents size: {len(parents or [])}")
    return _output_of(frame, _map(parents[::-1][index]))


def _output_of(frame: Frame, parent: dict[Any, Any]) -> Any:
    if "task" not in parent:
        return parent.get("outputs")
    value = _map(parent.get("taskrun")).get("value")
    found = _map(frame.find("outputs")).get(_map(parent.get("task")).get("id"))
    return found if value is None or found is None else _map(found).get(value)


@function("iterationOutput", since="0.22")
def iteration_output(frame: Frame, taskId: Any = None, iteration: Any = None) -> Any:
    """The value a task gave in an iteration: by default this task in the one before."""
    run = _map(frame.find("taskrun"))
    if "iteration" not in run:
        raise ExpressionError("The 'iterationOutput' function can only be used inside iterative tasks")
    wanted = taskId if taskId is not None else _map(frame.find("task")).get("id")
    place = _place(iteration if iteration is not None else run["iteration"], previous=iteration is None)
    found = _map(frame.find("outputs")).get(wanted)
    for parent in _outermost_first(frame):
        if found is None:
            return None
        found = _map(found).get(parent.get("value"))
    if found is None:
        return None
    runs = list(_map(found).values())
    if place >= len(runs):
        message = f"The index {place} is out of range: the outputs of that iteration do not exist yet"
        raise ExpressionError(message, hint=f"the largest valid index is {len(runs) - 1}")
    return _map(runs[place]).get("value")


def _place(value: Any, *, previous: bool) -> int:
    text = value if isinstance(value, str) else number_text(value) if is_number(value) else ""
    if not text.lstrip("-").isdecimal() or len(text) > 9:
        raise ExpressionError("The 'iteration' argument of 'iterationOutput' must be a whole number")
    place = int(text) - (1 if previous else 0)
    if place < 0:
        raise ExpressionError(f"Cannot fetch iteration {place}: no previous iteration exists")
    return place


@function("loopOutputs", since="2.0")
def loop_outputs(frame: Frame, outputs: Any, key: Any) -> list[Any]:
    """One output of every iteration of a Loop, null where an iteration has none."""
    if not isinstance(outputs, list):
        raise ExpressionError(f"The 'loopOutputs' function expects a list as 'outputs', not {kind_of(outputs)}")
    if not isinstance(key, str):
        raise ExpressionError("The 'loopOutputs' function expects a text as 'key'")
    return [_map(_map(entry).get("outputs")).get(key) for entry in outputs]


@function("tasksWithState", since="0.22")
def tasks_with_state(frame: Frame, state: Any) -> list[dict[str, Any]]:
    """The task runs in a state, each with ``taskId``, ``state`` and, in a loop, ``value``."""
    if not isinstance(state, str):
        raise ExpressionError("The 'tasksWithState' function expects a text as 'state'")
    wanted = state.upper()
    found: list[dict[str, Any]] = []
    for task, details in _map(frame.find("tasks")).items():
        for key, value in _map(details).items():
            if key == "state" and isinstance(value, str) and value.upper() == wanted:
                found.append({"taskId": task, "state": wanted})
            inner = _map(value).get("state")
            if isinstance(inner, str) and inner.upper() == wanted:
                found.append({"taskId": task, "state": wanted, "value": key})
    return found
