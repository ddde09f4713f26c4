"""Apply what findings propose: the edits that are safe, every other byte as it was."""

from __future__ import annotations

from collections.abc import Iterable

from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.findings import Edit, Finding
from engine.flow.source import Source

_ROUNDS = 6


def fix(text: str, findings: Iterable[Finding]) -> str:
    """The text with the safe edits of the findings applied; of edits that overlap the first one counts."""
    return apply(text, [f.edit for f in findings if f.edit is not None and f.edit.safe])


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with these edits, whatever their safety."""
    source = Source(text)
    ranges = sorted({(source.index(e.line, e.column), source.index(e.end_line, e.end_column), e.text) for e in edits})
    out: list[str] = []
    at = 0
    for start, end, replacement in ranges:
        if start < at or end < start:
            continue
        out += [text[at:start], replacement]
        at = end
    return "".join((*out, text[at:]))


def fix_all(text: str, target: str = DEFAULT_TARGET) -> tuple[str, list[Finding]]:
    """Apply safe edits until none is left, and the findings that remain.

    A round that would leave more errors than it found is taken back.
    """
    from engine.flow.upgrade import rewritten

    fixed, findings = _rounds(text, target)
    if any(f.code == "version_removed" and f.severity == "error" for f in findings):
        # what changed its shape is more than one edit; taken only where nothing wrong is left then
        newer, remaining = _rounds(rewritten(fixed, target), target)
        if not _errors(remaining):
            return newer, remaining
    return fixed, findings


def _rounds(text: str, target: str) -> tuple[str, list[Finding]]:
    from engine.flow.check import check_flow

    findings = check_flow(text, target)
    for _ in range(_ROUNDS):
        fixed = fix(text, findings)
        if fixed == text:
            break
        remaining = check_flow(fixed, target)
        if _errors(remaining) > _errors(findings):
            break
        text, findings = fixed, remaining
    return text, findings


def _errors(findings: list[Finding]) -> int:
    return sum(f.severity == "error" for f in findings)
