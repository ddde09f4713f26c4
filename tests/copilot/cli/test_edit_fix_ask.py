"""`flowwright edit`, `fix` and `ask`, without a key and against the stand-in."""

from __future__ import annotations

import json

import pytest

FLOW = """# nightly greeting
id: greet
namespace: company.team

tasks:
  - id: hello   # says it
    type: io.kestra.plugin.core.log.Log
    message: hello

triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 2 * * *"
"""


@pytest.fixture
def flow_file(tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(FLOW)
    return file


def test_an_edit_changes_what_is_asked_and_nothing_else(flowwright, flow_file):
    ran = flowwright("edit", flow_file, "run it at 4:30 instead", "--json")
    assert (ran.code, ran.json["status"], ran.json["untouched"]) == (0, "ok", True)
    assert ran.json["flow"] == FLOW.replace("0 2 * * *", "30 4 * * *")
    changed = [line for line in ran.json["diff"].splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert len(changed) == 2
    assert flow_file.read_text() == FLOW


def test_an_edit_that_is_not_understood_asks_and_writes_nothing(flowwright, flow_file, tmp_path):
    out = tmp_path / "out.yaml"
    ran = flowwright("edit", flow_file, "make it more purple", "--json", "--out", out)
    assert (ran.code, ran.json["status"], ran.json["flow"]) == (1, "needs_input", FLOW)
    assert ran.json["questions"]
    assert not out.exists()


def test_fix_corrects_what_is_clear_and_keeps_the_rest(flowwright, flow_file):
    flow_file.write_text(FLOW.replace("message:", "mesage:"))
    ran = flowwright("fix", flow_file, "--json")
    assert (ran.code, ran.json["flow"]) == (0, FLOW)


def test_fix_sends_a_failed_execution_to_the_model(flowwright, gemini_api, monkeypatch, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(FLOW.replace("message: hello", "message: \"{{ fromJson('nonsense') }}\""))
    execution = flowwright("run", broken, "--json").json
    assert execution["state"] == "FAILED"
    monkeypatch.setenv("FLOWWRIGHT_GEMINI_BASE_URL", gemini_api.url)
    monkeypatch.setenv("GEMINI_API_KEY", "stand-in-key-0123456789")
    gemini_api.says(f"STATUS: drafted\n```yaml\n{FLOW}```")
    ran = flowwright("fix", broken, "--execution", execution["id"], "--provider", "gemini", "--json")
    assert (ran.code, ran.json["flow"]) == (0, FLOW)
    assert "task hello failed when it ran" in gemini_api.prompt(0)
    assert ran.json["receipt"]["model_calls"] == 1


def test_an_answer_is_quoted_from_the_documentation_or_declined(flowwright):
    known = flowwright("ask", "which property limits how many executions of a flow run at the same time?", "--json")
    unknown = flowwright("ask", "what is the best pizza dough recipe?", "--json")
    assert (known.code, known.json["confident"]) == (0, True)
    assert "concurrency" in json.dumps(known.json["citations"])
    assert (unknown.code, unknown.json["confident"], unknown.json["citations"]) == (1, False, [])


def test_seeded_faults_are_scored_from_a_file(flowwright, tmp_path):
    common = {"target_version": "1.1", "fixed": FLOW, "yaml_loads": True}
    broken = FLOW.replace("message:", "mesage:")
    rows = [
        common | {"id": "a", "flow": broken, "fault": "unknown_property", "line": 8},
        common | {"id": "b", "flow": FLOW, "fault": None, "line": None},
    ]
    cases = tmp_path / "cases.jsonl"
    cases.write_text("\n".join(json.dumps(row) for row in rows))
    report = flowwright("eval", "repair", cases, "--json").json
    assert report["n"] == 2
    assert report["scores"]["found"] == report["scores"]["right_line"] == report["scores"]["fixed"] == 1.0
    assert report["scores"]["false_alarms"] == 0
    assert flowwright("eval", "repair", tmp_path / "none.jsonl", "--json").code == 2
