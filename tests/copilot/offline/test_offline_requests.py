"""What requests in many words must become: types, triggers, inputs, features. The table is in requests.jsonl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from copilot.evaluate.requirements import all_types, has_feature
from engine import check_flow
from engine.flow.findings import errors
from engine.flow.source import parse

CASES = [json.loads(line) for line in Path(__file__).with_name("requests.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[c["words"][:60] for c in CASES])
def test_a_request_becomes_the_flow_it_describes(drafter: OfflineDrafter, case: dict[str, Any]) -> None:
    draft = drafter.draft(Request(case["words"]))
    assert draft.flow is not None, draft
    assert errors(check_flow(draft.flow)) == []
    flow = parse(draft.flow).value
    there = all_types(flow)
    for group in case["types"]:
        assert any(t.endswith(option) for option in group.split("|") for t in there), (group, there)
    crons = [t.get("cron") for t in flow.get("triggers") or []]
    for cron in case.get("crons", [case["cron"]] if "cron" in case else []):
        assert cron in crons
    kinds = {i["id"]: i["type"] for i in flow.get("inputs") or []}
    assert case.get("inputs", {}).items() <= kinds.items()
    for feature in case.get("features", []):
        assert has_feature(flow, draft.flow, feature), feature
    for text in [*case.get("text", []), *([case["timezone"]] if "timezone" in case else [])]:
        assert text in draft.flow


@pytest.mark.parametrize("target", ["0.24", "1.1", "1.3", "2.0"])
def test_a_loop_has_the_name_the_version_knows(drafter: OfflineDrafter, target: str) -> None:
    draft = drafter.draft(Request("for each of Oslo, Lima and Accra log the name", target=target))
    assert draft.flow is not None
    assert ("core.flow.Loop" in draft.flow) == (target == "2.0")
    assert ("core.flow.ForEach" in draft.flow) == (target != "2.0")
    assert errors(check_flow(draft.flow, target)) == []


@pytest.mark.parametrize("case", CASES[::5], ids=[c["words"][:60] for c in CASES[::5]])
def test_flows_for_version_two_are_valid_there(drafter: OfflineDrafter, case: dict[str, Any]) -> None:
    draft = drafter.draft(Request(case["words"], target="2.0"))
    assert draft.flow is not None
    assert errors(check_flow(draft.flow, "2.0")) == []


def test_the_same_words_always_give_the_same_flow() -> None:
    for case in CASES[::9]:
        drafts = {OfflineDrafter().draft(Request(case["words"])).flow for _ in range(2)}
        assert len(drafts) == 1


def test_two_retries_are_three_attempts_and_the_reader_is_told(drafter: OfflineDrafter) -> None:
    draft = drafter.draft(Request("download https://example.org/a.csv and retry the download twice"))
    assert draft.flow is not None
    assert "maxAttempts: 3" in draft.flow
    assert any("maxAttempts" in note for note in draft.notes)


def test_what_changed_nothing_comes_back_word_for_word(drafter: OfflineDrafter) -> None:
    draft = drafter.draft(Request("log 'hi'. Polish the golden doorknobs thoroughly."))
    assert draft.flow is not None
    assert draft.not_understood == ("Polish the golden doorknobs thoroughly",)


def test_unknown_hosts_and_tables_become_inputs_without_defaults(drafter: OfflineDrafter) -> None:
    draft = drafter.draft(Request("Copy a MySQL table to Snowflake every hour"))
    assert draft.flow is not None
    inputs = {i["id"]: i for i in parse(draft.flow).value["inputs"]}
    assert {"table", "snowflake_account"} <= set(inputs)
    assert all("defaults" not in i for i in inputs.values())
    assert "secret('MYSQL_PASSWORD')" in draft.flow


def test_typing_slips_are_read_as_the_words_they_are_near(drafter: OfflineDrafter) -> None:
    draft = drafter.draft(Request("plz donwload https://example.org/a.csv and log how many rows it has"))
    assert draft.flow is not None
    assert "core.http.Download" in draft.flow
    assert "COUNT(*)" in draft.flow


def test_answers_to_questions_count_as_words(drafter: OfflineDrafter) -> None:
    asked = drafter.draft(Request("load the file into the table"))
    assert asked.status == "needs_input"
    answered = drafter.draft(
        Request("load the file into the table", answers={"q": "https://example.org/a.csv into postgres table `a`"})
    )
    assert answered.flow is not None
    assert "jdbc.postgresql.CopyIn" in answered.flow
