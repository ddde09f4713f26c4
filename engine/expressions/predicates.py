"""The tests that follow ``is`` and ``is not``."""

from __future__ import annotations

import json
from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import is_number, kind_of
from engine.expressions.registry import test
from engine.expressions.runtime import Frame
from engine.expressions.values import equal
from engine.expressions.values import is_empty as empty_value


@test("defined", reads_missing=True)
def defined(frame: Frame, value: Any) -> bool:
    """It exists and is not null."""
    return value is not None


@test("null")
def null(frame: Frame, value: Any) -> bool:
    """It is null."""
    return value is None


@test("empty")
def empty(frame: Frame, value: Any) -> bool:
    """null, a blank text, or a list or map without items."""
    return empty_value(value)


def _whole(name: str, value: Any) -> int:
    if value is None:
        raise ExpressionError(f"null cannot be tested for '{name}'")
    if not is_number(value) or not -(2**63) <= value < 2**63:
        raise ExpressionError(f"{kind_of(value).capitalize()} cannot be tested for '{name}'")
    return int(value)


@test("even")
def even(frame: Frame, value: Any) -> bool:
    """A number that two divides."""
    return _whole("even", value) % 2 == 0


@test("odd")
def odd(frame: Frame, value: Any) -> bool:
    """A number that two does not divide."""
    return _whole("odd", value) % 2 == 1


@test("map")
def map_(frame: Frame, value: Any) -> bool:
    """A map."""
    return isinstance(value, dict)


@test("iterable")
def iterable(frame: Frame, value: Any) -> bool:
    """A list."""
    return isinstance(value, list)


@test("json")
def json_(frame: Frame, value: Any) -> bool:
    """A text that is JSON."""
    if not isinstance(value, str):
        return False
    frame.budget.step(1 + len(value) // 1000)
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


@test("equalTo")
def equal_to(frame: Frame, value: Any, value_: Any) -> bool:
    """The same as another value."""
    return equal(value, value_)
