"""Change a flow as asked, as little as possible: everything that is not meant stays byte for byte.

edit(text, "sleep only 5 seconds", "1.1").flow
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from copilot.draft.contract import Drafter, Request
from copilot.draft.offline.editing import apply_instruction
from engine.flow.check import check_flow
from engine.flow.findings import Finding, errors


@dataclass(frozen=True, slots=True)
class EditResult:
    """``flow`` is the whole text after the edit (the same text when nothing was changed); ``diff`` is unified;
    ``untouched`` says that every line the edit did not mean is as before."""

    status: Literal["ok", "needs_input", "refused", "failed"]
    flow: str | None
    diff: str = ""
    untouched: bool = True
    notes: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def edit(flow_text: str, instruction: str, target: str = "1.1", drafter: Drafter | None = None) -> EditResult:
    """Apply an instruction to a flow. A drafter that is given is asked where the own rules find nothing to do."""
    outcome = apply_instruction(flow_text, instruction, target)
    changed, notes, missed = outcome.text, outcome.notes, outcome.not_understood
    if changed == flow_text and not outcome.answered and drafter is not None and drafter.name != "offline":
        draft = drafter.draft(Request(instruction, target=target, flow=flow_text))
        if draft.flow is None:
            return EditResult(
                "needs_input" if draft.status == "needs_input" else "refused",
                flow_text,
                notes=draft.notes,
                not_understood=draft.not_understood,
                questions=draft.questions,
            )
        changed, notes, missed = draft.flow, draft.notes, draft.not_understood
    new = _new_errors(flow_text, changed, outcome.target or target)
    if new:
        return EditResult(
            "failed",
            flow_text,
            notes=(*notes, *(f"{f.code}: {f.message}" for f in new)),
            not_understood=missed or (instruction,),
        )
    if changed == flow_text and not outcome.answered:
        return EditResult(
            "needs_input",
            flow_text,
            notes=notes,
            not_understood=missed or (instruction,),
            questions=outcome.questions or ("What exactly should change, and where in the flow?",),
        )
    return EditResult(
        "ok", changed, unified(flow_text, changed), comments_kept(flow_text, changed), notes, missed, outcome.questions
    )


def _new_errors(before: str, after: str, target: str) -> list[Finding]:
    if before == after:
        return []
    had = {(f.code, f.message) for f in errors(check_flow(before, target))}
    return [f for f in errors(check_flow(after, target)) if (f.code, f.message) not in had]


def unified(before: str, after: str) -> str:
    """The change as a unified diff, '' when there is none."""
    return "".join(
        difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), "before", "after")
    )


def comments_kept(before: str, after: str) -> bool:
    """Whether the comments of the flow are all still there."""
    comments = [line.strip() for line in before.splitlines() if line.lstrip().startswith("#")]
    later = {line.strip() for line in after.splitlines()}
    return all(c in later for c in comments)


__all__ = ["EditResult", "comments_kept", "edit", "unified"]
