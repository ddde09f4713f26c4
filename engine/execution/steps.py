"""The events that record a step: a new task run, a flowable that opened, a round of a loop that ended. Pure."""

from __future__ import annotations

from engine.execution.advance import LOOP_UNTIL, Create, forgiven, is_executable, wake
from engine.execution.flowables import Opened
from engine.execution.plan import Plan
from engine.execution.reopen import WORKING_DIRECTORY
from engine.execution.retries import INTERRUPTED
from engine.execution.state import Event, Execution, TaskRun, iso


def created(plan: Plan, execution: Execution, command: Create, new_id: str, at: float) -> Event:
    """A new run of a task, or a run of an earlier round used again with its iteration counted up."""
    spare = execution.scope(command.parent).spare.get((command.task, command.value))
    iteration = command.iteration
    if spare is not None:
        iteration = (execution.runs[spare].iteration or 0) + 1
    elif iteration is None and command.parent and command.branch == "tasks":
        looped = plan.task(execution.runs[command.parent]).type == LOOP_UNTIL
        iteration = 0 if looped else None
    event: Event = {"e": "task", "id": spare or new_id, "task": command.task, "at": at}
    if command.parent:
        event["parent"] = command.parent
    if command.branch != "tasks":
        event["branch"] = command.branch
    if command.lane:
        event["lane"] = command.lane
    if command.value is not None:
        event["value"] = command.value
    if iteration is not None:
        event["iteration"] = iteration
    return event


def opened(plan: Plan, execution: Execution, run: TaskRun, opened: Opened, at: float) -> list[Event]:
    """A flowable is RUNNING with what its evaluation gave, and what follows from that at once."""
    task = plan.task(run)
    outputs = opened.outputs
    if run.outputs and task.type == LOOP_UNTIL:
        outputs = run.outputs
    event: Event = {"e": "run", "id": run.id, "at": at, "detail": dict(opened.detail)}
    if run.state != "RUNNING":
        event["s"] = "RUNNING"
    if outputs is not None:
        event["out"] = dict(outputs)
    if opened.state == "PAUSED":
        return [event, *paused(execution, run, at, opened.wait)]
    if opened.state is not None:
        return [event, {"e": "run", "id": run.id, "s": forgiven(task, opened.state), "at": at}]
    return [event]


def paused(execution: Execution, run: TaskRun, at: float, wait: float | None = None) -> list[Event]:
    """A task run waits, so many seconds if given, and its execution with it."""
    pause: Event = {"e": "run", "id": run.id, "s": "PAUSED", "at": at}
    if wait is not None:
        pause["due"] = at + wait
    if execution.state in ("RUNNING", "RETRYING"):
        return [pause, {"e": "state", "s": "PAUSED", "at": at}]
    return [pause]


def asked(execution: Execution, run: TaskRun, at: float) -> list[Event]:
    """An Approval waits for its decision, and says until when."""
    wait = (run.detail or {}).get("wait")
    due: list[Event] = []
    if wait is not None:
        due = [{"e": "run", "id": run.id, "out": {**(run.outputs or {}), "due": iso(at + wait)}, "at": at}]
    return [*due, *paused(execution, run, at, wait)]


def resumed(execution: Execution, run: TaskRun, at: float) -> list[Event]:
    """A task run that waited for others goes on, and its execution too unless something else in it waits."""
    return [{"e": "run", "id": run.id, "s": "RUNNING", "at": at}, *wake(execution, run, at)]


def checked(run: TaskRun, result: Opened, at: float) -> Event:
    """After a round of LoopUntil: another one when it is due, or the end."""
    event: Event = {"e": "run", "id": run.id, "at": at, "out": dict(result.outputs or {})}
    if result.state is None:
        event["due"] = at + (result.wait or 0.0)
    else:
        event["detail"] = {**(run.detail or {}), "over": True, "failed": result.state == "FAILED"}
    return event


def interrupted(plan: Plan, execution: Execution, at: float) -> list[Event]:
    """After a crash: attempts that were cut off are tried again, working directories that are gone begin anew."""
    runs = execution.runs.values()
    directories = [r for r in runs if r.state == "RUNNING" and plan.task(r).type == WORKING_DIRECTORY]
    gone = {below.id for run in directories for below in execution.descendants(run.id)}
    events: list[Event] = [{"e": "remove", "ids": sorted(gone), "at": at}] if gone else []
    for run in directories:
        if run.id not in gone:
            events.append({"e": "run", "id": run.id, "s": INTERRUPTED, "detail": None, "at": at})
    for run in runs:
        working = run.state == "RUNNING" and plan.flowable(run) is None and not is_executable(plan.task(run))
        if working and run.id not in gone:
            events.append({"e": "run", "id": run.id, "s": INTERRUPTED, "ended": INTERRUPTED, "at": at})
    waits = execution.state in ("PAUSED", "RETRYING") and any(execution.runs[g].state == execution.state for g in gone)
    if waits and not any(r.state == execution.state for r in runs if r.id not in gone):
        events.append({"e": "state", "s": "RUNNING", "at": at})
    return events
