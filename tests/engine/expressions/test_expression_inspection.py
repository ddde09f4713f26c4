"""Inspection says what a template refers to and calls, and what is wrong with it, without rendering."""

from __future__ import annotations

from engine.expressions import FILTERS, FUNCTIONS, TESTS, inspect


def _paths(template: str) -> list[tuple[tuple[str | int | None, ...], bool]]:
    return [(reference.path, reference.guarded) for reference in inspect(template).references]


def test_references_come_with_path_place_and_spelling() -> None:
    template = "x {{ outputs.load['my-file'].uri | upper }}"
    (reference,) = inspect(template).references
    assert reference.path == ("outputs", "load", "my-file", "uri")
    assert [step.written for step in reference.steps] == ["name", "dot", "bracket", "dot"]
    assert template[reference.offset : reference.end] == "outputs.load['my-file'].uri"
    assert template[reference.steps[3].offset :].startswith("uri")


def test_a_computed_step_is_none_and_its_own_reference() -> None:
    assert _paths("{{ outputs.each[taskrun.value].uri }}") == [
        (("outputs", "each", None, "uri"), False),
        (("taskrun", "value"), False),
    ]
    assert _paths("{{ a[0].b }}") == [(("a", 0, "b"), False)]


def test_guards_are_seen() -> None:
    guarded = [
        "{{ a.b ?? 1 }}",
        "{{ a.b | default(1) }}",
        "{{ a.b is defined }}",
        "{{ a.b is defined ? a.b : 1 }}",
        "{{ a.b is not defined ? 1 : a.b }}",
        "{{ (a.b | upper) ?? 1 }}",
    ]
    for template in guarded:
        assert {safe for path, safe in _paths(template) if path == ("a", "b")} == {True}, template
    assert _paths("{{ 1 ?? a.b }}") == [(("a", "b"), False)]
    assert _paths("{{ a.b is null }}") == [(("a", "b"), False)]


def test_names_bound_in_the_template_are_no_references() -> None:
    template = (
        "{% set total = start %}{% for row in rows %}{{ row.id }}{{ loop.index }}{{ total }}{% endfor %}"
        "{% macro line(text) %}{{ text }}{% endmacro %}{{ line(text=note) }}{{ row }}"
    )
    found = inspect(template)
    assert [reference.path for reference in found.references] == [("start",), ("rows",), ("note",), ("row",)]
    assert found.bound == {"total", "row", "loop", "text"}
    assert found.uses == ()


def test_uses_name_filters_functions_and_tests_with_their_first_literal() -> None:
    template = "{{ kv('rate', errorOnMissing=false) | nubmer }}{{ secret(key='TOKEN') }}{{ x is odd }}{{ scret('A') }}"
    uses = {use.name: use for use in inspect(template).uses}
    assert (uses["kv"].first, uses["kv"].named, uses["kv"].known) == ("rate", ("errorOnMissing",), True)
    assert uses["secret"].first == "TOKEN"
    assert (uses["nubmer"].known, uses["nubmer"].hint) == (False, "did you mean 'number'?")
    assert template[uses["nubmer"].offset :].startswith("nubmer")
    assert uses["scret"].hint == "did you mean 'secret'?"
    assert {use.role for use in uses.values()} == {"function", "filter", "test"}
    assert {use.name for use in inspect(template).unknown} == {"nubmer", "scret"}


def test_a_hyphen_in_a_name_is_reported() -> None:
    for template, name in {
        "{{ outputs.my-task.value }}": "my-task",
        "{{ outputs.my-task.value ?? 'x' }}": "my-task",
        "{{ inputs.a-b-c }}": "a-b",
        "{{ outputs.my-task.value | upper }}": "my-task",
    }.items():
        problems = inspect(template).problems
        assert problems[0].code == "hyphen" and f"'{name}'" in problems[0].message, template
        assert inspect(template).readable
    for template in ("{{ a.b - c.d }}", "{{ loop.length -1 }}", "{{ outputs['my-task'].value }}", "{{ 5-x }}"):
        assert inspect(template).problems == (), template


def test_syntax_problems_have_a_place_and_stop_the_rest() -> None:
    found = inspect("ok {{ a }} then {{ b | }}")
    (problem,) = found.problems
    assert problem.code == "syntax" and not found.readable
    assert "ok {{ a }} then {{ b | }}"[problem.offset :].startswith("}}")
    assert inspect("{% include 'a' %}").problems[0].code == "unknown_tag"
    assert inspect("{{ a").problems[0].message.startswith("Unclosed")
    assert inspect("{{ " + "(" * 300).problems[0].code == "syntax"


def test_plain_text_has_nothing_to_say() -> None:
    assert inspect("plain { text }") == inspect("")


def test_the_tables_say_arguments_and_versions() -> None:
    assert FILTERS["dateAdd"].arguments[:2] == ("amount", "unit") == FILTERS["dateAdd"].required
    assert FILTERS["json"].removed == "2.0" and FUNCTIONS["json"].removed == "2.0"
    assert FUNCTIONS["kv"].arguments == ("key", "namespace", "errorOnMissing")
    assert FILTERS["startsWith"].arguments == ("value",)
    assert FUNCTIONS["http"].since == "0.24"
    for table in (FILTERS, FUNCTIONS, TESTS):
        assert all(info.summary.endswith(".") for info in table.values())
