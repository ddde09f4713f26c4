"""A crash between the start of an execution and the note that it was started: its date does not run again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import Engine
from engine.execution.clock import SystemClock

FLOW = """id: hourly
namespace: company.team
tasks:
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: done
triggers:
  - id: every_hour
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
"""


class Clock(SystemClock):
    at = datetime(2025, 3, 3, 12, 0, 30, tzinfo=UTC).timestamp()

    def now(self) -> float:
        return self.at


def test_a_date_whose_execution_is_there_is_taken_as_done(tmp_path):
    clock = Clock()
    with Engine(tmp_path, clock=clock, durability="process") as engine:
        engine.register(FLOW)
        scheduler = engine.scheduler()
        scheduler.tick()
        clock.at += 3600

        def crash(*arguments):
            raise KeyboardInterrupt

        scheduler.store.advance = crash
        with pytest.raises(KeyboardInterrupt):
            scheduler.tick()
        (first,) = engine.executions()
        engine.wait(first.id)
    with Engine(tmp_path, clock=clock, durability="process") as engine:
        engine.scheduler().tick()
        assert [row.id for row in engine.executions()] == [first.id]
        clock.at += 3600
        engine.scheduler().tick()
        assert len(engine.executions()) == 2
