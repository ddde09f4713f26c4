"""The service as users have it: a real server on a free port, its engine on a home of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from copilot.api import create_app
from copilot.api.service import Service
from copilot.settings import Settings

MAIN = "/api/v1/main"


@dataclass(frozen=True)
class Served:
    """``http`` asks below /api/v1/main; ``service`` is the one behind it."""

    url: str
    http: httpx.Client
    service: Service


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    started = threading.Event()
    original = server.startup

    async def startup(sockets=None):  # type: ignore[no-untyped-def]
        await original(sockets=sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started.wait()
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx.Client(base_url=f"{url}{MAIN}", timeout=120) as http:
        yield Served(url, http, app.state.service)
        server.should_exit = True
        app.state.service.stopping.set()
        thread.join()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(Settings(home=tmp_path_factory.mktemp("home"))) as one:
        yield one


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """A service with settings of its own."""
    open_ones = []

    def start(**settings: object) -> Served:
        one = serving(Settings(**({"home": tmp_path / "served"} | settings)))  # type: ignore[arg-type]
        open_ones.append(one)
        return one.__enter__()

    yield start
    for one in open_ones:
        one.__exit__(None, None, None)


LOG = """id: {id}
namespace: company.team
labels:
  team: data
inputs:
  - id: name
    type: STRING
    defaults: Ada
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "hi {{{{ inputs.name }}}}"
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ inputs.name }}}}"
"""
PAUSED = """id: {id}
namespace: company.team
tasks:
  - id: wait
    type: io.kestra.plugin.core.flow.Pause
  - id: after
    type: io.kestra.plugin.core.log.Log
    message: on we go
"""


@pytest.fixture
def log_flow() -> Callable[[str], str]:
    return lambda name: LOG.format(id=name)


@pytest.fixture
def paused_flow() -> Callable[[str], str]:
    return lambda name: PAUSED.format(id=name)


@pytest.fixture
def deployed(served: Served) -> Callable[[str], None]:
    """Creates a flow on the server that is shared by a file's tests."""

    def deploy(source: str) -> None:
        answer = served.http.post("/flows", content=source, headers={"Content-Type": "application/x-yaml"})
        assert answer.status_code == 200, answer.text

    return deploy


@pytest.fixture
def reached(served: Served) -> Callable[[str, str], dict]:
    """Waits until an execution has a state; gives it."""

    def wait(execution: str, state: str) -> dict:
        for _ in served.service.beats(execution):
            found = served.http.get(f"/executions/{execution}").json()
            if found["state"]["current"] == state:
                return found
        raise AssertionError("the service stopped")

    return wait
