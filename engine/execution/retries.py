"""What becomes of an attempt that ended: success, another attempt, another execution, or the end of the task run.

Pure: the random share of a random interval comes in as ``jitter`` (0 up to 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.execution.advance import forgiven
from engine.execution.durations import seconds_or_none
from engine.execution.plan import Plan
from engine.execution.state import Event, Execution, TaskRun
from engine.flow.model import Task

Policy = Mapping[str, Any]
INTERRUPTED = "RESUBMITTED"
"""The state of an attempt that a crash cut off; it does not count as one of those a retry allows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: SUCCESS, WARNING, FAILED, SKIPPED or KILLED, with its outputs (None: leave as they are)."""

    state: str
    outputs: Mapping[str, Any] | None = None
    log_file: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    exit_state: str | None = None


def policy_of(plan: Plan, task: Task) -> Policy | None:
    """The retry in force: the task's own, the nearest flowable's, the flow's."""
    if task.retry:
        return task.retry
    for above in plan.above(task.id):
        if above.retry:
            return above.retry
    return plan.flow.retry


def settle(plan: Plan, execution: Execution, run: TaskRun, outcome: Outcome, at: float, jitter: float) -> list[Event]:
    """The events that record the end of an attempt."""
    task = plan.task(run)
    ended: Event = {"e": "run", "id": run.id, "at": at, "ended": outcome.state}
    if outcome.outputs is not None:
        ended["out"] = outcome.outputs
    if outcome.log_file:
        ended["log_file"] = outcome.log_file
    stopping = execution.halting
    if outcome.state == "FAILED" and not stopping:
        policy = policy_of(plan, task)
        following = next_attempt(policy, execution, run, at, jitter) if policy else None
        if policy is not None and following is not None:
            if policy.get("behavior") == "CREATE_NEW_EXECUTION":
                return [{**ended, "s": "RETRIED"}, {"e": "stop", "to": "RETRIED", "again": following, "at": at}]
            return _retrying(execution, ended, run, following, at)
    state = outcome.exit_state or outcome.state
    if execution.killing and state == "FAILED":
        state = "KILLED"
    if state == "SUCCESS" and _warns_on_retry(plan, task) and len(run.attempts) > 1:
        state = "WARNING"
    ended["s"] = state if outcome.exit_state else forgiven(task, state)
    return [ended, *_effects(outcome, at)]


def _retrying(execution: Execution, ended: Event, run: TaskRun, following: float, at: float) -> list[Event]:
    events = [
        {**ended, "s": "FAILED"},
        {"e": "run", "id": run.id, "s": "RETRYING", "at": at, "due": following},
    ]
    if execution.state == "RUNNING":
        events.append({"e": "state", "s": "RETRYING", "at": at})
    return events


def _effects(outcome: Outcome, at: float) -> list[Event]:
    events: list[Event] = []
    if outcome.labels or outcome.variables or outcome.unset:
        events.append(
            {
                "e": "labels",
                "at": at,
                "labels": dict(outcome.labels),
                "vars": dict(outcome.variables),
                "unset": list(outcome.unset),
            }
        )
    if outcome.exit_state == "KILLED":
        events.append({"e": "state", "s": "KILLING", "at": at})
    elif outcome.exit_state:
        events.append({"e": "stop", "to": outcome.exit_state, "at": at})
    return events


def _warns_on_retry(plan: Plan, task: Task) -> bool:
    policy = policy_of(plan, task)
    return bool(policy and policy.get("warningOnRetry"))


def next_attempt(policy: Policy, execution: Execution, run: TaskRun, at: float, jitter: float) -> float | None:
    """When the next attempt starts; None when the policy allows no more."""
    if policy.get("behavior") == "CREATE_NEW_EXECUTION":
        done, first = execution.attempt, execution.first_created
    else:
        counted = [a for a in run.attempts if a.state != INTERRUPTED]
        done, first = len(counted), counted[0].start if counted else at
    most = policy.get("maxAttempts", policy.get("maxAttempt"))
    if most is not None and done >= int(most):
        return None
    following = at + interval(policy, done, jitter)
    longest = seconds_or_none(policy.get("maxDuration"))
    if longest is not None and following >= first + longest:
        return None
    return following


def interval(policy: Policy, done: int, jitter: float) -> float:
    """Seconds to wait after the ``done``-th attempt."""
    kind = str(policy.get("type", "constant")).lower()
    if kind == "random":
        least = seconds_or_none(policy.get("minInterval")) or 0.0
        most = seconds_or_none(policy.get("maxInterval")) or least
        return least + (most - least) * jitter
    base = seconds_or_none(policy.get("interval")) or 0.0
    if kind != "exponential":
        return base
    longest = seconds_or_none(policy.get("maxInterval"))
    factor = float(policy.get("delayFactor") or 2.0)
    wait = base * factor ** min(done - 1, 60)
    return wait if longest is None else min(wait, longest)
