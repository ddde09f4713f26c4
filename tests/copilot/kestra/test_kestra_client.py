"""The client to a Kestra server: every failure has a code and a hint, what is worth it is tried again."""

from __future__ import annotations

import socket

import pytest

from copilot.errors import EXIT, Usage, described
from copilot.kestra.client import Kestra, nearest_known
from copilot.kestra.errors import KestraError
from copilot.kestra.transport import Login, Patience
from copilot.settings import Settings

SEARCH = "/api/v1/main/flows/search"
EMPTY = {"results": [], "total": 0}
FLOW = "id: f\nnamespace: n\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"


@pytest.fixture
def naps():
    return []


@pytest.fixture
def kestra(told, naps):
    with Kestra(told.url, patience=Patience(3, 0.5, 30.0, naps.append, lambda: 0.5)) as client:
        yield client


def failure(call) -> tuple[str, int, str]:
    """(code, exit code, hint) of what a call fails with."""
    with pytest.raises(KestraError) as raised:
        call()
    found = described(raised.value)
    assert found is not None
    kind, code, _, hint = found
    return code, EXIT[kind], hint


@pytest.mark.parametrize(
    ("status", "body", "code", "exit_code", "hint"),
    [
        (401, {"message": "Unauthorized"}, "kestra-unauthorized", 3, "FLOWWRIGHT_KESTRA_USER"),
        (403, {"message": "Forbidden"}, "kestra-forbidden", 3, "user who may"),
        (404, {"message": "Not Found: Tenant acme"}, "kestra-tenant", 3, "FLOWWRIGHT_KESTRA_TENANT"),
        (400, {"message": "Tenant must be 'main' for OSS version"}, "kestra-tenant", 3, "FLOWWRIGHT_KESTRA_TENANT"),
        (404, {"message": "Not Found"}, "kestra-not-found", 1, "namespace"),
        (409, {"message": "Illegal state: disabled"}, "kestra-conflict", 1, "state"),
        (422, {"message": "Invalid entity: x"}, "kestra-rejected", 1, "server names"),
        (500, {"message": "Internal server error"}, "kestra-failed", 3, "server's log"),
        (503, b"<html>busy</html>", "kestra-failed", 3, "server's log"),
        (405, b"no", "not-kestra", 3, "Kestra server"),
        (200, b"<html>hello</html>", "not-kestra", 3, "address"),
        (200, {"hello": "world"}, "not-kestra", 3, "address"),
    ],
)
def test_every_answer_that_is_no_good_has_a_code_and_a_hint(kestra, told, status, body, code, exit_code, hint):
    told.says("GET", SEARCH, body, status=status)
    found = failure(kestra.check)
    assert found[:2] == (code, exit_code)
    assert hint in found[2]


def test_nothing_at_the_address_is_said_after_all_tries(naps):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with Kestra(url, patience=Patience(3, 0.5, 30.0, naps.append, lambda: 0.5)) as client:
        assert failure(client.check)[:2] == ("kestra-unreachable", 3)
    assert naps == [0.5, 1.0]


def test_a_busy_server_is_asked_again_after_pauses_that_double(kestra, told, naps):
    told.says("GET", SEARCH, {}, {}, status=503)
    told.says("GET", SEARCH, EMPTY)
    told.says("GET", "/api/v1/configs", {"version": "1.1.4"})
    assert kestra.check() == "1.1.4"
    assert naps == [0.5, 1.0]


def test_a_server_that_says_when_is_asked_then(kestra, told, naps):
    told.says("GET", SEARCH, {}, status=429, Retry_After="7")
    told.says("GET", SEARCH, EMPTY)
    kestra.check()
    assert naps[0] == 7.0


def test_what_starts_something_is_not_sent_twice_after_a_failure(kestra, told):
    told.says("POST", "/api/v1/main/executions/n/f", {"message": "boom"}, status=500)
    assert failure(lambda: kestra.start("n", "f"))[0] == "kestra-failed"
    assert told.count("POST", "/api/v1/main/executions/n/f") == 1


