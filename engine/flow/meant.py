"""What a value of the wrong kind was meant to be, where that is clear."""

from __future__ import annotations

import re
from typing import Any

from yaml.nodes import MappingNode

from engine.flow.catalog import Property
from engine.flow.findings import Edit, Path
from engine.flow.kinds import suggest_duration
from engine.flow.layout import as_list_item
from engine.flow.names import nearest
from engine.flow.source import Source

_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PLAIN_ITEM = re.compile(r"[\w./@-]+(?: [\w./@-]+)*$")


def meant_value(code: str, value: Any, prop: Property) -> str | None:
    """The YAML text to write for a scalar, or None."""
    text = str(value).strip()
    if code == "bad_duration":
        return suggest_duration(text)
    if code == "bad_enum":
        near = nearest(text, prop.enum, 2, 0.7)
        return near[0][0] if near and (len(near) == 1 or near[0][1] - near[1][1] > 0.1) else None
    if code == "wrong_kind" and prop.kind in ("integer", "number"):
        found = re.fullmatch(r"([-+]?\d+(?:\.0+)?)\s*[a-zA-Z]*", text)
        if text.lower() in _COUNTS:
            return str(_COUNTS.index(text.lower()))
        return found[1] if found and prop.kind == "integer" else None
    return None


def listed(source: Source, path: Path, value: Any) -> Edit | None:
    """An edit that makes a list of what was written: texts parted by commas, one value, or one map."""
    span = source.at(path)
    raw = source.raw(path)
    if isinstance(value, dict):
        node = source.node(path)
        below = source.key_at(path).line < span.line
        if isinstance(node, MappingNode) and not node.flow_style and below:
            return as_list_item(source, span.line, span.end_line)
        return None
    if isinstance(value, str) and source.scalar_style(path) != "plain":
        return Edit(span.line, span.column, span.end_line, span.end_column, f"[{raw}]") if "\n" not in raw else None
    items = [item.strip() for item in raw.split(",")]
    if "\n" in raw or not all(_PLAIN_ITEM.match(item) for item in items):
        return None
    return Edit(span.line, span.column, span.end_line, span.end_column, f"[{', '.join(items)}]")
