"""One clause of an instruction, being carried out on a document."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from copilot.draft.offline.editing.document import Document, Item
from copilot.draft.offline.editing.targets import revealed
from copilot.draft.offline.editing.wanted import Names
from copilot.draft.offline.text import Text
from copilot.draft.offline.types import Types


@dataclass
class Change:
    """``text`` is the clause, ``focus`` the ids the clauses before it were about (for 'it')."""

    doc: Document
    text: Text
    types: Types
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    focus: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    """Names of the properties that were given a value."""
    answered: bool = False
    target: str = ""

    @cached_property
    def low(self) -> str:
        """The words in lower case; literals are masked, but for names of things in the flow."""
        names = {i.id for i in self.doc.items()} | set(self._keys("variables")) | set(self._keys("labels"))
        return revealed(self.text, names)

    @property
    def words(self) -> str:
        return self.text.plain

    @property
    def names(self) -> Names:
        """What expressions may refer to."""
        outputs = {}
        for item in self.doc.tasks():
            definition = self.types.get(item.type)
            outputs[item.id] = tuple(definition.outputs) if definition else ()
        inputs = frozenset(i.id for i in self.doc.items("inputs"))
        return Names(inputs, frozenset(self._keys("variables")), outputs)

    def _keys(self, section: str) -> tuple[str, ...]:
        value = self.doc.flow.get(section)
        return tuple(str(k) for k in value) if isinstance(value, dict) else ()

    def focus_on(self, item: Item | None) -> None:
        """What the clause was about, for the next one."""
        if item is not None:
            self.focus[:] = [item.id]

    def ask(self, question: str) -> None:
        """A question instead of a guess."""
        if question not in self.questions:
            self.questions.append(question)

    def answered_by(self, note: str) -> None:
        """Nothing has to change, and that is the answer."""
        self.answered = True
        self.notes.append(note)

    def said(self, match: re.Match[str], group: str) -> str:
        """What a group of a pattern stands for, word for word."""
        literal = self.text.literal_at(match.start(group))
        if literal is not None:
            return literal.value
        return self.words[match.start(group) : match.end(group)].strip(" `'\"")


Rule = Callable[[Change], bool]
"""Does its part of the clause; True when it did something, or asked."""


def clause_with(change: Change, pattern: str) -> str:
    """The stretch of the clause that matches, or all of it."""
    for piece in re.split(r"[,;.]\s|\band\b", change.low):
        if re.search(pattern, piece):
            return piece
    return change.low
