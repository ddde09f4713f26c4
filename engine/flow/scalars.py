"""Plain scalars as YAML 1.1 without dates and base-60, and where a scalar's characters stand in the file."""

from __future__ import annotations

import re

_TAG = "tag:yaml.org,2002:"
_STR = _TAG + "str"
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), _TAG + "null"),
    **{
        form: _TAG + "bool"
        for word in ("true", "false", "yes", "no", "on", "off")
        for form in (word, word.capitalize(), word.upper())
    },
    "<<": _TAG + "merge",
}
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*|\.(?:inf|Inf|INF))$|\.(?:nan|NaN|NAN)$"
)
_NUMBER_START = frozenset("+-.0123456789")
_MAX_DIGITS = 4000


def resolve_tag(text: str) -> str:
    """The tag of a plain scalar."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    if text[0] in _NUMBER_START and len(text) < _MAX_DIGITS:
        if _INT.match(text):
            return _TAG + "int"
        if _FLOAT.match(text):
            return _TAG + "float"
    return _STR


def plain_value(kind: str, text: str) -> object:
    """The value of a scalar whose tag is ``kind`` (int, float, bool, null); text for every other tag or bad text."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    if kind == "int":
        return _integer(text)
    if kind == "float":
        return _real(text)
    return text


def _integer(text: str) -> int | str:
    digits = text.replace("_", "").lower()
    sign, digits = (-1, digits[1:]) if digits.startswith("-") else (1, digits.lstrip("+"))
    base = {"0b": 2, "0x": 16}.get(digits[:2])
    if base:
        digits = digits[2:]
    elif len(digits) > 1 and digits[0] == "0":
        base = 8
    try:
        return sign * int(digits, base or 10)
    except ValueError:
        return text


def _real(text: str) -> float | str:
    digits = text.replace("_", "").lower()
    special = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}.get(digits)
    try:
        return float(special or digits)
    except ValueError:
        return text


_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.DOTALL)


def align(raw: str, value: str, style: str, offset: int) -> int:
    """The index in ``raw`` (the scalar as written) of character ``offset`` of ``value`` (the scalar as read)."""
    at = _body_start(raw, style)
    if style not in ("|", ">") and raw[at : at + len(value)] == value:
        return at + min(offset, len(value))
    for i in range(min(offset, len(value))):
        at = _skip_layout(raw, at, value[i])
        at += _width(raw, at, value[i], style)
    if offset < len(value):
        at = _skip_layout(raw, at, value[offset])
    return min(at, len(raw))


def _body_start(raw: str, style: str) -> int:
    if style in ("|", ">"):
        end_of_header = raw.find("\n")
        return end_of_header + 1 if end_of_header >= 0 else len(raw)
    return 1 if style in ("'", '"') else 0


def _skip_layout(raw: str, at: int, char: str) -> int:
    """Pass line breaks and indentation that folding removed, up to where ``char`` can stand."""
    if char in " \n":
        return _skip_to_break(raw, at, char)
    while at < len(raw) and raw[at] in " \t\r\n" and raw[at] != char:
        at += 1
    return at


def _skip_to_break(raw: str, at: int, char: str) -> int:
    """A line break of the value: pass blanks before a break. A blank that folding made out of a break stays."""
    if at < len(raw) and raw[at] == char:
        return at
    probe = at
    while probe < len(raw) and raw[probe] in " \t\r":
        probe += 1
    return probe if probe < len(raw) and raw[probe] == "\n" else at


def _width(raw: str, at: int, char: str, style: str) -> int:
    """How many characters of ``raw`` stand for one character of the value."""
    if style == '"' and raw[at : at + 1] == "\\":
        found = _ESCAPE.match(raw, at)
        return found.end() - at if found else 1
    if style == "'" and raw[at : at + 2] == "''":
        return 2
    return 1
