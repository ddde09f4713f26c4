"""Whether this machine can run a flow: every type it uses has an implementation here. Not whether it is valid."""

from __future__ import annotations

from functools import cache
from typing import Any

from engine.flow.catalog import Catalog, catalog
from engine.flow.source import parse

# Conditions are not among them: every one that exists is evaluated here.
_TYPED_KINDS = ("task", "flowable", "trigger")
_NO_TYPES_IN = ("inputs", "outputs", "pluginDefaults", "taskDefaults")


@cache
def runnable_types() -> frozenset[str]:
    """Names and aliases of the tasks, flowables and triggers that run here."""
    from engine.execution import flowables
    from engine.tasks import registry
    from engine.triggers import registry as triggers

    return registry.types() | flowables.types() | flowables.EXECUTABLES | triggers.types()


def runs_here(text: str, *, known: Catalog | None = None) -> tuple[bool, list[str]]:
    """Whether the flow runs on this machine, and the types that keep it from that, in order of appearance.

    A text that is no flow runs nowhere: (False, []).
    """
    value = parse(text).value
    if not isinstance(value, dict) or not isinstance(value.get("tasks"), list):
        return False, []
    missing = missing_types(value, known or catalog())
    return not missing, missing


def missing_types(value: Any, known: Catalog) -> list[str]:
    """Types of tasks, triggers and conditions in plain data that have no implementation here."""
    here = runnable_types()
    missing: dict[str, None] = {}
    stack: list[tuple[Any, str]] = [(value, "")]
    while stack:
        item, slot = stack.pop()
        if isinstance(item, dict):
            name = item.get("type")
            if isinstance(name, str) and _must_run(name, slot, known) and not {name, known.canonical(name)} & here:
                missing[name] = None
            children = [(child, key) for key, child in item.items() if key not in _NO_TYPES_IN]
            stack.extend(reversed(children))
        elif isinstance(item, list):
            stack.extend((child, slot) for child in reversed(item))
    return list(missing)


def _must_run(name: str, slot: str, known: Catalog) -> bool:
    """Whether a ``type`` names something that is run, and not the kind of an input, a retry or a provider."""
    if "." not in name:
        return False
    kind = known.kind(name)
    return kind in _TYPED_KINDS if kind else slot in ("tasks", "then", "else", "errors", "finally", "triggers", "task")
