"""Numbers as Kestra has them: 32 and 64 bit integers, single and double precision, exact decimals.

A plain ``int`` that fits 32 bits stands for Integer, a larger one for Long or BigInteger, a plain ``float``
for Double. ``Long`` and ``Float32`` mark what is known to be the other kind: a whole number written in an
expression is a Long, ``'1.5' | number`` is a Float32.
"""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import Any, TypeGuard

from engine.expressions.errors import ExpressionError

Number = int | float | Decimal

_INT_MAX = 2**31 - 1
_INT_MIN = -(2**31)
_LONG_MAX = 2**63 - 1
_LONG_MIN = -(2**63)


class Long(int):
    """A 64 bit integer."""

    __slots__ = ()


class BigInteger(int):
    """An integer without bounds (``number('BIGINTEGER')``)."""

    __slots__ = ()


class Float32(float):
    """A single precision number, held exactly; ``Float32(1.123)`` is the nearest single precision value."""

    __slots__ = ()

    def __new__(cls, value: float | str) -> Float32:
        try:
            return super().__new__(cls, struct.unpack("f", struct.pack("f", float(value)))[0])
        except OverflowError:
            return super().__new__(cls, math.copysign(math.inf, float(value)))


def is_number(value: object) -> TypeGuard[Number]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def class_name(value: Any) -> str:
    """The Java class Kestra would hold this number in."""
    if isinstance(value, Decimal):
        return "java.math.BigDecimal"
    if isinstance(value, Float32):
        return "java.lang.Float"
    if isinstance(value, float):
        return "java.lang.Double"
    if isinstance(value, BigInteger) or not _LONG_MIN <= value <= _LONG_MAX:
        return "java.math.BigInteger"
    if isinstance(value, Long) or not _INT_MIN <= value <= _INT_MAX:
        return "java.lang.Long"
    return "java.lang.Integer"


def float_text(value: float) -> str:
    """As Java writes it: ``1.0``, ``1.0E10``, ``NaN``."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1.0, value) < 0 else "0.0"
    text = _shortest_single(value) if isinstance(value, Float32) else float.__repr__(value)
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + exponent - 1
    minus = "-" if sign else ""
    if -3 <= power < 7:
        if power < 0:
            return f"{minus}0.{'0' * (-power - 1)}{figures}"
        whole = figures[: power + 1].ljust(power + 1, "0")
        return f"{minus}{whole}.{figures[power + 1 :] or '0'}"
    return f"{minus}{figures[0]}.{figures[1:] or '0'}E{power}"


def _shortest_single(value: float) -> str:
    packed = struct.pack("f", value)
    for precision in range(1, 10):
        text = f"{value:.{precision}g}"
        try:
            if struct.pack("f", float(text)) == packed:
                return text
        except OverflowError:
            continue
    return float.__repr__(value)


def number_text(value: Number) -> str:
    if isinstance(value, float):
        return float_text(value)
    return int.__repr__(int(value)) if isinstance(value, int) else str(value)


def _wrap(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def arithmetic(operator: str, left: Any, right: Any) -> Number:
    """``+ - * / %`` with Java's promotions; whole numbers divide to whole numbers and overflow by wrapping."""
    if not is_number(left) or not is_number(right):
        raise ExpressionError(
            f"Could not perform '{operator}': {kind_of(left)} and {kind_of(right)} are not both numbers",
            hint="turn text into a number with | number",
        )
    if isinstance(left, int) and isinstance(right, int):
        return _whole(operator, left, right)
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _decimal(operator, left, right)
    result = _floating(operator, float(left), float(right))
    single = not any(isinstance(n, float) and not isinstance(n, Float32) for n in (left, right))
    return Float32(result) if single else result


def _whole(operator: str, left: int, right: int) -> int:
    if operator in "/%":
        if right == 0:
            raise ExpressionError("Division by zero")
        quotient = abs(int(left)) // abs(int(right))
        quotient = quotient if (left < 0) == (right < 0) else -quotient
        result = quotient if operator == "/" else int(left) - quotient * int(right)
    elif operator == "+":
        result = int(left) + int(right)
    elif operator == "-":
        result = int(left) - int(right)
    else:
        result = int(left) * int(right)
    if _INT_MIN <= left <= _INT_MAX and _INT_MIN <= right <= _INT_MAX and type(left) is type(right) is int:
        return _wrap(result, 32)
    return Long(_wrap(result, 64))


def _floating(operator: str, left: float, right: float) -> float:
    try:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case _:
                return math.fmod(left, right)
    except ZeroDivisionError:
        return math.nan if left == 0 or left != left else math.copysign(math.inf, left) * math.copysign(1, right)
    except (ValueError, OverflowError):
        return math.nan


def _decimal(operator: str, left: Number, right: Number) -> Decimal:
    from decimal import Context, DecimalException

    context = Context(prec=34)
    try:
        one, two = Decimal(repr(float(left))), Decimal(repr(float(right)))
        match operator:
            case "+":
                return context.add(one, two)
            case "-":
                return context.subtract(one, two)
            case "*":
                return context.multiply(one, two)
            case "/":
                return context.divide(one, two)
            case _:
                return context.remainder(one, two)
    except (DecimalException, OverflowError) as error:
        raise ExpressionError(f"Could not perform '{operator}' on these numbers") from error


def kind_of(value: object) -> str:
    """A word for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if is_number(value):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "a map"
    return "a date or a duration"
