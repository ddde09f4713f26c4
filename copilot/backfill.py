"""Backfills: the dates a schedule missed, run here one after another, or handed to a server that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from copilot.errors import Usage
from copilot.executions import GOOD
from copilot.kestra.client import Kestra
from copilot.wiring import Workbench
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine import Engine
    from engine.triggers.schedule import Schedule

Change = Literal["pause", "unpause", "delete"]
OnEvent = Callable[[Mapping[str, Any]], None]
_MOST_DATES = 100_000


@dataclass(frozen=True, slots=True)
class Span:
    """A range of dates, both ends included, with what comes on top of the trigger's own inputs and labels."""

    start: datetime
    end: datetime
    inputs: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise Usage(f"{self.start.isoformat()} is after {self.end.isoformat()}", hint="--from the earlier date")

    def as_kestra(self) -> dict[str, Any]:
        return {
            "start": _text(self.start),
            "end": _text(self.end),
            "inputs": dict(self.inputs),
            "labels": [{"key": key, "value": value} for key, value in self.labels.items()],
        }


def date_of(text: str) -> datetime:
    """A date or a time; midnight and UTC where it says no more. Usage."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Usage(f"'{text}' is not a date", hint="for example 2025-01-31 or 2025-01-31T06:00:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def planned(schedule: Schedule, span: Span) -> list[str]:
    """The dates that a backfill would run, conditions looked at. Usage when there are too many to be meant."""
    from engine.triggers.backfill import backfill_dates

    found: list[str] = []
    for date in backfill_dates(schedule.timetable, span.start, span.end):
        if schedule.allows(date):
            found.append(_text(date))
        if len(found) > _MOST_DATES:
            raise Usage(f"these are more than {_MOST_DATES} dates", hint="choose a shorter range")
    return found


def run_here(engine: Engine, schedule: Schedule, span: Span, on_event: OnEvent) -> list[dict[str, Any]]:
    """Run the dates one after another; ``{date, id, state}`` each. One that fails or is refused stops no other."""
    from engine.triggers.backfill import backfill_plan

    planned(schedule, span)
    done: list[dict[str, Any]] = []
    for date in backfill_plan(schedule, span.start, span.end):
        try:
            execution = engine.fire(schedule.fire(date, span.inputs, span.labels), wait=True)
            done.append({"date": _text(date), "id": execution.id, "state": execution.state})
        except EngineError as error:
            done.append({"date": _text(date), "id": None, "state": "REFUSED", "why": error.message})
        on_event(done[-1])
    return done


def run_there(server: Kestra, key: tuple[str, str, str], span: Span) -> dict[str, Any]:
    """Hand a backfill to a server; the state of the trigger. KestraError."""
    return server.backfill(server.trigger(*key), span.as_kestra())


def change(bench: Workbench, server: Kestra | None, key: tuple[str, str, str], how: Change) -> dict[str, Any]:
    """Pause, continue or end a backfill; the state of its trigger. NotFound, Rejected (there is none)."""
    if server is not None:
        return server.change_backfill(server.trigger(*key), how)
    from copilot.api.kestra.triggers import find, shape
    from engine.errors import NotFound
    from engine.triggers.store import TriggerKey

    trigger = TriggerKey(*key)
    with bench.records() as engine:
        found = find(engine, trigger)
        if how != "delete":
            engine.scheduler().pause_backfill(trigger, how == "pause")
        elif engine.triggers.store.get(trigger).backfill is None:
            raise NotFound(f"'{trigger.trigger_id}' has no backfill", hint="start one", code="backfill-not-found")
        else:
            engine.triggers.store.set_backfill(trigger, None)
        return shape(engine, found)


def good(done: list[dict[str, Any]]) -> bool:
    """Whether every date came to a good end."""
    return all(one["state"] in GOOD for one in done)


def _text(date: datetime) -> str:
    return date.isoformat().replace("+00:00", "Z")
