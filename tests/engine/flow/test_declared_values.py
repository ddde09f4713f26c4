"""Values that a flow declares: defaults, bounds, what triggers give, and what outputs say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.edits import fix_all
from engine.flow.values import out_of_bounds, regex_problem, seconds

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]

SCHEDULE = "triggers:\n  - id: daily\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: '@daily'\n"


def _input(lines: str) -> str:
    return "inputs:\n  - id: given\n" + "".join(f"    {line}\n" for line in lines.split("; "))


@pytest.mark.parametrize(
    "lines",
    [
        "type: ARRAY; itemType: SECRET",
        "type: MULTISELECT; values: [a]; itemType: ARRAY",
        "type: STRING; defaults: x; required: false",
        "type: STRING; defaults: x; prefill: y",
        "type: STRING; validator: 'A{'",
        "type: STRING; validator: '(a'",
        "type: DATETIME; defaults: yesterday",
        "type: EMAIL; defaults: me",
        "type: JSON; defaults: '{a'",
        "type: INT; defaults: 3; min: 5",
        "type: DURATION; defaults: PT1H; max: PT30M",
        "type: DATE; defaults: '2030-01-01'; before: '2030-01-01'",
        "type: STRING; defaults: abc; validator: '[0-9]+'",
    ],
)
def test_an_input_that_kestra_refuses(lines: str, flow: Flow) -> None:
    found = [f for f in check_flow(flow(before=_input(lines)), "2.0") if f.severity == "error"]
    assert len(found) == 1
    assert found[0].hint
    assert 3 < found[0].line < 9


@pytest.mark.parametrize(
    "lines",
    [
        "type: ARRAY; itemType: INT; defaults: [1]",
        "type: STRING; defaults: x; required: true",
        "type: STRING; prefill: x; required: false",
        "type: STRING; defaults: AB-12; validator: '[A-Z]{2}-\\d{1,2}'",
        "type: STRING; defaults: x; validator: '(?i)X'",
        "type: STRING; defaults: x; validator: '\\p{Alpha}+'",
        "type: DATETIME; defaults: '2030-01-31T07:30:00Z'",
        "type: JSON; defaults: '[{\"a\": 1}]'",
        'type: INT; defaults: "{{ 3 }}"; min: 5',
        "type: INT; defaults: 5; min: 5; max: 5",
        "type: DURATION; defaults: PT30M; min: PT5M",
    ],
)
def test_an_input_that_kestra_takes(lines: str, flow: Flow) -> None:
    assert [f for f in check_flow(flow(before=_input(lines)), "2.0") if f.severity != "hint"] == []


def test_older_versions_let_an_input_with_a_default_be_optional(flow: Flow) -> None:
    found = check_flow(flow(before=_input("type: STRING; defaults: x; required: false")), "0.24")
    assert [f for f in found if f.severity != "hint"] == []


def test_an_input_cannot_lie_within_another(flow: Flow, places: Places) -> None:
    inputs = "inputs:\n  - id: a\n    type: STRING\n  - id: a.b\n    type: STRING\n"
    assert places(flow(before=inputs), "2.0") == [("bad_id", 6, 9)]


def test_a_schedule_gives_what_the_flow_cannot_do_without(flow: Flow, places: Places) -> None:
    text = flow(before=_input("type: STRING") + SCHEDULE)
    assert places(text, "2.0") == [("missing_input", 8, 5)]
    assert places(text, "1.1") == []
    assert places(flow(before=_input("type: STRING") + SCHEDULE + "    inputs:\n      given: x\n"), "2.0") == []
    assert places(flow(before=_input("type: STRING; required: false") + SCHEDULE), "2.0") == []


def test_what_a_trigger_gives_is_of_the_kind_of_the_input(flow: Flow, places: Places) -> None:
    text = flow(before=_input("type: INT") + SCHEDULE + "    inputs:\n      given: many\n")
    assert places(text) == [("bad_default", 11, 14)]


def test_a_misspelt_input_of_a_trigger_is_mended(flow: Flow, places: Places) -> None:
    text = flow(before=_input("type: INT; defaults: 1") + SCHEDULE + "    inputs:\n      givne: 3\n")
    assert places(text) == [("unknown_input_ref", 12, 7)]
    assert "      given: 3\n" in fix_all(text)[0]


def test_a_literal_output_is_of_its_type(flow: Flow, places: Places) -> None:
    outputs = "outputs:\n  - id: n\n    type: INT\n    value: many\n"
    assert places(flow(before=outputs), "2.0") == [("wrong_kind", 6, 12)]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("mode: AT_LEAST; dependsOn: [{flowId: a}]", "missing_required"),
        ("mode: AT_LEAST; minSatisfied: 2; dependsOn: [{flowId: a}]", "out_of_range"),
        ("mode: AT_LEAST; minSatisfied: 1; dependsOn: [{flowId: a}]", ""),
    ],
)
def test_at_least_so_many_flows(lines: str, code: str, flow: Flow, places: Places) -> None:
    trigger = "triggers:\n  - id: t\n    type: io.kestra.plugin.core.trigger.Flow\n"
    trigger += "".join(f"    {line}\n" for line in lines.split("; "))
    assert [c for c, _, _ in places(flow(before=trigger), "2.0")] == ([code] if code else [])


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ("type: DAILY_TIME_DEADLINE", "missing_required"),
        ("type: DAILY_TIME_DEADLINE, deadline: '09:00:00Z'", ""),
        ("type: DURATION_WINDOW, deadline: '09:00:00Z'", "unknown_property"),
        ("type: DAILY_TIME_WINDOW, startTime: '09:00:00Z'", "missing_required"),
        ("type: SLIDING_WINDOW, window: PT1H, windowAdvance: PT1H", "unknown_property"),
        ("window: PT1H, windowAdvance: PT1H", ""),
    ],
)
def test_a_time_window_has_the_times_of_its_kind(window: str, code: str, flow: Flow, places: Places) -> None:
    trigger = f"""
    triggers:
      - id: t
        type: io.kestra.plugin.core.trigger.Flow
        preconditions:
          id: p
          timeWindow: {{{window}}}
          flows:
            - namespace: a
    """
    assert [c for c, _, _ in places(flow(before=trigger))] == ([code] if code else [])


@pytest.mark.parametrize(
    ("tasks", "place"),
    [
        ("- id: a\n  type: io.kestra.plugin.core.flow.If\n  condition: x\n  then: []", ("empty_tasks", 7, 5)),
        ("- id: a\n  type: io.kestra.plugin.core.flow.Switch\n  value: x\n  cases:\n    y: []", ("empty_tasks", 8, 7)),
    ],
)
def test_a_branch_holds_a_task(tasks: str, place: tuple[str, int, int], flow: Flow, places: Places) -> None:
    assert place in places(flow(tasks))


def test_an_if_without_a_condition_is_told(flow: Flow, places: Places) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.core.flow.If
      then:
        - id: b
          type: io.kestra.plugin.core.log.Log
          message: hi
    """
    assert places(flow(tasks)) == [("missing_required", 5, 5)]
    assert places(flow(tasks), "2.0") == [("missing_required", 5, 5)]


def test_a_label_is_one_value(flow: Flow, places: Places) -> None:
    assert places(flow(before="labels:\n  team: [a, b]\n")) == [("wrong_kind", 4, 9)]


@pytest.mark.parametrize(
    ("text", "length"), [("PT1H30M", 5400.0), ("P1DT1S", 86401.0), ("{{ x }}", None), ("1h", None)]
)
def test_the_length_of_a_duration(text: str, length: float | None) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize(
    ("pattern", "good"), [("a{2}", True), ("[{]", True), (r"\{", True), ("a{x}", False), ("[a", False)]
)
def test_regular_expressions_of_java(pattern: str, good: bool) -> None:
    assert (regex_problem(pattern) == "") is good


def test_bounds_that_cannot_be_compared_forbid_nothing() -> None:
    assert out_of_bounds({"type": "INT", "min": "{{ x }}"}, 1) == ""
    assert out_of_bounds({"type": "STRING", "validator": "(?<year>x)"}, "y") == ""
