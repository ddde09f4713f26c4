"""Whole flows of several task types, run by the real engine."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.engine import Engine
from engine.errors import NotFound

PIPELINE = """
id: sales
namespace: company.team
tasks:
  - id: download
    type: io.kestra.plugin.core.http.Download
    uri: "{url}"
    retry: {{type: constant, interval: PT0.01S, maxAttempts: 3}}
  - id: totals
    type: io.kestra.plugin.jdbc.duckdb.Query
    inputFiles:
      sales.csv: "{{{{ outputs.download.uri }}}}"
    sql: |
      SELECT country, sum(amount) AS total FROM read_csv_auto('sales.csv')
      WHERE amount > 100 GROUP BY country ORDER BY country
    fetchType: FETCH
  - id: store
    type: io.kestra.plugin.jdbc.sqlite.Queries
    url: jdbc:sqlite:sales.db
    sql: |
      CREATE TABLE IF NOT EXISTS totals (country TEXT PRIMARY KEY, total REAL);
      {{% for row in outputs.totals.rows %}}
      INSERT OR REPLACE INTO totals VALUES ('{{{{ row.country }}}}', {{{{ row.total }}}});
      {{% endfor %}}
      SELECT count(*) AS n FROM totals;
    fetchType: FETCH_ONE
  - id: report
    type: io.kestra.plugin.scripts.python.Script
    env: {{TOTALS: "{{{{ outputs.totals.rows }}}}"}}
    outputFiles: [report.txt]
    script: |
      import json, os
      from kestra import Kestra
      totals = json.loads(os.environ["TOTALS"])
      open("report.txt", "w").write("\\n".join(row["country"] for row in totals))
      Kestra.outputs({{"count": len(totals)}})
outputs:
  - {{id: stored, type: INT, value: "{{{{ outputs.store.outputs[0].row.n }}}}"}}
  - {{id: reported, type: INT, value: "{{{{ outputs.report.vars.count }}}}"}}
  - {{id: file, type: STRING, value: "{{{{ read(outputs.report.outputFiles['report.txt']) }}}}"}}
"""


def test_a_download_is_totalled_stored_and_reported(tmp_path: Path, web: Any) -> None:
    web.answers["/sales.csv"] = (200, {}, b"country,amount\nFR,150\nDE,50\nDE,300\nFR,200\n")
    with Engine(tmp_path / "home", durability="process") as engine:
        flow = PIPELINE.format(url=web.url("/sales.csv"))
        execution = engine.run(flow)
        assert execution.state == "SUCCESS", engine.logs(execution.id)
        assert execution.outputs == {"stored": 2, "reported": 2, "file": "DE\nFR"}
        engine.run(flow)
    with sqlite3.connect(tmp_path / "home/databases/sales.db") as database:
        assert database.execute("SELECT * FROM totals ORDER BY 1").fetchall() == [("DE", 300.0), ("FR", 350.0)]
    database.close()


def test_a_server_that_fails_twice_is_asked_again(tmp_path: Path, web: Any) -> None:
    calls = iter([(503, {}, b"busy"), (503, {}, b"busy"), (200, {}, b"country,amount\nFR,150\n")])

    class Answers(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return next(calls)

    web.answers = Answers()
    with Engine(tmp_path / "home", durability="process") as engine:
        execution = engine.run(PIPELINE.format(url=web.url("/sales.csv")))
    assert execution.state == "SUCCESS" and len(web.seen) == 3


def test_secrets_printed_by_a_script_are_masked_in_the_log(tmp_path: Path) -> None:
    import base64

    environment = {"SECRET_TOKEN": base64.b64encode(b"hush-hush").decode()}
    flow = """
id: masked
namespace: company.team
tasks:
  - id: shell
    type: io.kestra.plugin.scripts.shell.Commands
    env: {TOKEN: "{{ secret('TOKEN') }}"}
    commands: ['echo "token is $TOKEN"', 'echo "$TOKEN" >&2; exit 1']
