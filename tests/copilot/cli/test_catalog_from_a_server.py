"""The catalog of a server: found at either path, with clear words where there is none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

SCHEMA = {
    "definitions": {
        "com.acme.Deploy-1": {
            "allOf": [
                {"$ref": "#/definitions/com.acme.Deploy-2"},
                {"type": "object", "properties": {"type": {"const": "com.acme.Deploy"}}, "required": ["type"]},
            ]
        },
        "com.acme.Deploy-2": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "stage": {"type": "string", "$dynamic": True}},
            "required": ["stage"],
        },
        "io.kestra.core.models.flows.Flow": {
            "properties": {
                "tasks": {"type": "array", "items": {"anyOf": [{"$ref": "#/definitions/com.acme.Deploy-1"}]}}
            }
        },
    }
}


class _Server(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, str]]] = {}

    def do_GET(self) -> None:
        status, body = self.answers.get(self.path, (404, "not here"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test reads what the command says."""


@pytest.fixture
def server() -> Iterator[Callable[[dict[str, tuple[int, str]]], str]]:
    """A server that answers these paths; gives its host and port."""
    running: list[ThreadingHTTPServer] = []

    def start(answers: dict[str, tuple[int, str]]) -> str:
        handler = type("Handler", (_Server,), {"answers": answers})
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        running.append(http)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        return f"127.0.0.1:{http.server_address[1]}"

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.mark.parametrize("path", ["/api/v1/plugins/schemas/flow", "/api/v1/main/plugins/schemas/flow"])
def test_the_schema_is_found_with_and_without_the_tenant(path, server, flowwright, tmp_path):
    host = server({path: (200, json.dumps(SCHEMA))})
    assert flowwright("catalog", "pull", "--from", f"http://{host}/", "--out", tmp_path / "own").code == 0
    types = (tmp_path / "own" / "types.jsonl").read_text().splitlines()
    assert [json.loads(line)["properties"]["stage"] for line in types] == [
        {"is": "string", "dynamic": True, "required": True}
    ]


@pytest.mark.parametrize(
    ("answer", "said", "advice"),
    [
        ((401, "who are you"), "answers 401", "user:password@"),
        ((200, "<html>"), "is no JSON", "/plugins/schemas/flow"),
        ((200, "[]"), "no JSON object", "/plugins/schemas/flow"),
        ((404, ""), "answers 404", "a Kestra address"),
    ],
)
def test_what_is_no_schema_is_said_without_the_password(answer, said, advice, server, flowwright, tmp_path):
    host = server({f"/api/v1{at}/plugins/schemas/flow": answer for at in ("", "/main")})
    got = flowwright("catalog", "pull", "--from", f"http://me:s3cret@{host}", "--out", tmp_path / "own")
    assert got.code == 2
    assert said in got.err
    assert advice in got.err
    assert "s3cret" not in got.err + got.out
    assert not (tmp_path / "own").exists()
