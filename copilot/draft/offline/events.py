"""What starts a flow beside the clock: a webhook, another flow's end, a service, a mail, an answer to a poll."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.draft.offline.flow_events import flow_event
from copilot.draft.offline.ir import Event
from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.service_events import service_events
from copilot.draft.offline.tables import words
from copilot.draft.offline.text import URL, Text
from copilot.draft.offline.types import Types

_WEBHOOK = re.compile(
    r"\bwebhook\b(?!\s*(?:url|unknown|tbd|follows|later|to\s+follow|is\s+(?:the\s+)?(?:secret|in)"
    r"|from\s+(?:the\s+)?secret"
    r"|in\s+(?:the\s+)?secret|address))|\b(?:call|hit|post)s?\s+(?:our|my|a|an|this"
    r"|the)\s+(?:http\s+)?(?:hook|callback)\b"
)
_NOT_WEBHOOK = re.compile(
    r"\b(?:slack|teams|discord|zulip|incoming|google\s+chat|to\s+(?:a|the|this)"
    r"|via\s+(?:the\s+)?(?:slack|teams)|catch)\s+$"
)
_CALLER = re.compile(r"[^.;:→]{0,45}(?:calls?|hits?|posts?|sends?|triggers?|fires?)[^.;:→]{0,40}")
_MAIL = re.compile(rf"\b{words('events', 'mail.comes')}\b")
POLLS = re.compile(r"\btrigger\w*\s+(?:on|by|when)\b|\bpoll(?:s|ing)?\s+(?:it\s+)?(?:each|every|once)\b")
_POLLED_URL = re.compile(
    rf"\b(?:poll|watch|check|ask)s?\s+(?P<url>{URL}+)[^.;]*?\b(?:start|begin|trigger"
    rf"|kick\s+off)s?\b(?:\s+\w+){{0,2}}?\s+"
    r"(?:as\s+soon\s+as|when|once|if|only\s+if|only\s+when)\b"
)
_SAYS = re.compile(r"\b(?:says?|is|contains?|returns?|shows?|reports?)\s+([\w-]+)")


# GitHub and GitLab tell of what happens there by calling a webhook.
_AT_A_REPOSITORY = re.compile(
    rf"\b{words('events', 'when')}\s+(?:someone\s+|somebody\s+)?(?:(?:an?|the|any|every|new)\s+)*(?:pr"
    r"|pull\s+request|merge\s+request|issue|push|"
    r"commit|release|tag|star)s?\s+(?:is\s+|gets\s+|was\s+)?(?:opened|created|merged|pushed|closed"
    r"|published|labell?ed|made|comes?\s+in)\b"
    r"(?:\s+(?:on|in|to|at)\s+(?:our\s+|the\s+)?(?:git(?:hub|lab)?|repo\w*|main|master)\b)*"
)


def find_events(
    text: Text, mentions: Sequence[Mention], has_schedule: bool, types: Types
) -> tuple[list[Event], set[int]]:
    """(events, start offsets of the service mentions that are the event and so no step)."""
    has_schedule = has_schedule and not POLLS.search(text.masked)
    if polled := _POLLED_URL.search(text.masked):
        return [_polled(text, polled)], set()
    if hook := _webhook(text.masked):
        callers = {m.start for m in mentions if m.service and m.service.kind == "saas" and _calls(text.masked, m, hook)}
        return [Event("webhook", {"span": hook.span()})], callers
    if (happening := _AT_A_REPOSITORY.search(text.masked)) and not has_schedule:
        hosts = {
            m.start
            for m in mentions
            if m.service
            and m.service.key in ("github", "gitlab")
            and happening.start() <= m.start < happening.end() + 16
        }
        return [Event("webhook", {"span": happening.span()})], hosts
    if (other := flow_event(text, mentions)) is not None:
        return [other], set()
    events, starts = service_events(text.masked, mentions, has_schedule, types)
    if not events and not has_schedule and _MAIL.search(text.masked):
        mails = {m.start for m in mentions if m.service and m.service.key == "mail" and _says_it_comes(text.masked, m)}
        return [Event("mail", {})], mails
    return events, starts


def _polled(text: Text, match: re.Match[str]) -> Event:
    literal = text.literal_at(match.start("url"))
    wanted = _SAYS.search(text.masked[match.end() :])
    said = wanted[1] if wanted and wanted[1] not in ("there", "a", "the", "up", "available") else ""
    return Event("http", {"uri": literal.value if literal else "", "wanted": said, "span": match.span()})


def _webhook(masked: str) -> re.Match[str] | None:
    """The first webhook that calls this flow, not one that is posted to."""
    if re.search(r"\bpost\w*\s+(?:it\s+)?to\s+\S+\s+when", masked):
        return None
    return next((m for m in _WEBHOOK.finditer(masked) if not _NOT_WEBHOOK.search(masked[: m.start()])), None)


def _calls(masked: str, mention: Mention, hook: re.Match[str]) -> bool:
    """'GitHub calls our webhook', 'ServiceNow posts X to our webhook': the caller is no step."""
    between = masked[mention.end : hook.start()]
    return mention.end <= hook.start() and (bool(_CALLER.fullmatch(between)) or not between.strip())


def _says_it_comes(masked: str, mention: Mention) -> bool:
    return _MAIL.search(masked, max(0, mention.start - 8)) is not None
