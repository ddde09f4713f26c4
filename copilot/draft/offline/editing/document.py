"""A flow's text that is changed in place: one value, one item, one section at a time, every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from copilot.draft.offline.emit import FLOW_ORDER, task_yaml
from engine.flow.findings import Path
from engine.flow.source import Source, parse


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

    def items(self, *sections: str) -> list[Item]:
        """Tasks, triggers and inputs, outermost first, children after their parent."""
        out: list[Item] = []
        for section in sections or ("tasks", "errors", "finally", "afterExecution", "triggers", "inputs"):
            out += list(_walk(self.flow.get(section), (section,), section))
        return out

    def tasks(self) -> list[Item]:
        return self.items("tasks", "errors", "finally", "afterExecution")

    # --- lines

    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    def item_lines(self, path: Path) -> tuple[int, int, int]:
        """(first line, line after the last, indentation of the dash) of a list item, lines from 0; blank and comment
        lines that follow it are not its own."""
        line = self.source.at(path).line - 1
        lines = self.lines()
        indent = len(lines[line]) - len(lines[line].lstrip())
        end = line + 1
        while end < len(lines):
            own = len(lines[end]) - len(lines[end].lstrip())
            if lines[end].strip() and own <= indent:
                break
            end += 1
        while end > line + 1 and (
            not lines[end - 1].strip()
            or (
                lines[end - 1].lstrip().startswith("#") and len(lines[end - 1]) - len(lines[end - 1].lstrip()) <= indent
            )
        ):
            end -= 1
        return line, end, indent

    def replace_lines(self, start: int, end: int, text: str) -> None:
        lines = self.lines()
        if start and start == len(lines) and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines[start:end] = [text]
        self.write("".join(lines))

    # --- values

    def set(self, path: Path, key: str, value: Any) -> None:
        """Give a property of a mapping a value: in its place when it is there, after ``type`` (or ``id``) when not."""
        node = self.source.node((*path, key))
        if node is not None and not isinstance(value, dict | list) and "\n" not in str(value):
            start, end = self.source.range_of(node)
            self.write(self.text[:start] + scalar(value, self.text[start:end]) + self.text[end:])
            return
        if node is not None:
            self._replace_block(path, key, value)
            return
        at, indent = self._place_for(path)
        self.replace_lines(at, at, _block(key, value, indent))

    def _replace_block(self, path: Path, key: str, value: Any) -> None:
        start = self.source.key_at((*path, key)).line - 1
        lines = self.lines()
        first = lines[start]
        column = self.source.key_at((*path, key)).column - 1
        end = start + 1
        while end < len(lines) and (
            not lines[end].strip()
            or len(lines[end]) - len(lines[end].lstrip()) > column
            or (lines[end].lstrip().startswith("- ") and len(lines[end]) - len(lines[end].lstrip()) == column)
        ):
            end += 1
        while end > start + 1 and not lines[end - 1].strip():
            end -= 1
        block = _block(key, value, column)
        self.replace_lines(start, end, first[:column] + block.lstrip() if first[:column].strip() else block)

    def _place_for(self, path: Path) -> tuple[int, int]:
        """(line to insert at, indentation of the keys) of a mapping."""
        mapping: Any = self.flow
        for step in path:
            mapping = mapping[step]
        after = next((k for k in ("type", "id") if k in mapping), next(iter(mapping)))
        key = self.source.key_at((*path, after))
        end = self.source.at((*path, after)).end_line
        return end, key.column - 1

    def remove_key(self, path: Path, key: str) -> None:
        """Take a property and everything below it away."""
        start = self.source.key_at((*path, key)).line - 1
        column = self.source.key_at((*path, key)).column - 1
        lines = self.lines()
        end = start + 1
        while (
            end < len(lines)
            and lines[end].strip()
            and (
                len(lines[end]) - len(lines[end].lstrip()) > column
                or (lines[end].lstrip().startswith("- ") and len(lines[end]) - len(lines[end].lstrip()) == column)
            )
        ):
            end += 1
        if not lines[start][:column].strip():
            self.replace_lines(start, end, "")

    # --- items and sections

    def remove_item(self, path: Path) -> None:
        """Take a list item away, with one of the blank lines around it."""
        start, end, _ = self.item_lines(path)
        lines = self.lines()
        if end < len(lines) and not lines[end].strip():
            end += 1
        elif start and not lines[start - 1].strip():
            start -= 1
        siblings = self._parent_list(path)
        if len(siblings) == 1:
            self._remove_list(path)
            return
        self.replace_lines(start, end, "")

    def _parent_list(self, path: Path) -> Any:
        value: Any = self.flow
        for step in path[:-1]:
            value = value[step]
        return value

    def _remove_list(self, path: Path) -> None:
        if len(path) == 2:
            self.remove_key((), str(path[0]))

    def insert_items(
        self, items: list[Mapping[str, Any]], *, after: Path | None = None, before: Path | None = None
    ) -> None:
        """Put list items after or before another item, in its list, with the list's own spacing."""
        anchor = after or before
        assert anchor is not None
        start, end, indent = self.item_lines(anchor)
        block = task_yaml(items, indent)
        loose = self._is_loose(anchor)
        if len(items) > 1 and loose:
            block = re.sub(rf"\n(?= {{{indent}}}- )", "\n\n", block)
        if before is not None:
            self.replace_lines(start, start, block + ("\n" if loose else ""))
            return
        lines = self.lines()
        if end == len(lines) and not lines[-1].endswith("\n"):
            self.write(self.text + "\n")
        self.replace_lines(end, end, ("\n" if loose else "") + block)

    def _is_loose(self, path: Path) -> bool:
        """Whether the list separates its items by blank lines."""
        siblings = self._parent_list(path)
        if len(siblings) < 2:
            return len(path) == 2
        return any(not self.lines()[self.item_lines((*path[:-1], i))[0] - 1].strip() for i in range(1, len(siblings)))

    def add_section(self, key: str, value: Any) -> None:
        """A top-level section at its usual place; items are added to a list that is there."""
        if self.flow.get(key):
            if isinstance(value, list) and isinstance(self.flow[key], list):
                self.insert_items(value, after=(key, len(self.flow[key]) - 1))
            else:
                self.set((), key, value)
            return
        later = FLOW_ORDER[FLOW_ORDER.index(key) + 1 :] if key in FLOW_ORDER else ()
        before = [k for k in self.flow if k in later]
        block = _block(key, value, 0)
        if not before:
            self.write(self.text.rstrip("\n") + "\n\n" + block)
            return
        line = min(self.source.key_at((k,)).line for k in before) - 1
        lines = self.lines()
        while line and lines[line - 1].lstrip().startswith("#"):
            line -= 1
        self.replace_lines(line, line, block + "\n")

    def new_id(self, hint: str) -> str:
        """An id nobody has yet."""
        taken = {i.id for i in self.items()}
        name, n = hint, 2
        while name in taken:
            name, n = f"{hint}_{n}", n + 1
        return name


