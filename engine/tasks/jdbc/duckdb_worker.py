"""Runs SQL in DuckDB as a plan says and writes what came of it. Started inside the fence, one process a task."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.tasks.jdbc.results import collect
from engine.tasks.jdbc.statements import with_parameters

if TYPE_CHECKING:
    import duckdb

_EXTENSION = re.compile(r"^\s*(?:FORCE\s+)?(?:INSTALL|LOAD)\s+'?(\w+)'?", re.IGNORECASE)
_BUILT_IN = ("json", "parquet", "icu", "core_functions", "autocomplete", "tpch", "tpcds", "jemalloc")


def main(plan_file: str, answer_file: str) -> None:
    """Read the plan, run it, and leave ``{"results": [...]}`` or ``{"error": message}``."""
    import duckdb

    plan = json.loads(Path(plan_file).read_text())
    try:
        answer: dict[str, Any] = {"results": _run(plan)}
    except (duckdb.Error, ValueError, RuntimeError, OSError) as error:
        answer = {"error": str(error).strip()}
    Path(answer_file).write_text(json.dumps(answer))


def _run(plan: dict[str, Any]) -> list[dict[str, Any]]:
    import duckdb

    connection = duckdb.connect(plan["database"])
    try:
        _confine(connection, plan)
        if plan["transaction"]:
            connection.execute("BEGIN TRANSACTION")
        results = _all(connection, plan, plan["sql"], plan["fetch"])
        if plan["after"]:
            _all(connection, plan, plan["after"], "NONE")
        if plan["transaction"]:
            connection.execute("COMMIT")
        return results
    finally:
        connection.close()


def _confine(connection: duckdb.DuckDBPyConnection, plan: dict[str, Any]) -> None:
    """Files of the working folder only, also where the fence around this process is a weak one."""
    folder = plan["folder"].replace("'", "''")
    connection.execute(f"SET memory_limit='{plan['memory_bytes'] // 1024**2}MiB'")
    connection.execute(f"SET temp_directory='{folder}/.kestra/spill'")
    if plan["time_zone"]:
        connection.execute("SET TimeZone=?", [plan["time_zone"]])
    connection.execute(f"SET allowed_directories=['{folder}/']")
    connection.execute("SET enable_external_access=false")


def _all(connection: duckdb.DuckDBPyConnection, plan: dict[str, Any], sql: str, fetch: Any) -> list[dict[str, Any]]:
    import duckdb

    text, used = with_parameters(sql, plan["parameters"], lambda name: f"${name}")
    results: list[dict[str, Any]] = []
    for statement in connection.extract_statements(text):
        extension = _EXTENSION.match(statement.query)
        if extension and extension[1].lower() in _BUILT_IN:
            continue
        wanted = {name: used[name] for name in statement.named_parameters if name in used}
        cursor = connection.execute(statement, wanted) if wanted else connection.execute(statement)
        if duckdb.ExpectedResultType.QUERY_RESULT in statement.expected_result_type and _gives_rows(statement):
            columns = [column[0] for column in cursor.description or ()]
            path = Path(plan["folder"], ".kestra", f"rows-{len(results)}.ion")
            results.append(collect(fetch, columns, iter(cursor.fetchone, None), path))
    return results


def _gives_rows(statement: duckdb.Statement) -> bool:
    """Whether a statement is one that users expect rows of: changes may give a count, which is none."""
    import duckdb

    if len(statement.expected_result_type) == 1 or statement.type == duckdb.StatementType.MULTI:
        return True
    return "RETURNING" in statement.query.upper()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
