"""The conformance command: results, exit codes, and that it notices what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.conformance.__main__ import main

FLOW = """
id: one
namespace: tests.conformance
tasks:
  - {id: one, type: io.kestra.plugin.core.debug.Return, format: hello}
"""


def _cases(tmp_path: Path, text: str) -> Path:
    (tmp_path / "one.yaml").write_text(FLOW)
    path = tmp_path / "cases.yaml"
    path.write_text(text)
    return path


def test_a_case_that_holds_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _cases(tmp_path, "- {id: good, file: one.yaml, expect: {state: SUCCESS, task_runs: 1}}")
    assert main([str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "passed": 1,
        "failed": 0,
        "skipped": 0,
        "cases": [{"id": "good", "result": "passed", "why": ""}],
    }


@pytest.mark.parametrize(
    ("expect", "why"),
    [
        ("{state: FAILED}", "state is SUCCESS"),
        ("{task_runs: 2}", "1 task runs"),
        ("{assertions: [{task: one, output: value, equals: bye}]}", "output value"),
        ("{assertions: [{task: two, state: SUCCESS}]}", "no task run two"),
        ("{assertions: [{label_count: 7}]}", "labels"),
        ("{assertions: [{child: other, count: 1}]}", "0 executions of other"),
        ("{assertions: [{rejected: true}]}", "not refused"),
        ("{assertions: [{log_contains: nowhere}]}", "no log line"),
        ("{assertions: [{made_up: 1}]}", "unknown assertion"),
        ("{assertions: [{starts_after: [one, one]}]}", "does not start after"),
        ("{assertions: [{execution_output: x, equals: 1}]}", "flow output x"),
        ("{assertions: [sub_executions: {count: 1}]}", "0 iterations"),
    ],
)
def test_a_case_that_does_not_hold_fails_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], expect: str, why: str
) -> None:
    path = _cases(tmp_path, f"- id: wrong\n  file: one.yaml\n  expect: {expect}\n")
    assert main([str(path), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["failed"] == 1
    assert why in answer["cases"][0]["why"]


def test_one_case_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _cases(tmp_path, "- {id: a, file: one.yaml}\n- {id: b, file: one.yaml}\n")
    assert main([str(path), "--only", "b"]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed, 0 skipped\n"


def test_expression_cases_are_told_by_their_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _cases(tmp_path, "- {id: sum, template: '{{ 1 + 1 }}', context: {}, expect: '2'}\n")
    assert main([str(path)]) == 0
    assert "1 passed" in capsys.readouterr().out


def test_an_invalid_flow_is_expected_to_be_found_invalid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "- {id: good, file: one.yaml, expect_invalid: true}\n- {id: bad, file: bad.yaml, expect_invalid: true}\n"
    path = _cases(tmp_path, text)
    (tmp_path / "bad.yaml").write_text("id: x\nnamespace: a.b\ntasks:\n  - {id: y, type: io.kestra.Nothing}\n")
    assert main([str(path), "--json"]) == 1
    results = {c["id"]: c["result"] for c in json.loads(capsys.readouterr().out)["cases"]}
    assert results == {"good": "failed", "bad": "passed"}


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere.yaml")]) == 2
    assert "cannot read" in capsys.readouterr().err
