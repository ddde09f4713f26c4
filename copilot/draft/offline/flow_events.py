"""Other flows that start this one: their end, their failure, their labels, alone or several together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.draft.offline.ir import Event
from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.tables import words
from copilot.draft.offline.text import NAME, Text

_WHEN = words("events", "when")
_FAILS, _DONE = words("events", "flow.fails"), words("events", "flow.done")
_FLOWS = words("events", "flow.subject")
_DETERMINERS = (
    r"(?:(?:any|some|all|every|another|the|an?|one\s+of|other|production|prod|our|my|ein(?:e[rsm]?)?"
    "|irgendein|upstream|"
    r"two|both|critical|important|daily|of|ingest\w*)\s+){0,4}"
)
_DOTTED = r"[a-z][\w-]*(?:\.[\w-]+)+"
"""A flow with its namespace."""
_SUBJECT = rf"{_DETERMINERS}(?:{_FLOWS}|something|anything|ones?)"
_STRETCH = r"(?:[^.;]|\.(?=\w)){0,90}?"
_FAILED = re.compile(
    rf"\b(?:on|of|for)\s+(?:all\s+|any\s+)?(?:errors?|failures?)\s+(?:in|of|under|below)\s+[a-z][\w-]*\.[\w.-]*\w"
    rf"|\b(?:errors?|failures?)\s+(?:in|of|from)\s+(?:any|all|the|our|every)\s+(?:of\s+our\s+)?flows?\b"
    rf"|{_WHEN}\s+{_SUBJECT}(?:\s+(?:{NAME}|{_DOTTED}|[a-z]\w*_\w+))?(?:\s+(?:in|of|below|under"
    rf"|from)\b[\w\s.,\ue001\ue002]{{0,60}}?)?\s+(?:\w+\s+)?{_FAILS}\b"
    rf"|\bfailed\s+(?:\w+\s+)?{_FLOWS}\b|\bflows?\s+(?:failures?|that\s+fail\w*)\b|\bmsg\s+on\s+fail\b"
    r"|\b(?:message|alert|notification)\s+on\s+(?:any\s+)?(?:flow\s+)?fail(?:ure)?s?\b(?=[^.;]{0,40}\bnamespace\b)"
)
_IDS = r"[a-z]\w*_\w+(?:\s*,\s*[a-z]\w*_\w+)*\s*(?:(?:and|&|or)\s+[a-z]\w*_\w+\s+)?"
_ENDED = re.compile(
    rf"{_WHEN}\s+{_DETERMINERS}{_FLOWS}\b(?:\s+{NAME})?{_STRETCH}\b{_DONE}\b"
    rf"|{_WHEN}\s+(?:both\s+|all\s+of\s+)?{_IDS}(?:(?:in|of)\s+(?:the\s+)?namespace\s+\S+\s+)?(?:both\s+)?"
    rf"(?:have\s+|has\s+|were\s+|are\s+|is\s+)?{_DONE}\b"
    rf"|\b(?:upstream|parent)\s+flows?\b|\bafter\s+flow\s+(?:{NAME}|\w+)|\bfor\s+(?:each|every)\s+finished\s+{_FLOWS}\b"
    rf"|(?:run|start|go)\w*\s+(?:this\s+(?:flow\s+)?)?(?:after|on)\s+executions\b"
)
_OTHERS = re.compile(
    r"\b(?:namespace|any\s+(?:of\s+our\s+)?flows?|all\s+flows|some\s+flow|other\s+flows?|flows\b|production\s+flow|"
    r"flow\s+of\s+ours|executions|(?:failures?|errors?)\s+(?:in|under|of|below)\s+[a-z][\w-]*\.\w+)\b"
)
_OWN_TICKETS = ("jira", "github", "gitlab", "linear", "servicenow", "hubspot", "zendesk")
_NAMESPACE = re.compile(
    rf"\bnamespaces?\s+(?P<a>{NAME}|[a-z][\w.-]*)|(?P<b>{NAME})\s+namespace|\b(?:flows?|everything"
    r"|anything|something)\s+"
    r"(?:in|under|below|of)\s+(?:the\s+)?(?P<c>[a-z][\w-]*\.[\w.-]*\w)"
)
_BELOW = re.compile(r"\b(?:below|under|everything|sub-?namespaces?|all\s+flows|darunter|beneath)\b")
_LABEL = re.compile(
    r"\blabels?\s+(?:called\s+)?[`'\"]?([\w.-]+)[`'\"]?\s*(?::|=|\bis\b|\bset\s+to\b)\s*[`'\"]?([\w.-]+)"
)


def flow_event(text: Text, mentions: Sequence[Mention]) -> Event | None:
    """The event of another flow's end, if the words speak of one."""
    failed = _FAILED.search(text.masked)
    if failed and _speaks_of_others(text.masked, failed, mentions):
        return Event("flow", _about(text, failed, True))
    ended = _ENDED.search(text.masked)
    if ended and not re.search(r"\b(?:call|subflow|child)\b", ended.group()):
        return Event("flow", _about(text, ended, False))
    return None


