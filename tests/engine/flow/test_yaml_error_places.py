"""Broken YAML: the finding stands on the line that slipped, and its edit mends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.edits import fix, fix_all

GOOD = """\
id: demo
namespace: company.team
inputs:
  - id: name
    type: STRING
    defaults: Ann
tasks:
  - id: get
    type: io.kestra.plugin.core.http.Download
    uri: "https://example.org/{{ inputs.name }}.csv"
    headers:
      X-Token: "{{ secret('TOKEN') }}"
    timeout: PT2M
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["a", "b"]
    tasks:
      - id: say
        type: io.kestra.plugin.core.log.Log
        message: "{{ taskrun.value }}"
      - id: again
        type: io.kestra.plugin.core.log.Log
        message: "{{ outputs.get.uri }}"
"""

SLIPS = {
    "a property a level too deep": ("    uri:", "      uri:", "indentation", 10),
    "a property a level too far left": ("    timeout: PT2M", "  timeout: PT2M", "indentation", 13),
    "an entry of a map beside it": ("      X-Token:", "    X-Token:", "indentation", 12),
    "an item outside of its loop": ("      - id: again", "  - id: again", "indentation", 21),
    "a tab": ("    timeout", "\ttimeout", "indentation", 13),
    "a quote that is not closed": ('.csv"', ".csv", "bad_yaml", 10),
    "an expression without quotes": ('"{{ taskrun.value }}"', "{{ taskrun.value }}", "bad_yaml", 20),
    "a list that is not closed": ('["a", "b"]', '["a", "b"', "bad_yaml", 16),
    "a key without its colon": ("timeout: PT2M", "timeout PT2M", "bad_yaml", 13),
    "a colon without its space": ("timeout: PT2M", "timeout:PT2M", "bad_yaml", 13),
}


def test_the_flow_these_slips_start_from_is_good() -> None:
    assert [f for f in check_flow(GOOD) if f.severity != "hint"] == []


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_found_on_its_line(slip: str, places: Callable[..., list[tuple[str, int, int]]]) -> None:
    good, bad, code, line = SLIPS[slip]
    broken = GOOD.replace(good, bad)
    assert broken != GOOD
    assert (code, line) in [(c, at) for c, at, _ in places(broken)]


@pytest.mark.parametrize("slip", SLIPS)
def test_the_safe_edit_brings_the_flow_back(slip: str) -> None:
    good, bad, _, _ = SLIPS[slip]
    fixed, remaining = fix_all(GOOD.replace(good, bad))
    assert [f for f in remaining if f.severity != "hint"] == []
    # tabs were blanks before, in a number nobody can know
    assert fixed.split() == GOOD.split()


def test_a_single_quoted_expression_keeps_its_double_quotes() -> None:
    broken = GOOD.replace('"{{ taskrun.value }}"', '{{ taskrun.value ?? "none" }}')
    assert """message: '{{ taskrun.value ?? "none" }}\'""" in fix(broken, check_flow(broken))


def test_of_two_places_that_would_both_do_none_is_chosen() -> None:
    text = "id: a\nnamespace: b.c\ntasks:\n  - id: x\n    type: io.kestra.plugin.core.log.Log\n   message: hi\n"
    (finding,) = check_flow(text)
    assert finding.code == "indentation"
    assert (finding.line, finding.column) == (6, 4)
