"""Restart, replay and change of a task run's state: which task runs stay, which open again, which go. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.errors import NotFound, Refused
from engine.execution.flowables import PREFIX
from engine.execution.plan import Plan
from engine.execution.state import ROOT, Event, Execution, TaskRun

RESTARTED, REPLAY, REPLAYED = "system.restarted", "system.replay", "system.replayed"
"""Labels: of an execution that was restarted, of one that replays another, and of that other one."""
LATER = ("errors", "finally", "listeners", "after")
OPEN_AGAIN = frozenset({"FAILED", "PAUSED", "KILLED", "CANCELLED", "RETRYING"})
WORKING_DIRECTORY = PREFIX + "WorkingDirectory"


@dataclass
class Reopening:
    """New states by task run, those whose evaluation starts anew, and those that are taken out."""

    states: dict[str, str] = field(default_factory=dict)
    evaluate: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


def restart(plan: Plan, execution: Execution) -> Reopening:
    """Open what failed, was killed or is paused, with everything above it. Refused when there is nothing."""
    main = [r for r in execution.runs.values() if not _is_later(execution, r)]
    wanted = [r for r in main if r.state in OPEN_AGAIN]
    if not wanted:
        raise Refused(
            "no task run to restart from",
            hint="restart an execution that failed, or replay it from a task",
            code="nothing-to-restart",
        )
    found = Reopening()
    for run in wanted:
        _open(plan, execution, run, found)
    _drop_later(execution, found)
    return found


def replay(plan: Plan, execution: Execution, run_id: str) -> Reopening:
    """Open one task run again and take out what comes after it. NotFound."""
    run = execution.runs.get(run_id)
    if run is None:
        raise NotFound(f"the execution has no task run {run_id}", hint="look at its task runs")
    found = Reopening()
    _open(plan, execution, run, found)
    if plan.flowable(run) is not None:
        found.evaluate.add(run.id)
        found.gone |= {r.id for r in execution.descendants(run.id)}
    for place in (run, *execution.ancestors(run)):
        for other in _successors(plan, execution, place):
            found.gone |= {other.id, *(r.id for r in execution.descendants(other.id))}
    found.gone -= set(found.states)
    _drop_later(execution, found)
    return found


def mark(plan: Plan, execution: Execution, run_id: str, state: str) -> Reopening:
    """Give a task run another state and open what lies above it. NotFound."""
    run = execution.runs.get(run_id)
    if run is None:
        raise NotFound(f"the execution has no task run {run_id}", hint="look at its task runs")
    found = Reopening(states={run.id: state})
    for above in execution.ancestors(run):
        found.states[above.id] = "RUNNING"
    _drop_later(execution, found)
    return found


def _is_later(execution: Execution, run: TaskRun) -> bool:
    return any(place.branch in LATER for place in (run, *execution.ancestors(run)))


def _open(plan: Plan, execution: Execution, run: TaskRun, found: Reopening) -> None:
    for above in reversed(execution.ancestors(run)):
        if plan.task(above).type == WORKING_DIRECTORY:
            return _open(plan, execution, above, found)
    for above in execution.ancestors(run):
        found.states[above.id] = "RUNNING"
    flowable = plan.flowable(run) is not None
    if plan.task(run).type == WORKING_DIRECTORY:
        found.gone |= {r.id for r in execution.descendants(run.id)}
        found.evaluate.add(run.id)
        flowable = False
    found.states.setdefault(run.id, "RUNNING" if flowable else "RESTARTED")
    if flowable and not any(r.state in OPEN_AGAIN for r in execution.children(run.id)) and run.state != "PAUSED":
        found.evaluate.add(run.id)


def _drop_later(execution: Execution, found: Reopening) -> None:
    """What ran because a list had ended or failed runs anew, where that list is open again."""
    for parent in (ROOT, *(run_id for run_id, state in found.states.items() if state == "RUNNING")):
        for run in execution.children(parent):
            if run.branch in LATER and run.id not in found.states:
                found.gone |= {run.id, *(r.id for r in execution.descendants(run.id))}


def _successors(plan: Plan, execution: Execution, run: TaskRun) -> Iterable[TaskRun]:
    """The task runs beside one that come after it, by the flow (not by the clock)."""
    siblings = [r for r in execution.children(run.parent) if r.id != run.id and r.branch == run.branch]
    parent = execution.runs.get(run.parent) if run.parent else None
    kind = plan.task(parent).type if parent else ""
    order = list(execution.runs)
    if kind in (PREFIX + "Parallel", PREFIX + "EachParallel"):
        return []
    if kind == PREFIX + "Dag" and parent is not None:
        return _dependents(plan, parent, run, siblings)
    if kind == PREFIX + "ForEach" and parent is not None:
        shape = plan.shape(parent)
        later = [r for r in siblings if r.lane == run.lane and order.index(r.id) > order.index(run.id)]
        return later + ([r for r in siblings if r.lane > run.lane] if shape.limit == 1 else [])
    if kind == PREFIX + "EachSequential" and parent is not None:
        # As Kestra draws it: by task first and value second, so earlier tasks of later values stay.
        place = {task.id: n for n, task in enumerate(plan.shape(parent).tasks)}
        mine = (place[run.task_id], run.lane)
        return [r for r in siblings if (place[r.task_id], r.lane) > mine]
    return [r for r in siblings if order.index(r.id) > order.index(run.id)]


def _dependents(plan: Plan, parent: TaskRun, run: TaskRun, siblings: list[TaskRun]) -> list[TaskRun]:
    needs = plan.shape(parent).needs
    after = {run.lane}
    changed = True
    while changed:
        more = {lane for lane, before in needs.items() if lane not in after and after & set(before)}
        changed = bool(more)
        after |= more
    return [r for r in siblings if r.lane in after]


# -- as events ------------------------------------------------------------------------------------------


def in_place(execution: Execution, reopening: Reopening, at: float) -> list[Event]:
    """The events that open this execution again."""
    events: list[Event] = []
    if reopening.gone:
        events.append({"e": "remove", "ids": sorted(reopening.gone), "at": at})
    for run_id, state in reopening.states.items():
        run = execution.runs[run_id]
        event: Event = {"e": "run", "id": run_id, "s": state, "at": at}
        if run_id in reopening.evaluate:
            event["detail"] = None
        elif run.detail:
            event["detail"] = _again(run)
        if run.attempts and state not in ("RUNNING", "RESTARTED"):
            event["ended"] = state
        events.append(event)
    events.append({"e": "state", "s": "RESTARTED", "at": at})
    return events


def labelled(name: str, at: float) -> Event:
    """The event that gives an execution one of the labels above."""
    return {"e": "labels", "labels": {name: "true"}, "at": at}


def as_new(
    execution: Execution, reopening: Reopening | None, created: Event, new_id: Callable[[], str], at: float
) -> list[Event]:
    """The events of a new execution that goes on from this one; without ``reopening`` it starts from nothing."""
    if reopening is None:
        return [created]
    ids = {run_id: new_id() for run_id in execution.runs}
    created = {**created, "history": [*execution.history, ("RESTARTED", at)]}
    events = [created]
    for run in execution.runs.values():
        if run.id in reopening.gone:
            continue
        state = reopening.states.get(run.id)
        event: Event = {
            "e": "task",
            "id": ids[run.id],
            "task": run.task_id,
            "at": at,
            "branch": run.branch,
            "lane": run.lane,
            "history": [*run.history, (state, at)] if state else list(run.history),
            "attempts": [asdict(attempt) for attempt in run.attempts],
        }
        optional: dict[str, Any] = {
            "parent": ids.get(run.parent),
            "value": run.value,
            "iteration": run.iteration,
            "out": run.outputs,
            "detail": None if run.id in reopening.evaluate else _again(run),
        }
        events.append(event | {name: value for name, value in optional.items() if value is not None})
    return events


def _again(run: TaskRun) -> dict[str, Any] | None:
    """A run's detail without what it says about an end that no longer holds."""
    if run.detail is None:
        return None
    return {name: value for name, value in run.detail.items() if name not in ("over", "failed", "outcome")}
