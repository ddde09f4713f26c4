"""A local stand-in for the Gemini HTTP API, so that the real SDK is driven over a real socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from copilot.settings import Settings

KEY = "stand-in-key-0123456789"


def said(text: str | None, *, finish: str | None = "STOP", tokens: tuple[int, int] = (11, 7)) -> dict[str, Any]:
    """One response body as the API sends it."""
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": [{"text": text}] if text else []}}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": tokens[0], "candidatesTokenCount": tokens[1]},
    }


@dataclass
class Scripted:
    """One scripted reply. ``chunks`` are sent as events to a streaming call; ``cut`` breaks the connection."""

    body: Any = None
    status: int = 200
    chunks: list[Any] | None = None
    delay: float = 0.0
    cut: bool = False


@dataclass
class StandIn:
    """Replies in order (the last one again and again) and remembers what it was sent."""

    url: str = ""
    replies: list[Scripted] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def says(self, *texts: str) -> None:
        self.replies = [Scripted(said(text)) for text in texts]

    def next_reply(self) -> Scripted:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def prompt(self, number: int) -> str:
        """The user's text of the nth call."""
        return str(self.requests[number]["contents"][0]["parts"][0]["text"])

    def system(self, number: int) -> str:
        return str(self.requests[number]["systemInstruction"]["parts"][0]["text"])


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            stand_in.requests.append(json.loads(self.rfile.read(length)))
            stand_in.paths.append(self.path)
            stand_in.keys.append(self.headers.get("x-goog-api-key", ""))
            reply = stand_in.next_reply()
            time.sleep(reply.delay)
            if reply.chunks is not None:
                self._stream(reply)
            elif reply.cut:
                self.connection.close()
            else:
                self._whole(reply)

        def _whole(self, reply: Scripted) -> None:
            data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, reply: Scripted) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for chunk in reply.chunks or []:
                self.wfile.write(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
                self.wfile.flush()

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def gemini_api() -> Iterator[StandIn]:
    stand_in = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield stand_in
    server.shutdown()
    server.server_close()


@pytest.fixture
def gemini_settings(gemini_api: StandIn) -> Callable[..., Settings]:
    def make(**overrides: Any) -> Settings:
        values = {"gemini_api_key": KEY, "gemini_base_url": gemini_api.url, "gemini_backoff": 0.0} | overrides
        return Settings(**values)

    return make


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def response() -> Callable[..., dict[str, Any]]:
    return said
