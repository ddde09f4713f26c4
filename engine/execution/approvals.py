"""Approval (from Kestra 2.0): what it waits for, what a decision makes of it and of its execution. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Refused
from engine.execution.flowables import DECISIONS, PREFIX

APPROVAL = PREFIX + "Approval"
_STATES = {"WARN": "WARNING", "FAIL": "FAILED", "CANCEL": "CANCELLED", "KILL": "KILLED"}
_HALTS = {"SUCCEED": "SUCCESS", "CANCEL": "CANCELLED", "KILL": "KILLED"}
_COMMENTED = {"ALWAYS": DECISIONS, "ON_DENY": ("DENIED",), "ON_APPROVE": ("APPROVED",)}


def undecided(detail: Mapping[str, Any] | None) -> bool:
    """Whether nobody has decided yet."""
    return (detail or {}).get("decision") is None


def end_of(detail: Mapping[str, Any], worst: str) -> tuple[str, str | None]:
    """The state an approval ends in, and the one its execution is to end in at once (None: it goes on). ``worst`` is
    how the tasks of the decision ended: no behavior hides that they failed."""
    if worst not in ("SUCCESS", "WARNING"):
        return worst, None
    behavior = str(detail["behaviors"][detail["decision"]]).upper()
    state = _STATES.get(behavior, "SUCCESS")
    return worst if state == "SUCCESS" else state, _HALTS.get(behavior)


def check_comment(detail: Mapping[str, Any] | None, decision: str, comment: str | None) -> None:
    """Refused where the approval wants a reason for this decision."""
    wanted = str((detail or {}).get("commented", "NEVER")).upper()
    if not comment and decision in _COMMENTED.get(wanted, ()):
        raise Refused(f"a decision of {decision} needs a comment", hint="say why", code="comment-missing")
