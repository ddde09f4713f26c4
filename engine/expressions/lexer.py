"""Text to tokens: plain text, the delimiters, and what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from engine.expressions.errors import ExpressionSyntax

Kind = Literal["text", "print", "print_end", "execute", "execute_end", "op", "name", "number", "long", "string",
               "hash_open", "hash_close", "punct", "raw", "eof"]  # fmt: skip

_WORDS = ("isIn", "is", "contains", "equals", "in", "and", "or", "not")
_SIGNS = ("???", "??", "..", "==", "!=", ">=", "<=", ">", "<", "+", "-", "*", "/", "%", "|", "~")

_START = re.compile(r"\{\{|\{%|\{#")
_OPERATOR = re.compile(
    "|".join(
        [r"is\s+not(?![\w])", r"not\s+in(?![\w])"]
        + [rf"{w}(?![A-Za-z0-9_])" for w in _WORDS]
        + [re.escape(s) for s in _SIGNS]
    )
)
_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SPACE = re.compile(r"\s+")
_STRING = re.compile(r'"([^#"\\]*(?:\\.[^#"\\]*)*)"|\'([^\'\\]*(?:\\.[^\'\\]*)*)\'', re.DOTALL)
_STRING_PART = re.compile(r'[^#"\\]*(?:(?:\\.|#(?!\{))[^#"\\]*)*', re.DOTALL)
_PRINT_CLOSE = re.compile(r"\s*-?\}\}")
_EXECUTE_CLOSE = re.compile(r"\s*-?%\}")
_VERBATIM = re.compile(r"-?\s*verbatim\s*(-)?%\}")
_VERBATIM_END = re.compile(r"\{%(-)?\s*endverbatim\s*(-)?%\}")
_RAW = re.compile(r"-*\s*raw\s*-*%\}")
_RAW_END = re.compile(r"\{%-*\s*endraw\s*-*%\}")
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    value: str
    offset: int
    end: int = 0


class _Lexer:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.tokens: list[Token] = []
        self.brackets: list[tuple[str, int]] = []
        self.trim_next = False

    def run(self) -> list[Token]:
        while self.at < len(self.source):
            self._data()
        self._add("eof", "", len(self.source))
        return self.tokens

    def _fail(self, message: str, offset: int | None = None, hint: str = "") -> ExpressionSyntax:
        return ExpressionSyntax(
            message, hint=hint, expression=self.source, offset=self.at if offset is None else offset
        )

    def _add(self, kind: Kind, value: str, offset: int) -> None:
        self.tokens.append(Token(kind, value, offset, self.at))

    def _data(self) -> None:
        """Plain text up to the next delimiter, then what the delimiter opens."""
        begin = self.at
        found = _START.search(self.source, begin)
        end = found.start() if found else len(self.source)
        text = self.source[begin:end]
        if self.trim_next:
            text = text.lstrip()
            self.trim_next = False
        self.at = found.end() if found else end
        if found and not self._opens_raw(found) and self._opens_with_trim():
            text = text.rstrip()
        if text:
            self._add("text", text, begin)
        if not found:
            return
        match found.group():
            case "{#":
                self._comment(found.start())
            case "{{":
                self._add("print", "{{", found.start())
                self._inside(_PRINT_CLOSE, "print_end", "}}", found.start())
            case _:
                self._tag(found.start())

    def _tag(self, begin: int) -> None:
        if verbatim := _VERBATIM.match(self.source, self.at):
            self._verbatim(verbatim)
        elif raw := _RAW.match(self.source, self.at):
            self._raw(raw, begin)
        else:
            self._add("execute", "{%", begin)
            self._inside(_EXECUTE_CLOSE, "execute_end", "%}", begin)

    def _opens_raw(self, found: re.Match[str]) -> bool:
        """A raw tag keeps the white space around it, hyphens or not: Kestra takes it out before Pebble reads."""
        return found.group() == "{%" and _RAW.match(self.source, self.at) is not None

    def _opens_with_trim(self) -> bool:
        source, at = self.source, self.at
        if source.startswith("-", at) and at + 1 < len(source) and source[at + 1].isspace():
            self.at = at + 1
            return True
        return False

    def _comment(self, begin: int) -> None:
        end = self.source.find("#}", self.at)
        if end < 0:
            raise self._fail("Unclosed comment", begin, "end it with #}")
        self.trim_next = self.source[self.at : end].endswith("-")
        self.at = end + 2

    def _verbatim(self, opened: re.Match[str]) -> None:
        end = _VERBATIM_END.search(self.source, opened.end())
        if end is None:
            raise self._fail("Unclosed verbatim tag", opened.start(), "end it with {% endverbatim %}")
        text = self.source[opened.end() : end.start()].lstrip()
        if end.group(1):
            text = text.rstrip()
        self.trim_next = end.group(2) is not None
        self.at = end.end()
        if text:
            self._add("text", text, opened.end())

    def _raw(self, opened: re.Match[str], begin: int) -> None:
        end = _RAW_END.search(self.source, opened.end())
        if end is None:
            raise self._fail("Unclosed raw tag", begin, "end it with {% endraw %}")
        self.at = end.end()
        self._add("raw", self.source[opened.end() : end.start()], begin)

    def _inside(self, close: re.Pattern[str], kind: Kind, sign: str, begin: int) -> None:
        """Tokens up to the closing delimiter."""
        depth = len(self.brackets)
        while True:
            if len(self.brackets) == depth and (end := close.match(self.source, self.at)):
                self.trim_next = end.group().lstrip().startswith("-")
                self.at = end.end()
                self._add(kind, sign, end.end() - len(sign))
                return
            if self.at >= len(self.source):
                if len(self.brackets) > depth:
                    bracket, offset = self.brackets[-1]
                    raise self._fail(f'Unclosed "{bracket}"', offset)
                raise self._fail(f"Unclosed {'{{' if kind == 'print_end' else '{%'}", begin, f"end it with {sign}")
            self._expression()

    def _expression(self) -> None:
        if space := _SPACE.match(self.source, self.at):
            self.at = space.end()
            if self.at >= len(self.source):
                return
        source, begin = self.source, self.at
        if found := _OPERATOR.match(source, begin):
            self.at = found.end()
            self._add("op", " ".join(found.group().split()), begin)
        elif found := _NAME.match(source, begin):
            self.at = found.end()
            self._add("name", found.group(), begin)
        elif found := _NUMBER.match(source, begin):
            self.at = found.end()
            if "." not in found.group() and source.startswith("L", self.at):
                self.at += 1
                self._add("long", found.group(), begin)
            else:
                self._add("number", found.group(), begin)
        elif source[begin] in "()[]{}?:.,=":
            self._punctuation(source[begin])
        elif found := _STRING.match(source, begin):
            self.at = found.end()
            self._add("string", _unquoted(found.group()), begin)
        elif source[begin] == '"':
            self._interpolated()
        elif source[begin] == "'":
            raise self._fail("Unclosed text", begin, "end it with '")
        else:
            raise self._fail(f"Unexpected character [{source[begin]}]", begin)

    def _punctuation(self, sign: str) -> None:
        begin = self.at
        if sign in "([{":
            self.brackets.append((sign, begin))
        elif sign in ")]}":
            if not self.brackets or self.brackets[-1][0] not in "([{":
                raise self._fail(f'Unexpected "{sign}"', begin)
            opened, where = self.brackets.pop()
            if opened != _PAIRS[sign]:
                raise self._fail(f'Unclosed "{opened}"', where)
        self.at += 1
        self._add("punct", sign, begin)

    def _interpolated(self) -> None:
        """A double-quoted text with ``#{...}`` inside: its parts, as tokens."""
        begin = self.at
        self.at += 1
        if len(self.brackets) > 50:
            raise self._fail("Nested too deeply", begin)
        while True:
            if self.source.startswith("#{", self.at):
                self._hash(begin)
                continue
            part = _STRING_PART.match(self.source, self.at)
            if part and part.end() > self.at:
                where = self.at
                self.at = part.end()
                self._add("string", part.group(), where)
                continue
            if not self.source.startswith('"', self.at):
                raise self._fail("Unclosed text", begin, 'end it with "')
            self.at += 1
            return

    def _hash(self, begin: int) -> None:
        where = self.at
        self.at += 2
        self._add("hash_open", "#{", where)
        self.brackets.append(("#{", where))
        depth = len(self.brackets)
        while True:
            space = _SPACE.match(self.source, self.at)
            at = space.end() if space else self.at
            if len(self.brackets) == depth and self.source.startswith("}", at):
                self.at = at + 1
                self.brackets.pop()
                self._add("hash_close", "}", at)
                return
            if at >= len(self.source):
                raise self._fail("Unclosed text", begin, 'end it with "')
            self._expression()


def _unquoted(text: str) -> str:
    quote, inner = text[0], text[1:-1]
    return inner.replace("\\" + quote, quote).replace("\\\\", "\\")


def tokenize(source: str) -> list[Token]:
    """The tokens of a template, the last of kind ``eof``. ExpressionSyntax where the text cannot be read."""
    return _Lexer(source).run()
