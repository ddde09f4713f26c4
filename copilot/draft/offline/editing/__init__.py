"""Edits in words: rules that each know one kind of change, applied to the text in place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from copilot.draft.offline.editing.document import Document
from copilot.draft.offline.text import Text, read_text
from copilot.draft.offline.types import Types
from copilot.draft.offline.vocabulary import VOCABULARY
from copilot.redact import redact


@dataclass
class Change:
    """One instruction being carried out on a document."""

    doc: Document
    text: Text
    types: Types
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    answered: bool = False
    target: str = ""

    @property
    def low(self) -> str:
        return self.text.masked

    @property
    def words(self) -> str:
        return self.text.plain


@dataclass(frozen=True, slots=True)
class Outcome:
    """``answered`` when nothing had to change and that is the answer."""

    text: str
    notes: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    answered: bool = False
    target: str = ""
    """The version the flow is for now, when the instruction changed it."""


Rule = Callable[[Change], bool]
"""Does its part of the instruction; True when it did something."""


def apply_instruction(flow: str, instruction: str, target: str) -> Outcome:
    """Carry out an instruction on a flow's text. What no rule understood comes back word for word."""
    from copilot.draft.offline.editing.rules import RULES
    from engine.flow.catalog import catalog

    words, moved = redact(instruction)
    text = read_text(words, VOCABULARY)
    doc = Document(flow)
    if not doc.flow:
        return Outcome(
            flow,
            not_understood=(instruction,),
            questions=("The text is not a flow that can be read; which flow should be changed?",),
        )
    change = Change(doc, text, Types(catalog(), target), list(moved))
    for name, rule, exclusive in RULES:
        if change.answered or (change.done and "*" in exclusive) or any(d in exclusive for d in change.done):
            continue
        if rule(change):
            change.done.append(name)
    understood = bool(change.done) or change.answered
    return Outcome(
        doc.text,
        tuple(change.notes),
        () if understood else (instruction,),
        tuple(change.questions),
        change.answered,
        change.target,
    )


def clause_with(change: Change, pattern: str) -> str:
    """The clause of the instruction that matches, or all of it."""
    for part in re.split(r"[,;.]\s|\band\b", change.low):
        if re.search(pattern, part):
            return part
    return change.low
