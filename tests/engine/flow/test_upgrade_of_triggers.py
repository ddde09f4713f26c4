"""Triggers, listeners and loops of 1.x in the words of 2.0; what cannot be said stays and is named."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from engine.flow.check import check_flow
from engine.flow.edits import fix_all
from engine.flow.findings import errors
from engine.flow.upgrade import upgrade

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]


def _trigger(lines: str, kind: str = "Flow") -> str:
    body = "".join(f"    {line}\n" for line in dedent(lines).strip("\n").splitlines())
    return f"triggers:\n  - id: t\n    type: io.kestra.plugin.core.trigger.{kind}\n{body}"


PRECONDITIONS = """
preconditions:
  id: p
  timeWindow:
    {}
  flows:
    - namespace: company.team
      flowId: a
      states: [SUCCESS]
    - namespace: company.team
      flowId: b
"""
DEPENDS = """
dependsOn:
  - namespace: company.team
    flowId: a
    states: ["SUCCESS"]
  - namespace: company.team
    flowId: b
    states: ["SUCCESS", "WARNING"]
window:
  {}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('type: DAILY_TIME_DEADLINE\n    deadline: "09:00:00Z"', 'deadline: "09:00:00Z"'),
        ("type: DURATION_WINDOW\n    window: PT1H\n    windowAdvance: PT30M", "every: PT1H\n  offset: PT30M"),
        ("type: SLIDING_WINDOW\n    window: PT1H", "lookback: PT1H"),
        (
            'type: DAILY_TIME_WINDOW\n    startTime: "06:00:00Z"\n    endTime: "12:00:00Z"',
            'from: "06:00:00Z"\n  to: "12:00:00Z"',
        ),
    ],
)
def test_preconditions_become_flows_to_depend_on_and_a_window(old: str, new: str, flow: Flow) -> None:
    text, left = upgrade(flow(before=_trigger(PRECONDITIONS.format(old))), "2.0")
    assert text == flow(before=_trigger(DEPENDS.format(new)))
    assert left == []


def test_a_condition_on_several_flows_becomes_one_list(flow: Flow) -> None:
    old = """
    conditions:
      - id: all
        type: io.kestra.plugin.core.condition.MultipleCondition
        window: P1D
        windowAdvance: P0D
        conditions:
          one:
            type: io.kestra.plugin.core.condition.ExecutionFlow
            namespace: n
            flowId: a
          two:
            type: io.kestra.plugin.core.condition.ExecutionFlow
            namespace: n
            flowId: b
    """
    text, left = upgrade(flow(before=_trigger(old)), "2.0")
    assert "dependsOn:\n      - namespace: n\n        flowId: a\n" in text
    assert "window:\n      every: P1D\n" in text
    assert errors(left) == []


@pytest.mark.parametrize(("after", "before", "good"), [("08:00:00", "17:00:00", True), ("08:30:00", "17:00:00", False)])
def test_times_of_day_become_hours_where_they_are_full(after: str, before: str, good: bool, flow: Flow) -> None:
    condition = f"""
    cron: "0 * * * *"
    conditions:
      - type: io.kestra.plugin.core.condition.TimeBetween
        after: "{after}"
        before: "{before}"
    """
    text, left = upgrade(flow(before=_trigger(condition, "Schedule")), "2.0")
    assert ("hourOfDay(trigger.date) >= 8 and hourOfDay(trigger.date) < 17" in text) is good
    assert (errors(left) == []) is good


LISTENER = """\
listeners:
  - conditions:
      - type: io.kestra.plugin.core.condition.ExecutionStatus
        in: [{}]
    tasks:
      # tell somebody
      - id: tell
        type: io.kestra.plugin.core.log.Log
        message: failed
"""
ERRORS = """\
errors:
  # tell somebody
  - id: tell
    type: io.kestra.plugin.core.log.Log
    message: failed
"""


def test_listeners_for_what_failed_become_errors(flow: Flow) -> None:
    assert fix_all(flow(before=LISTENER.format("FAILED")))[0] == flow(before=ERRORS)


def test_tasks_right_below_listeners_are_meant_as_errors(flow: Flow) -> None:
    assert fix_all(flow(before=ERRORS.replace("errors:", "listeners:")))[0] == flow(before=ERRORS)


def test_listeners_for_anything_else_stay(flow: Flow) -> None:
    text = flow(before=LISTENER.format("SUCCESS"))
    assert fix_all(text)[0] == text


LOOPED = """
- id: each
  type: io.kestra.plugin.core.flow.ForEach
  values: [1, 2]
  tasks:
    - id: make
      type: io.kestra.plugin.core.debug.Return
      format: "{{{{ taskrun.value }}}}"
- id: after
  type: io.kestra.plugin.core.log.Log
  message: {}
"""


def test_fixing_for_a_newer_version_rewrites_what_changed_its_shape(flow: Flow) -> None:
    text, left = fix_all(flow(LOOPED.format("done")), "2.0")
    assert "core.flow.Loop" in text
    assert "{{ item.value }}" in text
    assert left == []


def test_fixing_leaves_a_flow_alone_where_something_would_stay_wrong(flow: Flow) -> None:
    text = flow(LOOPED.format('"{{ outputs.make }}"'))
    assert fix_all(text, "2.0")[0] == text
    rewritten, left = upgrade(text, "2.0")
    assert "core.flow.Loop" in rewritten
    assert [f.code for f in errors(left)] == ["unknown_output_ref"]
    assert "loopOutputs" in errors(left)[0].hint


def test_outputs_of_awaited_flows_stand_below_their_ids(flow: Flow, places: Places) -> None:
    log = '- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: "{{ trigger.outputs.rows }}"'
    depends = _trigger("dependsOn:\n  - flowId: extract\n    namespace: n\n")
    text = flow(log, depends)
    assert [code for code, _, _ in places(text, "2.0")] == ["unknown_trigger_ref"]
    fixed, _ = fix_all(text, "2.0")
    assert "{{ trigger.outputs.extract.rows }}" in fixed
    assert [f for f in check_flow(fixed, "2.0") if f.severity != "hint"] == []


def test_a_list_chosen_by_an_expression_needs_no_values(flow: Flow, places: Places) -> None:
    inputs = "inputs:\n  - id: x\n    type: MULTISELECT\n    expression: \"{{ kv('x') }}\"\n"
    assert places(flow(before=inputs), "2.0") == []


def test_a_misspelt_flow_among_those_awaited_is_mended(flow: Flow) -> None:
    log = '- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: "{{ trigger.outputs.extrct.rows }}"'
    depends = _trigger("dependsOn:\n  - flowId: extract\n    namespace: n\n  - flowId: load\n    namespace: n\n")
    assert "{{ trigger.outputs.extract.rows }}" in fix_all(flow(log, depends), "2.0")[0]
