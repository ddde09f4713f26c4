"""Edits in words: an instruction is cut into clauses, each is read as one change, and applied to the text in place.

What would break the flow is taken back; what no reading understands comes back word for word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from copilot.draft.offline.accounts import unaccounted
from copilot.draft.offline.editing.change import Change, Rule
from copilot.draft.offline.editing.clauses import clauses, gives_value, halves, part, reworded
from copilot.draft.offline.editing.document import Document
from copilot.draft.offline.editing.sharing import explain
from copilot.draft.offline.text import Clause, Text, read_text
from copilot.draft.offline.types import Types
from copilot.draft.offline.vocabulary import VOCABULARY
from copilot.redact import redact
from engine.flow.check import check_flow
from engine.flow.findings import Finding, errors

_CONTRACTED = re.compile(r"\b((?i:do|does|did|should|would|could|must|need|is|are|was|has|have|wo|ca))nt\b")
"""'shouldnt' as 'shouldn't'."""


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


@dataclass
class _State:
    """What the clauses so far have come to."""

    doc: Document
    types: Types
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    focus: list[str] = field(default_factory=list)
    answered: bool = False
    target: str = ""


def apply_instruction(flow: str, instruction: str, target: str) -> Outcome:
    """Carry out an instruction on a flow's text. What no rule understood comes back word for word."""
    from engine.flow.catalog import catalog

    words, moved = redact(instruction)
    doc = Document(flow)
    if not doc.flow:
        return Outcome(
            flow,
            not_understood=(instruction,),
            questions=("The text is not a flow that can be read; which flow should be changed?",),
        )
    state = _State(doc, Types(catalog(), target), list(moved))
    words = reworded(words)
    whole = read_text(words, VOCABULARY)
    asked = Change(doc, whole, Types(catalog(), target))
    if explain(asked):
        return Outcome(flow, tuple(asked.notes), answered=True)
    text = read_text(_CONTRACTED.sub(r"\1n't", words), VOCABULARY)
    _all_of(clauses(text), text, state)
    done = doc.text != flow or state.answered
    missed = tuple(state.missed) if done or len(state.missed) > 1 else (instruction,) if state.missed else ()
    if doc.text != flow:
        told = (*missed, *state.notes, *state.questions)
        missed = (*missed, *unaccounted(text, _pieces(text), f"{flow}\n{doc.text}", told))
    return Outcome(
        doc.text,
        tuple(dict.fromkeys(state.notes)),
        missed,
        tuple(state.questions),
        state.answered and doc.text == flow,
        state.target,
    )


def _pieces(text: Text) -> list[Clause]:
    """The instruction cut as people read it, for telling where a word without a trace stands."""
    edges = [0, *(m.end() for m in re.finditer(r"[,;\n]\s*|\.\s+|\s+and\s+", text.masked)), len(text.masked)]
    return [Clause(start, end, "", number) for number, (start, end) in enumerate(pairwise(edges)) if start < end]


def _all_of(pieces: list[Text], whole: Text, state: _State) -> None:
    """Carry out clause after clause, each on what the ones before have made of the flow. A clause that says nothing is
    read together with the next one before it is given up: it may have been cut too finely."""
    waiting: Text | None = None
    for piece in pieces or [whole]:
        says = bool(_deeds(piece, state))
        if waiting is not None:
            both = _joined(whole, waiting, piece)
            if not says and _deeds(both, state):
                piece, says = both, True
            else:
                _carry_out(waiting, state)
        waiting = None if says else piece
        for half in _finer(piece, state) if says else ():
            _carry_out(half, state)
    if waiting is not None:
        _carry_out(waiting, state)


def _joined(whole: Text, first: Text, second: Text) -> Text:
    start = whole.plain.find(first.plain)
    return part(whole, start, whole.plain.find(second.plain, start + len(first.plain)) + len(second.plain))


def _finer(piece: Text, state: _State) -> list[Text]:
    """'the bucket should be a and the region b': two changes, though nothing but 'and' stands between them."""
    joints = halves(piece)
    whole = _deeds(piece, state) if joints else set()
    for left, right in joints:
        trial = _copy(state)
        first, second = _carry_out(left, trial), _carry_out(right, trial)
        own = first and second and not first & second and not (first | second) <= whole
        lost = bool(first) != bool(second) and gives_value(right if first else left)
        if own or (lost and (first or second) == whole):
            return [left, *_finer(right, state)]
    return [piece]


def _deeds(piece: Text, state: _State) -> set[str]:
    """What a clause would do on its own, tried on a copy: the readings and the places they touch."""
    return _carry_out(piece, _copy(state))


def _copy(state: _State) -> _State:
    return _State(Document(state.doc.text), state.types, focus=list(state.focus))


def _carry_out(piece: Text, state: _State) -> set[str]:
    """One clause: every reading that has something to say, and none that breaks the flow. What was done comes back."""
    from copilot.draft.offline.editing.rules import BESIDE, RULES, STRUCTURAL

    change = Change(state.doc, piece, state.types, focus=list(state.focus))
    target = state.target or state.types.target
    had = _errors(state.doc.text, target)
    broken: dict[str, Finding] = {}
    for name, rule, exclusive in RULES:
        if (
            change.answered
            or change.questions
            or ("*" in exclusive and broken.keys() & STRUCTURAL)
            or ("*" in exclusive and not BESIDE.issuperset(change.done))
            or any(d in exclusive for d in change.done)
        ):
            continue
        if new := _try(change, name, rule, had, target):
            broken[name] = new[0]
    state.notes += change.notes
    state.questions += [q for q in change.questions if q not in state.questions]
    state.answered |= change.answered
    state.target = change.target or state.target
    state.focus = change.focus
    if not change.done and not change.answered and not change.questions:
        state.missed.append(piece.plain)
        if broken:
            state.questions.append(
                f"That would break the flow: {next(iter(broken.values())).message} What should happen instead?"
            )
    return {f"{name}:{','.join(change.touched)}" for name in change.done} if not change.questions else set()


def _try(change: Change, name: str, rule: Rule, had: set[tuple[str, str]], target: str) -> list[Finding]:
    """Run one reading; its work is taken back when the flow has new errors."""
    before, notes, focus = change.doc.text, len(change.notes), list(change.focus)
    did = rule(change)
    if change.doc.text != before:
        new = [
            f for f in errors(check_flow(change.doc.text, change.target or target)) if (f.code, f.message) not in had
        ]
        if new:
            change.doc.write(before)
            del change.notes[notes:]
            change.focus[:] = focus
            change.target = ""
            return new
    elif did and not change.answered and not change.questions:
        return []
    if did:
        change.done.append(name)
    return []


def _errors(text: str, target: str) -> set[tuple[str, str]]:
    return {(f.code, f.message) for f in errors(check_flow(text, target))}


__all__ = ["Change", "Outcome", "apply_instruction"]
