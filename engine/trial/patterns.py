"""A text that a regular expression accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_CATEGORIES = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " ", "CATEGORY_NOT_DIGIT": "a"}
_CATEGORIES |= {"CATEGORY_NOT_WORD": "-", "CATEGORY_NOT_SPACE": "a"}


def matching(pattern: str) -> str | None:
    """A short text that the whole pattern matches, or None where none is found."""
    parser: Any = getattr(re, "_parser")  # noqa: B009 - the parser has no public name, and mypy knows none
    try:
        text = _written(parser.parse(pattern))
        return text if re.fullmatch(pattern, text) else None
    except re.error:
        return None


def _written(parts: Iterable[Any]) -> str:
    return "".join(_part(str(kind), value) for kind, value in parts)


def _part(kind: str, value: Any) -> str:
    if kind == "LITERAL":
        return chr(value)
    if kind == "ANY":
        return "a"
    if kind == "IN":
        return _one_of(value)
    if kind == "BRANCH":
        return _written(value[1][0])
    if kind == "SUBPATTERN":
        return _written(value[-1])
    if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = value
        times: int = min(max(least, 1), most)
        return _written(inner) * times
    return ""


def _one_of(choices: Any) -> str:
    kind, value = choices[0]
    name = str(kind)
    if name == "NEGATE":
        return next((text for text in "a1-Z_ " if not _among(text, choices[1:])), "a")
    if name == "CATEGORY":
        return _CATEGORIES.get(str(value), "a")
    code: int = value[0] if name == "RANGE" else value
    return chr(code)


def _among(text: str, choices: Any) -> bool:
    for kind, value in choices:
        name = str(kind)
        if name == "LITERAL" and chr(value) == text:
            return True
        if name == "RANGE" and value[0] <= ord(text) <= value[1]:
            return True
        if name == "CATEGORY" and _CATEGORIES.get(str(value)) == text:
            return True
    return False
