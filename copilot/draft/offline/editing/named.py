"""Values for places whose name is said: behind the name, before it, or from the value that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.slots import Slot, called, name_words
from copilot.draft.offline.editing.targets import stem
from copilot.draft.offline.editing.wanted import (
    duration_in,
    fits,
    looks_like_value,
    members,
    number_in,
    secret_in,
    value_for,
)

_STRONG = re.compile(
    r"\b(?:should|must|shall|has\s+to|have\s+to|needs?\s+to|ought\s+to|will|can|may)\s+(?:now\s+|only\s+|just\s+|simply\s+|rather\s+|always\s+|not\s+)?(?:be|become|say|read|have|use|equal|come\s+from|point\s+to|go\s+to|last|take)(?:\s+(?:set|changed|equal)\s+to)?\b"
    r"|\b(?:is|are|becomes?)\s+(?:now\s+)?(?:called\s+|named\s+)?|(?<![\w])to\b|\binto\b|=|:(?=\s|$)|->|→"
)


_WEAK = re.compile(r"\b(?:of|at|as|by|with)\b")


_NOT = re.compile(
    r"\b(?:don'?t|do\s+not|does\s+not|should\s+not|shouldn'?t|must\s+not|mustn'?t|not|no|never|no\s+longer|without|stop|disable|deactivate|turn\s+(?:\w+\s+){0,3}off|switch\s+(?:\w+\s+){0,3}off|off|false)\b"
)


_DO = re.compile(
    r"\b(?:enable|activate|turn\s+(?:\w+\s+){0,4}on|switch\s+(?:\w+\s+){0,4}on|allow|do|please|should|must|let|make|has?|have|with|set|mark|true|on)\b"
)


_SETS = re.compile(
    r"\b(?:set|chang\w+|updat\w+|make|put|switch|use|take|give|want|need|replace|should|must|instead|default|with)\b|^\W*\S+\s+\S+\W*$"
)
_FACTOR = (("double", 2.0), ("twice", 2.0), ("triple", 3.0), ("halve", 0.5), ("half", 0.5))


_PARTICIPLES = frozenset(["given", "provided", "filled", "required", "optional", "mandatory", "empty", "changed", "removed", "hidden", "entered", "sorted", "used", "deleted", "renamed", "moved", "logged", "sent", "wrong", "right", "bad", "fine", "ok", "okay", "missing", "outdated", "unclear", "good", "better", "nicer", "longer", "shorter", "different"])  # fmt: skip


_NOISE = frozenset([
    "is", "are", "should", "must", "has", "was", "be", "and", "or", "by", "at", "as", "of", "in", "on", "from", "needs", "can", "may", "will",
    "comes", "goes", "too", "also", "again", "task", "step", "input", "the", "a", "an", "it", "use", "set", "change", "with", "for", "to", "make",
    "put", "new", "update", "this", "that", "only", "always", "never", "now", "just", "not", "still", "so", "very", "more", "less", "many", "few",
    "some", "any", "all", "every", "each", "both", "than", "then", "when", "if", "while", "after", "before", "until", "once", "twice", "first",
    "last", "next", "here", "there", "they", "we", "i", "you", "he", "she", "who", "which", "what", "where", "how", "why", "do", "does", "did",
    "done", "have", "had", "get", "gets", "got", "go", "run", "runs", "take", "takes", "keep", "keeps", "let", "please", "instead", "back", "up",
    "down", "out", "off", "over", "under", "between", "into", "onto", "per", "via", "about", "but", "because", "since", "during", "without",
    "within", "through",
])  # fmt: skip


def said_by_name(c: Change, slot: Slot, words: str, old: str) -> Iterator[tuple[Any, float]]:
    """(value, score) where the name of the place is said."""
    colon = re.search(r":\s", words)
    head = words[: colon.end()] if colon and re.search(r"\w", words[: colon.start()]) else words
    clear, start, end = called(slot.name, head)
    if slot.name == "defaults" and slot.item is not None and clear < 0.8:
        clear, start, end = _inputsaid_by_name(slot.item, head)
    elif not clear or _is_part_of_id(slot, words, start, end):
        return
    if not clear:
        return
    end = _past_item(slot, words, end)
    base = clear + (0.35 if slot.present else 0.0) - min(0.08 * (slot.depth - 1), 0.24) + _with_old(slot, old)
    base += _of_parent(slot, words)
    base -= 0.3 if not slot.present and slot.facts.kind in ("any", "object", "map", "array") else 0.0
    base += 0.15 if slot.facts.enum else 0.05 if slot.facts.kind in ("integer", "number", "duration") else 0.0
    base += 0.1 if re.match(r"\s+(?:of|for|in|on)\b", words[end:]) else 0.0
    base -= 0.15 if re.search(r"\b(?:of|for|in|on)\s+(?:the\s+|its\s+)?(?:\w+\s+)?$", words[:start]) else 0.0
    if slot.name == "defaults" and isinstance(slot.value, bool) and clear == 0.75:
        yield not _NOT.search(words), base
    for value, how in _values(c, slot, words, start, end):
        quoted = any(one.value == value for one in c.text.literals)
        if (
            isinstance(value, str)
            and not quoted
            and (value in _PARTICIPLES or re.match(r"(?:every|each|all|both|any)\s", value))
        ):
            continue
        if (
            clear < 0.9
            and how <= 0.15
            and isinstance(value, str)
            and not (_SETS.search(words) or looks_like_value(value.split()[0]))
        ):
            continue
        plain = isinstance(value, str) and not quoted and bool(re.fullmatch(r"[a-z]+(?: [a-z]+)*", value))
        if plain and slot.name == "defaults" and clear == 0.75 and not _offers(slot, value):
            continue
        spoiled = 0.6 if plain and isinstance(slot.value, str) and slot.value.lstrip().startswith("{{") else 0.0
        yield _inside(slot.value, value), base + how - spoiled
    if slot.facts.kind == "boolean" and clear >= 0.7:
        if re.match(
            rf"\W*(?:please\s+|also\s+)?(?:{re.escape(slot.name.lower())}|{re.escape(name_words(slot.name)[0])})\b",
            words,
        ):
            yield True, base + 0.2
        near = words[max(0, start - 40) : end + 12]
        if _NOT.search(near):
            yield False, base + 0.05
        elif _DO.search(near):
            yield True, base
    if slot.present and (scaled := scaled_value(slot, words)) is not None:
        yield scaled, base + 0.2


def _inside(now: Any, new: Any) -> Any:
    """'v3' for an address that ends in /v2: the piece of the same shape gives way, not all of it."""
    if isinstance(now, str) and isinstance(new, str) and re.fullmatch(r"v\d[\w.]*", new) and len(now) > len(new) + 2:
        found = list(re.finditer(r"(?<![A-Za-z0-9])v\d[\w.]*", now))
        if len(found) == 1:
            return now[: found[0].start()] + new + now[found[0].end() :]
    return now if now is not None and new is None else new


def _of_parent(slot: Slot, words: str) -> float:
    """The object around a property may be named as well: 'the name of the attachment'."""
    parents = [str(p) for p in slot.path[len(slot.item.path) if slot.item else 0 : -1] if isinstance(p, str)]
    return 0.25 if any(called(p, words)[0] >= 0.7 or called(p.rstrip("s"), words)[0] >= 0.7 for p in parents) else 0.0


def _offers(slot: Slot, value: Any) -> bool:
    """Whether an input can have this value as its default: one of those it offers, or a single word."""
    values = slot.item.values.get("values") if slot.item else None
    return value in values if isinstance(values, list) else " " not in str(value)


def _past_item(slot: Slot, words: str, end: int) -> int:
    """'default city Lisbon', 'the timeout of the fetch task 5 minutes': the value stands behind the item's id."""
    if slot.item is None:
        return end
    parent = next((str(p) for p in reversed(slot.path[len(slot.item.path) : -1]) if isinstance(p, str)), "")
    if parent and (
        match := re.match(rf"\s+(?:of\s+)?(?:the\s+)?{re.escape(parent.lower().rstrip('s'))}s?(?![\w-])", words[end:])
    ):
        return end + match.end()
    name = re.escape(slot.item.id.lower()).replace("_", "[_ -]")
    match = re.match(
        rf"\s+(?:(?:of|for|on|in)\s+)?(?:the\s+)?(?:\w+\s+)?{name}(?:\s+(?:task|step|input|trigger))?(?![\w-])",
        words[end:],
    )
    return end + match.end() if match else end


