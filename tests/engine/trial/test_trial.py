"""Trials: what really runs, what is stood in for, and what each verdict means."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from engine.flow.load import load_flow
from engine.trial import Trial, trial

CORE = "io.kestra.plugin.core"


def tried(tasks: str, *, head: str = "", **inputs: Any) -> Trial:
    text = f"id: tried\nnamespace: company.team\n{head}\ntasks:\n{tasks}"
    return trial(load_flow(text), inputs)


def of(outcome: Trial, task_id: str) -> tuple[str, str | None]:
    task = next(task for task in outcome.tasks if task.id == task_id)
    return task.how, task.state


def why(outcome: Trial, task_id: str) -> str:
    return next(task.why for task in outcome.tasks if task.id == task_id)


def test_a_flow_of_plain_tasks_runs_and_passes() -> None:
    outcome = tried(
        f"""
  - {{id: one, type: {CORE}.debug.Return, format: "{{{{ 1 + 1 }}}}"}}
  - {{id: two, type: {CORE}.log.Log, message: "{{{{ outputs.one.value }}}}"}}
"""
    )
    assert outcome.verdict == "passed"
    assert [(task.id, task.how, task.state) for task in outcome.tasks] == [
        ("one", "ran", "SUCCESS"),
        ("two", "ran", "SUCCESS"),
    ]


def test_the_json_shape_has_verdict_and_tasks() -> None:
    shape = tried(f"  - {{id: one, type: {CORE}.log.Log, message: hi}}\n").as_dict()
    assert shape["verdict"] == "passed"
    assert shape["tasks"] == [{"id": "one", "how": "ran", "state": "SUCCESS", "why": ""}]


def test_no_server_is_reached_and_its_answer_has_the_shape_that_is_read() -> None:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        outcome = tried(
            f"""
  - {{id: api, type: {CORE}.http.Request, uri: "http://127.0.0.1:{server.server_port}/x"}}
  - id: each
    type: {CORE}.flow.ForEach
    values: "{{{{ fromJson(outputs.api.body).items }}}}"
    tasks:
      - {{id: show, type: {CORE}.log.Log, message: "{{{{ fromJson(taskrun.value).price * 2 }}}}"}}
  - {{id: code, type: {CORE}.execution.Assert, conditions: ["{{{{ outputs.api.code == 200 }}}}"]}}
"""
        )
    finally:
        server.shutdown()
        server.server_close()
    assert not seen
    assert outcome.verdict == "passed", outcome
    assert of(outcome, "api") == ("stood_in", "SUCCESS") and "server" in why(outcome, "api")
    assert of(outcome, "show") == ("ran", "SUCCESS")


def test_a_downloaded_file_is_a_sample_of_the_kind_and_columns_its_reader_wants() -> None:
    outcome = tried(
        f"""
  - {{id: get, type: {CORE}.http.Download, uri: "https://example.com/orders.csv"}}
  - id: total
    type: io.kestra.plugin.jdbc.duckdb.Query
    inputFiles: {{orders.csv: "{{{{ outputs.get.uri }}}}"}}
    sql: SELECT country, sum(price) AS total FROM read_csv_auto('orders.csv') WHERE price > 100 GROUP BY country
    fetchType: FETCH
  - {{id: rows, type: io.kestra.plugin.serdes.csv.CsvToIon, from: "{{{{ outputs.get.uri }}}}"}}
  - {{id: show, type: {CORE}.log.Log, message: "{{{{ outputs.total.rows[0].country }}}} {{{{ outputs.rows.size }}}}"}}
"""
    )
    assert outcome.verdict == "passed", outcome
    assert [of(outcome, name)[0] for name in ("get", "total", "rows", "show")] == ["stood_in", "ran", "ran", "ran"]


def test_a_missing_output_is_a_failure_of_the_flow() -> None:
    outcome = tried(
        f"""
  - {{id: one, type: {CORE}.debug.Return, format: x}}
  - {{id: two, type: {CORE}.log.Log, message: "{{{{ outputs.oen.value }}}}"}}
"""
    )
    assert outcome.verdict == "failed"
    assert of(outcome, "two") == ("ran", "FAILED")
    assert "oen" in why(outcome, "two")


def test_an_output_that_a_stood_in_type_does_not_have_is_told() -> None:
    outcome = tried(
        f"""
  - {{id: api, type: {CORE}.http.Request, uri: "http://example.com"}}
  - {{id: two, type: {CORE}.log.Log, message: "{{{{ outputs.api.status }}}}"}}
"""
    )
    assert outcome.verdict != "passed"
    assert "status" in why(outcome, "two")


def test_wrong_expressions_of_a_stood_in_task_are_found() -> None:
    outcome = tried(
        """
  - id: alert
    type: io.kestra.plugin.slack.notifications.SlackIncomingWebhook
    url: "{{ secret('HOOK') }}"
    payload: '{"text": "{{ flow.id | shout }}"}'
