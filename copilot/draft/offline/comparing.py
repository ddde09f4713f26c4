"""Two counts side by side: 'compare the row counts of A and B, fail when they differ' is two questions and a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from copilot.draft.offline.ir import Group, Node, Step

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding

DIFFER = "the counts differ"
SAME = "the counts are the same"
_DIFFER = re.compile(
    r"\b(?:differ\w*|mismatch\w*|deviat\w*|unequal|not\s+(?:match\w*|the\s+same|equal|identical)|(?:don'?t|do\s+not|doesn'?t)\s+match"
    r"|aren'?t\s+(?:equal|the\s+same)|otherwise|else|if\s+not|unless)\b"
)
_SAME = re.compile(r"\b(?:if|when)\b[^.;,]*\b(?:match\w*|the\s+same|equal|identical|agree)\b")


def with_comparison(seen: Understanding, nodes: Sequence[Node]) -> list[Node]:
    """The nodes with what follows a comparison under its outcome; unchanged where nothing is compared."""
    steps = list(_flat(nodes))
    counted = [s for s in steps if s.args.get("counts")]
    if len(counted) != 2:
        return list(nodes)
    apart: list[Node] = []
    alike: list[Node] = []
    rest: list[Node] = []
    for step in steps:
        if step in counted:
            continue
        words = seen.text.masked[seen.clauses[step.clause].start : seen.clauses[step.clause].end]
        if step.clause < counted[0].clause:
            rest.append(step)
        elif _DIFFER.search(words) or step.what == "fail":
            apart.append(step)
        elif _SAME.search(words):
            alike.append(step)
        else:
            rest.append(step)
    before = [s for s in rest if s.start < counted[0].start]
    after = [s for s in rest if s not in before]
    if not apart and not alike:
        return [*before, *counted, *after]
    condition = DIFFER if apart else SAME
    chosen = Group(
        "if", tuple(apart or alike), {"condition": condition, "negated": False}, tuple(alike if apart else ()),
        start=counted[-1].start,
    )  # fmt: skip
    return [*before, *counted, chosen, *after]


def comparison(words: str, compared: Sequence[str]) -> str:
    """The condition over two counted values; '' when the words speak of something else."""
    if len(compared) != 2 or words not in (DIFFER, SAME):
        return ""
    return f"{compared[0]} {'!=' if words == DIFFER else '=='} {compared[1]}"


def _flat(nodes: Sequence[Node]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _flat(node.steps)
            yield from _flat(node.otherwise)
        else:
            yield node
