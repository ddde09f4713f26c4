"""`flowwright executions kill|pause|resume|restart|replay`: through the service of the home, a server, or here."""

from __future__ import annotations

import threading

import pytest

from copilot.ownership import present, serving_in
from copilot.settings import load_settings

PAUSED = """id: waits
namespace: company.team
tasks:
  - id: wait
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - id: word
        type: STRING
        required: false
        defaults: none
  - id: after
    type: io.kestra.plugin.core.debug.Return
    format: "{{ outputs.wait.onResume.word }}"
"""
SLEEPS = """id: sleeps
namespace: company.team
tasks:
  - id: a
    type: io.kestra.plugin.core.flow.Sleep
    duration: PT1H
"""
FAILS = """id: fails
namespace: company.team
inputs:
  - id: broken
    type: BOOLEAN
    defaults: true
tasks:
  - id: first
    type: io.kestra.plugin.core.debug.Return
    format: once
  - id: check
    type: io.kestra.plugin.core.execution.Fail
    condition: "{{ kv('broken', errorOnMissing=false) != false }}"
  - id: last
    type: io.kestra.plugin.core.debug.Return
    format: reached
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_BACKOFF", "0")
    return tmp_path / "home"


@pytest.fixture
def service(home, serving):
    """The service of the home, which the command line finds by itself."""
    with serving_in(home / "engine") as tell, serving(load_settings()) as served:
        tell(served.url)
        yield served


@pytest.fixture
def started(service):
    def start(source, state):
        flow = service.http.post("/flows", content=source).json()
        execution = service.http.post(f"/executions/{flow['namespace']}/{flow['id']}").json()["id"]
        pause = threading.Event()
        while service.http.get(f"/executions/{execution}").json()["state"]["current"] != state:
            pause.wait(0.05)
        return execution

    return start


def states(ran):
    return {run["task_id"]: run["state"] for run in ran.json["task_runs"]}


def test_the_service_of_the_home_kills_what_it_runs(flowwright, started):
    execution = started(SLEEPS, "RUNNING")
    killed = flowwright("executions", "kill", execution, "--json")
    assert (killed.code, killed.json["id"], killed.json["state"]) == (0, execution, "KILLED")
    again = flowwright("executions", "pause", execution, "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "kestra-conflict")


def test_the_service_resumes_with_inputs_and_its_end_is_waited_for(flowwright, started):
    execution = started(PAUSED, "PAUSED")
    resumed = flowwright("executions", "resume", execution, "--input", "word=go", "--json")
    assert (resumed.code, resumed.json["state"]) == (0, "SUCCESS")
    assert [r["outputs"] for r in resumed.json["task_runs"] if r["task_id"] == "after"] == [{"value": "go"}]
    assert "after SUCCESS" in resumed.err


def test_an_execution_is_paused_by_the_service_and_killed_without_waiting(flowwright, started):
    execution = started(SLEEPS, "RUNNING")
    paused = flowwright("executions", "pause", execution, "--json")
    assert (paused.code, paused.json["state"]) == (0, "PAUSED")
    assert flowwright("executions", "kill", execution, "--no-wait", "--json").code == 0


def test_what_failed_is_restarted_here_and_only_that(flowwright, home, tmp_path):
    file = tmp_path / "fails.yaml"
    file.write_text(FAILS)
    failed = flowwright("run", file, "--json")
    assert (failed.code, states(failed)) == (1, {"first": "SUCCESS", "check": "FAILED"})
    assert flowwright("kv", "set", "broken", "false").code == 0
    restarted = flowwright("executions", "restart", failed.json["id"], "--json")
    assert (restarted.code, restarted.json["id"]) == (0, failed.json["id"])
    assert states(restarted) == {"first": "SUCCESS", "check": "SUCCESS", "last": "SUCCESS"}
    assert [len(run["attempts"]) for run in restarted.json["task_runs"] if run["task_id"] == "first"] == [1]
    nothing = flowwright("executions", "restart", failed.json["id"], "--json")
    assert (nothing.code, bool(nothing.json["error"]["message"])) == (1, True)


def test_an_execution_is_replayed_here_from_a_task_run(flowwright, home, tmp_path):
    file = tmp_path / "fails.yaml"
    file.write_text(FAILS)
    flowwright("kv", "set", "broken", "false")
    done = flowwright("run", file, "--json").json
    last = next(run["id"] for run in done["task_runs"] if run["task_id"] == "last")
    replayed = flowwright("executions", "replay", done["id"], "--from", last, "--json")
    assert (replayed.code, replayed.json["id"] != done["id"], replayed.json["original_id"]) == (0, True, done["id"])
    listed = flowwright("executions", "--json").json["executions"]
    assert {row["id"] for row in listed} == {done["id"], replayed.json["id"]}


def test_what_another_process_may_be_running_is_left_alone(flowwright, home, serving):
    with serving(load_settings()) as served:
        served.http.post("/flows", content=SLEEPS)
        execution = served.http.post("/executions/company.team/sleeps").json()["id"]
        for arguments in (["executions", "kill", execution], ["run", "--resume", execution]):
            ran = flowwright(*arguments, "--json")
            assert (ran.code, ran.json["error"]["code"]) == (1, "in-use")
        assert served.http.get(f"/executions/{execution}").json()["state"]["current"] == "RUNNING"


def test_what_a_crash_cut_short_is_killed_here(flowwright, home):
    from copilot.wiring import Workbench

    with Workbench(load_settings()).engine() as engine:
        execution = engine.run(SLEEPS, wait=False).id
    killed = flowwright("executions", "kill", execution, "--json")
    assert (killed.code, killed.json["state"]) == (0, "KILLED")


@pytest.mark.parametrize("action", ["kill", "pause", "resume", "restart", "replay"])
def test_an_execution_that_is_not_there_is_not_found(flowwright, home, action):
    ran = flowwright("executions", action, "nothing", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (1, "not-found")


def test_a_server_that_is_named_is_asked(flowwright, home, told):
    told.says("GET", "/api/v1/main/flows/search", {"results": [], "total": 0})
    told.says("GET", "/api/v1/configs", {"version": "1.1.0"})
    told.says("DELETE", "/api/v1/main/executions/e1/kill", b"", status=202)
    told.says("GET", "/api/v1/main/executions/e1", {"id": "e1", "state": {"current": "KILLED", "histories": []}})
    told.says("GET", "/api/v1/main/executions/e1/follow", b"", Content_Type="text/event-stream")
    told.says("GET", "/api/v1/main/logs/e1", [])
    ran = flowwright("executions", "kill", "e1", "--on", told.url, "--json")
    assert (ran.code, ran.json["state"]) == (0, "KILLED")
    assert flowwright("executions", "kill", "e1", "--on", "mars").code == 2


def test_a_hold_on_a_home_is_shared_or_exclusive(tmp_path):
    with present(tmp_path, alone=True) as first:
        assert first.alone
        first.share()
        with present(tmp_path, alone=True) as second:
            assert not second.alone
    with present(tmp_path), present(tmp_path):
        pass
