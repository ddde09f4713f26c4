"""SQLite."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.jdbc.places import database_file
from engine.tasks.jdbc.results import Fetch, collect, fetch_of, outputs_of
from engine.tasks.jdbc.unread import FILE
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect
from engine.tasks.waiting import interruptible
from engine.tasks.workfiles import OWN_FOLDER, keep_outputs

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_UNREAD = {**FILE, "timeZoneId": no_effect("SQLite keeps times as texts or numbers, without a zone")}
_PREFIX = "jdbc:sqlite:"
_BUSY_SECONDS = 30.0
_LONGEST_VALUE = 256 * 1024 * 1024


@runnable("io.kestra.plugin.jdbc.sqlite.Query", effects="files", unread=_UNREAD)
def query(task: RunContext) -> Outputs:
    """Runs ``sql``; ``row``, ``rows`` or ``uri`` with ``size``, as ``fetchType`` says."""
    return _run(task, many=False)


@runnable("io.kestra.plugin.jdbc.sqlite.Queries", effects="files", unread=_UNREAD)
def queries(task: RunContext) -> Outputs:
    """Runs every statement of ``sql``, in one transaction by default; ``outputs`` has one entry for each with rows."""
    return _run(task, many=True)


def _run(task: RunContext, *, many: bool) -> Outputs:
    props = Props(task, extra={"workingDir": str(task.working_dir)})
    path = _database(task, props)
    connection = _connect(path, task.working_dir)
    one_transaction = many and props.flag("transaction", True)
    sql, after, fetch = props.required("sql"), props.text("afterSQL"), fetch_of(props)
    parameters = {name: _bound(value) for name, value in props.mapping("parameters").items()}

    def work() -> list[dict[str, Any]]:
        results = _all(task, connection, sql, parameters, fetch, one_transaction)
        if after:
            _all(task, connection, after, parameters, "NONE", one_transaction)
        connection.commit()
        return results

    try:
        results = interruptible(task, work, connection.interrupt)
    except sqlite3.Error as error:
        raise TaskFailed(f"SQLite: {error}", code="sql-error", hint="correct the SQL") from error
    finally:
        connection.close()
    outputs = outputs_of(task, results, many=many)
    if props.flag("outputDbFile") and path is not None:
        outputs["databaseUri"] = task.files.put(_copied(path, task.working_dir), path.name)
    if patterns := props.strings("outputFiles"):
        outputs["outputFiles"] = keep_outputs(task, patterns, task.working_dir)
    return outputs


def _database(task: RunContext, props: Props) -> Path | None:
    url = props.text("url", _PREFIX)
    if not url.startswith(_PREFIX):
        raise TaskFailed(f"'{url}' is not a SQLite URL", code="wrong-url", hint=f"write {_PREFIX}name.db")
    name = url.removeprefix(_PREFIX).removeprefix("file:").split("?")[0]
    given = props.optional("sqliteFile")
    if not name or name == ":memory:":
        name = "given.db" if given else ""
    if not name:
        return None
    if given:
        target = task.working_dir / Path(name).name
        shutil.copyfile(task.files.open(given), target)
        return target
    return database_file(task, name)


def _copied(path: Path, folder: Path) -> Path:
    target = folder / OWN_FOLDER / path.name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, target)
    return target


def _connect(path: Path | None, folder: Path) -> sqlite3.Connection:
    """A connection that can attach files of the working folder only."""
    connection = sqlite3.connect(
        ":memory:" if path is None else path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)

    def allow(action: int, first: str | None, *_: str | None) -> int:
        if action != sqlite3.SQLITE_ATTACH or not first or first == ":memory:":
            return sqlite3.SQLITE_OK
        inside = Path(folder, first).resolve().is_relative_to(folder.resolve()) and not first.startswith("file:")
        return sqlite3.SQLITE_OK if inside else sqlite3.SQLITE_DENY

    connection.set_authorizer(allow)
    return connection


def _all(
    task: RunContext,
    connection: sqlite3.Connection,
    sql: str,
    parameters: dict[str, Any],
    fetch: Fetch,
    one_transaction: bool,
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    if one_transaction and not connection.in_transaction:
        connection.execute("BEGIN")
    for statement in complete_statements(sql):
        cursor = connection.execute(statement, parameters)
        if cursor.description is not None:
            columns = [column[0] for column in cursor.description]
            path = task.working_dir / OWN_FOLDER / f"rows-{len(results)}.ion"
            results.append(collect(fetch, columns, cursor, path))
        cursor.close()
    return results


def complete_statements(sql: str) -> list[str]:
    """The statements of a text as SQLite itself ends them, so that the body of a trigger stays whole."""
    found: list[str] = []
    current = ""
    for part in sql.split(";"):
        current += part + ";"
        if sqlite3.complete_statement(current):
            found.append(current)
            current = ""
    if current.strip(" \t\r\n;"):
        found.append(current)
    return [statement for statement in found if statement.strip(" \t\r\n;")]


def _bound(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str | bytes) else as_text(value)
