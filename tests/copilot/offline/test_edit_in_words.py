"""Edits in words: what is asked changes, everything else stays byte for byte."""

from __future__ import annotations

import pytest

from copilot.edit import edit
from copilot.evaluate.edit import block_of
from engine import check_flow
from engine.flow.findings import errors
from engine.flow.source import parse

REPORT = """\
id: sales_report
namespace: company.sales
# weekly numbers

inputs:
  - id: region
    type: STRING
    defaults: eu

variables:
  bucket: raw-sales

tasks:
  - id: fetch
    type: io.kestra.plugin.core.http.Download
    uri: https://example.org/sales.csv # source

  - id: load
    type: io.kestra.plugin.jdbc.postgresql.CopyIn
    url: jdbc:postgresql://db:5432/shop
    username: loader
    password: "{{ secret('DB_PASSWORD') }}"
    from: "{{ outputs.fetch.uri }}"
    table: sales
    format: CSV
    header: true

  - id: top_products
    type: io.kestra.plugin.jdbc.postgresql.Query
    url: jdbc:postgresql://db:5432/shop
    username: loader
    password: "{{ secret('DB_PASSWORD') }}"
    sql: |
      SELECT product, sum(amount) AS total
      FROM sales
      GROUP BY product
    fetchType: STORE

  - id: report
    type: io.kestra.plugin.core.log.Log
    message: "Report for {{ inputs.region }} is ready"

errors:
  - id: alert
    type: io.kestra.plugin.notifications.slack.SlackIncomingWebhook
    url: "{{ secret('SLACK_WEBHOOK') }}"
    messageText: "{{ flow.id }} failed"

triggers:
  - id: weekly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * 1"
    timezone: Europe/Paris
"""

LOOP = """\
id: loop_flow
namespace: dev
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["a", "b"]
    tasks:
      - id: call
        type: io.kestra.plugin.core.http.Request
        uri: https://example.org/{{ taskrun.value }}
  - id: pause
    type: io.kestra.plugin.core.flow.Sleep
    duration: PT1M
  - id: py
    type: io.kestra.plugin.scripts.python.Script
    containerImage: python:3.11
    script: |
      print("x")
  - id: sub
    type: io.kestra.plugin.core.flow.Subflow
    namespace: dev
    flowId: child
"""

# flow, instruction, text that must be there ('!': must be gone; '|': one of)
EDITS = [
    (REPORT, "run it on Tuesdays instead of Mondays", 'cron: "0 9 * * 2"'),
    (REPORT, "change the time to 7:45", 'cron: "45 7 * * 1"'),
    (REPORT, "timezone should be America/New_York", "timezone: America/New_York"),
    (REPORT, "disable the trigger", "disabled: true"),
    (REPORT, "download from https://example.org/new.csv instead", "https://example.org/new.csv # source"),
    (REPORT, "rename task fetch to get_sales", "outputs.get_sales.uri"),
    (REPORT, "retry the load 4 times every 30 seconds", "maxAttempts: 5"),
    (REPORT, "use exponential backoff for the download, at most 5 attempts", "type: exponential"),
    (REPORT, "the load may take at most 20 minutes", "timeout: PT20M"),
    (REPORT, "only show the 5 best products", "LIMIT 5"),
    (REPORT, "order by total descending", "ORDER BY total DESC"),
    (REPORT, "use Discord instead of Slack for the alert", "DiscordIncomingWebhook"),
    (REPORT, "also mail ops@example.org when it fails", "MailSend"),
    (REPORT, "export the query result to excel at the end", "IonToExcel"),
    (REPORT, "add a boolean input dry_run with default false", "id: dry_run"),
    (REPORT, "set the default of region to us", "defaults: us"),
    (REPORT, "make region a dropdown with eu, us and ap", "type: SELECT"),
    (REPORT, "remove the report task", "!id: report"),
    (REPORT, "load into the table sales_2026", "table: sales_2026"),
    (REPORT, "add label team=bi", "team: bi"),
    (REPORT, "allow only one run at a time and cancel the others", "behavior: CANCEL"),
    (REPORT, "add a description 'Weekly sales report'", "description: Weekly sales report"),
    (REPORT, "log 'loading' before the load task", "message: loading"),
    (REPORT, "set the delimiter to ;", "delimiter:"),
    (REPORT, "at the end upload the csv to s3 bucket `archive`", "aws.s3.Upload"),
    (REPORT, "rename the variable bucket to source_bucket", "source_bucket: raw-sales"),
    (REPORT, "the slack webhook is in the secret TEAM_HOOK", "TEAM_HOOK"),
    (REPORT, "add an output rows with the size of the query", "outputs:"),
    (REPORT, "the message should be 'done for today'", "done for today"),
    (REPORT, "set region input to required false", "required: false"),
    (REPORT, "put the postgres connection into plugin defaults", "pluginDefaults"),
    (REPORT, "don't run the report task for now", "disabled: true"),
    (LOOP, "process 3 items at a time", "concurrencyLimit: 3"),
    (LOOP, "add c to the list", '"c"'),
    (LOOP, "sleep 5 minutes instead of one", "PT5M"),
    (LOOP, "add numpy as a dependency of the python script", "numpy"),
    (LOOP, "run the python script with image python:3.13-slim", "python:3.13-slim"),
    (LOOP, "don't wait for the subflow", "wait: false"),
    (LOOP, "call it with POST", "method: POST"),
    (LOOP, "run every night at 1", 'cron: 0 1 * * *|cron: "0 1 * * *"'),
    (LOOP, "if a call fails continue with the others", "allowFailure: true"),
    (LOOP, "pass the input name=x to the subflow", "name: x"),
    (LOOP, "add a timeout of 10 seconds to the call", "timeout: PT10S"),
    (LOOP, "move to Kestra 2.0", "core.flow.Loop"),
    (LOOP, "add an error handler that logs the execution id", "errors:"),
    (LOOP, "delete the sleep", "!PT1M"),
    (LOOP, "store the answer in the kv store under last_answer", "core.kv.Set"),
]


