"""Texts that are refused with a clear finding: too large, too deep, multiplied, not YAML at all."""

from __future__ import annotations

import pytest

from engine.flow.check import check_flow
from engine.flow.source import MAX_BYTES, parse

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "alias_bomb"),
        ("a: &a [1, *a]", "alias_cycle"),
        ("[" * 100_000, "bad_yaml"),
        ("".join(f"{' ' * i}k:\n" for i in range(200)), "too_deep"),
        ("id: a\n---\nid: b\n", "several_documents"),
        ("", "empty_flow"),
        ("# nothing\n", "empty_flow"),
        ("- a\n- b\n", "not_a_flow"),
        ("just text", "not_a_flow"),
        ("id: \x00", "bad_yaml"),
        ("id: \ud800", "bad_yaml"),
        ("id: !secret x\n", "bad_yaml"),
        ("id: a\n" + "#" * MAX_BYTES, "too_large"),
    ],
)
def test_what_cannot_be_read_is_one_error_with_a_hint(text: str, code: str) -> None:
    found = [f for f in check_flow(text) if f.code == code]
    assert len(found) == 1
    assert found[0].severity == "error"
    assert found[0].hint


def test_aliases_in_moderation_are_fine() -> None:
    source = parse("defaults: &d {a: 1}\nuse: [*d, *d, *d]\n")
    assert source.findings == ()
    assert source.value["use"] == [{"a": 1}] * 3


def test_a_character_that_yaml_forbids_is_pointed_at() -> None:
    (finding,) = check_flow("id: aé\nnamespace: b\x07c\n")
    assert (finding.code, finding.line, finding.column) == ("bad_yaml", 2, 13)


def test_of_very_many_findings_the_first_thousand_are_shown() -> None:
    tasks = "".join(f"  - id: t{i}\n    type: io.kestra.plugin.core.log.Lgo\n" for i in range(1500))
    found = check_flow(f"id: a\nnamespace: b\ntasks:\n{tasks}")
    assert len(found) == 1001
    assert found[-1].code == "more_findings" and found[-1].severity == "hint"
    assert [f.line for f in found] == sorted(f.line for f in found)
