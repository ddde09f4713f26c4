"""What a case may assert, one function for each form. Each gives what differs, or nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from engine.conformance.loop_assertions import sub_executions
from engine.conformance.observed import Assertion, Differences, Observed, compare
from engine.conformance.placeholders import at_path
from engine.conformance.run_assertions import task_logs, task_run
from engine.execution.attempts import plain
from engine.execution.state import Execution
from engine.flow.model import Flow


def check(observed: Observed, assertion: Assertion) -> list[str]:
    """Everything in one assertion that does not hold."""
    for key, form in _FORMS:
        if key in assertion:
            return list(form(observed, assertion))
    if any(key.startswith("flow_inputs") for key in assertion):
        return list(_flow_inputs(observed, assertion))
    if "task" in assertion or "index" in assertion:
        return list(task_run(observed, assertion))
    return [f"unknown assertion {dict(assertion)}"]


# -- the execution as a whole ----------------------------------------------------------------------------


def _note(_: Observed, __: Assertion) -> Differences:
    return []


def _all_task_runs(observed: Observed, assertion: Assertion) -> Differences:
    for run in observed.execution.task_runs:
        if run.state != assertion["all_task_runs"]:
            yield f"{run.task_id} is {run.state}, expected {assertion['all_task_runs']}"


def _count_state(observed: Observed, assertion: Assertion) -> Differences:
    count = sum(1 for run in observed.execution.task_runs if run.state == assertion["count_state"])
    if count < assertion.get("min", 0) or ("count" in assertion and count != assertion["count"]):
        yield f"{count} task runs are {assertion['count_state']}, expected at least {assertion.get('min')}"


def _starts_after(observed: Observed, assertion: Assertion) -> Differences:
    late, early = (observed.execution.find(name) for name in assertion["starts_after"])
    places = observed.places()
    begun = places.get((late.id, "CREATED")) if late else None
    ended = places.get((early.id, early.state)) if early and early.terminal else None
    if begun is None or ended is None or begun < ended:
        yield f"{assertion['starts_after'][0]} does not start after {assertion['starts_after'][1]}"


def _starts_after_end(observed: Observed, assertion: Assertion) -> Differences:
    run = observed.execution.find(assertion["starts_after_execution_end"])
    places = observed.places()
    begun = places.get((run.id, "CREATED")) if run else None
    ended = places.get((observed.execution.id, observed.execution.state))
    if begun is None or ended is None or begun < ended:
        yield f"{assertion['starts_after_execution_end']} does not start after the end of the execution"


def _execution_output(observed: Observed, assertion: Assertion) -> Differences:
    path = assertion["execution_output"]
    actual = at_path(observed.execution.outputs or {}, path)[1]
    yield from compare(actual, assertion, observed, f"flow output {path}")


def _execution_output_count(observed: Observed, assertion: Assertion) -> Differences:
    count = len(observed.execution.outputs or {})
    if count != assertion["execution_output_count"]:
        yield f"{count} flow outputs, expected {assertion['execution_output_count']}"


def _label(observed: Observed, assertion: Assertion) -> Differences:
    actual = observed.execution.labels.get(assertion["label"])
    yield from compare(actual, assertion, observed, f"label {assertion['label']}")


def _label_count(observed: Observed, assertion: Assertion) -> Differences:
    if len(observed.execution.labels) != assertion["label_count"]:
        yield f"labels are {dict(observed.execution.labels)}, expected {assertion['label_count']}"


def _input(observed: Observed, assertion: Assertion) -> Differences:
    actual = at_path(observed.execution.inputs, assertion["input"])[1]
    if "file_content" in assertion:
        actual, assertion = observed.content(str(actual)).decode(), {"equals": assertion["file_content"]}
    yield from compare(actual, assertion, observed, f"input {assertion.get('input', '')}")


def _input_present(observed: Observed, assertion: Assertion) -> Differences:
    if not at_path(observed.execution.inputs, assertion["input_present"])[0]:
        yield f"there is no input {assertion['input_present']}"


def _log_contains(observed: Observed, assertion: Assertion) -> Differences:
    if "task" in assertion or "index" in assertion:
        yield from task_logs(observed, assertion)
        return
    wanted = observed.fill(assertion["log_contains"])
    messages = [line.message for line in observed.logs]
    if not any(_log_holds(message, wanted) for message in messages):
        yield f"no log line contains {wanted!r}: {messages}"


def _log_holds(message: str, wanted: str) -> bool:
    """Kestra names Java's exception class first; everything after it has to be there."""
    return wanted in message or re.sub(r"^[\w.]+Exception: ", "", wanted) in message


def _log_equals(observed: Observed, assertion: Assertion) -> Differences:
    if "task" in assertion or "index" in assertion:
        yield from task_logs(observed, assertion)
        return
    messages = [line.message.strip() for line in observed.logs]
    if assertion["log_equals"].strip() not in messages:
        yield f"no log line equals {assertion['log_equals']!r}: {messages}"