@pytest.mark.parametrize(("flow", "words", "expected"), EDITS, ids=[e[1] for e in EDITS])
def test_an_edit_does_what_it_says_and_nothing_more(flow: str, words: str, expected: str) -> None:
    result = edit(flow, words)
    assert result.status == "ok"
    assert result.flow is not None
    if expected.startswith("!"):
        assert expected[1:] not in result.flow
    else:
        assert any(option in result.flow for option in expected.split("|")), result.diff
    target = "2.0" if "2.0" in words else "1.1"
    assert len(errors(check_flow(result.flow, target))) <= len(errors(check_flow(flow, "1.1")))
    gone = [line for line in result.diff.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert len(gone) <= 12
    assert all(comment in result.flow for comment in ("# weekly numbers", "# source") if comment in flow)


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("retry the load 4 times every 30 seconds", ["fetch", "top_products", "report", "alert", "weekly", "region"]),
        ("run it on Tuesdays instead of Mondays", ["fetch", "load", "top_products", "report", "alert", "region"]),
        ("use Discord instead of Slack for the alert", ["fetch", "load", "top_products", "report", "weekly"]),
        ("log 'loading' before the load task", ["fetch", "load", "top_products", "report", "alert", "weekly"]),
        ("make region a dropdown with eu, us and ap", ["fetch", "load", "top_products", "report", "alert", "weekly"]),
        ("only show the 5 best products", ["fetch", "load", "report", "alert", "weekly", "region"]),
    ],
)
def test_what_is_not_meant_stays_byte_for_byte(words: str, same: list[str]) -> None:
    result = edit(REPORT, words)
    assert result.flow is not None
    assert result.flow != REPORT
    for name in same:
        assert block_of(result.flow, name) == block_of(REPORT, name)


def test_a_question_changes_nothing() -> None:
    result = edit(REPORT, "what does this flow do?")
    assert (result.status, result.flow, result.diff) == ("ok", REPORT, "")


def test_what_no_rule_understands_comes_back_with_a_question() -> None:
    result = edit(REPORT, "make it sparkle like a diamond")
    assert result.status == "needs_input"
    assert result.flow == REPORT
    assert result.not_understood == ("make it sparkle like a diamond",)
    assert result.questions


def test_a_text_that_is_no_flow_is_left_alone() -> None:
    result = edit("- just\n- a list\n", "sleep 5 seconds")
    assert result.status == "needs_input"
    assert result.flow == "- just\n- a list\n"


def test_a_secret_in_the_instruction_never_reaches_the_flow() -> None:
    result = edit(REPORT, "set the password of the load task to Sup3rS3cret!")
    assert "Sup3rS3cret!" not in (result.flow or "") + result.diff + " ".join(result.notes)


def test_a_renamed_input_is_renamed_where_it_is_used() -> None:
    result = edit(REPORT, "rename the input region to area")
    assert result.flow is not None
    assert "inputs.region" not in result.flow
    assert parse(result.flow).value["inputs"][0]["id"] == "area"


def test_comments_on_changed_lines_stay() -> None:
    result = edit(REPORT, "download from https://example.org/new.csv instead")
    assert result.flow is not None
    assert "uri: https://example.org/new.csv # source" in result.flow
