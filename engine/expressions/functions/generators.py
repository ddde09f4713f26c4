"""Functions that make numbers and identifiers; randomness comes from the services."""

from __future__ import annotations

import uuid as uuids
from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.filters.text import whole
from engine.expressions.numbers import Long, is_number
from engine.expressions.operators import number_range
from engine.expressions.registry import function
from engine.expressions.runtime import Frame
from engine.expressions.values import compare

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NANO = "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_KSUID_EPOCH = 1_400_000_000
_MAX_NANO = 1000


def _below(frame: Frame, bound: int) -> int:
    """A random whole number from 0 up to, not including, bound."""
    return int.from_bytes(frame.services.random_bytes(16)) * bound >> 128


def _base62(number: int, length: int) -> str:
    digits = []
    while number:
        number, rest = divmod(number, 62)
        digits.append(_BASE62[rest])
    return "".join(reversed(digits)).rjust(length, "0")


@function("uuid", since="0.19")
def uuid(frame: Frame) -> str:
    """A random UUID."""
    return str(uuids.UUID(bytes=frame.services.random_bytes(16), version=4))


@function("id", since="0.19")
def id_(frame: Frame) -> str:
    """A random identifier of letters and digits."""
    return _base62(int.from_bytes(frame.services.random_bytes(16)), 22)


@function("ksuid", since="0.22")
def ksuid(frame: Frame) -> str:
    """An identifier of 27 letters and digits that sorts by time."""
    seconds = max(0, int(frame.services.now().timestamp()) - _KSUID_EPOCH) & 0xFFFFFFFF
    payload = int.from_bytes(frame.services.random_bytes(16))
    return _base62(seconds << 128 | payload, 27)


@function("nanoId", since="0.22")
def nano_id(frame: Frame, length: Any = None, alphabet: Any = None) -> str:
    """A random identifier of a length (21), from an alphabet."""
    count = 21 if length is None else whole("length", length)
    signs = _NANO if alphabet is None else str(alphabet)
    if count > _MAX_NANO:
        raise ExpressionError(f"The 'nanoId()' function field 'length' must be lower than: {_MAX_NANO}")
    if count < 0 or not signs:
        raise ExpressionError("The 'nanoId()' function needs a length of at least 0 and a filled alphabet")
    frame.budget.step(1 + count // 100)
    return "".join(signs[_below(frame, len(signs))] for _ in range(count))


@function("randomInt", since="0.20")
def random_int(frame: Frame, lower: Any, upper: Any) -> Long:
    """A random whole number from lower up to, not including, upper."""
    for name, value in (("lower", lower), ("upper", upper)):
        if not isinstance(value, int) or isinstance(value, bool):
            raise ExpressionError(f"The 'randomInt' function expects a whole number as '{name}'")
    if upper < lower:
        raise ExpressionError("In 'randomInt' upper is less than lower")
    return Long(lower + _below(frame, upper - lower)) if upper > lower else Long(lower)


@function("randomPort", since="0.22")
def random_port(frame: Frame) -> int:
    """A port that is free now."""
    return frame.services.free_port()


@function("range")
def range_(frame: Frame, start: Any, end: Any, increment: Any = 1) -> list[Any]:
    """Numbers or letters from start to end, both included."""
    return number_range(frame, start, end, increment)


@function("max", variadic=True)
def maximum(frame: Frame, values: list[Any]) -> Any:
    """The largest of its arguments."""
    return _extreme("max", ">", values)


@function("min", variadic=True)
def minimum(frame: Frame, values: list[Any]) -> Any:
    """The smallest of its arguments."""
    return _extreme("min", "<", values)


def _extreme(name: str, operator: str, values: list[Any]) -> Any:
    if not values or not all(is_number(v) or isinstance(v, str) for v in values):
        raise ExpressionError(f"The '{name}' function expects numbers")
    best = values[0]
    for value in values[1:]:
        best = value if compare(operator, value, best) else best
    return best
