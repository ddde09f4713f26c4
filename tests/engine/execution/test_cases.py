"""Flows with their expected results, in the format of the conformance command: every flowable and state change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.conformance.flows import run_case

FOLDER = Path(__file__).parent / "cases"


def _cases() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text(encoding="utf-8")):
            found.append(pytest.param(case, id=f"{file.stem}:{case['id']}"))
    return found


@pytest.mark.parametrize("case", _cases())
def test_the_flow_comes_out_as_the_case_says(case: dict[str, Any]) -> None:
    result = run_case(case, FOLDER)
    assert result.result == "passed", result.why