"""
    with Engine(tmp_path / "home", durability="process", settings={"environment": environment}) as engine:
        execution = engine.run(flow)
        lines = [line.message for line in engine.logs(execution.id)]
    assert execution.state == "FAILED"
    assert not any("hush-hush" in line for line in lines)
    assert any(line.startswith("token is ") for line in lines)


def test_killing_an_execution_ends_its_process(tmp_path: Path) -> None:
    flow = """
id: long
namespace: company.team
tasks:
  - {id: shell, type: io.kestra.plugin.scripts.shell.Commands, commands: [echo begun, sleep 315]}
"""
    with Engine(tmp_path / "home", durability="process") as engine:
        begun: list[str] = []

        def hear(event: dict[str, Any]) -> None:
            begun.append(str(event))

        execution = engine.run(flow, wait=False, on_event=hear)
        while not any("begun" in event for event in list(begun)):
            assert not engine.execution(execution.id).terminal
        engine.kill(execution.id)
        assert engine.wait(execution.id, 30).state == "KILLED"


def test_a_time_limit_fails_a_script(tmp_path: Path) -> None:
    flow = """
id: limited
namespace: company.team
tasks:
  - {id: shell, type: io.kestra.plugin.scripts.shell.Commands, timeout: PT0.5S, commands: [sleep 316]}
"""
    with Engine(tmp_path / "home", durability="process") as engine:
        execution = engine.run(flow)
    assert execution.state == "FAILED"


def test_tasks_in_one_working_directory_share_their_files(tmp_path: Path) -> None:
    flow = """
id: shared
namespace: company.team
tasks:
  - id: folder
    type: io.kestra.plugin.core.flow.WorkingDirectory
    tasks:
      - {id: write, type: io.kestra.plugin.scripts.shell.Commands, commands: [echo 41 > n.txt]}
      - id: read
        type: io.kestra.plugin.scripts.python.Script
        outputFiles: [m.txt]
        script: open("m.txt", "w").write(str(int(open("n.txt").read()) + 1))
outputs: [{id: n, type: STRING, value: "{{ read(outputs.read.outputFiles['m.txt']) }}"}]
"""
    with Engine(tmp_path / "home", durability="process") as engine:
        execution = engine.run(flow)
        assert execution.state == "SUCCESS", engine.logs(execution.id)
    assert execution.outputs == {"n": "42"}


def test_executions_are_counted_where_the_expression_holds(tmp_path: Path) -> None:
    counted = (
        "id: counted\nnamespace: company.team\ntasks:\n  - {id: a, type: io.kestra.plugin.core.log.Log, message: x}\n"
    )
    flow = """
id: counting
namespace: company.team
tasks:
  - id: count
    type: io.kestra.plugin.core.execution.Count
    flows: [{namespace: company.team, flowId: counted}, {namespace: company.team, flowId: never}]
    states: [SUCCESS]
    startDate: "{{ now() | dateAdd(-1, 'DAYS') }}"
    expression: "{{ count >= 2 }}"
"""
    with Engine(tmp_path / "home", durability="process") as engine:
        engine.run(counted)
        engine.run(counted)
        execution = engine.run(flow)
        outputs = next(iter(execution.runs.values())).outputs
    assert outputs == {"results": [{"namespace": "company.team", "flowId": "counted", "count": 2}], "total": 2}


OLD = """
id: old
namespace: tests.purge.{place}
tasks:
  - {{id: said, type: io.kestra.plugin.core.log.Log, message: [one, two]}}
  - {{id: kept, type: io.kestra.plugin.core.storage.Write, content: text}}
"""
PURGE = """
id: purge
namespace: tests.system
tasks:
  - id: logs
    type: io.kestra.plugin.core.log.PurgeLogs
    namespace: tests.purge.a
    logLevels: [INFO]
    endDate: "{{ now() }}"
  - id: executions
    type: io.kestra.plugin.core.execution.PurgeExecutions
    namespace: tests.purge
    states: [SUCCESS]
    endDate: "{{ now() }}"
  - id: keys
    type: io.kestra.plugin.core.kv.PurgeKV
    namespaces: [tests]
    keyPattern: "old-*"
    expiredOnly: false
