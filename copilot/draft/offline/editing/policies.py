"""How a step or the flow behaves: retries, limits on time, runs at once, the beat of a polling loop."""

from __future__ import annotations

import re
from dataclasses import replace

from copilot.draft.offline import features
from copilot.draft.offline.editing.change import Change, clause_with
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import group, plural, rank, task_meant
from copilot.draft.offline.editing.wanted import duration_in
from copilot.draft.offline.ir import Retry
from copilot.draft.offline.text import cut
from copilot.draft.offline.verbs import STARTS_CLAUSE


def retry(c: Change) -> bool:
    """A retry on the steps that are meant; of one that is there only what is said changes."""
    if not re.search(r"\bretr(?:y|ies)\b|\btry\b[^.;]*\b(?:again|times)\b|\b(?:attempts|tries)\b|\bbackoff\b", c.low):
        return False
    having = [t for t in c.doc.tasks() if "retry" in t.values]
    if re.search(r"\b(?:no|remove|without|drop)\s+(?:the\s+)?(?:more\s+)?retr", c.low):
        for item in _whose(c, having, having)[:1]:
            c.doc.remove_key(item.path, "retry")
            return True
        return bool(c.questions)
    found = features.find_retries(c.text, cut(c.text, STARTS_CLAUSE))
    if not found or re.search(r"\b(?:double|triple|halve)\b|\bby\s+(?:\d|one|two)\b", c.low):
        return False
    if beat := re.search(r"\bonce\s+(?:an?|every|per)\s+(second|minute|hour)\b", c.low):
        found = [replace(found[0], interval=features.duration("1", beat[1]))]
    partly = bool(having) and not re.search(r"\b(?:retry|retries|backoff)\b", c.low)
    done = [_give_retry(c, item, found[0]) for item in _whose(c, having if partly else c.doc.tasks(), having)]
    return any(done) or bool(c.questions)


def _whose(c: Change, pool: list[Item], having: list[Item]) -> list[Item]:
    """The tasks that are named, spoken of before, or the only ones it can be; a question where several have a retry."""
    found = rank(pool, c.low)
    if found and found[0].score >= 1:
        return group(pool, c.low)
    focused = [t for t in pool if t.id in c.focus]
    if focused:
        return focused
    if pool == having and len(having) > 1 and not plural(c.low):
        c.ask(f"Whose retry: {', '.join(f'`{t.id}`' for t in having)}?")
        return []
    if len(having) == 1 or (plural(c.low) and having):
        return having
    worth = [t for t in pool if not t.short_type.startswith(("core.log", "core.flow", "core.debug"))]
    if plural(c.low):
        return worth
    if len(worth) > 1:
        c.notes.append(f"No task was named, so the retry is on `{worth[0].id}`.")
    return worth[:1] or pool[:1]


def _give_retry(c: Change, item: Item, said: Retry) -> bool:
    now = item.values.get("retry")
    c.focus_on(item)
    if isinstance(now, dict) and not re.search(r"\bexpon|\brandom|\bconstant|\bbackoff", c.low):
        return _adjust(c, item, said)
    c.doc.set(item.path, "retry", _retry_block(said))
    if said.note:
        c.notes.append(said.note)
    return True


def _adjust(c: Change, item: Item, said: Retry) -> bool:
    """Only what is said of a retry that is there already."""
    more = re.search(
        rf"\b(?P<n>\d+|{'|'.join(features.NUMBER_WORDS)})\s+more\s+(?:times?|attempts?|tries|try|retries)\b", c.low
    )
    if re.search(features.DURATION, c.low):
        key = "minInterval" if "minInterval" in item.values["retry"] else "interval"
        c.doc.set_path((*item.path, "retry", key), said.interval)
    elif not re.search(r"\d|\b(?:once|twice|two|three|four|five|six|seven|eight|ten)\b", c.low):
        return False
    if re.search(
        r"\b(?:\d+|once|twice|thrice|two|three|four|five|six|seven|eight|nine|ten)\s*(?:x\b|times|attempts|tries|retries|more)|\b(?:attempts|tries|retries)\b\s*(?:to|=|:|is|are|should\s+be|up\s+to)?\s*\d|\b(?:once|twice|thrice)\b",
        c.low,
    ):
        key = "maxAttempt" if "maxAttempt" in item.values["retry"] else "maxAttempts"
        known = item.values["retry"].get(key)
        total = known + int(features.number(more["n"])) if more and isinstance(known, int) else said.attempts
        c.doc.set_path((*item.path, "retry", key), total)
    c.focus_on(item)
    return True


def _retry_block(said: Retry) -> dict[str, object]:
    block: dict[str, object] = {"type": said.kind, "interval": said.interval}
    if said.kind == "random":
        block = {"type": said.kind, "minInterval": said.interval, "maxInterval": said.max_interval}
    elif said.kind == "exponential":
        block["maxInterval"] = said.max_interval
    if said.attempts:
        block["maxAttempts"] = said.attempts
    return block


def cache(c: Change) -> bool:
    """'cache the download for an hour'."""
    said = re.search(r"^\W*(?:please\s+)?cache\s+(?P<what>[^,;]+)", c.low)
    found = rank(c.doc.tasks(), said["what"]) if said else []
    if not found or found[0].score < 1:
        return False
    long = re.search(features.DURATION, c.low)
    ttl = {"ttl": features.duration(long["amount"], long["unit"])} if long else {}
    c.doc.set(found[0].item.path, "taskCache", {"enabled": True, **ttl})
    return True


