"""Requests that make no sense, to every path: each is answered, and none makes the service fail."""

from __future__ import annotations

import itertools
import re

import pytest
from fastapi.testclient import TestClient

from copilot.api import create_app
from copilot.settings import Settings

KEY = b'{"namespace": "n", "flowId": "h", "triggerId": "s"'
BODIES = [
    ("application/json", body)
    for body in (
        b"", b"null", b"[]", b"{}", b"[null]", b"[1]", b'"x"', b'{"a": null}', b'{"keys": [1]}', b'{"keys": null}',
        b'[{"namespace": null, "id": 3}]', b'{"executionsId": [1]}', b'{"executionsId": ["x"], "executionLabels": [1]}',
        KEY + b"}", KEY + b', "backfill": {"start": 3}}', b'{"taskRunId": "x", "state": "NOPE"}',
        KEY + b', "backfill": {"start": "2025-01-01", "end": "2025"}}', b'{"triggers": [1], "disabled": true}',
        KEY + b', "backfill": {"start": "2025-01-01T00:00:00Z", "inputs": [1], "labels": ["x"]}}',
        b'[{"key": "", "value": null}]', b'{"q": 3}', b"\xff\xfe",
    )
] + [
    ("application/x-yaml", body) for body in (b"id: x\nnamespace: y\n", b"- a\n- b", b"a: &a [*a]", b"x" * 5000)
] + [
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=x", b"garbage"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="fileContent"; filename="a.zip"\r\n\r\nPK\r\n--x--\r\n',
    ),
]  # fmt: skip
IDS = ["n", "h", "s", "..", "%00", "a b", "é", "x" * 300, "*", "'--", "-1"]
QUERIES = [
    "", "page=1", "size=100000000", "sort=:desc", "filters[labels][EQUALS]=", "filters[startDate][EQUALS]=",
    "timeRange=P", "timeRange=P1D", "revision=999999999999999999999", "revision=abc", "path=..", "path=kestra:///",
    "path=", "status=SUCCESS", "minLevel=", "attempt=x", "from=/a&to=/b", "from=..&to=/", "q=%00",
    "scheduleDate=2025", "labels=a", "filters[namespace][REGEX]=[", "taskRunId=x", "delete=maybe",
]  # fmt: skip
FLOW = """id: h
namespace: n
tasks:
  - id: t
    type: io.kestra.plugin.core.log.Log
    message: hi
triggers:
  - id: s
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 0 1 1 *"
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    app = create_app(Settings(home=tmp_path_factory.mktemp("home")))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def operations(client):
    paths = client.get("/openapi.json").json()["paths"]
    found = [(verb.upper(), path) for path, verbs in paths.items() for verb in verbs]
    return [(verb, path) for verb, path in found if path.startswith("/api/v1/main/") and "/ai/" not in path]


def test_no_request_makes_the_service_fail(client):
    """Ids, queries and bodies go round at different paces, so that they meet in ever other pairs."""
    client.post("/api/v1/main/flows", content=FLOW)
    ids, queries, bodies = itertools.cycle(IDS), itertools.cycle(QUERIES), itertools.cycle(BODIES)
    failed = []
    asked = 0
    for verb, path in operations(client) * 7:
        address = re.sub(r"\{[^}]+\}", lambda _: next(ids), path)
        kind, body = next(bodies) if verb != "GET" else ("", b"")
        address = f"{address}?{next(queries)}"
        headers = {"Content-Type": kind} if kind else {}
        answer = client.request(verb, address, content=body, headers=headers, follow_redirects=False)
        asked += 1
        if answer.status_code >= 500:
            failed.append((verb, address[:120], body[:80], answer.text[:120]))
    assert failed == []
    assert asked > 500
