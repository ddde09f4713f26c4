"""Schedules in an engine whose clock moves only when told to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from engine import Engine

FLOW = """
id: nightly
namespace: tests.schedules
inputs:
  - {id: count, type: INT}
triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "* * * * *"
    inputs: {count: COUNT}
tasks:
  - {id: told, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.count }}"}
"""


def _started(tmp_path: Path, count: str) -> tuple[str, list[str]]:
    """State and log of the one execution that a minute's end starts."""
    with Engine(tmp_path, durability="process") as engine:
        engine.register(FLOW.replace("COUNT", count))
        scheduler = engine.scheduler()
        now = scheduler.clock()
        scheduler.clock = lambda: now
        assert scheduler.tick() == []
        scheduler.clock = lambda: now + timedelta(minutes=1)
        assert len(scheduler.tick()) == 1
        (summary,) = engine.executions("tests.schedules", "nightly")
        execution = engine.wait(summary.id, 60)
        return execution.state, [line.message for line in engine.logs(summary.id)]


def test_a_date_starts_an_execution_with_the_inputs_of_the_trigger(tmp_path: Path) -> None:
    assert _started(tmp_path, "3") == ("SUCCESS", ["3"])


def test_inputs_that_do_not_fit_give_an_execution_that_has_failed(tmp_path: Path) -> None:
    state, log = _started(tmp_path, "many")
    assert state == "FAILED"
    assert log == ["count: Invalid input for `count`, Expected `INT` but received `many`, but received `many`"]
