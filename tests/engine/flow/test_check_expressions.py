"""Expressions: that they can be read and call what exists, with places inside of every style of text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow, must_mend
from engine.flow.edits import fix
from engine.flow.findings import Finding

Flow = Callable[..., str]
Only = Callable[..., Finding]


def log(message: str) -> str:
    return f"- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: {message}"


@pytest.mark.parametrize(
    ("message", "mended"),
    [
        ('"{{ execution.id }"', '"{{ execution.id }}"'),
        ('"{{ execution.id | uper }}"', '"{{ execution.id | upper }}"'),
        ("\"{{ execution.startDate | formatDate('yyyy') }}\"", "\"{{ execution.startDate | date('yyyy') }}\""),
        ("\"{{ {'a': 1} | to_json }}\"", "\"{{ {'a': 1} | toJson }}\""),
        ('"{{ secret(MY_KEY) }}"', "\"{{ secret('MY_KEY') }}\""),
        ("'{{ secret(MY_KEY) }}'", "'{{ secret(\"MY_KEY\") }}'"),
        ('"${execution.id}"', '"{{ execution.id }}"'),
        ('"{ execution.id }}"', '"{{ execution.id }}"'),
        ('"{{ nowe() }}"', '"{{ now() }}"'),
    ],
)
def test_a_bad_expression_with_one_clear_meaning_is_mended(message: str, mended: str, flow: Flow, only: Only) -> None:
    text = flow(log(message))
    assert only(text, "bad_expression").line == 6
    fixed = fix(text, check_flow(text))
    assert fixed == text.replace(message, mended)
    assert must_mend(check_flow(fixed)) == []


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ('"{{ 1 + }}"', "cannot be read"),
        ('"{{ execution.id"', "cannot be read"),
        ('"{% if true %}x"', "cannot be read"),
        ('"{{ execution.id | frobnicate }}"', "no filter frobnicate"),
        ('"{{ frobnicate() }}"', "no function frobnicate"),
        ('"{{ 1 is frobnicated }}"', "no test frobnicated"),
        ("\"{{ 'a' | replace }}\"", "needs"),
        ("\"{{ kv('a', mode='x') }}\"", "no argument mode"),
        ("\"{{ 'a' | upper(1) }}\"", "too many arguments"),
    ],
)
def test_other_bad_expressions_say_what_is_wrong(message: str, part: str, flow: Flow, only: Only) -> None:
    found = only(flow(log(message)), "bad_expression")
    assert part in found.message and found.hint


def test_an_expression_that_cannot_be_read_is_an_error_and_must_be_mended(flow: Flow, only: Only) -> None:
    text = flow(log('"{{ 1 + }}"'))
    assert only(text, "bad_expression").severity == "error"
    assert len(must_mend(check_flow(text))) == 1


def test_what_no_one_knows_is_a_warning_that_must_be_mended(flow: Flow, only: Only) -> None:
    text = flow(log('"{{ execution.id | frobnicate }}"'))
    assert only(text, "bad_expression").severity == "warning"
    assert len(must_mend(check_flow(text))) == 1


@pytest.mark.parametrize(
    ("message", "line", "column"),
    [
        ("plain {{ execution.id | frobnicate }}", 6, 38),
        ("'it''s {{ execution.id | frobnicate }}'", 6, 39),
        ("|\n    one\n    {{ execution.id | frobnicate }}", 8, 25),
        (">\n    one\n    two {{ execution.id | frobnicate }}", 8, 29),
    ],
)
def test_the_place_is_the_name_inside_of_the_text(message: str, line: int, column: int, flow: Flow, only: Only) -> None:
    found = only(flow(log(message)), "bad_expression")
    assert (found.line, found.column) == (line, column)
    assert found.end_column - found.column == len("frobnicate")


@pytest.mark.parametrize(
    "message",
    [
        '"{{ execution.id | upper | lower }}"',
        "\"{{ kv('a', errorOnMissing=false) ?? 1 }}\"",
        '"{% raw %}{{ anything | goes }}{% endraw %}"',
        '"{{ max(1, 2, 3) }}"',
        '"{% for x in [1, 2] %}{{ x }}{{ loop.index }}{% endfor %}"',
        '"{% set x = 1 %}{{ x }}"',
        '"costs $5 {and} more"',
    ],
)
def test_good_expressions_are_left_alone(message: str, flow: Flow) -> None:
    assert check_flow(flow(log(message))) == []


def test_dollars_are_the_shells_own_in_scripts(flow: Flow) -> None:
    tasks = "- id: a\n  type: io.kestra.plugin.scripts.shell.Commands\n  commands:\n    - echo ${inputs.x}"
    assert [f for f in check_flow(flow(tasks)) if f.severity != "hint"] == []


def test_prose_is_not_rendered(flow: Flow) -> None:
    assert check_flow(flow(log('hi\n  description: "use {{ like | this }}"'))) == []


def test_a_hyphen_needs_brackets(flow: Flow, only: Only) -> None:
    tasks = """
    - id: get-it
      type: io.kestra.plugin.core.http.Download
      uri: https://example.org
    - id: say
      type: io.kestra.plugin.core.log.Log
      message: "{{ outputs.get-it.uri }}"
    """
    text = flow(tasks)
    found = only(text, "hyphen_access")
    assert (found.line, found.column, found.end_column) == (9, 18, 32)
    assert "outputs['get-it'].uri" in fix(text, check_flow(text))


@pytest.mark.parametrize(
    "expression", ["inputs.count - 1", "inputs.count-1", "inputs['my-name']", "inputs.count-inputs.count"]
)
def test_a_subtraction_stays_one(expression: str, flow: Flow) -> None:
    before = "inputs:\n  - {id: count, type: INT}\n  - {id: my-name, type: INT}\n"
    assert [f for f in check_flow(flow(log(f'"{{{{ {expression} }}}}"'), before)) if f.severity != "hint"] == []