"""
    )
    assert outcome.verdict == "failed"
    assert of(outcome, "alert") == ("stood_in", "FAILED") and "shout" in why(outcome, "alert")


def test_a_script_that_does_not_parse_fails_whatever_the_data() -> None:
    outcome = tried(
        f"""
  - {{id: get, type: {CORE}.http.Download, uri: "https://example.com/a.csv"}}
  - id: work
    type: io.kestra.plugin.scripts.python.Script
    inputFiles: {{a.csv: "{{{{ outputs.get.uri }}}}"}}
    script: "def broken(:"
"""
    )
    assert outcome.verdict == "failed"
    assert "SyntaxError" in why(outcome, "work")


def test_a_script_that_cannot_use_the_sample_is_partly_and_the_rest_is_tried() -> None:
    outcome = tried(
        f"""
  - {{id: get, type: {CORE}.http.Download, uri: "https://example.com/a.csv"}}
  - id: work
    type: io.kestra.plugin.scripts.python.Script
    inputFiles: {{a.csv: "{{{{ outputs.get.uri }}}}"}}
    outputFiles: [out.csv]
    script: |
      lines = open("a.csv").read().splitlines()
      assert len(lines) > 1000, "too few"
  - {{id: show, type: {CORE}.log.Log, message: "{{{{ outputs.work.outputFiles['out.csv'] }}}}"}}
"""
    )
    assert outcome.verdict == "partly"
    assert of(outcome, "work") == ("ran", "FAILED") and why(outcome, "work").startswith("on stood-in data")
    assert of(outcome, "show") == ("ran", "SUCCESS")


def test_a_script_that_fails_on_real_data_is_a_failure() -> None:
    outcome = tried(
        """
  - id: work
    type: io.kestra.plugin.scripts.python.Script
    script: print({}["nothing"])
"""
    )
    assert outcome.verdict == "failed" and "KeyError" in why(outcome, "work")


def test_a_script_that_wants_the_network_is_partly() -> None:
    outcome = tried(
        """
  - id: work
    type: io.kestra.plugin.scripts.shell.Commands
    commands: ["curl -sf https://example.com"]
"""
    )
    assert outcome.verdict == "partly" and "network" in why(outcome, "work")


@pytest.mark.parametrize(
    "work", ["script: import surely_not_installed", "dependencies: [surely-not-installed]\n    script: x = 1"]
)
def test_packages_that_are_not_here_are_no_fault_of_the_flow(work: str) -> None:
    outcome = tried(f"""
  - id: work
    type: io.kestra.plugin.scripts.python.Script
    {work}
""")
    assert outcome.verdict == "partly" and "surely" in why(outcome, "work")


def test_unknown_types_are_not_executable() -> None:
    outcome = tried("  - {id: odd, type: io.kestra.plugin.nowhere.Thing}\n")
    assert outcome.verdict == "partly"
    assert of(outcome, "odd")[0] == "not_executable"


def test_nothing_waits() -> None:
    outcome = tried(
        f"""
  - {{id: nap, type: {CORE}.flow.Sleep, duration: P10D}}
  - {{id: shell, type: io.kestra.plugin.scripts.shell.Commands, commands: ["sleep 864000"]}}
  - {{id: python, type: io.kestra.plugin.scripts.python.Script, script: "import time; time.sleep(864000)"}}
  - id: ask
    type: {CORE}.flow.Pause
    onResume: [{{id: approved, type: BOOL}}]
  - {{id: show, type: {CORE}.log.Log, message: "{{{{ outputs.ask.onResume.approved }}}}"}}
  - id: again
    type: {CORE}.flow.LoopUntil
    condition: "{{{{ false }}}}"
    checkFrequency: {{interval: PT1H, maxIterations: 100000}}
    tasks: [{{id: body, type: {CORE}.log.Log, message: round}}]
"""
    )
    assert outcome.verdict == "passed", outcome
    assert of(outcome, "ask")[0] == "stood_in"


def test_missing_inputs_secrets_and_keys_are_sampled() -> None:
    head = """
inputs:
  - {id: count, type: INT, min: 5}
  - {id: kind, type: SELECT, values: [a, b]}
  - {id: code, type: STRING, validator: "[A-Z]{3}-\\\\d{2}"}
  - {id: data, type: FILE}
  - {id: when, type: DATE}
  - {id: optional, type: STRING, required: false}
"""
    outcome = tried(
        f"""
  - id: show
    type: {CORE}.log.Log
    message: "{{{{ inputs.count + 1 }}}} {{{{ inputs.kind ~ inputs.code }}}} {{{{ secret('TOKEN') ~ kv('bucket') }}}}"
  - {{id: rows, type: io.kestra.plugin.serdes.csv.CsvToIon, from: "{{{{ inputs.data }}}}"}}