"""


def test_what_has_grown_old_is_removed_and_counted(tmp_path: Path) -> None:
    with Engine(tmp_path / "home", durability="process") as engine:
        old = [engine.run(OLD.format(place=place)) for place in ("a", "b")]
        other = engine.run(OLD.format(place="a").replace("tests.purge.a", "tests.purging"))
        for key in ("old-one", "new-one"):
            engine.stores.kv.put("tests.purge", key, 1)
        outputs = {run.task_id: run.outputs or {} for run in engine.run(PURGE).task_runs}
        assert outputs["logs"] == {"count": 2}
        assert outputs["executions"]["executionsCount"] == 2
        assert outputs["executions"]["storagesCount"] == 2
        assert outputs["executions"]["logsCount"] == 2
        assert outputs["keys"] == {"size": 1} and engine.stores.kv.keys("tests.purge") == ["new-one"]
        for execution in old:
            with pytest.raises(NotFound):
                engine.execution(execution.id)
        assert engine.execution(other.id).state == "SUCCESS"
        assert len(engine.logs(other.id)) == 2


REVISED = """
id: revised
namespace: tests.revised{below}
tasks:
  - {{id: said, type: io.kestra.plugin.core.log.Log, message: "{text}"}}
"""
PURGE_FLOWS = """
id: purge-flows
namespace: tests.system
tasks:
  - {id: gone, type: io.kestra.plugin.core.flow.PurgeFlows, GIVEN}
"""


@pytest.mark.parametrize(
    ("given", "size", "left", "left_below"),
    [
        ("namespaces: [tests.revised]", 4, [3], [3]),
        ("namespaces: [tests.revised], includeChildNamespaces: false", 2, [3], [1, 2, 3]),
        ("namespacePattern: '*.below', behavior: {keepAmount: 2}", 1, [1, 2, 3], [2, 3]),
        ("flowPattern: 'other*'", 0, [1, 2, 3], [1, 2, 3]),
        ("behavior: {before: '2000-01-01T00:00:00Z'}", 0, [1, 2, 3], [1, 2, 3]),
        ("behavior: {before: '2999-01-01T00:00:00Z'}", 4, [3], [3]),
    ],
)
def test_old_revisions_of_flows_go_and_the_newest_stays(
    given: str, size: int, left: list[int], left_below: list[int], tmp_path: Path
) -> None:
    with Engine(tmp_path / "home", durability="process") as engine:
        for text in ("one", "two", "three"):
            for below in ("", ".below"):
                engine.register(REVISED.format(below=below, text=text))
        execution = engine.run(PURGE_FLOWS.replace("GIVEN", given))
        assert next(iter(execution.runs.values())).outputs == {"size": size}
        known = engine.stores.flows
        assert [flow.revision for flow in known.revisions("tests.revised", "revised")] == left
        assert [flow.revision for flow in known.revisions("tests.revised.below", "revised")] == left_below


def test_purging_namespace_files_finds_no_older_versions(tmp_path: Path) -> None:
    with Engine(tmp_path / "home", durability="process") as engine:
        engine.stores.files.namespaces.put("tests.files", "a.txt", b"kept")
        execution = engine.run(PURGE_FLOWS.replace("flow.PurgeFlows, GIVEN", "namespace.PurgeFiles"))
        assert next(iter(execution.runs.values())).outputs == {"size": 0}
        assert engine.stores.files.namespaces.list("tests.files") == ["a.txt"]


def test_files_of_executions_go_by_their_age_once_it_is_no_trial_of_it(tmp_path: Path) -> None:
    given = "storage.PurgeStorage, namespace: tests.purge, endDate: '2999-01-01T00:00:00Z'"
    with Engine(tmp_path / "home", durability="process") as engine:
        engine.run(OLD.format(place="a"))
        for dry, deleted in ((", dryRun: true", 0), ("", 0), (", dryRun: false", 1)):
            execution = engine.run(PURGE_FLOWS.replace("flow.PurgeFlows, GIVEN", given + dry))
            outputs = next(iter(execution.runs.values())).outputs
            assert outputs == {"scannedCount": 1, "purgedCount": 1, "deletedFilesCount": deleted}
