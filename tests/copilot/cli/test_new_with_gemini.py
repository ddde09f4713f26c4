"""`flowwright new --provider gemini` against the stand-in: one call, located repairs, an honest end."""

from __future__ import annotations

import pytest

GOOD = """id: greet
namespace: company.team
tasks:
  - id: hello
    type: io.kestra.plugin.core.log.Log
    message: hello
"""
BAD = """id: greet
namespace: company.team
tasks:
  - id: hello
    type: io.kestra.plugin.core.log.Log
    mesage: hello
  - id: shout
    type: io.kestra.plugin.core.log.Shout
"""


def reply(flow: str) -> str:
    return f"STATUS: drafted\n```yaml\n{flow}```\n"


@pytest.fixture
def gemini(gemini_api, monkeypatch):
    monkeypatch.setenv("FLOWWRIGHT_GEMINI_BASE_URL", gemini_api.url)
    monkeypatch.setenv("FLOWWRIGHT_GEMINI_BACKOFF", "0")
    monkeypatch.setenv("GEMINI_API_KEY", "stand-in-key-0123456789")
    return gemini_api


def test_a_good_reply_is_one_call_with_evidence_and_receipt(gemini, flowwright):
    gemini.says(reply(GOOD))
    ran = flowwright("new", "log hello", "--provider", "gemini", "--json")
    answer = ran.json
    assert (ran.code, answer["status"], answer["flow"]) == (0, "ok", GOOD)
    assert answer["receipt"]["model_calls"] == 1
    assert answer["receipt"]["provider"] == "gemini"
    assert answer["evidence"][0]["type"] == "io.kestra.plugin.core.log.Log"
    assert answer["evidence"][0]["sources"]
    assert answer["trial"]["verdict"] == "passed"
    assert "io.kestra.plugin.core.log.Log" in gemini.prompt(0)


def test_an_invented_type_and_a_wrong_property_are_sent_back_with_line_and_hint(gemini, flowwright):
    gemini.says(reply(BAD), reply(GOOD))
    answer = flowwright("new", "log hello", "--provider", "gemini", "--json").json
    assert (answer["status"], answer["receipt"]["attempts"]) == ("ok", 2)
    repair = gemini.prompt(1)
    assert "line 6" in repair
    assert "mesage" in repair
    assert "message" in repair
    assert "line 8" in repair
    assert "io.kestra.plugin.core.log.Shout" in repair
    assert repair.count("Hint:") >= 2


def test_bad_replies_to_the_end_are_a_failure_with_findings(gemini, flowwright, tmp_path):
    gemini.says(*(reply(BAD + f"# {n}\n") for n in range(3)))
    out = tmp_path / "flow.yaml"
    ran = flowwright("new", "log hello", "--provider", "gemini", "--json", "--out", out)
    assert (ran.code, ran.json["status"]) == (1, "failed")
    assert {"unknown_type", "unknown_property"} <= {f["code"] for f in ran.json["findings"]}
    assert len(gemini.requests) == 3
    assert not out.exists()


def test_a_bad_key_is_an_environment_error_and_never_shown(gemini, flowwright, scripted):
    gemini.replies = [scripted({"error": {"code": 403, "status": "PERMISSION_DENIED"}}, 403)]
    ran = flowwright("new", "log hello", "--provider", "gemini", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (3, "provider-key-invalid")
    assert "stand-in-key" not in ran.out + ran.err


def test_no_key_at_all_names_the_keyless_way(flowwright):
    ran = flowwright("new", "log hello", "--provider", "gemini", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (3, "provider-key-missing")
    assert "offline" in ran.json["error"]["hint"]


def test_a_credential_in_the_words_never_reaches_the_model(gemini, flowwright):
    gemini.says(reply(GOOD))
    ran = flowwright("new", "log hello, password is Tr0ub4dor&3", "--provider", "gemini", "--json")
    sent = gemini.prompt(0) + gemini.system(0)
    assert "Tr0ub4dor" not in sent + ran.out + ran.err
    assert "secret('PASSWORD')" in sent
