"""Runs a drafted flow on the engine and looks whether what happens is what its case expects.

The surroundings are the case's own: an HTTP server for its fixtures (``server``, may be empty), a PostgreSQL database
(``dsn``, may be empty) and a home directory that is fresh for each case.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import EngineError, EnvironmentMissing

if TYPE_CHECKING:
    from engine import Engine
    from engine.execution.state import Execution

Expect = Mapping[str, Any]


class Stage(Protocol):
    """Where a row's flow is played."""

    def play(self, row: Mapping[str, Any], flow: str) -> str:
        """'' when everything happened as expected, else what did not."""
        ...


@dataclass(frozen=True, slots=True)
class EngineStage:
    """Plays on an engine below ``home``. ``seconds`` is the longest one run may take."""

    home: Path
    server: str = "http://localhost:18000"
    dsn: str = ""
    seconds: float = 60.0

    def play(self, row: Mapping[str, Any], flow: str) -> str:
        from engine import Engine

        place = self.home / str(row["id"])
        shutil.rmtree(place, ignore_errors=True)
        setup = row.get("setup") or {}
        settings = {
            "environment": _environment(setup.get("secrets") or {}),
            "encryption.key": base64.b64encode(b"k" * 32).decode(),
            "fence.allow_unfenced": True,
            "fence.network": True,
        }
        try:
            self._reset()
            with Engine(place, durability="process", settings=settings) as engine:
                self._prepare(engine, setup)
                return self._expect(engine, flow, row["run_expect"])
        except EngineError as error:
            return f"{error.code}: {error.message}"

    def _reset(self) -> None:
        import httpx

        if self.server:
            try:
                httpx.post(f"{self.server}/reset", timeout=10)
            except httpx.HTTPError:
                return

    def _prepare(self, engine: Engine, setup: Mapping[str, Any]) -> None:
        for flow in setup.get("flows") or ():
            engine.register(flow)
        for key, value in (setup.get("kv") or {}).items():
            engine.stores.kv.put("bench", key, value)
        for statement in setup.get("sql") or ():
            self._sql(statement)

    def _sql(self, statement: str) -> Any:
        import psycopg

        if not self.dsn:
            return None
        try:
            connection = psycopg.connect(self.dsn, autocommit=True)
        except psycopg.OperationalError as error:
            raise EnvironmentMissing(f"the cases' PostgreSQL: {error}", hint="start it, or leave --dsn out") from None
        with connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def _answer_of(self, statement: str) -> Any:
        """The first value a query gives, or what the database says against it: a table that a flow did not make."""
        import psycopg

        try:
            return self._sql(statement)
        except psycopg.errors.Error as error:
            return str(error).splitlines()[0]

    def _expect(self, engine: Engine, flow: str, expect: Expect) -> str:
        loaded = engine.register(flow)
        if expect.get("parallel_runs"):
            return _in_parallel(engine, flow, expect, self.seconds)
        if upstream := expect.get("trigger_by_flow"):
            return self._after(engine, loaded.namespace, loaded.id, upstream, expect)
        for number, run in enumerate(expect.get("runs") or [expect], start=1):
            if run.get("setup"):
                self._prepare(engine, run["setup"])
            why = self._one(engine, flow, run)
            if why:
                return f"run {number}: {why}" if expect.get("runs") else why
        return ""

    def _after(self, engine: Engine, namespace: str, flow_id: str, upstream: str, expect: Expect) -> str:
        source = engine.find_flow("bench", upstream)
        if source is None:
            return f"there is no flow {upstream}"
        engine.run(source)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            found = [s for s in engine.executions() if s.flow == flow_id and s.namespace == namespace]
            if found:
                return self._judge(engine, engine.wait(found[0].id, self.seconds), expect, 0.0)
            time.sleep(0.1)
        return "the flow was not triggered"

    def _one(self, engine: Engine, flow: str, run: Expect) -> str:
        from engine.errors import InvalidInputs

        started = time.monotonic()
        try:
            execution = engine.run(flow, run.get("inputs") or {}, wait=False)
        except InvalidInputs as error:
            return "" if run.get("rejected") else f"inputs refused: {error.message}"
        if run.get("rejected"):
            engine.kill(execution.id)
            return "the inputs were accepted"
        if run.get("resume") is not None:
            if not _reaches(engine, execution.id, "PAUSED", self.seconds):
                return f"not paused but {engine.execution(execution.id).state}"
            engine.resume(execution.id, run["resume"])
        ended = engine.wait(execution.id, self.seconds)
        return self._judge(engine, ended, run, time.monotonic() - started)

    def _judge(self, engine: Engine, execution: Execution, expect: Expect, seconds: float) -> str:
        if expect.get("state") and execution.state != expect["state"]:
            last = [line.message for line in engine.logs(execution.id) if line.level in ("ERROR", "WARN")][-2:]
            return f"state {execution.state}, not {expect['state']}: {' / '.join(last)[:300]}"
        checks = (
            *_said(engine, execution, expect),
            *_left(engine, execution, expect),
            *self._seen(expect),
            *_lasted(expect, seconds),
        )
        return "; ".join(checks)

    def _seen(self, expect: Expect) -> Iterator[str]:
        for check in expect.get("sql") or ():
            if self.dsn:
                have = self._answer_of(check["query"])
                if str(have) != str(check["equals"]):
                    yield f"{check['query']} gives {have}, not {check['equals']}"
        if not (expect.get("echo_bodies") or expect.get("echo_headers")):
            return
        import httpx

        calls = httpx.get(f"{self.server}/seen", timeout=10).json()
        for body in expect.get("echo_bodies") or ():
            if not any(body in str(c.get("body")) for c in calls):
                yield f"no call with {body} in its body"
        for name, value in (expect.get("echo_headers") or {}).items():
            if not any({k.lower(): v for k, v in c["headers"].items()}.get(name.lower()) == value for c in calls):
                yield f"no call with header {name}"


