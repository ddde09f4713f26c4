"""Replays flow cases: sets the engine up as a case asks, runs its flow and the steps after, and looks at the result."""

from __future__ import annotations

import base64
import json
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml

from engine.conformance.assertions import check, check_execution_history
from engine.conformance.observed import Observed
from engine.conformance.placeholders import Placeholders
from engine.conformance.results import CaseResult
from engine.engine import Engine
from engine.errors import EngineError
from engine.execution.actions import Decision
from engine.execution.clock import VirtualClock
from engine.execution.inputs import FileUpload
from engine.execution.lifecycle import Request
from engine.execution.state import TERMINAL, Execution
from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.load import load_flow
from engine.flow.model import Flow

Case = Mapping[str, Any]
_VERSIONS = {"1.x": "1.3"}
"""What a case may say instead of a version."""
PATIENCE_SECONDS = 60.0
"""Real time after which a case that does not come to rest is given up."""


def run_cases(cases: Sequence[Case], folder: Path, only: str | None = None) -> list[CaseResult]:
    """Every case, in order; files are looked for below ``folder``."""
    return [run_case(case, folder) for case in cases if only is None or case["id"] == only]


def run_case(case: Case, folder: Path) -> CaseResult:
    """One case: passed, failed with all differences, or skipped with a reason."""
    name = str(case["id"])
    try:
        if case.get("expect_invalid"):
            differences = _invalid(case, folder)
        else:
            with tempfile.TemporaryDirectory(prefix="conformance-") as home:
                differences = _Replay(case, folder, Path(home)).run()
    except EngineError as error:
        differences = [f"{type(error).__name__}: {error}"]
    except (AssertionError, TimeoutError) as error:
        differences = [str(error)]
    except Exception as error:  # noqa: BLE001 - the boundary of one case: whatever it trips over is its result
        differences = [f"unexpected {type(error).__name__}: {error}"]
    return CaseResult(name, "failed" if differences else "passed", "; ".join(differences)[:2000])


def _invalid(case: Case, folder: Path) -> list[str]:
    from engine.flow.check import check_flow

    text = _source(case["file"], folder)
    found = [finding for finding in check_flow(text, _version(case)) if finding.severity == "error"]
    return [] if found else ["the flow was found valid"]


def _version(case: Case) -> str:
    """The Kestra version a case is about."""
    named = str(case.get("version") or DEFAULT_TARGET)
    return _VERSIONS.get(named, named)


class _Watch:
    """Hears the events of one execution; ``seen`` is set, and the clock held, once it reaches a state."""

    def __init__(self, clock: VirtualClock, state: str | None) -> None:
        self.seen = threading.Event()
        self._clock = clock
        self._state = state
        self._execution: str | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        if event["kind"] != "execution":
            return
        self._execution = self._execution or event["execution"]
        if event["execution"] == self._execution and event["state"] == self._state and not self.seen.is_set():
            self._clock.hold()
            self.seen.set()


