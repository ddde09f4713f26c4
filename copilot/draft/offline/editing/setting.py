"""The general change: a place, its new value. Every place whose name is said is a candidate; the best one wins.

A candidate is worth what speaks for it: its name is said, its task is meant, it is written already, the value fits its
kind, the old value is the one that was said. Two equally good places in different tasks are a question, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.replacing import same_value_everywhere
from copilot.draft.offline.editing.slots import Slot, called, slots
from copilot.draft.offline.editing.targets import Found, plural, rank, stem
from copilot.draft.offline.editing.wanted import (
    addresses,
    duration_in,
    fits,
    looks_like_value,
    number_in,
    secret_in,
    unquoted,
    value_for,
)
from copilot.draft.offline.text import CODE, EMAIL, LITERAL, QUOTED, URL, Text

_STRONG = re.compile(
    r"\b(?:should|must|shall|has\s+to|have\s+to|needs?\s+to|ought\s+to|will|can|may)\s+(?:now\s+|only\s+|always\s+|not\s+)?(?:be|become|say|read|have|use|equal|come\s+from|point\s+to|go\s+to|last|take)(?:\s+(?:set|changed|equal)\s+to)?\b"
    r"|\b(?:is|are|becomes?)\s+(?:now\s+)?(?:called\s+|named\s+)?|(?<![\w])to\b|\binto\b|=|:|->|→"
)
_WEAK = re.compile(r"\b(?:of|at|as|by|with)\b")
_OLD = re.compile(
    rf"\s*,?\s*\(?(?:\binstead\s+of|\brather\s+than|\bin\s+place\s+of|,?\s+not\b|\breplacing|\bfrom(?=\s+\S+(?:\s+\S+)?\s+(?:up\s+|down\s+)?to\b))\s+(?P<old>{LITERAL}|[^\s,;)]+(?:\s+(?!to\b|up\b|down\b|for\b|in\b|on\b|at\b)[^\s,;)]+)?)\)?"
)
_NOT = re.compile(
    r"\b(?:don'?t|do\s+not|does\s+not|should\s+not|shouldn'?t|must\s+not|mustn'?t|not|no|never|no\s+longer|without|stop|disable|deactivate|turn\s+(?:\w+\s+){0,3}off|switch\s+(?:\w+\s+){0,3}off|off|false)\b"
)
_DO = re.compile(
    r"\b(?:enable|activate|turn\s+(?:\w+\s+){0,4}on|switch\s+(?:\w+\s+){0,4}on|allow|do|please|should|must|let|make|has?|have|with|set|mark|true|on)\b"
)
_CHANGES = re.compile(
    r"\b(?:set|chang\w+|updat\w+|increas\w+|rais\w+|lower|reduc\w+|decreas\w+|make|put|switch|adjust|bump|extend|shorten|turn|use|let|have|limit|cap|fix|point|give|define|pin|take|need|want|replace|write|send|load|store|read|run|only|instead|should|must)\b"
)
_FACTOR = (("double", 2.0), ("twice", 2.0), ("triple", 3.0), ("halve", 0.5), ("half", 0.5))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place, the value it would get, and what speaks for it."""

    slot: Slot
    value: Any
    score: float
    named: bool
    """Whether its name was said."""


def set_value(c: Change) -> bool:
    """Give the place that is meant the value that is said."""
    found = candidates(c)
    if not found:
        return False
    chosen = _chosen(c, found)
    for one in chosen:
        if one.slot.present and one.slot.value == one.value:
            c.answered_by(f"`{one.slot.name}` is `{one.value}` already; nothing was changed.")
            continue
        c.doc.set_path(one.slot.path, one.value)
        if re.search(r"\b(?:everywhere|all\s+places|each\s+place|every\s+place)\b", c.low):
            same_value_everywhere(c, one.slot.value, one.value)
        c.touched.append(one.slot.name)
        c.focus_on(one.slot.item)
    return bool(chosen) or bool(c.questions)


