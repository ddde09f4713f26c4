"""A flow's text as Kestra reads it: plain values, with the place of every key and value kept.

Kestra reads YAML 1.1 (so ``yes`` is a boolean and ``0777`` is octal) but leaves dates and base-60 numbers
as text, and every key is text. What cannot be read becomes a finding, never an exception.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.flow.findings import Finding, Path
from engine.flow.layout import block_end, shift
from engine.flow.scalars import align, plain_value, resolve_tag
from engine.flow.yaml_errors import explain, quote_expression

MAX_BYTES = 5_000_000
# Values that aliases may add to those that are written.
MAX_REPEATED = 20_000
MAX_DEPTH = 150
MAX_ERRORS = 1000
_CORE = "tag:yaml.org,2002:"
_MERGE = _CORE + "merge"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, from 1; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class _Loader(yaml.CSafeLoader):
    """The C parser with Kestra's idea of plain scalars."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is ScalarNode:
            return resolve_tag(value) if implicit[0] else _CORE + "str"
        return _CORE + ("seq" if kind is SequenceNode else "map")


@dataclass(frozen=True)
class Source:
    """One read text: ``value`` is plain data (None where unreadable), ``findings`` what is wrong with the YAML."""

    text: str
    value: Any = None
    findings: tuple[Finding, ...] = ()
    root: Node | None = field(default=None, repr=False)
    shift: int = 0

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", self.text))]

    @property
    def lines(self) -> int:
        """How many lines the text has."""
        return len(self._line_starts)

    @property
    def line_break(self) -> str:
        """The line break the text uses."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of the text."""
        index = max(0, min(index, len(self.text)))
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def index(self, line: int, column: int) -> int:
        """The character at a line and column; the inverse of ``position``."""
        starts = self._line_starts
        line = max(1, min(line, len(starts)))
        return min(starts[line - 1] + max(column, 1) - 1, len(self.text))

    def line_text(self, line: int) -> str:
        """One line without its line break; empty beyond the end."""
        if not 1 <= line <= len(self._line_starts):
            return ""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def _span(self, node: Node) -> Span:
        start, end = self.range_of(node)
        return Span(*self.position(start), *self.position(end))

    def range_of(self, node: Node) -> tuple[int, int]:
        """First character and the one after the last, trailing blanks of block values cut off."""
        start, end = node.start_mark.index + self.shift, node.end_mark.index + self.shift
        if not isinstance(node, ScalarNode) or node.style in ("|", ">"):
            while end > start and self.text[end - 1].isspace():
                end -= 1
        return start, end

    def node(self, path: Path) -> Node | None:
        """The node at a path, or None."""
        found = self._walk(path)
        return found[1] if found else None

    def _walk(self, path: Path) -> tuple[Node | None, Node] | None:
        key: Node | None = None
        node = self.root
        for step in path:
            if isinstance(node, MappingNode):
                pair = _entry(node, str(step))
                if pair is None:
                    return None
                key, node = pair
            elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
                key, node = None, node.value[step]
            else:
                return None
        return (key, node) if node is not None else None

    def _nearest(self, path: Path) -> tuple[Node | None, Node] | None:
        for length in range(len(path), -1, -1):
            found = self._walk(path[:length])
            if found:
                return found
        return None

    def at(self, path: Path) -> Span:
        """Where the value at ``path`` stands; of its nearest ancestor when there is no such value."""
        found = self._nearest(path)
        return self._span(found[1]) if found else Span(1, 1, 1, 1)

    def key_at(self, path: Path) -> Span:
        """Where the key that leads to ``path`` stands; the value's place when it has no key (a list item)."""
        found = self._nearest(path)
        if not found:
            return Span(1, 1, 1, 1)
        return self._span(found[0] if found[0] is not None else found[1])

    def scalar_style(self, path: Path) -> str:
        """How a text is written: ``plain``, ``'``, ``"``, ``|`` or ``>``; empty when it is no scalar."""
        node = self.node(path)
        return (node.style or "plain") if isinstance(node, ScalarNode) else ""

    def raw(self, path: Path) -> str:
        """The text of the value as it stands in the file."""
        node = self.node(path)
        if node is None:
            return ""
        start, end = self.range_of(node)
        return self.text[start:end]

    def inside(self, path: Path, offset: int, end: int | None = None) -> Span:
        """Where characters ``offset`` up to ``end`` of the text value at ``path`` stand in the file."""
        node = self.node(path)
        if not isinstance(node, ScalarNode):
            return self.at(path)
        first = self.index_inside(node, offset)
        last = self.index_inside(node, end - 1) + 1 if end is not None and end > offset else first + 1
        return Span(*self.position(first), *self.position(max(first, min(last, len(self.text)))))

    def index_inside(self, node: ScalarNode, offset: int) -> int:
        """The file's index of a character of a scalar's value."""
        start, end = node.start_mark.index + self.shift, node.end_mark.index + self.shift
        return start + align(self.text[start:end], node.value, node.style or "", offset)