def _walk(value: Any, path: Path, section: str) -> Iterator[Item]:
    if isinstance(value, list):
        for index, child in enumerate(value):
            if isinstance(child, dict) and isinstance(child.get("id"), str):
                here = (*path, index)
                yield Item(here, section, child["id"], str(child.get("type", "")), child)
                for key, below in child.items():
                    yield from _walk(below, (*here, key), section)
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _walk(child, (*path, key), section)


def scalar(value: Any, old: str = "") -> str:
    """A scalar in YAML, quoted as the old one was where that is possible."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if old[:1] == '"' and "\\" not in text:
        return '"' + text.replace('"', '\\"') + '"'
    if old[:1] == "'" and "'" not in text:
        return f"'{text}'"
    dumped = yaml.dump(text, width=10_000, allow_unicode=True).strip().removesuffix("...").strip()
    if "{{" in text and dumped[:1] not in "\"'":
        return f'"{text}"' if '"' not in text else f"'{text}'"
    return (
        '"' + text + '"' if dumped[:1] == "'" and "'" not in text and '"' not in text and "\\" not in text else dumped
    )


def _block(key: str, value: Any, indent: int) -> str:
    text = task_yaml([{"k": {key: value}}], 0)
    body = [line.removeprefix("    ") for line in text.splitlines()[1:]]
    return "".join(" " * indent + line + "\n" if line else "\n" for line in body)
