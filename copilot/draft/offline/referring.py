"""Clauses that name no service and go on with the one before: "then create an issue", "then apply that plan"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from copilot.draft.offline.choosing import for_service, said
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import SERVICES, Service
from copilot.draft.offline.verbs import STARTS_CLAUSE

if TYPE_CHECKING:
    from copilot.draft.offline.mentions import Mention
    from copilot.draft.offline.plan import Understanding
    from copilot.draft.offline.types import Types

_ACTS = re.compile(
    r"^\W*(?:(?:then|only|and|also|always|finally|please|i|we|it|to|next"
    r"|run)\s+)*(?:(?P<create>create|open|add|insert|file)|(?P<update>set|update|close|mark|change"
    "|resolve)|(?P<delete>delete|remove|terminate|destroy|tear)|(?P<read>search|query|look|find|list"
    "|read)"
    r"|(?P<run>apply|roll\s*back|restore|snapshot|run|start|restart|merge|load|test|deploy|take|stop)"
    r"|(?P<write>store|save|write|put|keep|upload|copy))\b"
)
_NOT_AGAIN = re.compile(
    r"\b(?:inputs?|output|trigger|schedule|retry|label|secret|table\s+if|python|shell|script|flow"
    r"|namespace|docker|report\s+file|text\s+file|in\s+memory|nothing)\b"
)


def referring_back(seen: Understanding, mentions: Sequence[Mention], steps: Sequence[Step], types: Types) -> list[Step]:
    """Steps for clauses without a mention whose verb continues the service spoken of last."""
    out: list[Step] = []
    busy = {m.clause for m in mentions if m.service} | {s.clause for s in steps}
    half = {m.clause for m in mentions if m.what != "generic_run"} - busy
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
        asked = next((name for name, value in match.groupdict().items() if value), "run") if match else "run"
        args: dict[str, Any] = {"literals": tuple(seen.text.within(clause.start, clause.end))}
        going_on = _going_on(seen, clause.start, words, asked, types)
        if going_on and not (index in half and going_on[0].kind == "sql"):
            args |= {"service": going_on[0], "role": _role(going_on[0], asked), "type": going_on[1]}
        elif rare := _rare(words, types):
            args |= {
                "service": Service(rare.split(".")[0], "", "saas", {}, "", rare.rpartition(".")[0]),
                "role": "run",
                "type": rare,
            }
        elif _BUCKET.search(words):
            args |= {"service": _bucket_of(seen.text.masked), "role": "write"}
        elif match and index not in half and (service := _last_service(seen, clause.start, asked)):
            args |= {"service": service, "role": _role(service, asked)}
        else:
            continue
        out.append(Step("use", args, seen.text.plain[clause.start : clause.end], clause.start, clause.end, index))
        busy.add(index)
    return out + _kv_deleted(seen, busy, steps) + _into_it(seen, mentions) + _each_fetched(seen, busy, steps)


_DELETES_IT = re.compile(r"\W*(?:then\s+)?(?:delete|remove|drop|clear)\s+(?:it|that|the\s+(?:key|entry|value))\b")


def _kv_deleted(seen: Understanding, busy: set[int], steps: Sequence[Step]) -> list[Step]:
    """'set the kv x to 1, then delete it again'."""
    kept = [s for s in steps if s.what == "kv_set"]
    out = []
    for index, clause in enumerate(seen.clauses):
        if index in busy or not _DELETES_IT.match(seen.text.masked[clause.start : clause.end]):
            continue
        if before := [s for s in kept if s.clause < index]:
            args = {"literals": before[-1].args["literals"]}
            out.append(Step("kv_delete", args, before[-1].words, clause.start, clause.end, index))
    return out


_FETCH_EACH = re.compile(
    r"\b(?:fetch|get|download|pull|load|read|request|call)\s+(?:each|every|all|them|the\s+details|its\s+details)\b"
)


def _each_fetched(seen: Understanding, busy: set[int], steps: Sequence[Step]) -> list[Step]:
    """'fetch each' after a list came over HTTP."""
    out = []
    for index, clause in enumerate(seen.clauses):
        words = seen.text.masked[clause.start : clause.end]
        asked = any(s.what in ("http_request", "http_download") and s.clause < index for s in steps)
        if index not in busy and asked and seen.scopes[index].each and _FETCH_EACH.search(words):
            args = {"uri": None, "method": "GET", "literals": tuple(seen.text.within(clause.start, clause.end))}
            out.append(
                Step("http_request", args, seen.text.plain[clause.start : clause.end], clause.start, clause.end, index)
            )
    return out


_CONNECTION = re.compile(
    r"^\W*(?:(?:the|our|my)\s+)?(?:db|database|[\w ]{0,24}?connection|credentials|server|[\ue000-\ue005\w]+)?\s*"
    r"(?:is|:|at|lives\s+at|runs\s+at|=|\ue004)"
)
_FILLS = re.compile(r"\b(?:copy|load|insert|bulk|import|upsert|write|store|save)\b")
_ASKS = re.compile(
    r"\b(?:table|tables|rows?|records?|count|how\s+many|select|query|delete|update|truncate|create|sum|average|total)\b"
)


def with_connections(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'DB is jdbc:...' only says where: the database is used by the clause before that speaks of its rows."""
    out = []
    for step in steps:
        service = step.args.get("service")
        words = seen.text.masked[seen.clauses[step.clause].start : seen.clauses[step.clause].end]
        if service is None or service.kind != "sql" or step.clause == 0 or not _CONNECTION.match(words):
            out.append(step)
            continue
        users = [i for i in range(step.clause) if _uses_database(seen, i, steps)]
        if not users:
            out.append(step)
            continue
        at = seen.clauses[users[0]]
        said = seen.text.masked[at.start : at.end]
        args = {**step.args, "role": "write" if _FILLS.search(said) else "run"}
        args["literals"] = (*seen.text.within(at.start, at.end), *step.args["literals"])
        out.append(
            replace(
                step, args=args, clause=users[0], words=seen.text.plain[at.start : at.end], start=at.end - 1, end=at.end
            )
        )
    return out


