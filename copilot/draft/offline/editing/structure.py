"""Changes to the shape of a flow: items that move, items that are wrapped, members of plain lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from copilot.draft.offline.editing.document import Document, Item
from copilot.draft.offline.editing.scalars import indent_of, scalar
from copilot.draft.offline.emit import task_yaml
from engine.flow.findings import Path


def _cut(doc: Document, path: Path) -> str:
    """Take an item's lines out, with a blank line beside it, and give them back."""
    start, end, _ = doc.item_lines(path)
    lines = doc.lines()
    text = "".join(lines[start:end])
    if end < len(lines) and not lines[end].strip():
        end += 1
    elif start and not lines[start - 1].strip():
        start -= 1
    doc.replace_lines(start, end, "")
    return text if text.endswith("\n") else text + "\n"


def shifted(text: str, by: int) -> str:
    """Lines moved right (left if negative); blank lines stay blank."""
    out = []
    for line in text.splitlines(keepends=True):
        out.append(" " * max(0, indent_of(line) + by) + line.lstrip(" ") if line.strip() else line)
    return "".join(out)


def move_item(doc: Document, item: Item, anchor: Item, where: str) -> bool:
    """Put an item before or after another one; its own lines are only moved, and indented where the list differs."""
    if item.id == anchor.id or anchor.path[: len(item.path)] == item.path:
        return False
    loose = doc.is_loose(anchor.entry)
    own = doc.item_lines(item.entry)[2]
    if len(doc.value(item.entry[:-1])) == 1:
        start, end, _ = doc.item_lines(item.entry)
        text = "".join(doc.lines()[start:end])
        doc.remove_item(item.entry)
    else:
        text = _cut(doc, item.entry)
    place = doc.item(anchor.id)
    if place is None:
        return False
    start, end, indent = doc.item_lines(place.entry)
    text = shifted(text if text.endswith("\n") else text + "\n", indent - own)
    gap = "\n" if loose else ""
    if where == "before":
        doc.replace_lines(start, start, text + gap)
    else:
        doc.replace_lines(end, end, gap + text)
    return True


def to_section(doc: Document, item: Item, section: str) -> bool:
    """Move a top-level task into another section of the flow, such as ``finally``; the section is made when missing."""
    entries = doc.value((section,))
    if entries:
        last = doc.item(str(entries[-1].get("id", "")))
        return last is not None and move_item(doc, item, last, "after")
    text = _cut(doc, item.entry)
    later = [k for k in doc.flow if k in ("afterExecution", "outputs", "triggers", "pluginDefaults")]
    lines = doc.lines()
    at = min((doc.source.key_at((k,)).line for k in later), default=len(lines) + 1) - 1
    while 0 < at < len(lines) and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    body = f"{section}:\n" + shifted(text, 2 - indent_of(text))
    before = "" if at and at <= len(lines) and not lines[at - 1].strip() else "\n"
    doc.replace_lines(at, at, before + body + ("\n" if later else ""))
    return True


def swap_items(doc: Document, one: Item, other: Item) -> bool:
    """Two items of the same list change places."""
    first, second = sorted((one, other), key=lambda i: str(i.path))
    if first.entry[:-1] != second.entry[:-1] or not isinstance(first.entry[-1], int):
        return False
    if first.entry[-1] > second.entry[-1]:  # type: ignore[operator]
        first, second = second, first
    a, b = doc.item_lines(first.entry), doc.item_lines(second.entry)
    lines = doc.lines()
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    doc.write("".join(lines[: a[0]] + lines[b[0] : b[1]] + lines[a[1] : b[0]] + lines[a[0] : a[1]] + lines[b[1] :]))
    return True


def wrap_items(doc: Document, items: Sequence[Item], task: Mapping[str, Any], key: str = "tasks") -> bool:
    """Put neighbouring items below a new task, which takes the place of the first."""
    entries = [i.entry for i in items]
    if len({e[:-1] for e in entries}) != 1:
        return False
    numbers = sorted(int(e[-1]) for e in entries)
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return False
    parent = entries[0][:-1]
    start, _, indent = doc.item_lines((*parent, numbers[0]))
    end = doc.item_lines((*parent, numbers[-1]))[1]
    body = "".join(doc.lines()[start:end])
    head = task_yaml([task], indent) + " " * (indent + 2) + f"{key}:\n"
    doc.replace_lines(start, end, head + shifted(body if body.endswith("\n") else body + "\n", 4))
    return True


# --- members of plain lists


def add_member(doc: Document, path: Path, value: Any) -> None:
    """One more member at the end of a list that holds at least one."""
    members = doc.value(path)
    node = doc.source.node((*path, len(members) - 1))
    assert node is not None
    start, end = doc.source.range_of(node)
    raw = doc.text[start:end]
    new = scalar(value, raw if raw[:1] in "'\"" else "")
    line_start = doc.text.rfind("\n", 0, start) + 1
    lead = doc.text[line_start:start]
    if re.fullmatch(r"\s*-\s+", lead):
        line_end = doc.text.find("\n", end)
        line_end = len(doc.text) if line_end < 0 else line_end
        doc.write(doc.text[:line_end] + "\n" + lead + new + doc.text[line_end:])
    else:
        doc.write(doc.text[:end] + ", " + new + doc.text[end:])


def drop_member(doc: Document, path: Path, index: int) -> None:
    """One member of a list goes; the list as well when it was the only one."""
    if len(doc.value(path)) == 1:
        doc.remove_key(path[:-1], str(path[-1]))
        return
    node = doc.source.node((*path, index))
    assert node is not None
    start, end = doc.source.range_of(node)
    text = doc.text
    line = text.rfind("\n", 0, start) + 1
    if re.fullmatch(r"\s*-\s+", text[line:start]):
        stop = text.find("\n", end)
        doc.write(text[:line] + (text[stop + 1 :] if stop >= 0 else ""))
        return
    after = re.match(r"\s*,\s*", text[end:])
    before = re.search(r",\s*$", text[:start])
    if after:
        doc.write(text[:start] + text[end + after.end() :])
    else:
        doc.write(text[: before.start() if before else start] + text[end:])


def insert_member(doc: Document, path: Path, index: int, value: Any) -> None:
    """One more member of a list at a place of its own."""
    members = doc.value(path)
    if index >= len(members):
        add_member(doc, path, value)
        return
    node = doc.source.node((*path, index))
    assert node is not None
    start, end = doc.source.range_of(node)
    raw = doc.text[start:end]
    new = scalar(value, raw if raw[:1] in "'\"" else "")
    line = doc.text.rfind("\n", 0, start) + 1
    lead = doc.text[line:start]
    between = f"\n{lead}" if re.fullmatch(r"\s*-\s+", lead) else ", "
    doc.write(doc.text[:start] + new + between + doc.text[start:])
