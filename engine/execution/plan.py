"""A flow made ready to be walked: every task by id, its parent, and the shape of every scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.execution.flowables import EXECUTABLES, FLOWABLES, Flowable, Shape, enabled
from engine.execution.state import TaskRun
from engine.flow.model import Flow, Task

CHILD_LISTS = ("tasks", "then", "else", "defaults", "onWait", "onApprove", "onDeny", "errors", "finally")
_READS_OUTPUTS = ("output", "Output", "vars", "render", "Context", "tasks")


def children(task: Task) -> Iterator[tuple[str, Task]]:
    """The child tasks of a flowable with the list each stands in."""
    for name in CHILD_LISTS:
        for item in task.properties.get(name) or ():
            if isinstance(item, Task):
                yield name, item
            elif isinstance(item, Mapping) and isinstance(item.get("task"), Task):
                yield name, item["task"]
    for value in (
        (task.properties.get("cases") or {}).values() if isinstance(task.properties.get("cases"), Mapping) else ()
    ):
        for item in value or ():
            if isinstance(item, Task):
                yield "tasks", item
    if isinstance(task.properties.get("onPause"), Task):
        yield "onPause", task.properties["onPause"]


@dataclass
class Plan:
    """A flow indexed once; advance, restart and the runner read it."""

    flow: Flow
    tasks: dict[str, Task] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    _shapes: dict[str, tuple[Any, Shape]] = field(default_factory=dict)
    _reads: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        flow = self.flow
        for name, tasks in (
            ("tasks", flow.tasks),
            ("errors", flow.errors),
            ("finally", flow.finally_),
            ("after", flow.after_execution),
        ):
            for task in tasks:
                self._index(task, None, name)
        for listener in flow.listeners:
            for task in listener.get("tasks") or ():
                self._index(task, None, "listeners")

    def _index(self, top: Task, parent: str | None, branch: str) -> None:
        waiting = [(top, parent, branch)]
        while waiting:
            task, above, name = waiting.pop()
            self.tasks[task.id] = task
            self.branches[task.id] = name
            if above is not None:
                self.parents[task.id] = above
            if task.type not in EXECUTABLES:
                waiting.extend((child, task.id, place) for place, child in children(task))

    def task(self, run: TaskRun) -> Task:
        """The task of a run."""
        return self.tasks[run.task_id]

    def flowable(self, run: TaskRun) -> Flowable | None:
        """How this run's task walks its children; None for a task that has none."""
        return FLOWABLES.get(self.tasks[run.task_id].type)

    @cached_property
    def root(self) -> Shape:
        """The shape of the flow itself."""
        flow = self.flow
        return Shape("sequential", enabled(flow.tasks), enabled(flow.errors), enabled(flow.finally_))

    @cached_property
    def after(self) -> tuple[Task, ...]:
        return enabled(self.flow.after_execution)

    def listeners(self, valid: tuple[int, ...]) -> tuple[Task, ...]:
        """The tasks of the listeners whose conditions held, in order."""
        return tuple(t for n in valid for t in enabled(self.flow.listeners[n].get("tasks")))

    def shape(self, run: TaskRun | None) -> Shape:
        """The shape of a scope: below a run, or of the flow (None). Kept as long as the run's detail stays."""
        if run is None:
            return self.root
        known = self._shapes.get(run.id)
        if known is not None and known[0] is run.detail:
            return known[1]
        task = self.tasks[run.task_id]
        shape = FLOWABLES[task.type].shape(task, run.detail or {})
        self._shapes[run.id] = (run.detail, shape)
        return shape

    def forget(self, run_id: str) -> None:
        """A run has ended: its shape is not asked for again soon."""
        self._shapes.pop(run_id, None)

    def above(self, task_id: str) -> Iterator[Task]:
        """The flowables a task stands in, nearest first."""
        name = self.parents.get(task_id)
        while name is not None:
            yield self.tasks[name]
            name = self.parents.get(name)

    def reads_outputs(self, task_id: str) -> bool:
        """Whether an expression of this task may look at outputs; copying them for the others would be waste."""
        return self._mentions(task_id, _READS_OUTPUTS)

    def reads_states(self, task_id: str) -> bool:
        """Whether an expression of this task may look at the states of task runs (``tasks``, ``tasksWithState``)."""
        return self._mentions(task_id, ("tasks", "Context"))

    def _mentions(self, task_id: str, words: tuple[str, ...]) -> bool:
        known = self._reads.get((task_id, words))
        if known is None:
            task = self.tasks[task_id]
            known = self._reads[task_id, words] = _mentions([task.properties, task.run_if, task.timeout], words)
        return known


def _mentions(value: Any, words: tuple[str, ...]) -> bool:
    if isinstance(value, str):
        return ("{{" in value or "{%" in value) and any(word in value for word in words)
    if isinstance(value, Mapping):
        return any(_mentions(key, words) or _mentions(item, words) for key, item in value.items())
    if isinstance(value, list | tuple):
        return any(_mentions(item, words) for item in value)
    return False
