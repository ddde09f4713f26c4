"""Which task types run here. A type is one decorated function in one file below this package.

    @runnable("io.kestra.plugin.core.debug.Return", effects="none")
    def run(task: RunContext) -> Outputs:
        return {"value": task.render(task.properties.get("format"))}

Files are found by walking the package, so adding a type needs no list to edit. Files must import
nothing heavy at module level: ``flowwright validate`` loads them all to know what runs here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from engine.tasks.results import Effect
from engine.tasks.unread import Unread, telling

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

Outputs = Mapping[str, Any] | Effect | None
"""A map of outputs, or an ``Effect`` where the execution itself is to change too."""
Run = Callable[["RunContext"], Outputs]
Effects = Literal["none", "files", "process", "network", "state"]
"""What running can touch beyond its own execution: nothing; only files of the execution; a process of
the user's own code; servers and networks; durable state shared with other executions (key-value, namespace files)."""


@dataclass(frozen=True, slots=True)
class Runnable:
    """One task type that runs here. ``effects`` decides whether a trial runs it or stands in for it; ``unread``
    are the properties Kestra knows and this engine does not read, by path, with the reason."""

    type: str
    run: Run
    effects: Effects
    aliases: tuple[str, ...] = ()
    unread: Mapping[str, Unread] = field(default_factory=dict)


_found: dict[str, Runnable] = {}


def runnable(
    *types: str, effects: Effects, aliases: tuple[str, ...] = (), unread: Mapping[str, Unread] | None = None
) -> Callable[[Run], Run]:
    """Register a function as what runs these types; the first name is the canonical one of each call.

    ``unread`` names properties that are not read here: a task that gives one is told, or refused.
    """

    def register(run: Run) -> Run:
        for type_name in types:
            entry = Runnable(type_name, telling(run, unread or {}), effects, aliases, unread or {})
            for name in (type_name, *aliases):
                if name in _found:
                    raise RuntimeError(f"two task files claim {name}")
                _found[name] = entry
        return run

    return register


@cache
def _load() -> None:
    package = importlib.import_module("engine.tasks")
    for module in pkgutil.walk_packages(package.__path__, "engine.tasks."):
        importlib.import_module(module.name)


def find(type_name: str) -> Runnable | None:
    """The runnable of this type or alias, or None when it does not run here."""
    _load()
    return _found.get(type_name)


def types() -> frozenset[str]:
    """Every type name and alias that runs here as a task (flowables are in engine.execution.flowables)."""
    _load()
    return frozenset(_found)
