"""The service as users have it: a real server on a free port, its engine on a home of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from copilot.settings import Settings


@pytest.fixture(scope="module")
def served(serving: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with serving(Settings(home=tmp_path_factory.mktemp("home"))) as one:
        yield one


@pytest.fixture
def serve(serving: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A service with settings of its own."""
    with ExitStack() as open_ones:
        yield lambda **settings: open_ones.enter_context(
            serving(Settings(**({"home": tmp_path / "served"} | settings)))
        )


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
def deployed(served: Any) -> Callable[[str], None]:
    """Creates a flow on the server that is shared by a file's tests."""

    def deploy(source: str) -> None:
        answer = served.http.post("/flows", content=source, headers={"Content-Type": "application/x-yaml"})
        assert answer.status_code == 200, answer.text

    return deploy


@pytest.fixture
def reached(served: Any) -> Callable[[str, str], dict]:
    """Waits until an execution has a state; gives it."""

    def wait(execution: str, state: str) -> dict:
        pause = threading.Event()
        while (found := served.http.get(f"/executions/{execution}").json())["state"]["current"] != state:
            pause.wait(0.05)
        return found

    return wait
