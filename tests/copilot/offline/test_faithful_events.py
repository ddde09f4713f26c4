"""What starts a flow, and what decides inside it, is what the words say, and nothing else is."""

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


def test_what_follows_an_approval_needs_a_yes() -> None:
    pause, branch = _flow("pause for approval before deleting rows older than 90 days from postgres table events")[
        "tasks"
    ]
    assert branch["condition"] == f"{{{{ outputs.{pause['id']}.onResume.approved }}}}"
    assert "DELETE FROM events" in branch["then"][0]["sql"]


def test_a_no_with_a_branch_of_its_own_keeps_the_rest_from_running() -> None:
    words = "download https://a.io/a.csv, wait for my approval, then load it into postgres table a; if rejected log no"
    _, pause, branch = _flow(words)["tasks"]
    assert branch["condition"] == f"{{{{ not outputs.{pause['id']}.onResume.approved }}}}"
    assert [task["type"].rpartition(".")[2] for task in (*branch["then"], *branch["else"])] == ["Log", "CopyIn"]


@pytest.mark.parametrize("what", ["tests fail", "the checks fail", "any of the commands fails"])
def test_what_is_told_of_a_failure_is_told_then_only(what: str) -> None:
    flow = _flow(f"run my dbt project from https://github.com/acme/dbt every 6 hours and tell Slack when {what}")
    assert [task["type"].rpartition(".")[2] for task in flow["errors"]] == ["SlackIncomingWebhook"]
    assert "slack" not in str(flow["tasks"]).lower()


def test_an_approval_inside_a_branch_holds_back_what_comes_after_it() -> None:
    flow = _flow("input prod is a boolean; if prod is true require approval; then run terraform apply")
    branch, rest = flow["tasks"]
    (pause,) = branch["then"]
    assert rest["condition"] == f"{{{{ outputs.{pause['id']}.onResume.approved ?? true }}}}"
    assert "terraform apply" in str(rest["then"])


def test_a_call_whose_failure_is_ignored_is_made_all_the_same() -> None:
    flow = _flow("call https://api.example.com/ping, ignore it when that fails, then log done")
    assert "https://api.example.com/ping" in str(flow["tasks"])
    assert "errors" not in flow