""",
        head=head,
    )
    assert outcome.verdict == "passed", outcome


def test_inputs_that_do_not_fit_are_told() -> None:
    outcome = tried(
        f"  - {{id: show, type: {CORE}.log.Log, message: hi}}\n",
        head="inputs: [{id: count, type: INT, max: 3}]",
        count=10,
    )
    assert outcome.verdict == "failed" and "count" in outcome.why


def test_keys_set_and_read_in_the_flow_are_kept_for_the_trial_only() -> None:
    outcome = tried(
        f"""
  - {{id: keep, type: {CORE}.kv.Set, key: a, value: "41", kvType: NUMBER}}
  - {{id: read, type: {CORE}.kv.Get, key: a}}
  - {{id: check, type: {CORE}.execution.Assert, conditions: ["{{{{ outputs.read.value + 1 == 42 }}}}"]}}
"""
    )
    assert outcome.verdict == "passed", outcome
    assert of(outcome, "keep") == ("ran", "SUCCESS")


def test_files_and_databases_named_by_absolute_paths_stay_inside_the_trial(tmp_path: Any) -> None:
    database = tmp_path / "shop.db"
    outcome = tried(
        f"""
  - id: store
    type: io.kestra.plugin.jdbc.sqlite.Queries
    url: "jdbc:sqlite:{database}"
    sql: CREATE TABLE t(a INT); INSERT INTO t VALUES (1); SELECT * FROM t
    fetchType: FETCH
  - {{id: show, type: {CORE}.log.Log, message: "{{{{ outputs.store.outputs[0].rows[0].a }}}}"}}
"""
    )
    assert outcome.verdict == "passed", outcome
    assert not database.exists()


def test_a_task_that_fails_on_purpose_is_no_fault() -> None:
    outcome = tried(f"  - {{id: stop, type: {CORE}.execution.Fail, errorMessage: enough}}\n")
    assert outcome.verdict == "passed"
    assert of(outcome, "stop") == ("ran", "FAILED") and "enough" in why(outcome, "stop")
    script = "  - {id: stop, type: io.kestra.plugin.scripts.shell.Commands, commands: [echo bye, exit 3]}\n"
    assert tried(script).verdict == "passed"


def test_branches_that_are_not_taken_say_so() -> None:
    outcome = tried(
        f"""
  - id: choose
    type: {CORE}.flow.If
    condition: "{{{{ true }}}}"
    then: [{{id: yes_task, type: {CORE}.log.Log, message: y}}]
    else: [{{id: no_task, type: {CORE}.log.Log, message: n}}]
"""
    )
    assert of(outcome, "yes_task") == ("ran", "SUCCESS")
    assert of(outcome, "no_task") == ("stood_in", None) and "not reached" in why(outcome, "no_task")


def test_what_triggers_give_is_sampled() -> None:
    head = f"""
triggers:
  - {{id: hook, type: {CORE}.trigger.Webhook, key: abc}}
"""
    outcome = tried(f"  - {{id: show, type: {CORE}.log.Log, message: '{{{{ trigger.body.user.name }}}}'}}\n", head=head)
    assert outcome.verdict == "passed", outcome


def test_other_flows_are_stood_in_for() -> None:
    outcome = tried(
        f"""
  - {{id: child, type: {CORE}.flow.Subflow, namespace: company.team, flowId: other}}
  - {{id: show, type: {CORE}.log.Log, message: "{{{{ outputs.child.outputs.result }}}}"}}
"""
    )
    assert outcome.verdict == "passed", outcome
    assert of(outcome, "child")[0] == "stood_in"


@pytest.mark.parametrize(
    ("fetch", "use", "verdict"),
    [
        ("FETCH", "outputs.q.rows[0].name", "passed"),
        ("FETCH_ONE", "outputs.q.row.name", "passed"),
        ("STORE", "outputs.q.uri", "passed"),
        ("NONE", "outputs.q.rows", "partly"),
    ],
)
def test_a_stood_in_query_gives_what_its_fetch_type_says(fetch: str, use: str, verdict: str) -> None:
    outcome = tried(
        f"""
  - {{id: q, type: io.kestra.plugin.jdbc.mysql.Query, url: "jdbc:mysql://db", sql: SELECT 1, fetchType: {fetch}}}
  - {{id: show, type: {CORE}.log.Log, message: "{{{{ {use} }}}}"}}
"""
    )
    assert outcome.verdict == verdict, outcome


def test_a_trial_leaves_nothing_behind(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    tried("  - {id: a, type: io.kestra.plugin.scripts.shell.Commands, commands: [echo hi > x]}\n")
    assert not list(tmp_path.iterdir())
