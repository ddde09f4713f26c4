"""Filters to and from JSON, YAML and Ion, and jq."""

from __future__ import annotations

from typing import Any

from engine.expressions import formats, yaml_writer
from engine.expressions.errors import ExpressionError
from engine.expressions.jq import run_jq
from engine.expressions.registry import filter_
from engine.expressions.runtime import Frame
from engine.expressions.values import to_json


@filter_("toJson", since="0.18")
def to_json_filter(frame: Frame, value: Any) -> str:
    """The value as JSON."""
    return to_json(value, frame.budget)


@filter_("json", removed="2.0")
def json_filter(frame: Frame, value: Any) -> str:
    """The older name of toJson."""
    return to_json(value, frame.budget)


@filter_("yaml")
def yaml_filter(frame: Frame, value: Any) -> str:
    """The value as YAML, with a line break at its end."""
    return yaml_writer.yaml_text(value, frame.budget)


@filter_("toIon")
def to_ion(frame: Frame, value: Any) -> str:
    """The value as Ion text."""
    return formats.ion_text(value, frame.budget)


@filter_("jq")
def jq(frame: Frame, value: Any, expression: Any) -> Any:
    """What a jq program makes of the value; always a list."""
    if value is None:
        return None
    if not isinstance(expression, str):
        raise ExpressionError("The argument 'expression' must be a text")
    return run_jq(value, expression, frame.budget)
