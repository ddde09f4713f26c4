"""PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from engine.errors import TaskFailed
from engine.tasks.ion import read_rows
from engine.tasks.jdbc.results import Fetch, collect, fetch_of, outputs_of
from engine.tasks.jdbc.statements import split, with_parameters
from engine.tasks.jdbc.unread import BATCH, SERVER
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.moments import zone_of
from engine.tasks.waiting import interruptible
from engine.tasks.workfiles import OWN_FOLDER

if TYPE_CHECKING:
    import psycopg

    from engine.tasks.context import RunContext

_PREFIX = "jdbc:postgresql:"
_CONNECT_SECONDS = 15
_BLOCK = 256 * 1024
_SSL = ("DISABLE", "ALLOW", "PREFER", "REQUIRE", "VERIFY_CA", "VERIFY_FULL")
Result = TypeVar("Result")


@runnable("io.kestra.plugin.jdbc.postgresql.Query", effects="network", unread=SERVER)
def query(task: RunContext) -> Outputs:
    """Runs ``sql``; ``row``, ``rows`` or ``uri`` with ``size``, as ``fetchType`` says."""
    return _run(task, many=False)


@runnable("io.kestra.plugin.jdbc.postgresql.Queries", effects="network", unread=SERVER)
def queries(task: RunContext) -> Outputs:
    """Runs every statement of ``sql``, in one transaction by default; ``outputs`` has one entry for each with rows."""
    return _run(task, many=True)


def _run(task: RunContext, *, many: bool) -> Outputs:
    props = Props(task)
    sql, after, fetch = props.required("sql"), props.text("afterSQL"), fetch_of(props)
    parameters, one_transaction = props.mapping("parameters"), not many or props.flag("transaction", True)

    def work(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
        connection.autocommit = not one_transaction
        results = _all(task, connection, sql, parameters, fetch)
        if after:
            _all(task, connection, after, parameters, "NONE")
        if one_transaction:
            connection.commit()
        return results

    return outputs_of(task, _connected(task, props, work, _zone(props)), many=many)


def _all(
    task: RunContext, connection: psycopg.Connection[Any], sql: str, parameters: dict[str, Any], fetch: Fetch
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for statement in split(sql):
        text, used = with_parameters(
            statement, parameters, lambda name: f"%({name})s", lambda text: text.replace("%", "%%")
        )
        with connection.cursor() as cursor:
            cursor.execute(text.encode(), used)
            if cursor.description is not None:
                columns = [column.name for column in cursor.description]
                path = task.working_dir / OWN_FOLDER / f"rows-{len(results)}.ion"
                results.append(collect(fetch, columns, cursor, path))
    return results


@runnable("io.kestra.plugin.jdbc.postgresql.CopyIn", effects="network")
def copy_in(task: RunContext) -> Outputs:
    """Loads the file ``from`` into ``table``; ``rowCount`` rows."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    columns = props.strings("columns")
    into = f"{props.required('table')}{' (' + ', '.join(columns) + ')' if columns else ''}"
    statement = f"COPY {into} FROM STDIN{_copy_options(props, reading=True)}"

    def work(connection: psycopg.Connection[Any]) -> int:
        with connection.cursor() as cursor:
            with cursor.copy(statement.encode()) as copy, source.open("rb") as file:
                while block := file.read(_BLOCK):
                    copy.write(block)
            count = cursor.rowcount
        connection.commit()
        return count

    count = _connected(task, props, work, patience=props.integer("socketTimeout"))
    task.metric("rows", "counter", count)
    return {"rowCount": count}


