"""Edits change what they say and no other byte; a flow is rewritten for another version and stays a flow."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.flow.check import check_flow
from engine.flow.edits import apply, fix, fix_all
from engine.flow.findings import Edit, Finding
from engine.flow.source import Source, parse
from engine.flow.upgrade import upgrade

Flow = Callable[..., str]

WRONG = """\
# who wrote this?
id: demo   # the id
namespace:   company.team

tasks:
  # first
  - id:  get
    type: io.kestra.plugin.core.http.Downlod   # misspelt
    uri: 'https://example.org'
    timeOut: 2m

  - id: say
    type: io.kestra.plugin.core.log.Log
    mesage:   "{{ outputs.gett.uri | uper }}"
"""


def test_only_what_is_wrong_changes() -> None:
    fixed, remaining = fix_all(WRONG)
    assert remaining == []
    expected = (
        WRONG.replace("Downlod", "Download")
        .replace("timeOut: 2m", "timeout: PT2M")
        .replace("mesage", "message")
        .replace("gett", "get")
        .replace("uper", "upper")
    )
    assert fixed == expected


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings_stay(ending: str) -> None:
    fixed, remaining = fix_all(WRONG.replace("\n", ending))
    assert remaining == []
    assert fixed.count(ending) == WRONG.count("\n")
    assert fixed.replace(ending, "").count("\n") == 0


def test_a_byte_order_mark_stays() -> None:
    fixed, _ = fix_all("\ufeff" + WRONG)
    assert fixed.startswith("\ufeff# who")
    assert "Download " in fixed


def test_unsafe_edits_are_not_applied() -> None:
    edit = Edit(1, 1, 1, 2, "X", safe=False)
    assert fix("abc", [Finding("x", "error", (), 1, 1, "m", edit=edit)]) == "abc"
    assert apply("abc", [edit]) == "Xbc"


def test_of_overlapping_edits_the_first_counts() -> None:
    assert apply("abcdef", [Edit(1, 2, 1, 5, "X"), Edit(1, 3, 1, 4, "Y")]) == "aXef"


@given(
    st.text(alphabet="ab\n\r😀", max_size=30),
    st.integers(0, 30),
    st.integers(0, 30),
    st.text(alphabet="xy\n", max_size=5),
)
def test_an_edit_replaces_exactly_its_range(text: str, a: int, b: int, new: str) -> None:
    source = Source(text)
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    (line, column), (end_line, end_column) = source.position(start), source.position(end)
    assert apply(text, [Edit(line, column, end_line, end_column, new)]) == text[:start] + new + text[end:]


OLD = """\
id: demo
namespace: company.team

inputs:
  - name: wanted
    type: BOOLEAN
    defaults: true

# shared settings
pluginDefaults:
  - type: io.kestra.plugin.jdbc.postgresql
    values:
      url: jdbc:postgresql://db/x   # the warehouse
      password: "{{ secret('PG') }}"

tasks:
  # over the cities
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [1, 2]
    tasks:
      - id: rows
        type: io.kestra.plugin.jdbc.postgresql.Query
        sql: SELECT {{ taskrun.value }}
        fetchType: FETCH_ONE
      - id: say
        type: io.kestra.core.tasks.log.Log
        message: "{{ outputs.rows[taskrun.value].row }} {{ taskrun.iteration }} {{ {'a': 1} | json }}"
  - id: call
    type: io.kestra.plugin.core.http.Request
    uri: https://example.org
    options:
      connectTimeout: PT5S
      readTimeout: PT30S
      basicAuthUser: me
      basicAuthPassword: "{{ secret('PW') }}"
    retry:
      type: constant
      interval: PT1S
      maxAttempt: 3
  - id: script
    type: io.kestra.plugin.scripts.python.Script
    runner: PROCESS
    script: print(1)

triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 3 * * *"
    conditions:
      - type: io.kestra.plugin.core.condition.Weekend
      - type: io.kestra.plugin.core.condition.Not
        conditions:
          - type: io.kestra.plugin.core.condition.PublicHoliday
            country: NO
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    conditions:
      - type: io.kestra.plugin.core.condition.ExecutionFlow
        namespace: company.team
        flowId: load
      - type: io.kestra.plugin.core.condition.ExecutionStatus
        in: [SUCCESS]
