"""The HTTP trigger in an engine, against a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine import Engine

FLOW = """
id: watches
namespace: tests.polling
inputs:
  - {id: level, type: INT}
triggers:
  - id: watch
    type: io.kestra.plugin.core.http.Trigger
    uri: "{{ vars.address }}/level"
    interval: PT30S
    responseCondition: "{{ response.statusCode == STATUS and (response.body | jq('.level') | first) > 3 }}"
    inputs:
      level: "{{ trigger.body | jq('.level') | first }}"
variables:
  address: ADDRESS
tasks:
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{ inputs.level }} {{ trigger.code }} {{ trigger._context.id }}"
"""


class _Level(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.asked += 1  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def level() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Level)
    server.answer, server.asked = (200, b'{"level": 7}'), 0  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _flow(server: ThreadingHTTPServer, status: int = 200) -> str:
    return FLOW.replace("ADDRESS", f"http://127.0.0.1:{server.server_address[1]}").replace("STATUS", str(status))


def _tick_until_asked(engine: Engine, server: ThreadingHTTPServer) -> int:
    """Tick until the answer has been taken in; gives how many executions were started."""
    scheduler = engine.scheduler()
    started = len(scheduler.tick())
    poller = scheduler.poller
    assert poller is not None
    deadline = time.monotonic() + 60
    while poller.asking:
        assert time.monotonic() < deadline, "the question was never answered"
        time.sleep(0.01)
        started += len(scheduler.tick())
    return started


def test_an_answer_that_is_wanted_starts_an_execution_with_it(tmp_path: Path, level: ThreadingHTTPServer) -> None:
    with Engine(tmp_path, durability="process") as engine:
        engine.register(_flow(level))
        assert _tick_until_asked(engine, level) == 1
        (summary,) = engine.executions("tests.polling", "watches")
        execution = engine.wait(summary.id, 60)
        told = execution.find("told")
        assert told is not None and told.outputs == {"value": "7 200 watch"}
        assert level.asked == 1  # type: ignore[attr-defined]


def test_another_answer_starts_nothing(tmp_path: Path, level: ThreadingHTTPServer) -> None:
    level.answer = (200, b'{"level": 2}')  # type: ignore[attr-defined]
    with Engine(tmp_path, durability="process") as engine:
        engine.register(_flow(level))
        assert _tick_until_asked(engine, level) == 0
        assert level.asked == 1  # type: ignore[attr-defined]


def test_an_answer_that_does_not_fit_the_inputs_gives_a_failed_execution(
    tmp_path: Path, level: ThreadingHTTPServer
) -> None:
    level.answer = (200, b'{"level": 7.5}')  # type: ignore[attr-defined]
    with Engine(tmp_path, durability="process") as engine:
        engine.register(_flow(level))
        assert _tick_until_asked(engine, level) == 1
        (summary,) = engine.executions("tests.polling", "watches")
        assert summary.state == "FAILED"
        (line,) = engine.logs(summary.id)
        assert line.level == "ERROR" and "`level`" in line.message
        assert engine.execution(summary.id).runs == {}


def test_a_bad_status_can_be_what_is_waited_for(tmp_path: Path, level: ThreadingHTTPServer) -> None:
    level.answer = (503, b'{"level": 9}')  # type: ignore[attr-defined]
    with Engine(tmp_path, durability="process") as engine:
        engine.register(_flow(level, 503))
        assert _tick_until_asked(engine, level) == 1


def test_a_server_that_is_away_starts_nothing(tmp_path: Path, level: ThreadingHTTPServer) -> None:
    text = _flow(level)
    level.server_close()
    with Engine(tmp_path, durability="process") as engine:
        engine.register(text)
        assert _tick_until_asked(engine, level) == 0
