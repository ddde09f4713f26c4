"""SQLite and DuckDB tasks."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, TaskFailed
from engine.tasks.ion import read_rows
from engine.tasks.jdbc.statements import split, with_parameters

BOTH = pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
ROWS = "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t"


@BOTH
def test_query_gives_what_its_fetch_type_says(make_task: Any, engine: str) -> None:
    sql = "SELECT 1 AS n, 'a' AS t UNION ALL SELECT 2, 'b' ORDER BY 1"
    run = lambda **more: make_task(f"jdbc.{engine}.Query", sql=sql, **more)  # noqa: E731
    assert run(fetchType="FETCH").outputs() == {"rows": [{"n": 1, "t": "a"}, {"n": 2, "t": "b"}], "size": 2}
    assert run(fetchType="FETCH_ONE").outputs() == {"row": {"n": 1, "t": "a"}, "size": 1}
    assert run(fetchOne=True).outputs()["row"] == {"n": 1, "t": "a"}
    assert run().outputs() == {}
    task = run(fetchType="STORE")
    outputs = task.outputs()
    assert outputs["size"] == 2 and outputs["uri"].endswith(".ion")
    assert list(read_rows(task.files.open(outputs["uri"]))) == [{"n": 1, "t": "a"}, {"n": 2, "t": "b"}]


@BOTH
def test_queries_give_an_entry_for_each_statement_with_rows(make_task: Any, engine: str) -> None:
    sql = "CREATE TABLE t(a INT); INSERT INTO t VALUES (1), (2); -- ; not here\n"
    sql += "SELECT ';' AS s; SELECT sum(a) AS total FROM t;"
    outputs = make_task(f"jdbc.{engine}.Queries", sql=sql, fetchType="FETCH").outputs()
    assert [entry["rows"] for entry in outputs["outputs"]] == [[{"s": ";"}], [{"total": 3}]]


@BOTH
def test_parameters_are_bound_by_name_and_never_within_text(make_task: Any, engine: str) -> None:
    task = make_task(
        f"jdbc.{engine}.Query",
        VARIABLES={"inputs": {"name": "o'neil"}},
        sql="SELECT :name AS name, ':name' AS text, :n + 1 AS n",
        parameters={"name": "{{ inputs.name }}", "n": 1, "unused": 5},
        fetchType="FETCH_ONE",
    )
    assert task.outputs()["row"] == {"name": "o'neil", "text": ":name", "n": 2}


@BOTH
def test_wrong_sql_fails_with_the_databases_own_words(make_task: Any, engine: str) -> None:
    with pytest.raises(TaskFailed, match=r"(?i)missing_table") as failure:
        make_task(f"jdbc.{engine}.Query", sql="SELECT * FROM missing_table").result()
    assert failure.value.code == "sql-error"


@BOTH
def test_a_failed_transaction_leaves_nothing_behind(make_task: Any, tmp_path: Path, engine: str) -> None:
    settings = {"jdbc.databases_dir": tmp_path / "databases"}
    task_type, url = f"jdbc.{engine}.Queries", "jdbc:sqlite:shop.db"
    if engine == "duckdb":
        url, settings = "jdbc:duckdb:/data/shop.db", {**settings, "files.sandbox": tmp_path / "sandbox"}
    make_task(task_type, SETTINGS=settings, url=url, sql="CREATE TABLE t(a INT)").result()
    with pytest.raises(TaskFailed):
        make_task(task_type, SETTINGS=settings, url=url, sql="INSERT INTO t VALUES (1); SELECT nope").result()
    task = make_task(task_type, SETTINGS=settings, url=url, sql="SELECT count(*) AS n FROM t", fetchType="FETCH")
    assert task.outputs()["outputs"][0]["rows"] == [{"n": 0}]


@BOTH
def test_a_long_query_ends_when_it_is_stopped(make_task: Any, engine: str) -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    task = make_task(f"jdbc.{engine}.Query", sql=endless)
    threading.Timer(0.3, task.cancelled.set).start()
    with pytest.raises(TaskFailed) as failure:
        task.result()
    assert failure.value.code == "stopped"


@BOTH
def test_the_database_file_can_be_kept_and_given_on(make_task: Any, engine: str) -> None:
    sql = "CREATE TABLE t AS SELECT 7 AS n"
    given, name = ("sqliteFile", "jdbc:sqlite:x.db") if engine == "sqlite" else ("databaseUri", "jdbc:duckdb:")
    uri = make_task(f"jdbc.{engine}.Queries", url=name, sql=sql, outputDbFile=True).outputs()["databaseUri"]
    task = make_task(f"jdbc.{engine}.Query", sql="SELECT n FROM t", fetchType="FETCH_ONE", **{given: uri, "url": name})
    assert task.outputs()["row"] == {"n": 7}


def test_sqlite_attaches_no_file_outside_its_folder(make_task: Any, tmp_path: Path) -> None:
    for sql in (f"ATTACH '{tmp_path}/other.db' AS o", f"VACUUM INTO '{tmp_path}/other.db'"):
        with pytest.raises(TaskFailed):
            make_task("jdbc.sqlite.Query", sql=sql).result()
    assert not (tmp_path / "other.db").exists()


def test_sqlite_keeps_a_trigger_in_one_piece(make_task: Any) -> None:
    sql = """
    CREATE TABLE t(a INT); CREATE TABLE log(a INT);
    CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); INSERT INTO log VALUES (-new.a); END;
    INSERT INTO t VALUES (5); SELECT a FROM log ORDER BY a;
    """
    outputs = make_task("jdbc.sqlite.Queries", sql=sql, fetchType="FETCH").outputs()
    assert outputs["outputs"][0]["rows"] == [{"a": -5}, {"a": 5}]


@pytest.mark.parametrize("url", ["jdbc:sqlite:/etc/x.db", "jdbc:sqlite:../x.db"])
def test_database_files_outside_the_allowed_folders_are_refused(make_task: Any, url: str) -> None:
    with pytest.raises(EngineError) as failure:
        make_task("jdbc.sqlite.Query", url=url, sql="SELECT 1").result()
    assert failure.value.code == "path-not-allowed"


def test_duckdb_reads_input_files_and_writes_output_files(make_task: Any) -> None:
    task = make_task("jdbc.duckdb.Queries", fetchType="STORE")
    task.variables["uri"] = task.store("products.json", '[{"brand": "a", "price": 2}, {"brand": "a", "price": 4}]')
    task.properties = {
        "inputFiles": {"products.json": "{{ uri }}", "in.csv": "x,y\n1,2\n"},
        "outputFiles": ["out.csv", "*.parquet"],
        "sql": """
            INSTALL json; LOAD json;
            SELECT brand, round(avg(price), 2) AS avg_price
            FROM read_json_auto('{{ workingDir }}/products.json') GROUP BY brand;
            COPY (SELECT x + y AS z FROM 'in.csv') TO '{{ outputFiles['out.csv'] }}' (HEADER);
            COPY (SELECT 1 AS one) TO 'one.parquet' (FORMAT parquet);
        """,
        "fetchType": "FETCH",
    }
    outputs = task.outputs()
    assert outputs["outputs"] == [{"rows": [{"brand": "a", "avg_price": 3.0}], "size": 1}]
    assert task.read(outputs["outputFiles"]["out.csv"]) == "z\n3\n"
    assert set(outputs["outputFiles"]) == {"out.csv", "one.parquet"}


@pytest.mark.parametrize("level", ["auto", "limits"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '{outside}/x.csv'",
        "ATTACH '{outside}/x.db' AS o",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM 'https://example.com/x.csv'",
    ],
)
def test_duckdb_touches_nothing_outside_its_folder(make_task: Any, tmp_path: Path, sql: str, level: str) -> None:
    task = make_task("jdbc.duckdb.Query", SETTINGS={"fence.level": level}, sql=sql.format(outside=tmp_path))
    with pytest.raises(TaskFailed) as failure:
        task.result()
    assert failure.value.code == "sql-error"
    assert not list(tmp_path.glob("x.*"))


def test_stored_rows_keep_dates_times_and_decimals(make_task: Any) -> None:
    sql = "SELECT DATE '2024-01-02' AS d, TIMESTAMP '2024-01-02 03:04:05.5' AS t, "
    sql += "1.50::DECIMAL(5,2) AS m, NULL AS n, [1, 2] AS l"
    task = make_task("jdbc.duckdb.Query", sql=sql, fetchType="STORE")
    uri = task.outputs()["uri"]
    assert task.read(uri) == "{d:2024-01-02,t:2024-01-02T03:04:05.500000-00:00,m:1.50,n:null,l:[1,2]}\n"
    row = make_task("jdbc.duckdb.Query", sql=sql, fetchType="FETCH_ONE").outputs()["row"]
    assert row == {"d": "2024-01-02", "t": "2024-01-02T03:04:05.500000", "m": 1.5, "n": None, "l": [1, 2]}


def test_statements_are_split_outside_text_comments_and_dollar_quotes() -> None:
    sql = "select ';' ; /* ; */ do $$ begin; end $$; -- last;\n ; select \"a;b\""
    assert split(sql) == ["select ';'", "/* ; */ do $$ begin; end $$", 'select "a;b"']


def test_named_parameters_leave_casts_and_unknown_names_alone() -> None:
    text, used = with_parameters("select :a::int, '10:a', x[1:b], :c", {"a": 1}, lambda name: f"%({name})s")
    assert (text, used) == ("select %(a)s::int, '10:a', x[1:b], :c", {"a": 1})


def test_extensions_of_others_are_refused_and_the_usual_default_is_not(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="communityExtensions cannot be honoured here"):
        make_task("jdbc.duckdb.Query", sql="SELECT 1", communityExtensions=["spatial"]).result()
    task = make_task("jdbc.duckdb.Query", sql="SELECT 1 AS a", communityExtensions=["ion"], fetchType="FETCH")
    assert task.outputs()["rows"] == [{"a": 1}]
