"""Other names for tasks, inputs, triggers, variables, labels, outputs and the flow; whatever refers to them follows."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.references import follow
from copilot.draft.offline.editing.targets import rank, stem
from copilot.draft.offline.text import NAME

_KIND = r"(?P<kind>inputs?|tasks?|steps?|variables?|flow|workflow|triggers?|outputs?|labels?|id|schedule)?"
_OLD = rf"(?P<old>(?:{NAME}|[\w-]+)(?:\s+[\w-]+){{0,3}}?)"
_NEW = rf"[`'\"]?(?P<new>{NAME}|[\w-]+)[`'\"]?"
_PATTERNS = (
    re.compile(rf"\brename\s+(?:the\s+)?(?:id\s+of\s+)?(?:the\s+)?{_KIND}\s*{_OLD}(?:\s+(?:input|task|step|variable|trigger|output|label))?\s+(?:to|into|as|in)\s+(?:just\s+)?{_NEW}"),
    re.compile(rf"\brename\s+(?:the\s+|this\s+)?(?P<kind>flow|workflow|trigger|input|schedule)\s+(?:to|into|as)\s+{_NEW}"),
    re.compile(rf"^\W*(?:please\s+)?(?:call|name)\s+(?:the\s+)?(?:(?P<kind>input|task|step|variable|trigger)\s+)?{_OLD}\s+(?:task\s+|step\s+|input\s+|trigger\s+)?(?:just\s+)?{_NEW}\s*(?:instead|from\s+now\s+on)?$"),
    re.compile(rf"\b(?:the\s+)?(?:(?P<kind>input|task|step|variable|flow|trigger)\s+)?{_OLD}\s+(?:task\s+|step\s+|input\s+|trigger\s+)?(?:should|must)\s+be\s+(?:called|named|renamed\s+to)\s+{_NEW}"),
    re.compile(rf"\b(?:change|set)\s+(?:the\s+)?(?:id|name)\s+(?:of\s+)?(?:the\s+)?(?P<kind>input|task|step|variable|flow|workflow|trigger)?\s*(?P<old>{NAME}|[\w-]+)?\s*(?:task\s+|step\s+|input\s+|trigger\s+)?(?:from\s+\S+\s+)?to\s+{_NEW}"),
    re.compile(rf"\b(?:the\s+)?(?P<kind>flow|workflow)\s*(?:'s\s+)?(?:id\s+|name\s+)?(?:should|must)\s+be\s+(?:called\s+|named\s+)?{_NEW}"),
    re.compile(rf"\bgive\s+the\s+(?P<kind>flow)\s+the\s+(?:id|name)\s+{_NEW}"),
)  # fmt: skip


def rename(c: Change) -> bool:
    """Another id, and every reference to it."""
    for pattern in _PATTERNS:
        match = pattern.search(c.low)
        if match is None:
            continue
        new = c.said(match, "new")
        if new.lower() in ("instead", "now", "it", "the", "a", "an", "please", "too", "again"):
            continue
        old = c.said(match, "old") if "old" in match.re.groupindex and match["old"] else ""
        kind = re.sub(r"s$", "", match["kind"] or "")
        if kind in ("flow", "workflow") or old.lower() in ("flow", "the flow", "workflow", "this flow"):
            c.doc.set((), "id", new)
            return True
        if _key(c, "variables", kind, old, new) or _key(c, "labels", kind, old, new) or _output(c, kind, old, new):
            return True
        item = _item(c, kind, old)
        if item is not None:
            return _give(c, item, new)
    return False


def _item(c: Change, kind: str, old: str) -> Item | None:
    sections = {"input": ("inputs",), "trigger": ("triggers",), "schedule": ("triggers",)}.get(kind, ())
    pool = c.doc.items(*sections) if sections else c.doc.tasks() if kind in ("task", "step") else c.doc.items()
    exact = next((i for i in pool if i.id.lower() == old.lower()), None)
    if exact is not None:
        return exact
    found = rank(pool, old.lower() + (" task" if kind == "task" else ""))
    heard = {stem(w) for w in re.findall(r"[a-z0-9]+", old.lower())}
    placed = bool(re.search(r"\b(?:first|second|third|last)\b", old.lower()))
    if found and not placed and not heard & {stem(p.lower()) for p in re.split(r"[_-]", found[0].item.id)}:
        kinds = kind or re.search(r"\b(?:task|step|trigger|input|schedule|webhook)\b", old.lower())
        found = found if kinds else []
    if found and found[0].score >= 1.5:
        return found[0].item
    if not old and len(pool) == 1:
        return pool[0]
    return next((i for i in pool if i.id in c.focus), None) if old in ("it", "that") else None


def _give(c: Change, item: Item, new: str) -> bool:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", new):
        c.ask(f"`{new}` cannot be an id: letters, digits, `-` and `_` only. Which id should it be?")
        return True
    if any(i.id == new and i.section == item.section for i in c.doc.items()):
        c.ask(f"There is a `{new}` already. Which other id should `{item.id}` get?")
        return True
    c.doc.set(item.path, "id", new)
    follow(c.doc, item.section, item.id, new)
    c.focus[:] = [new]
    return True


def _key(c: Change, section: str, kind: str, old: str, new: str) -> bool:
    """A key of the variables or labels."""
    keys = c.doc.flow.get(section)
    if not isinstance(keys, dict) or kind not in ("", section[:-1]):
        return False
    name = next((k for k in keys if k.lower() == old.lower().removeprefix("variable ").strip()), None)
    if name is None or (kind == "" and c.doc.item(name) is not None):
        return False
    c.doc.rename_key((section, name), new)
    if section == "variables":
        follow(c.doc, "variables", name, new)
    return True


def _output(c: Change, kind: str, old: str, new: str) -> bool:
    """An output of the flow."""
    entries = c.doc.flow.get("outputs")
    if kind not in ("", "output") or not isinstance(entries, list):
        return False
    index = next((i for i, e in enumerate(entries) if isinstance(e, dict) and e.get("id") == old), None)
    if index is None and kind == "output" and len(entries) == 1:
        index = 0
    if index is None:
        return False
    c.doc.set(("outputs", index), "id", new)
    return True
