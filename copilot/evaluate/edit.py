"""Whether edits change what they should and nothing else.

A row is ``{id, flow, instruction, target_version, require, forbid, unchanged, keep_comments}``; ``unchanged`` lists ids
whose text, from their ``- id:`` line to the line before the next sibling, stays byte-identical.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Protocol

from copilot.evaluate.report import Report, shares
from copilot.evaluate.requirements import breaches
from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.check import check_flow
from engine.flow.findings import errors

Row = Mapping[str, Any]


class Edited(Protocol):
    """What an edit gives back; ``flow`` is the whole text, None where there is none."""

    @property
    def flow(self) -> str | None: ...


MakeEdit = Callable[[str, str, str], Edited]
"""(flow text, instruction, target version) to an edit."""


def evaluate(rows: Iterable[Row], make_edit: MakeEdit, *, limit: int | None = None) -> Report:
    """Scores ``right`` (meets the row, adds no error, keeps the rest) and ``untouched_identical``."""
    failures: list[dict[str, Any]] = []
    right = untouched = n = 0
    for row in islice(rows, limit):
        n += 1
        target = str(row.get("target_version") or DEFAULT_TARGET)
        after = make_edit(str(row["flow"]), str(row["instruction"]), target).flow
        touched = touched_parts(row, after)
        why = [*_wrong(row, after, target), *touched]
        untouched += not touched
        right += not why
        if why:
            failures.append({"id": row["id"], "why": "; ".join(why)})
    scores, intervals = shares({"right": (right, n), "untouched_identical": (untouched, n)})
    return Report(n, scores, intervals, failures)


def _wrong(row: Row, after: str | None, target: str) -> list[str]:
    require, before = row.get("require") or {}, str(row["flow"])
    if require.get("no_change"):
        return [] if after is None or after.strip() == before.strip() else ["the flow was changed"]
    if after is None:
        return ["no flow"]
    had = {(f.code, f.path) for f in errors(check_flow(before, target))}
    new = [f for f in errors(check_flow(after, target)) if (f.code, f.path) not in had]
    changes_nothing = after == before and not require.get("note")
    out = [f"new error {f.code}: {f.message}" for f in new] + breaches(after, require, row.get("forbid") or {}, before)
    return out + (["nothing was changed"] if changes_nothing else [])


def touched_parts(row: Row, after: str | None) -> list[str]:
    """What was to stay as it was and did not."""
    before = str(row["flow"])
    if after is None or after == before:
        return []
    out = [
        f"{name} was touched" for name in row.get("unchanged", ()) if block_of(after, name) != block_of(before, name)
    ]
    if row.get("keep_comments"):
        gone = set((row.get("require") or {}).get("removed", ()))
        kept = _comments(before)
        for name in gone:
            kept -= _comments(block_of(before, name) or "")
        out += [f"comment lost: {c}" for c in sorted(kept - _comments(after))]
    return out


def _comments(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.lstrip().startswith("#")}


def block_of(text: str, identifier: str) -> str | None:
    """The lines of a list item from its ``- id:`` to before its next sibling, trailing blank lines aside."""
    lines = text.splitlines()
    pattern = re.compile(rf"^(\s*)-\s+id:\s*['\"]?{re.escape(identifier)}['\"]?\s*(?:#.*)?$")
    for start, line in enumerate(lines):
        match = pattern.match(line)
        if not match:
            continue
        indent = len(match[1])
        end = start + 1
        while end < len(lines):
            own = len(lines[end]) - len(lines[end].lstrip())
            if lines[end].strip() and (
                own < indent
                or (own == indent and lines[end].lstrip().startswith("-"))
                or (own <= indent and not lines[end].lstrip().startswith("-") and own < indent + 1)
            ):
                break
            end += 1
        return "\n".join(lines[start:end]).rstrip()
    return None
