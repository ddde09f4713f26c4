"""Services that start the flow: a file arrives, rows change, a message comes, a plugin's own trigger fires.

Every service that has a trigger is weighed: what the words say happens, whether it stands where that is said,
whether it is where things come from or where they go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.draft.offline.choosing import judge, own_words, packages
from copilot.draft.offline.ir import Event
from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.tables import words
from copilot.draft.offline.types import Types

_WHEN = words("events", "when")
_FILES, _ARRIVES = words("events", "file.nouns"), words("events", "file.arrives")
_FILE = re.compile(
    rf"\b(?:gets?|receives?)\s+(?:an?\s+)?(?:new\s+)?(?:\w+\s+)?{_FILES}\b"
    rf"|\bwait\w*\s+for\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:\w+\s+)?{_FILES}\b"
    rf"|\b(?:new\s+)?{_FILES}\b[\w\s'\ue000-\ue005/.-]{{0,50}}?\b{_ARRIVES}\b|\bnew\s+(?:\w+\s+){{0,2}}?{_FILES}\b"
    rf"|\b(?:drops?|puts?|uploads?|delivers?|leaves?)\s+(?:an?\s+|the\s+|new\s+|their\s+)*{_FILES}\b"
    rf"|\bwatch\b[^.;]{{0,40}}\b(?:folder|bucket|directory|prefix)\b|\b{_ARRIVES}\b[^.;]{{0,20}}\b(?:bucket|folder)\b"
)
_ROWS = re.compile(rf"\b{words('events', 'rows.changes')}\b")
_MESSAGE = re.compile(
    rf"\b{words('events', 'message.each')}\s+(?:new\s+|incoming\s+|single\s+"
    rf"|\w+\s+)?(?:[\w/]+\s+)?{words('events', 'message.nouns')}\b"
    rf"|\b{words('events', 'message.flowing')}\b"
)
_POLL = re.compile(rf"\b{words('events', 'message.poll')}\b")
_MAIL = re.compile(rf"\b{words('events', 'mail.comes')}\b")
_HAPPENS = re.compile(rf"\b{words('events', 'change.happens')}\b")
_CUE = re.compile(
    rf"^\W*(?:everything|whatever)\b|^\W*trigger(?:ed)?\s*(?::|by|on)|^\W*(?:[\w-]+\s+){{0,3}}?{_WHEN}\b|[,:–-]\s*{_WHEN}\b"
    r"|\bwatch\b|\bon\s+(?:new|arrival|upload)\b"
    rf"|^\W*(?:a\s+|new\s+|each\s+|every\s+)*{_FILES}\s+{_ARRIVES}|^\W*(?:new|each|every)\b|\bnew\s+{_FILES}\s+in\b"
    rf"|^\W*wait\w*\s+for\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:\w+\s+)?{_FILES}\b|\b(?:every|each"
    rf"|any)\s+\w+\s+(?:that\s+|which\s+)?{_ARRIVES}\b"
    rf"|^\W*[\w\s]{{0,24}}\bnew\s+(?:\w+\s+){{0,2}}?{_FILES}\b"
    r"|\b(?:messages?|events?)\b|\bconsume\b|\bclassify\s+every\b|\blisten\w*\b|\breal-?\s?time\b|\btriggered\s+by\b"
    r"|\bstart(?:ed|s)?\s+(?:a\s+run\s+)?(?:by|when|on)\b|\bfor\s+(?:each|every)\b"
    r"|\bstream\w*\s+(?:the|from)\b|\bas\s+(?:it|they)\s+comes?\b"
)
_ANAPHOR = re.compile(rf"\b{_WHEN}\s+(?:one|it|they|a\s+new\s+one|something|anything)\b")
_TARGET = re.compile(r"\b(?:to|into|onto)\s+(?:(?:an?|the|our|my)\s+)?(?:\w+\s+)?$")
_NOT_TARGET = re.compile(
    r"\b(?:uploaded|added|published|listen\w*|dropped|sends?|sent|subscribe|writes?|pushe[sd]"
    r"|react\w*)\s+(?:to|into)\s+"
    r"(?:(?:an?|the|our|my)\s+)?(?:\w+\s+)?$"
)
_CDC = re.compile(r"\bcdc\b|\bchange\s+data\s+capture\b|\bdebezium\b")


def service_events(
    masked: str, mentions: Sequence[Mention], has_schedule: bool, types: Types
) -> tuple[list[Event], set[int]]:
    """(the event, start offsets of the mentions that are the event and so no steps); at most one event."""
    services = [m for m in mentions if m.service is not None]
    for mention in services:
        role = _role(masked, mention, mention is services[0], has_schedule, types)
        if role:
            return [_event(masked, mention, role, types)], {mention.start} | _read_from(masked, mention, services)
    return [], set()


def _event(masked: str, mention: Mention, role: str, types: Types) -> Event:
    args: dict[str, object] = {"service": mention.service, "role": role, "start": mention.start}
    if role == "own":
        args["type"] = _own_trigger(masked, mention, types)
    return Event("service", args)


def _read_from(masked: str, mention: Mention, services: Sequence[Mention]) -> set[int]:
    """Change data capture reads a database that is named beside it, a mail box is spoken of with its mails: no steps."""
    if mention.service is not None and _MAIL.search(masked) and mention.service.kind in ("saas", "notify"):
        start, end = sentence_of(masked, mention.start)
        return {m.start for m in services if m.service and m.service.key == "mail" and start <= m.start < mention.start}
    if not _CDC.search(masked) or mention.service is None or mention.service.key != "debezium":
        return set()
    start, end = sentence_of(masked, mention.start)
    return {
        m.start
        for m in services
        if m.service and m.service.kind in ("sql", "nosql") and start <= m.start < end and not _is_target(masked, m)
    }


def _role(masked: str, mention: Mention, first: bool, has_schedule: bool, types: Types) -> str:
    service = mention.service
    assert service is not None
    at_once = re.search(r"\breal-?\s?time\b", masked)
    heads = first and "realtime" in service.roles and (service.kind == "queue" or at_once is not None)
    if heads and (at_once or _heads_a_chain(masked, mention, has_schedule)):
        return "realtime" if at_once or not _POLL.search(masked) else "trigger"
    start, end = sentence_of(masked, mention.start)
    said = masked[start:end]
    follows = masked[end : sentence_of(masked, min(end + 2, len(masked) - 1))[1]] if end + 2 < len(masked) else ""
    cue = _CUE.search(said) or (
        first and re.match(r"[\w\s]{0,30}?\b(?:moved|created|added|closed|opened|updated)\b[^.;]*$", said)
    )
    if not cue and not (_FILE.search(said) and _ANAPHOR.search(follows)):
        if not (service.kind == "queue" and first and _MESSAGE.search(follows)):
            return ""
        said += follows
    if _is_target(masked, mention) and not (first and _MESSAGE.search(masked)):
        return ""
    return _by_kind(masked, mention, said, not masked[start : mention.start].strip(), has_schedule, types)


def _by_kind(masked: str, mention: Mention, said: str, heads: bool, has_schedule: bool, types: Types) -> str:
    service = mention.service
    assert service is not None
    if service.kind == "store" and "trigger" in service.roles:
        sheet = service.key == "sheets" and (_HAPPENS.search(said) or _ROWS.search(said))
        return "trigger" if _FILE.search(said) or sheet else ""
    if service.kind in ("sql", "nosql") and "trigger" in service.roles:
        at_once = "realtime" in service.roles and re.search(r"\bat\s+once\b|\bimmediately\b|\breal-?\s?time\b", masked)
        return ("realtime" if at_once else "trigger") if not has_schedule and _ROWS.search(masked) else ""
    if service.kind == "queue" and not has_schedule:
        every = re.search(r"\bevery\s+" + re.escape(masked[mention.start : mention.end]), masked)
        if _MESSAGE.search(said) or every:
            return "trigger" if _POLL.search(said) or "realtime" not in service.roles else "realtime"
        return ""
    mailbox = service.kind == "notify" and _MAIL.search(said) and service.key != "mail"
    if mailbox and not has_schedule:
        return "own" if _own_trigger(masked, mention, types) else ""
    if has_schedule or heads or service.kind not in ("saas", "store", "tool", "queue", "nosql"):
        return ""
    happens = (
        _HAPPENS.search(said) or _FILE.search(said) or _ROWS.search(said) or _MAIL.search(said) or _MESSAGE.search(said)
    )
    leads = re.match(
        (
            rf"\W*(?:\w+\s+){{0,2}}?(?:{_WHEN}|each|every|new)\b|[\w\s]{{0,30}}?\b(?:moved|created|added"
            r"|closed|opened|updated)\b"
        ),
        said,
    )
    return "own" if happens and leads and _own_trigger(masked, mention, types) else ""


def _own_trigger(masked: str, mention: Mention, types: Types) -> str:
    """The trigger of the service's plugin that the words fit best; '' without one."""
    service = mention.service
    assert service is not None
    start, end = sentence_of(masked, mention.start)
    best = (-99.0, "")
    for package in packages(service, types):
        for name in types.below(package):
            if types.catalog.kind("io.kestra.plugin." + name) == "trigger":
                one = judge(name, masked[start:end], "", own_words(service, package))
                best = max(best, (one.score, name))
    return best[1]


def _heads_a_chain(masked: str, mention: Mention, has_schedule: bool) -> bool:
    """'mqtt values -> pagerduty': a queue at the head of an arrow chain is what starts the flow."""
    head, tail = masked[: mention.start], masked[mention.end :]
    moves = re.match(
        r"[^.;]{0,60}?(?:->|→|=>)|\s+(?:\w+\s+)?(?:messages?|events?)\s+(?:to|into|in|trigger\w*|start\w*)\b", tail
    )
    return not has_schedule and len(head.split()) <= 2 and moves is not None


def _is_target(masked: str, mention: Mention) -> bool:
    before = masked[max(0, mention.start - 32) : mention.start]
    return bool(_TARGET.search(before)) and not _NOT_TARGET.search(before)


def sentence_of(masked: str, position: int) -> tuple[int, int]:
    """(start, end) of the sentence or link of an arrow chain around an offset."""
    starts = [m.end() for m in re.finditer(r"[.!?;\n](?=\s)|→|->|=>", masked[:position])]
    end = re.search(r"[.!?;\n](?=\s)|→|->|=>|$", masked[position:])
    return (starts[-1] if starts else 0), position + (end.start() if end else 0)