def candidates(c: Change) -> list[Candidate]:
    """All readings of the clause as a value for a place, best first."""
    items = c.doc.items()
    words, old = _without_old(c)
    c = replace(c, text=_blanked(c.text, words))
    meant = {f.item.path: f for f in rank(items, words)}
    top = max((f.score for f in meant.values()), default=0.0)
    out: list[Candidate] = []
    for slot in slots(c.doc, c.types):
        bonus = _of_item(c, slot, meant, top, words)
        out += [Candidate(slot, v, s + bonus, True) for v, s in _named(c, slot, words, old)]
        out += [Candidate(slot, v, s + bonus, False) for v, s in _unnamed(c, slot, words, old, bonus > 0.15)]
    good = [o for o in out if o.score >= 0.9 and not _inside_longer(o, out, words)]
    return sorted(good, key=lambda o: (-o.score, o.slot.depth))


def _inside_longer(one: Candidate, others: Sequence[Candidate], words: str) -> bool:
    """A name that is only part of a longer name that was said as well: 'key' in 'access key'."""
    if not one.named:
        return False
    known, start, end = called(one.slot.name, words)
    if not known:
        return False
    for other in others:
        clear, first, last = (
            called(other.slot.name, words) if other.named and other.slot.name != one.slot.name else (0.0, 0, 0)
        )
        displaced = one.slot.present and not other.slot.present
        if clear >= 0.9 and not displaced and first <= start and end <= last and last - first > end - start:
            return True
    return False


def _without_old(c: Change) -> tuple[str, str]:
    """The words with 'instead of X' blanked, and X."""
    words = c.low
    match = _OLD.search(words)
    if match is None:
        return words, ""
    literal = c.text.literal_at(match.start("old"))
    old = literal.value if literal else c.words[match.start("old") : match.end("old")]
    return words[: match.start()] + " " * (match.end() - match.start()) + words[match.end() :], unquoted(old)


def _blanked(text: Text, words: str) -> Text:
    """The text without the stretch that ``words`` leaves out."""
    gone = [a != b and b == " " for a, b in zip(text.masked, words, strict=True)]
    kept = tuple(one for one in text.literals if not gone[one.start])
    plain = "".join(" " if g else p for p, g in zip(text.plain, gone, strict=True))
    return Text(plain, plain, "".join(" " if g else m for m, g in zip(text.masked, gone, strict=True)), kept)


def _of_item(c: Change, slot: Slot, meant: dict[Any, Found], top: float, words: str) -> float:
    """What speaks for the task, trigger or input the place belongs to."""
    if slot.item is None:
        if slot.path[0] in ("namespace", "id", "disabled") and not re.search(
            r"\b(?:flow|workflow|move|this|itself)\b", words
        ):
            return -0.6
        speaks = re.search(r"\b(?:flow|workflow|execution|runs?)(?:'s)?\b", words)
        speaks = speaks or (slot.path == ("description",) and top < 1)
        return (0.3 if speaks else 0.0) - (0.6 if top >= 8 else 0.25 if top >= 2 else 0.0)
    found = meant.get(slot.item.path)
    score = min(found.score, 10.0) / 10 if found else 0.0
    if slot.item.id in c.focus and re.search(r"\b(?:it|its|that|this|there)\b", words):
        score += 0.3
    elif slot.item.id in c.focus and top < 1:
        score += 0.25
    behind = top - (found.score if found else 0.0)
    if behind > 0.3:
        score -= 0.6 if top >= 8 else 0.3 if top >= 2 else 0.1
    return score


def _named(c: Change, slot: Slot, words: str, old: str) -> Iterator[tuple[Any, float]]:
    """(value, score) where the name of the place is said."""
    colon = re.search(r":\s", words)
    head = words[: colon.end()] if colon and re.search(r"\w", words[: colon.start()]) else words
    clear, start, end = called(slot.name, head)
    if slot.name == "defaults" and slot.item is not None and clear < 0.8:
        clear, start, end = _input_named(slot.item, head)
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
    if slot.name == "defaults" and isinstance(slot.value, bool):
        yield not _NOT.search(words), base
    for value, how in _values(c, slot, words, start, end):
        if isinstance(value, str) and value in _PARTICIPLES:
            continue
        yield _inside(slot.value, value), base + how
    if slot.facts.kind == "boolean" and clear >= 0.7:
        near = words[max(0, start - 40) : end + 12]
        if _NOT.search(near):
            yield False, base + 0.05
        elif _DO.search(near):
            yield True, base
    if slot.present and (scaled := _scaled(slot, words)) is not None:
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


