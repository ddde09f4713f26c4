"""A flow's text that is changed in place: one value, one item, one section at a time, every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from yaml.nodes import MappingNode, SequenceNode

from copilot.draft.offline.editing.scalars import block, indent_of, inline, scalar
from copilot.draft.offline.emit import FLOW_ORDER, task_yaml
from engine.flow.findings import Path
from engine.flow.source import Source, parse

TASKS = ("tasks", "errors", "finally", "afterExecution")


@dataclass(frozen=True, slots=True)
class Item:
    """A task, trigger or input of the flow: its place, its list (``tasks``, ``triggers`` ...), its values."""

    path: Path
    section: str
    id: str
    type: str
    values: Mapping[str, Any]

    @property
    def short_type(self) -> str:
        return self.type.removeprefix("io.kestra.plugin.").lower()

    @property
    def entry(self) -> Path:
        """The list entry the item is: its own place, or that of the Dag entry around it."""
        return self.path if isinstance(self.path[-1], int) else self.path[:-1]


class Document:
    """The text and what is in it; every change reads it anew."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._source: Source | None = None

    @property
    def source(self) -> Source:
        if self._source is None:
            self._source = parse(self.text)
        return self._source

    @property
    def flow(self) -> Mapping[str, Any]:
        value = self.source.value
        return value if isinstance(value, dict) else {}

    def write(self, text: str) -> None:
        """Take a new text."""
        self.text = text
        self._source = None

    def value(self, path: Path) -> Any:
        """The value at a path, None where there is none."""
        found: Any = self.flow
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def items(self, *sections: str) -> list[Item]:
        """Tasks, triggers and inputs, outermost first, children after their parent."""
        wanted = sections or (*TASKS, "triggers", "inputs")
        found = [i for s in (*TASKS, "triggers", "inputs") for i in _walk(self.flow.get(s), (s,), s)]
        return [i for i in found if i.section in wanted]

    def tasks(self) -> list[Item]:
        return self.items(*TASKS)

    def item(self, identifier: str, *sections: str) -> Item | None:
        """The item of this id."""
        return next((i for i in self.items(*sections) if i.id == identifier), None)

    def new_id(self, hint: str) -> str:
        """An id nobody has yet."""
        taken = {i.id for i in self.items()}
        name, n = hint, 2
        while name in taken:
            name, n = f"{hint}_{n}", n + 1
        return name

    # --- lines

    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    def item_lines(self, path: Path) -> tuple[int, int, int]:
        """(first line, line after the last, indentation of the dash) of a list item, lines from 0; blank and comment
        lines that follow it are not its own."""
        line = self.source.at(path).line - 1
        lines = self.lines()
        indent = indent_of(lines[line])
        end = line + 1
        while end < len(lines) and not (lines[end].strip() and indent_of(lines[end]) <= indent):
            end += 1
        while end > line + 1 and (
            not lines[end - 1].strip()
            or (lines[end - 1].lstrip().startswith("#") and indent_of(lines[end - 1]) <= indent)
        ):
            end -= 1
        return line, end, indent

    def replace_lines(self, start: int, end: int, text: str) -> None:
        lines = self.lines()
        if start and start == len(lines) and not lines[-1].endswith("\n"):
            lines[-1] += self.source.line_break
        if self.source.line_break == "\r\n":
            text = re.sub(r"(?<!\r)\n", "\r\n", text)
        lines[start:end] = [text]
        self.write("".join(lines))

    # --- values

    def set(self, path: Path, key: str, value: Any) -> None:
        """Give a property of a mapping a value: in its place when it is there, after ``type`` (or ``id``) when not."""
        node = self.source.node((*path, key))
        parent = self.source.node(path)
        braces = parent if isinstance(parent, MappingNode) and parent.flow_style else None
        plain = not isinstance(value, dict | list) and "\n" not in str(value)
        if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
            plain = False
        if node is not None and (plain or braces is not None) and node.start_mark.index != node.end_mark.index:
            start, end = self.source.range_of(node)
            new = scalar(value, self.text[start:end]) if plain and braces is None else inline(value)
            self.write(self.text[:start] + new + self.text[end:])
        elif node is not None:
            self._replace_block(path, key, value)
        elif braces is not None:
            self._into_braces(braces, f"{key}: {inline(value)}")
        else:
            at, indent = self._place_for(path)
            self.replace_lines(at, at, block(key, value, indent))

    def set_path(self, path: Path, value: Any) -> None:
        """Set a value at any depth; mappings on the way are made when they are missing."""
        depth = len(path) - 1
        while depth and not isinstance(self.value(path[:depth]), dict):
            depth -= 1
        for step in reversed(path[depth + 1 :]):
            value = {step: value}
        if depth == 0 and path[0] not in self.flow:
            self.add_section(str(path[0]), value)
        else:
            self.set(path[:depth], str(path[depth]), value)

    def rename_key(self, path: Path, new: str) -> None:
        """Another name for a key; its value stays."""
        place = self.source.key_at(path)
        start = self.source.index(place.line, place.column)
        end = self.source.index(place.end_line, place.end_column)
        self.write(self.text[:start] + new + self.text[end:])

    def set_path_scalar(self, path: Path, value: Any) -> None:
        """Another scalar in the place of one that is there, also as a member of a list."""
        node = self.source.node(path)
        if node is not None:
            start, end = self.source.range_of(node)
            self.write(self.text[:start] + scalar(value, self.text[start:end]) + self.text[end:])

    def _into_braces(self, node: MappingNode | SequenceNode, entry: str) -> None:
        """One more entry before the closing brace."""
        _, end = self.source.range_of(node)
        close = end - 1
        last = close
        while self.text[last - 1].isspace():
            last -= 1
        comma = "" if not node.value or self.text[last - 1] == "," else ","
        lead = " " if node.value else ""
        self.write(self.text[:last] + comma + lead + entry + self.text[last:])

    def _replace_block(self, path: Path, key: str, value: Any) -> None:
        start = self.source.key_at((*path, key)).line - 1
        column = self.source.key_at((*path, key)).column - 1
        lines = self.lines()
        first = lines[start]
        end = self._block_end(start, column)
        text = block(key, value, column)
        self.replace_lines(start, end, first[:column] + text.lstrip() if first[:column].strip() else text)

    def _block_end(self, start: int, column: int) -> int:
        """The line after everything that hangs below a key."""
        lines = self.lines()
        end = start + 1
        while end < len(lines):
            own = indent_of(lines[end])
            deeper = own > column or (own == column and lines[end].lstrip().startswith("- "))
            if lines[end].strip() and not deeper:
                break
            end += 1
        while end > start + 1 and (not lines[end - 1].strip() or _is_comment_at(lines[end - 1], column)):
            end -= 1
        return end

    def _place_for(self, path: Path) -> tuple[int, int]:
        """(line to insert at, indentation of the keys) of a mapping."""
        mapping = self.value(path)
        after = next((k for k in ("type", "id") if k in mapping), list(mapping)[-1])
        key = self.source.key_at((*path, after))
        value = self.source.node((*path, after))
        start, end = self.source.range_of(value) if value is not None else (0, 0)
        line = self.source.position(max(end - 1, start))[0]
        return line, key.column - 1

    def remove_key(self, path: Path, key: str) -> None:
        """Take a property and everything below it away; a mapping that would be left empty goes as well."""
        mapping = self.value(path)
        if path and isinstance(mapping, dict) and len(mapping) == 1 and not isinstance(path[-1], int):
            self.remove_key(path[:-1], str(path[-1]))
            return
        parent = self.source.node(path)
        if isinstance(parent, MappingNode) and parent.flow_style:
            self._out_of_braces(path, key)
            return
        start = self.source.key_at((*path, key)).line - 1
        column = self.source.key_at((*path, key)).column - 1
        lines = self.lines()
        end = self._block_end(start, column)
        if lines[start][:column].strip():
            following = lines[end] if end < len(lines) else ""
            self.replace_lines(start, end + 1, lines[start][:column] + following.lstrip())
            return
        gap = not path and end < len(lines) and not lines[end].strip()
        gap = gap and (start == 0 or not lines[start - 1].strip())
        self.replace_lines(start, end + (1 if gap else 0), "")

    def _out_of_braces(self, path: Path, key: str) -> None:
        place = self.source.key_at((*path, key))
        start = self.source.index(place.line, place.column)
        node = self.source.node((*path, key))
        end = self.source.range_of(node)[1] if node is not None else start
        after = re.match(r"\s*,\s*", self.text[end:])
        before = re.search(r",\s*$", self.text[:start])
        if after:
            self.write(self.text[:start] + self.text[end + after.end() :])
        else:
            self.write(self.text[: before.start() if before else start] + self.text[end:])

    # --- items and sections

    def remove_item(self, path: Path) -> None:
        """Take a list item away, with one of the blank lines around it; an emptied list goes as well."""
        siblings = self.value(path[:-1])
        if len(siblings) == 1:
            self.remove_key(path[:-2], str(path[-2]))
            return
        start, end, _ = self.item_lines(path)
        lines = self.lines()
        if end < len(lines) and not lines[end].strip():
            end += 1
        elif start and not lines[start - 1].strip():
            start -= 1
        self.replace_lines(start, end, "")

    def insert_items(
        self, items: list[Mapping[str, Any]], *, after: Path | None = None, before: Path | None = None
    ) -> None:
        """Put list items after or before another item, in its list, with the list's own spacing."""
        anchor = after or before
        assert anchor is not None
        start, end, indent = self.item_lines(anchor)
        text = task_yaml(items, indent)
        loose = self.is_loose(anchor)
        if len(items) > 1 and loose:
            text = re.sub(rf"\n(?= {{{indent}}}- )", "\n\n", text)
        if before is not None:
            self.replace_lines(start, start, text + ("\n" if loose else ""))
            return
        self.replace_lines(end, end, ("\n" if loose else "") + text)

    def is_loose(self, path: Path) -> bool:
        """Whether the list separates its items by blank lines."""
        siblings = self.value(path[:-1])
        if len(siblings) < 2:
            return len(path) == 2 and path[0] not in ("inputs", "outputs")
        return any(not self.lines()[self.item_lines((*path[:-1], i))[0] - 1].strip() for i in range(1, len(siblings)))

    def add_section(self, key: str, value: Any) -> None:
        """A top-level section at its usual place; items are added to a list that is there."""
        if self.flow.get(key):
            if isinstance(value, list) and isinstance(self.flow[key], list):
                self.insert_items(value, after=(key, len(self.flow[key]) - 1))
            else:
                self.set((), key, value)
            return
        if key in self.flow:
            self.remove_key((), key)
        text = block(key, value, 0)
        earlier = FLOW_ORDER[: FLOW_ORDER.index(key)] if key in FLOW_ORDER else ()
        if text.count("\n") == 1 and (above := [k for k in self.flow if k in earlier and k in FLOW_ORDER[:3]]):
            line = max(self.source.key_at((k,)).line - 1 for k in above)
            end = self._block_end(line, 0)
            self.replace_lines(end, end, text)
            return
        later = FLOW_ORDER[FLOW_ORDER.index(key) + 1 :] if key in FLOW_ORDER else ()
        before = [k for k in self.flow if k in later]
        if not before:
            self.write(self.text.rstrip("\n") + "\n\n" + text)
            return
        line = min(self.source.key_at((k,)).line for k in before) - 1
        lines = self.lines()
        while line and lines[line - 1].lstrip().startswith("#"):
            line -= 1
        self.replace_lines(line, line, text + "\n")


def _is_comment_at(line: str, column: int) -> bool:
    return line.lstrip().startswith("#") and indent_of(line) <= column


def _walk(value: Any, path: Path, section: str) -> Iterator[Item]:
    if isinstance(value, list):
        for index, child in enumerate(value):
            here = (*path, index)
            if isinstance(child, dict) and isinstance(child.get("id"), str):
                yield from _item(child, here, section)
            elif isinstance(child, dict) and isinstance(child.get("task"), dict) and "id" in child["task"]:
                yield from _item(child["task"], (*here, "task"), section)
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _walk(child, (*path, key), section)


def _item(child: Mapping[str, Any], here: Path, section: str) -> Iterator[Item]:
    yield Item(here, section, str(child["id"]), str(child.get("type", "")), child)
    for key, below in child.items():
        yield from _walk(below, (*here, key), "inputs" if key == "onResume" else section)