class _Replay:
    """One case in an engine of its own."""

    def __init__(self, case: Case, folder: Path, home: Path) -> None:
        self.case = case
        self.folder = folder
        self.clock = VirtualClock()
        self.setup: Mapping[str, Any] = case.get("setup") or {}
        self.engine = Engine(home, clock=self.clock, durability="process", settings=self._settings())
        self.started: dict[str, str] = {}
        self.execution: Execution | None = None
        self.second: Execution | None = None
        self.flow = self._flow(case["file"])
        self.held = 0

    def _settings(self) -> dict[str, Any]:
        environment = {str(k): str(v) for k, v in (self.setup.get("env") or {}).items()}
        for name, value in (self.setup.get("secrets") or {}).items():
            environment[f"SECRET_{name}"] = base64.b64encode(str(value).encode()).decode()
        environment |= {str(k): str(v) for k, v in (self.setup.get("secrets_env") or {}).items()}
        key = base64.b64encode(b"k" * 32).decode() if self.setup.get("encryption_key") else None
        return {
            "environment": environment,
            "globals": self.setup.get("globals") or {},
            "encryption.key": key,
            "kestra.version": _version(self.case),
        }

    def _flow(self, file: str) -> Flow:
        return self.engine.register(_source(file, self.folder))

    def run(self) -> list[str]:
        """All differences of the case and its steps."""
        try:
            self._prepare()
            if "parse-only" in (self.case.get("needs") or ()):
                flow = load_flow(_source(self.case["file"], self.folder))
                return self._judge(Observed(self.engine, flow, None), self.case.get("expect") or {})
            return self._steps()
        finally:
            self.engine.close()

    def _prepare(self) -> None:
        for file in self.setup.get("flows") or ():
            self._flow(file)
        for item in self.setup.get("kv") or ():
            self.engine.stores.kv.put(item["namespace"], item["key"], item["value"])
        for trigger in self.setup.get("disable_triggers") or ():
            from engine.triggers.store import TriggerKey

            key = TriggerKey(self.flow.namespace, self.flow.id, trigger)
            self.engine.triggers.store.set_disabled(key, True)
        for item in self.setup.get("run") or ():
            file = item if isinstance(item, str) else item["file"]
            inputs = {} if isinstance(item, str) else item.get("inputs") or {}
            execution = self.engine.run(self._flow(file), inputs, wait=False)
            self.started[file] = execution.id
            self._rest()

    def _rest(self) -> None:
        while self.held:
            self.held -= 1
            self.clock.release()
        if not self.clock.settle(PATIENCE_SECONDS):
            raise TimeoutError("it does not come to rest")

    # -- starting ------------------------------------------------------------------------------------

    def _start(self, flow: Flow, source: Mapping[str, Any], watch: _Watch | None = None) -> Execution:
        known = Placeholders(Execution(), lambda _: "", self.started)
        inputs = {name: known.fill(_generated(value)) for name, value in (source.get("inputs") or {}).items()}
        if source.get("via"):
            return self._webhook(flow, source["via"]["webhook"])
        files = {name: _upload(name, given) for name, given in (source.get("files") or {}).items()}
        schedule = source.get("schedule") or {}
        request = Request(
            inputs=_as_text(flow, inputs),
            files=files,
            labels={str(k): str(v) for k, v in (source.get("labels") or {}).items()},
            on_event=watch,
            not_before=self.clock.now() + schedule["in_seconds"] if schedule else None,
            ready_inputs=_untyped(flow, inputs) if "input-not-supplied" in (self.case.get("needs") or ()) else None,
        )
        return self.engine.start(flow, request)

    def _webhook(self, flow: Flow, given: Mapping[str, Any]) -> Execution:
        from engine.triggers.webhook import WebhookRequest

        body = given.get("body")
        raw = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = WebhookRequest(given["method"], given["key"], parameters=parse_qs(given.get("query", "")), body=raw)
        execution = self.engine.webhook(flow.namespace, flow.id, request)
        if execution is None:
            raise AssertionError("the webhook started nothing")
        return execution

    def _reach(self, flow: Flow, source: Mapping[str, Any], state: str | None) -> Execution:
        """Start a flow and wait: until the state when it is not final, else until all has come to rest."""
        if state is None or state in TERMINAL:
            execution = self._start(flow, source)
            self._rest()
            return self.engine.execution(execution.id)
        watch = _Watch(self.clock, state)
        execution = self._start(flow, source, watch)
        if not watch.seen.wait(PATIENCE_SECONDS):
            raise TimeoutError(f"it never was {state}")
        self.held += 1
        return self.engine.execution(execution.id)

    # -- steps ---------------------------------------------------------------------------------------

    def _steps(self) -> list[str]:
        expect: Mapping[str, Any] = self.case.get("expect") or {}
        steps = list(self.case.get("then") or ())
        if steps and steps[0]["op"] == "run_concurrent":
            return self._concurrent(expect, steps)
        if steps and steps[0].get("when") and expect.get("state") in (None, *TERMINAL):
            expect = {**expect, "state": steps[0]["when"]}
        try:
            self.execution = self._reach(self.flow, self.case, expect.get("state"))
        except EngineError as error:
            return self._judge(Observed(self.engine, self.flow, None, error=error), expect)
        return self._judge(self._observed(), expect) + self._then(steps)

    def _observed(self, execution: Execution | None = None, error: EngineError | None = None) -> Observed:
        return Observed(self.engine, self.flow, execution or self.execution, error=error, setup=self.started)

    def _concurrent(self, expect: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> list[str]:
        """A second execution while the first is in a state; the steps after it may catch the second waiting."""
        step, wanted = steps[0], steps[0].get("expect") or {}
        first = self._reach(self.flow, self.case, step["when"])
        meanwhile = step.get("first_meanwhile")
        differences = []
        states = [state for state, _ in first.history]
        if meanwhile and (meanwhile not in states or first.terminal):
            differences.append(f"meanwhile the first is {states}, expected {meanwhile}")
        second = self._start(self.flow, {**self.case, "via": None, **{k: step[k] for k in ("inputs",) if k in step}})
        if wanted.get("state") in (None, *TERMINAL):
            self._rest()
        self.execution = self.engine.execution(first.id)
        self.second = self.engine.execution(second.id)
        differences += self._judge(self._observed(self.second), wanted)
        differences += self._then(steps[1:])
        self._rest()
        return differences + self._judge(self._observed(self.engine.execution(first.id)), expect)

    def _then(self, steps: list[Mapping[str, Any]]) -> list[str]:
        differences: list[str] = []
        for number, step in enumerate(steps):
            following = steps[number + 1] if number + 1 < len(steps) else {}
            found = self._step(step, following)
            differences += [f"then {step['op']}: {difference}" for difference in found]
        return differences

    def _step(self, step: Mapping[str, Any], following: Mapping[str, Any]) -> list[str]:
        if step["op"] == "update_flow":
            self.flow = self._update(step)
            return []
        if step["op"] in ("run", "run_concurrent"):
            flow = self._flow(step["flow"]) if step.get("flow") else self.flow
            source = {**({} if step.get("flow") else self.case), **step, "via": step.get("via")}
            self.execution = self._reach(flow, source, (step.get("expect") or {}).get("state"))
            return self._judge(self._observed(), step.get("expect") or {})
        target = self.second if step.get("of") == "second" else self.execution
        if target is None:
            return ["there is no execution to act on"]
        try:
            after = self._OPERATIONS[step["op"]](self, self.engine.execution(target.id), step)
        except EngineError as error:
            return self._judge(self._observed(target, error), step.get("expect") or step.get("at_once") or {})
        differences = self._at_once(step, target, after)
        if step["op"] == "delete":
            return differences + self._judge(self._observed(target), step.get("expect") or {})
        if step["op"] != "pause":
            self._rest()
        if step.get("of") != "second":
            self.execution = self.engine.execution(after.id)
        return differences + self._judge(self._observed(self.engine.execution(after.id)), step.get("expect") or {})

    def _at_once(self, step: Mapping[str, Any], before: Execution, after: Execution) -> list[str]:
        wanted = step.get("at_once") or {}
        differences = []
        if "new_execution" in wanted and (after.id != before.id) != wanted["new_execution"]:
            differences.append(f"new_execution is {after.id != before.id}")
        if "state" in wanted and after.state != wanted["state"]:
            differences.append(f"the state at once is {after.state}, expected {wanted['state']}")
        rest = {k: v for k, v in wanted.items() if k not in ("new_execution", "state")}
        return differences + self._judge(self._observed(after), rest)

    def _update(self, step: Mapping[str, Any]) -> Flow:
        data = yaml.safe_load(self.flow.source)
        if "replace_task" in step:
            data["tasks"] = [step["with"] if t["id"] == step["replace_task"] else t for t in data["tasks"]]
        else:
            data |= {k: v for k, v in step.items() if k not in ("op", "expect")}
        return self.engine.register(yaml.safe_dump(data, sort_keys=False))

    def _restart(self, execution: Execution, step: Mapping[str, Any]) -> Execution:
        return self.engine.restart(execution.id, revision=step.get("revision"))

    def _replay(self, execution: Execution, step: Mapping[str, Any]) -> Execution:
        run = None
        if "from_index" in step:
            run = execution.task_runs[step["from_index"]]
        elif "from_task" in step:
            values = step.get("from_value")
            run = execution.find(step["from_task"], None if values is None else [str(v) for v in values])
        return self.engine.replay(execution.id, run.id if run else None, revision=step.get("revision"))

    def _resume(self, execution: Execution, step: Mapping[str, Any]) -> Execution:
        behaviors = {"KILLING": "CANCEL", "FAILED": "FAIL", "WARNING": "WARN"}
        if step.get("to_state") in ("KILLED", "KILLING"):
            return self.engine.kill(execution.id)
        given = dict(step.get("inputs") or {})
        given |= {name: _upload(name, file) for name, file in (step.get("files") or {}).items()}
        return self.engine.resume(execution.id, given, behavior=behaviors.get(step.get("to_state", ""), "RESUME"))

    def _decide(self, execution: Execution, step: Mapping[str, Any]) -> Execution:
        run = execution.find(step["task"]) if "task" in step else None
        said = Decision(step.get("comment"), step.get("by"), step.get("inputs") or {})
        return self.engine.decide(execution.id, step["decision"], said, task_run=run.id if run else None)

    def _mark(self, execution: Execution, step: Mapping[str, Any]) -> Execution:
        values = step.get("value")
        if "index" in step:
            run = execution.task_runs[step["index"]]
        else:
            found = execution.find(step["task"], None if values is None else [str(v) for v in values])
            if found is None:
                raise AssertionError(f"there is no task run {step['task']}")
            run = found
        return self.engine.change_task_run_state(execution.id, run.id, step.get("state") or step["to_state"])

    def _delete(self, execution: Execution, step: Mapping[str, Any]) -> Execution:
        self.engine.delete(execution.id, logs=step.get("delete_logs", True), files=step.get("delete_storage", True))
        return execution

    _OPERATIONS: Mapping[str, Callable[[_Replay, Execution, Mapping[str, Any]], Execution]] = {
        "restart": _restart,
        "replay": _replay,
        "resume": _resume,
        "mark_as": _mark,
        "decide": _decide,
        "change_status": lambda self, execution, step: self.engine.change_status(
            execution.id, step.get("status") or step["state"]
        ),
        "kill": lambda self, execution, step: self.engine.kill(execution.id),
        "pause": lambda self, execution, step: self.engine.pause(execution.id),
        "force_run": lambda self, execution, step: self.engine.force_run(execution.id),
        "unqueue": lambda self, execution, step: self.engine.unqueue(execution.id),
        "delete": _delete,
    }

    # -- judging -------------------------------------------------------------------------------------

    def _judge(self, observed: Observed, expect: Mapping[str, Any]) -> list[str]:
        differences: list[str] = []
        refused = any("rejected" in a or a.get("http_status", 0) >= 400 for a in expect.get("assertions") or ())
        if observed.error is not None and not refused:
            return [f"refused: {observed.error}"]
        if "state" in expect and not _has_state(observed.execution, expect["state"]):
            errors = [line.message for line in observed.logs if line.level == "ERROR"]
            differences.append(f"state is {observed.execution.state}, expected {expect['state']} {errors}")
        if "task_runs" in expect and len(observed.execution.runs) != expect["task_runs"]:
            names = [run.task_id for run in observed.execution.task_runs]
            differences.append(f"{len(names)} task runs, expected {expect['task_runs']}: {names}")
        if "history_length" in expect and len(observed.execution.history) != expect["history_length"]:
            differences.append(f"the history is {[s for s, _ in observed.execution.history]}")
        if "history_starts" in expect:
            states = [s for s, _ in observed.execution.history][: len(expect["history_starts"])]
            if states != expect["history_starts"]:
                differences.append(f"the history starts {states}, expected {expect['history_starts']}")
        for assertion in expect.get("assertions") or ():
            if set(assertion) == {"history_contains"}:
                differences += check_execution_history(observed, assertion)
            else:
                differences += check(observed, assertion)
        return differences


def _source(file: str, folder: Path) -> str:
    """A flow's text: of a file below the folder, or written into the case itself."""
    return file if "\n" in file else (folder / file).read_text(encoding="utf-8")


def _has_state(execution: Execution, state: str) -> bool:
    """Whether it is in a state; one that is not final may be over by the time one looks, so it counts once reached."""
    return execution.state == state or (state not in TERMINAL and any(s == state for s, _ in execution.history))


def _generated(value: Any) -> Any:
    if isinstance(value, Mapping) and "generate" in value:
        spec = value["generate"]
        return str(spec["repeat"]) * int(spec["times"])
    return value


def _upload(name: str, given: Mapping[str, Any]) -> FileUpload:
    content = given.get("content")
    if content is None:
        spec = given["generate"]
        numbers = range(int(spec.get("from", 0)), int(spec.get("from", 0)) + int(spec["lines"]))
        content = "".join(f"{spec.get('format', '%20d') % n}\n" for n in numbers)
    return FileUpload(given.get("name", name), str(content).encode())


def _untyped(flow: Flow, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs below their typing: what is given and what has a default, and nothing for the rest."""
    defaults = {str(i.get("id") or i.get("name")): i["defaults"] for i in flow.inputs if "defaults" in i}
    return {**defaults, **inputs}


def _as_text(flow: Flow, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Values for text inputs as text: most of the cases were written below the typing of inputs."""
    texts = {str(i.get("id") or i.get("name")) for i in flow.inputs if i.get("type") in ("STRING", "SECRET", None)}
    return {
        name: (str(value).lower() if isinstance(value, bool) else str(value))
        if name in texts and value is not None
        else value
        for name, value in inputs.items()
    }