_PARTICIPLES = frozenset(["given", "provided", "filled", "required", "optional", "mandatory", "empty", "changed", "removed", "hidden", "entered", "sorted", "used", "deleted", "renamed", "moved", "logged", "sent", "better", "nicer", "longer", "shorter", "different"])  # fmt: skip


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


def _input_named(item: Item, words: str) -> tuple[float, int, int]:
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
    if slot.present and not isinstance(slot.value, dict | list) and _same(slot.value, old):
        return 0.8
    return -0.8 if re.search(r"\d", old) else -0.2


def _same(value: Any, said: str) -> bool:
    """Whether a written value is what was said: '30 seconds' for PT30S, '2' for 2."""
    if str(value).lower() == said.lower():
        return True
    if isinstance(value, str) and value.startswith("P") and duration_in(said.lower()) == value:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and number_in(said.lower()) == value


def _values(c: Change, slot: Slot, words: str, start: int, end: int) -> Iterator[tuple[Any, float]]:
    """Values said for a name that stands at an offset: behind it, or before it."""
    length = len(words)
    soft = slot.facts.kind in ("string", "any", "array", "map", "object")
    soft = soft and (not isinstance(slot.value, int | float) or isinstance(slot.value, bool))
    if secret := _secret_beside(c.words, words, start, end):
        yield secret, 0.35
        return
    for pattern, worth in ((_STRONG, 0.3), (_WEAK, 0.15)):
        for sep in pattern.finditer(words, end):
            listed = slot.facts.kind == "array" or isinstance(slot.value, list)
            if pattern is _WEAK and soft and (listed or words[end : sep.start()].strip()):
                break
            if sep.start() - end > 60 or re.search(r"[,;]", words[end : sep.start()]):
                break
            stop = _stop(c, slot, words, sep.end())
            value = value_for(slot, c.text, sep.end(), stop, c.names)
            if value is not None:
                yield value, worth - (0.1 if soft and pattern is _WEAK else 0.0)
                break
    direct = re.match(r"\s*[`'\"]?\s*", words[end:])
    at = end + (direct.end() if direct else 0)
    if at < length and (not soft or _looks_like_value(c, at)):
        value = value_for(slot, c.text, at, _stop(c, slot, words, at), c.names)
        if value is not None:
            yield value, 0.15
    bare = re.match(r"\s+(?P<v>[a-z][\w.-]*)(?=\s*$|\s*,|\s+(?:instead|please|now|for|of|in|on|from)\b)", words[end:])
    if soft and bare and bare["v"] not in _NOISE and slot.facts.kind in ("string", "any"):
        last = re.fullmatch(r"\s*(?:instead|please|now)?", words[end + bare.end() :])
        if not fits(slot, bare["v"]):
            return
        yield c.words[end + bare.start("v") : end + bare.end("v")], 0.1 if last else 0.22
    if slot.facts.kind in ("array", "map", "object") or isinstance(slot.value, list | dict):
        return
    if not soft and re.search(r"\d|[a-z]", words[max(0, start - 30) : start]):
        at = max(0, start - 30)
        value = value_for(slot, c.text, at, start, c.names)
        if value is not None and slot.facts.kind not in ("boolean",):
            yield value, 0.12
        return
    before = re.search(
        r"(?:\b(?:use|take|set|put|make|have|with|want|need|give\s+it|add)\s+)?(?P<v>\S+(?:\s+\S+){0,4}?)\s+(?P<as>(?:as|for|in)\s+)?(?:the\s+|its\s+|an?\s+)?(?:\S+\s+)?$",
        words[:start],
    )
    adjective = re.search(
        r"\b(?:make|use|want|take|with|need|have)\s+(?:it\s+|this\s+)?(?:the\s+|an?\s+)?(?P<v>[a-z]\w+)\s+$",
        words[:start],
    )
    if (
        soft
        and adjective
        and isinstance(slot.value, str)
        and re.fullmatch(r"\w+", slot.value)
        and adjective["v"] not in _NOISE
    ):
        yield c.words[adjective.start("v") : adjective.end("v")], 0.32
    if before and (not soft or before["as"] or c.text.literal_at(before.start("v"))):
        value = value_for(slot, c.text, before.start("v"), before.end("v"), c.names)
        if value is not None and not (isinstance(value, str) and value.lower() in _NOISE):
            yield value, 0.1 + (0.1 if before["as"] else 0.0)


