"""Where a flow speaks of its own tasks, inputs and variables: to follow a rename, to see what a removal would break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from copilot.draft.offline.editing.document import Document, Item
from engine.flow.findings import Path

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)


def _reads(root: str, name: str) -> re.Pattern[str]:
    """``outputs.name``, ``outputs['name']``, ``outputs["name"]``."""
    return re.compile(rf"(?<![\w.]){root}(?:\.{re.escape(name)}(?![\w-])|\[(?P<q>['\"]){re.escape(name)}(?P=q)\])")


def roots_of(section: str) -> tuple[str, ...]:
    """How expressions call what stands in a section."""
    return {"inputs": ("inputs",), "variables": ("vars",), "triggers": ()}.get(section, ("outputs", "tasks"))


def _spoken(root: str, name: str, quote: str) -> str:
    return f"{root}.{name}" if re.fullmatch(r"\w+", name) else f"{root}[{quote}{name}{quote}]"


def follow(doc: Document, section: str, old: str, new: str) -> None:
    """Write the new name wherever an expression uses the old one."""

    def inside(match: re.Match[str]) -> str:
        text = match.group()
        quote = '"' if "'" in text and '"' not in text.replace("{{", "") else "'"
        for root in roots_of(section):
            text = _reads(root, old).sub(partial(_renamed, root, new, quote), text)
        return text

    doc.write(_EXPRESSION.sub(inside, doc.text))
    for path, member in list(lists_of_names(doc, section)):
        if member == old:
            doc.set_path_scalar(path, new)
    if section == "inputs":
        for path in list(_keys(doc, "inputs", old)):
            place = doc.source.key_at(path)
            start = doc.source.index(place.line, place.column)
            doc.write(doc.text[:start] + new + doc.text[start + len(old) :])


def turn(doc: Document, section: str, name: str, new: str) -> None:
    """Whatever read ``name`` of a section reads the expression ``new`` instead."""

    def inside(match: re.Match[str]) -> str:
        text = match.group()
        for root in roots_of(section):
            text = _reads(root, name).sub(new, text)
        return text

    doc.write(_EXPRESSION.sub(inside, doc.text))


def _renamed(root: str, new: str, quote: str, match: re.Match[str]) -> str:
    return f"{root}[{match['q']}{new}{match['q']}]" if match["q"] else _spoken(root, new, quote)


def lists_of_names(doc: Document, section: str) -> Iterator[tuple[Path, str]]:
    """Members of ``dependsOn`` lists that name a task of a Dag or an input."""

    def walk(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
        if isinstance(value, dict):
            for key, child in value.items():
                names = child.get("inputs") if key == "dependsOn" and isinstance(child, dict) else child
                at = (*path, key, "inputs") if names is not child else (*path, key)
                wanted = isinstance(child, dict) if section == "inputs" else isinstance(child, list)
                if key == "dependsOn" and wanted and isinstance(names, list):
                    yield from (((*at, i), n) for i, n in enumerate(names) if isinstance(n, str))
                yield from walk(child, (*path, key))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                yield from walk(child, (*path, index))

    yield from walk(dict(doc.flow), ())


def _keys(doc: Document, mapping: str, name: str) -> Iterator[Path]:
    """Triggers that give an input its value."""
    for item in doc.items("triggers"):
        if name in (item.values.get(mapping) or {}):
            yield (*item.path, mapping, name)


def uses(doc: Document, section: str, name: str, without: Path = ()) -> list[tuple[Path, str]]:
    """(place, expression) of everything that reads ``name``, outside of the item at ``without``."""
    patterns = [_reads(root, name) for root in roots_of(section)]
    out: list[tuple[Path, str]] = []

    def walk(value: Any, path: Path) -> None:
        if without and path[: len(without)] == without:
            return
        if isinstance(value, dict):
            for key, child in value.items():
                walk(child, (*path, key))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                walk(child, (*path, index))
        elif isinstance(value, str) and "{" in value:
            for match in _EXPRESSION.finditer(value):
                if any(p.search(match.group()) for p in patterns):
                    out.append((path, match.group()))

    walk(dict(doc.flow), ())
    return out


def owner(doc: Document, path: Path) -> Item | None:
    """The innermost item around a place."""
    found = [i for i in doc.items() if path[: len(i.path)] == i.path]
    return max(found, key=lambda i: len(i.path)) if found else None
