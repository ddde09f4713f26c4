"""Every filter, function, test, tag and operator does what its cases say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.conformance.expressions import load, run_case
from engine.expressions import FILTERS, FUNCTIONS, TESTS, inspect
from engine.expressions.parser import TAGS
from engine.expressions.parser_expressions import BINARY

_FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
_CASES = [pytest.param(case, id=f"{path.stem}.{case['id']}") for path in _FILES for case in load(path)]


@pytest.mark.parametrize("case", _CASES)
def test_the_case_gives_what_it_expects(case: dict[str, Any]) -> None:
    result, why = run_case(case)
    assert result == "passed", f"{case['template']}: {why}"


def _templates() -> list[str]:
    return [str(case.values[0]["template"]) for case in _CASES]


@pytest.mark.parametrize("role, names", [("filter", FILTERS), ("function", FUNCTIONS), ("test", TESTS)])
def test_every_registered_name_has_a_case(role: str, names: dict[str, Any]) -> None:
    used = {use.name for template in _templates() for use in inspect(template).uses if use.role == role}
    assert sorted(set(names) - used) == []


def test_every_tag_and_operator_has_a_case() -> None:
    text = "\n".join(_templates())
    assert [tag for tag in TAGS if f"{{% {tag}" not in text] == []
    assert [operator for operator in BINARY if operator not in text] == []


def test_case_ids_are_unique() -> None:
    ids = [str(case.id) for case in _CASES]
    assert len(ids) == len(set(ids))
