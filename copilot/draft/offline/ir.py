"""What was understood, as values: steps, groups of steps, and the plan of a whole flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from copilot.draft.offline.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``what`` names a block; ``args`` are what the words said about it; ``words`` is its clause."""

    what: str
    args: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""
    start: int = 0
    end: int = 0
    clause: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Steps under a flowable: ``kind`` is parallel, foreach, if, switch, workdir, sequential or repeat."""

    kind: str
    steps: tuple[Node, ...]
    args: Mapping[str, Any] = field(default_factory=dict)
    otherwise: tuple[Node, ...] = ()
    cases: tuple[tuple[str, tuple[Node, ...]], ...] = ()
    start: int = 0


Node = Step | Group


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A flow input the words name."""

    id: str
    type: str = "STRING"
    default: Any = None
    values: tuple[str, ...] = ()
    required: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """What starts the flow beside a schedule: ``kind`` is webhook, flow, service, http, mail."""

    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry as said. ``attempts`` counts all tries, the first included."""

    kind: str = "constant"
    attempts: int | None = 3
    interval: str | None = "PT10S"
    max_interval: str | None = None
    max_duration: str | None = None
    clause: int = -1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole flow before it is written down."""

    id: str
    steps: tuple[Node, ...]
    description: str = ""
    errors: tuple[Node, ...] = ()
    finally_: tuple[Node, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    schedules_disabled: bool = False
    events: tuple[Event, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    retries: tuple[Retry, ...] = ()
    timeout: tuple[str, int] | None = None
    concurrency: Mapping[str, Any] | None = None
    sla: str | None = None
    cache: bool = False
    allow_failure: frozenset[int] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[tuple[str, str], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