def _speaks_of_others(masked: str, match: re.Match[str], mentions: Sequence[Mention]) -> bool:
    """'if anything fails' beside steps of its own means this flow; a namespace or other flows mean others."""
    if _OTHERS.search(match.group() + masked[match.end() : match.end() + 50]) or _named_whole(match.group()):
        return True
    return not any(_is_own_step(m) for m in mentions if not match.start() <= m.start < match.end())


def _named_whole(words: str) -> tuple[str, str] | None:
    """(namespace, id) of a flow that is named with its namespace."""
    found = re.search(rf"\bflows?\s+({_DOTTED})", words)
    if found is None:
        return None
    namespace, _, flow = found[1].rpartition(".")
    return namespace, flow


def _is_own_step(mention: Mention) -> bool:
    if mention.service is not None:
        return mention.service.kind != "notify" and mention.service.key not in _OWN_TICKETS
    return mention.what not in ("log", "compute", "fail")


def _about(text: Text, match: re.Match[str], failed: bool) -> dict[str, object]:
    low = text.masked
    sentence = match.group() + low[match.end() :].split(". ")[0]
    args: dict[str, object] = {"failed": failed, "span": match.span(), "flows": _flow_ids(text, match)}
    if place := _NAMESPACE.search(low):
        group = next(g for g in "abc" if place[g])
        literal = text.literal_at(place.start(group))
        name = literal.value if literal else text.plain[place.start(group) : place.end(group)]
        args["namespace"] = name.rstrip(".")
        args["below"] = bool(_BELOW.search(low)) and not re.search(r"\bonly\s+in\b", low)
    elif whole := _named_whole(text.plain[match.start() : match.end()]):
        args["namespace"], flow = whole
        args["flows"] = [flow]
    args["warning"] = bool(re.search(r"\bwarn(?:ing|ung|s)?\b", low)) or not failed
    args["any_state"] = not failed and _any_state(sentence)
    args["retried"] = bool(re.search(r"\bretr(?:y|ies|ied)\b", match.group()))
    if label := _LABEL.search(text.plain[match.start() :]):
        args["label"] = (label[1], label[2])
    within = re.search(r"\bwithin\s+(?:the\s+last\s+|a\s+window\s+of\s+)?(\d+|an?|one)\s+(hours?|days?|minutes?)", low)
    if within:
        args["window"] = (within[1], within[2])
    return args


def _any_state(sentence: str) -> bool:
    """'ends, good or bad', 'success, warning or failed': however it ended."""
    fails = re.search(r"\b(?:fail\w*|error\w*|bad|broken)\b", sentence)
    good = re.search(r"\b(?:succe\w+|good|ok|fine|ends?|ended|finish\w*|matter)\b", sentence)
    return bool(fails and good)


def _flow_ids(text: Text, match: re.Match[str]) -> list[str]:
    low = text.masked
    flows = [one.value for m in re.finditer(rf"\bflows?\s+({NAME})", low) if (one := text.literal_at(m.start(1)))]
    if not flows:
        heard = re.sub(r"\bnamespace\s+\S+", " ", match.group())
        flows = re.findall(r"\b[a-z]\w*_\w+\b", heard)
    letters = re.search(r"\bflows?\s*,\s*([a-z]\w*)\s+and\s+([a-z]\w*)", low)
    if letters and not flows:
        flows = [text.plain[letters.start(1) : letters.end(1)], text.plain[letters.start(2) : letters.end(2)]]
    more = re.search(rf"\bflows?\s+{NAME}(?:\s*,\s*{NAME})*\s*(?:,\s*)?and\s+({NAME})", low)
    if more and (one := text.literal_at(more.start(1))) and one.value not in flows:
        flows.append(one.value)
    return flows
