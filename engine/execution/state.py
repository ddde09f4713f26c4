"""An execution as values: what is known of it is the fold of its events, and nothing else.

``TaskRun`` and ``Attempt`` are frozen. ``Execution`` is a projection: ``apply(event)`` is the only thing that
changes it, so replaying the journal gives the same execution. It is changed in place because copying
three thousand task runs for each of ten thousand events would make time per task grow with the flow.

Events are JSON objects, ``e`` says which (see ``_HANDLERS``), ``at`` is seconds since the epoch:

=========  =====================================================================================
created    the execution: flow, inputs, labels, trigger, parent
state      the execution's state ``s``
stop       no task starts any more; the execution will end in ``to`` (``interrupt``: running tasks are stopped;
           ``again``: and then the flow runs once more)
end        terminal state ``s`` with the flow's ``outputs``
task       a new task run ``id`` of ``task`` below ``parent``
run        a task run's state ``s``, ``out``\\ puts, ``detail``, ``due``, ``attempt`` (start) or ``ended`` attempt
again      the children of ``parent`` begin another round (LoopUntil)
remove     task runs ``ids`` are taken out (restart, replay, change of state)
labels     labels added, ``vars`` variables set, ``unset`` variables removed
=========  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from engine.execution.scopes import NO_SCOPE, PHASES, Branch, Scope
from engine.execution.task_run import ROOT, STARTABLE, TERMINAL, Attempt, TaskRun, iso

Event = dict[str, Any]

__all__ = ["ROOT", "STARTABLE", "TERMINAL", "Attempt", "Event", "Execution", "TaskRun", "fold", "iso"]


class Execution:
    """The projection of one execution's events."""

    def __init__(self) -> None:
        self.id = ""
        self.namespace = ""
        self.flow_id = ""
        self.revision = 1
        self.kind = "NORMAL"
        self.inputs: dict[str, Any] = {}
        self.labels: dict[str, str] = {}
        self.variables: dict[str, Any] = {}
        self.unset: set[str] = set()
        self.trigger: dict[str, Any] | None = None
        self.outputs: dict[str, Any] | None = None
        self.parent_id: str | None = None
        self.parent_run: str | None = None
        self.original_id = ""
        self.loop: dict[str, Any] | None = None
        self.not_before: float | None = None
        self.depth = 0
        """How many executions stand above it: one started it, another that one, and so on."""
        self.attempt = 1
        self.first_created = 0.0
        self.again_at: float | None = None
        """When the flow is to run once more as another execution (retry with CREATE_NEW_EXECUTION)."""
        self.listeners: tuple[int, ...] = ()
        self.stopping: str | None = None
        self.interrupting = False
        """Whether ``stopping`` also ends the tasks that run; else they may finish."""
        self.history: tuple[tuple[str, float], ...] = ()
        self.runs: dict[str, TaskRun] = {}
        self.scopes: dict[str, Scope] = {ROOT: Scope()}
        self.output_tree: dict[str, Any] = {}
        self.finished: float | None = None
        """When the last afterExecution task had ended; from then on nothing happens any more."""
        self._touched: dict[str, None] = {}
        self._owned: dict[int, dict[str, Any]] = {}

    # -- reading -------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        return self.history[-1][0]

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def start(self) -> float:
        return self.history[0][1]

    @property
    def end(self) -> float | None:
        return self.history[-1][1] if self.terminal else None

    def tried(self, state: str) -> bool:
        """Whether it has ever been in this state."""
        return any(s == state for s, _ in self.history)

    @property
    def killing(self) -> bool:
        return self.state == "KILLING"

    @property
    def halting(self) -> bool:
        """Whether no task may start any more. Those of afterExecution start once the end has been reached."""
        return not self.terminal and (self.killing or self.stopping is not None)

    @property
    def task_runs(self) -> list[TaskRun]:
        """All task runs in the order of their creation."""
        return list(self.runs.values())

    def scope(self, parent: str) -> Scope:
        """What has been started below a task run (ROOT: by the flow)."""
        return self.scopes.get(parent, NO_SCOPE)

    def children(self, parent: str) -> list[TaskRun]:
        """The runs right below a task run (ROOT: the flow), in order of creation."""
        scope = self.scopes.get(parent)
        if scope is None:
            return []
        ids = {run for branch in scope.branches.values() for lane in branch.lanes.values() for run in lane}
        return [run for run_id, run in self.runs.items() if run_id in ids]

    def descendants(self, parent: str) -> list[TaskRun]:
        """Everything below a task run."""
        inside = {parent}
        found = []
        for run in self.runs.values():
            if run.parent in inside:
                inside.add(run.id)
                found.append(run)
        return found

    def ancestors(self, run: TaskRun) -> list[TaskRun]:
        """The task runs above, nearest first."""
        found = []
        while run.parent:
            run = self.runs[run.parent]
            found.append(run)
        return found

    def values(self, run: TaskRun) -> list[str]:
        """The loop values this run lies in, outermost first, its own included."""
        own = [run.value] if run.value is not None else []
        return [r.value for r in reversed(self.ancestors(run)) if r.value is not None] + own

    def find(self, task_id: str, values: Iterable[str] | None = None) -> TaskRun | None:
        """The first run of a task, with these loop values when given."""
        wanted = None if values is None else list(values)
        for run in self.runs.values():
            if run.task_id == task_id and (wanted is None or self.values(run) == wanted):
                return run
        return None

    def snapshot(self) -> Execution:
        """How it stands now, for reading: later events do not change it."""
        same = Execution()
        same.__dict__.update(self.__dict__)
        same.runs = dict(self.runs)
        same.labels = dict(self.labels)
        same.output_tree = self.share_outputs()
        return same

    def take_touched(self) -> list[str]:
        """Task runs (ROOT: the execution) changed since the last call."""
        touched = list(self._touched)
        self._touched.clear()
        return touched

    @property
    def has_touched(self) -> bool:
        """Whether something changed that nobody has looked at."""
        return bool(self._touched)

    def touch_root(self) -> None:
        """Look at the execution itself again."""
        self._touched[ROOT] = None

    def touch_all(self) -> None:
        """Look at everything again, as after a crash."""
        self._touched = {ROOT: None} | dict.fromkeys(self.runs)

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape shown at every door."""
        return {
            "id": self.id,
            "namespace": self.namespace,
            "flow_id": self.flow_id,
            "revision": self.revision,
            "state": self.state,
            "history": [{"state": s, "date": iso(at)} for s, at in self.history],
            "start": iso(self.start),
            "end": None if self.end is None else iso(self.end),
            "inputs": self.inputs,
            "outputs": self.outputs,
            "labels": self.labels,
            "trigger": self.trigger,
            "parent_id": self.parent_id,
            "original_id": self.original_id,
            "task_runs": [run.as_dict() for run in self.runs.values()],
        }

    # -- folding -------------------------------------------------------------------------------------

    def apply(self, event: Event) -> None:
        """Take one event in. Events must come in the order they were recorded."""
        _HANDLERS[event["e"]](self, event)

    def _created(self, event: Event) -> None:
        self.id = event["id"]
        self.namespace = event["namespace"]
        self.flow_id = event["flow"]
        self.revision = event["revision"]
        self.kind = event.get("kind", "NORMAL")
        self.inputs = event.get("inputs") or {}
        self.labels = dict(event.get("labels") or {})
        self.variables = dict(event.get("vars") or {})
        self.trigger = event.get("trigger")
        self.parent_id = event.get("parent")
        self.parent_run = event.get("parent_run")
        self.original_id = event.get("original") or self.id
        self.loop = event.get("loop")
        self.not_before = event.get("not_before")
        self.depth = event.get("depth", 0)
        first: Any = event.get("first_created", event["at"])
        self.attempt = event.get("attempt", 1)
        self.first_created = first
        self.history = tuple((s, at) for s, at in event.get("history") or (("CREATED", event["at"]),))
        self._touched[ROOT] = None

    def _state(self, event: Event) -> None:
        if event["s"] == "RUNNING" and self.history[-1][0] != "CREATED":
            for scope in self.scopes.values():
                scope.reopened = True
        self.history = (*self.history, (event["s"], event["at"]))
        if event["s"] not in TERMINAL:
            self.finished = None
            if event["s"] != "KILLING":
                self.stopping = None
        self._touched[ROOT] = None
        if event["s"] in ("KILLING", "RUNNING"):
            self._touched |= {r.id: None for r in self.runs.values() if not r.terminal}

    def _stop(self, event: Event) -> None:
        self.stopping = event["to"]
        self.interrupting = bool(event.get("interrupt"))
        self.again_at = event.get("again")
        self._touched[ROOT] = None
        self._touched |= {r.id: None for r in self.runs.values() if not r.terminal}

    def _end(self, event: Event) -> None:
        self.history = (*self.history, (event["s"], event["at"]))
        self.outputs = event.get("outputs")
        self.listeners = tuple(event.get("listeners") or ())
        self._touched[ROOT] = None

    def _finished(self, event: Event) -> None:
        self.finished = event["at"]

    def _task(self, event: Event) -> None:
        scope = self.scopes.setdefault(event.get("parent", ROOT), Scope())
        run = TaskRun(
            id=event["id"],
            task_id=event["task"],
            parent=event.get("parent", ROOT),
            branch=event.get("branch", "tasks"),
            lane=event.get("lane", 0),
            value=event.get("value"),
            iteration=event.get("iteration"),
            history=tuple((s, at) for s, at in event.get("history") or (("CREATED", event["at"]),)),
            attempts=tuple(Attempt(**a) for a in event.get("attempts") or ()),
            outputs=event.get("out"),
            detail=event.get("detail"),
        )
        scope.spare.pop((run.task_id, run.value), None)
        old = self.runs.get(run.id)
        if old is not None:
            run = replace(run, outputs=old.outputs)
        self.runs[run.id] = run
        self._enter(scope, run)
        if run.outputs:
            self._publish(run)
        self._touched[run.id] = None

    def _enter(self, scope: Scope, run: TaskRun) -> None:
        if run.branch in PHASES:
            scope.phase = run.branch
        branch = scope.branches.setdefault(run.branch, Branch())
        branch.lanes.setdefault(run.lane, []).append(run.id)
        branch.states[run.state] += 1
        branch.open += not run.terminal

    def _run(self, event: Event) -> None:
        run = self.runs[event["id"]]
        at = event["at"]
        state = event.get("s")
        history = run.history if state is None else (*run.history, (state, at))
        attempts = run.attempts
        if event.get("attempt"):
            attempts = (*attempts, Attempt("RUNNING", at))
        elif (ended := event.get("ended")) and attempts:
            attempts = (*attempts[:-1], replace(attempts[-1], state=ended, end=at, log_file=event.get("log_file")))
        new = TaskRun(
            run.id,
            run.task_id,
            run.parent,
            run.branch,
            run.lane,
            run.value,
            run.iteration,
            history,
            attempts,
            event.get("out", run.outputs),
            event.get("detail", run.detail),
            event.get("due"),
        )
        self.runs[run.id] = new
        if state is not None:
            branch = self.scopes[run.parent].branch(run.branch)
            branch.states[run.state] -= 1
            branch.states[state] += 1
            branch.open += (state not in TERMINAL) - (not run.terminal)
        if "out" in event:
            self._publish(new)
        self._touched[run.id] = None

    def share_outputs(self) -> dict[str, Any]:
        """The outputs as expressions see them; later events leave this map as it is."""
        self._owned.clear()
        return self.output_tree

    def _publish(self, run: TaskRun) -> None:
        """Put a run's outputs where expressions look for them: outputs.task, or outputs.task[v1][v2] in loops."""
        if run.outputs is None:
            return
        path = [run.task_id, *(self.values(run) if run.parent or run.value is not None else ())]
        level = self.output_tree = self._own(self.output_tree)
        for name in path[:-1]:
            level[name] = level = self._own(level.get(name, {}))
        level[path[-1]] = dict(run.outputs)

    def _own(self, level: dict[str, Any]) -> dict[str, Any]:
        """A map that nobody else has been given: itself, or a copy."""
        if id(level) not in self._owned:
            level = dict(level)
            self._owned[id(level)] = level
        return level

    def _again(self, event: Event) -> None:
        self._set_aside(event["parent"])
        self._touched[event["parent"]] = None

    def _set_aside(self, parent: str) -> None:
        for run in self.children(parent):
            self.scopes[parent].spare[run.task_id, run.value] = run.id
            self._set_aside(run.id)
        if parent in self.scopes:
            scope = self.scopes[parent]
            scope.branches.clear()
            scope.phase = "tasks"

    def _remove(self, event: Event) -> None:
        gone = set(event["ids"])
        self.runs = {run_id: run for run_id, run in self.runs.items() if run_id not in gone}
        self._rebuild()

    def _rebuild(self) -> None:
        """Index everything again; removing task runs is rare, so it may cost a walk."""
        self.scopes = {ROOT: Scope(reopened=True)}
        self.output_tree = {}
        self._owned.clear()
        for run in self.runs.values():
            scope = self.scopes.setdefault(run.parent, Scope())
            scope.reopened = True
            phase = scope.phase
            self._enter(scope, run)
            scope.phase = max(phase, scope.phase, key=PHASES.index)
            self._publish(run)
        self.touch_all()

    def _labels(self, event: Event) -> None:
        self.labels |= event.get("labels") or {}
        given = event.get("vars") or {}
        self.variables |= given
        self.unset = (self.unset - set(given)) | set(event.get("unset") or ())


_HANDLERS: dict[str, Callable[[Execution, Event], None]] = {
    "created": Execution._created,
    "state": Execution._state,
    "stop": Execution._stop,
    "end": Execution._end,
    "finished": Execution._finished,
    "task": Execution._task,
    "run": Execution._run,
    "again": Execution._again,
    "remove": Execution._remove,
    "labels": Execution._labels,
}


def fold(events: Iterable[Event]) -> Execution:
    """The execution these events describe."""
    execution = Execution()
    for event in events:
        execution.apply(event)
    return execution
