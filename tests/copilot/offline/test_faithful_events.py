"""What starts a flow is what the words say, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter


def _flow(words: str) -> dict[str, Any]:
    drafted = OfflineDrafter().draft(Request(words=words, target="1.1"))
    assert drafted.flow is not None
    flow: dict[str, Any] = yaml.safe_load(drafted.flow)
    return flow


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ("when flow sales.raw.load fails send an email to ops@acme.io", ["FAILED"]),
        ("when flow sales.raw.load is finished log done", ["SUCCESS"]),
    ],
)
def test_a_flow_named_with_its_namespace_starts_this_one(words: str, states: list[str]) -> None:
    (trigger,) = _flow(words)["triggers"]
    ended, which = trigger["conditions"]
    assert ended["in"] == states
    assert (which["namespace"], which["flowId"]) == ("sales.raw", "load")


@pytest.mark.parametrize(
    "words",
    [
        "call https://api.acme.io/health and retry with exponential backoff starting at 10 seconds",
        "download the csv files in the s3 bucket raw under prefix daily/",
        "copy /monthly/report.csv with a shell command",
    ],
)
def test_amounts_and_folders_are_no_schedule(words: str) -> None:
    assert "triggers" not in _flow(words)


def test_tasks_that_share_a_value_each_show_it() -> None:
    drafted = OfflineDrafter().draft(Request(words="run the shell commands ls and date in parallel", target="1.1"))
    assert drafted.flow is not None
    assert "&id" not in drafted.flow