def _uses_database(seen: Understanding, index: int, steps: list[Step]) -> bool:
    clause = seen.clauses[index]
    words = seen.text.masked[clause.start : clause.end]
    other = any(s.clause == index and getattr(s.args.get("service"), "kind", "") in ("sql", "nosql") for s in steps)
    return not other and bool(_FILLS.search(words) or _ASKS.search(words))


def is_heading(seen: Understanding, step: Step, others: Sequence[Step], types: Types) -> bool:
    """'DR drill for proxmox: list backups, ...': a service named without saying what to do, gone on with after."""
    service = step.args.get("service")
    if service is None or step.args.get("type"):
        return False
    later = [s for s in others if s.args.get("service") is service and s.clause > step.clause]
    if not later:
        return False
    clause = seen.clauses[step.clause]
    if seen.text.masked[clause.end : clause.end + 1] == ":" and any(s.start != step.start for s in later):
        return True
    one = for_service(service, step.words.lower(), str(step.args.get("role", "")), types)
    return service.kind in ("saas", "tool") and one is not None and not one.verb


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


def _rare(words: str, types: Types) -> str:
    """A type whose verb no other plugin has: "pseudonymize the names"; '' when the words hold none."""
    for verb, name in types.plugins.only_verbs.items():
        if said(verb, words):
            return name
    return ""


_BUCKET = re.compile(
    r"\b(?:upload|put|copy|store|save|push|write)\b[^.;]*\b(?:to|into|in)\s+(?:my|our|the|a)\s+bucket\b"
)


def _bucket_of(words: str) -> Service:
    """The store a bucket is in, by the cloud that the rest of the request speaks of."""
    clouds = (("gcs", r"\bgc[ps]\b|google|big\s?query|gs://"), ("minio", r"\bminio\b"), ("obs", r"\bhuawei\b"))
    key = next((k for k, pattern in clouds if re.search(pattern, words)), "s3")
    return next(s for s in SERVICES if s.key == key)


_GOES_ON = ("saas", "tool", "nosql", "store", "notify", "sql", "queue")


def _going_on(seen: Understanding, before: int, words: str, role: str, types: Types) -> tuple[Service, str] | None:
    """(service, type) of the plugin named last whose types speak these words: "set its topic", "delete the old ones"."""
    found = [m.service for m in seen.mentions if m.service and m.start < before and m.service.kind in _GOES_ON]
    sentence = next((c.sentence for c in seen.clauses if c.start == before), -1)
    ahead = [m.service for m in seen.mentions if m.service and m.start > before and m.service.kind == "saas"
             and seen.clauses[m.clause].sentence == sentence]  # fmt: skip
    found = [*ahead[:1], *found]
    for service in {s.key: s for s in reversed(found)}.values():
        if service.key in _LOCAL:
            continue
        one = for_service(service, words, role, types)
        if (
            one
            and one.verb
            and one.score >= (1.4 if one.exact else 2.9)
            and (one.objects or (service.kind != "sql" and (one.exact or _IT.search(words))))
        ):
            return service, one.type
    return None


_IT = re.compile(r"\b(?:it|them|those|these|that\s+one|the\s+old\s+ones?)\b")


def _last_service(seen: Understanding, before: int, role: str) -> Service | None:
    """The last tool or service named before; what only stores is gone on with by storing."""
    kinds = ("nosql", "sql", "store") if role == "write" else ("saas", "tool", "nosql")
    found = [m.service for m in seen.mentions if m.service and m.start < before and m.service.kind in kinds]
    found = [s for s in found if s.roles and s.key not in _LOCAL]
    if role in ("create", "delete", "update"):
        found = [s for s in found if role in s.roles] or found
    return found[-1] if found else None


_LOCAL = ("duckdb", "sqlite", "local")
