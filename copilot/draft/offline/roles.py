"""What is done with a service that is named: read from it, write to it, run it, create in it, and so on."""

from __future__ import annotations

import re

from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.services import Service
from copilot.draft.offline.verbs import VERB, first_verb, verb_before

_FROM = re.compile(r"\b(?:from|out\s+of|aus|von|desde|depuis)\s+(?:[\w'&-]+\s+){0,4}$")
_INTO = re.compile(r"\b(?:to|into|onto|towards|nach|hacia|vers)\s+(?:[\w'&-]+\s+){0,4}$")
_IN = re.compile(r"\b(?:in|on|inside|at|auf|en|dans)\s+(?:[\w'&-]+\s+){0,3}$")
_WITH = re.compile(r"\b(?:with|using|via|through|by|mit|con|avec)\s+(?:[\w'&-]+\s+){0,2}$")
_GOES_TO = re.compile(r"^\s*(?:[\w()'-]+\s+){0,4}?(?:to|into|in|nach|→|->)\s")
_AS_FILE_IN = re.compile(
    r"\b(?:to|into|as)\s+(?:an?\s+)?(?:\w+\s+)?(?:csv|json|parquet|excel|xlsx|avro"
    r"|files?)\s+(?:files?\s+)?(?:in|on|inside|at)\s+"
    r"(?:[\w'&-]+\s+){0,3}$"
)
_AS_RESULT = re.compile(
    r"\b(?:results?|output|totals?|rows?|records?|data|file|csv|json|it|them|vectors?|value|answer|score)\b"
)
_CREATE = re.compile(r"\b(?:creat\w*|open|add|new|file|raise|make|insert|register|book|block)\b")
_UPDATE = re.compile(r"\b(?:updat\w*|set|change|close[sd]?|modify|edit|mark|patch)\b")
_PUT = re.compile(
    r"\b(?:drop|put|place|leave|deliver|store|save)\s+[^.;,:]*?\b(?:on|onto|in|into|to"
    r"|at)\s+(?:(?:an?|the|our|my)\s+)?(?:\w+\s+)?$"
)
_PASSIVE = re.compile(
    r"^[\w-]*\s+(?:\w+\s+)?(?:kopiert|geladen|geschrieben|gespeichert|importiert|eingefügt|hochgeladen)\b"
)
_DELETE = re.compile(r"\b(?:delet\w*|clean(?:\s+up)?|purge|remov\w*|drop|destroy|empty|terminate|tear)\b")
_SEARCH = re.compile(r"\b(?:search|look\s+for|find|lookup|look\s+\w+\s+up)\b")


def role_of(mention: Mention, masked: str, start: int, end: int, lead: str, first: bool) -> str:
    """The role of a service mention in its clause (offsets ``start`` to ``end``); '' when it is only spoken of."""
    service = mention.service
    assert service is not None
    before, after = masked[start : mention.start], masked[mention.end : end]
    kind = service.kind
    if kind == "notify":
        return "notify"
    if kind == "tool" and "apply" in service.roles and re.search(r"\bapply\b", before + after):
        return "apply"
    if kind == "tool" and (own := _own_role(service, before, after)):
        return own
    if kind in ("llm", "agent", "tool"):
        return "run"
    if kind == "saas":
        return _saas_role(service, before, after)
    if kind == "store" and (noun := re.match(r"\s*(upload|backup|download|import)s?\b", after)):
        return "read" if noun[1] in ("download", "import") else "write"
    if kind == "store" and _moved(before, after) and "copy" in service.roles:
        return "copy"
    if kind in ("store", "nosql", "queue", "sql") and (
        _PUT.search(before)
        or (re.search(r"\b(?:in|nach|auf)\s+(?:(?:eine?\w*|die|das|den|dem)\s+)?$", before) and _PASSIVE.match(after))
    ):
        return "write"
    if kind in ("store", "nosql", "queue") and _DELETE.search(before) and "delete" in service.roles:
        return "delete"
    if "scan" in service.roles and re.search(r"\bscan\b", before):
        return "scan"
    if kind == "nosql" and _SEARCH.search(before):
        return "read"
    return _data_role(kind, before, after, lead, first)


def _moved(before: str, after: str) -> bool:
    """Within one service: 'move the file to the archive prefix', 'copy a file from one s3 bucket to another'."""
    return bool(
        re.search(r"\b(?:move|copy)\b", before)
        and re.search(r"\bto\s+(?:another|an?\s+(?:archive|other)|the\s+other|a\s+different)", before + after)
    )


