"""pluginDefaults: that they reach a task, and give it properties it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path, Severity
from engine.flow.names import nearest
from engine.flow.rules import rule
from engine.flow.shapes import Fields, compiler


def _entries(ctx: Checked) -> Iterator[tuple[Path, dict[str, Any]]]:
    for name in ("pluginDefaults", "taskDefaults"):
        listed = ctx.flow.get(name)
        for i, entry in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(entry, dict) and isinstance(entry.get("type"), str):
                yield (name, i), entry


@rule
def defaults_that_match(ctx: Checked) -> Iterator[Finding]:
    """Every entry matches, by type or prefix, something in the flow."""
    used = {name for typed in ctx.typed for name in (typed.type, ctx.catalog.canonical(typed.type))}
    for path, entry in _entries(ctx):
        prefix = entry["type"]
        if not any(name.startswith(prefix) for name in used):
            near = nearest(prefix, used, 1, 0.7)
            hint = f"Did you mean {near[0][0]}?" if near else "Remove it, or name a type that the flow uses."
            message = f"no task of this flow is a {prefix}, so these defaults do nothing"
            yield ctx.finding("unused_default", (*path, "type"), message, hint, severity="warning")


@rule
def values_of_defaults(ctx: Checked) -> Iterator[Finding]:
    """The values are properties of the type named, or of one that a prefix reaches."""
    for path, entry in _entries(ctx):
        values = entry.get("values")
        reached = _reached(ctx, entry["type"])
        if not isinstance(values, dict) or not reached or any(f is None or f.open for f in reached.values()):
            continue
        known = {name for fields in reached.values() if fields for name in (*fields.checks, *fields.elsewhere)}
        for key in values:
            if key in known:
                continue
            near = nearest(key, known, 1)
            hint = f"Did you mean {near[0][0]}?" if near else "Remove it."
            here = (*path, "values", key)
            edit = ctx.replacing(ctx.source.key_at(here), near[0][0]) if near and near[0][1] >= 0.75 else None
            message = f"{' and '.join(n.rpartition('.')[2] for n in reached)} has no property {key}"
            # a prefix may be meant for types that this flow does not use
            severity: Severity = "error" if edit or entry["type"] in reached else "warning"
            if severity == "warning" and _somewhere(ctx, entry["type"], key):
                severity = "hint"
            yield ctx.finding("unknown_property", here, message, hint, severity=severity, key=True, edit=edit)


def _somewhere(ctx: Checked, prefix: str, key: str) -> bool:
    """Whether any type below a prefix has a property, or may have it as not all of it is known."""
    for name in ctx.catalog.types():
        definition = ctx.catalog.get(name) if name.startswith(prefix) else None
        if definition is not None and (definition.partial or key in definition.properties):
            return True
    return key in ctx.catalog.models["task"].fields or key in ctx.catalog.models["trigger"].fields


def _reached(ctx: Checked, prefix: str) -> dict[str, Fields | None]:
    """The properties of every type in the flow that a default reaches; None where they are not all known."""
    named = {prefix} if ctx.catalog.get(prefix) else {t.type for t in ctx.typed if t.type.startswith(prefix)}
    out: dict[str, Fields | None] = {}
    for name in sorted(named):
        definition = ctx.catalog.get(name)
        partial = definition is None or definition.partial
        out[name] = None if partial else compiler(ctx.catalog, ctx.target).typed(name)
    return out
