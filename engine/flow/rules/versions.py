"""Types that the target version does not have, or has under another name."""

from __future__ import annotations

from collections.abc import Iterator

from engine.flow.changes import type_replacement
from engine.flow.context import Checked
from engine.flow.findings import Finding
from engine.flow.rules import rule


@rule
def types_of_the_version(ctx: Checked) -> Iterator[Finding]:
    """Every type exists in the target version."""
    for typed in ctx.typed:
        definition = typed.definition
        if definition is None:
            continue
        path = (*typed.path, "type")
        if not ctx.there("", definition.removed):
            hint = type_replacement(definition.type, definition.replaced_by)
            hint = hint or f"Target a version before {definition.removed}."
            yield ctx.finding("version_removed", path, f"{typed.short} was removed in {definition.removed}", hint)
        elif not ctx.there(definition.since, ""):
            message = f"{typed.short} came with {definition.since}, after {ctx.target}"
            yield ctx.finding("version_added", path, message, f"Target {definition.since} or later.")
        else:
            yield from _former_name(ctx, typed.type, path)


def _former_name(ctx: Checked, written: str, path: tuple[str | int, ...]) -> Iterator[Finding]:
    definition = ctx.catalog.get(written)
    if definition is None or written == definition.type:
        return
    removed = definition.aliases_removed.get(written, "")
    edit = ctx.replacing(ctx.source.at(path), definition.type)
    hint = f"Write {definition.type}."
    if not ctx.there("", removed):
        message = f"the name {written} was removed in {removed}"
        # a warning: snapshots of the removing version still ran some former names
        yield ctx.finding("version_removed", path, message, hint, severity="warning", edit=edit)
    else:
        message = f"{written} is a former name of {definition.type}"
        yield ctx.finding("deprecated_type", path, message, hint, severity="hint", edit=edit)


@rule
def deprecated_types(ctx: Checked) -> Iterator[Finding]:
    """A type with a successor still works."""
    for typed in ctx.typed:
        definition = typed.definition
        if definition is not None and (definition.deprecated or definition.replaced_by) and not definition.removed:
            hint = type_replacement(definition.type, definition.replaced_by) or "Look for its successor."
            path = (*typed.path, "type")
            yield ctx.finding("deprecated_type", path, f"{typed.short} is deprecated", hint, severity="hint")
