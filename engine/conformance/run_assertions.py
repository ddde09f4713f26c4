"""Assertions about one task run: its state, attempts, history, outputs and log."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine.conformance.observed import Assertion, Differences, Observed, compare
from engine.conformance.placeholders import at_path
from engine.execution.state import TaskRun


def task_run(observed: Observed, assertion: Assertion) -> Differences:
    name = f"{assertion.get('task', assertion.get('index'))}{assertion.get('value', '')}"
    if "count" in assertion:
        count = sum(1 for run in observed.execution.task_runs if run.task_id == assertion["task"])
        if count != assertion["count"]:
            yield f"{name} ran {count} times, expected {assertion['count']}"
        return
    if "log_level" in assertion or "log_count" in assertion:
        yield from task_logs(observed, assertion)
        return
    run = observed.run(assertion)
    if run is None:
        yield f"there is no task run {name}"
        return
    for key, wanted in assertion.items():
        test = _RUN_TESTS.get(key)
        if test is not None:
            actual = test(run)
            if key.endswith("_min"):
                if actual < wanted:
                    yield f"{name}: {key} is {actual}, expected at least {wanted}"
            elif actual != wanted:
                yield f"{name}: {key} is {actual!r}, expected {wanted!r}"
    yield from _history(run, name, assertion)
    if "output" in assertion:
        yield from _output(observed, run, name, assertion)
    yield from _log_file(observed, run, name, assertion)
    if assertion.get("outputs_null") and run.outputs:
        yield f"{name} has outputs {run.outputs}"
    if assertion.get("outputs_not_null") and not run.outputs:
        yield f"{name} has no outputs"


_RUN_TESTS: dict[str, Callable[[TaskRun], Any]] = {
    "state": lambda run: run.state,
    "attempts": lambda run: len(run.attempts),
    "attempts_min": lambda run: len(run.attempts),
    "attempt_state": lambda run: run.attempts[-1].state if run.attempts else None,
    "is_task": lambda run: run.task_id,
    "history_length": lambda run: len(run.history),
    "iteration": lambda run: run.iteration,
}


def _history(run: TaskRun, name: str, assertion: Assertion) -> Differences:
    states = [state for state, _ in run.history]
    for state, count in (assertion.get("history_count") or {}).items():
        if states.count(state) != count:
            yield f"{name}: {state} {states.count(state)} times in {states}, expected {count}"
    if "history_contains" in assertion and assertion["history_contains"] not in states:
        yield f"{name}: {assertion['history_contains']} is not in {states}"


def _output(observed: Observed, run: TaskRun, name: str, assertion: Assertion) -> Differences:
    path = assertion["output"]
    there, actual = at_path(run.outputs or {}, path)
    if assertion.get("absent"):
        if there:
            yield f"{name}: output {path} is there: {actual!r}"
        return
    if assertion.get("present") and not there:
        yield f"{name}: output {path} is missing"
    if "file_content" in assertion or "file_lines" in assertion:
        content = observed.content(str(actual)).decode("utf-8", "replace")
        if "file_content" in assertion and content != assertion["file_content"]:
            yield f"{name}: the file {path} holds {content[:100]!r}"
        if "file_lines" in assertion and len(content.splitlines()) != assertion["file_lines"]:
            yield f"{name}: the file {path} has {len(content.splitlines())} lines"
        return
    if "json_length" in assertion or "json_path" in assertion:
        loaded = json.loads(actual) if isinstance(actual, str) else actual
        if "json_length" in assertion and len(loaded) != assertion["json_length"]:
            yield f"{name}: {path} holds {len(loaded)} items"
        if "json_path" in assertion:
            yield from compare(at_path(loaded, assertion["json_path"])[1], assertion, observed, f"{name}: {path}")
        return
    if assertion.get("equals", 0) is None and not there:
        return
    yield from compare(actual, assertion, observed, f"{name}: output {path}")


def _log_file(observed: Observed, run: TaskRun, name: str, assertion: Assertion) -> Differences:
    if "log_file_lines" not in assertion and "log_file_contains" not in assertion:
        return
    uri = run.attempts[-1].log_file if run.attempts else None
    content = observed.content(uri or "").decode()
    if "log_file_lines" in assertion and len(content.splitlines()) != assertion["log_file_lines"]:
        yield f"{name}: its log file has {len(content.splitlines())} lines: {content!r}"
    if "log_file_contains" in assertion and assertion["log_file_contains"] not in content:
        yield f"{name}: its log file holds {content!r}"


def task_logs(observed: Observed, assertion: Assertion) -> Differences:
    run = observed.run(assertion)
    lines = [line for line in observed.logs if run is not None and line.task_run == run.id]
    if "log_count" in assertion and len(lines) != assertion["log_count"]:
        yield f"{assertion.get('task')}: {len(lines)} log lines, expected {assertion['log_count']}"
    if "log_level" in assertion:
        lines = [line for line in lines if line.level == assertion["log_level"]]
        if not lines:
            yield f"{assertion.get('task')}: no log line at {assertion['log_level']}"
    if "log_equals" in assertion and not any(line.message == assertion["log_equals"] for line in lines):
        yield f"{assertion.get('task')}: the log is {[line.message for line in lines]}"
    if "log_contains" in assertion and not any(assertion["log_contains"] in line.message for line in lines):
        yield f"{assertion.get('task')}: the log is {[line.message for line in lines]}"
