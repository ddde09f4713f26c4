"""Ids, inputs, flowables and circles."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]
Only = Callable[..., Finding]

NESTED_TWICE = """
- id: same
  type: io.kestra.plugin.core.log.Log
  message: hi
- id: seq
  type: io.kestra.plugin.core.flow.Sequential
  tasks:
    - id: same
      type: io.kestra.plugin.core.log.Log
      message: hi
"""


def test_task_ids_are_unique_at_any_depth(flow: Flow, only: Only) -> None:
    found = only(flow(NESTED_TWICE), "duplicate_id")
    assert (found.line, found.column) == (10, 13)
    assert "line 4" in found.message
    assert found.edit is not None and (found.edit.text, found.edit.safe) == ("same_2", True)


def test_an_id_that_is_read_is_not_renamed_unasked(flow: Flow, only: Only) -> None:
    text = flow(NESTED_TWICE + '- id: last\n  type: io.kestra.plugin.core.log.Log\n  message: "{{ outputs.same }}"\n')
    found = only(text, "duplicate_id")
    assert found.edit is not None and not found.edit.safe


@pytest.mark.parametrize("part", ["inputs", "outputs", "triggers"])
def test_ids_of_other_parts_are_unique_among_themselves(part: str, flow: Flow, only: Only) -> None:
    entry = {
        "inputs": "{id: a, type: STRING}",
        "outputs": "{id: a, type: STRING, value: x}",
        "triggers": "{id: a, type: io.kestra.plugin.core.trigger.Schedule, cron: '@daily'}",
    }[part]
    assert only(flow(before=f"{part}:\n  - {entry}\n  - {entry}\n"), "duplicate_id").line == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("id: bad id\nnamespace: a.b\n", "bad_id"),
        ("id: ''\nnamespace: a.b\n", "empty_value"),
        ("id: a\nnamespace: Company.Team\n", "bad_id"),
        (f"id: {'x' * 101}\nnamespace: a.b\n", "too_long"),
        ("id: a\nnamespace: a.b\n", ""),
        ("id: with.dots-and_more\nnamespace: company.team-1\n", ""),
    ],
)
def test_ids_have_a_form(text: str, code: str, places: Places) -> None:
    whole = text + "tasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
    assert code in [c for c, _, _ in places(whole)] if code else places(whole) == []


def test_a_task_id_takes_no_dots(flow: Flow, only: Only) -> None:
    assert only(flow("- id: a.b\n  type: io.kestra.plugin.core.log.Log\n  message: hi"), "bad_id").line == 4


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{id: a, type: FILE, defaults: something}", "bad_default"),
        ("{id: a, type: FILE, defaults: 'nsfile:///data.csv'}", ""),
        ("{id: a, type: INT, defaults: many}", "bad_default"),
        ("{id: a, type: INT, defaults: '3'}", ""),
        ("{id: a, type: DURATION, defaults: 5m}", "bad_duration"),
        ("{id: a, type: DATE, defaults: 31.01.2030}", "bad_default"),
        ("{id: a, type: BOOL, defaults: perhaps}", "bad_default"),
        ("{id: a, type: SELECT, values: [x, y], defaults: z}", "bad_default"),
        ("{id: a, type: SELECT, values: [x, y], defaults: z, allowCustomValue: true}", ""),
        ("{id: a, type: SELECT}", "missing_required"),
        ("{id: a, type: SELECT, values: 'x, y'}", "wrong_kind"),
        ("{id: a, type: ARRAY, itemType: ARRAY}", "bad_enum"),
        ("{id: a, type: NUMBER}", "bad_enum"),
        ("{id: a, type: STRING, min: 3}", "unknown_property"),
        ("{id: a, type: STRING, dependsOn: {inputs: [b]}}", "unknown_input_ref"),
        ("{id: a, type: STRING, dependsOn: {inputs: [a]}}", "cycle"),
        ("{id: a, type: INT, min: 1, max: 9}", ""),
    ],
)
def test_inputs_fit_their_kind(entry: str, code: str, flow: Flow, places: Places) -> None:
    assert [c for c, _, _ in places(flow(before=f"inputs:\n  - {entry}\n"))] == ([code] if code else [])


def test_a_circle_of_inputs_is_shown_from_its_first_member(flow: Flow, only: Only) -> None:
    before = """
    inputs:
      - id: a
        type: STRING
        dependsOn:
          inputs: [b]
      - id: b
        type: STRING
        dependsOn:
          inputs: [a]
    """
    found = only(flow(before=before), "cycle")
    assert found.line == 6
    assert "a -> b -> a" in found.message


DAG = """
- id: dag
  type: io.kestra.plugin.core.flow.Dag
  tasks:
    - task:
        id: one
        type: io.kestra.plugin.core.log.Log
        message: hi
      dependsOn: [{one}]
    - task:
        id: two
        type: io.kestra.plugin.core.log.Log
        message: hi
      dependsOn: [one]
"""


def test_a_dag_has_no_circle_and_waits_for_its_own_tasks(flow: Flow, only: Only) -> None:
    assert "one -> two -> one" in only(flow(DAG.replace("{one}", "two")), "cycle").message
    found = only(flow(DAG.replace("{one}", "tow")), "unknown_task_ref")
    assert (found.line, found.hint) == (11, "Did you mean two?")


def test_a_flow_that_calls_itself_is_a_circle(flow: Flow, only: Only) -> None:
    task = "- id: call\n  type: io.kestra.plugin.core.flow.Subflow\n  flowId: demo\n  namespace: company.team"
    found = only(flow(task), "cycle")
    assert (found.line, found.column) == (6, 13)
    assert check_flow(flow(task.replace("demo", "other"))) == []


@pytest.mark.parametrize(
    ("tasks", "code", "line"),
    [
        ("- id: a\n  type: io.kestra.plugin.core.flow.Parallel\n  tasks: []", "empty_tasks", 6),
        ("- id: a\n  type: io.kestra.plugin.core.flow.Switch\n  value: x", "empty_tasks", 5),
        (
            "- id: w\n  type: io.kestra.plugin.core.flow.WorkingDirectory\n  tasks:\n"
            "    - id: p\n      type: io.kestra.plugin.core.flow.Pause\n",
            "not_runnable_child",
            8,
        ),
        (
            "- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: hi\n  workerGroup: {key: x}",
            "enterprise_only",
            7,
        ),
        (
            "- id: a\n  type: io.kestra.plugin.core.execution.Fail\n"
            "- id: b\n  type: io.kestra.plugin.core.log.Log\n  message: hi",
            "unreachable",
            6,
        ),
    ],
)
def test_flowables_hold_what_they_can(tasks: str, code: str, line: int, flow: Flow, only: Only) -> None:
    assert only(flow(tasks), code).line == line


def test_system_labels_are_kestras_own(flow: Flow, only: Only) -> None:
    assert only(flow(before="labels:\n  system.x: y\n  team: z\n"), "reserved_label").line == 4
    assert check_flow(flow(before="labels:\n  system.readOnly: true\n")) == []


@pytest.mark.parametrize("strange", ["[sla, timeout]", "{a: b}", "3", "null", "true"])
def test_an_id_that_is_no_text_trips_no_rule(strange: str, caplog: pytest.LogCaptureFixture) -> None:
    found = check_flow(
        f"id: {strange}\nnamespace: a\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.debug.Return\n", "2.0"
    )
    assert any(f.severity == "error" for f in found) or strange in ("3", "true")
    assert caplog.records == []
