"""Real sockets: a stand-in for the Gemini HTTP API, our own service, and a server that answers as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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


# -- our own service on a free port --------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """``http`` asks below /api/v1/main of ``url``; ``service`` is the one behind it."""

    url: str
    http: Any
    service: Any


@contextmanager
def _serving(settings: Settings, **options: Any) -> Iterator[Served]:
    import httpx
    import uvicorn

    from copilot.api import create_app

    app = create_app(settings, **options)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    started = threading.Event()
    original = server.startup

    async def startup(sockets: Any = None) -> None:
        await original(sockets=sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started.wait()
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        with httpx.Client(base_url=f"{url}/api/v1/main", timeout=120) as http:
            yield Served(url, http, app.state.service)
    finally:
        server.should_exit = True
        app.state.service.stopping.set()
        thread.join()


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[Served]]:
    """``with serving(settings) as served``: the service as users have it."""
    return _serving


# -- a server that answers as told ---------------------------------------------------------------------------


@dataclass
class Told:
    """``answers`` holds (status, headers, body) by method and path without query, used in order, the last one again
    and again; ``otherwise`` answers all else. ``asked`` remembers (method, path with query, headers, body)."""

    url: str = ""
    answers: dict[tuple[str, str], list[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    otherwise: tuple[int, dict[str, str], bytes] = (404, {}, b"{}")
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def says(self, method: str, path: str, *bodies: Any, status: int = 200, **headers: str) -> None:
        made = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault((method, path), []).extend((status, named, body) for body in made)

    def count(self, method: str, path: str) -> int:
        return sum(1 for m, p, _, _ in self.asked if (m, p.split("?")[0]) == (method, path))


def _telling(told: Told) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.asked.append((self.command, self.path, dict(self.headers.items()), body))
            waiting = told.answers.get((self.command, self.path.split("?")[0]))
            status, headers, content = told.otherwise
            if waiting:
                status, headers, content = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def told() -> Iterator[Told]:
    """A server on a free port that answers as the test says."""
    one = Told()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _telling(one))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    one.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield one
    server.shutdown()
    server.server_close()
