"""A task run on real storage, real expressions and a real working folder, without an engine around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.expressions.render import render, render_value
from engine.flow.catalog import catalog
from engine.storage.database import Database
from engine.storage.files import ExecutionFiles, ExecutionRef, FileStore
from engine.storage.kv import KvStore
from engine.tasks import registry
from engine.tasks.results import Effect, outputs_of

# Outputs that the plugins' sources give and the catalog leaves out (a templated task gives those of its inner one).
BEYOND_THE_CATALOG = {
    "io.kestra.plugin.jdbc.duckdb.": {"outputFiles", "databaseUri"},
    "io.kestra.plugin.jdbc.sqlite.": {"outputFiles", "databaseUri"},
    "io.kestra.plugin.core.templating.TemplatedTask": {"value"},
}


class Recorded(Mapping[str, Any]):
    """Properties that remember which of them were asked for."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self._properties[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)


def known_properties(type_name: str) -> set[str]:
    definition = catalog().get(type_name)
    assert definition is not None, f"the catalog does not know {type_name}"
    return set(definition.properties)


def known_outputs(type_name: str) -> set[str]:
    definition = catalog().get(type_name)
    assert definition is not None
    more = next((names for prefix, names in BEYOND_THE_CATALOG.items() if type_name.startswith(prefix)), set())
    return set(definition.outputs) | more


KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "map": Mapping,
    "object": Mapping,
    "array": list,
}


def of_kind(type_name: str, output: str, value: Any) -> bool:
    """Whether an output is null or of the kind the catalog gives for it."""
    definition = catalog().get(type_name)
    kind = KINDS.get(str(definition.outputs.get(output, "any")) if definition else "any")
    return value is None or kind is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool)))


@dataclass
class TaskRun:
    """Implements engine.tasks.context.RunContext and keeps what the task said."""

    type: str
    properties: Mapping[str, Any]
    working_dir: Path
    files: ExecutionFiles
    kv: KvStore
    variables: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    namespace: str = "company.team"
    task_id: str = "under_test"
    timeout_seconds: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    logs: list[tuple[str, str]] = field(default_factory=list)
    metrics: list[tuple[str, str, float, Mapping[str, str]]] = field(default_factory=list)

    def render(self, value: Any, extra: Mapping[str, Any] | None = None) -> Any:
        return render_value(value, {**self.variables, **(extra or {})})

    def render_text(self, value: Any, extra: Mapping[str, Any] | None = None) -> str:
        return render(value, {**self.variables, **(extra or {})}) if isinstance(value, str) else str(value or "")

    def log(self, level: str, message: str) -> None:
        self.logs.append((level, message))

    def metric(self, name: str, kind: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        self.metrics.append((name, kind, value, tags or {}))

    def secrets_in_use(self) -> Sequence[str]:
        return ()

    def result(self) -> Mapping[str, Any] | Effect | None:
        """Run the task, and hold it to what the catalog knows of its properties and outputs."""
        entry = registry.find(self.type)
        assert entry is not None, f"{self.type} does not run here"
        read = Recorded(self.properties)
        try:
            result = entry.run(replace(self, properties=read))
        finally:
            unknown = read.names - known_properties(self.type)
            assert not unknown, f"{self.type} reads properties that the catalog does not know: {sorted(unknown)}"
        extra = set(outputs_of(result)) - known_outputs(self.type)
        assert not extra, f"{self.type} gives outputs that the catalog does not know: {sorted(extra)}"
        wrong = {name: value for name, value in outputs_of(result).items() if not of_kind(self.type, name, value)}
        assert not wrong, f"{self.type} gives outputs of another kind than the catalog knows: {wrong}"
        return result

    def outputs(self) -> Mapping[str, Any]:
        return outputs_of(self.result())

    def messages(self, level: str | None = None) -> list[str]:
        return [message for found, message in self.logs if level in (None, found)]

    def read(self, uri: str) -> str:
        return self.files.open(uri).read_text()

    def store(self, name: str, content: str | bytes) -> str:
        return self.files.put_bytes(content.encode() if isinstance(content, str) else content, name)


MakeTask = Callable[..., TaskRun]


@pytest.fixture
def make_task(tmp_path: Path) -> MakeTask:
    """Builds a task run: ``make_task("core.log.Log", message="hi")``; reserved words in capitals set the rest."""
    store = FileStore(tmp_path / "storage", durable=False)
    kv = KvStore(Database(":memory:"), lambda: datetime(2025, 6, 1, tzinfo=UTC))
    count = iter(range(1000))

    def build(
        type_: str,
        VARIABLES: Mapping[str, Any] | None = None,
        SETTINGS: Mapping[str, Any] | None = None,
        **properties: Any,
    ) -> TaskRun:
        folder = tmp_path / "work" / str(next(count))
        folder.mkdir(parents=True)
        ref = ExecutionRef("company.team", "flow", "execution1")
        files = store.execution(ref, task_id="under_test", task_run_id=folder.name, working_dir=folder)
        full = type_ if type_.startswith("io.kestra.") else f"io.kestra.plugin.{type_}"
        return TaskRun(
            full, properties, folder, files, kv, {"inputs": {}, "vars": {}, **(VARIABLES or {})}, dict(SETTINGS or {})
        )

    return build


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        code, headers, content = self.server.answers.get(self.path.split("?")[0], (200, {}, body or b"ok"))
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A web server on this machine: ``answers[path] = (code, headers, body)``, and what it ``seen``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


@pytest.fixture
def web() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
