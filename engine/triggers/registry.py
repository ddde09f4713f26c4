"""Which trigger types start executions here. A type is one file in ``kinds`` that calls ``trigger_kind``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, Protocol

from engine.flow.model import Flow, Trigger

Render = Callable[[Any, Mapping[str, Any]], Any]
"""Renders a value, with every text inside it, against these variables; a lone expression keeps its type."""
ReactsTo = Literal["time", "execution", "request", "poll"]


class Timetable(Protocol):
    """The dates of one time-based trigger. Dates carry the trigger's zone; conditions are not looked at."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first date strictly later; None when there is none."""
        ...

    def previous_before(self, moment: datetime) -> datetime | None:
        """The last date strictly earlier; None when there is none."""
        ...


class Poll(Protocol):
    """What a polling trigger asks at its interval."""

    def asks(self, trigger: Trigger) -> tuple[str, Mapping[str, Any]]:
        """The task that finds out: its type, and its properties not rendered."""
        ...

    def found(
        self, trigger: Trigger, outputs: Mapping[str, Any], render: Render, variables: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """What ``trigger`` is in the execution to start, from the outputs of that task; None to start none."""
        ...


@dataclass(frozen=True, slots=True)
class TriggerKind:
    """A trigger type: what it reacts to; for time how to read its timetable (default zone as second argument), for
    polling what it asks."""

    type: str
    reacts_to: ReactsTo
    timetable: Callable[[Trigger, str], Timetable] | None = None
    aliases: tuple[str, ...] = ()
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """An execution to start. ``variables`` become ``trigger`` in expressions; ``inputs`` still go through the
    flow's declarations. ``key`` is the same whenever the same event is handled again, so a start can be made once."""

    flow: Flow
    trigger: Trigger
    variables: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    date: datetime | None = None
    key: str = ""


_found: dict[str, TriggerKind] = {}


def trigger_kind(kind: TriggerKind) -> TriggerKind:
    """Register a type and its aliases; gives it back."""
    for name in (kind.type, *kind.aliases):
        if name in _found:
            raise RuntimeError(f"two trigger files claim {name}")
        _found[name] = kind
    return kind


@cache
def _load() -> None:
    package = importlib.import_module("engine.triggers.kinds")
    for module in pkgutil.iter_modules(package.__path__, "engine.triggers.kinds."):
        importlib.import_module(module.name)


def find(type_name: str) -> TriggerKind | None:
    """The kind of this type or alias, or None when it starts nothing here."""
    _load()
    return _found.get(type_name)


def types() -> frozenset[str]:
    """Every trigger type and alias that starts executions here."""
    _load()
    return frozenset(_found)


def labels_of(written: Any, render: Render, variables: Mapping[str, Any]) -> dict[str, str]:
    """Labels written as a map or as a list of key and value, rendered; those that render to nothing are left out."""
    if isinstance(written, Mapping):
        pairs = list(written.items())
    else:
        pairs = [(item.get("key"), item.get("value")) for item in written or ()]
    rendered = {str(key): render(value, variables) for key, value in pairs}
    return {key: str(value) for key, value in rendered.items() if value is not None}
