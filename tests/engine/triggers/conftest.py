"""A small renderer in place of the expression language, a clock, and flows made in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.errors import EngineError
from engine.flow.model import Flow, Trigger
from engine.triggers.conditions import ExecutionSummary


def render(value: Any, variables: Any) -> Any:
    """One dotted name, or its comparison with a text; maps and lists inside too. A missing name is an error."""
    if isinstance(value, dict):
        return {key: render(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [render(item, variables) for item in value]
    if not isinstance(value, str) or not (found := re.fullmatch(r"\{\{ *([\w.]+)(?: == '([^']*)')? *\}\}", value)):
        return value
    place = variables
    for part in found[1].split("."):
        if not isinstance(place, dict) or part not in place:
            raise EngineError(f"no variable {found[1]}")
        place = place[part]
    return place if found[2] is None else place == found[2]


@dataclass
class Clock:
    now: datetime = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(name="render")
def _render():
    return render


@pytest.fixture
def schedule_flow():
    def make(flow_id: str = "f", conditions: tuple = (), trigger_type: str = "Schedule", **properties: Any) -> Flow:
        trigger = Trigger("t", f"io.kestra.plugin.core.trigger.{trigger_type}", properties, conditions)
        return Flow(flow_id, "a", (), triggers=(trigger,))

    return make


@pytest.fixture
def execution():
    def make(flow_id: str = "up", state: str = "SUCCESS", **more: Any) -> ExecutionSummary:
        return ExecutionSummary(more.pop("id", "e1"), more.pop("namespace", "company.team"), flow_id, state, **more)

    return make
