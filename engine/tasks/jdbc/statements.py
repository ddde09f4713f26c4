"""SQL text in pieces: quoted parts and comments apart from the rest, statements apart from each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_QUOTED = re.compile(
    r"""
    '(?:[^']|'')*'            # text
  | "(?:[^"]|"")*"            # identifier
  | `[^`]*`                   # identifier, as SQLite and MySQL write it
  | --[^\n]*                  # comment to the end of the line
  | /\*.*?\*/                 # comment
  | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$   # dollar-quoted text
    """,
    re.VERBOSE | re.DOTALL,
)
_NAMED = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


def pieces(sql: str) -> Iterator[tuple[bool, str]]:
    """The text in order, each piece with whether it is code (True) or quoted or a comment (False)."""
    start = 0
    for match in _QUOTED.finditer(sql):
        if match.start() > start:
            yield True, sql[start : match.start()]
        yield False, match[0]
        start = match.end()
    if start < len(sql):
        yield True, sql[start:]


def split(sql: str) -> list[str]:
    """The statements of a text, without their semicolons; empty ones and mere comments are left out."""
    statements: list[str] = []
    current: list[str] = []
    has_code = False
    for is_code, text in pieces(sql):
        parts = text.split(";") if is_code else [text]
        for index, part in enumerate(parts):
            if index:
                if has_code:
                    statements.append("".join(current).strip())
                current, has_code = [], False
            current.append(part)
            has_code = has_code or (bool(part.strip()) if is_code else not part.startswith(("--", "/*")))
    if has_code:
        statements.append("".join(current).strip())
    return statements


def with_parameters(
    sql: str, parameters: Mapping[str, Any], placeholder: Callable[[str], str], escape: Callable[[str], str] = str
) -> tuple[str, dict[str, Any]]:
    """Every ``:name`` of a known parameter as the database writes it, and those parameters alone.

    ``escape`` is applied to all other text, for databases to which some character is special.
    """
    used: dict[str, Any] = {}

    def name(match: re.Match[str]) -> str:
        if match[1] not in parameters:
            return escape(match[0])
        used[match[1]] = parameters[match[1]]
        return placeholder(match[1])

    out: list[str] = []
    for is_code, text in pieces(sql):
        if not is_code:
            out.append(escape(text))
            continue
        start = 0
        for match in _NAMED.finditer(text):
            out.append(escape(text[start : match.start()]))
            out.append(name(match))
            start = match.end()
        out.append(escape(text[start:]))
    return "".join(out), used