def _data_role(kind: str, before: str, after: str, lead: str, first: bool) -> str:
    verb = verb_before(before)
    if first and not before.strip() and re.search(r"^\s*(?:\w+\s+){0,3}from\s", after):
        return "write"
    if (
        verb == "write"
        and re.search(r"\b(?:of|in)\s+(?:our\s+|the\s+|a\s+)?$", before)
        and re.search(r"\bfrom\b", after)
    ):
        return "write"
    nearest = _nearest_preposition(before)
    if nearest == "from":
        return "read"
    if nearest == "into":
        return "write"
    if _GOES_TO.match(after) and verb in ("", "read", "write") and not _IN.search(before):
        return (
            "read"
            if verb != "write" or re.search(r"\b(?:copy|move|load|import)\s+(?:an?\s+|the\s+|our\s+)?$", before)
            else "write"
        )
    if _AS_FILE_IN.search(before):
        return "write"
    if _IN.search(before):
        if verb == "write" or (verb == "tell" and kind != "sql"):
            return "write"
        return "run" if kind == "sql" and verb not in ("read",) else "read"
    if _WITH.search(before):
        return "run" if kind == "sql" else ("read" if verb == "read" else "write")
    if verb == "write" and not re.search(r"\bload\s*$", before):
        return "write"
    if verb in ("read", "change"):
        return "run" if kind == "sql" and verb == "change" else "read"
    if verb == "run":
        return "run" if kind == "sql" else "read"
    following = first_verb(after)
    if re.search(
        r"\b(?:upsert|insert|merge|write|load|lookup|select|query|search|create|export|dump)\b", after
    ) and kind in ("sql", "nosql"):
        return "write" if re.search(r"\b(?:upsert|load)\b", after) and kind == "nosql" else "run"
    if lead == "then" and not first:
        return "run" if kind == "sql" and following in ("read", "change") else "write"
    return "run" if kind == "sql" else ("read" if first else "write")


def _nearest_preposition(before: str) -> str:
    """'from' or 'into', whichever stands closest before the name."""
    spots = [
        (m.end(), kind)
        for kind, words in (
            ("from", r"from|out\s+of|aus|von|desde|depuis"),
            ("into", r"to|into|onto|towards|nach|hacia|vers"),
            ("", r"in|on|inside|with|using|via|through|by|and|the\s+\w+\s+in"),
        )
        for m in re.finditer(rf"\b(?:{words})\s", before)
    ]
    if not spots:
        return ""
    verbs = [m.start() for pattern in VERB.values() for m in pattern.finditer(before)]
    end, kind = max(spots)
    if verbs and max(verbs) >= end:
        return ""
    return kind if len(re.findall(r"\S+", before[end:])) <= 4 else ""


def _own_role(service: Service, before: str, after: str) -> str:
    """A role that only this service has and the words name: restart, comment, stop."""
    near = before[-45:] + " " + after[:30]
    own = [r for r in service.roles if r not in _USUAL and re.search(rf"\b{r.replace('_', ' ')}", near)]
    return max(own, key=len, default="")


_USUAL = frozenset(["run", "read", "write", "create", "update", "delete", "trigger", "status", "list", "execution"])


def _saas_role(service: Service, before: str, after: str) -> str:
    near = (
        before[-45:] if verb_before(before[-45:]) or _CREATE.search(before[-45:]) else before[-45:] + " " + after[:30]
    )
    if own := _own_role(service, before, after):
        return own
    if "status" in service.roles and re.search(r"\b(?:check|status|healthy|verify)\b", near):
        return "status"
    if service.roles and set(service.roles) <= {"run", "write", "trigger"}:
        return "run" if "run" in service.roles else "write"
    for role, pattern in (("delete", _DELETE), ("update", _UPDATE), ("create", _CREATE)):
        if pattern.search(near) and (role in service.roles or not service.roles):
            return role
    verb = verb_before(before) or first_verb(after)
    if verb == "read":
        return "read" if "read" in service.roles or not service.roles else "run"
    if verb in ("write", "tell"):
        return "write" if "write" in service.roles or not service.roles else next(iter(service.roles))
    if service.roles:
        return "run" if "run" in service.roles else ("write" if "write" in service.roles else next(iter(service.roles)))
    return "run"
