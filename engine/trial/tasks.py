"""How each task is tried: really, where that touches nothing outside; else by a stand-in, its expressions rendered."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, TaskFailed
from engine.execution import flowables
from engine.expressions.errors import ExpressionError
from engine.fence import fence_for
from engine.flow.catalog import TypeDef, catalog
from engine.flow.model import Flow, Task
from engine.tasks.registry import Runnable, find
from engine.tasks.results import Effect
from engine.trial import judge
from engine.trial.certificate import How
from engine.trial.needs import needs_of
from engine.trial.rewrite import STAND_IN, WAITING
from engine.trial.stand_ins import Maker
from engine.trial.texts import places

if TYPE_CHECKING:
    from engine.execution.context import TaskContext

_LONGEST_TASK = 60.0
_SHOWN_LINES = 3
_MISSING_COMMAND = 127


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of one task: ``state`` overrides that of its run; ``fault`` is the flow's own."""

    how: How
    why: str = ""
    state: str | None = None
    fault: bool = False
    doubtful: bool = False

    @property
    def badness(self) -> int:
        return 3 if self.fault else 2 if self.state == "FAILED" else int(self.doubtful)


class Tasks:
    """Runs the tasks of one trial and keeps a note on each. ``run`` is the engine's ``run_task``."""

    def __init__(self, flow: Flow, sampled_inputs: tuple[str, ...], settings: Mapping[str, Any]) -> None:
        self.flow = flow
        self.notes: dict[str, Note] = {}
        self._settings = settings
        self._sampled = sampled_inputs
        self._maker = Maker(flow, needs_of(flow).outputs)
        self._lock = threading.Lock()
        self._made_up = {place.task.id for place in places(flow) if self._why_stood_in(place.task) is not None}

    def run(self, task: Task, context: TaskContext) -> Mapping[str, Any] | Effect | None:
        """Run one task, or stand in for it. Raises what is the flow's own fault."""
        task = replace(task, type=task.type.removeprefix(STAND_IN))
        why = self._why_stood_in(task)
        entry = find(task.type)
        if why is not None or entry is None:
            return self._stand_in(task, context, why or ("not_executable", f"{task.type} does not run here"))
        context.timeout_seconds = min(context.timeout_seconds or _LONGEST_TASK, _LONGEST_TASK)
        return self._try(task, context, entry)

    def is_fault(self, task_id: str) -> bool:
        """Whether this task showed that the flow is wrong."""
        note = self.notes.get(task_id)
        return note is not None and note.fault

    def is_doubtful(self, task_id: str) -> bool:
        """Whether something about this task could not be shown."""
        note = self.notes.get(task_id)
        return note is not None and note.doubtful

    def explain(self, task_id: str, messages: Iterable[str]) -> None:
        """Note a failure that the core itself found, such as a loop over something that is no list."""
        why = "; ".join(dict.fromkeys(messages))
        if task_id in self.notes and self.notes[task_id].badness:
            return
        if judge.never_right(why) or not self._depends(task_id):
            self.notes[task_id] = Note("ran", why, "FAILED", fault=True)
        else:
            self.notes[task_id] = Note("ran", f"on stood-in data: {why}", "FAILED", doubtful=True)

    def explains_failure(self) -> bool:
        """Whether some task failed on purpose or on made-up data."""
        return any(note.state == "FAILED" for note in self.notes.values())

    def _depends(self, task_id: str) -> bool:
        """Whether a task depends on made-up data of others."""
        return task_id in judge.depends_on(self.flow, self._made_up - {task_id}, self._sampled)

    def _why_stood_in(self, task: Task) -> tuple[How, str] | None:
        """How and why a task is not really run, or None where it is."""
        name = task.type.removeprefix(STAND_IN)
        if name in WAITING:
            return "stood_in", f"{name.rpartition('.')[2]} waits for people or other flows"
        if name in flowables.FLOWABLES or name in flowables.EXECUTABLES:
            return None
        entry = find(name)
        if entry is None:
            known = catalog().get(name) is not None
            return ("stood_in", "its type does not run here") if known else ("not_executable", f"{name} is unknown")
        if entry.effects == "network":
            return "stood_in", "it would reach a server"
        if entry.effects == "process" and self._fence_refusal:
            return "stood_in", self._fence_refusal
        return None

    @cached_property
    def _fence_refusal(self) -> str:
        """Why scripts may not run here, or nothing."""
        try:
            allowed = bool(self._settings.get("fence.allow_unfenced"))
            fence_for(self._settings).admit(written_by_model=True, allow_unfenced=allowed)
        except EngineError as error:
            return error.message
        return ""

    def _stand_in(self, task: Task, context: TaskContext, why: tuple[How, str]) -> dict[str, Any]:
        definition = catalog().get(task.type)
        try:
            self._render_all(task, context, definition)
        except EngineError as error:
            if judge.certain(error, ()) or not self._depends(task.id):
                self._note(task, Note(why[0], str(error), "FAILED", fault=True))
                raise
            self._note(task, Note(why[0], f"its expressions do not fit stood-in data: {error}", doubtful=True))
        else:
            self._note(task, Note(why[0], why[1], doubtful=why[0] == "not_executable"))
        return self._outputs(task, context, definition)

    def _render_all(self, task: Task, context: TaskContext, definition: TypeDef | None) -> None:
        """Render every property that takes expressions, as the real task would."""
        for name, value in task.properties.items():
            known = definition.properties.get(name) if definition is not None else None
            if known is None or known.dynamic or known.kind in ("object", "map", "array"):
                context.render(value)

    def _outputs(self, task: Task, context: TaskContext, definition: TypeDef | None) -> dict[str, Any]:
        return self._maker.outputs(task, definition, context.render, context.files.put_bytes)

    def _try(self, task: Task, context: TaskContext, entry: Runnable) -> Mapping[str, Any] | Effect | None:
        said: list[str] = []
        logged = context.log

        def log(level: str, message: str) -> None:
            if level == "ERROR":
                said.append(message)
            logged(level, message)

        context.log = log  # type: ignore[method-assign]
        try:
            result = entry.run(context)
        except EngineError as error:
            note = self._failure(task, error, said)
            self._note(task, note)
            if note.fault or not note.doubtful or task.allow_failure:
                raise
            kept = error.outputs if isinstance(error, TaskFailed) else {}
            return _joined(self._outputs(task, context, catalog().get(task.type)), kept)
        self._note(task, Note("ran"))
        return result

    def _failure(self, task: Task, error: EngineError, said: list[str]) -> Note:
        """What a failed real run shows."""
        why = _explained(error, said)
        if judge.fails_on_purpose(task, error):
            return Note("ran", f"{why} (the flow itself says so)", "FAILED")
        if judge.runs_elsewhere(error):
            return Note("stood_in", why, doubtful=True)
        if judge.certain(error, said):
            return Note("ran", why, "FAILED", fault=True)
        if self._depends(task.id):
            return Note("ran", f"on stood-in data: {why}", "FAILED", doubtful=True)
        if isinstance(error, TaskFailed) and error.outputs.get("exitCode") == _MISSING_COMMAND:
            return Note("ran", f"a command is not on this machine: {why}", "FAILED", doubtful=True)
        if judge.lacks_package(said):
            return Note("ran", f"a package is not on this machine: {why}", "FAILED", doubtful=True)
        if judge.wants_network(task, self.flow) and not isinstance(error, ExpressionError):
            return Note("ran", f"without the network it wants: {why}", "FAILED", doubtful=True)
        return Note("ran", why, "FAILED", fault=not task.allow_failure, doubtful=task.allow_failure)

    def _note(self, task: Task, note: Note) -> None:
        """Keep the worst that is known of a task that runs several times; doubtful outputs are made up ones."""
        with self._lock:
            known = self.notes.get(task.id)
            if known is None or note.badness >= known.badness:
                self.notes[task.id] = note
            if note.doubtful:
                self._made_up = {*self._made_up, task.id}


def _explained(error: EngineError, said: list[str]) -> str:
    """The error with its hint, after the last lines the task printed as errors."""
    lines = [line for line in said if line.strip()][-_SHOWN_LINES:]
    return "; ".join([str(error), *lines])


def _joined(made: Mapping[str, Any], real: Mapping[str, Any]) -> dict[str, Any]:
    """Stand-in outputs with what a failing task did give in their place, maps entry by entry."""
    joined = dict(made)
    for name, value in real.items():
        known = made.get(name)
        joined[name] = {**known, **value} if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return joined
