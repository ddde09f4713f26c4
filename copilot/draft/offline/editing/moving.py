"""Another order: tasks that move before or after others, to the beginning or the end, or change places."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.structure import move_item, swap_items, to_section
from copilot.draft.offline.editing.targets import rank

_MOVE = re.compile(
    r"\b(?:move|put|run|do|execute|place|shift|call|start)\s+(?P<what>.+?)\s+(?:to\s+)?(?:directly\s+|right\s+|just\s+|only\s+)?(?P<where>before|after|behind|in\s+front\s+of|above|below|following|ahead\s+of)\s+(?P<anchor>.+)$"
    r"|^(?P<what2>.+?)\s+(?:should|must|has\s+to|needs\s+to)\s+(?:run|come|happen|start|be\s+(?:run|executed|done))\s+(?:directly\s+|right\s+|only\s+)?(?P<where2>before|after)\s+(?P<anchor2>.+)$"
)
_EDGE = re.compile(
    r"\b(?:move|put|run|do|execute|place|shift)\s+(?P<what>.+?)\s+(?:(?:to|at|as)\s+)?(?:the\s+)?(?:very\s+)?(?P<edge>first|last|beginning|start|top|front|end|bottom)(?:\s+(?:task|step|thing|of\s+\w+(?:\s+\w+)?))?$"
    r"|^(?P<what2>.+?)\s+(?:should|must|has\s+to)\s+(?:run|come|be|happen|go)\s+(?:the\s+)?(?:very\s+)?(?P<edge2>first|last|at\s+the\s+(?:end|start|beginning))(?:\s+(?:task|step))?$"
)
_ALWAYS = re.compile(
    r"^\W*(?:always\s+)?(?:run\s+|do\s+|execute\s+|call\s+)?(?:the\s+)?(?P<what>.+?)\s+(?:should\s+|must\s+)?(?:always\s+)?(?:run\s+|happen\s+|be\s+done\s+)?(?:even\s+(?:if|when)\s+(?:it|something|anything|the\s+\w+|an?\s+\w+)\s+(?:fail\w*|breaks|goes\s+wrong)|no\s+matter\s+what|whatever\s+happens|in\s+any\s+case|always)\s*$"
)
_SWAP = re.compile(
    r"\b(?:swap|exchange|switch|reverse|flip)\s+(?:the\s+(?:order|position|places?)s?\s+of\s+)?(?P<a>.+?)\s+(?:and|with)\s+(?P<b>.+?)(?:\s+(?:around|tasks?|steps?))?$"
)


def move(c: Change) -> bool:
    """Move a task."""
    if re.search(
        r"\b(?:add|insert|append|secret|variable|instead|kestra)\b|\bnew\s+(?:task|step|log)\b|\bone\s+place\b", c.low
    ):
        return False
    if swap := _SWAP.search(c.low):
        one, other = _one(c, swap["a"]), _one(c, swap["b"])
        if one is not None and other is not None and one.id != other.id:
            return swap_items(c.doc, one, other)
    if match := _MOVE.search(c.low):
        what, anchor = _one(c, match["what"] or match["what2"]), _one(c, match["anchor"] or match["anchor2"])
        if what is not None and anchor is not None:
            where = match["where"] or match["where2"]
            side = "before" if re.match(r"before|in\s+front|above|ahead", where) else "after"
            c.focus_on(what)
            return move_item(c.doc, what, anchor, side)
    bare = re.fullmatch(
        r"\W*(?:the\s+)?(?P<what>[\w-]+)\s+(?P<where>before|after)\s+(?:the\s+)?(?P<anchor>[\w-]+)\W*", c.low
    )
    if bare and (what := _one(c, bare["what"])) and (anchor := _one(c, bare["anchor"])):
        return move_item(c.doc, what, anchor, bare["where"])
    if always := _ALWAYS.search(c.low):
        what = _one(c, always["what"])
        if what is not None and len(what.entry) == 2 and what.section == "tasks" and len(c.doc.value(("tasks",))) > 1:
            return to_section(c.doc, what, "finally")
    if edge := _EDGE.search(c.low):
        return _to_edge(c, edge["what"] or edge["what2"], edge["edge"] or edge["edge2"])
    return False


def _to_edge(c: Change, words: str, edge: str) -> bool:
    what = _one(c, words)
    if what is None:
        return False
    siblings = [i for i in c.doc.tasks() if i.entry[:-1] == what.entry[:-1] and i.id != what.id]
    if not siblings:
        return False
    first = bool(re.search(r"first|beginning|start|top|front", edge))
    c.focus_on(what)
    return move_item(c.doc, what, siblings[0] if first else siblings[-1], "before" if first else "after")


def _one(c: Change, words: str) -> Item | None:
    """The task that is clearly meant."""
    found = rank([*c.doc.tasks(), *c.doc.items("triggers")], words)
    if found and found[0].score >= 1.5:
        return found[0].item
    if re.fullmatch(r"\s*(?:it|that|this)\s*", words):
        return next((i for i in c.doc.tasks() if i.id in c.focus), None)
    return None
