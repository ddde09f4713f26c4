"""Repairs of a composed flow: the edits that findings carry, then dropping what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from engine.flow.findings import Edit, Finding

_DROPPED = frozenset({"unknown_property", "removed_property", "unknown_key"})


def mend(flow: str, findings: Sequence[Finding]) -> tuple[str, tuple[str, ...]]:
    """(the flow with every safe edit applied, notes). Without an edit, lines of unknown properties go."""
    edits = [f.edit for f in findings if f.edit and f.edit.safe and f.severity == "error"]
    if edits:
        return _apply(flow, edits), ()
    dropped = [f for f in findings if f.severity == "error" and f.code in _DROPPED]
    if dropped:
        last = max(dropped, key=lambda f: (f.line, f.column))
        return _without(flow, last), (f"Left out: {'.'.join(str(p) for p in last.path)} ({last.message})",)
    return flow, ()


def _apply(flow: str, edits: Sequence[Edit]) -> str:
    """Edits from the end to the beginning; overlapping ones are left for the next round."""
    lines = flow.splitlines(keepends=True)
    taken = (10**9, 0)
    for edit in sorted(edits, key=lambda e: (e.line, e.column), reverse=True):
        if (edit.end_line, edit.end_column) > taken:
            continue
        before = lines[edit.line - 1][: edit.column - 1] if edit.line <= len(lines) else ""
        after = lines[edit.end_line - 1][edit.end_column - 1 :] if edit.end_line <= len(lines) else ""
        lines[edit.line - 1 : edit.end_line] = [before + edit.text + after]
        taken = (edit.line, edit.column)
    return "".join(lines)


def _without(flow: str, finding: Finding) -> str:
    """Without the key at the finding's line and everything below it that belongs to it."""
    lines = flow.splitlines(keepends=True)
    start = finding.line - 1
    if not 0 <= start < len(lines) or lines[start].lstrip().startswith("- "):
        return flow
    indent = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
        end += 1
    return "".join(lines[:start] + lines[end:])