def test_the_servers_own_violations_are_kept(kestra, told):
    errors = [{"message": "must not be null", "path": "tasks[0].message"}, {"message": "Duplicate Task id"}]
    body = {"message": "Invalid entity", "_embedded": {"errors": errors}}
    told.says("POST", "/api/v1/main/flows", body, status=422)
    with pytest.raises(KestraError) as raised:
        kestra.create(FLOW)
    assert raised.value.violations == ("tasks[0].message: must not be null", "Duplicate Task id")


def test_a_server_that_hides_its_version_is_checked_for_the_default(kestra, told):
    told.says("GET", SEARCH, EMPTY)
    assert (kestra.check(), kestra.target("1.1")) == ("", "1.1")


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("1.1.4", "1.1"),
        ("v1.0.0", "1.0"),
        ("2.4.0-SNAPSHOT", "2.0"),
        ("1.9", "1.3"),
        ("0.18.1", "0.21"),
        ("dev", "0.21"),
    ],
)
def test_the_rules_of_the_nearest_version_below_are_used(version, known):
    assert nearest_known(version) == known


@pytest.mark.parametrize(
    ("login", "header"),
    [
        (Login(user="me", password="pw"), "Basic bWU6cHc="),
        (Login(token="abc"), "Bearer abc"),
        (Login(user="me", password="pw", token="abc"), "Basic bWU6cHc="),
    ],
)
def test_credentials_are_sent_as_kestra_wants_them(told, login, header):
    told.says("GET", SEARCH, EMPTY)
    with Kestra(told.url, login=login) as client:
        client.check()
    assert told.asked[0][2]["Authorization"] == header


def test_settings_give_the_tenant_and_the_login(told):
    told.says("GET", "/api/v1/acme/flows/search", EMPTY)
    settings = Settings(kestra_tenant="acme", kestra_user="me", kestra_password="pw")
    with Kestra.of(settings, told.url) as client:
        client.check()
    assert told.asked[0][2]["Authorization"] == "Basic bWU6cHc="


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://me:secret@host:8080"])
def test_an_address_is_an_address_and_holds_no_password(url):
    with pytest.raises(Usage) as raised:
        Kestra(url)
    assert "secret" not in str(raised.value)


def test_following_goes_on_when_the_stream_breaks(kestra, told, naps):
    def state(name):
        return {"id": "e1", "state": {"current": name, "histories": []}}

    start = b'data: {"id": "e1", "state": null}\nid: start\n\n'
    event = start + b'data: {"id": "e1", "state": {"current": "RUNNING", "histories": []}}\nid: progress\n\n'
    told.says("GET", "/api/v1/main/executions/e1/follow", event, Content_Type="text/event-stream")
    told.says("GET", "/api/v1/main/executions/e1", state("RUNNING"), state("SUCCESS"))
    seen = [document["state"]["current"] for document in kestra.follow("e1")]
    assert seen == ["RUNNING", "RUNNING", "RUNNING", "SUCCESS"]
    assert len(naps) == 1


def test_a_log_that_is_written_a_moment_later_is_waited_for(kestra, told):
    line = {"message": "hi"}
    told.says("GET", "/api/v1/main/logs/e1", [], [line], [line, line], [line, line])
    assert kestra.all_logs("e1") == [line, line]


def test_an_execution_without_a_log_is_not_waited_for_without_end(kestra, told, naps):
    told.says("GET", "/api/v1/main/logs/e1", [])
    assert kestra.all_logs("e1") == []
    assert len(naps) == 4


def test_a_server_from_before_tenants_is_spoken_to_without_one(kestra, told):
    told.says("GET", "/api/v1/flows/search", EMPTY)
    told.says("GET", "/api/v1/configs", {"version": "0.22.9"})
    told.says("GET", "/api/v1/flows/n", [{"id": "f"}])
    assert kestra.target("1.1") == "0.22"
    assert kestra.flows("n") == ["f"]


def test_actions_go_to_the_addresses_of_the_servers_version(told):
    told.says("GET", SEARCH, EMPTY)
    told.says("GET", "/api/v1/configs", {"version": "2.0.1"})
    told.says("DELETE", "/api/v1/main/executions/e1/actions/kill", b"", status=202)
    with Kestra(told.url) as client:
        assert client.act("e1", "kill") == {}
    assert told.count("DELETE", "/api/v1/main/executions/e1/actions/kill") == 1
