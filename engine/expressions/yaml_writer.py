"""Values to YAML, laid out as Kestra lays it out.

Lists stand one column to the right of what holds them, a map or list within a list begins on a line of its own,
and texts have quotes only where they would be read as something else. Numbers kept as text lose their quotes,
as they do in Kestra.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from engine.expressions.errors import LimitExceeded
from engine.expressions.limits import Budget
from engine.expressions.values import datetime_json, key_text, own, scalar_text, time_text

_MAX_NESTING = 100
_STEP = 2
_RESERVED = frozenset(
    word
    for base in ("false", "n", "no", "null", "on", "off", "true", "y", "yes")
    for word in (base, base.capitalize(), base.upper())
)
_QUOTABLE = re.compile(r"[\[\]{},]|(?:^|[ \t])#|:(?=[ \t\n]|$)")
_INDICATORS = "-?:,[]{}#&*!|>'\"%@`"
_HARD_TO_BLOCK = re.compile(r"[^\S\n]\n|[^\S\n]$|\n[^\S\n]*$(?<!\n)|^\s")

Add = Callable[[str], None]


def yaml_text(value: Any, budget: Budget) -> str:
    """YAML with a line break at its end. LimitExceeded when it would be too long or too deep."""
    lines: list[str] = []
    size = 0

    def add(line: str) -> None:
        nonlocal size
        size += len(line) + 1
        if size > budget.limits.value:
            budget.length(size)
        lines.append(line)

    value = own(value)
    if isinstance(value, (list, dict)) and value:
        _block(value, 0, add, 0)
    else:
        for line in _scalar(value, 0).split("\n"):
            add(line)
    budget.length(size)
    return "\n".join(lines) + "\n"


def _block(value: Any, column: int, add: Add, depth: int) -> None:
    """A filled map whose keys, or a filled list whose dashes (one further right), stand at a column."""
    if depth > _MAX_NESTING:
        raise LimitExceeded(f"A value nested more than {_MAX_NESTING} levels deep cannot be printed")
    for entry in value:
        if isinstance(value, list):
            item, head = own(entry), " " * column + " -"
        else:
            item, head = own(value[entry]), " " * column + _key(key_text(entry)) + ":"
        if isinstance(item, (list, dict)) and item:
            add(head)
            in_map = isinstance(value, dict) and isinstance(item, list)
            _block(item, column if in_map else column + _STEP, add, depth + 1)
        else:
            first, *more = _scalar(item, column + _STEP).split("\n")
            add(f"{head} {first}")
            for line in more:
                add(line)


def _key(text: str) -> str:
    return _quoted(text) if "\n" in text else _text(text, 0)


def _scalar(value: Any, column: int) -> str:
    if isinstance(value, str):
        return _text(value, column)
    if isinstance(value, (list, dict)):
        return "[]" if isinstance(value, list) else "{}"
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return datetime_json(value)
    return time_text(value, seconds=True) if isinstance(value, time) else scalar_text(value)


def _text(text: str, column: int) -> str:
    if not text or text in _RESERVED:
        return f'"{text}"'
    if "\n" in text:
        return _literal(text, column) if _blockable(text) else _quoted(text)
    if not text.isprintable():
        return _quoted(text)
    if _QUOTABLE.search(text):
        return _quoted(text)
    leading = text[0] in _INDICATORS and not (text[0] in "-?:" and len(text) > 1 and text[1] != " ")
    if leading or text != text.strip() or text.startswith(("---", "...")):
        return "'" + text.replace("'", "''") + "'"
    return text


def _quoted(text: str) -> str:
    """In double quotes, with what cannot be printed as an escape."""
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(
        sign if sign.isprintable() else f"\\u{ord(sign):04x}" if ord(sign) < 65536 else f"\\U{ord(sign):08x}"
        for sign in quoted
    )


def _blockable(text: str) -> bool:
    printable = all(sign.isprintable() or sign == "\n" for sign in text)
    return printable and not _HARD_TO_BLOCK.search(text.rstrip("\n")) and text.strip() != ""


def _literal(text: str, column: int) -> str:
    body = text.rstrip("\n")
    mark = "|-" if body == text else "|" if len(text) == len(body) + 1 else "|+"
    space = " " * max(_STEP, column)
    lines = body.split("\n") + [""] * max(0, len(text) - len(body) - 1)
    return "\n".join([mark, *(space + line if line else "" for line in lines)])