def _inputsaid_by_name(item: Item, words: str) -> tuple[float, int, int]:
    """An input that is named and given a value: its default is meant."""
    parts = [stem(p) for p in re.split(r"[_-]+", item.id.lower())]
    heard = {stem(w) for w in re.findall(r"[a-z0-9]+", words)}
    if item.type in ("BOOLEAN", "BOOL") and len(parts) > 2 and all(p in heard for p in parts if len(p) > 2):
        return 0.75, len(words), len(words)
    spoken = re.escape(item.id.lower()).replace("_", "[_ -]")
    match = re.search(rf"(?<![\w-]){spoken}(?![\w-])", words)
    return (0.75, match.start(), match.end()) if match and item.section == "inputs" else (0.0, 0, 0)


def _is_part_of_id(slot: Slot, words: str, start: int, end: int) -> bool:
    """The name stands inside the id of the very task: 'message' in the words 'hello_message'."""
    return (
        slot.item is not None
        and len(slot.item.id) > end - start
        and any(m.start() <= start and end <= m.end() for m in re.finditer(re.escape(slot.item.id.lower()), words))
    )


def _with_old(slot: Slot, old: str) -> float:
    if not old:
        return 0.0
    if slot.present and not isinstance(slot.value, dict | list) and same(slot.value, old):
        return 0.8
    return -0.8 if re.search(r"\d", old) else -0.2


