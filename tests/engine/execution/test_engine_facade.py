"""The engine's front door: what callers can ask for, and what they are told."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, load_flow
from engine.errors import InvalidFlow, InvalidInputs, NotFound, Refused
from engine.execution.clock import VirtualClock
from engine.execution.state import fold

CORE = "io.kestra.plugin.core"


def flow(tasks: str, more: str = "") -> str:
    return f"id: facade\nnamespace: tests.facade\n{more}\ntasks:\n{tasks}\n".replace("CORE", CORE)


ONE = flow("  - {id: one, type: CORE.debug.Return, format: hello}")


def test_a_run_gives_the_execution_and_its_parts_as_json(engine: Engine) -> None:
    execution = engine.run(ONE, labels={"who": "me"})
    shown = execution.as_dict()
    assert shown["state"] == "SUCCESS"
    assert shown["labels"]["who"] == "me"
    (run,) = shown["task_runs"]
    assert run["task_id"] == "one"
    assert run["outputs"] == {"value": "hello"}
    assert run["attempts"][0]["state"] == "SUCCESS"
    assert shown["end"] is not None


def test_what_is_recorded_is_the_same_execution(engine: Engine) -> None:
    execution = engine.run(ONE)
    assert fold(engine.journal.events(execution.id)).as_dict() == execution.as_dict()
    assert engine.execution(execution.id).as_dict() == execution.as_dict()


def test_nothing_is_created_when_the_inputs_are_wrong(engine: Engine) -> None:
    text = flow("  - {id: one, type: CORE.debug.Return, format: x}", "inputs:\n  - {id: n, type: INT}")
    with pytest.raises(InvalidInputs):
        engine.run(text, {"n": "many"})
    assert engine.executions() == []


def test_a_disabled_flow_is_refused(engine: Engine) -> None:
    with pytest.raises(Refused):
        engine.run(ONE + "\ndisabled: true\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: x\nnamespace: a\n", "no tasks"),
        ("namespace: a\ntasks: []\n", "no id"),
        ("id: x\nnamespace: a\ntasks:\n  - {id: y}\n", "no type"),
        ("id: x\nnamespace: a\ntasks: hello\n", "list of tasks"),
        ("id: x\n  namespace: [\n", "line"),
        ("just text\nand more", "map"),
    ],
)
def test_a_text_without_meaning_is_an_invalid_flow(text: str, message: str) -> None:
    with pytest.raises(InvalidFlow, match=message) as caught:
        load_flow(text)
    assert caught.value.hint


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_flow(tmp_path / "nowhere.yaml")


def test_an_unknown_execution_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.execution("nowhere")
    with pytest.raises(NotFound):
        engine.resume_after_crash("nowhere")


def test_a_task_type_that_does_not_run_here_fails_with_a_reason(engine: Engine) -> None:
    execution = engine.run(flow("  - {id: one, type: io.kestra.plugin.gcp.gcs.Upload, from: x}"))
    assert execution.state == "FAILED"
    assert "do not run here" in engine.logs(execution.id, min_level="ERROR")[0].message


def test_a_bug_in_a_task_fails_the_attempt_and_not_the_engine(tmp_path: Path) -> None:
    def broken(task: Any, context: Any) -> None:
        raise ZeroDivisionError("a bug")

    with Engine(tmp_path, clock=VirtualClock(), run_task=broken) as engine:
        assert engine.run(ONE).state == "FAILED"
        assert engine.run(ONE).state == "FAILED"


def test_listeners_hear_of_changes_in_order_and_of_log_lines(engine: Engine) -> None:
    heard: list[dict[str, Any]] = []
    execution = engine.run(flow("  - {id: one, type: CORE.log.Log, message: hi}"), on_event=heard.append)
    states = [e["state"] for e in heard if e["kind"] == "execution"]
    assert states == ["CREATED", "RUNNING", "SUCCESS"]
    assert [e["state"] for e in heard if e["kind"] == "task_run"] == ["CREATED", "RUNNING", "SUCCESS"]
    assert [e["message"] for e in heard if e["kind"] == "log"] == ["hi"]
    assert {e["execution"] for e in heard} == {execution.id}


def test_what_listeners_hear_of_is_recorded_already(engine: Engine) -> None:
    recorded: list[bool] = []

    def listen(event: dict[str, Any]) -> None:
        if event["kind"] == "task_run":
            events = engine.journal.events(event["execution"])
            recorded.append(
                any(e.get("id") == event["task_run"] and e.get("s", "CREATED") == event["state"] for e in events)
            )

    engine.run(ONE, on_event=listen)
    assert recorded == [True, True, True]


def test_many_callers_may_run_flows_at_once(engine: Engine) -> None:
    states: list[str] = []
    text = flow(
        "  - {id: one, type: CORE.flow.Sleep, duration: PT1M}\n  - {id: two, type: CORE.debug.Return, format: x}"
    )
    threads = [threading.Thread(target=lambda: states.append(engine.run(text).state)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == ["SUCCESS"] * 20
    assert len(engine.executions("tests.facade", "facade")) == 20


def test_tasks_side_by_side_work_at_the_same_time(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=20)

    def meet(task: Any, context: Any) -> dict[str, Any]:
        together.wait()
        return {"met": True}

    tasks = "\n".join(f"      - {{id: p{n}, type: CORE.debug.Return, format: x}}" for n in range(3))
    text = flow(f"  - id: par\n    type: CORE.flow.Parallel\n    tasks:\n{tasks}")
    with Engine(tmp_path, run_task=meet) as engine:
        assert engine.run(text).state == "SUCCESS"


def test_flows_keep_their_revisions(engine: Engine) -> None:
    first = engine.register(ONE)
    same = engine.register(ONE)
    second = engine.register(ONE.replace("hello", "bye"))
    assert (first.revision, same.revision, second.revision) == (1, 1, 2)
    found = engine.find_flow("tests.facade", "facade", 1)
    assert found is not None
    assert "hello" in found.source
    newest = engine.find_flow("tests.facade", "facade")
    assert newest is not None
    assert newest.revision == 2


def test_executions_are_listed_newest_first_and_by_state(engine: Engine) -> None:
    one = engine.run(ONE)
    bad = engine.run(flow("  - {id: bad, type: CORE.execution.Fail}"))
    assert [s.id for s in engine.executions()] == [bad.id, one.id]
    assert [s.id for s in engine.executions(states=["FAILED"])] == [bad.id]


def test_an_execution_in_progress_cannot_be_deleted(engine: Engine) -> None:
    execution = engine.run(flow("  - {id: ask, type: CORE.flow.Pause}"), wait=False)
    with pytest.raises(Refused):
        engine.delete(execution.id)
    engine.kill(execution.id)


def test_a_paused_execution_is_resumed_by_another_engine(tmp_path: Path) -> None:
    text = flow(
        "  - id: ask\n    type: CORE.flow.Pause\n    onResume:\n      - {id: who, type: STRING}\n"
        "  - {id: last, type: CORE.debug.Return, format: '{{ outputs.ask.onResume.who }}'}"
    )
    with Engine(tmp_path, clock=VirtualClock()) as engine:
        paused = engine.run(text, wait=False)
        assert engine.clock.settle(20)  # type: ignore[attr-defined]
    with Engine(tmp_path, clock=VirtualClock()) as engine:
        assert engine.execution(paused.id).state == "PAUSED"
        with pytest.raises(InvalidInputs):
            engine.resume(paused.id, {})
        engine.resume(paused.id, {"who": "ann"})
        execution = engine.wait(paused.id, 20)
        assert execution.state == "SUCCESS"
        last = execution.find("last")
        assert last is not None
        assert last.outputs == {"value": "ann"}


def test_environment_variables_and_globals_are_seen_by_expressions(tmp_path: Path) -> None:
    settings = {"environment": {"KESTRA_A": "1", "ENV_B": "2", "OTHER": "3"}, "globals": {"g": {"h": 4}}}
    template = "{{ envs.a }}{{ envs.b }}{{ envs.other ?? 0 }}{{ globals.g.h }}"
    text = flow(f"  - {{id: one, type: CORE.debug.Return, format: '{template}'}}")
    with Engine(tmp_path, clock=VirtualClock(), settings=settings) as engine:
        run = engine.run(text).find("one")
        assert run is not None
        assert run.outputs == {"value": "1204"}


def test_light_use_of_the_package_loads_no_engine() -> None:
    import subprocess
    import sys

    code = "import sys, engine; print('engine.engine' in sys.modules, 'sqlite3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_template_puts_its_tasks_into_a_flow(engine: Engine) -> None:
    engine.register_template(
        flow("  - {id: inner, type: CORE.debug.Return, format: '{{ parent.outputs.args.word }}'}").replace(
            "facade", "tpl"
        )
    )
    text = flow(
        "  - id: seq\n    type: CORE.flow.Sequential\n    tasks:\n"
        "      - {id: use, type: CORE.flow.Template, namespace: tests.tpl, templateId: tpl,"
        " args: {word: '{{ flow.id }}'}}\n"
        "  - {id: last, type: CORE.debug.Return, format: '{{ outputs.inner.value }}'}"
    )
    execution = engine.run(text)
    assert execution.state == "SUCCESS"
    last = execution.find("last")
    assert last is not None
    assert last.outputs == {"value": "facade"}
    missing = engine.run(text.replace("templateId: tpl", "templateId: other"))
    assert missing.state == "FAILED"
    assert any("Can't find flow template" in line.message for line in engine.logs(missing.id))


def test_a_listener_that_raises_does_not_harm_the_run(engine: Engine) -> None:
    def listen(event: dict[str, Any]) -> None:
        raise ValueError("not listening")

    assert engine.run(ONE, on_event=listen).state == "SUCCESS"


def test_a_trigger_whose_flow_refuses_its_inputs_does_not_harm_the_run(engine: Engine) -> None:
    engine.register(
        "id: listener\nnamespace: tests.facade\ninputs:\n  - {id: n, type: INT}\n"
        f"triggers:\n  - {{id: on, type: {CORE}.trigger.Flow, inputs: {{n: many}}}}\n"
        f"tasks:\n  - {{id: one, type: {CORE}.debug.Return, format: x}}\n"
    )
    assert engine.run(ONE).state == "SUCCESS"
    assert engine.executions("tests.facade", "listener") == []


def test_a_closed_engine_refuses_work(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.close()
    with pytest.raises(Refused):
        engine.run(ONE)


def test_recovering_goes_on_with_all_that_had_not_ended(tmp_path: Path) -> None:
    text = flow(
        "  - {id: wait, type: CORE.flow.Pause, pauseDuration: PT10H}\n  - {id: x, type: CORE.debug.Return, format: x}"
    )
    with Engine(tmp_path, clock=(clock := VirtualClock())) as engine:
        clock.hold()
        started = [engine.run(text, wait=False).id for _ in range(3)]
    with Engine(tmp_path, clock=(clock := VirtualClock())) as engine:
        assert engine.recover() == started
        assert clock.settle(20)
        assert {engine.execution(x).state for x in started} == {"SUCCESS"}


def test_a_task_that_does_not_heed_its_timeout_is_left_behind(tmp_path: Path) -> None:
    release = threading.Event()

    def stubborn(task: Any, context: Any) -> dict[str, Any]:
        if task.id == "slow":
            release.wait(60)
        return {"done": True}

    text = flow(
        "  - {id: slow, type: CORE.debug.Return, format: x, timeout: PT0.05S, allowFailure: true}\n"
        "  - {id: last, type: CORE.debug.Return, format: x}"
    )
    with Engine(tmp_path, run_task=stubborn) as engine:
        execution = engine.run(text)
        release.set()
        assert execution.state == "WARNING"
        assert [run.state for run in execution.task_runs] == ["WARNING", "SUCCESS"]


def test_a_kill_stops_a_task_that_waits(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        execution = engine.run(flow("  - {id: long, type: CORE.flow.Sleep, duration: PT1H}"), wait=False)
        engine.kill(execution.id)
        assert engine.wait(execution.id, 30).state == "KILLED"


def test_the_log_of_a_running_task_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.execution.runner.LOG_SECONDS", 0.0)
    seen, release = threading.Event(), threading.Event()

    def talk(task: Any, context: Any) -> dict[str, Any]:
        context.log("INFO", "still at it")
        seen.set()
        release.wait(60)
        return {}

    with Engine(tmp_path, run_task=talk) as engine:
        execution = engine.run(ONE, wait=False)
        assert seen.wait(60)
        deadline = time.monotonic() + 60
        while not (lines := [line.message for line in engine.logs(execution.id)]) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not engine.execution(execution.id).terminal
        release.set()
        engine.wait(execution.id, 60)
    assert lines == ["still at it"]
