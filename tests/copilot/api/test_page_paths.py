"""What the page asks besides drafts: lists of executions, fixes, sources, blueprints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from copilot.api import create_app
from copilot.blueprints import blueprints
from copilot.executions import document
from copilot.settings import Settings
from copilot.wiring import check
from engine.flow.findings import errors

FLOW = "id: a\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
FAILS = FLOW.replace("message: hi", 'message: "{{ missing.word }}"')


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=tmp_path_factory.mktemp("home")))) as client:
        yield client


def test_what_ran_is_listed_newest_first(client: TestClient) -> None:
    ids = [client.post("/api/v1/runs", json={"flow": FLOW}).json()["id"] for _ in range(3)]
    listed = client.get("/api/v1/runs", params={"limit": 2}).json()["executions"]
    assert [one["id"] for one in listed] == ids[:0:-1]
    assert [(one["namespace"], one["flow_id"], one["state"]) for one in listed] == [("b", "a", "SUCCESS")] * 2


def test_the_text_of_what_ran_is_kept(client: TestClient) -> None:
    made = client.post("/api/v1/runs", json={"flow": FLOW}).json()
    client.post("/api/v1/runs", json={"flow": FLOW.replace("hi", "ho")})
    assert client.get(f"/api/v1/runs/{made['id']}/flow").json() == {"flow": FLOW}
    assert client.get("/api/v1/runs/none/flow").status_code == 404


def test_an_execution_that_is_shown_as_ended_has_its_whole_log(client: TestClient) -> None:
    engine = client.app.state.service.engine  # type: ignore[attr-defined]
    for _ in range(30):
        started = engine.run(FLOW, {}, wait=False)
        while (shown := document(engine, started.id))["state"] != "SUCCESS":
            pass
        assert [line["message"] for line in shown["logs"] if line["task_id"] == "t"] == ["hi"]


def test_a_fix_knows_what_failed_when_it_ran(client: TestClient) -> None:
    failed = client.post("/api/v1/runs", json={"flow": FAILS}).json()
    assert failed["state"] == "FAILED"
    answer = client.post("/api/v1/fix", json={"flow": FAILS, "execution": failed["id"]}).json()
    assert answer["receipt"]["provider"] == "offline"
    assert "diff" in answer
    assert answer["status"] != "ok" or answer["flow"] != FAILS


def test_a_fix_corrects_what_the_findings_say(client: TestClient) -> None:
    answer = client.post("/api/v1/fix", json={"flow": FLOW.replace("message:", "mesage:")}).json()
    assert answer["status"] == "ok"
    assert answer["flow"] == FLOW
    assert "+    message: hi" in answer["diff"]


def test_a_fix_of_an_execution_that_is_not_there_is_not_found(client: TestClient) -> None:
    answer = client.post("/api/v1/fix", json={"flow": FLOW, "execution": "none"})
    assert answer.status_code == 404
    assert answer.json()["error"]["hint"]


def test_every_source_of_a_draft_can_be_read(client: TestClient) -> None:
    answer = client.post("/api/v1/generate", json={"prompt": "log hello every hour"}).json()
    chunks = {source["chunk"] for task in answer["evidence"] for source in task["sources"]}
    assert chunks
    for chunk in chunks:
        found = client.get(f"/api/v1/chunks/{quote(chunk, safe='')}")
        assert found.json()["chunk"] == chunk
        assert found.json()["text"].strip()


def test_an_unknown_source_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/chunks/none%23such").json()["error"]["code"] == "not-found"


def test_blueprints_are_listed_and_given(client: TestClient) -> None:
    listed = client.get("/api/v1/blueprints").json()["blueprints"]
    assert len(listed) == len(blueprints()) > 50
    assert [one["runs_here"] for one in listed] == sorted((one["runs_here"] for one in listed), reverse=True)
    hello = client.get("/api/v1/blueprints/hello_world").json()
    assert hello["title"]
    assert hello["flow"].startswith("id: hello_world\n")
    assert client.get("/api/v1/blueprints/..%2fsecret").status_code == 404


def test_every_blueprint_is_valid_for_the_versions_it_names() -> None:
    for one in blueprints().values():
        assert one.description, one.id
        assert not errors(check(one.flow, one.since)), one.id


def test_a_secret_in_an_output_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_PAGE_WORD", "c3dvcmRmaXNoLTEyMw==")
    flow = FLOW.replace("log.Log", "debug.Return").replace("message: hi", "format: \"{{ secret('PAGE_WORD') }}\"")
    with TestClient(create_app(Settings(home=tmp_path))) as client:
        made = client.post("/api/v1/runs", json={"flow": flow})
        assert made.json()["state"] == "SUCCESS"
        assert "swordfish-123" not in made.text
