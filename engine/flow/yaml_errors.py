"""What to say when a text is no YAML: where the cause is, not only where the parser gave up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from engine.flow.findings import Edit, Finding

if TYPE_CHECKING:
    from engine.flow.source import Source

_UNQUOTED = re.compile(r"^(?P<lead>\s*(?:- )*[^\s:#'\"][^:#'\"]*: +|\s*- +)(?P<value>\{\{.*)$")
_KEY_LINE = re.compile(r"^(\s*)(- )?\s*[A-Za-z_][\w.\-]*\s*:(\s|$)")


def explain(source: Source, error: yaml.YAMLError) -> Finding:
    """One finding for one parser error, at the line its author has to change."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unreadable(source, error)
    problem = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    mark = problem or context
    if mark is None:
        return _finding("bad_yaml", 1, 1, f"not YAML: {error}", "Check the file's syntax.")
    line, column = source.position(mark.index + source.shift)
    unquoted = _unquoted_expression(source, context, line)
    if unquoted:
        return unquoted
    said = str(getattr(error, "problem", "") or "")
    doing = str(getattr(error, "context", "") or "")
    if "single document" in doing:
        hint = "Keep one flow in a file; put the others into files of their own."
        return _finding("several_documents", line, column, "the file holds more than one document", hint)
    if context is not None and ("flow sequence" in doing or "flow mapping" in doing):
        line, column = source.position(context.index + source.shift)
        closing = "]" if "sequence" in doing else "}"
        message = f"not YAML: a list or mapping opened here is not closed ({said})"
        found = _finding("bad_yaml", line, column, message, f"Close it with {closing}.")
        text = source.line_text(line).rstrip()
        if text.count(closing) >= text.count({"]": "[", "}": "{"}[closing]) or "#" in text:
            return found
        return replace(found, edit=Edit(line, len(text) + 1, line, len(text) + 1, closing))
    if "quoted scalar" in doing and context is not None:
        line, column = source.position(context.index + source.shift)
        return _finding("bad_yaml", line, column, "a quoted text is not closed", "Add the closing quote.")
    return _layout(source, said, doing, line, column)


def _layout(source: Source, said: str, doing: str, line: int, column: int) -> Finding:
    culprit = _misindented(source, line)
    if culprit and ("expected" in said or "not allowed" in said or "indentation" in said or "tab" in said):
        number, wanted = culprit
        text = source.line_text(number)
        indent = _indent(text)
        where = " or ".join(str(w) for w in wanted)
        message = f"the indentation of {indent} fits no level that is open here"
        hint = f"Indent this line by {where} spaces, like its siblings." if where else "Align it with its siblings."
        return _finding("indentation", number, indent + 1, message, hint)
    if "\t" in source.line_text(line)[:column]:
        return _finding("indentation", line, column, "a tab cannot indent YAML", "Use spaces.")
    message = f"not YAML: {said}" + (f" {doing}" if doing else "")
    hint = "Check the line and the one above it; quote a value that holds ': ' or starts with a special character."
    return _finding("bad_yaml", line, column, message, hint)


def _misindented(source: Source, line: int) -> tuple[int, list[int]] | None:
    """The line whose indentation breaks the structure at ``line``, and the indentations open before it."""
    while line > 1 and not source.line_text(line).strip():
        line -= 1
    text = source.line_text(line)
    if not _KEY_LINE.match(text) and not text.lstrip().startswith("- "):
        return None
    indent = _indent(text)
    above = line - 1
    while above > 1 and not source.line_text(above).strip():
        above -= 1
    item = source.line_text(above)
    if item.lstrip().startswith("- ") and indent > _indent(item) + 2 and _KEY_LINE.match(item):
        # the item's other keys stand deeper than its first: it is the item's own line that slipped
        return above, [indent - 2]
    is_item = text.lstrip().startswith("- ")
    open_levels: list[int] = []
    limit = 10**6
    for number in range(line - 1, 0, -1):
        earlier = source.line_text(number)
        stripped = earlier.lstrip(" ")
        if not stripped or stripped.startswith("#"):
            continue
        dash = len(earlier) - len(stripped)
        key = dash + 2 if stripped.startswith("- ") else dash
        level = dash if is_item and stripped.startswith("- ") else key
        if dash < limit and (stripped.startswith("- ") or not is_item):
            open_levels.append(level)
        limit = min(limit, dash)
        if limit == 0:
            break
    wanted = sorted({level for level in open_levels if level != indent}, key=lambda level: abs(level - indent))[:2]
    return line, wanted


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _unquoted_expression(source: Source, context: Any, line: int) -> Finding | None:
    first = source.position(context.index + source.shift)[0] if context is not None else line
    for number in range(line, max(first - 1, line - 3, 0), -1):
        found = quote_expression(source, number)
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


def _unreadable(source: Source, error: Any) -> Finding:
    position = error.position if isinstance(error.position, int) else 0
    characters = len(source.text.encode()[:position].decode(errors="ignore"))
    line, column = source.position(characters)
    return _finding("bad_yaml", line, column, f"a character that YAML does not allow: {error.reason}", "Remove it.")


def _finding(code: str, line: int, column: int, message: str, hint: str) -> Finding:
    return Finding(code, "error", (), line, column, message, hint)