def same(value: Any, said: str) -> bool:
    """Whether a written value is what was said: '30 seconds' for PT30S, '2' for 2."""
    if str(value).lower() == said.lower():
        return True
    if (
        re.fullmatch(r"[A-Za-z]{4,}", str(value))
        and re.fullmatch(r"[a-z]{3,}", said)
        and stem(str(value).lower()) == stem(said)
    ):
        return True
    if isinstance(value, str) and value.startswith("P") and duration_in(said.lower()) == value:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and number_in(said.lower()) == value


def _values(c: Change, slot: Slot, words: str, start: int, end: int) -> Iterator[tuple[Any, float]]:
    """Values said for a name that stands at an offset: behind it, or before it."""
    if secret := _secret_beside(c.words, words, start, end):
        yield secret, 0.35
        return
    soft = _is_soft(slot)
    yield from _behind_a_link(c, slot, words, end, soft)
    yield from _directly_behind(c, slot, words, start, end, soft)
    if slot.facts.kind in ("array", "map", "object") or isinstance(slot.value, list | dict):
        yield from _list_before(c, slot, words, start)
    elif soft:
        yield from _text_before(c, slot, words, start)
    elif slot.facts.kind != "boolean" and re.search(r"\d|[a-z]", words[max(0, start - 30) : start]):
        value = value_for(slot, c.text, max(0, start - 30), start, c.names)
        if value is not None:
            yield value, 0.12


def _is_soft(slot: Slot) -> bool:
    """Whether any text would fit, so that only what looks like a value may be taken for one."""
    now = slot.value
    if isinstance(now, int | float) and not isinstance(now, bool):
        return False
    timed = isinstance(now, str) and len(now) > 2 and duration_in(now) == now
    return slot.facts.kind in ("string", "any", "array", "map", "object") and not timed


def _behind_a_link(c: Change, slot: Slot, words: str, end: int, soft: bool) -> Iterator[tuple[Any, float]]:
    """'the timeout should be 5 minutes', 'table to x', 'subject: ...'."""
    listed = slot.facts.kind == "array" or isinstance(slot.value, list)
    for pattern, worth in ((_STRONG, 0.3), (_WEAK, 0.2 if not soft else 0.05)):
        for link in pattern.finditer(words, end):
            between = words[end : link.start()]
            if pattern is _WEAK and soft and (listed or between.strip()):
                break
            if len(between) > 60 or re.search(r"[,;]", between):
                break
            value = value_for(slot, c.text, link.end(), stop_of(c, slot, words, link.end()), c.names)
            if value is not None:
                yield value, worth if pattern is _STRONG or soft else 0.15
                break


def _directly_behind(
    c: Change, slot: Slot, words: str, start: int, end: int, soft: bool
) -> Iterator[tuple[Any, float]]:
    """'port 587', 'branch develop of the repo'."""
    direct = re.match(r"\s*[`'\"]?\s*", words[end:])
    at = end + (direct.end() if direct else 0)
    if at < len(words) and (not soft or _looks_like_value(c, at)):
        value = value_for(slot, c.text, at, stop_of(c, slot, words, at), c.names)
        if value is not None:
            yield value, 0.15
    bare = re.match(r"\s+(?P<v>[a-z][\w.-]*)(?=\s*$|\s*,|\s+(?:instead|please|now|for|of|in|on|from)\b)", words[end:])
    hedged = re.search(r"\b(?:if|when|unless|whether|because)\b", words[:start])
    if soft and bare and not hedged and bare["v"] not in _NOISE and slot.facts.kind in ("string", "any"):
        last = re.fullmatch(r"\s*(?:instead|please|now)?", words[end + bare.end() :])
        if fits(slot, bare["v"]):
            yield c.words[end + bare.start("v") : end + bare.end("v")], 0.1 if last else 0.22


