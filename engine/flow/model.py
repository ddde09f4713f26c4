"""A flow as values: frozen, unrendered, with plugin defaults already filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """A task of any kind. ``type`` is canonical (aliases resolved); ``properties`` are the type's own ones as written,
    with plugin defaults filled in; child task lists of flowables stay in ``properties`` as tuples of Task."""

    id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    retry: Mapping[str, Any] | None = None
    timeout: str | None = None
    disabled: bool = False
    allow_failure: bool = False
    allow_warning: bool = False
    run_if: str | None = None
    log_level: str | None = None
    log_to_file: bool = False
    task_cache: Mapping[str, Any] | None = None
    written_type: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger as written; ``conditions`` in order."""

    id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Mapping[str, Any], ...] = ()
    disabled: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow. ``source`` is the text it was read from, ``inputs`` and ``outputs`` are as written."""

    id: str
    namespace: str
    tasks: tuple[Task, ...]
    errors: tuple[Task, ...] = ()
    finally_: tuple[Task, ...] = ()
    after_execution: tuple[Task, ...] = ()
    listeners: tuple[Mapping[str, Any], ...] = ()
    """Removed in 2.0: ``conditions`` as written and ``tasks`` as Task tuples, run once the execution has ended."""
    triggers: tuple[Trigger, ...] = ()
    inputs: tuple[Mapping[str, Any], ...] = ()
    outputs: tuple[Mapping[str, Any], ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    concurrency: Mapping[str, Any] | None = None
    retry: Mapping[str, Any] | None = None
    sla: tuple[Mapping[str, Any], ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    plugin_defaults: tuple[Mapping[str, Any], ...] = ()
    revision: int = 1
    disabled: bool = False
    description: str | None = None
    source: str = ""
