"""Regular expressions as Java reads them, with a time limit against patterns that never end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from engine.expressions.errors import ExpressionError, LimitExceeded
from engine.expressions.limits import Budget

_GROUP = re.compile(r"\\(.)|\$(\d)|\$\{(\w+)\}|\$", re.DOTALL)
_PLAIN = re.compile(r"[^\\\[\](){}.*+?^$|]+")
_MAX_PATTERN = 10_000


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    import regex

    if len(pattern) > _MAX_PATTERN:
        raise LimitExceeded(f"The pattern has more than {_MAX_PATTERN} characters")
    try:
        return regex.compile(pattern, regex.VERSION0)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise ExpressionError(f"The pattern '{pattern[:100]}' is not a regular expression: {error}") from error


@contextmanager
def _timed(budget: Budget) -> Iterator[float]:
    """Gives the seconds that one use of a pattern may take, and charges what it took."""
    begin = time.monotonic()
    try:
        yield budget.limits.regex_seconds
    except TimeoutError:
        message = f"A regular expression took longer than {budget.limits.regex_seconds:g} s"
        raise LimitExceeded(message, hint="simplify the pattern") from None
    budget.elapsed(time.monotonic() - begin)


def found(budget: Budget, pattern: str, text: str) -> bool:
    """Whether the pattern matches somewhere in the text."""
    with _timed(budget) as seconds:
        return _compiled(pattern).search(text, timeout=seconds) is not None


def extract(budget: Budget, pattern: str, text: str, group: int) -> str | None:
    """The first match or one of its groups, or None."""
    with _timed(budget) as seconds:
        match = _compiled(pattern).search(text, timeout=seconds)
    if match is None:
        return None
    try:
        value: str | None = match.group(group)
    except IndexError:
        raise ExpressionError(f"The pattern has no group {group}") from None
    return value


def replace(budget: Budget, pattern: str, text: str, replacement: str) -> str:
    """Every match replaced; ``$1`` and ``${name}`` stand for groups, a backslash takes the next sign as it is."""
    size = len(text)

    def filled(match: Any) -> str:
        nonlocal size
        new = _GROUP.sub(lambda mark: _part(match, mark), replacement)
        size += len(new)
        budget.length(size)
        return new

    with _timed(budget) as seconds:
        result: str = _compiled(pattern).sub(filled, text, timeout=seconds)
    return result


def _part(match: Any, mark: re.Match[str]) -> str:
    if mark.group(1) is not None:
        return mark.group(1)
    name = mark.group(2) or mark.group(3)
    if name is None:
        raise ExpressionError("Illegal group reference in the replacement", hint="write \\$ for a dollar sign")
    try:
        return match.group(int(name) if name.isdigit() else name) or ""
    except IndexError:
        raise ExpressionError(f"The pattern has no group '{name}'") from None


def split(budget: Budget, pattern: str, text: str, limit: int) -> list[str]:
    """The parts between matches, as Java splits: a positive limit bounds their number, 0 drops empty ends."""
    if _PLAIN.fullmatch(pattern):
        parts = text.split(pattern, limit - 1) if limit > 0 else text.split(pattern)
    else:
        parts = _parts(budget, pattern, text, limit)
    budget.items(len(parts))
    if limit == 0:
        while len(parts) > 1 and parts[-1] == "":
            parts.pop()
    return parts


def _parts(budget: Budget, pattern: str, text: str, limit: int) -> list[str]:
    parts: list[str] = []
    begin = 0
    with _timed(budget) as seconds:
        for match in _compiled(pattern).finditer(text, timeout=seconds):
            if 0 < limit <= len(parts) + 1:
                break
            if match.end() == 0 or (match.start() == match.end() == len(text)):
                continue
            parts.append(text[begin : match.start()])
            begin = match.end()
    return [*parts, text[begin:]]
