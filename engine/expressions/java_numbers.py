"""Java's number patterns (``#,##0.00``, ``0.##E0``, ``#%``), written as Java's DecimalFormat writes them in English."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import Number

_MAX_PATTERN = 100
_CURRENCY = {"¤¤": "USD", "¤": "$"}
_SCALES = {"%": 100, "‰": 1000}


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """What a pattern asks for; ``exponent`` is the least number of its digits, 0 without one."""

    prefix: str
    suffix: str
    negative_prefix: str
    negative_suffix: str
    scale: int
    min_integer: int
    max_integer: int
    min_fraction: int
    max_fraction: int
    grouping: int
    exponent: int
    always_point: bool


def write(value: Number, pattern: str) -> str:
    """A number by a pattern. ExpressionError where the pattern cannot be read."""
    if len(pattern) > _MAX_PATTERN:
        raise ExpressionError(f"The number pattern has more than {_MAX_PATTERN} characters")
    how = read_pattern(pattern)
    if isinstance(value, float):
        value = float(value) * how.scale
        negative = math.copysign(1.0, value) < 0
        if math.isnan(value):
            return "NaN"
        body = "∞" if math.isinf(value) else _body(Decimal(repr(abs(value))), Decimal(abs(value)), how)
    else:
        exact = Decimal(value) * how.scale
        negative = exact < 0
        body = _body(abs(exact), abs(exact), how)
    if negative:
        return f"{how.negative_prefix}{body}{how.negative_suffix}"
    return f"{how.prefix}{body}{how.suffix}"


def _body(shown: Decimal, exact: Decimal, how: NumberPattern) -> str:
    """``shown``: the shortest digits of a floating number, ``exact``: its value, which decides what is a half."""
    if how.exponent:
        return _scientific(
            _rounded(shown, exact, shown.adjusted() + 1 - max(1, how.max_integer + how.max_fraction)), how
        )
    return _plain(_rounded(shown, exact, -how.max_fraction), how)


def _rounded(shown: Decimal, exact: Decimal, place: int) -> Decimal:
    """To a power of ten, a half to the even digit."""
    unit, context = Decimal(1).scaleb(place), Context(prec=2000, rounding=ROUND_HALF_EVEN)
    below = shown.quantize(unit, rounding=ROUND_DOWN, context=context)
    is_half = context.multiply(context.subtract(shown, below), Decimal(2)) == unit
    return (exact if is_half else shown).quantize(unit, context=context)


def _plain(value: Decimal, how: NumberPattern) -> str:
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    whole = whole.lstrip("0").rjust(how.min_integer, "0")
    fraction = fraction.rstrip("0").ljust(how.min_fraction, "0")
    if not whole and not fraction:
        whole = "0"
    if how.grouping:
        first = len(whole) % how.grouping
        parts = [whole[:first]] if first else []
        whole = ",".join([*parts, *(whole[at : at + how.grouping] for at in range(first, len(whole), how.grouping))])
    return f"{whole}.{fraction}" if fraction or how.always_point else whole


def _scientific(value: Decimal, how: NumberPattern) -> str:
    _sign, figures, shift = value.as_tuple()
    assert isinstance(shift, int)
    digits = "".join(map(str, figures)).rstrip("0")
    point = len(figures) + shift if digits else 0
    least, repeat = how.min_integer, how.max_integer
    if repeat > 1 and repeat > how.min_integer:
        exponent = int((point - 1) / repeat) * repeat if point >= 1 else int((point - repeat) / repeat) * repeat
        least = 1
    else:
        exponent = point - least
    whole = point - exponent if digits else least
    exponent = exponent if digits else 0
    total = max(len(digits), whole, least + how.min_fraction)
    digits = digits.ljust(total, "0")
    text = digits[:whole] + ("." + digits[whole:] if total > whole or how.always_point else "")
    return f"{text}E{'-' if exponent < 0 else ''}{str(abs(exponent)).rjust(how.exponent, '0')}"


@lru_cache(maxsize=256)
def read_pattern(pattern: str) -> NumberPattern:
    """ExpressionError where the pattern is not one of Java's."""
    first, rest = _section(pattern, pattern)
    prefix, suffix = first.prefix, first.suffix
    negative = ("-" + prefix, suffix)
    if rest is not None:
        other, more = _section(rest, pattern)
        if more is not None:
            raise _wrong(pattern, "it has more than two sections")
        if (other.prefix, other.suffix) != (prefix, suffix):
            negative = (other.prefix, other.suffix)
    return first.pattern(negative)


