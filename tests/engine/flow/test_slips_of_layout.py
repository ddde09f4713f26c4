"""Lines at the wrong indentation, and what keeps an expression from being read: blamed where the author slipped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.edits import fix_all
from engine.flow.findings import errors

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]

GOOD = """\
id: demo
namespace: company.team
tasks:
  - id: build
    type: io.kestra.plugin.scripts.shell.Commands
    retry:
      type: constant
      interval: PT1S
      maxAttempts: 3
    env:
      ONE: "1"
      TWO: "2"
      THREE: "3"
    commands:
      - make
"""


@pytest.mark.parametrize(
    ("right", "slipped"),
    [
        ("      type: constant\n", "    type: constant\n"),
        ("      type: constant\n", "        type: constant\n"),
        ("      interval: PT1S\n", "    interval: PT1S\n"),
        ("      maxAttempts: 3\n", "    maxAttempts: 3\n"),
        ('      ONE: "1"\n', '     ONE: "1"\n'),
        ('      ONE: "1"\n', '       ONE: "1"\n'),
        ('      THREE: "3"\n', '    THREE: "3"\n'),
    ],
)
def test_the_line_that_slipped_is_named_and_moved_back(right: str, slipped: str) -> None:
    text = GOOD.replace(right, slipped)
    line = text[: text.index(slipped)].count("\n") + 1
    found = errors(check_flow(text, "1.3"))
    assert ("indentation", line) in [(f.code, f.line) for f in found]
    assert fix_all(text, "1.3")[0] == GOOD


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{{ secret('TOKEN') }}", "{{ secret('TOKEN' }}"),
        ("{{ secret('TOKEN') }}", "{{ secret('TOKEN) }}"),
        ("{{ secret('TOKEN') }}", "{{ secret('TOKEN') }"),
        ("{{ envs['home'] }}", "{{ envs['home' }}"),
        ("{{ inputs.a-1 }}", None),
    ],
)
def test_one_character_more_makes_it_readable(right: str, wrong: str | None, flow: Flow, places: Places) -> None:
    message = '- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: "{}"'
    if wrong is None:
        assert places(flow(message.format(right), "inputs:\n  - id: a-1\n    type: STRING\n"))[0][0] == "hyphen_access"
        return
    text = flow(message.format(wrong))
    assert [code for code, _, _ in places(text)] == ["bad_expression"]
    assert fix_all(text)[0] == flow(message.format(right))


def test_where_a_bracket_was_to_end_is_not_guessed(flow: Flow) -> None:
    text = flow('- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: "{{ max(1, 2 + 3 and min(1, 2) }}"')
    assert fix_all(text)[0] == text


def test_a_word_of_the_language_between_dashes_is_part_of_the_name(flow: Flow, places: Places) -> None:
    tasks = """
    - id: filter-and-create
      type: io.kestra.plugin.core.debug.Return
      format: x
    - id: show
      type: io.kestra.plugin.core.log.Log
      message: "{{ outputs.filter-and-create.value }}"
    """
    text = flow(tasks)
    assert places(text) == [("hyphen_access", 9, 18)]
    assert "outputs['filter-and-create'].value" in fix_all(text)[0]


@pytest.mark.parametrize(("kind", "count"), [("shell", 1), ("python", 1), ("node", 0)])
def test_ours_in_dollar_signs_within_a_script(kind: str, count: int, flow: Flow, places: Places) -> None:
    text = flow(
        f"- id: a\n  type: io.kestra.plugin.scripts.{kind}.Script\n"
        "  script: |\n    x = ${inputs.name}\n    y = ${other.name}",
        "inputs:\n  - id: name\n    type: STRING\n",
    )
    assert len(places(text, code="bad_expression")) == count


@pytest.mark.parametrize(
    ("kind", "more", "field", "wrong"),
    [
        ("Loop", "values: [1, 2]", "value", False),
        ("Loop", "values: [1, 2]", "values", True),
        ("LoopUntil", 'condition: "{{ true }}"', "values", True),
        ("LoopUntil", 'condition: "{{ true }}"', "value", False),
    ],
)
def test_outputs_read_by_name_inside_of_a_loop(
    kind: str, more: str, field: str, wrong: bool, flow: Flow, places: Places
) -> None:
    tasks = f"""
    - id: each
      type: io.kestra.plugin.core.flow.{kind}
      {more}
      tasks:
        - id: make
          type: io.kestra.plugin.core.debug.Return
          format: x
        - id: show
          type: io.kestra.plugin.core.log.Log
          message: "{{{{ outputs.make.{field} }}}}"
    """
    assert bool(places(flow(tasks), "2.0", "unknown_output_ref")) is wrong


def test_a_task_all_but_named_is_a_warning_where_a_missing_value_does_no_harm(flow: Flow, places: Places) -> None:
    tasks = """
    - id: download
      type: io.kestra.plugin.core.http.Download
      uri: https://kestra.io
    - id: show
      type: io.kestra.plugin.core.log.Log
      message: "{{ outputs.downlod.uri ?? 'none' }} {{ outputs.elsewhere.uri ?? 'none' }}"
    """
    assert [code for code, _, _ in places(flow(tasks))] == ["unknown_output_ref"]


def test_values_of_a_prefix_exist_in_some_type_below_it(flow: Flow, places: Places) -> None:
    tasks = "- id: a\n  type: io.kestra.plugin.jdbc.duckdb.Query\n  sql: select 1"
    defaults = "pluginDefaults:\n  - type: io.kestra.plugin.jdbc.duckdb\n    values:\n      zzz: 1\n"
    assert places(flow(tasks, defaults)) == [("unknown_property", 6, 7)]
    elsewhere = "pluginDefaults:\n  - type: io.kestra.plugin.jdbc\n    values:\n      fetchType: FETCH\n"
    assert places(flow(tasks, elsewhere)) == []
