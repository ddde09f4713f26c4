"""Filters over text."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from engine.expressions import regexes
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import is_number, kind_of
from engine.expressions.registry import filter_
from engine.expressions.runtime import Frame
from engine.expressions.values import java_text, to_text

_NEWLINE = re.compile(r"\r\n|\r|\n")


def as_text(frame: Frame, value: Any) -> str:
    """A text as it is, anything else as Kestra prints it."""
    return value if isinstance(value, str) else java_text(value, frame.budget)


def only_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"The '{name}' filter can only be applied to a text, not to {kind_of(value)}")
    return value


def whole(name: str, value: Any) -> int:
    """An argument that must be a whole number."""
    if not is_number(value) or not -(2**53) <= value <= 2**53:
        raise ExpressionError(f"The argument '{name}' must be a number, not {kind_of(value)}")
    return int(value)


@filter_("abbreviate")
def abbreviate(frame: Frame, value: Any, length: Any) -> Any:
    """Cut a text to a length, the last three characters being dots."""
    if value is None:
        return None
    text, width = only_text("abbreviate", value), whole("length", length)
    if width < 0:
        raise ExpressionError("The argument 'length' must be greater than zero")
    if len(text) < width or len(text) <= 3:
        return text
    return text[:width] if width <= 3 else text[: width - 3] + "..."


@filter_("capitalize")
def capitalize(frame: Frame, value: Any) -> Any:
    """The first letter in upper case."""
    if value is None:
        return None
    text = only_text("capitalize", value)
    stripped = text.lstrip()
    start = len(text) - len(stripped)
    return text[:start] + stripped[:1].upper() + stripped[1:]


@filter_("title")
def title(frame: Frame, value: Any) -> Any:
    """The first letter of every word in upper case."""
    if value is None:
        return None
    return re.sub(r"(^|\s)(\S)", lambda m: m.group(1) + m.group(2).upper(), only_text("title", value))


@filter_("lower")
def lower(frame: Frame, value: Any) -> Any:
    """Lower case."""
    return None if value is None else as_text(frame, value).lower()


@filter_("upper")
def upper(frame: Frame, value: Any) -> Any:
    """Upper case."""
    return None if value is None else as_text(frame, value).upper()


@filter_("trim")
def trim(frame: Frame, value: Any) -> Any:
    """Without white space at both ends."""
    return None if value is None else as_text(frame, value).strip()


@filter_("condense", since="2.0")
def condense(frame: Frame, value: Any) -> str:
    """A text on one line: line feeds removed."""
    return only_text("condense", value).replace("\n", "")


@filter_("startsWith")
def starts_with(frame: Frame, value: Any, value_: Any) -> Any:
    """Whether a text begins with another."""
    return None if value is None else as_text(frame, value).startswith(as_text(frame, value_))


@filter_("endsWith")
def ends_with(frame: Frame, value: Any, value_: Any) -> Any:
    """Whether a text ends with another."""
    return None if value is None else as_text(frame, value).endswith(as_text(frame, value_))


@filter_("substringBefore")
def substring_before(frame: Frame, value: Any, separator: Any) -> Any:
    """What stands before the first separator; all, when there is none."""
    return None if value is None else as_text(frame, value).partition(as_text(frame, separator) or "\0")[0]


@filter_("substringBeforeLast")
def substring_before_last(frame: Frame, value: Any, separator: Any) -> Any:
    """What stands before the last separator; all, when there is none."""
    if value is None:
        return None
    text, mark = as_text(frame, value), as_text(frame, separator)
    return text.rpartition(mark)[0] if mark and mark in text else text


@filter_("substringAfter")
def substring_after(frame: Frame, value: Any, separator: Any) -> Any:
    """What stands after the first separator; nothing, when there is none."""
    if value is None:
        return None
    text, mark = as_text(frame, value), as_text(frame, separator)
    return text.partition(mark)[2] if mark else text


@filter_("substringAfterLast")
def substring_after_last(frame: Frame, value: Any, separator: Any) -> Any:
    """What stands after the last separator; nothing, when there is none."""
    if value is None:
        return None
    text, mark = as_text(frame, value), as_text(frame, separator)
    return text.rpartition(mark)[2] if mark and mark in text else ""


@filter_("split")
def split(frame: Frame, value: Any, delimiter: Any, limit: Any = None) -> Any:
    """The parts of a text between the matches of a regular expression."""
    if value is None:
        return None
    most = 0 if limit is None else whole("limit", limit)
    return regexes.split(frame.budget, as_text(frame, delimiter), only_text("split", value), most)


@filter_("replace")
def replace(frame: Frame, value: Any, replace_pairs: Any, regexp: Any = False) -> Any:
    """Every key of a map replaced by its value, in texts at any depth; keys are patterns with ``regexp=true``."""
    if value is None:
        return None
    if not isinstance(replace_pairs, dict):
        raise ExpressionError("The argument 'replace_pairs' must be a map", hint="{'old': 'new'}")
    pairs = [(as_text(frame, key), as_text(frame, new)) for key, new in replace_pairs.items()]
    return _replaced(frame, value, pairs, regexp is True)


def _replaced(frame: Frame, value: Any, pairs: list[tuple[str, str]], regexp: bool) -> Any:
    frame.budget.step()
    if isinstance(value, dict):
        return {key: _replaced(frame, item, pairs, regexp) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(frame, item, pairs, regexp) for item in value]
    text = as_text(frame, value)
    for old, new in pairs:
        if regexp:
            text = regexes.replace(frame.budget, old, text, new)
        else:
            frame.budget.length(len(text) + text.count(old) * max(0, len(new) - len(old)))
            text = text.replace(old, new)
    return text


@filter_("regexMatch", since="2.0")
def regex_match(frame: Frame, value: Any, regex: Any) -> bool:
    """Whether a regular expression matches somewhere in the text; null does not."""
    return value is not None and regexes.found(frame.budget, as_text(frame, regex), as_text(frame, value))


@filter_("regexReplace", since="2.0")
def regex_replace(frame: Frame, value: Any, regex: Any, replacement: Any) -> Any:
    """Every match of a regular expression replaced; ``$1`` stands for a group."""
    if value is None:
        return None
    return regexes.replace(frame.budget, as_text(frame, regex), as_text(frame, value), as_text(frame, replacement))


@filter_("regexExtract", since="2.0")
def regex_extract(frame: Frame, value: Any, regex: Any, group: Any = None) -> Any:
    """The first match of a regular expression, or one of its groups; null when there is none."""
    if value is None:
        return None
    number = 0 if group is None else whole("group", group)
    return regexes.extract(frame.budget, as_text(frame, regex), as_text(frame, value), number)


@filter_("slugify")
def slugify(frame: Frame, value: Any) -> Any:
    """Lower case letters, digits and hyphens only."""
    if value is None:
        return None
    text = unicodedata.normalize("NFD", re.sub(r"\s", "-", as_text(frame, value)))
    text = re.sub(r"[^A-Za-z0-9_-]", "", text).replace("_", "-")
    return re.sub(r"-+", "-", text).strip("-").lower()


@filter_("escapeChar")
def escape_char(frame: Frame, value: Any, type_: Any) -> Any:
    """Quotes escaped for a text in ``single`` or ``double`` quotes or for a ``shell``."""
    if value is None:
        return None
    pair = _ESCAPES.get(type_.lower()) if isinstance(type_, str) else None
    if pair is None:
        raise ExpressionError("The argument 'type' must be 'single', 'double' or 'shell'")
    return _replaced(frame, value, [pair], False)


_ESCAPES = {"single": ("'", "\\'"), "double": ('"', '\\"'), "shell": ("'", "'\\''")}


@filter_("sh", since="0.22")
def sh(frame: Frame, value: Any) -> Any:
    """Single quotes escaped for a shell."""
    return None if value is None else as_text(frame, value).replace("'", "'\\''")


@filter_("indent")
def indent(frame: Frame, value: Any, amount: Any, prefix: Any = " ") -> Any:
    """Every line but the first moved to the right."""
    if value is None:
        return None
    text, space = as_text(frame, value), _space(frame, amount, prefix)
    frame.budget.length(len(text) + len(space) * (len(_NEWLINE.findall(text)) + 1))
    return _NEWLINE.sub(lambda m: m.group() + space, text)


@filter_("nindent")
def nindent(frame: Frame, value: Any, amount: Any, prefix: Any = " ") -> Any:
    """A line break, then every line moved to the right."""
    if value is None:
        return None
    text, space = as_text(frame, value), _space(frame, amount, prefix)
    if text == "":
        return ""
    found = _NEWLINE.search(text)
    frame.budget.length(len(text) + len(space) * (len(_NEWLINE.findall(text)) + 2))
    return (found.group() if found else "\n") + space + _NEWLINE.sub(lambda m: m.group() + space, text)


def _space(frame: Frame, amount: Any, prefix: Any) -> str:
    count, unit = whole("amount", amount), as_text(frame, prefix)
    frame.budget.length(max(0, count) * len(unit))
    return unit * count


@filter_("string", since="0.22")
def string(frame: Frame, value: Any) -> Any:
    """Any value as text; maps and lists as JSON."""
    return None if value is None else to_text(value, frame.budget)


@filter_("nl2br")
def nl2br(frame: Frame, value: Any) -> Any:
    """Line breaks as HTML."""
    return None if value is None else _NEWLINE.sub("<br />", only_text("nl2br", value))