@runnable("io.kestra.plugin.jdbc.postgresql.CopyOut", effects="network")
def copy_out(task: RunContext) -> Outputs:
    """Writes a table or the result of ``sql`` to a file; its ``uri`` and ``rowCount``."""
    props = Props(task)
    columns = props.strings("columns")
    if props.has("sql"):
        what = f"({props.required('sql').strip().rstrip(';')})"
    else:
        what = f"{props.required('table')}{' (' + ', '.join(columns) + ')' if columns else ''}"
    statement = f"COPY {what} TO STDOUT{_copy_options(props, reading=False)}"
    ending = "csv" if props.text("format").upper() == "CSV" else "txt"
    target = task.working_dir / OWN_FOLDER / f"copy.{ending}"
    target.parent.mkdir(exist_ok=True)

    def work(connection: psycopg.Connection[Any]) -> int:
        with connection.cursor() as cursor:
            with cursor.copy(statement.encode()) as copy, target.open("wb") as file:
                for block in copy:
                    file.write(block)
            return cursor.rowcount

    count = _connected(task, props, work, patience=props.integer("socketTimeout"))
    task.metric("rows", "counter", count)
    return {"uri": task.files.put(target, target.name), "rowCount": count}


def _copy_options(props: Props, *, reading: bool) -> str:
    options = [f"FORMAT {props.choice('format', 'TEXT', ('TEXT', 'CSV', 'BINARY'))}"]
    flags = ("header", "oids", "freeze") if reading else ("header", "oids")
    options += [f"{flag.upper()} true" for flag in flags if props.flag(flag)]
    named = {
        "delimiter": "DELIMITER",
        "nullString": "NULL",
        "quote": "QUOTE",
        "escape": "ESCAPE",
        "encoding": "ENCODING",
    }
    for name, keyword in named.items():
        if props.has(name):
            text = props.text(name).replace("'", "''")
            options.append(f"{keyword} '{text}'")
    lists = {"forceNotNull": "FORCE_NOT_NULL", "forceNull": "FORCE_NULL"} if reading else {"forceQuote": "FORCE_QUOTE"}
    options += [f"{word} ({', '.join(props.strings(name))})" for name, word in lists.items() if props.has(name)]
    return f" WITH ({', '.join(options)})"


