"""Retries that leave no room for another attempt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding

Flow = Callable[..., str]
Only = Callable[..., Finding]
TASK = """
- id: hello
  type: io.kestra.plugin.core.log.Log
  message: hi
  retry: {RETRY}
"""


@pytest.mark.parametrize(
    ("retry", "key", "other"),
    [
        ("type: constant, interval: PT5S, maxDuration: PT5S", "interval", "maxDuration"),
        ("type: exponential, interval: PT1M, maxInterval: PT30S", "interval", "maxInterval"),
        ("type: exponential, interval: PT1M, maxInterval: PT1H, maxDuration: PT1M", "interval", "maxDuration"),
        ("type: random, minInterval: PT9S, maxInterval: PT1S", "minInterval", "maxInterval"),
        ("type: random, minInterval: PT1S, maxInterval: PT9S, maxDuration: PT5S", "maxInterval", "maxDuration"),
    ],
)
def test_an_interval_is_shorter_than_its_limit(retry: str, key: str, other: str, flow: Flow, only: Only) -> None:
    found = only(flow(TASK.replace("RETRY", retry)), "retry_without_room")
    assert found.path == ("tasks", 0, "retry", key)
    assert other in found.message and found.line == 7


@pytest.mark.parametrize(
    "retry",
    [
        "type: constant, interval: PT5S, maxDuration: PT6S",
        "type: constant, interval: PT5S, maxAttempts: 2",
        "type: exponential, interval: PT1S, maxInterval: PT30S, maxDuration: PT1H",
        "type: random, minInterval: PT1S, maxInterval: PT9S",
        'type: constant, interval: "{{ vars.wait }}", maxDuration: PT1S',
    ],
)
def test_a_retry_with_room_is_fine(retry: str, flow: Flow) -> None:
    codes = [finding.code for finding in check_flow(flow(TASK.replace("RETRY", retry)))]
    assert "retry_without_room" not in codes


def test_the_retry_of_the_flow_is_looked_at_too(flow: Flow, only: Only) -> None:
    text = flow(before="retry: {type: constant, interval: PT5S, maxDuration: PT1S}\n")
    assert only(text, "retry_without_room").path == ("retry", "interval")
