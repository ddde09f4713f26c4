"""The core: what is to be done next, from the flow and what is known of the execution. Nothing else.

``advance`` has no clock, no randomness, no I/O and no threads, and looks only at what changed since it was
last asked, so a step costs the same in a flow of ten tasks and of three thousand. ``due`` says what happens
when the time of a waiting task run has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.execution.approvals import APPROVAL, end_of, undecided
from engine.execution.flowables import EXECUTABLES, PREFIX, Entry, Shape
from engine.execution.plan import Plan
from engine.execution.scopes import Scope
from engine.execution.state import ROOT, STARTABLE, Event, Execution, TaskRun, iso
from engine.flow.model import Task

LOOP_UNTIL = PREFIX + "LoopUntil"
PAUSE = PREFIX + "Pause"
_ORDER = ("KILLED", "FAILED", "CANCELLED", "WARNING")
_INTERRUPTED = {"CANCEL": "CANCELLED", "FAIL": "FAILED"}


@dataclass(frozen=True, slots=True)
class Create:
    """Make a task run for a child."""

    task: str
    parent: str
    branch: str
    lane: int
    value: str | None = None
    iteration: int | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Evaluate a flowable (runIf, condition, values) and set it RUNNING, or what the evaluation says."""

    run: str


@dataclass(frozen=True, slots=True)
class Start:
    """Give a runnable task to a worker, or let an executable one start its executions."""

    run: str


@dataclass(frozen=True, slots=True)
class Check:
    """A round of LoopUntil is over: evaluate its condition. Or an Approval has asked: wait for the decision."""

    run: str


@dataclass(frozen=True, slots=True)
class Close:
    """Set a task run to its final state."""

    run: str
    state: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Something happens to this run by itself at its ``due``."""

    run: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Tell the worker of a running task to stop; the task run will be in ``state`` (None: that of the execution)."""

    run: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class SetState:
    """Set the state of the execution."""

    state: str


@dataclass(frozen=True, slots=True)
class Halt:
    """The execution is to end in ``state``: no task starts any more; those that run may finish, unless it is KILLED."""

    state: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The execution has its final state: render its outputs and record it."""

    state: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing will happen any more: afterExecution tasks have ended too."""


Command = Create | Open | Start | Check | Close | Wait | Cancel | SetState | Halt | Finish | Finished


def advance(plan: Plan, execution: Execution, touched: Iterable[str]) -> list[Command]:
    """What to do, given the task runs (or ROOT) that changed since the last call."""
    ids = list(touched)
    if execution.state in ("CREATED", "RESTARTED"):
        return [SetState("RUNNING")] if ids else []
    if execution.state == "QUEUED" or execution.finished is not None:
        return []
    commands: list[Command] = []
    scopes: dict[str, set[int]] = {}
    for run_id in ids:
        if run_id == ROOT:
            scopes.setdefault(ROOT, set())
            continue
        run = execution.runs.get(run_id)
        if run is None:
            continue
        if run.terminal:
            scopes.setdefault(run.parent, set()).add(run.lane)
        else:
            commands += _open_run(plan, execution, run, scopes)
    for parent, lanes in scopes.items():
        commands += _step(plan, execution, parent, lanes)
    return commands


def _open_run(plan: Plan, execution: Execution, run: TaskRun, scopes: dict[str, set[int]]) -> list[Command]:
    """A run that has not ended: start it, let its children go on, or stop it."""
    flowable = plan.flowable(run)
    if execution.halting:
        return _stop_run(plan, execution, run, scopes)
    if run.state == "PAUSED":
        return [*([Wait(run.id)] if run.due is not None else []), *_on_pause(plan, execution, run)]
    if run.due is not None:
        return [Wait(run.id)]
    if run.state in STARTABLE:
        if execution.state == "PAUSED" and run.branch != "onPause":
            return []
        return [Start(run.id) if flowable is None else Open(run.id)]
    if flowable is not None and run.state == "RUNNING":
        if run.detail is None:
            return [Open(run.id)]
        scopes.setdefault(run.id, set())
    return []


