"""What a case may assert, one function for each form. Each gives what differs, or nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.conformance.placeholders import Placeholders, at_path
from engine.engine import Engine
from engine.errors import EngineError
from engine.execution.attempts import plain
from engine.execution.state import TERMINAL, Execution, TaskRun
from engine.flow.model import Flow
from engine.storage.files import ExecutionRef
from engine.storage.journal import LogLine

Assertion = Mapping[str, Any]
Differences = Iterable[str]


class Observed:
    """What a step gave: the execution, the flow, the engine to look further, and an error if it was refused."""

    def __init__(
        self,
        engine: Engine,
        flow: Flow,
        execution: Execution | None,
        *,
        error: EngineError | None = None,
        setup: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.flow = flow
        self._execution = execution
        self.error = error
        self.setup = setup or {}

    @property
    def execution(self) -> Execution:
        if self._execution is None:
            raise AssertionError(f"there is no execution: {self.error}")
        return self._execution

    @property
    def logs(self) -> list[LogLine]:
        return self.engine.logs(self.execution.id)

    def children(self, flow_id: str) -> list[Execution]:
        """Executions of another flow, oldest first."""
        found = [s for s in self.engine.executions(limit=100_000) if s.flow == flow_id and s.id != self.execution.id]
        return [self.engine.execution(s.id) for s in reversed(found)]

    def iterations(self, of: str, task: str | None = None) -> list[Execution]:
        """Iterations of the loops of an execution, in order."""
        found = [self.engine.execution(s.id) for s in self.engine.executions(parent=of, limit=100_000)]
        if task is not None:
            found = [e for e in found if (e.loop or {}).get("task") == task]
        return sorted(found, key=lambda e: (e.loop or {}).get("index", 0))

    def fill(self, value: Any) -> Any:
        """Placeholders filled in."""
        if "$" not in str(value) or self._execution is None:
            return value
        return Placeholders(self.execution, self._child_id, self.setup).fill(value)

    def _child_id(self, flow_id: str) -> str:
        found = self.children(flow_id)
        return found[0].id if found else ""

    def run(self, assertion: Assertion) -> TaskRun | None:
        """The task run an assertion is about."""
        if "index" in assertion:
            runs = self.execution.task_runs
            index = int(assertion["index"])
            return runs[index] if -len(runs) <= index < len(runs) else None
        values = assertion.get("value")
        return self.execution.find(assertion["task"], None if values is None else [str(v) for v in values])

    def content(self, uri: str) -> bytes:
        """The bytes of a stored file of any execution."""
        match = re.match(r"kestra:///(.+?)/([^/]+)/executions/([^/]+)/", uri)
        if match is None:
            return b""
        ref = ExecutionRef(match[1].replace("/", "."), match[2], match[3])
        return self.engine.stores.files.execution(ref).open(uri).read_bytes()


def check(observed: Observed, assertion: Assertion) -> list[str]:
    """Everything in one assertion that does not hold."""
    for key, form in _FORMS:
        if key in assertion:
            return list(form(observed, assertion))
    if "task" in assertion or "index" in assertion:
        return list(_task_run(observed, assertion))
    return [f"unknown assertion {dict(assertion)}"]


def compare(actual: Any, assertion: Assertion, observed: Observed, what: str) -> Differences:
    """equals, contains, matches and their kind, for one value."""
    shown = f"{what} is {str(actual)[:200]!r}"
    for key, wanted in assertion.items():
        test = _COMPARISONS.get(key)
        if test is None:
            continue
        expected = observed.fill(wanted)
        if not test(actual, expected):
            yield f"{shown}, expected {key} {str(expected)[:200]!r}"


def same(actual: Any, expected: Any) -> bool:
    """Equality as the cases mean it: JSON text equals its value, numbers equal their text."""
    if actual == expected:
        return True
    if isinstance(actual, bool) or isinstance(expected, bool):
        return str(actual).lower() == str(expected).lower()
    if isinstance(actual, int | float | str) and isinstance(expected, int | float | str):
        return str(actual) == str(expected)
    for one, other in ((actual, expected), (expected, actual)):
        if isinstance(one, str) and isinstance(other, list | dict):
            try:
                return bool(json.loads(one) == plain(other))
            except ValueError:
                return False
    return False


def _contains(actual: Any, expected: Any) -> bool:
    text = actual if isinstance(actual, str) else json.dumps(plain(actual), separators=(",", ":"), ensure_ascii=False)
    return str(expected) in text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": same,
    "not_equals": lambda actual, expected: not same(actual, expected),
    "contains": _contains,
    "matches": lambda actual, expected: re.search(expected, _text(actual), re.DOTALL) is not None,
    "greater_than": lambda actual, expected: float(actual) > float(expected),
    "length": lambda actual, expected: len(actual) == expected,
    "equals_any_order": lambda actual, expected: sorted(map(str, actual)) == sorted(map(str, expected)),
}


# -- task runs -------------------------------------------------------------------------------------------


def _task_run(observed: Observed, assertion: Assertion) -> Differences:
    name = f"{assertion.get('task', assertion.get('index'))}{assertion.get('value', '')}"
    if "count" in assertion:
        count = sum(1 for run in observed.execution.task_runs if run.task_id == assertion["task"])
        if count != assertion["count"]:
            yield f"{name} ran {count} times, expected {assertion['count']}"
        return
    if "log_level" in assertion or "log_count" in assertion:
        yield from _task_logs(observed, assertion)
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


def _task_logs(observed: Observed, assertion: Assertion) -> Differences:
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
    if late is None or early is None or early.end is None or late.start < early.end:
        yield f"{assertion['starts_after'][0]} does not start after {assertion['starts_after'][1]}"


def _starts_after_end(observed: Observed, assertion: Assertion) -> Differences:
    run, end = observed.execution.find(assertion["starts_after_execution_end"]), observed.execution.end
    if run is None or end is None or run.start < end:
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
        yield from _task_logs(observed, assertion)
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
        yield from _task_logs(observed, assertion)
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
        nested = Observed(observed.engine, observed.flow, child, setup=observed.setup)
        yield from _task_run(nested, inner)


# -- loops -----------------------------------------------------------------------------------------------


def _sub_executions(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["sub_executions"]
    if "iteration" in wanted:
        yield from _one_iteration(observed, wanted)
        return
    groups = [observed.iterations(observed.execution.id, wanted.get("of_task"))]
    for _ in range(int(wanted.get("level", 1)) - 1):
        groups = [observed.iterations(execution.id) for group in groups for execution in group]
    found = [execution for group in groups for execution in group]
    if "count" in wanted and len(found) != wanted["count"]:
        yield f"{len(found)} iterations, expected {wanted['count']}"
    if "per_parent_count" in wanted and any(len(group) != wanted["per_parent_count"] for group in groups):
        yield f"iterations per parent: {[len(group) for group in groups]}"
    for execution in found:
        if "all_state" in wanted and execution.state != wanted["all_state"]:
            yield f"an iteration is {execution.state}, expected {wanted['all_state']}"
        if "all_task_runs" in wanted and len(execution.runs) != wanted["all_task_runs"]:
            yield f"an iteration has {len(execution.runs)} task runs, expected {wanted['all_task_runs']}"
        for key in ("each_first_output", "each_output"):
            if key in wanted:
                yield from _iteration_output(observed, execution, wanted[key])


def _iteration_output(observed: Observed, execution: Execution, wanted: Assertion) -> Differences:
    run = execution.find(wanted["task"]) if "task" in wanted else next(iter(execution.runs.values()), None)
    actual = at_path((run.outputs if run else None) or {}, wanted["path"])[1]
    expected = observed.fill(_item_values(observed, execution, str(wanted["equals"])))
    if not same(actual, expected):
        yield f"an iteration gave {actual!r}, expected {expected!r}"


def _item_values(observed: Observed, execution: Execution, text: str) -> str:
    """``$item.index``, ``$loop1.value`` and so on, of the loops around an iteration."""
    place: Execution | None = execution
    names = {"item": execution.loop or {}}
    while place is not None and place.loop is not None:
        names[place.loop["task"]] = place.loop
        place = observed.engine.execution(str(place.parent_id))
    return re.sub(r"\$(\w+)\.(index|value|key)", lambda m: str(names.get(m[1], {}).get(m[2])), text)


def _one_iteration(observed: Observed, wanted: Assertion) -> Differences:
    path = wanted["iteration"] if isinstance(wanted["iteration"], list) else [wanted["iteration"]]
    execution = observed.execution
    for index in path:
        found = observed.iterations(execution.id)
        if index >= len(found):
            yield f"there is no iteration {path}"
            return
        execution = found[index]
    if "sub_executions_count" in wanted:
        count = len(observed.iterations(execution.id))
        if count != wanted["sub_executions_count"]:
            yield f"iteration {path} has {count} iterations of its own"
    if "task" in wanted:
        run = execution.find(wanted["task"])
        actual = at_path((run.outputs if run else None) or {}, wanted["path"])[1]
        yield from compare(actual, wanted, observed, f"iteration {path}: {wanted['task']}")


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
    if len(observed.flow.tasks) != assertion["flow_tasks"]:
        yield f"the flow has {len(observed.flow.tasks)} tasks"


def _flow_task_at(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["flow_task_at"]
    task = observed.flow.tasks[int(wanted.get("index", 0))]
    for key, value in wanted.items():
        actual = {"id": task.id, "type": task.type, **task.properties}.get(key, value)
        if actual != value:
            yield f"task {wanted.get('index', 0)}: {key} is {actual!r}"


def _flow_inputs(observed: Observed, assertion: Assertion) -> Differences:
    wanted = assertion["flow_inputs"]
    if isinstance(wanted, int) and len(observed.flow.inputs) != wanted:
        yield f"the flow has {len(observed.flow.inputs)} inputs"


_FORMS: tuple[tuple[str, Callable[[Observed, Assertion], Differences]], ...] = (
    ("note", _note),
    ("rejected", _rejected),
    ("http_status", _http_status),
    ("child", _child),
    ("children_outputs", _children_outputs),
    ("sub_executions", _sub_executions),
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
    ("flow_inputs", _flow_inputs),
)

FINAL = TERMINAL


def check_execution_history(observed: Observed, assertion: Assertion) -> list[str]:
    """``history_contains`` without a task: the execution's own history."""
    return list(_execution_history(observed, assertion))
