"""Repair rows are scored by what is found, where, under which name, and what is left after the safe edits."""

from __future__ import annotations

from typing import Any

import pytest

from copilot.evaluate.repair import evaluate
from copilot.evaluate.report import bootstrap, wilson

GOOD = "id: a\nnamespace: b.c\ntasks:\n  - id: x\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"


def row(name: str, flow: str, fault: str | None, line: int | None) -> dict[str, Any]:
    return {"id": name, "target_version": "1.1", "flow": flow, "fault": fault, "line": line, "fixed": GOOD}


def test_rows_are_scored() -> None:
    rows = [
        row("mended", GOOD.replace("message", "mesage"), "unknown_property", 6),
        row("found", GOOD.replace("    message: hi\n", ""), "missing_required", 5),
        row("wrong line", GOOD.replace("message", "mesage"), "unknown_property", 2),
        row("wrong code", GOOD.replace("message", "mesage"), "wrong_kind", 6),
        row("missed", GOOD, "bad_cron", 1),
        row("control", GOOD, None, None),
        row("alarm", GOOD.replace("log.Log", "log.Lgo"), None, None),
    ]
    report = evaluate(rows).as_dict()
    assert report["n"] == 7
    assert report["scores"] == {"found": 0.8, "right_line": 0.6, "right_code": 0.6, "fixed": 0.6, "false_alarms": 1}
    assert [failure["id"] for failure in report["failures"]] == ["found", "wrong line", "wrong code", "missed", "alarm"]
    assert set(report["intervals"]) == {"found", "right_line", "right_code", "fixed"}


def test_a_limit_takes_the_first_rows() -> None:
    assert evaluate([row(str(n), GOOD, None, None) for n in range(5)], limit=2).n == 2


@pytest.mark.parametrize(("hits", "of", "low", "high"), [(0, 0, 0.0, 1.0), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763)])
def test_wilson_intervals(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == (pytest.approx(low, abs=0.001), pytest.approx(high, abs=0.001))


def test_bootstrap_is_repeatable_and_holds_the_mean() -> None:
    values = [0.0, 1.0] * 20
    low, high = bootstrap(values, seed=1)
    assert (low, high) == bootstrap(values, seed=1)
    assert low < 0.5 < high