_NOISE = frozenset(
    [
        "is",
        "are",
        "should",
        "must",
        "has",
        "was",
        "be",
        "and",
        "or",
        "by",
        "at",
        "as",
        "of",
        "in",
        "on",
        "from",
        "needs",
        "can",
        "may",
        "will",
        "comes",
        "goes",
        "too",
        "also",
        "again",
        "task",
        "step",
        "input",
        "the",
        "a",
        "an",
        "it",
        "use",
        "set",
        "change",
        "with",
        "for",
        "to",
        "make",
        "put",
        "new",
        "update",
        "this",
        "that",
        "only",
        "always",
        "never",
        "now",
        "just",
        "not",
        "still",
        "so",
        "very",
        "more",
        "less",
        "many",
        "few",
        "some",
        "any",
        "all",
        "every",
        "each",
        "both",
        "than",
        "then",
        "when",
        "if",
        "while",
        "after",
        "before",
        "until",
        "once",
        "twice",
        "first",
        "last",
        "next",
        "here",
        "there",
        "they",
        "we",
        "i",
        "you",
        "he",
        "she",
        "who",
        "which",
        "what",
        "where",
        "how",
        "why",
        "do",
        "does",
        "did",
        "done",
        "have",
        "had",
        "get",
        "gets",
        "got",
        "go",
        "run",
        "runs",
        "take",
        "takes",
        "keep",
        "keeps",
        "let",
        "please",
        "instead",
        "back",
        "up",
        "down",
        "out",
        "off",
        "over",
        "under",
        "between",
        "into",
        "onto",
        "per",
        "via",
        "about",
        "but",
        "because",
        "since",
        "during",
        "without",
        "within",
        "through",
    ]
)


def _secret_beside(plain: str, words: str, start: int, end: int) -> str | None:
    """A secret that is named in the same breath as the property, behind it or before it."""
    rest = re.match(r"[^,;]*", plain[end:])
    joined = re.search(r"\s+and\s+(?:the\s+)?\w+\s", words[end:])
    stop = end + min(rest.end() if rest else 0, joined.start() if joined else len(words))
    if re.search(r"\b(?:take|get|read|use|from|comes?)\b", words[stop:]) and not re.search(r",[^,]*,", words[end:]):
        stop = len(words)
    before = re.search(r"[^,;]*$", plain[:start])
    return secret_in(plain[end:stop]) or secret_in(before.group() if before else "")


def _stop(c: Change, slot: Slot, words: str, start: int) -> int:
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


def _scaled(slot: Slot, words: str) -> Any:
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


# --- places whose name is not said


