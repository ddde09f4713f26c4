"""PostgreSQL tasks against a real server, started for these tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import TaskFailed
from engine.tasks.ion import read_rows

_USER = 65534


def _programs() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The JDBC URL of a server of our own; run by an ordinary user, since root is refused."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs (initdb, pg_ctl) are not installed")
    root = os.geteuid() == 0
    who: dict[str, Any] = {"user": _USER, "group": _USER, "extra_groups": []} if root else {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="flowwright-pg-") as name:
        folder = Path(name)
        if root:
            os.chown(folder, _USER, _USER)
        data = folder / "data"
        run = lambda *argv: subprocess.run(argv, check=True, capture_output=True, cwd=folder, **who)  # noqa: E731
        run(programs / "initdb", "-D", data, "-A", "trust", "-U", "flow", "--no-sync", "--encoding=UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"jdbc:postgresql://127.0.0.1:{port}/postgres"
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture
def pg(make_task: Any, postgres: str) -> Any:
    def build(name: str, **properties: Any) -> Any:
        return make_task(f"jdbc.postgresql.{name}", url=postgres, username="flow", **properties)

    build("Queries", sql="DROP SCHEMA public CASCADE; CREATE SCHEMA public").result()
    return build


def rows(pg: Any, sql: str, **more: Any) -> Any:
    return pg("Query", sql=sql, fetchType="FETCH", **more).outputs()["rows"]


def test_queries_run_in_order_and_give_rows(pg: Any) -> None:
    sql = """
    CREATE TABLE t(id int, name text); -- ; a comment
    INSERT INTO t VALUES (1, 'a;b'), (2, NULL);
    SELECT * FROM t ORDER BY id;
    UPDATE t SET name = 'x' WHERE id = 2 RETURNING id;
    """
    outputs = pg("Queries", sql=sql, fetchType="FETCH").outputs()["outputs"]
    assert [entry["rows"] for entry in outputs] == [[{"id": 1, "name": "a;b"}, {"id": 2, "name": None}], [{"id": 2}]]


def test_types_come_as_json_kinds_and_are_kept_in_files(pg: Any) -> None:
    sql = """SELECT 1.50::numeric AS n, DATE '2024-01-02' AS d, TIMESTAMPTZ '2024-01-02 03:04:05Z' AS t, true AS b,
             '{"a": [1]}'::jsonb AS j, ARRAY['x'] AS l, INTERVAL '1 hour' AS i, gen_random_uuid() AS u"""
    row = rows(pg, sql)[0]
    assert len(row.pop("u")) == 36
    assert row == {
        "n": 1.5,
        "d": "2024-01-02",
        "t": "2024-01-02T03:04:05Z",
        "b": True,
        "j": {"a": [1]},
        "l": ["x"],
        "i": "PT1H",
    }
    task = pg("Query", sql="SELECT 1.50::numeric AS n, DATE '2024-01-02' AS d", fetchType="STORE")
    assert task.read(task.outputs()["uri"]) == "{n:1.50,d:2024-01-02}\n"


def test_parameters_are_bound_and_percent_signs_and_casts_left_alone(pg: Any) -> None:
    sql = "SELECT :name || '%' AS a, 'x' LIKE '%x' AS b, '5'::int + :n::int AS c"
    assert rows(pg, sql, parameters={"name": "o'b", "n": 2}) == [{"a": "o'b%", "b": True, "c": 7}]


def test_a_failed_transaction_is_rolled_back_unless_there_is_none(pg: Any) -> None:
    pg("Query", sql="CREATE TABLE t(a int)").result()
    with pytest.raises(TaskFailed, match="nope"):
        pg("Queries", sql="INSERT INTO t VALUES (1); SELECT nope").result()
    assert rows(pg, "SELECT count(*) AS n FROM t") == [{"n": 0}]
    with pytest.raises(TaskFailed):
        pg("Queries", sql="INSERT INTO t VALUES (1); SELECT nope", transaction=False).result()
    assert rows(pg, "SELECT count(*) AS n FROM t") == [{"n": 1}]


def test_after_sql_runs_after(pg: Any) -> None:
    pg("Query", sql="CREATE TABLE t(a int)", afterSQL="INSERT INTO t VALUES (5)").result()
    assert rows(pg, "SELECT a FROM t") == [{"a": 5}]


def test_csv_is_copied_in_by_unquoted_columns_and_out(pg: Any) -> None:
    pg("Query", sql="CREATE TABLE trips(VendorID text, fare double precision, note text)").result()
    task = pg("CopyIn", table="trips", format="CSV", header=True, columns=["VendorID", "fare"])
    task.properties = {**task.properties, "from": task.store("a.csv", 'VendorID,fare\n1,2.5\n"x,y",\n')}
    assert task.outputs() == {"rowCount": 2}
    out = pg("CopyOut", sql="SELECT vendorid, fare FROM trips ORDER BY 1", format="CSV", header=True, delimiter=";")
    outputs = out.outputs()
    assert outputs["rowCount"] == 2 and out.read(outputs["uri"]) == "vendorid;fare\n1;2.5\nx,y;\n"


def test_a_bad_file_copies_nothing(pg: Any) -> None:
    pg("Query", sql="CREATE TABLE t(a int)").result()
    task = pg("CopyIn", table="t", format="CSV")
    task.properties = {**task.properties, "from": task.store("a.csv", "1\nx\n")}
    with pytest.raises(TaskFailed, match="invalid input syntax"):
        task.result()
    assert rows(pg, "SELECT count(*) AS n FROM t") == [{"n": 0}]


def test_rows_of_an_ion_file_are_inserted_in_batches(pg: Any) -> None:
    pg("Query", sql="CREATE TABLE t(a int, b text, d date)").result()
    task = pg("Batch", table="t", chunk=2)
    ion = "".join(f'{{a:{n},b:"%{n}?",d:2024-01-02}}\n' for n in range(5))
    task.properties = {**task.properties, "from": task.store("a.ion", ion)}
    assert task.outputs() == {"rowCount": 5, "updatedCount": 5}
    assert rows(pg, "SELECT * FROM t WHERE a = 4") == [{"a": 4, "b": "%4?", "d": "2024-01-02"}]
    task = pg("Batch", sql="UPDATE t SET b = '100%' WHERE a = ? AND b <> '?'", columns=["a"])
    task.properties = {**task.properties, "from": task.store("a.ion", ion)}
    assert task.outputs()["updatedCount"] == 5
    assert next(iter(read_rows(task.files.open(task.properties["from"]))))["b"] == "%0?"


def test_a_long_statement_is_cancelled_when_the_task_is_stopped(pg: Any) -> None:
    task = pg("Query", sql="SELECT pg_sleep(300)")
    threading.Timer(0.3, task.cancelled.set).start()
    with pytest.raises(TaskFailed) as failure:
        task.result()
    assert failure.value.code == "stopped"
    assert rows(pg, "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'") == [{"n": 0}]


def test_a_server_that_is_not_there_is_told_without_the_password(make_task: Any) -> None:
    task = make_task(
        "jdbc.postgresql.Query", url="jdbc:postgresql://127.0.0.1:9/db", username="u", password="hush", sql="SELECT 1"
    )
    with pytest.raises(TaskFailed, match=r"127\.0\.0\.1:9 cannot be reached") as failure:
        task.result()
    assert failure.value.code == "no-database" and "hush" not in str(failure.value)
    with pytest.raises(TaskFailed, match="not a PostgreSQL URL"):
        make_task("jdbc.postgresql.Query", url="jdbc:mysql://x", sql="SELECT 1").result()


def test_a_host_can_be_sent_elsewhere_by_setting(make_task: Any, postgres: str) -> None:
    place = postgres.removeprefix("jdbc:postgresql://").partition("/")[0]
    task = make_task(
        "jdbc.postgresql.Query",
        SETTINGS={"jdbc.hosts": {"pgdatabase:5432": place}},
        url="jdbc:postgresql://pgdatabase:5432/postgres",
        username="flow",
        sql="SELECT 1 AS one",
        fetchType="FETCH_ONE",
    )
    assert task.outputs()["row"] == {"one": 1}


def test_times_without_a_zone_are_those_of_the_task(pg: Any) -> None:
    sql = "SELECT TIMESTAMPTZ '2024-01-02 03:04:05' AS t, current_setting('TimeZone') AS z"
    assert rows(pg, sql, timeZoneId="Asia/Tokyo") == [{"t": "2024-01-02T03:04:05+09:00", "z": "Asia/Tokyo"}]
    with pytest.raises(TaskFailed, match="not a time zone"):
        rows(pg, sql, timeZoneId="Nowhere -c x=y")


def test_a_copy_takes_a_limit_for_a_server_that_is_lost(pg: Any) -> None:
    assert pg("CopyOut", sql="SELECT 1", socketTimeout=5).outputs()["rowCount"] == 1
