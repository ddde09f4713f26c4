"""Versions: what a target version does not have yet, or has no longer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding

Flow = Callable[..., str]
Only = Callable[..., Finding]

FOREACH = """
- id: each
  type: io.kestra.plugin.core.flow.ForEach
  values: [1, 2]
  tasks:
    - id: say
      type: io.kestra.plugin.core.log.Log
      message: "{{ taskrun.value }}"
"""


def test_a_removed_type_names_its_successor(flow: Flow, only: Only) -> None:
    assert check_flow(flow(FOREACH), "1.3") == []
    found = only(flow(FOREACH), "version_removed", "2.0")
    assert (found.line, found.column, found.severity) == (5, 11, "error")
    assert "core.flow.Loop" in found.hint


def test_a_type_and_a_variable_that_come_later_are_errors_before(flow: Flow) -> None:
    loop = flow(FOREACH.replace("ForEach", "Loop").replace("taskrun.value", "item.value"))
    found = [f for f in check_flow(loop, "1.3") if f.severity == "error"]
    assert [(f.code, f.line) for f in found] == [("version_added", 5), ("version_added", 10)]
    assert check_flow(loop, "2.0") == []


@pytest.mark.parametrize(
    ("before", "target", "code"),
    [
        ("taskDefaults: []\n", "1.1", "version_removed"),
        ("taskDefaults: []\n", "0.21", ""),
        ("pluginDefaults: []\n", "2.0", "version_removed"),
        ("pluginDefaults: []\n", "1.3", ""),
        ("listeners: []\n", "1.1", "version_removed"),
        ("checks: []\n", "1.1", "version_added"),
        ("checks: []\n", "1.2", ""),
        ("inputs: [{id: a, type: BOOLEAN}]\n", "2.0", "version_removed"),
        ("inputs: [{id: a, type: BOOLEAN}]\n", "1.1", ""),
    ],
)
def test_parts_of_the_language_have_versions(before: str, target: str, code: str, flow: Flow) -> None:
    found = [f.code for f in check_flow(flow(before=before), target) if f.severity == "error"]
    assert found == ([code] if code else [])


def test_a_property_that_only_changed_its_name_is_renamed(flow: Flow, only: Only) -> None:
    found = only(flow(before="taskDefaults: []\n"), "version_removed")
    assert found.edit is not None and found.edit.text == "pluginDefaults"


def test_a_former_name_of_a_type_is_a_hint_while_it_works(flow: Flow, only: Only) -> None:
    text = flow("- id: a\n  type: io.kestra.core.tasks.log.Log\n  message: hi")
    found = only(text, "deprecated_type")
    assert found.severity == "hint"
    assert found.edit is not None and found.edit.text == "io.kestra.plugin.core.log.Log"
    assert only(text, "version_removed", "2.0").severity == "warning"


def test_filters_and_functions_have_versions(flow: Flow, only: Only) -> None:
    text = flow("- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: \"{{ {'a': 1} | json }}\"")
    assert check_flow(text, "1.1") == []
    found = only(text, "version_removed", "2.0")
    assert found.edit is not None and found.edit.text == "toJson"


def test_an_unknown_target_is_taken_as_the_nearest_known_one(flow: Flow) -> None:
    assert check_flow(flow(), "0.1") == []
    assert check_flow(flow(), "9.9") == []
