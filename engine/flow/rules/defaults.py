"""pluginDefaults: that they reach a task, and give it properties it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path
from engine.flow.names import nearest
from engine.flow.rules import rule
from engine.flow.shapes import compiler


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
    """The values for one type are properties of it."""
    for path, entry in _entries(ctx):
        definition = ctx.catalog.get(entry["type"])
        values = entry.get("values")
        fields = compiler(ctx.catalog, ctx.target).typed(entry["type"])
        if definition is None or definition.partial or fields is None or not isinstance(values, dict) or fields.open:
            continue
        for key in values:
            if key in fields.checks or key in fields.elsewhere:
                continue
            near = nearest(key, fields.names, 1)
            hint = f"Did you mean {near[0][0]}?" if near else "Remove it."
            here = (*path, "values", key)
            edit = ctx.replacing(ctx.source.key_at(here), near[0][0]) if near and near[0][1] >= 0.75 else None
            message = f"{definition.type.rpartition('.')[2]} has no property {key}"
            yield ctx.finding("unknown_property", here, message, hint, key=True, edit=edit)
