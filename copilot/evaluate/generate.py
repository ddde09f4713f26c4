"""How well requests become flows.

A row is ``{id, prompt, kind, target_version, require, forbid, run_expect, runnable_locally}``. A row without a flow
counts as declined, a delivered flow that does not meet its row as wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from copilot.draft.contract import Request
from copilot.evaluate.replies import MakeAnswer, delivered
from copilot.evaluate.report import Report, shares
from copilot.evaluate.requirements import breaches
from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.check import check_flow
from engine.flow.findings import errors

if TYPE_CHECKING:
    from copilot.evaluate.run_expect import Stage

Row = Mapping[str, Any]
_INVENTED = frozenset({"unknown_type", "unknown_property", "unknown_key", "type_not_in_version", "removed_type"})


@dataclass(frozen=True, slots=True)
class _Verdict:
    kind: str
    flow: bool
    valid: bool
    invented: bool
    meets: bool
    ran: bool | None
    why: str


def evaluate(
    rows: Iterable[Row],
    make_answer: MakeAnswer,
    *,
    run: bool = False,
    limit: int | None = None,
    stage: Stage | None = None,
) -> Report:
    """Scores ``valid, no_invention`` over the flows; ``meets_*, declined, wrong`` over the rows;
    ``runs_as_expected`` over the rows that can run here, when ``run`` is asked for with a ``stage`` to run on."""
    verdicts: list[_Verdict] = []
    failures: list[dict[str, Any]] = []
    for row in islice(rows, limit):
        verdict = _judge(row, make_answer, stage if run else None)
        verdicts.append(verdict)
        if verdict.why:
            failures.append({"id": row["id"], "why": verdict.why})
    flows = [v for v in verdicts if v.flow]
    counts = {
        "valid": (sum(v.valid for v in flows), len(flows)),
        "no_invention": (sum(not v.invented for v in flows), len(flows)),
        "meets_all": (sum(v.meets for v in verdicts), len(verdicts)),
        "declined": (sum(not v.flow for v in verdicts), len(verdicts)),
        "wrong": (sum(v.flow and not v.meets for v in verdicts), len(verdicts)),
    }
    for kind in ("hand", "course", "blueprint"):
        mine = [v for v in verdicts if v.kind == kind]
        if mine:
            counts[f"meets_{kind}"] = (sum(v.meets for v in mine), len(mine))
    ran = [v for v in verdicts if v.ran is not None]
    if run:
        counts["runs_as_expected"] = (sum(bool(v.ran) for v in ran), len(ran))
    scores, intervals = shares(counts)
    return Report(len(verdicts), scores, intervals, failures)


def _judge(row: Row, make_answer: MakeAnswer, stage: Stage | None) -> _Verdict:
    target = str(row.get("target_version") or DEFAULT_TARGET)
    reply = make_answer(Request(str(row["prompt"]), target=target, namespace="bench"))
    kind, runnable = str(row.get("kind")), bool(stage and row.get("run_expect") and row.get("runnable_locally"))
    if not delivered(reply) or reply.flow is None:
        said = "; ".join([reply.status, reply.reason, *reply.questions])
        return _Verdict(kind, False, False, False, False, False if runnable else None, f"no flow: {said}")
    found = errors(check_flow(reply.flow, target))
    missing = breaches(reply.flow, row.get("require") or {}, row.get("forbid") or {})
    ran, why_not = None, ""
    if runnable and stage is not None:
        why_not = stage.play(row, reply.flow)
        ran = not why_not
    invented = any(f.code in _INVENTED for f in found)
    reasons = [
        *(f"{f.code} at line {f.line}: {f.message}" for f in found),
        *missing,
        *([f"run: {why_not}"] if why_not else []),
    ]
    return _Verdict(kind, True, not found, invented, not found and not missing, ran, "; ".join(reasons))
