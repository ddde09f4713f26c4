"""Good practice: hints only, never more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.flow.context import Checked
from engine.flow.findings import Finding
from engine.flow.names import nearest
from engine.flow.rules import rule
from engine.flow.rules.inputs import inputs_of

_LOOKS_AT_ALL = frozenset(("printContext", "fetchContext"))


@rule
def images_are_pinned(ctx: Checked) -> Iterator[Finding]:
    """A container image without a tag, or with latest, can change from one run to the next."""
    for task in ctx.tasks:
        image = task.value.get("containerImage")
        if not isinstance(image, str) or "{{" in image or "@" in image:
            continue
        tag = image.rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            message = f"the image {image} has no fixed version"
            hint = "Name a version: python:3.13-slim, for example."
            path = (*task.path, "containerImage")
            yield ctx.finding("unpinned_image", path, message, hint, severity="hint")


@rule
def nothing_is_declared_in_vain(ctx: Checked) -> Iterator[Finding]:
    """Inputs and variables are read somewhere."""
    used: dict[str, set[str]] = {"inputs": set(), "vars": set()}
    for root, names in used.items():
        for _, _, path in ctx.reads(root):
            if not path or not isinstance(path[0], str):
                return
            names.add(path[0])
    if any(use.name in _LOOKS_AT_ALL for template in ctx.templates for use in template.found.uses):
        return
    for entry, path in inputs_of(ctx):
        name = str(entry.get("id", ""))
        if name and name.split(".")[0] not in used["inputs"] and not _mentioned(ctx, "inputs", name):
            message, hint = f"the input {name} is never read", "Use it, or remove it."
            yield ctx.finding("unused_input", (*path, "id"), message, hint, severity="hint")
    for name in sorted(ctx.named["vars"]):
        if name not in used["vars"] and not _mentioned(ctx, "vars", name):
            message, hint = f"the variable {name} is never read", "Use it, or remove it."
            yield ctx.finding("unused_variable", ("variables", name), message, hint, severity="hint", key=True)


def _mentioned(ctx: Checked, root: str, name: str) -> bool:
    """Whether the text speaks of it in a way that was not read as a reference."""
    return re.search(rf"{root}[.\[]['\"]?{re.escape(name)}\b", ctx.source.text) is not None


@rule
def keys_that_are_set_and_read(ctx: Checked) -> Iterator[Finding]:
    """A key that is read under a name very near to one that the same flow sets is probably misspelt."""
    written = {str(task.value.get("key")) for task in ctx.tasks if task.type.endswith((".kv.Set", ".kv.Put"))}
    for template in ctx.templates if written else ():
        for use in template.found.uses:
            if use.name != "kv" or use.first is None or use.first in written:
                continue
            near = nearest(use.first, written, 1, 0.8)
            if near:
                span = ctx.source.inside(template.path, use.offset, use.offset + len(use.name))
                message, hint = f"the key {use.first} is not set here, {near[0][0]} is", f"Did you mean {near[0][0]}?"
                yield ctx.finding("unknown_key", template.path, message, hint, severity="hint", span=span)
