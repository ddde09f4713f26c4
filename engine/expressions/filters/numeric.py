"""Filters over numbers."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.expressions import java_numbers
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import BigInteger, Float32, Long, Number, arithmetic, float_text, is_number, kind_of
from engine.expressions.registry import filter_
from engine.expressions.runtime import Frame

_WHOLE = re.compile(r"[+-]?\d{1,1000}")
_FLOAT = re.compile(r"[+-]?(\d{1,1000}\.?\d{0,1000}|\.\d{1,1000})([eE][+-]?\d{1,4})?")
_HEX = re.compile(r"[+-]?(0[xX]|#)[0-9a-fA-F]{1,1000}")
_INT_BOUND, _LONG_BOUND = 2**31, 2**63


@filter_("abs")
def absolute(frame: Frame, value: Any) -> Any:
    """A number without its sign."""
    if value is None:
        return None
    if not is_number(value):
        raise ExpressionError(f"The 'abs' filter can only be applied to a number, not to {kind_of(value)}")
    return arithmetic("*", -1, value) if value < 0 else value


@filter_("number")
def number(frame: Frame, value: Any, type_: Any = "") -> Any:
    """A text as a number: INT, LONG, FLOAT, DOUBLE, BIGDECIMAL, BIGINTEGER, or the smallest that holds it."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ExpressionError(f"The 'number' filter can only be applied to a text, not to {kind_of(value)}")
    try:
        return _read(value.strip(), str(type_ or ""))
    except (ValueError, InvalidOperation, OverflowError) as error:
        wanted = f" of type {type_}" if type_ else ""
        raise ExpressionError(f"'{value[:100]}' is not a number{wanted}") from error


def _read(text: str, kind: str) -> Number:
    match kind:
        case "INT":
            return _bounded(text, _INT_BOUND)
        case "LONG":
            return Long(_bounded(text, _LONG_BOUND))
        case "FLOAT":
            return Float32(_floating(text))
        case "DOUBLE":
            return _floating(text)
        case "BIGDECIMAL":
            return Decimal(_checked(text))
        case "BIGINTEGER":
            return BigInteger(_integer(text))
    return _smallest(text)


def _checked(text: str) -> str:
    if not _FLOAT.fullmatch(text):
        raise ValueError(text)
    return text


def _integer(text: str) -> int:
    if _HEX.fullmatch(text):
        return int(text.replace("#", "0x"), 16)
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _bounded(text: str, bound: int) -> int:
    value = _integer(text)
    if not -bound <= value < bound:
        raise ValueError(text)
    return value


def _floating(text: str) -> float:
    return float(_checked(text[:-1] if text[-1:] in "fFdD" and text[-1:] else text))


def _smallest(text: str) -> Number:
    """Integer, Long, BigInteger, Float, Double, BigDecimal: the first that keeps the value."""
    if text[-1:] in ("l", "L") and _WHOLE.fullmatch(text[:-1]):
        return Long(_bounded(text[:-1], _LONG_BOUND))
    if text[-1:] in ("f", "F", "d", "D") and not _HEX.fullmatch(text):
        return Float32(_floating(text)) if text[-1] in "fF" else _floating(text)
    if _WHOLE.fullmatch(text) or _HEX.fullmatch(text):
        value = _integer(text)
        if -_INT_BOUND <= value < _INT_BOUND:
            return value
        return Long(value) if -_LONG_BOUND <= value < _LONG_BOUND else BigInteger(value)
    double = _floating(text)
    single = Float32(double)
    if float_text(single) == float_text(double):
        return single
    exact = Decimal(text)
    return double if Decimal(repr(double)) == exact else exact


@filter_("numberFormat")
def number_format(frame: Frame, value: Any, format_: Any = None) -> Any:
    """A number by a pattern such as ``#,##0.00``."""
    if value is None:
        return None
    if not is_number(value):
        raise ExpressionError(f"The 'numberFormat' filter can only be applied to a number, not to {kind_of(value)}")
    return java_numbers.write(value, "#,##0.###" if format_ is None else str(format_))
