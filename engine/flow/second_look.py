"""A second look at a flow by jsonschema: each task, trigger and nested plugin against the schema of its own type.

The rules say more and say it better; this is written independently of them, so what slips through one is caught
by the other before a drafted flow is handed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.check import examine
from engine.flow.context import Typed
from engine.flow.findings import Finding
from engine.flow.schema import schema_of_type
from engine.flow.source import Source, parse

if TYPE_CHECKING:
    from jsonschema import Draft7Validator


def second_look(text: str, target: str = DEFAULT_TARGET) -> list[Finding]:
    """Findings (code ``schema``) where a value does not fit the schema of its type; [] for a text that is no flow."""
    source = parse(text)
    if not isinstance(source.value, dict):
        return []
    return [finding for place in examine(source, target).typed for finding in _look_at(place, source, target)]


def _look_at(place: Typed, source: Source, target: str) -> Iterator[Finding]:
    if place.definition is None:
        return
    from jsonschema.exceptions import best_match

    for found in _validator(place.definition.type, target).iter_errors(place.value):
        error = best_match([found])
        path = (*place.path, *error.absolute_path)
        at = source.at(path)
        yield Finding(
            code="schema",
            severity="error",
            path=path,
            line=at.line,
            column=at.column,
            message=f"{place.short}: {error.message[:200]}",
            hint=f"see the properties of {place.definition.type}",
        )


@lru_cache(maxsize=256)
def _validator(type_name: str, target: str) -> Draft7Validator:
    from jsonschema import Draft7Validator

    return Draft7Validator(schema_of_type(type_name, target))
