"""What the service does unasked: triggers fire, missed dates are recovered, what a crash cut short is finished."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime

import httpx
import pytest

from copilot.api.duties import take_up
from copilot.api.service import Duties
from copilot.ownership import present
from copilot.settings import Settings
from engine import Engine
from engine.execution.clock import SystemClock

NOON = datetime(2025, 3, 3, 12, 0, 30, tzinfo=UTC).timestamp()
HOURLY = """id: {id}
namespace: company.team
tasks:
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ trigger.date }}}}"
triggers:
  - id: hourly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
    {more}
"""


class Clock(SystemClock):
    """Moves only when told to."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def start(serving, tmp_path, clock):
    def begin():
        return serving(
            Settings(home=tmp_path / "home"),
            duties=Duties(scheduler=True, recover=True, clock=clock, longest_wait=0.02),
        )

    return begin


def until(look, wanted):
    """Looks until it sees what is wanted; the suite's own limit ends a wait in vain."""
    pause = threading.Event()
    while not wanted(seen := look()):
        pause.wait(0.05)
    return seen


def deploy(served, source):
    answer = served.http.post("/flows", content=source)
    assert answer.status_code == 200, answer.text


def trigger(served, flow):
    return served.http.get(f"/triggers/company.team/{flow}").json()["results"][0]


def ended(served, flow):
    """The executions of a flow that have ended, oldest first."""
    page = served.http.get("/executions/search", params={"flowId": flow, "size": 100}).json()["results"]
    return [e for e in reversed(page) if e["state"]["current"] in ("SUCCESS", "FAILED")]


def dates(executions):
    return [e["trigger"]["variables"]["date"][:16] for e in executions]


def test_a_schedule_fires_when_its_date_comes_and_not_before(start, clock):
    with start() as served:
        deploy(served, HOURLY.format(id="hourly", more=""))
        waiting = until(lambda: trigger(served, "hourly"), lambda t: "nextExecutionDate" in t)
        assert waiting["nextExecutionDate"] == "2025-03-03T13:00:00.000Z"
        assert ended(served, "hourly") == []
        clock.at += 3600
        (fired,) = until(lambda: ended(served, "hourly"), lambda found: len(found) == 1)
        assert (dates([fired]), fired["trigger"]["id"]) == (["2025-03-03T13:00"], "hourly")
        assert trigger(served, "hourly")["nextExecutionDate"] == "2025-03-03T14:00:00.000Z"


@pytest.mark.parametrize(
    ("how", "caught_up"),
    [
        ("ALL", ["2025-03-03T13:00", "2025-03-03T14:00", "2025-03-03T15:00"]),
        ("LAST", ["2025-03-03T15:00"]),
        ("NONE", []),
    ],
)
def test_dates_missed_while_nothing_served_are_recovered_as_the_trigger_says(start, clock, how, caught_up):
    with start() as served:
        deploy(served, HOURLY.format(id="missed", more=f"recoverMissedSchedules: {how}"))
        until(lambda: trigger(served, "missed"), lambda t: "nextExecutionDate" in t)
    clock.at += 3 * 3600
    with start() as served:
        next_one = "2025-03-03T16:00:00.000Z"
        until(lambda: trigger(served, "missed"), lambda t: t["nextExecutionDate"] == next_one)
        found = until(lambda: ended(served, "missed"), lambda found: len(found) == len(caught_up))
        assert dates(found) == caught_up


def test_a_backfill_runs_its_dates_one_after_another_and_then_is_gone(start):
    with start() as served:
        deploy(served, HOURLY.format(id="filled", more=""))
        key = {"namespace": "company.team", "flowId": "filled", "triggerId": "hourly"}
        span = {"start": "2025-01-01T00:00:00Z", "end": "2025-01-01T02:00:00Z"}
        wanted = {**key, "backfill": {**span, "labels": [{"key": "kind", "value": "backfill"}]}}
        assert served.http.put("/triggers", json=wanted).status_code == 200
        found = until(lambda: ended(served, "filled"), lambda found: len(found) == 3)
        assert dates(found) == ["2025-01-01T00:00", "2025-01-01T01:00", "2025-01-01T02:00"]
        assert {"key": "kind", "value": "backfill"} in found[0]["labels"]
        until(lambda: trigger(served, "filled"), lambda t: "backfill" not in t)


