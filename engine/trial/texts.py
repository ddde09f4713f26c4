"""The expressions of a flow as texts: which tasks there are, and all that each of them writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.execution.plan import children
from engine.flow.model import Flow, Task

_VARIABLE = re.compile(r"\bvars(?:\.(\w+)|\[\s*['\"]([^'\"]+)['\"]\s*\])")
_OUTPUT = re.compile(r"\boutputs(?:\.(\w+)|\[\s*['\"]([^'\"]+)['\"]\s*\])")


@dataclass(frozen=True, slots=True)
class Place:
    """A task with the flowables it stands in, nearest first."""

    task: Task
    above: tuple[Task, ...]


def places(flow: Flow) -> list[Place]:
    """Every task of a flow at any depth, in the order written."""
    found: list[Place] = []

    def walk(task: Task, above: tuple[Task, ...]) -> None:
        found.append(Place(task, above))
        for _, child in children(task):
            walk(child, (task, *above))

    for task in (*flow.tasks, *flow.errors, *flow.finally_, *flow.after_execution):
        walk(task, ())
    return found


def texts_of(value: Any) -> Iterator[str]:
    """Every text within properties; those of child tasks are their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_of(key)
            yield from texts_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)


def own_text(task: Task) -> str:
    """All a task writes itself, as one text."""
    return "\n".join(texts_of([task.properties, task.run_if or "", task.timeout or ""]))


def expanded(text: str, flow: Flow) -> str:
    """The text with that of every flow variable it mentions, and of those that these mention."""
    seen: set[str] = set()
    waiting = [text]
    parts = []
    while waiting:
        part = waiting.pop()
        parts.append(part)
        for match in _VARIABLE.finditer(part):
            name = match[1] or match[2]
            if name not in seen and name in flow.variables:
                seen.add(name)
                waiting.extend(texts_of(flow.variables[name]))
    return "\n".join(parts)


def outputs_read(text: str) -> set[str]:
    """Ids of the tasks whose outputs a text reads."""
    return {match[1] or match[2] for match in _OUTPUT.finditer(text)}


def mapped(flow: Flow, change: Any) -> Flow:
    """The flow with every task replaced by ``change(task)``, children first."""

    def one(task: Task) -> Task:
        properties = {key: value(item) for key, item in task.properties.items()}
        changed: Task = change(replace(task, properties=properties))
        return changed

    def value(item: Any) -> Any:
        if isinstance(item, Task):
            return one(item)
        if isinstance(item, Mapping):
            return {key: value(inner) for key, inner in item.items()}
        if isinstance(item, list | tuple):
            return type(item)(value(inner) for inner in item)
        return item

    return replace(
        flow,
        tasks=tuple(map(one, flow.tasks)),
        errors=tuple(map(one, flow.errors)),
        finally_=tuple(map(one, flow.finally_)),
        after_execution=tuple(map(one, flow.after_execution)),
    )
