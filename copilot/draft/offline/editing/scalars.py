"""Values as YAML text that fits in where they are put."""

from __future__ import annotations

from typing import Any

import yaml

from copilot.draft.offline.emit import task_yaml


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
    if "{{" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    if "{{" in text and "'" not in text:
        return f"'{text}'"
    return (
        '"' + text + '"' if dumped[:1] == "'" and "'" not in text and '"' not in text and "\\" not in text else dumped
    )


def inline(value: Any) -> str:
    """Any value on one line, for mappings and lists that are written in braces."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(v) for v in value) + "]"
    text = scalar(value)
    plain = isinstance(value, str) and text[:1] not in "\"'" and any(sign in text for sign in ",[]{}")
    return '"' + text.replace('"', '\\"') + '"' if plain else text


def block(key: str, value: Any, indent: int) -> str:
    """``key: value`` as lines of their own at an indentation."""
    text = task_yaml([{"k": {key: value}}], 0)
    body = [line.removeprefix("    ") for line in text.splitlines()[1:]]
    return "".join(" " * indent + line + "\n" if line else "\n" for line in body)


def indent_of(line: str) -> int:
    """Leading blanks of a line."""
    return len(line) - len(line.lstrip())