def _unnamed(c: Change, slot: Slot, words: str, old: str, meant: bool) -> Iterator[tuple[Any, float]]:
    """A value that can only be meant for this place: it replaces the old one, or is of the same kind as what is there."""
    if not slot.present or isinstance(slot.value, dict | list):
        yield from _level(slot, words)
        yield from _only_enum(c, slot, words, meant)
        return
    if old and _same(slot.value, old):
        new = _new_beside_old(c, words)
        value = value_for(slot, c.text, new[0], _stop(c, slot, words, new[0]), c.names) if new else None
        if value is not None:
            yield value, 1.0
    if slot.facts.enum:
        yield from _level(slot, words)
        yield from _only_enum(c, slot, words, meant)
        if old and stem(old.lower().split()[0]) == stem(str(slot.value).lower()):
            spoken = {stem(w) for w in re.findall(r"[a-z]+", words)}
            yield from ((m, 0.9) for m in slot.facts.enum if m != slot.value and stem(str(m).lower()) in spoken)
    elif (
        isinstance(slot.value, str)
        and duration_in(slot.value) == slot.value
        and (slot.name != "defaults" or (meant and slot.item is not None and slot.item.type == "DURATION"))
    ):
        value = duration_in(words)
        waits = re.search(r"\b(?:sleep|wait|pause)", words) and slot.name.lower().endswith(("duration", "delay"))
        if value and waits:
            yield value, 0.75
        elif value and slot.name == "defaults" and meant:
            yield value, 0.8
        elif value and (meant or slot.name in ("duration", "interval")) and _CHANGES.search(words):
            yield value, 0.7
    elif isinstance(slot.value, str) and slot.value.startswith(("http://", "https://")):
        url = next((o.value for o in c.text.literals if o.value.startswith(("http://", "https://"))), None)
        if url and url != slot.value:
            yield url, 0.6
    if slot.name.lower() in ("to", "recipients", "recipient") and (mails := addresses(c.text, 0, len(c.text.masked))):
        yield mails, 0.92
    yield from _family(c, slot, words)


def _level(slot: Slot, words: str) -> Iterator[tuple[Any, float]]:
    """'log it as a warning': the levels of a log are said in many ways."""
    said = re.search(
        r"\b(?:as|at|on|with|to|a|an)\s+(trace|debug|info|warn(?:ing)?|error)s?\b(?!\s+(?:handler|block|message|task|step))",
        words,
    )
    if slot.name == "level" and said and re.search(r"\blog|\blevel\b|\bwarning\b|\bdebug\b", words):
        yield said[1].upper().replace("WARNING", "WARN"), 0.75


def _only_enum(c: Change, slot: Slot, words: str, meant: bool) -> Iterator[tuple[Any, float]]:
    """A word in capitals (or in code) that is a member of this property's values and no ordinary word."""
    if not slot.facts.enum or not (slot.present or meant):
        return
    for match in re.finditer(r"[`'\"]?\b([A-Z][A-Z_0-9]{2,})\b", c.words):
        member = next((m for m in slot.facts.enum if str(m).upper() == match[1]), None)
        if member is not None and words[match.start(1)] != " ":
            yield member, 0.75 + (0.2 if slot.present else 0.0)


def _new_beside_old(c: Change, words: str) -> tuple[int, int] | None:
    """Where the new value stands when the old one was said: 'use X instead of Y', 'from Y to X'."""
    to = re.search(r"\b(?:to|with|by|use|take|have|make\s+it|want)\s+(?=\S)", words)
    if to:
        return to.end(), len(words)
    verb = re.match(r"\s*(?:\w+\s+)?", words)
    return (0, len(words)) if verb else None


def _family(c: Change, slot: Slot, words: str) -> Iterator[tuple[Any, float]]:
    """'use gemini-2.5-pro', 'python:3.13-slim': a word built like the value that is there."""
    now = slot.value
    if not isinstance(now, str) or " " in now or "{{" in now or now.startswith("io."):
        return
    yield from _piece(now, c)
    family = re.split(r"[-:]", now)[0].lower()
    for match in re.finditer(
        r"(?<![\w/])[A-Za-z][\w./]*(?:[-:][\w.]+)+|(?<![\w/])[\w./-]+\.\w{2,5}\b|\b[a-z]\w*(?:[_.]\w+)+\b", c.words
    ):
        new = match.group().rstrip(".")
        inside = c.text.literal_at(match.start())
        if inside is not None and inside.kind in (EMAIL, URL):
            continue
        if new == now or c.doc.item(new) is not None:
            continue
        if re.split(r"[-:]", new)[0].lower() == family and re.search(r"[-:]", now):
            yield new, 1.0
        elif _model(now) and _model(new):
            yield new, 0.95
        elif (
            re.search(r"\.(\w{2,5})$", now)
            and now.rsplit(".", 1)[-1] == new.rsplit(".", 1)[-1]
            and "." in new
            and "://" not in now
        ):
            yield new, 0.85
        elif _alike(now, new):
            yield new, 0.92