@runnable("io.kestra.plugin.jdbc.postgresql.Batch", effects="network", unread=BATCH)
def batch(task: RunContext) -> Outputs:
    """Runs ``sql`` (or an insert into ``table``) for every row of the Ion file ``from``, ``chunk`` rows at a time."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    columns, chunk = props.strings("columns"), max(1, props.integer("chunk", 1000))
    rows = (_values(row, columns) for row in read_rows(source))
    first = next(rows, None)
    if first is None:
        return {"rowCount": 0, "updatedCount": 0}
    statement = _batch_sql(props, columns, source, len(first))

    def work(connection: psycopg.Connection[Any]) -> tuple[int, int]:
        count = updated = 0
        with connection.cursor() as cursor:
            for part in _chunks(first, rows, chunk):
                cursor.executemany(statement.encode(), part)
                count += len(part)
                updated += max(cursor.rowcount, 0)
        connection.commit()
        return count, updated

    count, updated = _connected(task, props, work, _zone(props))
    task.metric("records", "counter", count)
    task.metric("updated", "counter", updated)
    return {"rowCount": count, "updatedCount": updated}


def _values(row: Any, columns: list[str]) -> list[Any]:
    if isinstance(row, dict):
        values = [row.get(column) for column in columns] if columns else list(row.values())
    else:
        values = list(row) if isinstance(row, list) else [row]
    return [as_text(value) if isinstance(value, dict) else value for value in values]


def _chunks(first: list[Any], rest: Iterator[list[Any]], size: int) -> Iterator[list[list[Any]]]:
    part = [first]
    for row in rest:
        if len(part) == size:
            yield part
            part = []
        part.append(row)
    yield part


def _batch_sql(props: Props, columns: list[str], source: Any, width: int) -> str:
    if props.has("sql"):
        from engine.tasks.jdbc.statements import pieces

        return "".join(
            text.replace("%", "%%").replace("?", "%s") if is_code else text.replace("%", "%%")
            for is_code, text in pieces(props.required("sql"))
        )
    names = columns or [str(key) for key in next(iter(read_rows(source)), {})]
    return f"INSERT INTO {props.required('table')} ({', '.join(names)}) VALUES ({', '.join(['%s'] * width)})"


def _connected(
    task: RunContext,
    props: Props,
    work: Callable[[psycopg.Connection[Any]], Result],
    zone: str | None = None,
    patience: int | None = None,
) -> Result:
    """Do work on a connection of its own; what the server says becomes the failure of the task.

    ``patience``: seconds after which a server that takes nothing more counts as lost.
    """
    import psycopg

    target = connection_arguments(task, props, zone)
    if patience:
        target["tcp_user_timeout"] = 1000 * patience
    try:
        connection = psycopg.connect(**target)
    except psycopg.Error as error:
        raise TaskFailed(
            f"PostgreSQL at {target.get('host')}:{target.get('port')} cannot be reached: {str(error).strip()[:300]}",
            code="no-database",
            hint="is the server up, and are url, username and password right?",
        ) from error
    try:
        return interruptible(task, lambda: work(connection), connection.cancel)
    except psycopg.Error as error:
        raise TaskFailed(f"PostgreSQL: {str(error).strip()}", code="sql-error", hint="correct the SQL") from error
    finally:
        connection.close()


def connection_arguments(task: RunContext, props: Props, zone: str | None = None) -> dict[str, Any]:
    """psycopg's arguments for a JDBC URL; ``zone`` is the one that times without one are in. TaskFailed.

    ``jdbc.hosts`` may send ``host:port`` to another one.
    """
    url = props.required("url")
    if not url.startswith(_PREFIX):
        raise TaskFailed(
            f"'{url[:60]}' is not a PostgreSQL URL", code="wrong-url", hint=f"write {_PREFIX}//host:5432/db"
        )
    parsed = urlsplit(url.removeprefix("jdbc:"))
    query = dict(parse_qsl(parsed.query))
    try:
        host, port = parsed.hostname or "localhost", parsed.port or 5432
    except ValueError:
        raise TaskFailed("the port in the URL is not a number", code="wrong-url") from None
    moved = (task.settings.get("jdbc.hosts") or {}).get(f"{host}:{port}")
    if moved:
        host, _, other = str(moved).partition(":")
        port = int(other or port)
    arguments: dict[str, Any] = {
        "host": host,
        "port": port,
        "dbname": unquote(parsed.path.lstrip("/")) or props.text("username") or query.get("user"),
        "user": props.optional("username") or query.get("user"),
        "password": props.optional("password") or query.get("password"),
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": query.get("ApplicationName", "flowwright"),
    }
    if props.has("sslMode") or props.flag("ssl") or "sslmode" in query:
        arguments["sslmode"] = _ssl_mode(props, query)
    settings = {"search_path": query.get("currentSchema"), "TimeZone": zone}
    if given := [f"-c {name}={value}" for name, value in settings.items() if value]:
        arguments["options"] = " ".join(given)
    if props.has("sslKeyPassword"):
        arguments["sslpassword"] = props.text("sslKeyPassword")
    for name, key in (("sslRootCert", "sslrootcert"), ("sslCert", "sslcert"), ("sslKey", "sslkey")):
        if props.has(name):
            arguments[key] = _pem(task, name, props.text(name))
    return {key: value for key, value in arguments.items() if value is not None}


def _zone(props: Props) -> str | None:
    """The zone that times without one are in, checked: it becomes part of the connection's options."""
    name = props.optional("timeZoneId")
    if name is not None:
        zone_of(name)
    return name


def _ssl_mode(props: Props, query: dict[str, str]) -> str:
    mode = props.choice("sslMode", "REQUIRE", _SSL) if props.has("sslMode") else query.get("sslmode", "require")
    return mode.lower().replace("_", "-")


def _pem(task: RunContext, name: str, text: str) -> str:
    path = task.working_dir / OWN_FOLDER / f"{name}.pem"
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return str(path)