"""

NEW = """\
id: demo
namespace: company.team

inputs:
  - id: wanted
    type: BOOL
    defaults: true

# shared settings

tasks:
  # over the cities
  - id: each
    type: io.kestra.plugin.core.flow.Loop
    values: [1, 2]
    tasks:
      - id: rows
        type: io.kestra.plugin.jdbc.postgresql.Query
        url: jdbc:postgresql://db/x   # the warehouse
        password: "{{ secret('PG') }}"
        sql: SELECT {{ item.value }}
        fetchType: FETCH_ONE
      - id: say
        type: io.kestra.plugin.core.log.Log
        message: "{{ outputs.rows.row }} {{ item.index }} {{ {'a': 1} | toJson }}"
  - id: call
    type: io.kestra.plugin.core.http.Request
    uri: https://example.org
    options:
      timeout:
        connectTimeout: PT5S
        readIdleTimeout: PT30S
      auth:
        type: BASIC
        username: me
        password: "{{ secret('PW') }}"
    retry:
      type: constant
      interval: PT1S
      maxAttempts: 3
  - id: script
    type: io.kestra.plugin.scripts.python.Script
    taskRunner:
      type: io.kestra.plugin.core.runner.Process
    script: print(1)

triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 3 * * *"
    when: "{{ (isWeekend(trigger.date)) and (not ((isPublicHoliday(trigger.date, 'NO')))) }}"
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    dependsOn:
      - namespace: company.team
        flowId: load
        states: ["SUCCESS"]
"""


def test_a_flow_of_1_x_is_rewritten_for_2_0() -> None:
    text, remaining = upgrade(OLD.replace("country: NO", "country: 'NO'"), "2.0")
    assert text == NEW
    assert [f for f in remaining if f.severity == "error"] == []


def test_a_flow_that_fits_stays_as_it_is() -> None:
    assert upgrade(NEW, "2.0")[0] == NEW


def test_an_upgrade_to_a_version_before_2_0_only_renames() -> None:
    text, remaining = upgrade(OLD.replace("pluginDefaults", "taskDefaults"), "1.1")
    assert [f for f in remaining if f.severity == "error"] == []
    assert "pluginDefaults:" in text and "ForEach" in text
    assert "io.kestra.plugin.core.log.Log" in text


def test_what_cannot_be_rewritten_is_left_and_named(flow: Flow) -> None:
    before = "listeners:\n  - tasks:\n      - {id: x, type: io.kestra.plugin.core.log.Log, message: hi}\n"
    text, remaining = upgrade(flow(before=before), "2.0")
    assert text == flow(before=before)
    assert [f.code for f in remaining if f.severity == "error"] == ["version_removed"]


def test_older_loops_become_loops_too(flow: Flow) -> None:
    tasks = """
    - id: each
      type: io.kestra.plugin.core.flow.EachParallel
      value: ["a", "b"]
      tasks:
        - id: say
          type: io.kestra.plugin.core.log.Log
          message: "{{ taskrun.value }}"
    """
    text, remaining = upgrade(flow(tasks), "2.0")
    assert remaining == []
    (task,) = parse(text).value["tasks"]
    assert (task["type"].rpartition(".")[2], task["values"], task["concurrencyLimit"]) == ("Loop", ["a", "b"], 0)


def test_notifications_move_to_their_own_plugins() -> None:
    text = dedent("""\
    id: demo
    namespace: a.b
    tasks:
      - id: tell
        type: io.kestra.plugin.notifications.slack.SlackIncomingWebhook
        url: "{{ secret('SLACK') }}"
    """)
    assert "io.kestra.plugin.slack.notifications.SlackIncomingWebhook" in upgrade(text, "2.0")[0]
    assert upgrade(text, "1.1")[0] == text


def test_a_text_that_is_no_flow_comes_back_with_its_findings() -> None:
    text, remaining = upgrade("id: [", "2.0")
    assert text == "id: [" or text == "id: []"
    assert remaining


@given(st.text(alphabet=" -:abc\n\"'[]{}|", max_size=60))
def test_fixing_never_fails_and_never_adds_errors(text: str) -> None:
    before = sum(f.severity == "error" for f in check_flow(text))
    _, remaining = fix_all(text)
    assert sum(f.severity == "error" for f in remaining) <= before
