"""The HTTP door: the same answers as the command line, one error shape, loopback or a token."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from copilot.api import create_app
from copilot.settings import Settings

LOG_FLOW = "id: a\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with TestClient(create_app(settings)) as client:
        yield client


def test_words_become_a_flow(client):
    answer = client.post("/api/v1/generate", json={"prompt": "log hello every hour"}).json()
    assert answer["status"] == "ok"
    assert "io.kestra.plugin.core.log.Log" in answer["flow"]
    assert answer["receipt"]["provider"] == "offline"


def test_the_same_as_events_with_stages_and_a_result(client):
    headers = {"Accept": "text/event-stream"}
    with client.stream("POST", "/api/v1/generate", json={"prompt": "log hello"}, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        blocks = "".join(response.iter_text()).strip().split("\n\n")
    events = [(b.split("\n")[0].removeprefix("event: "), json.loads(b.split("data: ", 1)[1])) for b in blocks]
    assert [name for name, _ in events][:3] == ["retrieve", "draft", "check"]
    assert events[-1][0] == "result"
    assert events[-1][1]["status"] == "ok"


def test_an_error_in_a_stream_is_an_event_in_the_one_shape(client):
    headers = {"Accept": "text/event-stream"}
    body = {"prompt": "log hello", "provider": "gemini"}
    with client.stream("POST", "/api/v1/generate", json=body, headers=headers) as response:
        text = "".join(response.iter_text())
    assert text.startswith("event: error")
    assert json.loads(text.split("data: ", 1)[1])["error"]["code"] == "provider-key-missing"


def test_validation_names_place_and_hint(client):
    body = {"flow": LOG_FLOW.replace("message", "mesage")}
    answer = client.post("/api/v1/validate", json=body).json()
    assert answer["valid"] is False
    assert [(f["code"], f["line"]) for f in answer["findings"] if f["code"] == "unknown_property"] == [
        ("unknown_property", 6)
    ]


def test_a_trial_says_how_each_task_went(client):
    answer = client.post("/api/v1/trial", json={"flow": LOG_FLOW}).json()
    assert answer["verdict"] == "passed"
    assert [(t["id"], t["how"], t["state"]) for t in answer["tasks"]] == [("t", "ran", "SUCCESS")]


def test_a_run_can_be_waited_for_and_looked_up(client):
    created = client.post("/api/v1/runs", json={"flow": LOG_FLOW})
    assert created.status_code == 201
    assert created.json()["state"] == "SUCCESS"
    again = client.get(f"/api/v1/runs/{created.json()['id']}").json()
    assert [line["message"] for line in again["logs"] if line["task_id"] == "t"] == ["hi"]


def test_search_finds_the_reference_of_a_type(client):
    hits = client.post("/api/v1/search", json={"query": "io.kestra.plugin.core.http.Download", "k": 3}).json()["hits"]
    assert "io.kestra.plugin.core.http.Download" in hits[0]["types"]
    assert (
        client.get("/api/v1/search", params={"q": "io.kestra.plugin.core.http.Download", "k": 3}).json()["hits"] == hits
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/v1/generate", {}, 422, "bad-request"),
        ("POST", "/api/v1/generate", {"prompt": "x", "colour": "red"}, 422, "bad-request"),
        ("POST", "/api/v1/validate", {"flow": "a", "target": "9.9"}, 400, "usage"),
        ("POST", "/api/v1/runs", {"flow": "id: a"}, 422, "invalid-flow"),
        ("GET", "/api/v1/runs/nothing", None, 404, "not-found"),
        ("GET", "/api/v1/no-such-path", None, 404, "not-found"),
    ],
)
def test_every_error_has_one_shape_with_a_hint(client, method, path, body, status, code):
    response = client.request(method, path, json=body)
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    assert response.json()["error"]["code"] == code
    assert response.json()["error"]["hint"]


def test_a_body_without_end_or_beyond_measure_is_refused_before_it_is_read(client):
    endless = client.post("/api/v1/validate", content=(chunk for chunk in [b"{}"]))
    large = client.post("/api/v1/validate", content=b" " * 8_000_001, headers={"Content-Type": "application/json"})
    assert (endless.status_code, endless.json()["error"]["code"]) == (411, "length-missing")
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too-large")


def test_edits_and_answers_come_over_http_too(client):
    edited = client.post("/api/v1/edit", json={"flow": LOG_FLOW, "prompt": "run it every day at 6"}).json()
    assert (edited["status"], edited["untouched"]) == ("ok", True)
    assert "0 6 * * *" in edited["diff"]
    asked = client.post("/api/v1/ask", json={"question": "how do I retry a task three times?"}).json()
    assert asked["citations"]
    assert "retry" in asked["answer"]


def test_a_foreign_host_name_is_refused_without_a_token(client):
    response = client.get("/api/v1/health", headers={"Host": "attacker.test"})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "wrong-host")


def test_with_a_token_every_path_but_health_asks_for_it(tmp_path):
    with TestClient(create_app(Settings(home=tmp_path, token="open-sesame-123"))) as guarded:
        assert guarded.get("/api/v1/health").status_code == 200
        assert guarded.post("/api/v1/validate", json={"flow": LOG_FLOW}).status_code == 401
        wrong = guarded.post("/api/v1/validate", json={"flow": LOG_FLOW}, headers={"Authorization": "Bearer no"})
        assert wrong.status_code == 401
        right = {"Authorization": "Bearer open-sesame-123"}
        assert guarded.post("/api/v1/validate", json={"flow": LOG_FLOW}, headers=right).json()["valid"] is True


def test_the_description_covers_every_path_with_a_summary_and_the_error_shape(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/v1/generate", "/api/v1/validate", "/api/v1/trial", "/api/v1/runs", "/api/v1/search"} <= set(paths)
    for path in paths.values():
        for operation in path.values():
            assert operation["summary"]
            assert "ErrorBody" in json.dumps(operation["responses"]["422"])
