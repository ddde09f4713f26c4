"""Wrong names whose meaning is plain, and names that only look wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.edits import fix_all
from engine.flow.findings import errors

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]
Only = Callable[..., object]

LOOP = """
- id: each
  type: io.kestra.plugin.core.flow.Loop
  values:
    dev: http://dev.example.com
    prod: http://prod.example.com
  tasks:
    - id: say
      type: io.kestra.plugin.core.log.Log
      message: "{{ item.key }} {{ item.value }}"
"""


def test_a_misspelt_name_is_no_matter_of_indentation() -> None:
    text = "id: a\nnamespace: b\nvariables:\n  x: 1\ntask:\n  - id: s\n    type: io.kestra.plugin.core.log.Log\n"
    text += "    message: hi\n"
    found = [(f.code, f.line) for f in errors(check_flow(text))]
    assert ("unknown_property", 5) in found
    assert fix_all(text)[0] == text.replace("task:", "tasks:")


def test_a_name_of_the_flow_with_a_value_of_another_shape_is_no_matter_of_indentation(
    flow: Flow, places: Places
) -> None:
    tasks = """
    - id: each
      type: io.kestra.plugin.core.flow.ForEach
      values: [1, 2]
      concurrency: 0
      tasks:
        - id: say
          type: io.kestra.plugin.core.log.Log
          message: hi
    """
    assert places(flow(tasks)) == [("unknown_property", 7, 5)]


@pytest.mark.parametrize(
    ("wrong", "right", "body"),
    [
        ("steps", "tasks", "\n    - id: s\n      type: io.kestra.plugin.core.log.Log\n      message: hi"),
        ("jobs", "tasks", "\n    - id: s\n      type: io.kestra.plugin.core.log.Log\n      message: hi"),
    ],
)
def test_the_one_unknown_name_stands_for_the_one_that_lacks(wrong: str, right: str, body: str, flow: Flow) -> None:
    good = flow(f"- id: s0\n  type: io.kestra.plugin.core.flow.Sequential\n  {right}:{body}")
    assert fix_all(good.replace(f"  {right}:", f"  {wrong}:"))[0] == good


def test_code_stands_for_the_script_that_lacks(flow: Flow) -> None:
    good = flow("- id: s\n  type: io.kestra.plugin.scripts.python.Script\n  script: |\n    x = 1\n    print(x)")
    assert fix_all(good.replace("script:", "code:"))[0] == good


def test_a_word_of_an_unknown_name_is_not_taken_for_what_lacks(flow: Flow) -> None:
    text = flow("- id: s\n  type: io.kestra.plugin.core.log.Log\n  colour: red")
    assert fix_all(text)[0] == text


def test_nothing_is_guessed_where_two_names_are_unknown(flow: Flow) -> None:
    text = flow("- id: s\n  type: io.kestra.plugin.scripts.python.Script\n  code: print(1)\n  zzz: 1")
    assert fix_all(text)[0] == text


def test_a_loop_over_a_map_is_right(flow: Flow, places: Places) -> None:
    assert places(flow(LOOP), "2.0") == []


def test_types_of_the_closed_part_of_a_plugin_are_not_known(flow: Flow, places: Places) -> None:
    task = "- id: a\n  type: io.kestra.plugin.kestra.ee.cases.CreateCase\n  title: x"
    assert places(flow(task), "2.0") == [("unknown_plugin", 5, 11)]
