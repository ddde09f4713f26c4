"""How well checking finds seeded faults, and how many of them it mends by itself.

A row is ``{id, target_version, flow, fault, line, fixed}``; ``fault: null`` marks a control, a good flow
on which nothing may be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from copilot.evaluate.report import Report, shares
from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.check import check_flow
from engine.flow.edits import fix_all
from engine.flow.findings import Finding, errors


@dataclass(frozen=True, slots=True)
class _Verdict:
    found: bool
    right_line: bool
    right_code: bool
    fixed: bool
    why: str = ""


def evaluate(rows: Iterable[Mapping[str, Any]], limit: int | None = None) -> Report:
    """Scores ``found, right_line, right_code, fixed`` over the seeded rows, ``false_alarms`` over the controls.

    A fault is found when any error or warning is reported; right line and code must come from one finding.
    It is fixed when the safe edits leave no error and no finding of its code. Line and text must also
    be changed nowhere but where an edit says so, which ``fix_all`` guarantees.
    """
    verdicts: list[_Verdict] = []
    failures: list[dict[str, Any]] = []
    alarms = n = 0
    for row in rows:
        if limit is not None and n >= limit:
            break
        n += 1
        target = str(row.get("target_version") or DEFAULT_TARGET)
        findings = [f for f in check_flow(row["flow"], target) if f.severity != "hint"]
        if row.get("fault") is None:
            alarms += bool(findings)
            if findings:
                failures.append({"id": row["id"], "why": "false alarm: " + _shown(findings)})
            continue
        verdict = _judge(row, target, findings)
        verdicts.append(verdict)
        if verdict.why:
            failures.append({"id": row["id"], "why": verdict.why})
    of = len(verdicts)
    counts = {
        "found": (sum(v.found for v in verdicts), of),
        "right_line": (sum(v.right_line for v in verdicts), of),
        "right_code": (sum(v.right_code for v in verdicts), of),
        "fixed": (sum(v.fixed for v in verdicts), of),
    }
    scores, intervals = shares(counts)
    return Report(n, {**scores, "false_alarms": alarms}, intervals, failures)


def _judge(row: Mapping[str, Any], target: str, findings: list[Finding]) -> _Verdict:
    coded = [f for f in findings if f.code == row["fault"]]
    right_line = any(f.line == row["line"] for f in coded) or (
        not coded and any(f.line == row["line"] for f in findings)
    )
    text, remaining = fix_all(row["flow"], target)
    left = [f for f in remaining if f.severity == "error" or f.code == row["fault"]]
    fixed = text != row["flow"] and not errors(remaining) and not [f for f in left if f.severity != "hint"]
    why = []
    if not coded or not right_line:
        why.append(f"wanted {row['fault']} on line {row['line']}, found {_shown(findings) or 'nothing'}")
    if not fixed:
        why.append("not fixed" + (f", left {_shown(left)}" if left else ""))
    return _Verdict(bool(findings), right_line, bool(coded), fixed, "; ".join(why))


def _shown(findings: list[Finding]) -> str:
    return ", ".join(f"{f.code} on line {f.line}" for f in findings[:5])
