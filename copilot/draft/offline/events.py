"""What starts a flow beside the clock: a webhook, another flow's end, a file, rows, a message, a mail, an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.draft.offline.ir import Event
from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.text import NAME, URL, Text

_WEBHOOK = re.compile(
    r"\bwebhook\b(?!\s*(?:url|unknown|tbd|follows|later|to\s+follow|is\s+(?:the\s+)?(?:secret|in)|from\s+(?:the\s+)?secret|in\s+(?:the\s+)?secret|address))"
    r"|\b(?:call|hit|post)s?\s+(?:our|my|a|an|this|the)\s+(?:http\s+)?(?:hook|callback)\b"
)
_NOT_WEBHOOK = re.compile(
    r"\b(?:slack|teams|discord|zulip|incoming|google\s+chat|to\s+(?:a|the|this)|via\s+(?:the\s+)?(?:slack|teams)|catch)\s+$"
)
_WHEN = r"(?:when(?:ever)?|if|once|after|as\s+soon\s+as|each\s+time|every\s+time|wenn|sobald|cuando|quand|on\s+(?:every|each|any)?)"
_FLOW_SUBJECT = r"(?:(?:any|some|all|every|another|the|an?|one\s+of|other|production|prod|our|my|ein(?:e[rsm]?)?|irgendein|ingest\w*|upstream|two|both)\s+){0,4}(?:flows?|workflows?|pipelines?|executions?|something|anything|ones?)"
_FAIL = r"(?:fails?|failed|failing|failure|errors?\b|gets?\s+(?:an?\s+)?(?:error|warning)|ends?\s+(?:in\s+|with\s+|as\s+)?(?:failed|error|a?\s*warning|failure)|crash\w*|breaks?|fehlschl\w+|scheitert|falla)"
_DONE = r"(?:succe\w+|finish\w*|complete[sd]?|ends?\b|done|is\s+through|has\s+run|ran|were\s+successful|success\w*|erfolgreich|terminado?)"
_OTHER_FLOW_FAILS = re.compile(
    rf"\b(?:errors?|failures?)\s+(?:in|of|from)\s+(?:any|all|the|our|every)\s+(?:of\s+our\s+)?flows?\b|{_WHEN}\s+{_FLOW_SUBJECT}(?:\s+{NAME})?(?:\s+(?:in|of|below|under|from|from\s+the)\b[\w\s.,\ue001\ue002]{{0,60}}?)?\s+(?:\w+\s+)?{_FAIL}"
    rf"|\bfailed\s+(?:\w+\s+)?(?:flows?|executions?|workflows?)\b|\bflows?\s+(?:failures?|that\s+fail\w*)\b|\bmsg\s+on\s+fail\b|\b(?:message|alert|notification)\s+on\s+(?:any\s+)?(?:flow\s+)?fail(?:ure)?s?\b(?=[^.;]{{0,40}}\bnamespace\b)"
)
_OTHER_FLOW_DONE = re.compile(
    rf"{_WHEN}\s+(?:the\s+|my\s+|our\s+|another\s+|both\s+)*(?:upstream\s+)?(?:flows?|workflows?)\b(?:\s+{NAME})?(?:[^.;]|\.(?=\w)){{0,60}}?\b{_DONE}|{_WHEN}\s+(?:both\s+|all\s+of\s+)?[a-z]\w*_\w+(?:\s*,\s*[a-z]\w*_\w+)*\s*(?:(?:and|&|or)\s+[a-z]\w*_\w+\s+)?(?:(?:in|of)\s+(?:the\s+)?namespace\s+\S+\s+)?(?:both\s+)?(?:have\s+|has\s+|were\s+|are\s+|is\s+)?{_DONE}|\b(?:upstream|parent)\s+flows?\b|\bafter\s+flow\s+(?:{NAME}|\w+)"
)
_ARRIVES = r"(?:arriv\w+|land\w*|appear\w*|is\s+uploaded|are\s+uploaded|gets?\s+uploaded|uploaded|dropp?\w*|comes?\s+in|shows?\s+up|is\s+added|are\s+added|added|is\s+there|is\s+created|created|new|ankommt|eintrifft|llega\w*|arrive|is\s+put|is\s+placed)"
_FILE = r"(?:files?|zips?|archives?|parquets?|xmls?|objects?|csvs?|jsons?|documents?|blobs?|images?|pdfs?|invoices?|exports?|reports?|datei\w*|archivos?|fichiers?)"
_FILE_ARRIVES = re.compile(
    rf"\b(?:gets?|receives?)\s+(?:an?\s+)?(?:new\s+)?(?:\w+\s+)?{_FILE}\b|\bwait\w*\s+for\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:\w+\s+)?{_FILE}\b|\b(?:new\s+)?{_FILE}\b[\w\s'\ue000-\ue005/.-]{{0,50}}?\b{_ARRIVES}|\bnew\s+(?:\w+\s+){{0,2}}?{_FILE}\b|\bwatch\b[^.;]{{0,40}}\b(?:folder|bucket|directory|prefix)\b|\b{_ARRIVES}\b[^.;]{{0,20}}\b(?:bucket|folder)\b"
)
_ROWS_CHANGE = re.compile(
    r"\b(?:new|updated|changed|inserted)\s+(?:rows?|records?|documents?|entries|orders?)\b|\b(?:rows?|records?|documents?|entries)\s+(?:were|are|is|get|have\s+been|has\s+been)?\s*(?:\w+\s+)?(?:updated|inserted|added|changed|appear\w*|arriv\w*)|\bwatch\b[^.;]{0,40}\b(?:table|collection|database)\b|\bquery\s+returns\s+rows?\b|\b(?:something|anything|an?\s+(?:\w+\s+)?(?:item|element|entry|job|row|record))\s+is\s+(?:pushed|added|put|inserted|appended)\b"
)
_MESSAGE = re.compile(
    r"\b(?:each|every|all|per|when(?:ever)?\s+an?|any|new|incoming|single|on\s+an?)\s+(?:new\s+|incoming\s+|single\s+|\w+\s+)?(?:[\w/]+\s+)?(?:messages?|events?|records?|notifications?)\b|\breal-?\s?time\b|\bas\s+(?:soon\s+as\s+)?(?:they|it)\s+(?:come|arrive)s?\b|\bstream(?:ing)?\s+from\b|\blisten\w*\s+(?:to|on)\b|\bsubscribe\b|\bconsume\b|\b(?:messages?|events?)\s+(?:arriv|com|land|is\s+published)\w*|\bpublished\s+to\b"
)
_POLL = re.compile(r"\b(?:poll|batch(?:es)?\s+of|collect\w*)\b")
_MAIL = re.compile(
    r"\b(?:e-?mails?|mails?)\s+(?:\w+\s+){0,3}(?:arriv\w+|is\s+received|comes?\s+in|lands?)|\bnew\s+(?:e-?mail|mail)\b|\breceives?\s+an?\s+e-?mail"
)
_CHANGES = re.compile(r"\bchang(?:es|ed)\b|\bis\s+(?:modified|edited|updated)\b|\bmodified\b")
_STARTS_WHEN = re.compile(
    rf"^\W*wait\w*\s+for\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:\w+\s+)?{_FILE}\b|^\W*[\w\s]{{0,24}}\bnew\s+(?:\w+\s+){{0,2}}?{_FILE}\b|\b(?:every|each|any)\s+\w+\s+(?:that\s+|which\s+)?{_ARRIVES}|"
    rf"^\W*trigger(?:ed)?\s*(?::|by|on)|^\W*(?:\w+\s+){{0,3}}?{_WHEN}\b|\bwatch\b|\bon\s+(?:new|arrival|upload)\b|^\W*(?:a\s+|new\s+|each\s+|every\s+)*{_FILE}\s+{_ARRIVES}|^\W*(?:new|each|every)\b|\bnew\s+{_FILE}\s+in\b|\b(?:messages?|events?)\b|\bconsume\b|\bclassify\s+every\b|\blisten\w*\b|\breal-?\s?time\b|\btriggered\s+by\b|\bstarted\s+by\b"
)


POLLS = re.compile(r"\btrigger\w*\s+(?:on|by|when)\b|\bpoll(?:s|ing)?\s+(?:it\s+)?(?:each|every|once)\b")
_POLLED_URL = re.compile(
    rf"\b(?:poll|watch|check|ask)s?\s+(?P<url>{URL}+)[^.;]*?\b(?:start|begin|trigger|kick\s+off)s?\b(?:\s+\w+){{0,2}}?\s+(?:as\s+soon\s+as|when|once)\b"
)


def find_events(text: Text, mentions: Sequence[Mention], has_schedule: bool) -> tuple[list[Event], set[int]]:
    """(events, start offsets of the service mentions that are the event and so no step)."""
    masked = text.masked
    has_schedule = has_schedule and not POLLS.search(masked)
    if polled := _POLLED_URL.search(masked):
        literal = text.literal_at(polled.start("url"))
        wanted = re.search(r"\b(?:says?|is|contains?|returns?|shows?|reports?)\s+([\w-]+)", masked[polled.end() :])
        said = wanted[1] if wanted and wanted[1] not in ("there", "a", "the", "up", "available") else ""
        return [Event("http", {"uri": literal.value if literal else "", "wanted": said, "span": polled.span()})], set()
    for match in _WEBHOOK.finditer(masked):
        if not _NOT_WEBHOOK.search(masked[: match.start()]) and not re.search(
            r"\bpost\w*\s+(?:it\s+)?to\s+\S+\s+when", masked
        ):
            source = {m.start for m in mentions if m.service and m.service.kind == "saas" and _calls(masked, m, match)}
            return [Event("webhook", {"span": match.span()})], source
    if (match_ := _OTHER_FLOW_FAILS.search(masked)) and _speaks_of_others(masked, match_, mentions):
        return [Event("flow", _flow_args(text, match_, True))], set()
    if (match_ := _OTHER_FLOW_DONE.search(masked)) and not re.search(
        r"\b(?:call|subflow|child)\b", masked[match_.start() : match_.end()]
    ):
        return [Event("flow", _flow_args(text, match_, False))], set()
    return _service_events(masked, mentions, has_schedule)


def _speaks_of_others(masked: str, match: re.Match[str], mentions: Sequence[Mention]) -> bool:
    """'if anything fails' beside steps of its own means this flow; a namespace or other flows mean others."""
    if re.search(
        r"\b(?:namespace|any\s+(?:of\s+our\s+)?flows?|all\s+flows|some\s+flow|other\s+flows?|flows\b|production\s+flow|flow\s+of\s+ours|executions)\b",
        match.group() + masked[match.end() : match.end() + 50],
    ):
        return True
    own = [
        m
        for m in mentions
        if not (m.service and m.service.kind == "notify")
        and m.what not in ("log", "compute", "fail")
        and not match.start() <= m.start < match.end()
    ]
    return (
        len(
            [
                m
                for m in own
                if not (m.service and m.service.key in ("jira", "github", "gitlab", "linear", "servicenow"))
            ]
        )
        == 0
    )


def _calls(masked: str, mention: Mention, hook: re.Match[str]) -> bool:
    """'GitHub calls our webhook', 'ServiceNow posts X to our webhook': the caller is no step."""
    if mention.end <= hook.start():
        return (
            bool(
                re.fullmatch(
                    r"[^.;:→]{0,45}(?:calls?|hits?|posts?|sends?|triggers?|fires?)[^.;:→]{0,40}",
                    masked[mention.end : hook.start()],
                )
            )
            or masked[mention.end : hook.start()].strip() == ""
        )
    return False


def _flow_args(text: Text, match: re.Match[str], failed: bool) -> dict[str, object]:
    words = text.masked
    namespace = re.search(rf"\bnamespace\s+({NAME}|[a-z][\w.-]*)|({NAME})\s+namespace", words)
    args: dict[str, object] = {"failed": failed, "span": match.span()}
    if namespace:
        group = 1 if namespace[1] else 2
        literal = text.literal_at(namespace.start(group))
        args["namespace"] = (
            literal.value if literal else text.plain[namespace.start(group) : namespace.end(group)]
        ).rstrip(".")
        args["below"] = bool(
            re.search(r"\b(?:below|under|everything|sub-?namespaces?|all\s+flows|darunter)\b", words)
        ) and not re.search(r"\bonly\s+in\b", words)
    flows = [one.value for m in re.finditer(rf"\bflows?\s+({NAME})", words) if (one := text.literal_at(m.start(1)))]
    if not flows:
        heard = re.sub(r"\bnamespace\s+\S+", " ", match.group())
        flows = re.findall(r"\b[a-z]\w*_\w+\b", heard)
    letters = re.search(r"\bflows?\s*,\s*([a-z]\w*)\s+and\s+([a-z]\w*)", words)
    if letters and not flows:
        flows = [text.plain[letters.start(1) : letters.end(1)], text.plain[letters.start(2) : letters.end(2)]]
    more = re.search(rf"\bflows?\s+{NAME}(?:\s*,\s*{NAME})*\s*(?:,\s*)?and\s+({NAME})", words)
    if more and (one := text.literal_at(more.start(1))) and one.value not in flows:
        flows.append(one.value)
    args["flows"] = flows
    args["warning"] = bool(re.search(r"\bwarn(?:ing|ung|s)?\b", words)) or not failed
    within = re.search(
        r"\bwithin\s+(?:the\s+last\s+|a\s+window\s+of\s+)?(\d+|an?|one)\s+(hours?|days?|minutes?)", words
    )
    if within:
        args["window"] = (within[1], within[2])
    return args


def _service_events(masked: str, mentions: Sequence[Mention], has_schedule: bool) -> tuple[list[Event], set[int]]:
    first = next((m for m in mentions if m.service), None)
    for mention in mentions:
        service = mention.service
        if service is None:
            continue
        if (
            mention is first
            and service.kind == "queue"
            and "realtime" in service.roles
            and (re.search(r"\breal-?\s?time\b", masked) or _heads_a_chain(masked, mention, has_schedule))
        ):
            return [Event("service", {"service": service, "role": "realtime", "start": mention.start})], {mention.start}
        start, end = _sentence(masked, mention.start)
        words, head = masked[start:end], masked[max(0, start) : mention.start]
        if not _STARTS_WHEN.search(words):
            continue
        role = _event_role(service.kind, service.roles, words, masked, mention, has_schedule)
        if role and service.kind == "saas" and not head.strip():
            role = ""
        if role and not _is_target(masked, mention):
            return [Event("service", {"service": service, "role": role, "start": mention.start})], {mention.start}
    if not has_schedule and _MAIL.search(masked):
        target = {
            m.start
            for m in mentions
            if m.service and m.service.key == "mail" and _MAIL.search(masked, max(0, m.start - 8))
        }
        return [Event("mail", {})], target
    return [], set()


def _heads_a_chain(masked: str, mention: Mention, has_schedule: bool) -> bool:
    """'mqtt values -> pagerduty': a queue at the head of an arrow chain is what starts the flow."""
    head, tail = masked[: mention.start], masked[mention.end :]
    return not has_schedule and len(head.split()) <= 2 and bool(re.match(r"[^.;,]{0,40}?(?:->|→|=>)", tail))


def _event_role(kind: str, roles: object, words: str, masked: str, mention: Mention, has_schedule: bool) -> str:
    service_roles = mention.service.roles if mention.service else {}
    if kind == "store" and "trigger" in service_roles:
        return (
            "trigger"
            if _FILE_ARRIVES.search(words)
            or (
                mention.service
                and mention.service.key == "sheets"
                and (_CHANGES.search(words) or _ROWS_CHANGE.search(words))
            )
            else ""
        )
    if kind in ("sql", "nosql") and "trigger" in service_roles and not has_schedule:
        return "trigger" if _ROWS_CHANGE.search(masked) else ""
    every = re.search(r"\bevery\s+" + re.escape(masked[mention.start : mention.end]), masked)
    if kind == "queue" and not has_schedule and (_MESSAGE.search(words) or every):
        return "trigger" if _POLL.search(words) or "realtime" not in service_roles else "realtime"
    return ""


def _is_target(masked: str, mention: Mention) -> bool:
    before = masked[max(0, mention.start - 32) : mention.start]
    return bool(re.search(r"\b(?:to|into|onto)\s+(?:(?:an?|the|our|my)\s+)?(?:\w+\s+)?$", before)) and not re.search(
        r"\b(?:uploaded|added|published|listen\w*|dropped|sent|subscribe)\s+(?:to|into)\s+(?:(?:an?|the|our|my)\s+)?(?:\w+\s+)?$",
        before,
    )


def _sentence(masked: str, position: int) -> tuple[int, int]:
    starts = [m.end() for m in re.finditer(r"[.!?;\n](?=\s)|→|->|=>", masked[:position])]
    end = re.search(r"[.!?;\n](?=\s)|→|->|=>|$", masked[position:])
    return (starts[-1] if starts else 0), position + (end.start() if end else 0)
