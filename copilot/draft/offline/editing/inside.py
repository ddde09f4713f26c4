"""Rules for what stands inside a property: the beat of a polling loop, entries of conditions, members of lists, sort order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from copilot.draft.offline import features
from copilot.draft.offline.editing import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, task_meant
from copilot.draft.offline.text import NAME
from copilot.draft.offline.types import words_of

_BEAT = re.compile(rf"\b(?:every|each)\s+(?:{features.DURATION}|(?P<one>second|minute|hour)\b)")
_ONCE_A = re.compile(r"\bonce\s+(?:an?|every|per)\s+(?P<one>second|minute|hour)\b")
_TIMES = re.compile(
    r"\b(?:at\s+most|max(?:imum)?(?:\s+of)?|up\s+to|not\s+more\s+than|no\s+more\s+than)\s+(?P<n>\d+|\w+)\s+(?:times|tries|checks|iterations)\b|\b(?P<m>\d+)\s+(?:checks|iterations)\b"
)


def polling(c: Change) -> bool:
    """How often and how many times a loop asks: 'every 20 seconds, at most 90 times'."""
    loop = next((t for t in c.doc.tasks() if t.short_type.endswith("flow.loopuntil")), None)
    if loop is None or re.search(r"\bretr(?:y|ies)\b|\bschedule\b|\brun\s+(?:it|the\s+flow)\b", c.low):
        return False
    beat = _BEAT.search(c.low) or _ONCE_A.search(c.low)
    times = _TIMES.search(c.low)
    said: dict[str, object] = {}
    if beat:
        one = beat.groupdict().get("one")
        said["interval"] = features.duration("1", one) if one else features.duration(beat["amount"], beat["unit"])
    count = (times["n"] or times["m"]) if times else ""
    if count and (count.isdigit() or count in features.NUMBER_WORDS):
        said["maxIterations"] = int(features.number(count))
    for key, value in said.items():
        if isinstance(loop.values.get("checkFrequency"), dict):
            c.doc.set((*loop.path, "checkFrequency"), key, value)
        else:
            c.doc.set(loop.path, "checkFrequency", {key: value})
            loop = next(t for t in c.doc.tasks() if t.id == loop.id)
    return bool(said)


def forbid_failure(c: Change) -> bool:
    """A step that may no longer fail."""
    if not re.search(
        r"\b(?:not|never|no\s+longer|n't)\s+(?:\w+\s+){0,2}?(?:allowed?\s+to\s+fail|allow\s+failures?)|\b(?:remove|drop|without)\s+(?:the\s+)?allow\s?failure",
        c.low,
    ):
        return False
    pool = [t for t in c.doc.tasks() if "allowFailure" in t.values]
    found = mentioned(pool, c.low) or (pool if len(pool) == 1 else [])
    for item in found[:1]:
        c.doc.remove_key(item.path, "allowFailure")
    return bool(found)


_NO_MORE = re.compile(
    r"\b(?:no|without|not\s+for|not|except|ignore|leave\s+out)\s+(?:the\s+|any\s+|more\s+)*(?P<what>[a-z]+)"
)


def leave_out(c: Change) -> bool:
    """'no warnings': a member of a list of states, days or names goes."""
    for match in _NO_MORE.finditer(c.low):
        for path, members in _lists(c.doc.flow, ()):
            gone = [i for i, m in enumerate(members) if _same_word(str(m), match["what"])]
            if not gone or len(members) < 2:
                continue
            _without_member(c, path, gone[0])
            return True
    return False


def _same_word(member: str, said: str) -> bool:
    low = member.lower()
    return said in (low, low + "s") or (said.startswith(low[:6]) and len(low) > 5 and member.isupper())


def _lists(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    """Every list of plain values in the flow, with its place."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _lists(child, (*path, key))
    elif isinstance(value, list):
        if value and all(isinstance(v, str | int) for v in value):
            yield path, value
        for index, child in enumerate(value):
            yield from _lists(child, (*path, index))


