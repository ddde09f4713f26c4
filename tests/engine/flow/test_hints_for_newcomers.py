"""Hints say what to write, not only that something is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.cron import meant_cron

Flow = Callable[..., str]
Only = Callable[..., object]


@pytest.mark.parametrize(
    ("task", "code", "hint"),
    [
        ("core.log.Log", "missing_required", "Add message: beside type, with the text to show."),
        ("core.flow.Sequential", "missing_required", "one task or more below it"),
        ("core.http.Download", "missing_required", "Add uri: beside type"),
        ('core.log.Log\n  message: "{{ now( }}"', "bad_expression", "Add the missing ) here."),
        ('core.log.Log\n  message: "{{ inputs.x | fromJson }}"', "bad_expression", "write fromJson(value)"),
        ('core.log.Log\n  message: "{{ inputs.x | zzzz }}"', "bad_expression", "such as upper"),
    ],
)
def test_a_hint_says_what_to_write(task: str, code: str, hint: str, flow: Flow, only: Callable[..., object]) -> None:
    inputs = "inputs:\n  - id: x\n    type: STRING\n"
    found = only(flow(f"- id: a\n  type: io.kestra.plugin.{task}", inputs), code)
    assert hint in found.hint  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("@dayly", "@daily"),
        ("0 9 * * MOM", "0 9 * * MON"),
        ("0 9 * * friday", "0 9 * * FRI"),
        ("0 24 * * *", "0 0 * * *"),
        ("0 9 * * 8", None),
        ("60 9 * * *", None),
    ],
)
def test_a_schedule_that_is_all_but_written(written: str, meant: str | None) -> None:
    assert meant_cron(written) == meant