def test_a_paused_backfill_waits_and_one_deleted_is_over(start):
    with start() as served:
        deploy(served, HOURLY.format(id="held", more=""))
        key = {"namespace": "company.team", "flowId": "held", "triggerId": "hourly"}
        span = {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z", "paused": True}
        held = served.http.put("/triggers", json={**key, "backfill": span}).json()
        assert held["backfill"]["paused"] is True
        assert "backfill" not in served.http.post("/triggers/backfill/delete", json=key).json()
        assert served.http.put("/triggers/backfill/pause", json=key).status_code == 400


def test_a_flow_trigger_starts_the_next_flow(start):
    first = HOURLY.format(id="first", more="").split("triggers:")[0].replace("{{ trigger.date }}", "done")
    second = f"""{first.replace("id: first", "id: second")}triggers:
  - id: after_first
    type: io.kestra.plugin.core.trigger.Flow
    preconditions:
      id: first_done
      flows:
        - namespace: company.team
          flowId: first
          states: [SUCCESS]
"""
    with start() as served:
        deploy(served, first)
        deploy(served, second)
        served.http.post("/executions/company.team/first?wait=true")
        (fired,) = until(lambda: ended(served, "second"), lambda found: len(found) == 1)
        assert fired["trigger"]["id"] == "after_first"


def test_without_the_scheduler_nothing_fires(serving, tmp_path, clock):
    with serving(Settings(home=tmp_path / "home"), duties=Duties(recover=True, clock=clock)) as served:
        deploy(served, HOURLY.format(id="idle", more=""))
        clock.at += 7200
        assert served.http.post("/executions/company.team/idle?wait=true").status_code == 200
        assert served.service.engine.triggers.scheduler is None
        assert "nextExecutionDate" not in trigger(served, "idle")


def test_a_trigger_that_cannot_be_read_does_not_stop_the_others(start, clock):
    with start() as served:
        deploy(served, HOURLY.format(id="fine", more=""))
        broken = HOURLY.format(id="broken", more="").replace('"0 * * * *"', '"{{ envs.nothing }}"')
        served.service.engine.register(broken)
        until(lambda: trigger(served, "fine"), lambda t: "nextExecutionDate" in t)
        clock.at += 3600
        assert until(lambda: ended(served, "fine"), lambda found: len(found) == 1)


def test_executions_that_another_process_may_be_running_are_left_to_it(tmp_path):
    flow = "id: p\nnamespace: n\ntasks:\n  - id: w\n    type: io.kestra.plugin.core.flow.Pause\n"
    with Engine(tmp_path) as engine:
        execution = engine.run(flow, wait=False).id
    with present(tmp_path), present(tmp_path, alone=True) as second, Engine(tmp_path) as engine:
        assert second.alone is False
        take_up(engine, second)
        assert execution not in engine.runner.live
    with present(tmp_path, alone=True) as only, Engine(tmp_path) as engine:
        take_up(engine, only)
        assert execution in engine.runner.live


# -- as a process --------------------------------------------------------------------------------------------

SLOW = """id: slow
namespace: company.team
tasks:
  - id: first
    type: io.kestra.plugin.core.debug.Return
    format: once
  - id: sleep
    type: io.kestra.plugin.core.flow.Sleep
    duration: {duration}
  - id: last
    type: io.kestra.plugin.core.log.Log
    message: at last
"""


@pytest.fixture
def launch(tmp_path):
    """Starts `flowwright serve` on one home; gives the process and a client."""
    environment = os.environ | {"FLOWWRIGHT_HOME": str(tmp_path / "home")}
    started = []

    def begin():
        command = [sys.executable, "-c", "from copilot.cli import main; main()", "serve", "--port", "0"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        started.append(process)
        said = ""
        while not (address := re.search(r"serves (http://\S+)", said)):
            line = process.stderr.readline()
            assert line, f"the service ended: {said}"
            said += line
        return process, httpx.Client(base_url=f"{address[1]}/api/v1/main", timeout=120)

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def running(client, execution, task):
    runs = client.get(f"/executions/{execution}").json().get("taskRunList") or []
    return [run for run in runs if run["taskId"] == task and run["state"]["current"] == "RUNNING"]


def test_after_kill_minus_nine_the_next_service_finishes_and_repeats_nothing(launch):
    process, client = launch()
    client.post("/flows", content=SLOW.format(duration="PT3S"))
    execution = client.post("/executions/company.team/slow").json()["id"]
    until(lambda: running(client, execution, "sleep"), bool)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, client = launch()
    found = until(lambda: client.get(f"/executions/{execution}").json(), lambda e: e["state"]["current"] == "SUCCESS")
    assert [(run["taskId"], run["state"]["current"]) for run in found["taskRunList"]] == [
        ("first", "SUCCESS"),
        ("sleep", "SUCCESS"),
        ("last", "SUCCESS"),
    ]
    assert len(found["taskRunList"][0]["attempts"]) == 1


def test_sigterm_ends_it_in_order_with_a_follower_and_a_task_at_work(launch):
    process, client = launch()
    client.post("/flows", content=SLOW.format(duration="PT1H"))
    execution = client.post("/executions/company.team/slow").json()["id"]
    until(lambda: running(client, execution, "sleep"), bool)
    with client.stream("GET", f"/executions/{execution}/follow") as response:
        lines = response.iter_lines()
        assert next(lines) == "id: start"
        process.send_signal(signal.SIGTERM)
        assert not [line for line in lines if line == "id: end"]
    assert process.wait() == 0
    process, client = launch()
    assert client.get(f"/executions/{execution}").json()["state"]["current"] == "RUNNING"


def test_a_home_has_one_service(launch, tmp_path):
    launch()
    command = [sys.executable, "-c", "from copilot.cli import main; main()", "serve", "--port", "0"]
    environment = os.environ | {"FLOWWRIGHT_HOME": str(tmp_path / "home")}
    second = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (second.returncode, "home-taken" in second.stderr) == (3, True)
