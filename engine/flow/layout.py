"""Edits that move lines: what was written at the wrong indentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.flow.findings import Edit

if TYPE_CHECKING:
    from engine.flow.source import Source

_MOST_CANDIDATES = 12


def indent_of(text: str) -> int:
    """Leading blanks of a line."""
    return len(text) - len(text.lstrip(" "))


def block_end(source: Source, line: int) -> int:
    """The last line of what hangs below ``line``: all that is indented deeper, blank lines in between included."""
    indent = indent_of(source.line_text(line))
    last = line
    number = line + 1
    while number <= source.lines:
        text = source.line_text(number)
        if text.strip():
            if indent_of(text) <= indent:
                break
            last = number
        number += 1
    return last


def shift(source: Source, first: int, last: int, by: int) -> Edit:
    """An edit that moves whole lines right (or left, if negative)."""
    moved = []
    for number in range(first, last + 1):
        text = source.line_text(number)
        moved.append(" " * max(0, indent_of(text) + by) + text.lstrip(" ") if text.strip() else text)
    end_column = len(source.line_text(last)) + 1
    return Edit(first, 1, last, end_column, source.line_break.join(moved))


def reindents(source: Source, line: int) -> Iterator[tuple[int, Edit]]:
    """Ways to move a line, alone or with what hangs below it, to a level used above it, with how far; nearest first."""
    text = source.line_text(line)
    indent = indent_of(text)
    levels: dict[int, None] = {}
    for number in range(line - 1, 0, -1):
        above = source.line_text(number)
        if not above.strip() or above.lstrip().startswith("#"):
            continue
        level = indent_of(above)
        levels.setdefault(level, None)
        levels.setdefault(level + 2, None)
        if level == 0:
            break
    ways = sorted((level for level in levels if level != indent), key=lambda level: abs(level - indent))
    end = block_end(source, line)
    for level in ways[:_MOST_CANDIDATES]:
        by = level - indent
        yield abs(by), shift(source, line, line, by)
        if end > line:
            yield abs(by), shift(source, line, end, by)
    before = line - 1
    while before > 1 and not source.line_text(before).strip():
        before -= 1
    by = indent - indent_of(source.line_text(before))
    if by > 0:
        # or the line above it slipped out of what this line still belongs to
        yield by, shift(source, before, before, by)


def as_list_item(source: Source, first: int, last: int) -> Edit:
    """An edit that makes one list entry of the map on these lines."""
    edit = shift(source, first, last, 2)
    indent = indent_of(source.line_text(first))
    text = edit.text[:indent] + "- " + edit.text[indent + 2 :]
    return Edit(edit.line, edit.column, edit.end_line, edit.end_column, text)