def _without_member(c: Change, path: tuple[Any, ...], index: int) -> None:
    node = c.doc.source.node((*path, index))
    assert node is not None
    start, end = c.doc.source.range_of(node)
    text = c.doc.text
    line = text.rfind("\n", 0, start) + 1
    if re.fullmatch(r"\s*-\s+", text[line:start]):
        stop = text.find("\n", end)
        c.doc.write(text[:line] + (text[stop + 1 :] if stop >= 0 else ""))
        return
    after = re.match(r"\s*,\s*", text[end:])
    before = re.search(r",\s*$", text[:start])
    if after:
        c.doc.write(text[:start] + text[end + after.end() :])
    else:
        c.doc.write(text[: before.start() if before else start] + text[end:])


def turn_order(c: Change) -> bool:
    """'from low to high': the direction of an ORDER BY that is there."""
    up = re.search(
        r"\b(?:low(?:est)?\s+to\s+high|smallest\s+first|lowest\s+first|ascending|asc|oldest\s+first)\b", c.low
    )
    down = re.search(
        r"\b(?:high(?:est)?\s+to\s+low|largest\s+first|biggest\s+first|highest\s+first|descending|desc|newest\s+first|reverse)\b",
        c.low,
    )
    if not (up or down) or re.search(r"\b(?:sort|order)\w*\s+(?:\w+\s+)?by\s+\w", c.low):
        return False
    pool = [t for t in c.doc.tasks() if re.search(r"(?i)\border\s+by\b", str(t.values.get("sql", "")))]
    for item in (mentioned(pool, c.low) or pool)[:1]:
        node = c.doc.source.node((*item.path, "sql"))
        assert node is not None
        start, end = c.doc.source.range_of(node)
        sql = c.doc.text[start:end]
        word = r"\1" if up else r"\1 DESC"
        turned = re.sub(r"(?i)(\border\s+by\s+[\w.]+(?:\s*\([^)]*\))?)(?:\s+(?:asc|desc)\b)?", word, sql, count=1)
        c.doc.write(c.doc.text[:start] + turned + c.doc.text[end:])
        return turned != sql
    return False


_LEAF = rf"\s+(?:should\s+be\s+|must\s+be\s+|to\s+|is\s+|=\s*|:\s*|called\s+)?(?:the\s+)?(?P<value>{NAME}|[\w./:@-]*\w)"
_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "in",
        "instead",
        "is",
        "it",
        "now",
        "of",
        "on",
        "only",
        "or",
        "please",
        "should",
        "the",
        "to",
        "we",
        "with",
    ]
)


def inner_value(c: Change) -> bool:
    """A value below a task or trigger whose key is said: 'watch namespace company.data', 'push to the branch backup'."""
    best: tuple[float, tuple[Any, ...], str, object] | None = None
    pool: list[Item] = [*c.doc.tasks(), *c.doc.items("triggers")]
    order = mentioned(pool, c.low)
    for item in pool:
        for path, old in _leaves(item.values, item.path):
            key = str(path[-1])
            said = re.search(rf"\b{re.escape(' '.join(words_of(key)) or key.lower())}{_LEAF}", c.low)
            if said is None or key in ("id", "type") or "{{" in str(old):
                continue
            literal = c.text.literal_at(said.start("value"))
            value = literal.value if literal else c.words[said.start("value") : said.end("value")]
            if value.lower() in _SMALL or value == str(old):
                continue
            score = (2.0 if item in order[:1] else 0.0) + (1.0 if literal else 0.0)
            if best is None or score > best[0]:
                best = (score, path[:-1], key, int(value) if isinstance(old, int) and value.isdigit() else value)
    if best is None:
        return False
    c.doc.set(best[1], best[2], best[3])
    return True


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Scalars below an item; items of their own inside it are left to themselves."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if not (isinstance(child, dict) and "id" in child):
                yield from _leaves(child, (*path, index))
    elif isinstance(value, str | int):
        yield path, value


_LEVEL = re.compile(r"\b(trace|debug|info|warn(?:ing)?|error)\b")


def log_level(c: Change) -> bool:
    """'the log should be at debug level', 'log it as a warning'."""
    said = _LEVEL.search(c.low)
    if not said or not re.search(r"\blevel\b|\blogs?\b[^.;]*\bas\s+(?:an?\s+)?(?:warn|error|debug|info|trace)", c.low):
        return False
    if re.search(r"\b(?:add|append|insert)\b", c.low):
        return False
    item = task_meant(c.doc, c.low, r"log\.log$")
    if item is None:
        return False
    c.doc.set(item.path, "level", said[1].upper().replace("WARNING", "WARN"))
    return True
