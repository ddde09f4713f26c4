"""What to say when a text is no YAML: where the cause is, not only where the parser gave up.

A parser notices most slips a line or more too late. Each detector below looks for one kind of slip around
that place; the first that finds one speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from engine.flow.findings import Edit, Finding

if TYPE_CHECKING:
    from engine.flow.source import Source

_UNQUOTED = re.compile(r"^(?P<lead>\s*(?:- )*[^\s:#'\"][^:#'\"]*: +|\s*- +)(?P<value>\{\{.*)$")
_KEY_LINE = re.compile(r"^\s*(?:- +)*[\"']?[A-Za-z_][\w.\-]*[\"']?\s*:(?:\s|$)")
_NO_SPACE = re.compile(r"^(\s*(?:- +)*[A-Za-z_][\w\-]*:)(?!//)\S")
_NO_COLON = re.compile(r"^(\s*(?:- +)*[A-Za-z_][\w\-]*)( +)[^\s:=(].*$")
_OPEN_QUOTE = re.compile(r"""^\s*(?:- +)*(?:[\w.\-]+\s*: +|- +)?(?P<quote>["'])(?P<body>.*)$""")
_BLOCK = re.compile(r":\s*[|>][+-]?\d?[+-]?\s*(?:#.*)?$")
_LOOK_BACK = 400


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What the parser said: its words, its place, and where it had begun what it could not finish."""

    source: Source
    problem: str
    context: str
    line: int
    column: int
    begun_line: int
    begun_column: int


def explain(source: Source, error: yaml.YAMLError) -> Finding:
    """One finding for one parser error, at the line its author has to change."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unreadable(source, error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _finding("bad_yaml", 1, 1, f"not YAML: {error}", "Check the file's syntax.")
    begun = getattr(error, "context_mark", None) or mark
    trouble = _Trouble(
        source,
        str(getattr(error, "problem", "") or ""),
        str(getattr(error, "context", "") or ""),
        *source.position(mark.index + source.shift),
        *source.position(begun.index + source.shift),
    )
    for detector in _DETECTORS:
        found = detector(trouble)
        if found is not None:
            return found
    message = f"not YAML: {trouble.problem}" + (f" {trouble.context}" if trouble.context else "")
    hint = "Check the line and the one above it; quote a value that holds ': ' or starts with a special character."
    return _finding("bad_yaml", trouble.line, trouble.column, message, hint)


def _several_documents(trouble: _Trouble) -> Finding | None:
    if "single document" not in trouble.context:
        return None
    hint = "Keep one flow in a file; put the others into files of their own."
    message = "the file holds more than one document"
    return _finding("several_documents", trouble.line, trouble.column, message, hint)


def _unquoted_expression(trouble: _Trouble) -> Finding | None:
    for number in range(trouble.line, max(trouble.begun_line - 1, trouble.line - 3, 0), -1):
        found = quote_expression(trouble.source, number)
        if found:
            return found
    return None


def quote_expression(source: Source, number: int) -> Finding | None:
    """A finding with its edit when the value on this line starts with an unquoted ``{{``."""
    text = source.line_text(number)
    match = _UNQUOTED.match(text)
    if not match:
        return None
    value = match["value"].rstrip()
    column = match.start("value") + 1
    quoted = '"' + value + '"' if '"' not in value else "'" + value.replace("'", "''") + "'"
    edit = Edit(number, column, number, column + len(value), quoted)
    message = "a value that starts with {{ must be quoted, or YAML reads a mapping"
    return Finding("bad_yaml", "error", (), number, column, message, f"Write {quoted}.", number, edit.end_column, edit)


def _unclosed_quote(trouble: _Trouble) -> Finding | None:
    """A quote that is opened on one line, while the next line is a key of its own."""
    source = trouble.source
    block = -1
    for number in range(max(1, trouble.line - _LOOK_BACK), trouble.line + 1):
        text = source.line_text(number)
        if not text.strip():
            continue
        if block >= 0 and _indent(text) > block:
            continue
        block = _indent(text) if _BLOCK.search(text) else -1
        match = _OPEN_QUOTE.match(text)
        if match and _is_open(match["body"], match["quote"]) and _starts_anew(source, number):
            column = len(text.rstrip()) + 1
            edit = Edit(number, column, number, column, match["quote"])
            message, hint = "a quoted text is not closed on its line", f"Add {match['quote']} at its end."
            return Finding("bad_yaml", "error", (), number, match.start("quote") + 1, message, hint, edit=edit)
    if "quoted scalar" in trouble.context:
        message = "a quoted text is not closed"
        return _finding("bad_yaml", trouble.begun_line, trouble.begun_column, message, "Add the closing quote.")
    return None


def _is_open(body: str, quote: str) -> bool:
    if quote == '"':
        return len(re.findall(r'(?<!\\)(?:\\\\)*"', body)) % 2 == 0
    return body.count("'") % 2 == 0


def _starts_anew(source: Source, number: int) -> bool:
    """Whether the line after this one is a key or entry that cannot be part of a longer text."""
    following = _next_line(source, number)
    text = source.line_text(following)
    return not text or (_indent(text) <= _key_indent(source.line_text(number)) and bool(_is_entry(text)))


def _unclosed_list(trouble: _Trouble) -> Finding | None:
    if "flow sequence" not in trouble.context and "flow mapping" not in trouble.context:
        return None
    closing = "]" if "sequence" in trouble.context else "}"
    message = f"not YAML: a list or mapping opened here is not closed ({trouble.problem})"
    text = trouble.source.line_text(trouble.begun_line).rstrip()
    edit = None
    if text.count(closing) < text.count({"]": "[", "}": "{"}[closing]) and "#" not in text:
        edit = Edit(trouble.begun_line, len(text) + 1, trouble.begun_line, len(text) + 1, closing)
    place = (trouble.begun_line, trouble.begun_column)
    return Finding("bad_yaml", "error", (), *place, message, f"Close it with {closing}.", edit=edit)


def _key_without_colon(trouble: _Trouble) -> Finding | None:
    """``key value`` or ``key:value`` among lines of ``key: value``."""
    for number in (trouble.begun_line, trouble.line, _previous_line(trouble.source, trouble.line)):
        text = trouble.source.line_text(number)
        if _KEY_LINE.match(text) or not _stands_among_keys(trouble.source, number):
            continue
        spaceless, colonless = _NO_SPACE.match(text), _NO_COLON.match(text)
        if spaceless:
            column = spaceless.end(1) + 1
            edit = Edit(number, column, number, column, " ")
            message, hint = "a colon must be followed by a space", "Add a space after the colon."
        elif colonless:
            column = colonless.end(1) + 1
            edit = Edit(number, column, number, column, ":")
            message, hint = f"{colonless[1].strip()} is not followed by a colon", "Add a colon after the key."
        else:
            continue
        return Finding("bad_yaml", "error", (), number, column, message, hint, edit=edit)
    return None


def _stands_among_keys(source: Source, number: int) -> bool:
    indent = _key_indent(source.line_text(number))
    around = (source.line_text(_previous_line(source, number)), source.line_text(_next_line(source, number)))
    return any(_KEY_LINE.match(text) and _key_indent(text) == indent for text in around)


def _tab(trouble: _Trouble) -> Finding | None:
    for number in (trouble.line, _previous_line(trouble.source, trouble.line)):
        text = trouble.source.line_text(number)
        lead = text[: len(text) - len(text.lstrip())]
        if "\t" in lead:
            edit = Edit(number, 1, number, len(lead) + 1, lead.replace("\t", "  "))
            column = lead.index("\t") + 1
            message = "a tab cannot indent YAML"
            return Finding("indentation", "error", (), number, column, message, "Use spaces.", edit=edit)
    return None


def _misplaced_line(trouble: _Trouble) -> Finding | None:
    if not any(word in trouble.problem for word in ("expected", "not allowed", "indentation")):
        return None
    found = _misindented(trouble.source, trouble.line)
    if found is None:
        return None
    number, wanted = found
    indent = _indent(trouble.source.line_text(number))
    where = " or ".join(str(w) for w in wanted)
    message = f"the indentation of {indent} fits no level that is open here"
    hint = f"Indent this line by {where} spaces, like its siblings." if where else "Align it with its siblings."
    return _finding("indentation", number, indent + 1, message, hint)


_DETECTORS: tuple[Callable[[_Trouble], Finding | None], ...] = (
    _several_documents,
    _unquoted_expression,
    _unclosed_quote,
    _unclosed_list,
    _tab,
    _key_without_colon,
    _misplaced_line,
)


def _misindented(source: Source, line: int) -> tuple[int, list[int]] | None:
    """The line whose indentation breaks the structure at ``line``, and what its indentation should be."""
    if not source.line_text(line).strip():
        line = _previous_line(source, line)
    text = source.line_text(line)
    if not _is_entry(text):
        return None
    indent = _indent(text)
    above = _previous_line(source, line)
    before = source.line_text(above)
    if above != line and indent > _key_indent(before) and _KEY_LINE.match(before):
        after = source.line_text(_next_line(source, line))
        goes_on = bool(after) and _indent(after) == indent
        if before.lstrip().startswith("- ") and goes_on:
            # the item's other keys stand deeper than its first: it is the item's own line that slipped
            return above, [indent - 2]
        opener = source.line_text(_previous_line(source, above))
        if opener.rstrip().endswith(":") and _key_indent(opener) == _indent(before):
            # what hangs below an empty key begins a level too far left
            return above, [indent]
    alone = _alone_too_deep(source, line) or _alone_too_flat(source, line)
    return (alone, [indent]) if alone else (line, _open_levels(source, line))


def _alone_too_flat(source: Source, line: int) -> int:
    """The one entry between a key and a line with its next sibling that stands less deep than those; 0 if none."""
    indent = _indent(source.line_text(line))
    if _indent(source.line_text(_next_line(source, line))) != indent:
        return 0
    first = _previous_line(source, line)
    opener = source.line_text(_previous_line(source, first))
    between = _key_indent(opener) < _indent(source.line_text(first)) < indent
    return first if between and opener.rstrip().endswith(":") else 0


def _alone_too_deep(source: Source, line: int) -> int:
    """The one entry above a line that stands deeper than it and its next sibling, right below their key; 0 if none."""
    indent = _indent(source.line_text(line))
    if _indent(source.line_text(_next_line(source, line))) != indent:
        return 0
    first, number = 0, _previous_line(source, line)
    while number > 1 and _indent(source.line_text(number)) > indent:
        first, number = number, _previous_line(source, number)
    depth = _indent(source.line_text(first)) if first else 0
    siblings = sum(_indent(source.line_text(n)) == depth for n in range(first, line) if source.line_text(n).strip())
    opener = source.line_text(number)
    below_its_key = opener.rstrip().endswith(":") and _key_indent(opener) < indent
    return first if first and siblings == 1 and below_its_key else 0


def _open_levels(source: Source, line: int) -> list[int]:
    """Indentations a line could have here, nearest to its own first; at most two."""
    text = source.line_text(line)
    indent, is_item = _indent(text), text.lstrip().startswith("- ")
    levels: set[int] = set()
    limit = 10**6
    for number in range(line - 1, 0, -1):
        earlier = source.line_text(number)
        stripped = earlier.lstrip(" ")
        if not stripped or stripped.startswith("#"):
            continue
        dash, starts_item = _indent(earlier), stripped.startswith("- ")
        if dash < limit and (starts_item or not is_item):
            levels.add(dash if is_item else _key_indent(earlier))
        limit = min(limit, dash)
        if limit == 0:
            break
    return sorted(levels - {indent}, key=lambda level: abs(level - indent))[:2]


def _is_entry(text: str) -> bool:
    return bool(_KEY_LINE.match(text)) or text.lstrip().startswith("- ")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _key_indent(text: str) -> int:
    """Where the key of a line stands: behind the dash of a list entry."""
    match = re.match(r" *(?:- +)*", text)
    return match.end() if match else 0


def _previous_line(source: Source, number: int) -> int:
    """The nearest line above that says something; the first line when there is none."""
    number -= 1
    while number > 1 and _says_nothing(source.line_text(number)):
        number -= 1
    return max(number, 1)


def _next_line(source: Source, number: int) -> int:
    """The nearest line below that says something; beyond the end when there is none."""
    number += 1
    while number <= source.lines and _says_nothing(source.line_text(number)):
        number += 1
    return number


def _says_nothing(text: str) -> bool:
    stripped = text.strip()
    return not stripped or stripped.startswith("#")


def _unreadable(source: Source, error: Any) -> Finding:
    position = error.position if isinstance(error.position, int) else 0
    characters = len(source.text.encode()[:position].decode(errors="ignore"))
    line, column = source.position(characters)
    return _finding("bad_yaml", line, column, f"a character that YAML does not allow: {error.reason}", "Remove it.")


def _finding(code: str, line: int, column: int, message: str, hint: str) -> Finding:
    return Finding(code, "error", (), line, column, message, hint)
