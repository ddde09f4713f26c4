"""One text for another where it stands in values of the flow: words, phrases, tags and versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.targets import rank
from copilot.draft.offline.services import SERVICES
from copilot.draft.offline.text import NAME
from engine.flow.findings import Path

_TOKEN = rf"(?:{NAME}|[\w./:@-]+)"


_REPLACE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\((?P<old>[^)\s]+)\)\s*,?\s*(?:it\s+)?should\s+be\s+(?P<new>{_TOKEN})",
        rf"\b(?:replace|change|swap|correct|fix)\s+(?:all\s+|every\s+)?(?:the\s+)?(?:\w+\s+)?(?:from\s+)?(?P<old>{_TOKEN})\s+(?:by|with|to|into|for)\s+(?P<new>{_TOKEN})",
        rf"(?P<old>{_TOKEN})\s+(?:should|must|has\s+to)\s+(?:be|become|read|say)\s+(?P<new>{_TOKEN})",
        rf"\b(?P<new>{_TOKEN})\s+(?:instead\s+of|rather\s+than|not|in\s+place\s+of)\s+(?P<old>{_TOKEN})",
        rf"\bfrom\s+(?P<old>{_TOKEN})\s+to\s+(?P<new>{_TOKEN})",
    )
)


_TAGGED = re.compile(r"(?<![\w/.-])(?P<name>[a-z][\w./-]*):(?P<tag>[\w][\w.-]*)", re.I)


_SMALL = frozenset(["the", "a", "an", "it", "this", "that", "and", "or", "to", "for", "be", "with", "in", "on", "at", "of", "optional", "required", "default"])  # fmt: skip


def replace_text(c: Change) -> bool:
    """'X should be Y', 'replace X by Y', 'change X to Y' where X stands in a value of the flow word for word.

    X is quoted, or a word no sentence would hold (a path, a file, a version), and no name of a task.
    """
    for old, new in _said_pairs(c):
        odd = re.search(r"[\d/.:@_-]|[a-z][A-Z]", old) and not re.fullmatch(r"\d+(?:[:.]\d+)?(?:am|pm)?", old)
        if (odd or _quoted(c, old)) and _replace_everywhere(c, old, new, whole=False):
            return True
    return False


def same_family(c: Change) -> bool:
    """'base image python:3.12-slim': the tag gives way where the same image stands inside a text."""
    for new in _TAGGED.finditer(c.words):
        old = re.compile(rf"(?<![\w/.-]){re.escape(new['name'])}:[\w][\w.-]*")
        spots = []
        for path, value in _texts_in(c.doc.flow, ()):
            node = c.doc.source.node(path)
            if node is not None and old.search(value):
                start, end = c.doc.source.range_of(node)
                spots += [m.span() for m in old.finditer(c.doc.text, start, end)]
        text = c.doc.text
        for start, end in sorted(set(spots), reverse=True):
            text = text[:start] + new.group().rstrip(".") + text[end:]
        if text != c.doc.text:
            c.doc.write(text)
            return True
    return False


def new_version(c: Change) -> bool:
    """'use cuda 12.6.0': the version behind a name that stands in the flow."""
    done = False
    for said in re.finditer(r"\b(?P<name>[a-z]\w+)\s+(?:version\s+|to\s+)?v?(?P<version>\d+(?:\.\d+)+)\b", c.low):
        pattern = re.compile(
            rf"(?<![a-z0-9])({re.escape(said['name'])}(?:[:@=/-]|==)v?)(?:\d+(?:\.\d+)*|latest\b)", re.I
        )
        for path, value in list(_texts_in(c.doc.flow, ())):
            node = c.doc.source.node(path)
            if node is None or path[-1] in ("id", "type") or not pattern.search(value):
                continue
            start, end = c.doc.source.range_of(node)
            c.doc.write(
                c.doc.text[:start] + pattern.sub(rf"\g<1>{said['version']}", c.doc.text[start:end]) + c.doc.text[end:]
            )
            done = True
    return done


def swap_word(c: Change) -> bool:
    """As ``replace_text`` for plain words, once nothing else was understood: 'the database warehouse instead of shop'."""
    for old, new in _said_pairs(c):
        plain = re.fullmatch(r"[A-Za-z][\w-]{2,}", old) and re.fullmatch(r"[\w.-]{2,}", new)
        if plain and new.lower() not in _SMALL and _replace_everywhere(c, old, new, whole=True):
            return True
    return False


def swap_phrase(c: Change) -> bool:
    """'say good morning instead of hello', 'dbt run instead of dbt build in ci': several words that stand in a text."""
    match = re.search(r"^(?P<new>.+?)\s+(?:instead\s+of|rather\s+than|in\s+place\s+of)\s+(?P<old>.+)$", c.low)
    if match is None:
        return False
    new_words = re.split(
        r"[,:;]\s+|\b(?:say|write|print|log|use|run|call|do|have|with|read|want|should\s+be|should\s+say)\s+(?=\S)",
        c.words[: match.end("new")],
    )[-1].strip(" '\"`")
    quoted = c.text.within(0, match.end("new"))
    new_words = quoted[0].value if len(quoted) == 1 else new_words
    old_words = c.words[match.start("old") :].split()
    for n in range(min(len(old_words), 6), 0, -1):
        old = " ".join(old_words[:n]).strip(" '\"`.,")
        if len(old) < 3 or old.lower() in _SMALL or _is_service(old):
            continue
        if (
            n > 1
            and old.split()[0]
            == (first := c.words[: match.end("new")].split())[max(0, len(first) - len(new_words.split()) - 1)]
        ):
            new_words = f"{old.split()[0]} {new_words}"
        items = (
            [f.item for f in rank(c.doc.items(), " ".join(old_words[n:]).lower()) if f.score >= 2][:1]
            if n < len(old_words)
            else []
        )
        if _replace_phrase(c, old, new_words, items[0].path if items else ()):
            return True
    return False


def _replace_phrase(c: Change, old: str, new: str, within: Path) -> bool:
    """The phrase in any case, with the capital it had."""
    pattern = re.compile(rf"(?<![\w]){re.escape(old)}(?![\w])", re.I)
    spots: list[tuple[int, int]] = []
    for path, value in _texts_in(c.doc.flow, ()):
        node = c.doc.source.node(path)
        known = path[-1] in ("id", "type") or path[: len(within)] != within or path[0] == "extend"
        if not known and node is not None and pattern.search(value):
            start, end = c.doc.source.range_of(node)
            spots += [m.span() for m in pattern.finditer(c.doc.text, start, end) if not _in_code(c, m.start())]
    text = c.doc.text
    for start, end in sorted(set(spots), reverse=True):
        put = new[:1].upper() + new[1:] if text[start].isupper() and new[:1].islower() else new
        text = text[:start] + put + text[end:]
    c.doc.write(text)
    return bool(spots)


def _said_pairs(c: Change) -> list[tuple[str, str]]:
    """(old, new) in every way the words can be read."""
    ids = {i.id for i in c.doc.items()}
    out = []
    for pattern in _REPLACE:
        for match in pattern.finditer(c.low):
            old, new = _text(c, match, "old"), _text(c, match, "new")
            if len(old) >= 3 and old != new and old not in ids and not _is_service(old):
                out.append((old, new))
    return out


def _quoted(c: Change, word: str) -> bool:
    return any(one.value == word for one in c.text.literals)


def _replace_everywhere(c: Change, old: str, new: str, *, whole: bool) -> bool:
    """Every value that holds the old text; keys, ids and types stay, and comments unless they are meant."""
    pattern = re.compile(rf"(?<![\w]){re.escape(old)}(?![\w(])" if whole else re.escape(old))
    spots: list[tuple[int, int]] = []
    for path, value in _texts_in(c.doc.flow, ()):
        node = c.doc.source.node(path)
        if (
            path[-1] in ("id", "type")
            or (whole and path[-1] == "description")
            or node is None
            or not pattern.search(value)
        ):
            continue
        start, end = c.doc.source.range_of(node)
        spots += [m.span() for m in pattern.finditer(c.doc.text, start, end) if not (whole and _in_code(c, m.start()))]
    if re.search(r"\bcomment", c.low):
        spots += [
            m.span()
            for m in pattern.finditer(c.doc.text)
            if "#" in c.doc.text[c.doc.text.rfind("\n", 0, m.start()) + 1 : m.start()]
        ]
    text = c.doc.text
    for start, end in sorted(set(spots), reverse=True):
        text = text[:start] + new + text[end:]
    c.doc.write(text)
    return bool(spots)


def same_value_everywhere(c: Change, old: Any, new: Any) -> None:
    """Other places that hold the same value, whole or as a word of a text."""
    if isinstance(old, str | int | float) and not isinstance(old, bool) and len(str(old)) > 2:
        _replace_everywhere(c, str(old), str(new), whole=True)


def _in_code(c: Change, position: int) -> bool:
    """Inside an expression a plain word is a name, not a value."""
    before = c.doc.text[max(0, position - 400) : position]
    return before.rfind("{{") > before.rfind("}}")


def _texts_in(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _texts_in(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts_in(child, (*path, index))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, str(value)


def _text(c: Change, match: re.Match[str], group: str) -> str:
    literal = c.text.literal_at(match.start(group))
    return (literal.value if literal else c.words[match.start(group) : match.end(group)]).strip(".,;")


def _is_service(word: str) -> bool:
    return any(re.fullmatch(s.pattern, word.lower()) for s in SERVICES)