def _entry(node: MappingNode, name: str) -> tuple[Node, Node] | None:
    merged: tuple[Node, Node] | None = None
    for key, value in node.value:
        if isinstance(key, ScalarNode):
            if key.tag == _MERGE and merged is None:
                sources = value.value if isinstance(value, SequenceNode) else [value]
                for source in sources:
                    merged = merged or (_entry(source, name) if isinstance(source, MappingNode) else None)
            elif key.value == name:
                return key, value
    return merged


class _TooLarge(Exception):
    """Aliases that multiply, refer to themselves, or nest without end."""

    def __init__(self, node: Node, message: str, hint: str, code: str) -> None:
        super().__init__(message)
        self.node, self.hint, self.code = node, hint, code


class _Builder:
    """Turns nodes into plain values, once; counts what aliases multiply to."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.sizes: dict[int, int] = {}
        self.built: dict[int, Any] = {}
        self.open: set[int] = set()
        self.written = 0

    def report(self, code: str, path: Path, node: Node, message: str, hint: str) -> None:
        span = self.source._span(node)
        self.findings.append(
            Finding(code, "error", path, span.line, span.column, message, hint, span.end_line, span.end_column)
        )

    def build(self, node: Node, path: Path, depth: int = 0) -> tuple[Any, int]:
        self.written += 1
        if isinstance(node, ScalarNode):
            if node.tag == _CORE + "str":
                return node.value, 1
            return self.scalar(node, path), 1
        key = id(node)
        if key in self.sizes:
            return self.built[key], self.sizes[key]
        if key in self.open:
            raise _TooLarge(node, "an alias refers to what contains it", "Write the value out.", "alias_cycle")
        if depth > MAX_DEPTH:
            raise _TooLarge(node, f"nested more than {MAX_DEPTH} levels deep", "Flatten the flow.", "too_deep")
        self.open.add(key)
        value, size = (
            self.mapping(node, path, depth) if isinstance(node, MappingNode) else self.sequence(node, path, depth)
        )
        self.open.discard(key)
        if size > self.written + MAX_REPEATED:
            raise _TooLarge(
                node,
                f"aliases repeat more than {MAX_REPEATED} values",
                "Write out what is needed; aliases of aliases are refused.",
                "alias_bomb",
            )
        self.built[key], self.sizes[key] = value, size
        return value, size

    def sequence(self, node: Node, path: Path, depth: int) -> tuple[list[Any], int]:
        out: list[Any] = []
        total = 1
        for i, child in enumerate(node.value):
            value, size = self.build(child, (*path, i), depth + 1)
            out.append(value)
            total += size
        return out, total

    def mapping(self, node: MappingNode, path: Path, depth: int) -> tuple[dict[str, Any], int]:
        out: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        previous = ""
        total = 1
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self.complex_key(path, key)
                continue
            if key.tag == _MERGE:
                total += self.merge(child, path, depth, merged)
                continue
            if len(self.findings) > MAX_ERRORS:
                break
            name = key.value
            here = (*path, name)
            if name in out and previous and out[previous] is None and self.slipped(here, previous, key):
                continue
            if name in out:
                message, hint = f"the key {name} is repeated", "Keep one of the two; Kestra refuses a repeated key."
                self.report("duplicate_key", here, key, message, hint)
                continue
            out[name], size = self.build(child, here, depth + 1)
            previous = name
            total += size
        return (merged | out if merged else out), total

    def slipped(self, path: Path, previous: str, key: Node) -> bool:
        """Whether a repeated key stands right below an empty one, where it was to be a level deeper."""
        span = self.source._span(key)
        if self.source.line_text(span.line)[: span.column - 1].strip():
            return False
        last = block_end(self.source, span.line)
        message = f"{path[-1]} is repeated, and stands beside {previous}, which is empty: it belongs inside"
        hint = f"Indent {path[-1]} by two more spaces, so that it is part of {previous}."
        edit = shift(self.source, span.line, last, 2)
        place = (span.line, span.column, message, hint, span.end_line, span.end_column)
        self.findings.append(Finding("indentation", "error", path, *place, edit))
        return True

    def complex_key(self, path: Path, key: Node) -> None:
        """A mapping as a key is nearly always an expression that nobody quoted."""
        unquoted = quote_expression(self.source, self.source._span(key).line)
        if unquoted:
            self.findings.append(replace(unquoted, path=path))
            return
        message, hint = "a mapping or list cannot be a key", 'Quote a value that starts with {{: write "{{ ... }}".'
        self.report("bad_yaml", path, key, message, hint)

    def merge(self, node: Node, path: Path, depth: int, into: dict[str, Any]) -> int:
        total = 0
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            value, size = self.build(source, path, depth + 1)
            total += size
            if isinstance(value, dict):
                into.update({k: v for k, v in value.items() if k not in into})
            else:
                self.report("bad_yaml", path, source, "<< needs a mapping", "Point it at an anchor of a mapping.")
        return total

    def scalar(self, node: ScalarNode, path: Path) -> Any:
        if not node.tag.startswith(_CORE):
            self.report("bad_yaml", path, node, f"the tag {node.tag} is not known", "Remove the tag.")
            return node.value
        return plain_value(node.tag[len(_CORE) :], node.value)


def parse(text: str) -> Source:
    """Read one flow. Never raises: what is wrong is in ``findings``."""
    shift = 1 if text.startswith("﻿") else 0
    source = Source(text, shift=shift)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line, column = source.position(error.start)
        bad = Finding("bad_yaml", "error", (), line, column, "half of a Unicode pair", "Save the file as UTF-8.")
        return Source(text, findings=(bad,))
    if size > MAX_BYTES:
        message = f"the file has {size} bytes, more than the {MAX_BYTES} allowed"
        return Source(text, findings=(Finding("too_large", "error", (), 1, 1, message, "Split the flow."),))
    try:
        root = _compose(text[shift:])
    except yaml.YAMLError as error:
        return Source(text, findings=(explain(source, error),), shift=shift)
    return _read(text, root, shift)


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        node: Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def _read(text: str, root: Node | None, shift: int) -> Source:
    located = Source(text, root=root, shift=shift)
    if root is None:
        empty = Finding("empty_flow", "error", (), 1, 1, "the file is empty", "Write id, namespace and tasks.")
        return Source(text, findings=(empty,), shift=shift)
    builder = _Builder(located)
    try:
        value, _ = builder.build(root, ())
    except _TooLarge as error:
        span = located._span(error.node)
        found = Finding(error.code, "error", (), span.line, span.column, str(error), error.hint)
        return Source(text, findings=(found,), shift=shift)
    return Source(text, value, tuple(builder.findings), root, shift)


def strings_of(value: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """Every text in plain data with its path, in order."""
    out: list[tuple[Path, str]] = []

    def walk(value: Any, path: Path) -> None:
        if isinstance(value, str):
            out.append((path, value))
        elif isinstance(value, dict):
            for key, child in value.items():
                walk(child, (*path, key))
        elif isinstance(value, list):
            for i, child in enumerate(value):
                walk(child, (*path, i))

    walk(value, path)
    return out