def _trigger(observed: Observed, assertion: Assertion) -> Differences:
    variables = (observed.execution.trigger or {}).get("variables") or {}
    there, actual = at_path(variables, assertion["trigger"])
    if not there and assertion.get("equals", 0) is not None:
        yield f"trigger has no {assertion['trigger']}: {variables}"
        return
    yield from compare(actual, assertion, observed, f"trigger {assertion['trigger']}")


def _trigger_state(observed: Observed, assertion: Assertion) -> Differences:
    from engine.triggers.store import TriggerKey

    key = TriggerKey(observed.flow.namespace, observed.flow.id, assertion["trigger_state"])
    disabled = observed.engine.triggers.store.get(key).disabled
    if disabled != assertion["disabled"]:
        yield f"the trigger {assertion['trigger_state']} has disabled={disabled}"


def _rejected(observed: Observed, assertion: Assertion) -> Differences:
    if observed.error is None:
        yield "it was not refused"
    elif "message_contains" in assertion and assertion["message_contains"] not in str(observed.error):
        yield f"the message is {observed.error}"


def _http_status(observed: Observed, assertion: Assertion) -> Differences:
    refused = observed.error is not None
    if refused != (assertion["http_status"] >= 400):
        yield f"expected status {assertion['http_status']}, got {observed.error or 'no error'}"


def _execution_exists(observed: Observed, assertion: Assertion) -> Differences:
    exists = bool(observed.engine.journal.events(observed.execution.id))
    if exists != assertion["execution_exists"]:
        yield f"the execution {'exists' if exists else 'does not exist'}"


