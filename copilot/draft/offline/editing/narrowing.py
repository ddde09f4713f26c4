"""Lists that get shorter: 'only FAILED', 'the first three months', 'no warnings'."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.removing import plain_lists
from copilot.draft.offline.editing.slots import called
from copilot.draft.offline.editing.structure import drop_member
from copilot.draft.offline.editing.wanted import number_in

_NO_MORE = re.compile(
    r"\b(?:no|without|not\s+for|not|except|ignore|leave\s+out)\s+(?:the\s+|any\s+|more\s+)*(?P<what>[a-z]+)"
)


def keep_only(c: Change) -> bool:
    """'only FAILED': of a list that holds more, the members that are named stay."""
    said = re.search(
        r"\bonly\s+(?:for\s+|on\s+|at\s+|the\s+|keep\s+|take\s+|use\s+)*(?P<what>[^,;.]+)", c.low
    ) or re.search(r"^(?P<what>.+?)\s+only\b", c.low)
    if not said:
        return False
    few = re.match(r"(?:the\s+)?(?P<end>first|last)\s+(?P<n>\w+)(?:\s+(?P<noun>\w+))?", said["what"])
    if few and (number := number_in(few["n"])):
        return _keep_few(c, few["end"] == "first", int(number), few["noun"] or "")
    said_ones = [
        w.strip()
        for w in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+", re.split(r"\s+(?:and\s+)?not\s", said["what"])[0])
        if w.strip()
    ]
    for path, members in plain_lists(c):
        if not all(
            any(_same_word(str(m), re.sub(r"^(?:(?:the|for|on|when|if|it|is|has)\s+)+", "", w)) for m in members)
            for w in said_ones
        ):
            continue
        kept = [
            i for i, m in enumerate(members) if any(_same_word(str(m), w) for w in re.findall(r"[\w-]+", said["what"]))
        ]
        if kept and len(kept) < len(members):
            for index in reversed(range(len(members))):
                if index not in kept:
                    drop_member(c.doc, path, index)
            return True
    return False


def _keep_few(c: Change, first: bool, n: int, noun: str) -> bool:
    """'only the first three months': of the list that is meant, or the only one that is long enough."""
    lists = [(p, m) for p, m in plain_lists(c) if len(m) > n]
    named = [
        (p, m) for p, m in lists if noun and any(called(str(step), noun)[0] for step in p if isinstance(step, str))
    ]
    chosen = named or lists
    if len(chosen) != 1:
        return False
    path, members = chosen[0]
    kept = range(n) if first else range(len(members) - n, len(members))
    for index in reversed(range(len(members))):
        if index not in kept:
            drop_member(c.doc, path, index)
    return True


def leave_out(c: Change) -> bool:
    """'no warnings': a member of a list of states, days or names goes."""
    for match in _NO_MORE.finditer(c.low):
        for path, members in plain_lists(c):
            gone = [i for i, m in enumerate(members) if _same_word(str(m), match["what"])]
            if gone and len(members) > 1:
                drop_member(c.doc, path, gone[0])
                return True
    return False


def _same_word(member: str, said: str) -> bool:
    low = member.lower()
    return said in (low, low + "s") or (said.startswith(low[:6]) and len(low) > 5 and member.isupper())