def _on_pause(plan: Plan, execution: Execution, run: TaskRun) -> list[Command]:
    """The onPause task runs once, while the execution waits."""
    task = plan.task(run).properties.get("onPause")
    if not isinstance(task, Task) or "onPause" in execution.scope(run.id).branches:
        return []
    return [Create(task.id, run.id, "onPause", 0)]


def _stop_run(plan: Plan, execution: Execution, run: TaskRun, scopes: dict[str, set[int]]) -> list[Command]:
    target = "KILLED" if execution.killing else execution.stopping or "KILLED"
    waits = run.state == "PAUSED" and not is_executable(plan.task(run))
    if run.state in STARTABLE or run.state == "RETRYING" or waits:
        return [Close(run.id, target)]
    if plan.flowable(run) is not None:
        scopes.setdefault(run.id, set())
        return []
    return [Cancel(run.id)] if execution.killing or execution.interrupting else []


def _step(plan: Plan, execution: Execution, parent: str, lanes: set[int]) -> list[Command]:
    """Let one scope go on: start what may start, or end it."""
    run = execution.runs.get(parent) if parent else None
    if parent and (run is None or run.terminal):
        return []
    scope = execution.scope(parent)
    if execution.terminal and not parent:
        return _after(plan, execution, scope)
    if execution.halting:
        return _stop_scope(execution, parent, scope)
    if execution.state == "PAUSED" or (run is not None and _waits(run)):
        return []
    return _walk(plan, execution, run, scope, lanes)


def _waits(run: TaskRun) -> bool:
    """A flowable that is not open yet, is paused, or waits for its next round."""
    return run.state == "PAUSED" or run.detail is None or run.due is not None


def _stop_scope(execution: Execution, parent: str, scope: Scope) -> list[Command]:
    if any(branch.open for branch in scope.branches.values()):
        return []
    target = "KILLED" if execution.killing else execution.stopping or "KILLED"
    return [Close(parent, target)] if parent else [Finish(target)]


def _walk(plan: Plan, execution: Execution, run: TaskRun | None, scope: Scope, lanes: set[int]) -> list[Command]:
    parent = run.id if run else ROOT
    shape = plan.shape(run)
    if scope.phase == "tasks":
        main = scope.branch("tasks")
        failed = main.states["FAILED"] > 0 or bool(run and run.detail and run.detail.get("failed"))
        if not failed and not main.states["CANCELLED"]:
            nexts = _starts(execution, shape, scope, parent, lanes)
            if nexts:
                return nexts
        if main.open:
            return _interrupt(plan, execution, run) if failed and run is not None else []
        if not failed and run is not None and _round_over(plan, run):
            return [Check(run.id)]
        scope_lists: tuple[tuple[str, tuple[Task, ...]], ...] = (
            ("errors", shape.errors if failed else ()),
            ("finally", shape.finally_),
        )
    elif scope.phase == "errors":
        scope_lists = (("errors", shape.errors), ("finally", shape.finally_))
    else:
        scope_lists = (("finally", shape.finally_),)
    for name, tasks in scope_lists:
        state = _in_turn(scope, parent, name, tasks)
        if state is not None:
            return state
    return _end(plan, execution, run, scope)


def _interrupt(plan: Plan, execution: Execution, run: TaskRun) -> list[Command]:
    """onChildFailure: the children still at work are stopped as soon as one has failed."""
    state = _INTERRUPTED.get(str(plan.task(run).properties.get("onChildFailure", "")).upper())
    if state is None:
        return []
    found: list[Command] = []
    for child in execution.descendants(run.id):
        if child.terminal or (plan.flowable(child) is not None and child.state == "RUNNING"):
            continue
        works = child.state == "RUNNING" or (child.state == "PAUSED" and is_executable(plan.task(child)))
        found.append(Cancel(child.id, state) if works else Close(child.id, state))
    return found


def _round_over(plan: Plan, run: TaskRun) -> bool:
    """Whether a LoopUntil whose children have all ended is to look at its condition, or an Approval to wait."""
    kind = plan.task(run).type
    if kind == APPROVAL:
        return undecided(run.detail)
    return kind == LOOP_UNTIL and not (run.detail or {}).get("over")