def _stored_logs(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["stored_logs"]
    lines = observed.engine.logs(observed.execution.id, min_level=wanted.get("min_level", "TRACE"))
    if len(lines) != wanted["count"]:
        yield f"{len(lines)} log lines are stored, expected {wanted['count']}"


def _state_not(observed: Observed, assertion: Assertion) -> Differences:
    if observed.execution.state == assertion["state_not"]:
        yield f"the state is {observed.execution.state}"


def _execution_history(observed: Observed, assertion: Assertion) -> Differences:
    states = [state for state, _ in observed.execution.history]
    if assertion["history_contains"] not in states:
        yield f"{assertion['history_contains']} is not in {states}"


def _other(observed: Observed, assertion: Assertion) -> Differences:
    other = observed.engine.execution(observed.setup[assertion["other"]])
    if assertion.get("terminated") is not None and other.terminal != assertion["terminated"]:
        yield f"{assertion['other']} is {other.state}"


def _children_outputs(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["children_outputs"] if isinstance(assertion["children_outputs"], Mapping) else assertion
    children = observed.children(wanted["flow"])
    actual = [at_path(child.outputs or {}, wanted["execution_output"])[1] for child in children]
    if actual != wanted["equals"]:
        yield f"outputs of {wanted['flow']} are {actual}, expected {wanted['equals']}"


def _flow_executions(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["flow_executions"]
    flow = observed.flow
    found = observed.engine.executions(flow.namespace, flow.id, limit=100_000)
    states = sorted(s.state for s in found)
    if "count" in wanted and len(states) != wanted["count"]:
        yield f"{len(states)} executions of the flow, expected {wanted['count']}: {states}"
    if "states" in wanted and states != sorted(wanted["states"]):
        yield f"states of the flow's executions are {states}"


def _child(observed: Observed, assertion: Assertion) -> Differences:
    children = observed.children(assertion["child"])
    name = assertion["child"]
    if "count" in assertion:
        if len(children) != assertion["count"]:
            yield f"{len(children)} executions of {name}, expected {assertion['count']}"
        return
    if "state_counts" in assertion:
        counts = Counter(child.state for child in children)
        if dict(counts) != assertion["state_counts"]:
            yield f"states of {name} are {dict(counts)}"
        return
    if not children:
        yield f"there is no execution of {name}"
        return
    for child in children if "state" in assertion or "task_runs" in assertion else children[:1]:
        yield from _one_child(observed, child, assertion)


def _one_child(observed: Observed, child: Execution, assertion: Assertion) -> Differences:
    name = assertion["child"]
    if "state" in assertion and "task" not in assertion and child.state != assertion["state"]:
        yield f"{name} is {child.state}, expected {assertion['state']}"
    if "task_runs" in assertion and len(child.runs) != assertion["task_runs"]:
        yield f"{name} has {len(child.runs)} task runs, expected {assertion['task_runs']}"
    if "trigger_type" in assertion and (child.trigger or {}).get("type") != assertion["trigger_type"]:
        yield f"{name} was triggered by {(child.trigger or {}).get('type')}"
    if "label_count" in assertion and len(child.labels) != assertion["label_count"]:
        yield f"{name} has labels {dict(child.labels)}"
    values: dict[str, Callable[[], Any]] = {
        "label": lambda: child.labels.get(assertion["label"]),
        "trigger": lambda: at_path((child.trigger or {}).get("variables") or {}, assertion["trigger"])[1],
        "input": lambda: at_path(child.inputs, assertion["input"])[1],
        "execution_output": lambda: at_path(child.outputs or {}, assertion["execution_output"])[1],
    }
    for key, value in values.items():
        if key in assertion:
            yield from compare(value(), assertion, observed, f"{name} {key} {assertion[key]}")
    if "task" in assertion:
        inner = {key: value for key, value in assertion.items() if key not in ("child", "after_ms")}
        nested = observed.inside(child)
        yield from task_run(nested, inner)


# -- flows that are only read ----------------------------------------------------------------------------


def _flow_json(observed: Observed, assertion: Assertion) -> Differences:
    expected = json.loads(assertion["flow_json"])
    actual = flow_as_json(observed.flow)
    for key, value in expected.items():
        if actual.get(key) != value:
            yield f"{key} is {actual.get(key)!r}, expected {value!r}"


def flow_as_json(flow: Flow) -> dict[str, Any]:
    """A flow as Kestra's API writes it."""
    tasks = [{"id": t.id, "type": t.type, **{k: plain(v) for k, v in t.properties.items()}} for t in flow.tasks]
    return {
        "id": flow.id,
        "namespace": flow.namespace,
        "revision": flow.revision,
        "disabled": flow.disabled,
        "deleted": False,
        "labels": [{"key": key, "value": value} for key, value in flow.labels.items()],
        "tasks": tasks,
    }


def _flow_id(observed: Observed, assertion: Assertion) -> Differences:
    if observed.flow.id != assertion["flow_id"]:
        yield f"the flow's id is {observed.flow.id}"


def _flow_tasks(observed: Observed, assertion: Assertion) -> Differences:
    yield from _listed([task.id for task in observed.flow.tasks], assertion["flow_tasks"], "tasks")


def _listed(names: list[str], wanted: Any, what: str) -> Differences:
    """A list of names against how many there should be, or against the names themselves."""
    if (len(names) if isinstance(wanted, int) else names) != wanted:
        yield f"the flow's {what} are {names}, expected {wanted}"


def _flow_task_at(observed: Observed, assertion: Assertion) -> Differences:
    place = assertion["flow_task_at"]
    wanted = place if isinstance(place, Mapping) else {**assertion, "index": place}
    task = observed.flow.tasks[int(wanted.get("index", 0))]
    known = {"id": task.id, "type": task.type, "is_task": task.id, **task.properties}
    for key, value in wanted.items():
        if key in known and known[key] != value:
            yield f"task {wanted.get('index', 0)}: {key} is {known[key]!r}"


def _flow_inputs(observed: Observed, assertion: Assertion) -> Differences:
    key = next(key for key in assertion if key.startswith("flow_inputs"))
    inputs, wanted = observed.flow.inputs, assertion[key]
    field = "type" if key.endswith("types") else "id"
    if isinstance(wanted, Mapping):
        types = {str(i.get("id") or i.get("name")): i.get("type") for i in inputs}
        if any(types.get(name) != kind for name, kind in wanted.items()):
            yield f"the flow's inputs are {types}"
        return
    yield from _listed([str(i.get(field) or i.get("name")) for i in inputs], wanted, "inputs")


_FORMS: tuple[tuple[str, Callable[[Observed, Assertion], Differences]], ...] = (
    ("note", _note),
    ("rejected", _rejected),
    ("http_status", _http_status),
    ("child", _child),
    ("children_outputs", _children_outputs),
    ("sub_executions", sub_executions),
    ("flow_executions", _flow_executions),
    ("other", _other),
    ("trigger_state", _trigger_state),
    ("execution_exists", _execution_exists),
    ("stored_logs", _stored_logs),
    ("state_not", _state_not),
    ("all_task_runs", _all_task_runs),
    ("count_state", _count_state),
    ("starts_after_execution_end", _starts_after_end),
    ("starts_after", _starts_after),
    ("execution_output_count", _execution_output_count),
    ("execution_output", _execution_output),
    ("label_count", _label_count),
    ("label", _label),
    ("input_present", _input_present),
    ("input", _input),
    ("log_contains", _log_contains),
    ("log_equals", _log_equals),
    ("trigger", _trigger),
    ("flow_json", _flow_json),
    ("flow_id", _flow_id),
    ("flow_tasks", _flow_tasks),
    ("flow_task_at", _flow_task_at),
)


def check_execution_history(observed: Observed, assertion: Assertion) -> list[str]:
    """``history_contains`` without a task: the execution's own history."""
    return list(_execution_history(observed, assertion))
