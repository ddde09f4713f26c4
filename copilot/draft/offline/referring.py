"""Clauses that name no service and go on with the one before: "then create an issue", "then apply that plan"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from copilot.draft.offline.choosing import for_service
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import Service
from copilot.draft.offline.verbs import STARTS_CLAUSE

if TYPE_CHECKING:
    from copilot.draft.offline.mentions import Mention
    from copilot.draft.offline.plan import Understanding
    from copilot.draft.offline.types import Types

_ACTS = re.compile(
    r"^\W*(?:(?:then|only|and|also|always|finally|please|i|we|it|to|next|run)\s+)*(?:(?P<create>create|open|add|insert|file)|(?P<update>set|update|close|mark|change|resolve)|(?P<delete>delete|remove|terminate|destroy|tear)|(?P<read>search|query|look|find|list|read)"
    r"|(?P<run>apply|roll\s*back|restore|snapshot|run|start|restart|merge|load|test|deploy|take|stop))\b"
)
_NOT_AGAIN = re.compile(
    r"\b(?:inputs?|output|trigger|schedule|retry|label|secret|table\s+if|python|shell|script|flow|namespace|docker|report\s+file|text\s+file|in\s+memory|nothing)\b"
)


def referring_back(seen: Understanding, mentions: Sequence[Mention], steps: Sequence[Step], types: Types) -> list[Step]:
    """Steps for clauses without a mention whose verb continues the service spoken of last."""
    out: list[Step] = []
    busy = {m.clause for m in mentions if not (m.service and m.start in seen.event_starts)} | {s.clause for s in steps}
    schedule = [span for s in seen.schedules for span in s.spans]
    for index, clause in enumerate(seen.clauses):
        words = seen.text.masked[clause.start : clause.end]
        match = _ACTS.match(words)
        if (
            index in busy
            or index == 0
            or not (match or STARTS_CLAUSE.match(words.strip()))
            or _NOT_AGAIN.search(words)
            or any(s <= clause.start and clause.end <= e for s, e in schedule)
        ):
            continue
        said = next((name for name, value in match.groupdict().items() if value), "run") if match else "run"
        args: dict[str, Any] = {"literals": tuple(seen.text.within(clause.start, clause.end))}
        if going_on := _going_on(seen, clause.start, words, said, types):
            args |= {"service": going_on[0], "role": _role(going_on[0], said), "type": going_on[1]}
        elif match and (service := _last_service(seen, clause.start, said)):
            args |= {"service": service, "role": _role(service, said)}
        else:
            continue
        out.append(Step("use", args, seen.text.plain[clause.start : clause.end], clause.start, clause.end, index))
    return out + _into_it(seen, mentions)


_INTO_IT = re.compile(r"\b(?:copy|load|import|insert|write|put|upload)\b.*\binto\s+(?:it|there|that\s+table)\b")


def _into_it(seen: Understanding, mentions: Sequence[Mention]) -> list[Step]:
    """'copy the file into it': the database named before takes what the clause fetches."""
    out: list[Step] = []
    for index, clause in enumerate(seen.clauses):
        words = seen.text.masked[clause.start : clause.end]
        if index == 0 or not _INTO_IT.search(words) or any(m.service for m in mentions if m.clause == index):
            continue
        found = [
            m.service
            for m in seen.mentions
            if m.service and m.service.kind in ("sql", "nosql") and m.start < clause.start
        ]
        if found:
            args = {
                "service": found[-1],
                "role": "write",
                "literals": tuple(seen.text.within(clause.start, clause.end)),
            }
            out.append(Step("use", args, seen.text.plain[clause.start : clause.end], clause.end - 1, clause.end, index))
    return out


def _role(service: Service, said: str) -> str:
    if said in service.roles or not service.roles:
        return said
    return {"create": "write", "update": "write", "delete": "delete", "read": "read"}.get(said, "run")


_GOES_ON = ("saas", "tool", "nosql", "store", "notify", "sql")


def _going_on(seen: Understanding, before: int, words: str, role: str, types: Types) -> tuple[Service, str] | None:
    """(service, type) of the plugin named last whose types speak these words: "set its topic", "delete the old ones"."""
    found = [m.service for m in seen.mentions if m.service and m.start < before and m.service.kind in _GOES_ON]
    for service in {s.key: s for s in reversed(found)}.values():
        one = for_service(service, words, role, types)
        if one and one.verb and one.score >= 2.9 and (one.objects or one.exact or _IT.search(words)):
            return service, one.type
    return None


_IT = re.compile(r"\b(?:it|them|those|these|that\s+one|the\s+old\s+ones?)\b")


def _last_service(seen: Understanding, before: int, role: str) -> Service | None:
    """The last tool or service named before; what only stores or tells is not gone on with."""
    found = [
        m.service
        for m in seen.mentions
        if m.service and m.start < before and m.service.kind in ("saas", "tool", "nosql") and m.service.roles
    ]
    if role in ("create", "delete", "update"):
        found = [s for s in found if role in s.roles] or found
    return found[-1] if found else None
