"""Repairs: what the findings propose, else what is wrong goes; then nothing more."""

from __future__ import annotations

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from engine import check_flow
from engine.flow.findings import errors

BROKEN = """\
id: a
namespace: tests
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    mesage: hello
    sparkle:
      very: much
"""


def test_repair_follows_the_findings_until_none_is_left(drafter: OfflineDrafter) -> None:
    flow = BROKEN
    for _ in range(3):
        found = errors(check_flow(flow))
        if not found:
            break
        flow = drafter.repair(Request("log hello"), flow, found).flow or ""
    assert errors(check_flow(flow)) == []
    assert "message: hello" in flow
    assert "sparkle" not in flow


def test_nothing_to_try_means_an_unchanged_flow(drafter: OfflineDrafter) -> None:
    assert drafter.repair(Request("x"), BROKEN, []).flow == BROKEN
