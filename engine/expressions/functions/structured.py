"""Functions that read JSON, YAML and Ion."""

from __future__ import annotations

from typing import Any

from engine.expressions import formats
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import kind_of
from engine.expressions.registry import function
from engine.expressions.runtime import Frame


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"The '{name}' function expects a text, not {kind_of(value)}")
    return value


@function("fromJson", since="0.18")
def from_json(frame: Frame, json: Any) -> Any:
    """The value of a JSON text."""
    return None if json is None else formats.json_value(_text("fromJson", json), frame.budget)


@function("json", removed="2.0")
def json_function(frame: Frame, json: Any) -> Any:
    """The older name of fromJson."""
    return None if json is None else formats.json_value(_text("json", json), frame.budget)


@function("yaml")
def yaml(frame: Frame, yaml: Any) -> Any:
    """The value of a YAML text."""
    return None if yaml is None else formats.yaml_value(_text("yaml", yaml), frame.budget)


@function("fromIon", since="0.18")
def from_ion(frame: Frame, ion: Any, allRows: Any = False) -> Any:
    """The first value of an Ion text, or with ``allRows`` the list of all."""
    if ion is None:
        return None
    found = formats.ion_value(_text("fromIon", ion), frame.budget)
    if allRows is True:
        return found
    return found[0] if found else None
