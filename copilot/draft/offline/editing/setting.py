"""The general change: a place, its new value. Every place whose name is said is a candidate; the best one wins.

A candidate is worth what speaks for it: its name is said, its task is meant, it is written already, the value fits its
kind, the old value is the one that was said. Two equally good places in different tasks are a question, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.kin import said_by_kind
from copilot.draft.offline.editing.named import said_by_name
from copilot.draft.offline.editing.replacing import same_value_everywhere
from copilot.draft.offline.editing.slots import Slot, called, name_words, slots
from copilot.draft.offline.editing.targets import Found, plural, rank
from copilot.draft.offline.editing.wanted import unquoted
from copilot.draft.offline.text import LITERAL, Text

_OLD = re.compile(
    rf"\s*,?\s*\(?(?:\binstead\s+of|\brather\s+than|\bin\s+place\s+of|,?\s+not\b|\breplacing|\bfrom(?=\s+\S+(?:\s+\S+)?\s+(?:up\s+|down\s+)?to\b))\s+(?P<old>{LITERAL}|[^\s,;)]+(?:\s+(?!to\b|up\b|down\b|for\b|in\b|on\b|at\b)[^\s,;)]+)?)\)?"
)


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
    if re.match(r"\W*(?:it|that|this|they)\s+(?:should|must|is|has|needs)\b", c.low) and not c.focus:
        return False
    found = candidates(c)
    if not found:
        return False
    chosen = _chosen(c, found)
    if _adds(c) and any(o.slot.present and isinstance(o.slot.value, str) and o.slot.name not in _ONE for o in chosen):
        return False
    for one in chosen:
        if one.slot.present and one.slot.value == one.value:
            c.answered_by(f"`{one.slot.name}` is `{one.value}` already; nothing was changed.")
            continue
        c.doc.set_path(one.slot.path, one.value)
        if re.search(r"\b(?:everywhere|all\s+places|each\s+place|every\s+place)\b", c.low):
            same_value_everywhere(c, one.slot.value, one.value)
        c.touched.append("/".join(map(str, one.slot.path)))
        c.focus_on(one.slot.item)
    return bool(chosen) or bool(c.questions)


_ONE = frozenset(["description", "timeout", "cron", "displayName", "runIf"])
"""Of these there can only be one, so that adding one is replacing it."""


def _adds(c: Change) -> bool:
    """Whether the words ask for more beside what is there: 'also in x', 'add a third region'."""
    verbs = r"(?:set|change|make|use|rename|put|update|increase|lower|raise|let|replace|switch|turn)"
    return bool(re.match(rf"\W*(?:please\s+)?(?:add|include|append|also\s+(?!{verbs}\b))", c.low)) or bool(
        re.search(r"\b(?:too|as\s+well)\s*$", c.low) and not re.search(rf"\b{verbs}\b", c.low)
    )


def candidates(c: Change) -> list[Candidate]:
    """All readings of the clause as a value for a place, best first."""
    items = c.doc.items()
    words, old = _without_old(c)
    c = replace(c, text=_blanked(c.text, words))
    colon = re.search(r"\w:\s", words)
    head = words[: colon.end()] if colon else words
    subject = re.sub(r"^\W*(?:please\s+)?(?:log|print)\b", lambda m: " " * len(m.group()), head)
    meant = {f.item.path: f for f in rank(items, subject if rank(items, subject) else head)}
    top = max((f.score for f in meant.values()), default=0.0)
    out: list[Candidate] = []
    places = slots(c.doc, c.types)
    written = {s.name for s in places if s.present and called(s.name, words)[0] >= 1}
    for slot in places:
        if not slot.present and written and called(slot.name, words)[0] < 1 and _shares(slot.name, written):
            continue
        bonus = _of_item(c, slot, meant, top, words)
        out += [Candidate(slot, v, s + bonus, True) for v, s in said_by_name(c, slot, words, old)]
        out += [Candidate(slot, v, s + bonus, False) for v, s in said_by_kind(c, slot, words, old, bonus > 0.15)]
    good = [o for o in out if o.score >= 0.9 and not _inside_longer(o, out, words)]
    return sorted(good, key=lambda o: (-o.score, o.slot.depth))


def _shares(name: str, written: set[str]) -> bool:
    """An absent 'afterSQL' is not meant where a written 'sql' is named."""
    return any(set(name_words(one)) <= set(name_words(name)) for one in written)


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
        if (
            slot.path[0] == "concurrency"
            and not slot.present
            and not re.search(r"\b(?:concurren\w*|runs?|executions?|at\s+once|parallel|overlap\w*)\b", words)
        ):
            return -0.8
        speaks = bool(re.search(r"\b(?:flow|workflow|execution|runs?)(?:'s)?\b", words))
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
