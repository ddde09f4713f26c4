"""The texts of a flow that hold expressions, read once for all rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.flow.findings import Path

if TYPE_CHECKING:
    from engine.expressions.inspection import Inspection, Reference
    from engine.flow.context import Checked, Typed

# Texts that nobody renders: prose, and what blueprints carry for their own catalogue.
_NOT_RENDERED = frozenset(("description", "extend", "displayName", "type"))


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions: its path, the typed place that holds it (None at the flow's own level), its reading."""

    path: Path
    text: str
    owner: Typed | None
    found: Inspection

    @property
    def task(self) -> Typed | None:
        """The task whose run renders it; None for triggers, outputs and the flow itself."""
        place = self.owner
        while place is not None and place.kind not in ("task", "flowable"):
            if place.kind == "trigger":
                return None
            place = place.parent
        return place


@lru_cache(maxsize=4096)
def read(text: str) -> Inspection:
    """One template, read; the same text is read once."""
    from engine.expressions.inspection import inspect

    return inspect(text)


def templates(ctx: Checked) -> list[Template]:
    """All texts with expressions, in document order."""
    owners = {typed.path: typed for typed in ctx.typed}
    out: list[Template] = []

    def walk(value: Any, path: Path, owner: Typed | None) -> None:
        if isinstance(value, str):
            if "{" in value and ("{{" in value or "{%" in value):
                out.append(Template(path, value, owner, read(value)))
        elif isinstance(value, dict):
            owner = owners.get(path, owner)
            for key, child in value.items():
                if key not in _NOT_RENDERED or isinstance(child, dict | list) or _is_own(owner, key):
                    walk(child, (*path, key), owner)
        elif isinstance(value, list):
            for i, child in enumerate(value):
                walk(child, (*path, i), owner)

    for key, value in ctx.flow.items():
        if key not in _NOT_RENDERED:
            walk(value, (key,), None)
    return out


def _is_own(owner: Typed | None, key: str) -> bool:
    """Whether a name that is prose elsewhere is a property of this very type: the description of a ticket."""
    definition = owner.definition if owner is not None else None
    return definition is not None and key in definition.properties and key != "type"


_HYPHENED = re.compile(r"(?P<before>\w+(?:\.\w+|\[[^\[\]]*\])*)\.(?P<name>\w+(?:-\w+)+)(?![\w-]*\()")


def hyphened(template: Template) -> Iterator[tuple[str, str, int, int]]:
    """Names with hyphens written behind a dot: what stands before, the name, and the range of both."""
    for problem in template.found.problems:
        if problem.code != "hyphen":
            continue
        match = _HYPHENED.match(template.text, problem.offset)
        if match:
            yield match["before"], match["name"], match.start(), match.end()


def references(found: list[Template]) -> Iterator[tuple[Template, Reference]]:
    """Every reference with its template, but those inside of a name with a hyphen."""
    for template in found:
        ranges = [(start, end) for _, _, start, end in hyphened(template)] if template.found.problems else ()
        for reference in template.found.references:
            if not any(start <= reference.offset < end for start, end in ranges):
                yield template, reference


def keys(reference: Reference) -> tuple[str | int | None, ...]:
    """The steps of a reference after its first name."""
    return tuple(step.key for step in reference.steps[1:])
