"""Instructions over real flows: exactly the lines that were meant change, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from copilot.edit import EditResult, edit
from docs_corpus import BLUEPRINTS

CASES = yaml.safe_load((Path(__file__).parent / "edits" / "blueprints.yaml").read_text())


def _flow(name: str) -> str:
    return (BLUEPRINTS / f"{name}.yaml").read_text()


def _changed(result: EditResult) -> list[str]:
    return [line for line in result.diff.splitlines()[2:] if line[:1] in "+-"]


@pytest.mark.parametrize("case", CASES, ids=[f"{c['flow']}: {c['words']}" for c in CASES])
def test_exactly_the_lines_that_are_meant_change(case: dict[str, Any]) -> None:
    result = edit(_flow(case["flow"]), case["words"])
    assert result.status == case["status"]
    assert _changed(result) == case["changed"]
    assert list(result.not_understood) == case.get("not_understood", [])


@pytest.mark.parametrize("case", [c for c in CASES if c["status"] == "needs_input"], ids=lambda c: c["words"])
def test_what_is_not_certain_is_asked_and_leaves_the_flow_alone(case: dict[str, Any]) -> None:
    result = edit(_flow(case["flow"]), case["words"])
    assert result.questions
    assert result.flow == _flow(case["flow"])


def test_every_change_of_one_sentence_is_made_or_named() -> None:
    result = edit(
        _flow("monthly_close"), "change the time zone to Lisbon, set the label team to finance and make it sing"
    )
    assert result.flow is not None
    assert "timezone: Europe/Lisbon" in result.flow
    assert "team: finance" in result.flow
    assert result.not_understood == ("make it sing",)


def test_it_speaks_of_what_was_changed_before() -> None:
    result = edit(
        _flow("weekday_sales_totals"), "set the level of note_failure to WARN and change its message to 'no luck'"
    )
    assert _changed(result) == [
        "-    level: ERROR",
        '-    message: "run {{ execution.id }} failed: {{ errorLogs() }}"',
        "+    level: WARN",
        '+    message: "no luck"',
    ]


def test_a_value_of_the_wrong_kind_is_never_written() -> None:
    flow = _flow("weekday_sales_totals")
    for words in ("set the timeout of totals to purple", "the sql of totals should be purple", "cron should be purple"):
        result = edit(flow, words)
        assert (result.status, result.flow) == ("needs_input", flow), words


def test_an_ambiguous_place_is_asked_about() -> None:
    flow = _flow("lambdas_in_parallel")
    result = edit(flow, "set the timeout to 5 minutes")
    assert (result.status, result.flow) == ("needs_input", flow)
    assert all(name in result.questions[0] for name in ("resize", "tag", "index"))


def test_windows_line_breaks_stay() -> None:
    flow = _flow("monthly_close").replace("\n", "\r\n")
    result = edit(flow, "add a label team=finance")
    assert result.flow is not None
    assert "team: finance\r\n" in result.flow
    assert "\n" not in result.flow.replace("\r\n", "")


def test_mappings_in_braces_are_written_in_braces() -> None:
    result = edit(_flow("three_children"), "change the region of the north call to northern")
    assert _changed(result) == ["-        inputs: { region: north }", "+        inputs: { region: northern }"]
