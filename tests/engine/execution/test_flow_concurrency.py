"""The concurrency limit of a flow, over many executions and real threads."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Engine
from engine.execution.clock import VirtualClock

FLOW = """
id: limited
namespace: tests.concurrency
concurrency: {{limit: {limit}, behavior: QUEUE}}
inputs:
  - {{id: seconds, type: INT}}
  - {{id: bad, type: BOOL}}
tasks:
  - {{id: wait, type: io.kestra.plugin.core.flow.Sleep, duration: "PT{{{{ inputs.seconds }}}}S"}}
  - {{id: pause, type: io.kestra.plugin.core.flow.Pause, pauseDuration: "PT{{{{ inputs.seconds }}}}M"}}
  - {{id: end, type: io.kestra.plugin.core.execution.Fail, condition: "{{{{ inputs.bad }}}}"}}
"""


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 4), st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=12))
def test_never_more_executions_run_than_the_limit_and_all_get_their_turn(
    tmp_path_factory: Any, limit: int, work: list[tuple[int, bool]]
) -> None:
    with Engine(tmp_path_factory.mktemp("home"), clock=VirtualClock(), durability="process") as engine:
        flow = engine.register(FLOW.format(limit=limit))
        running: set[str] = set()
        most = 0

        def listen(event: dict[str, Any]) -> None:
            nonlocal most
            if event["kind"] != "execution":
                return
            if event["state"] in ("RUNNING", "PAUSED"):
                running.add(event["execution"])
            elif event["state"] not in ("CREATED", "QUEUED"):
                running.discard(event["execution"])
            most = max(most, len(running))

        started = [
            engine.run(flow, {"seconds": seconds, "bad": bad}, wait=False, on_event=listen) for seconds, bad in work
        ]
        states = [engine.wait(execution.id, 60).state for execution in started]
    assert states == ["FAILED" if bad else "SUCCESS" for _, bad in work]
    assert most <= limit
