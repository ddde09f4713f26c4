"""Lines in the log: what they say, and where they stand."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.composing import reference
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, rank, task_meant
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.text import CODE, QUOTED

ANYWAY = re.compile(
    r"\bno\s+matter\b|\bwhatever\s+happens|\bin\s+(?:any|every|each)\s+case|\beven\s+(?:if|when)\b|\bregardless|\balways\b|\bfinally\s+(?:block|section)|\bsuccess(?:ful)?\s+or\s+(?:fail|not)|\bfail\w*\s+or\s+not\b|\bwhether\s+it\s+(?:fails|succeeds|worked)"
)
"""At the end of the run however it went."""

_LOGS = re.compile(
    r"\b(?:add|append|put|insert|prepend|create|include)\b|^\W*(?:(?:please|also|then|finally|and|at\s+the\s+(?:very\s+)?(?:end|beginning|start),?|(?:after|before)\s+[^,]*?,?)\s+)*(?:log|print|write|output|show)\b|\balso\s+logs?\b|\b(?:after|before)\b[^,;]*,?\s+log\b"
)
_NOT_A_TEXT = re.compile(
    r"\b(?:it|this|that|them|as|should|must|too|also|only|debug|info|warnings?|level|with|before|after|how|what|which|where|when|many|were|was)\b"
)


def add_log(c: Change) -> bool:
    """A log line at the end, at the beginning, after or before a task, when the run fails or however it went."""
    if not re.search(r"\blogs?\b", c.low) or not _LOGS.search(c.low):
        return False
    if re.search(r"\blog\s+level\b|\bin\s+the\s+(?:last|first)\s+log\b|\blast\s+log\b", c.low):
        return False
    anchor = re.search(r"\b(after|before)\s+(?:the\s+)?([\w -]+)", c.low)
    beside = next(iter(mentioned(c.doc.items("tasks"), anchor[2])), None) if anchor else None
    message = _message(c, beside)
    if message is None:
        return False
    hint = re.sub(r"\W+", "_", message.lower()).strip("_")[:20] if "{{" not in message else "result"
    task = {"id": c.doc.new_id("log_" + hint), "type": PREFIX + "core.log.Log", "message": message}
    if ANYWAY.search(c.low):
        c.doc.add_section("finally", [task])
    elif re.search(r"\bfail|\berror", c.low) and not anchor:
        c.doc.add_section("errors", [task])
    elif beside is not None and anchor:
        c.doc.insert_items([task], **{anchor[1]: beside.path})
    elif re.search(r"\b(?:first|beginning|start|prepend)\b", c.low):
        c.doc.insert_items([task], before=("tasks", 0))
    else:
        c.doc.insert_items([task], after=("tasks", len(c.doc.flow.get("tasks", [])) - 1))
    return True


def _message(c: Change, beside: Item | None) -> str | None:
    """What the line says: quoted words, an output, an input, or a few plain words; None when that is not clear."""
    quoted = next((one.value for one in c.text.literals if one.kind in (QUOTED, CODE)), None)
    if quoted is not None:
        return quoted
    output = re.search(r"\b(?:its\s+)?output\s+(?:called\s+|named\s+)?[`'\"]?(\w+)", c.low)
    if output and (source := beside or task_meant(c.doc, c.low)):
        dotted = "outputs." if source.short_type.endswith("subflow") else ""
        return f"{{{{ {reference(source.id)}.{dotted}{output[1]} }}}}"
    if clause := re.search(r"\blogs?\s+that\s+(?P<what>.+)$", c.low):
        return c.words[clause.start("what") : clause.end("what")]
    plain = re.search(r"\blogs?\s+(?:the\s+)?(?P<what>[\w ]+)", c.low)
    if plain is None:
        return None
    named = next((i.id for i in c.doc.items("inputs") if i.id in plain["what"]), None)
    if given := _of_outputs(c, plain["what"]) or (f"{{{{ inputs.{named} }}}}" if named else None):
        return given
    return None if _NOT_A_TEXT.search(plain["what"]) else "{{ flow.id }}: " + plain["what"].strip()


def _of_outputs(c: Change, words: str) -> str | None:
    """'the key of the uploaded file', 'the number of rows': what a task gives that bears this name."""
    for found in rank(c.doc.items("tasks"), words):
        definition = c.types.get(found.item.type)
        for name in definition.outputs if definition else ():
            if found.score >= 1 and re.search(rf"\b{re.escape(name.lower())}\b", words):
                return f"{{{{ {reference(found.item.id)}.{name} }}}}"
    return None
