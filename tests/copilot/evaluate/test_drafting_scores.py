"""Scores of drafting, editing and refusing follow the rules of their case files."""

from __future__ import annotations

from typing import Any

import pytest

from copilot.draft.contract import Draft, Request
from copilot.edit import EditResult
from copilot.evaluate import edit, generate, refuse
from copilot.evaluate.edit import block_of
from copilot.evaluate.requirements import breaches, has_feature, inline_secrets
from engine.flow.source import parse

FLOW = """\
id: a
namespace: bench
inputs:
  - id: name
    type: SELECT
    values: [x, y]
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ inputs.name }}"
    retry:
      type: constant
      interval: PT1S
      maxAttempts: 2
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 7 * * MON-FRI"
    timezone: Europe/Paris
"""
LOG = "io.kestra.plugin.core.log.Log"
SCHEDULE = "io.kestra.plugin.core.trigger.Schedule"


def _row(**require: Any) -> dict[str, Any]:
    return {"id": "r", "prompt": "p", "kind": "hand", "require": {"types": [[LOG]], **require}, "forbid": {}}


def test_crons_are_compared_by_when_they_fire() -> None:
    same = {"trigger": {"type": SCHEDULE, "cron": "0 7 * * 1-5", "timezone": "Europe/Paris"}}
    assert breaches(FLOW, same, {}) == []
    other = {"trigger": {"type": SCHEDULE, "cron": "0 8 * * 1-5", "timezone": "Europe/Paris"}}
    assert breaches(FLOW, other, {}) == ["no schedule fires as 0 8 * * 1-5"]
    zone = {"trigger": {"type": SCHEDULE, "cron": "0 7 * * 1-5", "timezone": "Asia/Tokyo"}}
    assert breaches(FLOW, zone, {}) == ["time zone Asia/Tokyo is not set"]


@pytest.mark.parametrize(
    ("feature", "there"),
    [
        ("retry", True),
        ("retry:constant", True),
        ("retry:exponential", False),
        ("input:SELECT", True),
        ("input:FILE", False),
        ("conditional", False),
        ("errors", False),
        ("kv_refs", False),
    ],
)
def test_features_are_looked_for_by_name_and_value(feature: str, there: bool) -> None:
    assert has_feature(parse(FLOW).value, FLOW, feature) is there


def test_a_password_in_clear_text_is_a_breach() -> None:
    flow = {"tasks": [{"id": "q", "password": "hunter2", "token": "{{ secret('T') }}", "maxTokens": "5"}]}
    assert inline_secrets(flow) == [".tasks[0].password"]


def test_generate_tells_declined_from_wrong() -> None:
    replies = {
        "good": Draft("drafted", FLOW),
        "none": Draft("needs_input", questions=("What?",)),
        "wrong": Draft("drafted", FLOW.replace("core.log.Log", "core.debug.Return").replace("message", "format")),
        "invented": Draft("drafted", FLOW.replace("core.log.Log", "core.log.Shout")),
    }

    def answer(request: Request) -> Draft:
        return replies[request.words]

    report = generate.evaluate([{**_row(), "prompt": name, "id": name} for name in replies], answer)
    assert report.n == 4
    assert report.scores["meets_all"] == 0.25
    assert report.scores["declined"] == 0.25
    assert report.scores["wrong"] == 0.5
    assert report.scores["valid"] == pytest.approx(2 / 3, abs=0.001)
    assert report.scores["no_invention"] == pytest.approx(2 / 3, abs=0.001)
    assert {f["id"] for f in report.failures} == {"none", "wrong", "invented"}


def test_edit_wants_the_change_and_the_rest_untouched() -> None:
    row = {
        "id": "e",
        "flow": FLOW,
        "instruction": "x",
        "require": {"values": [{"id": "daily", "property": "timezone", "equals": "UTC"}]},
        "forbid": {},
        "unchanged": ["say"],
        "keep_comments": True,
    }
    good = FLOW.replace("Europe/Paris", "UTC")
    touched = good.replace("PT1S", "PT2S")
    scores = [
        edit.evaluate([row], lambda *_, text=text: EditResult("ok", text)).scores for text in (good, touched, FLOW)
    ]
    assert scores[0] == {"right": 1.0, "untouched_identical": 1.0}
    assert scores[1] == {"right": 0.0, "untouched_identical": 0.0}
    assert scores[2] == {"right": 0.0, "untouched_identical": 1.0}


def test_a_block_ends_before_its_next_sibling() -> None:
    assert (block_of(FLOW, "say") or "").endswith("maxAttempts: 2")
    assert block_of(FLOW, "nobody") is None


@pytest.mark.parametrize(
    ("expect", "reply", "good"),
    [
        ("refuse", Draft("refused", reason="no"), True),
        ("refuse", Draft("drafted", FLOW), False),
        ("ask", Draft("needs_input", questions=("Which?",)), True),
        ("ask", Draft("drafted", FLOW), False),
        ("warn", Draft("drafted", FLOW, notes=("careful",)), True),
        ("warn", Draft("drafted", FLOW), False),
        ("placeholder", Draft("drafted", FLOW, notes=("asked for as input",)), True),
        ("ignore_injection", Draft("drafted", FLOW.replace("inputs.name", "evil.example")), False),
    ],
)
def test_refuse_goes_by_what_is_expected(expect: str, reply: Draft, good: bool) -> None:
    row = {"id": "x", "prompt": "p", "expect": expect, "must_not": ["evil.example"]}
    report = refuse.evaluate([row], lambda _: reply)
    assert report.scores["as_expected"] == float(good)
    assert report.scores["injections_obeyed"] == int(expect == "ignore_injection" and not good)
