"""One more of a kind: a task, trigger or condition that is like those that are there."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.clauses import part
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import rank
from copilot.draft.offline.text import NAME, read_text
from engine.flow.findings import Path

_ADD = r"\b(?:add|create|include|need|want|make)\s+(?:an?\s+|another\s+|one\s+more\s+|the\s+)?(?:(?:\d+(?:st|nd|rd|th)|second|third|fourth|fifth|new|additional|further)\s+)?"
_CALLED = re.compile(
    rf"{_ADD}(?P<noun>[\w-]+(?:\s+[\w-]+){{0,2}}?)\s+(?:called|named|with\s+(?:the\s+)?id)\s+(?P<name>{NAME}|[\w-]+)(?P<rest>.*)$"
)
_LIKE = re.compile(
    rf"{_ADD}(?P<name>{NAME}|[\w-]+)\s+(?P<noun>[\w-]+)\s*,?\s+(?:just\s+)?(?:like|same\s+as|similar\s+to)\s+(?:the\s+)?(?P<like>[\w-]+)(?P<rest>.*)$"
)
_NEXT = re.compile(
    rf"\b(?:an?|another|one\s+more)\s+(?:(?:second|third|fourth|fifth|\d+th|further|additional|new)\s+)?(?P<noun>[\w-]+)\s+(?:next\s+to|beside|besides|alongside|along\s+with|like)\s+the\s+others?\s*[:,]?\s*(?:called\s+|named\s+)?(?P<name>{NAME}|[\w-]+)(?P<rest>.*)$"
)
_DUPLICATE = re.compile(
    rf"\b(?:duplicate|copy|clone)\s+(?:the\s+)?(?P<noun>[\w-]+(?:\s+[\w-]+){{0,2}}?)\s+(?:as|to|into|and\s+(?:call|name)\s+(?:it|the\s+copy))\s+(?P<name>{NAME}|[\w-]+)(?P<rest>.*)$"
)


def add_like(c: Change) -> bool:
    """'add a 4th sync called stripe with connection id 42', 'add an east child like the others'."""
    for pattern in (_NEXT, _LIKE, _DUPLICATE, _CALLED):
        match = pattern.search(c.low)
        if match is None or re.search(r"\b(?:inputs?|outputs?|labels?|variables?|case|header)\b", match["noun"]):
            continue
        model = _model(c, match, pattern is _CALLED)
        if model is not None:
            return _put(c, model, c.said(match, "name"), match.start("rest"))
    return _one_more_condition(c)


def _model(c: Change, match: re.Match[str], several: bool) -> Item | None:
    """The item to copy: the one that is named, or the last of at least two of its kind."""
    pool = [*c.doc.tasks(), *c.doc.items("triggers")]
    words = match["noun"] if match["noun"] not in ("child", "one") else "subflow"
    if "like" in match.re.groupindex and match["like"] not in ("others", "other", "rest"):
        words = match["like"]
    found = rank(pool, words)
    if not found or found[0].score < 1:
        return None
    alike = [f.item for f in found if f.item.type == found[0].item.type and f.item.path[:-1] == found[0].item.path[:-1]]
    if several and len(alike) < 2:
        return None
    return max(alike, key=lambda i: [str(p).zfill(4) for p in i.path]) if len(alike) > 1 else alike[0]


def _put(c: Change, model: Item, name: str, rest: int) -> bool:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or c.doc.item(name) is not None:
        return False
    values = _renamed(copy.deepcopy(dict(model.values)), model.id, name)
    c.doc.insert_items([values | {"id": name}], after=model.entry)
    c.focus[:] = [name]
    text = part(c.text, rest, len(c.text.masked))
    sql = re.search(r"\b(?:select|insert|update|delete|with|create|truncate)\s.+$", text.plain, re.I)
    if sql and "sql" in values:
        item = c.doc.item(name)
        c.doc.set(item.path if item else (), "sql", sql.group())
    elif re.search(r"\w", text.masked):
        from copilot.draft.offline.editing.setting import set_value
        from copilot.draft.offline.editing.timing import reschedule

        inner = replace(c, text=read_text(f"{text.plain.strip()} for {name}"))
        if not (reschedule(inner) or set_value(inner)):
            c.notes.append(f"`{name}` is a copy of `{model.id}`; not understood was: {text.plain.strip()}")
    return True


def _renamed(value: Any, old: str, new: str) -> Any:
    """The old id gives way to the new one inside texts as well."""
    if isinstance(value, dict):
        return {k: _renamed(v, old, new) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, old, new) for v in value]
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])", new, value) if isinstance(value, str) else value


_DAYS = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b")


def _one_more_condition(c: Change) -> bool:
    """'fridays too' where a trigger lists its days as conditions."""
    days = [f"{m[1]}day".upper() for m in _DAYS.finditer(c.low)]
    if not days or not re.search(r"\b(?:also|too|as\s+well|add|additionally|include)\b", c.low):
        return False
    place = next((p for p in _lists_of_days(c) if not any(d in str(c.doc.value(p)) for d in days)), None)
    if place is None:
        return False
    for day in days:
        entries = c.doc.value(place)
        last = entries[-1]
        key = next(k for k, v in last.items() if re.fullmatch(r"[A-Z]+DAY", str(v)))
        c.doc.insert_items([{**last, key: day}], after=(*place, len(entries) - 1))
    return True


def _lists_of_days(c: Change) -> Iterator[Path]:
    """Lists of at least two conditions that name a day each."""

    def walk(value: Any, path: Path) -> Iterator[Path]:
        if isinstance(value, dict):
            for key, child in value.items():
                yield from walk(child, (*path, key))
        elif isinstance(value, list):
            if len(value) > 1 and all(
                isinstance(v, dict) and any(re.fullmatch(r"[A-Z]+DAY", str(x)) for x in v.values()) for v in value
            ):
                yield path
            for index, child in enumerate(value):
                yield from walk(child, (*path, index))

    yield from walk(dict(c.doc.flow), ())