def _in_turn(scope: Scope, parent: str, name: str, tasks: Sequence[Task]) -> list[Command] | None:
    """The next of a list that runs in sequence whatever becomes of its tasks; None when all have ended."""
    branch = scope.branches.get(name)
    if branch is not None and branch.open:
        return []
    started = len(branch.lanes.get(0, ())) if branch else 0
    if started < len(tasks):
        return [Create(tasks[started].id, parent, name, 0)]
    return None


def _end(plan: Plan, execution: Execution, run: TaskRun | None, scope: Scope) -> list[Command]:
    states = scope.branch("tasks").states
    state = next((s for s in _ORDER if states[s] > 0), "SUCCESS")
    if run is None:
        return [Finish(state)]
    task, detail = plan.task(run), run.detail or {}
    if detail.get("failed"):
        state = "FAILED"
    elif state == "SUCCESS" and detail.get("outcome"):
        state = detail["outcome"]
    if task.type == APPROVAL and not undecided(detail):
        state, halt = end_of(detail, state)
        return [Close(run.id, forgiven(task, state)), *([Halt(halt)] if halt else [])]
    flowable = plan.flowable(run)
    if state == "FAILED" and flowable is not None and flowable.transparent:
        state = "WARNING"
    return [Close(run.id, forgiven(task, state))]


def forgiven(task: Task, state: str) -> str:
    """A task's end after allowFailure (FAILED is WARNING) and allowWarning (WARNING is SUCCESS)."""
    if state == "FAILED" and task.allow_failure:
        state = "WARNING"
    if state == "WARNING" and task.allow_warning:
        state = "SUCCESS"
    return state


def _after(plan: Plan, execution: Execution, scope: Scope) -> list[Command]:
    """Listeners and afterExecution tasks, once the state is final."""
    for name, tasks in (("listeners", plan.listeners(execution.listeners)), ("after", plan.after)):
        state = _in_turn(scope, ROOT, name, tasks)
        if state is not None:
            return state
    return [Finished()]


def _starts(execution: Execution, shape: Shape, scope: Scope, parent: str, lanes: set[int]) -> list[Command]:
    """The children of the main list that may start now."""
    if shape.mode == "sequential":
        branch = scope.branch("tasks")
        started = len(branch.lanes.get(0, ()))
        if branch.open or started >= len(shape.tasks):
            return []
        return [Create(shape.tasks[started].id, parent, "tasks", 0)]
    if shape.mode == "lanes":
        return _lane_starts(execution, shape, scope, parent, lanes)
    return _entry_starts(execution, shape, scope, parent, lanes)


def _entry_starts(execution: Execution, shape: Shape, scope: Scope, parent: str, lanes: set[int]) -> list[Command]:
    branch = scope.branch("tasks")
    slots = shape.limit - branch.open if shape.limit else len(shape.entries)
    if slots <= 0:
        return []
    ready: Iterable[int]
    if shape.mode == "parallel" and not scope.reopened:
        ready = range(len(branch.lanes), len(shape.entries))
    else:
        ready = (n for n in _candidates(shape, scope, lanes) if n not in branch.lanes)
    found: list[Command] = []
    for n in ready:
        if len(found) == slots:
            break
        if all(_lane_ended(execution, scope, need) for need in shape.needs.get(n, ())):
            found.append(_create(shape.entries[n], parent, n))
    return found


def _candidates(shape: Shape, scope: Scope, lanes: set[int]) -> Iterable[int]:
    """Entries that could have become ready: with a limit or after a restart any, else those waiting for a lane."""
    if shape.limit or scope.reopened or not scope.branch("tasks").lanes:
        return range(len(shape.entries))
    return [n for n, needs in shape.needs.items() if not lanes.isdisjoint(needs)]


def _lane_ended(execution: Execution, scope: Scope, lane: int) -> bool:
    last = scope.branch("tasks").last(lane)
    return last is not None and execution.runs[last].terminal


def _create(entry: Entry, parent: str, lane: int) -> Command:
    return Create(entry.task.id, parent, "tasks", lane, entry.value, entry.iteration)