_LIMIT = re.compile(
    rf"\b(?:stop|give\s+up|abort|kill|cancel|time-?\s?outs?|limit|cap|take\s+at\s+most|(?:may|can|should|must)\s+(?:only\s+)?(?:take|run|last)|(?:take|run|last)s?\s+(?:no|not)\s+(?:more|longer)\s+than|max(?:imum)?\s+(?:runtime|duration))\b[^.;]*?\b(?:after|of|to|at|is)?\s*(?:at\s+most\s+)?{features.DURATION}"
)

_GIVEN = re.compile(
    rf"^\W*(?:give|allow)\s+(?:it|the\s+[\w-]+|[\w-]+)\s+(?:at\s+most\s+|max\.?\s+|only\s+)?{features.DURATION}\s*(?:max\w*|at\s+most|tops)?\s*$"
)
_LONGER = re.compile(rf"\b(?:longer|more)\s+than\s+{features.DURATION}")
_BEFORE = re.compile(rf"{features.DURATION}[\s-]+(?:time-?\s?out|time\s+limit)\b")


def timeout(c: Change) -> bool:
    """A limit on a step's time."""
    if re.search(r"\bsla\b", c.low):
        return _whole_run(c)
    match = _LIMIT.search(c.low) or _BEFORE.search(c.low) or _LONGER.search(c.low) or _GIVEN.search(c.low)
    if not match or re.search(r"\bretry\b[^.;]{0,30}$", c.low[: match.start()]):
        return False
    if re.search(r"\b(?:in\s+total|altogether|overall|(?:whole|entire)\s+(?:flow|run|execution|thing))\b", c.low):
        return _whole_run(c)
    spoken = rank(c.doc.tasks(), c.low)
    focused = next((t for t in c.doc.tasks() if t.id in c.focus), None)
    item = focused if focused and not (spoken and spoken[0].score >= 1.5) else None
    item = item or task_meant(c.doc, clause_with(c, _LIMIT.pattern)) or task_meant(c.doc, c.low)
    if item is None:
        return False
    meant = group(c.doc.tasks(), c.low) if plural(c.low) and spoken else [item]
    for one in meant:
        c.doc.set(one.path, "timeout", features.duration(match["amount"], match["unit"]))
    c.focus_on(item)
    return True


def _whole_run(c: Change) -> bool:
    """A limit on the whole execution is an SLA."""
    most = features.find_sla(c.text) or duration_in(c.low)
    if most is None or c.doc.flow.get("sla"):
        return False
    behavior = "CANCEL" if re.search(r"\bcancel|\bstop|\bkill|\babort", c.low) else "FAIL"
    c.doc.add_section("sla", [{"id": "max_duration", "type": "MAX_DURATION", "duration": most, "behavior": behavior}])
    return True


def concurrency(c: Change) -> bool:
    """How many executions may run at once."""
    found = features.find_concurrency(c.text)
    if found is None:
        return False
    block = dict(found)
    if re.search(r"\bsecond\b[^.;]*\bwait\b|\bqueue", c.low):
        block["behavior"] = "QUEUE"
    if isinstance(c.doc.flow.get("concurrency"), dict) and not re.search(
        r"\b(?:queue|wait|cancel|fail|reject)\w*\b", c.low
    ):
        c.doc.set_path(("concurrency", "limit"), block["limit"])
        return True
    c.doc.add_section("concurrency", block)
    return True


_BEAT = re.compile(rf"\b(?:every|each)\s+(?:{features.DURATION}|(?P<one>second|minute|hour)\b)")


_ONCE_A = re.compile(r"\bonce\s+(?:an?|every|per)\s+(?P<one>second|minute|hour)\b")


_TIMES = re.compile(
    r"\b(?:at\s+most|max(?:imum)?(?:\s+of)?|up\s+to|not\s+more\s+than|no\s+more\s+than)\s+(?P<n>\d+|\w+)\s+(?:times|tries|checks|iterations)\b|\b(?P<m>\d+)\s+(?:checks|iterations|tries|times)\b"
)


def polling(c: Change) -> bool:
    """How often and how many times a loop asks: 'every 20 seconds, at most 90 times'."""
    loop = next((t for t in c.doc.tasks() if t.short_type.endswith("flow.loopuntil")), None)
    if loop is None or re.search(r"\bretr(?:y|ies)\b|\bschedule\b|\brun\s+(?:it|the\s+flow)\b", c.low):
        return False
    beat = _BEAT.search(c.low) or _ONCE_A.search(c.low)
    times = _TIMES.search(c.low)
    said: dict[str, object] = {}
    if beat:
        one = beat.groupdict().get("one")
        said["interval"] = features.duration("1", one) if one else features.duration(beat["amount"], beat["unit"])
    count = (times["n"] or times["m"]) if times else ""
    if count and (count.isdigit() or count in features.NUMBER_WORDS):
        said["maxIterations"] = int(features.number(count))
    longest = re.search(
        rf"\b(?:stop|give\s+up|for|at\s+most|no\s+longer\s+than|not\s+longer\s+than|within|maximum)\s+(?:\w+\s+)?(?:after\s+)?{features.DURATION}",
        c.low,
    )
    if longest and not beat and re.search(r"\bpoll|\bcheck|\bask|\bwait|\bloop|\btry", c.low):
        said["maxDuration"] = features.duration(longest["amount"], longest["unit"])
    for key, value in said.items():
        if isinstance(loop.values.get("checkFrequency"), dict):
            c.doc.set((*loop.path, "checkFrequency"), key, value)
        else:
            c.doc.set(loop.path, "checkFrequency", {key: value})
            loop = next(t for t in c.doc.tasks() if t.id == loop.id)
    return bool(said)
