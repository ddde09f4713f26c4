"""What happens in a run against what a case expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copilot.evaluate.run_expect import EngineStage

FLOW = """\
id: a
namespace: bench
inputs:
  - id: n
    type: INT
    defaults: 1
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "n is {{ inputs.n }}"
  - id: keep
    type: io.kestra.plugin.core.kv.Set
    key: n
    value: "{{ inputs.n }}"
outputs:
  - id: twice
    type: INT
    value: "{{ inputs.n * 2 }}"
"""


@pytest.mark.parametrize(
    ("expect", "why"),
    [
        ({"state": "SUCCESS", "logs": ["n is 1"], "outputs": {"twice": 2}, "kv": {"n": 1}}, ""),
        ({"inputs": {"n": 4}, "state": "SUCCESS", "outputs": {"twice": 8}}, ""),
        ({"runs": [{"inputs": {"n": "x"}, "rejected": True}, {"inputs": {"n": 2}, "state": "SUCCESS"}]}, ""),
        ({"state": "FAILED"}, "state SUCCESS"),
        ({"state": "SUCCESS", "logs": ["n is 9"]}, "no log line"),
        ({"state": "SUCCESS", "outputs": {"twice": 3}}, "output twice"),
        ({"state": "SUCCESS", "kv_keys": ["m"]}, "no key m"),
        ({"state": "SUCCESS", "stored_files_min": 1}, "0 stored files"),
        ({"rejected": True}, "were accepted"),
    ],
)
def test_an_expectation_holds_or_says_why_not(tmp_path: Path, expect: dict[str, Any], why: str) -> None:
    said = EngineStage(tmp_path, server="").play({"id": "a", "run_expect": expect}, FLOW)
    assert said == "" if not why else why in said
