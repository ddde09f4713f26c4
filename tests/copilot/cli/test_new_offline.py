"""`flowwright new` without any key."""

from __future__ import annotations

import yaml


def test_without_a_key_the_composer_answers_and_says_so(flowwright):
    ran = flowwright("new", "log hello to the team every day at 8", "--json")
    answer = ran.json
    assert (ran.code, answer["status"]) == (0, "ok")
    assert (answer["receipt"]["provider"], answer["receipt"]["model_calls"]) == ("offline", 0)
    flow = yaml.safe_load(answer["flow"])
    assert flow["triggers"][0]["cron"] == "0 8 * * *"
    people = flowwright("new", "log hello to the team every day at 8")
    assert "offline" in people.out


def test_types_that_cannot_run_here_are_named(flowwright):
    answer = flowwright("new", "Copy a MySQL table to Snowflake every hour", "--json").json
    assert (answer["status"], answer["runs_here"]) == ("ok", False)
    assert any("snowflake" in type_name for type_name in answer["cannot_run"])
    assert any("mysql" in type_name for type_name in answer["cannot_run"])
    assert all(f["severity"] != "error" for f in answer["findings"])


def test_what_is_no_workflow_is_refused(flowwright):
    ran = flowwright("new", "write me a poem", "--json")
    assert (ran.code, ran.json["status"], ran.json["flow"]) == (1, "refused", None)
    assert ran.json["reason"]


def test_what_cannot_be_told_is_asked_for(flowwright):
    ran = flowwright("new", "load the file into the table", "--json")
    assert (ran.code, ran.json["status"], ran.json["flow"]) == (1, "needs_input", None)
    questions = " ".join(ran.json["questions"]).lower()
    assert "file" in questions
    assert "table" in questions


def test_the_flow_can_be_written_and_run_at_once(flowwright, tmp_path):
    out = tmp_path / "flow.yaml"
    ran = flowwright("new", "log 'hello from here'", "--out", out, "--run", "--json")
    assert ran.code == 0
    assert out.read_text() == ran.json["flow"]
    assert ran.json["run"]["state"] == "SUCCESS"
    assert any("hello from here" in line["message"] for line in ran.json["run"]["logs"])


def test_wrong_usage_ends_with_two_and_a_hint(flowwright):
    empty = flowwright("new", "  ", "--json")
    unknown = flowwright("new", "log hello", "--provider", "oracle", "--json")
    version = flowwright("new", "log hello", "--target", "9.9", "--json")
    place = flowwright("new", "log hello", "--out", "/nonexistent/place/flow.yaml", "--json")
    for ran in (empty, unknown, version, place):
        assert ran.code == 2
        assert ran.json["error"]["hint"]
