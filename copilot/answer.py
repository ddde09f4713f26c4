"""What a request gets back: the flow, what it rests on, what was tried, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from copilot.draft.contract import Source
from engine.flow.findings import Finding

Status = Literal["ok", "refused", "needs_input", "failed"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a task looks as it does: the reference and examples its type was taken from."""

    task: str
    type: str
    sources: Sequence[Source]

    def as_dict(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "type": self.type,
            "sources": [
                {"chunk": s.chunk, "title": s.title, "origin": s.origin, "version": s.version} for s in self.sources
            ],
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the answer cost; tokens and calls are zero for the keyless composer. ``seconds`` is the whole request."""

    provider: str
    model: str = ""
    model_calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    attempts: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "model": self.model,
            "model_calls": self.model_calls,
            "prompt_tokens": self.prompt_tokens,
            "output_tokens": self.output_tokens,
            "seconds": round(self.seconds, 3),
            "attempts": self.attempts,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """``ok`` only for a flow that was checked and tried; a draft with errors is ``failed`` and keeps its findings."""

    status: Status
    receipt: Receipt
    flow: str | None = None
    findings: Sequence[Finding] = ()
    runs_here: bool = False
    cannot_run: Sequence[str] = ()
    evidence: Sequence[Evidence] = ()
    trial: Mapping[str, Any] | None = None
    questions: Sequence[str] = ()
    not_understood: Sequence[str] = ()
    notes: Sequence[str] = ()
    reason: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further members a door adds: ``run`` (an execution), ``diff`` and ``untouched`` (an edit)."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape of `flowwright new --json` and `POST /api/v1/generate`."""
        return {
            "status": self.status,
            "flow": self.flow,
            "findings": [f.as_dict() for f in self.findings],
            "runs_here": self.runs_here,
            "cannot_run": list(self.cannot_run),
            "evidence": [e.as_dict() for e in self.evidence],
            "trial": dict(self.trial) if self.trial is not None else None,
            "questions": list(self.questions),
            "not_understood": list(self.not_understood),
            "notes": list(self.notes),
            "reason": self.reason,
            "receipt": self.receipt.as_dict(),
            **self.extra,
        }
