"""One more command in a list of commands, before or after one that is there."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.removing import plain_lists
from copilot.draft.offline.editing.structure import insert_member
from copilot.draft.offline.text import CODE, NAME, QUOTED
from engine.flow.findings import Path

_FIRST = re.compile(
    rf"\bfirst\s+(?:run\s+|do\s+|execute\s+)?(?P<new>{NAME}|.+?)\s*,?\s+(?:and\s+)?then\s+(?:the\s+)?(?P<old>.+)$"
)
_BESIDE = re.compile(
    rf"\b(?:run|add|execute|do|insert|call|put)\s+(?:an?\s+|the\s+command\s+|another\s+command\s+)?(?P<new>{NAME}|.+?)\s+(?P<where>before|after)\s+(?:the\s+)?(?P<old>{NAME}|.+)$"
)


def add_command(c: Change) -> bool:
    """'first dbt deps then the build', 'run `npm ci` before the tests'."""
    match = _FIRST.search(c.low) or _BESIDE.search(c.low)
    if match is None:
        return False
    new, old = c.said(match, "new"), c.said(match, "old").lower()
    after = "where" in match.re.groupindex and match["where"] == "after"
    quoted = any(one.value == new and one.kind in (QUOTED, CODE) for one in c.text.literals)
    place = _place(c, new, old, quoted)
    if place is None:
        return False
    path, index = place
    insert_member(c.doc, path, index + (1 if after else 0), new)
    return True


def _place(c: Change, new: str, old: str, quoted: bool) -> tuple[Path, int] | None:
    """The list and the place of the command that is spoken of; a bare new command starts like those beside it."""
    words = set(re.findall(r"[\w-]+", old)) - {"the", "command", "commands", "it", "task", "step"}
    for path, members in plain_lists(c):
        if not str(path[-1]).lower().endswith("commands"):
            continue
        for index, member in enumerate(members):
            spoken = set(re.findall(r"[\w-]+", str(member).lower()))
            if (
                words
                and words <= spoken
                and (
                    quoted
                    or re.match(r"\.{0,2}/|\S+\.(?:sh|py|js|rb)\b", new)
                    or new.split()[0] == str(member).split()[0]
                )
            ):
                return path, index
    return None
