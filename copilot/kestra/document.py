"""An execution on a Kestra server in the shape of a run here, so that one reader fits both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def document(execution: Mapping[str, Any], logs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``{id, state, outputs, labels, task_runs, logs, ...}`` as ``flowwright run`` prints it."""
    state = execution["state"]
    return {
        "id": execution["id"],
        "namespace": execution.get("namespace"),
        "flow_id": execution.get("flowId"),
        "revision": execution.get("flowRevision"),
        "state": state["current"],
        "history": _history(state),
        "start": state.get("startDate") or _first(state),
        "end": state.get("endDate"),
        "inputs": execution.get("inputs") or {},
        "outputs": execution.get("outputs"),
        "labels": {label["key"]: label["value"] for label in execution.get("labels") or []},
        "trigger": execution.get("trigger"),
        "parent_id": execution.get("parentId"),
        "original_id": execution.get("originalId"),
        "task_runs": [_task_run(run) for run in execution.get("taskRunList") or []],
        "logs": [_line(line) for line in logs],
    }


def _history(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"state": step["state"], "date": step["date"]} for step in state.get("histories") or []]


def _first(state: Mapping[str, Any]) -> str | None:
    history = _history(state)
    return history[0]["date"] if history else None


def _task_run(run: Mapping[str, Any]) -> dict[str, Any]:
    state = run["state"]
    return {
        "id": run["id"],
        "task_id": run["taskId"],
        "parent_id": run.get("parentTaskRunId"),
        "value": run.get("value"),
        "iteration": run.get("iteration"),
        "state": state["current"],
        "history": _history(state),
        "attempts": [_attempt(attempt) for attempt in run.get("attempts") or []],
        "outputs": run.get("outputs"),
        "start": state.get("startDate") or _first(state),
        "end": state.get("endDate"),
    }


def _attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    state = attempt["state"]
    return {
        "state": state["current"],
        "start": state.get("startDate") or _first(state),
        "end": state.get("endDate"),
        "log_file": attempt.get("logFile"),
    }


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "level": line.get("level"),
        "task_id": line.get("taskId"),
        "task_run_id": line.get("taskRunId"),
        "attempt": line.get("attemptNumber"),
        "date": line.get("timestamp"),
        "message": line.get("message") or "",
    }