def _list_before(c: Change, slot: Slot, words: str, start: int) -> Iterator[tuple[Any, float]]:
    """'requests and numpy as dependencies'."""
    said = re.match(
        r"\W*(?:(?:use|set|take|with|have|put|install)\s+)?(?=\S)(?P<list>.+?)\s+as\s+(?:the\s+)?$", words[:start]
    )
    if said and slot.facts.kind == "array":
        yield members(c.text, said.start("list"), said.end("list")), 0.3


def _text_before(c: Change, slot: Slot, words: str, start: int) -> Iterator[tuple[Any, float]]:
    """'use x as the table', 'make it green taxi'."""
    adjective = re.search(
        r"\b(?:make|use|want|take|with|need|have)\s+(?:it\s+|this\s+)?(?:the\s+|an?\s+)?(?P<v>[a-z]\w+)\s+$",
        words[:start],
    )
    single = isinstance(slot.value, str) and re.fullmatch(r"\w+", slot.value)
    if adjective and single and adjective["v"] not in _NOISE:
        yield c.words[adjective.start("v") : adjective.end("v")], 0.32
    before = re.search(
        r"(?P<verb>\b(?:use|take|set|put|make|have|with|want|need|give\s+it|add)\s+)?(?P<v>\S+(?:\s+\S+){0,4}?)\s+(?P<as>(?:as|for|in)\s+)?(?:the\s+|its\s+|an?\s+)?(?:\S+\s+)?$",
        words[:start],
    )
    if before is None:
        return
    literal = c.text.literal_at(before.start("v"))
    clear = before["verb"] or literal or looks_like_value(before["v"].split()[-1])
    if not clear or not (before["as"] or literal):
        return
    value = value_for(slot, c.text, before.start("v"), before.end("v"), c.names)
    if value is not None and not (isinstance(value, str) and value.lower() in _NOISE):
        yield value, 0.1 + (0.1 if before["as"] else 0.0)


def _secret_beside(plain: str, words: str, start: int, end: int) -> str | None:
    """A secret that is named in the same breath as the property, behind it or before it."""
    rest = re.match(r"[^,;]*", plain[end:])
    joined = re.search(r"\s+and\s+(?:the\s+)?\w+\s", words[end:])
    stop = end + min(rest.end() if rest else 0, joined.start() if joined else len(words))
    if re.search(r"\b(?:take|get|read|use|from|comes?)\b", words[stop:]) and not re.search(r",[^,]*,", words[end:]):
        stop = len(words)
    before = re.search(r"[^,;]*$", plain[:start])
    return secret_in(plain[end:stop]) or secret_in(before.group() if before else "")


def stop_of(c: Change, slot: Slot, words: str, start: int) -> int:
    """Where the value ends: before 'for the task x', at the end of the clause otherwise."""
    if slot.item is not None:
        name = re.escape(slot.item.id.lower())
        tail = re.search(
            rf"\s+(?:for|in|of|on|at)\s+(?:the\s+)?(?:\w+\s+)?{name}\b.*$|\s+(?:for|in|of|on)\s+(?:the|this|that|all|every|each|both)\s+(?:[\w-]+\s+){{0,3}}(?:tasks?|steps?|triggers?|inputs?|flow)\b.*$",
            words[start:],
        )
        if tail and tail.start() > 0:
            return start + tail.start()
    return len(words)


def _looks_like_value(c: Change, at: int) -> bool:
    """A literal, or a word no sentence would hold: with digits, capitals inside, slashes, dots."""
    if c.text.literal_at(at) is not None:
        return True
    token = re.match(r"\S+", c.words[at:])
    word = token.group().rstrip(".,") if token else ""
    return looks_like_value(word)


def scaled_value(slot: Slot, words: str) -> Any:
    """'double the timeout', 'raise it by 5': from the value that is there."""
    factor = next((f for w, f in _FACTOR if re.search(rf"\b{w}\b", words)), None)
    by = re.search(
        r"\b(?P<how>increas\w*|rais\w*|decreas\w*|reduc\w*|lower|bump|add)\b[^.;]*\bby\s+(?P<n>\d+|one|two|three)\b|\b(?P<n2>\d+|one|two|three)\s+more\b",
        words,
    )
    if isinstance(slot.value, int) and not isinstance(slot.value, bool):
        if factor:
            return int(slot.value * factor)
        n = number_in(by["n"] or by["n2"]) if by else None
        if by and n:
            return int(slot.value + (-n if by["how"] and by["how"].startswith(("decreas", "reduc", "lower")) else n))
    part = re.fullmatch(r"PT(\d+)([HMS])", str(slot.value))
    if factor and part:
        n = int(part[1]) * factor
        smaller = {"H": "M", "M": "S"}
        return f"PT{n:g}{part[2]}" if n == int(n) else f"PT{n * 60:g}{smaller.get(part[2], 'S')}"
    return None