def _lane_starts(execution: Execution, shape: Shape, scope: Scope, parent: str, lanes: set[int]) -> list[Command]:
    branch = scope.branch("tasks")
    found: list[Command] = []
    slots = shape.limit - branch.open if shape.limit else len(shape.values)
    for lane in sorted(branch.lanes) if scope.reopened else sorted(lanes):
        started = len(branch.lanes.get(lane, ()))
        if len(found) < slots and 0 < started < len(shape.tasks) and _lane_ended(execution, scope, lane):
            found.append(Create(shape.tasks[started].id, parent, "tasks", lane, shape.values[lane], lane))
    begun = len(branch.lanes)
    room = min(max(slots - len(found), 0), len(shape.values) - begun)
    first = shape.tasks[0].id if shape.tasks else ""
    found += [Create(first, parent, "tasks", n, shape.values[n], n) for n in range(begun, begun + room)]
    return found


def due(plan: Plan, execution: Execution, run_id: str, at: float) -> list[Event]:
    """What becomes of a run whose time has come: a retry, the end of a pause, another round of a loop."""
    run = execution.runs.get(run_id)
    if run is None or run.terminal or run.due is None or at < run.due or execution.halting:
        return []
    if run.state == "RETRYING":
        events: list[Event] = [{"e": "run", "id": run.id, "s": "CREATED", "at": at}]
        others = (r for r in execution.runs.values() if r.id != run.id and r.state == "RETRYING")
        if execution.state == "RETRYING" and next(others, None) is None:
            events.append({"e": "state", "s": "RUNNING", "at": at})
        return events
    if run.state == "PAUSED" and plan.task(run).type == APPROVAL:
        return decided(execution, run, "EXPIRED", at, {})
    if run.state == "PAUSED":
        return resume_pause(plan, execution, run, at, (run.detail or {}).get("behavior", "RESUME"))
    return [{"e": "run", "id": run.id, "at": at}, {"e": "again", "parent": run.id, "at": at}]


def resume_pause(
    plan: Plan, execution: Execution, run: TaskRun, at: float, behavior: str, outputs: dict[str, object] | None = None
) -> list[Event]:
    """The end of a pause: RESUME, WARN, FAIL or CANCEL; then the execution goes on unless others still wait."""
    task = plan.task(run)
    shape = plan.shape(run)
    detail = {**(run.detail or {}), "resumed": True}
    event: Event = {"e": "run", "id": run.id, "at": at}
    if outputs is not None:
        event["out"] = outputs
    if behavior == "CANCEL":
        return [
            {**event, "s": "CANCELLED"},
            {"e": "stop", "to": "CANCELLED", "interrupt": True, "at": at},
            *wake(execution, run, at),
        ]
    failed = behavior == "FAIL"
    if shape.errors or shape.finally_ or (shape.tasks and not failed):
        more = {"failed": True} if failed else {"outcome": "WARNING"} if behavior == "WARN" else {}
        event |= {"s": "RUNNING", "detail": detail | more}
    else:
        event |= {"s": forgiven(task, {"FAIL": "FAILED", "WARN": "WARNING"}.get(behavior, "SUCCESS"))}
    return [event, *wake(execution, run, at)]


def decided(execution: Execution, run: TaskRun, decision: str, at: float, more: Mapping[str, object]) -> list[Event]:
    """Somebody has decided an Approval, or nobody did in time: its tasks for that follow."""
    outputs = {**(run.outputs or {}), "decision": decision, "auto": False, "on": iso(at), **more}
    detail = {**(run.detail or {}), "decision": decision}
    event: Event = {"e": "run", "id": run.id, "s": "RUNNING", "detail": detail, "out": outputs, "at": at}
    return [event, *wake(execution, run, at)]


def wake(execution: Execution, run: TaskRun, at: float) -> list[Event]:
    """RUNNING again, once no other run of the execution is paused."""
    if execution.state != "PAUSED":
        return []
    if any(r.state == "PAUSED" for r in execution.runs.values() if r.id != run.id):
        return []
    return [{"e": "state", "s": "RUNNING", "at": at}]


def is_executable(task: Task) -> bool:
    """Whether a task starts executions instead of doing work itself."""
    return task.type in EXECUTABLES