class _Section:
    """One section of a pattern while it is read: what stands around the number, and the counts of its signs."""

    def __init__(self, whole: str) -> None:
        self.whole = whole
        self.prefix = self.suffix = ""
        self.scale = 1
        self.left = self.zeros = self.right = 0
        self.point = self.group = -1
        self.exponent = 0

    def digit(self, sign: str) -> None:
        if sign == "#":
            if self.zeros:
                self.right += 1
            else:
                self.left += 1
        elif self.right:
            raise _wrong(self.whole, "a 0 stands after a # of the fraction")
        else:
            self.zeros += 1
        if self.group >= 0 and self.point < 0:
            self.group += 1

    def dot(self) -> None:
        if self.point >= 0:
            raise _wrong(self.whole, "it has two decimal points")
        self.point = self.left + self.zeros + self.right

    def pattern(self, negative: tuple[str, str]) -> NumberPattern:
        left, zeros, right, point = self.left, self.zeros, self.right, self.point
        if not zeros and left and point >= 0:
            at = point or 1
            left, zeros, right = at - 1, 1, left - at
        if (point < 0 and right) or (point >= 0 and not left <= point <= left + zeros) or self.group == 0:
            raise _wrong(self.whole, "its signs stand in the wrong order")
        total = left + zeros + right
        if total == 0:
            raise _wrong(self.whole, "it has no # and no 0")
        integer = (point if point >= 0 else total) - left
        return NumberPattern(
            prefix=self.prefix,
            suffix=self.suffix,
            negative_prefix=negative[0],
            negative_suffix=negative[1],
            scale=self.scale,
            min_integer=integer,
            max_integer=left + integer,
            min_fraction=left + zeros - point if point >= 0 else 0,
            max_fraction=total - point if point >= 0 else 0,
            grouping=max(self.group, 0),
            exponent=self.exponent,
            always_point=point in (0, total),
        )


def _section(text: str, whole: str) -> tuple[_Section, str | None]:
    """The first section, and what follows its ``;``."""
    found, at, phase = _Section(whole), 0, 0
    affixes = ["", ""]
    while at < len(text):
        sign = text[at]
        if phase < 2 and sign in "#0,.":
            phase = 1
            if sign == ",":
                found.group = 0
            elif sign == ".":
                found.dot()
            else:
                found.digit(sign)
            at += 1
            continue
        if phase == 1 and sign == "E":
            zeros = len(text[at + 1 :]) - len(text[at + 1 :].lstrip("0"))
            if not zeros or found.left + found.zeros < 1:
                raise _wrong(whole, "its exponent has no digits")
            found.exponent, phase, at = zeros, 2, at + 1 + zeros
            continue
        if sign == ";":
            found.prefix, found.suffix = affixes
            return found, text[at + 1 :]
        phase = 2 if phase else 0
        piece, at = _affix(found, text, at)
        affixes[bool(phase)] += piece
    found.prefix, found.suffix = affixes
    return found, None


def _affix(found: _Section, text: str, at: int) -> tuple[str, int]:
    """A piece of what stands around the number, and the place after it."""
    sign = text[at]
    if sign == "'":
        end = text.find("'", at + 1)
        if end < 0:
            raise _wrong(found.whole, "a quote does not end")
        return text[at + 1 : end] or "'", end + 1
    if sign == "¤":
        mark = "¤¤" if text.startswith("¤¤", at) else "¤"
        return _CURRENCY[mark], at + len(mark)
    if sign in _SCALES:
        if found.scale != 1:
            raise _wrong(found.whole, "it has two percent signs")
        found.scale = _SCALES[sign]
    elif sign in "#0,.":
        raise _wrong(found.whole, f"a {sign} stands after its end")
    return sign, at + 1


def _wrong(pattern: str, why: str) -> ExpressionError:
    return ExpressionError(f"'{pattern}' is not a number pattern: {why}", hint="write one such as #,##0.00")
