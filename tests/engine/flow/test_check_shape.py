"""Shape: types, properties, kinds, what is required; every finding on its line, with what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]
Only = Callable[..., Finding]


def test_a_good_flow_has_no_findings(flow: Flow) -> None:
    assert check_flow(flow()) == []


def test_an_unknown_type_is_named_with_what_it_may_mean(flow: Flow, only: Only) -> None:
    found = only(flow("- id: a\n  type: io.kestra.plugin.core.log.Lgo\n  message: hi"), "unknown_type")
    assert (found.line, found.column, found.end_column) == (5, 11, 40)
    assert "io.kestra.plugin.core.log.Log" in found.hint
    assert found.edit is not None and found.edit.text == "io.kestra.plugin.core.log.Log"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("core.log.Log", "io.kestra.plugin.core.log.Log"),
        ("io.kestra.plugin.python.Script", "io.kestra.plugin.scripts.python.Script"),
        ("io.kestra.plugin.core.flow.Foreach", "io.kestra.plugin.core.flow.ForEach"),
        ("io.kestra.plugin.core.kv.Write", "io.kestra.plugin.core.kv.Set"),
        ("io.kestra.plugin.serdes.csv.CsvToIons", "io.kestra.plugin.serdes.csv.CsvToIon"),
        ("io.kestra.plugin.gcp.gcs.PutFile", "io.kestra.plugin.gcp.gcs.Upload"),
    ],
)
def test_the_nearest_type_comes_first(wrong: str, right: str, flow: Flow, only: Only) -> None:
    hint = only(flow(f"- id: a\n  type: {wrong}"), "unknown_type").hint
    assert hint.startswith(f"Did you mean {right}")


def test_a_plugin_that_nobody_recorded_is_a_warning_of_its_own(flow: Flow, places: Places) -> None:
    assert places(flow("- id: a\n  type: io.kestra.plugin.helm.Upgrade\n  chart: x")) == [("unknown_plugin", 5, 11)]
    assert places(flow("- id: a\n  type: com.acme.tools.Deploy")) == [("unknown_plugin", 5, 11)]


def test_tasks_below_an_unknown_type_are_checked_too(flow: Flow, places: Places) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.core.flow.Sequentiall
      tasks:
        - id: b
          type: io.kestra.plugin.core.log.Log
          mesage: hi
    """
    assert [code for code, _, _ in places(flow(tasks))] == ["unknown_type", "unknown_property"]


@pytest.mark.parametrize(
    ("type_name", "wrong", "right"),
    [
        ("core.http.Request", "url: x", "uri"),
        ("jdbc.duckdb.Query", "fetch_type: FETCH", "fetchType"),
        ("jdbc.duckdb.Query", "query: SELECT 1", "sql"),
        ("core.flow.ForEach", "maxParallel: 2", "concurrencyLimit"),
        ("core.kv.Set", "valueType: NUMBER\n  value: 1", "kvType"),
        ("scripts.shell.Commands", "command: [ls]", "commands"),
    ],
)
def test_a_wrong_property_leads_to_the_right_one(
    type_name: str, wrong: str, right: str, flow: Flow, only: Only
) -> None:
    found = only(flow(f"- id: a\n  type: io.kestra.plugin.{type_name}\n  {wrong}"), "unknown_property")
    assert (found.line, found.column) == (6, 5)
    assert found.edit is not None and found.edit.text == right


def test_a_misspelt_required_property_is_one_finding_not_two(flow: Flow, places: Places) -> None:
    assert places(flow("- id: a\n  type: io.kestra.plugin.core.http.Download\n  url: http://x")) == [
        ("unknown_property", 6, 5)
    ]


def test_a_missing_property_points_at_the_type(flow: Flow, only: Only) -> None:
    found = only(flow("- id: a\n  type: io.kestra.plugin.core.http.Download"), "missing_required")
    assert (found.line, found.column) == (5, 5)
    assert found.message == "Download needs uri"
    assert found.hint


