"""Values for places whose name is not said: they replace what was named as the old value, or are of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.named import same, scaled_value, stop_of
from copilot.draft.offline.editing.slots import Slot
from copilot.draft.offline.editing.targets import stem
from copilot.draft.offline.editing.wanted import addresses, duration_in, members, value_for
from copilot.draft.offline.text import EMAIL, QUOTED, URL

_CHANGES = re.compile(
    r"\b(?:set|chang\w+|updat\w+|increas\w+|rais\w+|lower|reduc\w+|decreas\w+|make|put|switch|adjust|bump|extend|shorten|turn|use|let|have|limit|cap|fix|point|give|define|pin|take|need|want|replace|write|send|load|store|read|run|only|instead|should|must)\b"
)


def said_by_kind(c: Change, slot: Slot, words: str, old: str, meant: bool) -> Iterator[tuple[Any, float]]:
    """A value that can only be meant for this place: it replaces the old one, or is of the same kind as what is there."""
    if meant and isinstance(slot.value, list):
        yield from _whole_list(c, slot, words)
    if not slot.present or isinstance(slot.value, dict | list):
        yield from _level(slot, words)
        yield from _only_enum(c, slot, words, meant)
        return
    if old and same(slot.value, old):
        yield from _in_its_place(c, slot, words)
    if slot.facts.enum:
        yield from _level(slot, words)
        yield from _only_enum(c, slot, words, meant)
        yield from _other_member(slot, words, old)
    elif isinstance(slot.value, str) and duration_in(slot.value) == slot.value:
        yield from _other_duration(c, slot, words, meant)
    elif isinstance(slot.value, str) and slot.value.startswith(("http://", "https://")):
        yield from _other_address(c, slot, meant)
    if slot.name.lower() in ("to", "recipients", "recipient") and (mails := addresses(c.text, 0, len(c.text.masked))):
        yield mails, 0.92
    yield from _other_text(c, slot, words, meant)
    yield from _family(c, slot, words)


def _whole_list(c: Change, slot: Slot, words: str) -> Iterator[tuple[Any, float]]:
    """'names are pen, paper and ink'."""
    if not slot.value or not all(isinstance(v, str | int) for v in slot.value):
        return
    said = re.match(
        r"\W*(?:the\s+)?(?:[\w-]+\s+){0,2}?[\w-]+(?:\s+(?:are|should\s+be|must\s+be)\b|\s*[:=])\s*(?=\S)", words
    )
    listed = members(c.text, said.end(), len(words)) if said else []
    if len(listed) > 1:
        yield listed, 0.9


def _in_its_place(c: Change, slot: Slot, words: str) -> Iterator[tuple[Any, float]]:
    """The new value where the old one was said: 'USD instead of EUR'."""
    new = _new_beside_old(c, words)
    value = value_for(slot, c.text, new[0], stop_of(c, slot, words, new[0]), c.names) if new else None
    if value is not None:
        upper = isinstance(slot.value, str) and slot.value.isupper() and isinstance(value, str) and value.isalpha()
        yield (value.upper() if upper else value), 1.0


def _other_member(slot: Slot, words: str, old: str) -> Iterator[tuple[Any, float]]:
    """'delete instead of moving them' where the values are MOVE and DELETE."""
    if old and stem(old.lower().split()[0]) in _stems(slot.value):
        spoken = {stem(w) for w in re.findall(r"[a-z]+", words)}
        apart = _stems(slot.value)
        yield from ((m, 0.9) for m in slot.facts.enum if m != slot.value and spoken & (_stems(m) - apart))


def _other_duration(c: Change, slot: Slot, words: str, meant: bool) -> Iterator[tuple[Any, float]]:
    """'sleep only 5 seconds', 'approval within 4 hours'."""
    default = slot.name == "defaults"
    if default and not (meant and slot.item is not None and slot.item.type == "DURATION"):
        return
    value = duration_in(words)
    meant = meant or len(re.findall(r"\bPT?\d", c.doc.text)) == 1
    waits = re.search(r"\b(?:sleep|wait|pause)", words) and slot.name.lower().endswith(("duration", "delay"))
    scaled = None if value else scaled_value(slot, words)
    if scaled is not None and (meant or waits):
        yield scaled, 0.95
    if value and waits:
        yield value, 0.75
    elif value and default and meant:
        yield value, 0.8
    elif value and (meant or slot.name in ("duration", "interval")) and _CHANGES.search(words):
        yield value, 0.7


def _other_address(c: Change, slot: Slot, meant: bool) -> Iterator[tuple[Any, float]]:
    url = next((o.value for o in c.text.literals if o.value.startswith(("http://", "https://"))), None)
    if url and url != slot.value:
        alone = len(set(re.findall(r"https?://[^\s\"'{}]+", c.doc.text))) == 1
        yield url, 0.95 if alone else 0.8 if meant and slot.name in ("uri", "url") else 0.6


def _other_text(c: Change, slot: Slot, words: str, meant: bool) -> Iterator[tuple[Any, float]]:
    """'say "all good" instead', 'first should log "hello"'."""
    says = re.search(r"\b(?:say|says|print|write|log|post|send|read|return|output)\b", words)
    wanted = "instead" in words or (meant and re.search(r"\b(?:should|must)\b", words))
    quoted = [o.value for o in c.text.literals if o.kind == QUOTED]
    if (
        slot.name in _MESSAGES
        and says
        and wanted
        and len(quoted) == 1
        and not str(slot.value).lstrip().startswith("{\n")
    ):
        yield quoted[0], 0.95


_MESSAGES = frozenset(["message", "messageText", "content", "text", "htmlTextContent", "title", "format"])


def _stems(member: Any) -> set[str]:
    return {stem(p) for p in str(member).lower().split("_")}


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
    for match in re.finditer(r"[^\s,;()`'\"]*[\w]", c.words):
        if not re.search(r"[\w/][-:_.][\w]", match.group()):
            continue
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
            and not now.startswith("jdbc:")
        ):
            yield new, 0.85
        elif _alike(now, new):
            yield new, 0.92


def _piece(now: str, c: Change) -> Iterator[tuple[Any, float]]:
    """A part of what is there: the host of an address, the name of an image."""
    address = re.fullmatch(r"(?P<before>[\w+:]+://(?:[^@/]*@)?)(?P<host>[\w.-]+)(?P<after>.*)", now)
    moved = re.search(
        r"\b(?:host|server|runs?\s+on|moved\s+to|is\s+(?:now\s+)?(?:at|on)|lives\s+(?:at|on)|hosted|(?:is|are)\b[^.;]*\bnow|switched\b[^.;]*\bto)\b",
        c.low,
    )
    for match in re.finditer(r"(?<![\w./@-])[a-z][\w-]*(?:\.[\w-]+)+(?![\w/])", c.words):
        if moved and not address and re.fullmatch(r"[a-z][\w-]*(?:\.[\w-]+)+", now) and match.group() != now:
            yield match.group(), 0.95
        if address and moved and match.group() != address["host"]:
            yield address["before"] + match.group() + address["after"], 0.95
    database = re.search(
        r"\b(?:database|db)\s+(?:name\s+)?(?:is|should\s+be|=|:|to)?\s*(\w*[_\d]\w*|\w+(?=\s+(?:now|instead)$))\s*(?:now|instead)?$",
        c.low,
    )
    if database and (url := re.fullmatch(r"(jdbc:\w+://[^/?]+/)(\w+)(.*)", now)):
        yield url[1] + database[1] + url[3], 0.95
    if (kept := re.fullmatch(r"(jdbc:\w+:)[^/]+\.\w+", now)) and (
        file := re.search(r"(?<![\w/])[\w-]+\.(?:db|sqlite|duckdb)\b", c.words)
    ):
        yield kept[1] + file.group(), 1.0
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
    near = shared >= 5 and abs(len(now) - len(new)) <= 2 and shared * 1.25 >= len(now)
    return (built and near) or (built and max(shared, tail) >= 6 and max(shared, tail) * 2 >= max(len(now), len(new)))


def _model(name: str) -> bool:
    return bool(
        re.match(r"(?:gpt|claude|gemini|mistral|llama|command|deepseek|o\d|text-embedding|qwen|sonar)\b", name.lower())
    )
