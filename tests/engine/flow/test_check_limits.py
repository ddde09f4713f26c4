"""Limits of how many tasks run at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding

Flow = Callable[..., str]
Only = Callable[..., Finding]
TASK = """
- id: many
  type: io.kestra.plugin.core.flow.{type}
  {limit}
  {values}: [1, 2]
  tasks:
    - {{id: hello, type: io.kestra.plugin.core.log.Log, message: hi}}
"""


@pytest.mark.parametrize(
    ("kind", "limit", "values"),
    [
        ("Parallel", "concurrent: -1", "description"),
        ("EachParallel", "concurrent: -2", "value"),
        ("ForEach", "concurrencyLimit: -1", "values"),
    ],
)
def test_a_limit_below_nothing_is_an_error(kind: str, limit: str, values: str, flow: Flow, only: Only) -> None:
    text = flow(TASK.format(type=kind, limit=limit, values=values))
    found = only(text, "out_of_range")
    assert found.severity == "error" and found.path == ("tasks", 0, limit.split(":")[0])


@pytest.mark.parametrize("limit", ["concurrencyLimit: 0", "concurrencyLimit: 3", 'concurrencyLimit: "{{ inputs.n }}"'])
def test_no_limit_a_number_or_an_expression_is_fine(limit: str, flow: Flow) -> None:
    text = flow(TASK.format(type="ForEach", limit=limit, values="values"))
    assert "out_of_range" not in [finding.code for finding in check_flow(text)]