def test_what_a_plugin_default_gives_is_not_missing(flow: Flow) -> None:
    before = """
    pluginDefaults:
      - type: io.kestra.plugin.core.http
        values:
          uri: https://example.org
    """
    assert check_flow(flow("- id: a\n  type: io.kestra.plugin.core.http.Download", before)) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("timeout: soon", "bad_duration"),
        ("timeout: 2m", "bad_duration"),
        ("timeout: PT2M", ""),
        ("timeout: P1D", ""),
        ("timeout: 30", ""),
        ("disabled: maybe", "wrong_kind"),
        ("disabled: 'true'", ""),
        ("logLevel: LOUD", "bad_enum"),
        ("logLevel: info", ""),
        ("retry: {type: constant, interval: PT1S, maxAttempts: many}", "wrong_kind"),
        ("retry: {type: constant, interval: PT1S, maxAttempts: '3'}", ""),
        ("retry: {type: sometimes}", "bad_enum"),
        ("retry: {type: constant}", "missing_required"),
        ("retry: often", "wrong_kind"),
        ("description: {a: b}", "wrong_kind"),
        ('runIf: "{{ inputs.x ?? true }}"', ""),
    ],
)
def test_values_are_of_their_kind(line: str, code: str, flow: Flow, places: Places) -> None:
    found = places(flow(f"- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: hi\n  {line}"))
    assert [c for c, _, _ in found] == ([code] if code else [])
    assert all(at == 7 for _, at, _ in found)


def test_a_list_of_tasks_that_is_a_map_is_made_a_list(flow: Flow, only: Only) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.core.flow.Sequential
      tasks:
        id: b
        type: io.kestra.plugin.core.log.Log
        message: hi
    """
    found = only(flow(tasks), "wrong_kind")
    assert found.line == 7
    assert found.edit is not None
    assert found.edit.text.startswith("      - id: b\n        type:")


def test_an_expression_may_stand_for_a_value_that_is_rendered(flow: Flow) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.core.http.Request
      uri: https://example.org
      allowFailed: "{{ execution.id is not null }}"
      headers: "{{ trigger.headers ?? {} }}"
    """
    assert [f for f in check_flow(flow(tasks)) if f.severity == "error"] == []


def test_letter_case_of_enums_does_not_matter(flow: Flow) -> None:
    tasks = "- id: a\n  type: io.kestra.plugin.jdbc.duckdb.Query\n  sql: SELECT 1\n  fetchType: store"
    assert check_flow(flow(tasks)) == []


def test_a_task_is_no_trigger(flow: Flow, only: Only) -> None:
    found = only(flow("- id: a\n  type: io.kestra.plugin.core.trigger.Schedule\n  cron: '@daily'"), "misplaced_type")
    assert (found.line, found.severity) == (5, "error")


def test_a_task_without_type_is_found_at_its_first_line(flow: Flow, only: Only) -> None:
    assert only(flow("- id: a\n  message: hi"), "missing_required").line == 4


def test_flow_needs_id_namespace_and_tasks(places: Places) -> None:
    assert [c for c, _, _ in places("description: nothing\n")] == ["missing_required"] * 3


def test_findings_come_in_order_of_place_and_all_at_once(flow: Flow, places: Places) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.core.log.Lgo
    - id: a
      type: io.kestra.plugin.core.log.Log
      mesage: hi
    - id: c
      type: io.kestra.plugin.core.http.Download
      timeout: soon
    """
    found = places(flow(tasks))
    assert [c for c, _, _ in found] == [
        "unknown_type",
        "duplicate_id",
        "unknown_property",
        "missing_required",
        "bad_duration",
    ]
    assert [at for _, at, _ in found] == sorted(at for _, at, _ in found)


def test_what_tools_are_given_at_run_time_is_not_missing(flow: Flow) -> None:
    tasks = """
    - id: agent
      type: io.kestra.plugin.ai.agent.AIAgent
      prompt: Do it
      provider:
        type: io.kestra.plugin.ai.provider.GoogleGemini
        apiKey: "{{ secret('KEY') }}"
        modelName: gemini-2.5-flash
      tools:
        - type: io.kestra.plugin.ai.tool.KestraTask
          tasks:
            - id: say
              type: io.kestra.plugin.core.log.Log
    """
    assert [f for f in check_flow(flow(tasks)) if f.severity == "error"] == []