def _environment(secrets: Mapping[str, str]) -> dict[str, str]:
    import os

    encoded = {f"SECRET_{k.upper()}": base64.b64encode(str(v).encode()).decode() for k, v in secrets.items()}
    return {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/tmp"), **encoded}


def _reaches(engine: Engine, execution: str, state: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = engine.execution(execution).state
        if now == state:
            return True
        if now in ("SUCCESS", "FAILED", "WARNING", "KILLED", "CANCELLED"):
            return False
        time.sleep(0.05)
    return False


def _in_parallel(engine: Engine, flow: str, expect: Expect, seconds: float) -> str:
    started = [engine.run(flow, expect.get("inputs") or {}, wait=False) for _ in range(int(expect["parallel_runs"]))]
    states = sorted(engine.wait(e.id, seconds).state for e in started)
    return "" if states == sorted(expect["states"]) else f"states {states}, not {sorted(expect['states'])}"


def _said(engine: Engine, execution: Execution, expect: Expect) -> Iterator[str]:
    children = [s.id for s in engine.executions(caller=execution.id)] + [
        s.id for s in engine.executions(parent=execution.id)
    ]
    lines = [line.message for one in (execution.id, *children) for line in engine.logs(one)]
    for pattern in expect.get("logs") or ():
        if not any(re.search(pattern, line) for line in lines):
            yield f"no log line like {pattern}; there were {lines[:6]}"
    for pattern in expect.get("logs_absent") or ():
        if any(re.search(pattern, line) for line in lines):
            yield f"a log line like {pattern}"
    for name, value in (expect.get("labels") or {}).items():
        if execution.labels.get(name) != value:
            yield f"label {name} is {execution.labels.get(name)}"
    if child := expect.get("child_executions"):
        found = [s for s in engine.executions() if s.flow == child["flow"]]
        if len(found) != child["count"]:
            yield f"{len(found)} executions of {child['flow']}, not {child['count']}"


def _left(engine: Engine, execution: Execution, expect: Expect) -> Iterator[str]:
    outputs = execution.outputs or {}
    for name, value in (expect.get("outputs") or {}).items():
        if not _equal(outputs.get(name), value):
            yield f"output {name} is {outputs.get(name)!r}, not {value!r}"
    keys = engine.stores.kv.keys(execution.namespace)
    for key in expect.get("kv_keys") or ():
        if key not in keys:
            yield f"no key {key}"
    for key, value in (expect.get("kv") or {}).items():
        if key not in keys or not _equal(engine.stores.kv.get(execution.namespace, key), value):
            yield f"key {key} is not {value}"
    files = _files(engine, execution)
    if (wanted := expect.get("stored_file")) and not any(_fits(f, wanted) for f in files):
        yield f"no stored file fits {json.dumps(wanted)}; there are {[f.name for f in files]}"
    if len(files) < expect.get("stored_files_min", 0):
        yield f"{len(files)} stored files"
    if "stored_files_max" in expect and len(files) > expect["stored_files_max"]:
        yield f"{len(files)} stored files are left"


def _files(engine: Engine, execution: Execution) -> list[Path]:
    from engine.storage.files import ExecutionRef

    place = ExecutionRef(execution.namespace, execution.flow_id, execution.id).location()
    roots = [p for p in engine.home.rglob(place.name) if p.is_dir() and str(p).endswith(str(place))]
    return [f for root in roots for f in root.rglob("*") if f.is_file()]


def _fits(file: Path, wanted: Mapping[str, Any]) -> bool:
    if wanted.get("extension") and not file.name.endswith("." + wanted["extension"]):
        return False
    if "rows" not in wanted and not wanted.get("contains"):
        return True
    text = file.read_bytes().decode("utf-8", errors="replace")
    if not all(part in text for part in wanted.get("contains") or ()):
        return False
    if "rows" not in wanted:
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    counts = {len(lines), len(lines) - 1}
    if text.lstrip().startswith("["):
        try:
            counts.add(len(json.loads(text)))
        except ValueError:
            counts.discard(-1)
    return wanted["rows"] in counts


def _equal(have: Any, value: Any) -> bool:
    if have == value:
        return True
    try:
        return float(have) == float(value)
    except (TypeError, ValueError):
        return str(have) == str(value)


def _lasted(expect: Expect, seconds: float) -> Iterator[str]:
    if seconds and seconds < expect.get("min_duration_s", 0):
        yield f"took {seconds:.1f} s, at least {expect['min_duration_s']} expected"
    if seconds and "max_duration_s" in expect and seconds > expect["max_duration_s"]:
        yield f"took {seconds:.1f} s, at most {expect['max_duration_s']} expected"