def _piece(now: str, c: Change) -> Iterator[tuple[Any, float]]:
    """A part of what is there: the host of an address, the name of an image."""
    address = re.fullmatch(r"(?P<before>[\w+:]+://(?:[^@/]*@)?)(?P<host>[\w.-]+)(?P<after>.*)", now)
    moved = re.search(
        r"\b(?:host|server|runs?\s+on|moved\s+to|is\s+(?:now\s+)?(?:at|on)|lives\s+(?:at|on)|hosted)\b", c.low
    )
    for match in re.finditer(r"(?<![\w./@-])[a-z][\w-]*(?:\.[\w-]+)+(?![\w/])", c.words):
        if address and moved and match.group() != address["host"]:
            yield address["before"] + match.group() + address["after"], 0.95
    for match in re.finditer(r"(?<![\w./:-])[a-z]+(?:-[a-z0-9]+)+(?![\w/:-])", c.words):
        kin = re.compile(rf"(?<![\w-]){re.escape(match.group().split('-')[0])}(?:-[a-z0-9]+)+(?![\w-])")
        if len(kin.findall(now)) == 1 and kin.fullmatch(now) is None and re.search(r"[/:]", now):
            yield kin.sub(match.group(), now), 0.95


def _alike(now: str, new: str) -> bool:
    """'regional_report_v2' for 'regional_report': names that begin alike."""
    shared = next((i for i, (a, b) in enumerate(zip(now, new, strict=False)) if a != b), min(len(now), len(new)))
    tail = next(
        (i for i, (a, b) in enumerate(zip(now[::-1], new[::-1], strict=False)) if a != b), min(len(now), len(new))
    )
    built = bool(re.search(r"[_.-]", new)) and len(re.findall(r"[.]", now)) == len(re.findall(r"[.]", new))
    return built and max(shared, tail) >= 6 and max(shared, tail) * 2 >= max(len(now), len(new))


def _model(name: str) -> bool:
    return bool(
        re.match(r"(?:gpt|claude|gemini|mistral|llama|command|deepseek|o\d|text-embedding|qwen|sonar)\b", name.lower())
    )


# --- choosing


def _chosen(c: Change, found: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate; with *all*, its like in every task; a question when two tasks are equally good."""
    best = found[0]
    near = [f for f in found if f.score >= best.score - 0.12 and f.slot.path != best.slot.path]
    alike = [
        f
        for f in near
        if f.slot.name == best.slot.name and f.value == best.value and f.slot.present == best.slot.present
    ]
    if plural(c.low) and alike:
        return [best, *_once(alike)]
    tied = [f for f in alike if f.score >= best.score - 0.02]
    if tied and best.slot.item is not None:
        if best.slot.present and all(f.slot.value == best.slot.value for f in tied):
            return [best, *_once(tied)]
        if not best.slot.present:
            tied = [f for f in tied if f.slot.item is not None and f.slot.item.section == best.slot.item.section]
        if tied:
            names = ", ".join(f"`{f.slot.item.id}`" for f in [best, *_once(tied)] if f.slot.item)
            c.ask(f"`{best.slot.name}` can be set in {names}. Which one is meant?")
            return []
    return [best]


def _once(found: Sequence[Candidate]) -> list[Candidate]:
    out: dict[Any, Candidate] = {}
    for one in found:
        out.setdefault(one.slot.path, one)
    return list(out.values())


def items_meant(c: Change, words: str) -> list[Item]:
    """Items spoken of, the one from before for 'it'."""
    found = [f.item for f in rank(c.doc.items(), words)]
    if not found and c.focus and re.search(r"\b(?:it|its|that|this)\b", words):
        found = [i for i in c.doc.items() if i.id in c.focus]
    return found


__all__ = ["CODE", "QUOTED", "Candidate", "candidates", "items_meant", "set_value"]
