"""One text for another where it stands: words, numbers, file patterns, passed values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.removing import plain_lists
from copilot.draft.offline.editing.slots import called
from copilot.draft.offline.editing.structure import drop_member
from copilot.draft.offline.editing.targets import mentioned, rank
from copilot.draft.offline.editing.wanted import number_in
from copilot.draft.offline.services import SERVICES
from copilot.draft.offline.text import NAME
from engine.flow.findings import Path

_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}


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


def replace_text(c: Change) -> bool:
    """'X should be Y', 'replace X by Y', 'change X to Y' where X stands in a value of the flow word for word.

    X is quoted, or a word no sentence would hold (a path, a file, a version), and no name of a task.
    """
    for old, new in _said_pairs(c):
        odd = re.search(r"[\d/.:@_-]|[a-z][A-Z]", old) and not re.fullmatch(r"\d+(?:[:.]\d+)?(?:am|pm)?", old)
        if (odd or _quoted(c, old)) and _replace_everywhere(c, old, new, whole=False):
            return True
    return False


_TAGGED = re.compile(r"(?<![\w/.-])(?P<name>[a-z][\w./-]*):(?P<tag>[\w][\w.-]*)", re.I)


def same_family(c: Change) -> bool:
    """'base image python:3.12-slim': the tag gives way where the same image stands inside a text."""
    if _version(c):
        return True
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


def _version(c: Change) -> bool:
    """'use cuda 12.6.0': the version behind a name that stands in the flow."""
    done = False
    for said in re.finditer(r"\b(?P<name>[a-z]\w+)\s+(?:version\s+|to\s+)?v?(?P<version>\d+(?:\.\d+)+)\b", c.low):
        pattern = re.compile(rf"(?<![a-z0-9])({re.escape(said['name'])}(?:[:@=/-]|==)v?)\d+(?:\.\d+)*", re.I)
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


_SMALL = frozenset(
    [
        "the",
        "a",
        "an",
        "it",
        "this",
        "that",
        "and",
        "or",
        "to",
        "for",
        "be",
        "with",
        "in",
        "on",
        "at",
        "of",
        "optional",
        "required",
        "default",
    ]
)


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
    pattern = re.compile(rf"(?<![\w]){re.escape(old)}(?![\w])" if whole else re.escape(old))
    spots: list[tuple[int, int]] = []
    for path, value in _texts_in(c.doc.flow, ()):
        node = c.doc.source.node(path)
        if path[-1] in ("id", "type") or node is None or not pattern.search(value):
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


def swap_number(c: Change) -> bool:
    """'two months back instead of three': a number that stands once in the flow."""
    match = re.search(
        r"(?P<new>[^.;,]+?)\s+(?:instead\s+of|rather\s+than|in\s+place\s+of|not)\s+(?P<old>[^.;,]+)", c.low
    ) or re.search(r"\bfrom\s+(?P<old>\S+)\s+to\s+(?P<new>\S+)", c.low)
    if not match:
        return _threshold(c)
    old, new = match["old"], match["new"]
    numbers = [
        next((str(_NUMBER_WORDS.get(w, w)) for w in re.findall(r"\d+|" + "|".join(_NUMBER_WORDS), side)), "")
        for side in (old, new)
    ]
    if not all(numbers) or numbers[0] == numbers[1]:
        return False
    pattern = re.compile(rf"(?<![\w.]){numbers[0]}(?![\w.])")
    spots = list(pattern.finditer(c.doc.text))
    unit = re.search(r"\b(month|day|week|hour|minute|year)s?\b", c.low)
    if unit:
        near = [
            m for m in spots if re.match(rf"\s*,\s*['\"]{unit[1]}s?['\"]", c.doc.text[m.end() : m.end() + 16], re.I)
        ]
        spots = near or spots
    if len(spots) != 1:
        return False
    c.doc.write(c.doc.text[: spots[0].start()] + numbers[1] + c.doc.text[spots[0].end() :])
    return True


def _threshold(c: Change) -> bool:
    """'the limit is 500 now': the one number that something is compared with."""
    said = re.search(r"\b(?:threshold|limit|cut-?off|boundary|minimum|maximum)\b\D*(\d+(?:\.\d+)?)\s*$", c.low)
    spots = list(re.finditer(r"(?:[<>]=?|[!=]=)\s*(\d+(?:\.\d+)?)\b", c.doc.text))
    if not said or len(spots) != 1:
        return False
    c.doc.write(c.doc.text[: spots[0].start(1)] + said[1] + c.doc.text[spots[0].end(1) :])
    return True


def value_of_noun(c: Change) -> bool:
    """'my bucket is taxi-lake-77': the value of the task or variable the noun names."""
    match = re.search(
        rf"\b(?:my|our|the)\s+([a-z][\w ]{{1,24}}?)\s+(?:is|=|should\s+be|becomes)\s+(?P<value>{NAME}|[\w./:-]+)", c.low
    )
    if not match:
        return False
    noun = match[1].split()[-1]
    literal = c.text.literal_at(match.start("value"))
    value = literal.value if literal else c.words[match.start("value") : match.end("value")].rstrip(".,")
    for item in c.doc.tasks():
        if noun in item.id.lower() and "value" in item.values:
            c.doc.set(item.path, "value", value)
            return True
    for item in c.doc.tasks() + c.doc.items("triggers"):
        key = next((k for k in item.values if noun in k.lower() and isinstance(item.values[k], str)), None)
        if key:
            c.doc.set(item.path, key, value)
            return True
    variables = c.doc.flow.get("variables")
    key = next((k for k in variables if noun in k.lower()), None) if isinstance(variables, dict) else None
    if key:
        c.doc.set(("variables",), key, value)
        return True
    item_ = next((i for i in c.doc.items("inputs") if noun in i.id.lower()), None)
    if item_:
        c.doc.set(item_.path, "defaults", value)
    return item_ is not None


def only_files(c: Change) -> bool:
    """'only .csv files' for something that lists or watches files."""
    match = re.search(
        r"\bonly\s+(?:at\s+|for\s+|take\s+)?(?:the\s+)?\.?(csv|json|parquet|xml|xlsx|txt|pdf|zip|gz)s?\b", c.low
    )
    if not match:
        return False
    for item in c.doc.items("triggers") + c.doc.tasks():
        definition = c.types.get(item.type)
        key = next(
            (
                k
                for k in ("regexp", "regExp", "filter")
                if definition and k in definition.properties and not definition.properties[k].enum
            ),
            None,
        )
        if key:
            c.doc.set(item.path, key, rf".*\.{match[1]}$")
            return True
    return False


def start_at(c: Change) -> bool:
    """'start counting at 100': the number a missing value falls back to."""
    match = re.search(r"\bstart\w*\s+(?:counting\s+)?(?:at|from|with)\s+(-?\d+)\b", c.low)
    if not match:
        return False
    spot = re.search(r"\?\?\s*(-?\d+)(?P<close>\s*\))(?P<add>\s*\+\s*1\b)?", c.doc.text)
    if not spot:
        return False
    value = f"({match[1]} - 1)" if spot["add"] else match[1]
    c.doc.write(c.doc.text[: spot.start(1)] + value + c.doc.text[spot.end(1) :])
    return True


_NO_MORE = re.compile(
    r"\b(?:no|without|not\s+for|not|except|ignore|leave\s+out)\s+(?:the\s+|any\s+|more\s+)*(?P<what>[a-z]+)"
)


def keep_only(c: Change) -> bool:
    """'only FAILED': of a list that holds more, the members that are named stay."""
    said = re.search(
        r"\bonly\s+(?:for\s+|on\s+|at\s+|the\s+|keep\s+|take\s+|use\s+)*(?P<what>[^,;.]+)", c.low
    ) or re.search(r"^(?P<what>.+?)\s+only\b", c.low)
    if not said:
        return False
    few = re.match(r"(?:the\s+)?(?P<end>first|last)\s+(?P<n>\w+)(?:\s+(?P<noun>\w+))?", said["what"])
    if few and (number := number_in(few["n"])):
        return _keep_few(c, few["end"] == "first", int(number), few["noun"] or "")
    for path, members in plain_lists(c):
        kept = [
            i for i, m in enumerate(members) if any(_same_word(str(m), w) for w in re.findall(r"[\w-]+", said["what"]))
        ]
        if kept and len(kept) < len(members):
            for index in reversed(range(len(members))):
                if index not in kept:
                    drop_member(c.doc, path, index)
            return True
    return False


def _keep_few(c: Change, first: bool, n: int, noun: str) -> bool:
    """'only the first three months': of the list that is meant, or the only one that is long enough."""
    lists = [(p, m) for p, m in plain_lists(c) if len(m) > n]
    named = [
        (p, m) for p, m in lists if noun and any(called(str(step), noun)[0] for step in p if isinstance(step, str))
    ]
    chosen = named or lists
    if len(chosen) != 1:
        return False
    path, members = chosen[0]
    kept = range(n) if first else range(len(members) - n, len(members))
    for index in reversed(range(len(members))):
        if index not in kept:
            drop_member(c.doc, path, index)
    return True


def leave_out(c: Change) -> bool:
    """'no warnings': a member of a list of states, days or names goes."""
    for match in _NO_MORE.finditer(c.low):
        for path, members in plain_lists(c):
            gone = [i for i, m in enumerate(members) if _same_word(str(m), match["what"])]
            if gone and len(members) > 1:
                drop_member(c.doc, path, gone[0])
                return True
    return False


def _same_word(member: str, said: str) -> bool:
    low = member.lower()
    return said in (low, low + "s") or (said.startswith(low[:6]) and len(low) > 5 and member.isupper())


def pass_inputs(c: Change) -> bool:
    """Values for the inputs of a subflow."""
    pairs = re.findall(r"\b([A-Za-z_]\w*)\s*=\s*[`'\"]?([\w./:-]+)", c.words)
    calls = [t for t in c.doc.tasks() if t.short_type.endswith("flow.subflow")]
    if not pairs or not calls or not re.search(r"\binputs?\b|\bpass\b|\bwith\b", c.low):
        return False
    item = (mentioned(calls, c.low) or calls)[0]
    known = {i.id for i in c.doc.items("inputs")}
    for name, value in pairs:
        said = f"{{{{ inputs.{value} }}}}" if value in known else value
        if isinstance(item.values.get("inputs"), dict):
            c.doc.set((*item.path, "inputs"), name, said)
        else:
            c.doc.set(item.path, "inputs", {name: said})
            item = next(t for t in c.doc.tasks() if t.id == item.id)
    return True
