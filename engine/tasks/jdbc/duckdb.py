"""DuckDB, run in a process of its own inside the fence: the SQL may come from a model, and DuckDB reads and writes
files, loads extensions and takes memory as it is told."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine
from engine.errors import EngineError, Refused, TaskFailed
from engine.fence import Command, Finished, fence_for
from engine.tasks.ion import to_json
from engine.tasks.jdbc.places import database_file
from engine.tasks.jdbc.results import fetch_of, outputs_of
from engine.tasks.jdbc.unread import DUCKDB
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.scripts.process import interpreter_folders, limits_of
from engine.tasks.waiting import stopped
from engine.tasks.workfiles import OWN_FOLDER, keep_outputs, localised, place_inputs

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_PREFIX = "jdbc:duckdb:"
_WORKER = "engine.tasks.jdbc.duckdb_worker"
_ENGINE = Path(engine.__file__).parent
_locks: dict[Path, threading.Lock] = {}
_locks_guard = threading.Lock()


@runnable("io.kestra.plugin.jdbc.duckdb.Query", effects="files", unread=DUCKDB)
def query(task: RunContext) -> Outputs:
    """Runs ``sql``; ``row``, ``rows`` or ``uri`` with ``size``, as ``fetchType`` says."""
    return _run(task, many=False)


@runnable("io.kestra.plugin.jdbc.duckdb.Queries", effects="files", unread=DUCKDB)
def queries(task: RunContext) -> Outputs:
    """Runs every statement of ``sql``, in one transaction by default; ``outputs`` has one entry for each with rows."""
    return _run(task, many=True)


def _run(task: RunContext, *, many: bool) -> Outputs:
    folder = task.working_dir
    named = [name for name in Props(task).strings("outputFiles") if not set(name) & set("*?[{")]
    extra = {
        "workingDir": str(folder),
        "dbFilePath": str(folder / OWN_FOLDER / "database.db"),
        "outputFiles": {name: str(folder / name) for name in named},
    }
    props = Props(task, extra=extra)
    (folder / OWN_FOLDER).mkdir(exist_ok=True)
    place_inputs(task, props.value("inputFiles"), folder)
    with _database(task, props) as database:
        results = _worked(task, _plan(task, props, database, many))
        outputs = outputs_of(task, results, many=many)
        if props.flag("outputDbFile"):
            outputs["databaseUri"] = task.files.put(database, "database.db")
    if patterns := props.strings("outputFiles"):
        outputs["outputFiles"] = keep_outputs(task, patterns, folder)
    return outputs


def _plan(task: RunContext, props: Props, database: Path, many: bool) -> dict[str, Any]:
    return {
        "sql": localised(task, props.required("sql"), task.working_dir),
        "after": props.text("afterSQL"),
        "parameters": {name: to_json(value) for name, value in props.mapping("parameters").items()},
        "fetch": fetch_of(props),
        "transaction": many and props.flag("transaction", True),
        "time_zone": props.optional("timeZoneId"),
        "database": str(database),
        "folder": str(task.working_dir),
        "memory_bytes": limits_of(task.settings).memory_bytes // 2,
    }


@contextmanager
def _database(task: RunContext, props: Props) -> Iterator[Path]:
    """The database file in the working folder: new, or a copy of the one named, which is written back at the end.

    One task at a time works on a named file, as DuckDB itself would have it.
    """
    local = task.working_dir / OWN_FOLDER / "database.db"
    name = props.text("url", _PREFIX).strip()
    if not name.startswith(_PREFIX):
        raise TaskFailed(
            f"'{name}' is not a DuckDB URL", code="wrong-url", hint=f"write {_PREFIX} or {_PREFIX}/path.db"
        )
    name = name.removeprefix(_PREFIX).split("?")[0]
    if name.startswith(("md:", "motherduck:")):
        raise Refused("MotherDuck is a service on the network", code="no-motherduck", hint="use a local DuckDB file")
    if given := props.optional("databaseUri"):
        shutil.copyfile(task.files.open(given), local)
    if given or name in ("", ":memory:"):
        yield local
        return
    path = database_file(task, name)
    with _locks_guard:
        lock = _locks.setdefault(path, threading.Lock())
    with lock:
        if path.exists():
            shutil.copyfile(path, local)
        try:
            yield local
        finally:
            if local.exists() and not task.cancelled.is_set():
                aside = path.with_name(path.name + ".part")
                shutil.copyfile(local, aside)
                aside.replace(path)


def _worked(task: RunContext, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the worker and read what it left. TaskFailed with DuckDB's own message."""
    folder = task.working_dir
    plan_file, answer_file = folder / OWN_FOLDER / "plan.json", folder / OWN_FOLDER / "answer.json"
    plan_file.write_text(json.dumps(plan))
    errors: list[str] = []
    finished = fence_for(task.settings).run(
        Command(
            argv=(sys.executable, "-P", "-m", _WORKER, str(plan_file), str(answer_file)),
            cwd=folder,
            env={"PYTHONPATH": str(_ENGINE.parent), "HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
            readable=(*interpreter_folders(), _ENGINE),
            limits=limits_of(task.settings),
            timeout=task.timeout_seconds,
        ),
        on_line=lambda stream, line: errors.append(line),
        cancelled=task.cancelled,
    )
    if finished.cancelled or finished.timed_out:
        raise stopped(task)
    try:
        answer = json.loads(answer_file.read_text())
    except (OSError, ValueError):
        raise _died(finished, errors) from None
    answer_file.unlink()
    if "error" in answer:
        raise TaskFailed(f"DuckDB: {answer['error']}", code="sql-error", hint=_hint(answer["error"]))
    results: list[dict[str, Any]] = answer["results"]
    for result in results:
        if "file" in result and not Path(result["file"]).resolve().is_relative_to(folder.resolve()):
            raise TaskFailed("DuckDB left a file outside its folder", code="outside-folder")
    return results


def _died(finished: Finished, errors: list[str]) -> EngineError:
    last = as_text(errors[-1]) if errors else "it said nothing"
    return TaskFailed(
        f"DuckDB ended with code {finished.exit_code}: {last}",
        code="sql-error",
        hint="out of memory? raise fence.memory_bytes, or read less at once",
    )


def _hint(message: str) -> str:
    if "disabled by configuration" in message or "Cannot access" in message:
        return "SQL may touch files of the working folder only: give others through inputFiles, download URLs first"
    if "xtension" in message:
        return "only the extensions built into DuckDB are here (json, parquet, icu)"
    return "correct the SQL"
