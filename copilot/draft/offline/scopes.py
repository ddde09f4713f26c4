"""Where a clause's steps belong: the main list, errors or finally; under a condition, in a loop, side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from copilot.draft.offline.features import CARRIES_ON, NUMBER_WORDS, number
from copilot.draft.offline.text import LIST, NAME, Clause, Text
from copilot.draft.offline.verbs import STARTS_CLAUSE

_SUBJECT = (
    r"(?:it|that|this|anything|something|any\s+of\s+(?:them|it)|one|any|(?:the|my|a|an|any|our"
    r"|that)?\s*(?:[\w-]+\s+){0,3}?(?:task|step|flow|run|job|download|load|query|script|import|request"
    "|call|build|dbt|deploy|upload|sync|export|etwas|alles|pipeline|copy|ingestion|test"
    r"|backup|check|command|model)s?(?:\s+(?:of|from|to)\s+[\ue000-\ue005]+)?|dbt|ingestion"
    r"|(?:the\s+)?(?:\w+\s+){0,2}[\w-]+\.\w{1,4})"
)
_BROKE = (
    r"(?:fails?|failed|errors?(?:\s+out)?|breaks?|crash\w*|goes\s+wrong|went\s+wrong|go\s+wrong"
    r"|doesn'?t\s+work|dies?|died|exits?\s+(?:with\s+)?(?:an?\s+|a\s+code\s+)?(?:errors?|non-?zero"
    r"|status\s+[1-9])|ends?\s+(?:in|with)\s+(?:an?\s+)?(?:error|failure)|fehlschl\w+|schief\w*|falla"
    "|échoue)"
)
_ERRORS = re.compile(
    r"\b(?:if|when(?:ever)?|in\s+case|should)\s+(?:the|my|our|its|a|one\s+of\s+the)\s+(?:(?!input"
    rf"|value|status|payment|order|upstream|flow\b)[a-z][\w-]*\s+){{1,4}}?{_BROKE}|\b(?:which"
    rf"|what)\s+(?:step|task|one|part)\s+(?:\w+\s+)?(?:{_BROKE}|broke)|\bon\s+error\b|\bif\s+(?:it"
    r"|something)\s+(?:goes|went)\s+wrong|\bif\s+(?:it\s+is\s+|it'?s\s+)?broken\b|\b(?:if"
    rf"|when(?:ever)?|in\s+case|should|wenn|falls|si)\s+{_SUBJECT}\s+(?:ever\s+|still\s+|really\s+"
    rf"|also\s+)?{_BROKE}|\b(?:if|when)\s+{_SUBJECT}\s+(?:does\s+not|doesn't|did\s+not|didn't|is\s+not"
    r"|isn't)\s+(?:succeed|work|finish|complete|successful)\w*|\bon\s+(?:an?\s+|any\s+)?(?:error"
    r"|failure|fail)s?\b|\bbei\s+(?:einem\s+)?(?:fehler\w*|problemen)"
    r"|\bin\s+case\s+of\s+(?:an?\s+)?(?:error|failure|problem)s?|\bif\s+(?:not|there\s+(?:is"
    r"|are)\s+(?:an?\s+)?errors?)\b(?=[^.;]*\b(?:alert|page)\b)|\balert\s+on\s+fail\w*|\b(?:error"
    r"|failure)\s+alert|\ben\s+cas\s+d'erreur|\ben\s+caso\s+de\s+error"
    r"|\bif\s+something\s+goes\s+wrong|\bsends?\s+the\s+(?:real\s+)?error\b|\bafter\s+(?:a"
    r"|the)\s+failure\b|\bif\s+the\s+last\s+try\s+fails"
)
_BOTH = re.compile(
    r"\b(?:if|when(?:ever)?|whether)\s+(?:it|the\s+\w+)\s+(?:(?:fails?|failed|succeed\w*"
    r"|worked)\s+or\s+(?:not|finish\w*|succeed\w*|fail\w*)|finish\w*\s+or\s+fails?)"
    r"|\bif\s+it\s+worked\s+or\s+not|\bsuccess\s+or\s+failure|\bwhen\s+(?:it'?s?\s+"
    r"|it\s+is\s+)?(?:done|finished|ok|through|successful)\s+and\s+(?:also\s+)?(?:when"
    r"|if)\s+(?:it\s+)?(?:went\s+wrong|goes\s+wrong|fail\w*|broke)|\b(?:good|ok|fine)\s+or\s+(?:bad"
    r"|not)\b|\bin\s+both\s+cases\b"
)
_FINALLY = re.compile(
    r"\b(?:in\s+(?:every|any|all|each)\s+cases?|no\s+matter\s+(?:what|if|whether|how)"
    r"|whatever\s+happens|even\s+(?:if|when)\s+(?:[\w-]+\s+){1,5}?(?:fail\w*|died?|crash\w*|broke"
    r"|went\s+wrong|goes\s+wrong)|regardless\s+of|auf\s+jeden\s+fall|in\s+jedem\s+fall"
    r"|always\s+(?:delete|remove|clean|release|stop|shut|tear|drop|log\s+at\s+the\s+end"
    r"|run\s+at\s+the\s+end)|finally\s+block|also\s+(?:when|if)\s+it\s+failed)\b"
)
_SUCCESS = re.compile(
    r"\b(?:on\s+success|if\s+(?:it|everything|all)\s+(?:worked|went\s+well|succeed\w*|is\s+fine"
    r"|was\s+successful)|when\s+(?:finished|done|it'?s?\s+(?:done|finished|through)|ready|complete)"
    r"|once\s+(?:done|finished)|bei\s+erfolg)\b"
)
_CONDITION = re.compile(
    r"\b(?:only\s+)?(?:if|unless|falls|wenn|si|when(?=\s+(?:the\s+)?(?:status|result|count|number"
    r"|value|amount|answer|response|there|(?:the\s+)?input|it\s+is|it'?s"
    r"|that'?s)))\s+(?P<condition>[^,;→]+?)(?=\s+(?:→|->|(?<!less )(?<!more )(?<!fewer )then\b"
    r"|write\b|send\b|log\b|fail\b|post\b|mail\b|ping\b|slack\b|only\b|call\b|run\b|page\b|alert\b"
    r"|notify\b|tell\b|e-?mail\b|inform\b|open\b|create\b|start\b|trigger\b|load\b|insert\b|store\b"
    r"|convert\b|skip\b|stop\b|raise\b|wait\b|pause\b|ask\b|print\b|sleep\b|require\b|update\b"
    r"|insert\b|upsert\b|delete\b|remove\b|put\b|add\b|upload\b|publish\b|move\b|copy\b|merge\b"
    r"|refresh\b|restart\b|approve\b|mark\b|escalate\b|warn\b|use\b|do\b)|,|;|$|\s-)"
)
_BARE = re.compile(
    r"^\W*(?:and\s+)?(?P<condition>(?:(?:above|below|over|under|at\s+least|at\s+most|more\s+than"
    r"|less\s+than|greater\s+than)\s+-?\d+(?:\.\d+)?|(?:from|between)\s+-?\d+(?:\.\d+)?\s+(?:to|and"
    r"|up\s+to)\s+-?\d+(?:\.\d+)?))\b(?=\W+\w|\W*$)"
)
_ONES_GO = re.compile(
    r"(?P<condition>[\w-]+(?:\s+[\w-]+)?)\s+(?:ones|messages|files|events|rows|orders|requests"
    r"|tickets|records)\s+(?:should\s+|must\s+)?(?:go|goes|are\s+sent|get\s+sent|be\s+sent)\s+to"
)
_ONLY_CALL = re.compile(r"\bonly\s+(?:call|run|send|load|write)\s+[^,;]+?\s+if\s+(?P<condition>[^,;]+)")
_ELSE = re.compile(
    r"^\W*(?:otherwise|else|if\s+not\b|sonst|sino|sinon|in\s+that\s+case\s+just|everything\s+else"
    r"|(?:all\s+)?(?:the\s+)?others?\b|if\s+no\s+|in\s+the\s+other\s+case|andernfalls)"
)
_PARALLEL = re.compile(
    r"\b(?:all\s+together|together(?=\s*[,(.]|\s+(?:and\s+)?(?:then|when|wait|after)|$)|in\s+parallel"
    r"|parallel(?:ly)?|at\s+the\s+same\s+time|simultaneously|side\s+by\s+side|at\s+once|concurrently"
    r"|gleichzeitig|en\s+paralelo|en\s+parallèle)\b"
)
_NOT_PARALLEL = re.compile(
    r"\b(?:executions|runs|deploys|instances|(?:one|1|single|two|2)\s+(?:execution|run|deploy|job"
    r"|instance|flow)s?|max\w*|not\s+more|no\s+more|at\s+most|limit)\b[^.;]{0,30}\b(?:at\s+once"
    r"|at\s+the\s+same\s+time|in\s+parallel|simultaneously|concurrently)\b"
)
_COUNTED = re.compile(
    rf"\b(?P<n>\d+|{'|'.join(w for w in NUMBER_WORDS if len(w) > 2 and w not in ('half', 'once', 'twice', 'thrice', 'one'))})\s+(?:\w+\s+){{0,2}}?(?P<noun>[a-z]+s)\b"
)
_EACH = re.compile(
    r"\b(?:for\s+(?:each|every|all)(?:\s+one)?(?:\s+of)?|(?:push|process|load|send|post|log|logging"
    "|call|handle|insert|create|upload|write|do|run|fetch|copy|move|download|read|convert|export"
    r"|import|query|delete|validate|check|mail|notify|index|save|store|save|ping)s?\s+(?:each|every"
    r"|all)(?:\s+of)?|one\s+(?:call|task|line|message|file|log\s+line|run|subflow|\w+)\s+(?:per"
    r"|for\s+(?:each|every))|(?!(?:in|on|at|of|for|with|by|per|and|or|to|from|than|every|its"
    r"|their)\b)[a-z]{3,}\s+each(?!\s+(?:morning|day|night|week|month|hour|evening|monday|tuesday"
    r"|wednesday|thursday|friday|saturday|sunday|year|minute))|in\s+each\s+of\s+(?:them|these|those)"
    r"|each\s+(?:task|row|line|file|item|record|url|one)|of\s+(?:each|every)|(?:sub-?flow|call|task"
    r"|job|request|run|execution)s?\s+per|for\s+(?:the\s+)?numbers(?=\s+(?:from\s+)?\d)|go\s+through"
    r"|loop\s+(?:over|through|the)|iterate\s+over|per\s+(?:row|file|item|line|batch|partition)\b"
    r"|the\s+last\s+\d+\s+(?:\w+\s+)?partitions|in\s+its\s+own\s+container|(?:log"
    r"|print)\s+one\s+line\s+each|loop\s+\d+\s+times|repeat\s+\d+\s+times|\d+\s+times\s+(?:log|call"
    r"|run|do)|monitor\s+\d+|\d+\s+items|every\s+combination|one\s+by\s+one|für\s+jede[nrs]?|para\s+cada"
    r"|pour\s+chaque)\b(?:\s+(?:of\s+)?(?:the\s+|these\s+|this\s+)?(?P<noun>[a-z][\w-]*))?"
)
_NOT_EACH = re.compile(
    r"\b(?:file|sheet|json|row|object|event)s?\s+per\s+(?:date|day|csv|line|file|month)\b"
    r"|\bwait\s+for\s+all|\bmessage\s+for\s+each|\bin\s+all\s+namespaces"
    r"|\ball\s+(?:the\s+)?(?:\w+\s+)?(?:csvs|files|parquets?)\s+in\s+\w+\s+with\b|\b(?:put"
    r"|insert)\s+in\s+\d+\s+items|\bdefault\s+branch|\bown\s+branch|\b(?:push|sync|pull"
    r"|back\s+up)\w*\s+all\s+(?:our\s+|the\s+)?flows|\bpurge\s+all|\ball\s+our\s+secrets"
    r"|\bper\s+(?:country|region|product|brand|category|customer|month|day|currency|job\s+title"
    r"|user)\b(?!.*\bone\s+(?:line|call|message))"
)
# 'for DK, SN and JP call the flow': what follows is done for each of them.
_NAMED_ONES = re.compile(
    r"^\W*for\s+(?!example\b)[\w-]+(?:\s*,\s*[\w-]+)*\s*,?\s+(?:and|und|y|et)\s+[\w-]+\s*[,:]?\s+"
    r"(?:call|run|start|log|print|do|send|post|create|make|load|download|fetch|get|query|insert|copy|upload|trigger)\b"
)
_AT_A_TIME = re.compile(
    rf"\b(?:max(?:imum)?\s+)?(?P<n>\d+|{'|'.join(NUMBER_WORDS)})\s+(?:\w+\s+)?(?:at\s+(?:a|the\s+same"
    r"|one)\s+time|at\s+once|in\s+parallel|concurrently|simultaneously|items?\s+at\s+a\s+time)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one clause says about where its steps go."""

    where: str = "tasks"
    condition: str = ""
    negated: bool = False
    otherwise: bool = False
    parallel: bool = False
    count: int = 0
    each: bool = False
    noun: str = ""
    items: tuple[str, ...] = ()
    limit: int | None = None
    both: bool = False


def find_scopes(
    text: Text, clauses: tuple[Clause, ...], other_flow: bool, schedule_spans: list[tuple[int, int]]
) -> list[Scope]:
    """One scope a clause; a lone 'if anything fails,' hands its scope to the rest of its sentence."""
    out: list[Scope] = []
    carried: tuple[int, str] | None = None
    for index, clause in enumerate(clauses):
        words = _without(text.masked, clause, schedule_spans)
        outside = re.sub(r"\([^)]*\)", lambda m: " " * len(m.group()), words)
        where = _where(outside, other_flow)
        if where == "finally" and out and clauses[index - 1].sentence == clause.sentence and _only_says_so(words):
            out[-1] = replace(out[-1], where="finally")
        condition, negated = _condition(words) if where == "tasks" else ("", False)
        if carried and carried[0] == clause.sentence and where == "tasks":
            where = carried[1]
        elif where in ("errors", "finally") and _leads(outside, where):
            carried = (clause.sentence, where)
        out.append(
            Scope(
                where, condition, negated, bool(_ELSE.search(words)), _is_parallel(words), _count(words), *_each(text, clause, words),
                limit=_limit(words) or (_limit(text.masked[clause.start : clauses[index + 1].end]) if index + 1 < len(clauses) else None), both=bool(_BOTH.search(words)),
            )
        )  # fmt: skip
    return out


def _only_says_so(words: str) -> bool:
    """'even if the query broke' at the end speaks of the clause before it."""
    return not re.search(
        r"[a-z]{3,}", re.sub(r"\b(?:and|then|too|also|afterwards|at\s+the\s+end)\b", " ", _FINALLY.sub(" ", words))
    )


def _without(masked: str, clause: Clause, spans: list[tuple[int, int]]) -> str:
    chars = list(masked[clause.start : clause.end])
    for start, end in spans:
        for i in range(max(start, clause.start), min(end, clause.end)):
            chars[i - clause.start] = " "
    return "".join(chars)


def _where(words: str, other_flow: bool) -> str:
    if _BOTH.search(words) or CARRIES_ON.search(words):
        return "tasks"
    if _FINALLY.search(words):
        return "finally"
    if not other_flow and _ERRORS.search(words):
        return "errors"
    return "tasks"


def _leads(words: str, where: str) -> bool:
    pattern = _ERRORS if where == "errors" else _FINALLY
    match = pattern.search(words)
    return bool(match and match.start() < 6)


def _condition(words: str) -> tuple[str, bool]:
    if _SUCCESS.search(words) or CARRIES_ON.search(words):
        return "", False
    match = _ONLY_CALL.search(words) or _CONDITION.search(words) or _ONES_GO.search(words) or _BARE.search(words)
    if not match:
        return "", False
    condition = match["condition"].strip()
    if re.fullmatch(r"not(?:\s+\w+)?", condition) and _ELSE.search(words):
        return "", False
    if re.fullmatch(r"(?:possible|needed|necessary|you\s+can|that'?s?\s+\w+|i\s+start\s+it\s+by\s+hand)", condition):
        return "", False
    if re.search(r"\btakes?\s+longer|\bstarted\s+meanwhile|\bhas\s+set\s+it|\bpossible\b", condition):
        return "", False
    if re.match(
        r"(?:it|the\s+\w+)\s+(?:doesn'?t\s+exist|isn'?t\s+there|(?:does\s+not|do\s+not|dont|don't)\s+exist)|they\s+don",
        condition,
    ) and re.search(r"\bcreate\b|\bkv\b|\bkey\b", words):
        return "", False
    return condition, "unless" in match.group()


def _is_parallel(words: str) -> bool:
    if re.search(r"\bchild\b|\bsub-?flows?\b", words):
        return bool(_PARALLEL.search(words))
    return bool(_PARALLEL.search(words)) and not _NOT_PARALLEL.search(words)


def _count(words: str) -> int:
    if times := re.search(r"\b(?:loop|repeat)\s+(\d+)\s+times|\b(\d+)\s+times\s+(?:log|call|run|do)", words):
        return int(times[1] or times[2])
    match = _COUNTED.search(words)
    if match is None or match["noun"] in (
        "seconds",
        "minutes",
        "mins",
        "hours",
        "hrs",
        "days",
        "times",
        "secs",
        "months",
        "years",
        "weeks",
        "tries",
        "attempts",
        "partitions",
        "lines",
        "rows",
        "weekdays",
        "decimals",
        "is",
        "as",
    ):
        return 0
    return int(number(match["n"]))


def _limit(words: str) -> int | None:
    match = _AT_A_TIME.search(words)
    return int(number(match["n"])) if match else None


def _each(text: Text, clause: Clause, words: str) -> tuple[bool, str, tuple[str, ...]]:
    match = _EACH.search(words)
    literal = next((one for one in text.within(clause.start, clause.end, LIST)), None)
    items = tuple(v.strip().strip("'\"") for v in literal.value.split(",")) if literal and "," in literal.value else ()
    if match is None or _NOT_EACH.search(words):
        listed = _NAMED_ONES.match(words) or _capitals(text.plain[clause.start : clause.end])
        return bool(items) or bool(listed), "", items
    noun = match["noun"] or ""
    return True, "" if noun in ("must", "with", "our", "my", "the", "it", "them") else noun, items


_CAPITALS = re.compile(r"\b(?:for|[Pp]er\s+\w+:)\s+(?P<items>[A-Z][\w-]*(?:\s*,\s*(?:and\s+)?[A-Z][\w-]*){2,})")


def _capitals(words: str) -> tuple[str, ...]:
    """Names written out after 'for' or 'per country:', at least three of them."""
    found = _CAPITALS.search(words)
    return tuple(re.split(r"\s*,\s*(?:and\s+)?", found["items"])) if found else ()


_MONTHS_ASKED = re.compile(
    r"\b(?:12|twelve)\s+months\b|\bloop\b[^.;]*\bmonths\b|\bfor\s+(?:each|every"
    r"|all)\s+(?:the\s+)?months?\b|\beach\s+month\s+of\s+\d{4}"
)


def list_items(text: Text) -> list[tuple[str, tuple[str, ...]]]:
    """Lists written out: 'outer list A, B and inner list 1, 2', 'for Berlin, Paris and Rome'."""
    out: list[tuple[str, tuple[str, ...]]] = []
    for match in re.finditer(
        (
            r"\b(?P<name>outer|inner|first|second|the|this|following"
            r"|a)?\s*lists?\s*(?:of\s+\w+)?\s*:?\s+(?P<items>[\w-]+(?:\s*,\s*[\w-]+)*\s*(?:,|and"
            r"|or)\s*[\w-]+)(?=[;.:]|\s+and\s+inner|$|,?\s+log)"
        ),
        text.masked,
    ):
        items = tuple(
            v
            for v in re.split(r"\s*,\s*|\s+and\s+|\s+or\s+", text.plain[match.start("items") : match.end("items")])
            if v and v.lower() not in ("and", "inner", "list")
        )
        out.append((match["name"] or "", items))
    if not out and (names := _capitals(text.plain)):
        out.append(("", names))
    if (
        not out
        and re.search(r"\b(?:all|the|each|every)\s+(?:12\s+|twelve\s+)?months?\b", text.masked)
        and _MONTHS_ASKED.search(text.masked)
    ):
        out.append(("", tuple(f"{n:02d}" for n in range(1, 13))))
    if not out and (listed := named_items(text)):
        out.append(("", listed))
    span = re.search(r"\bnumbers?\s+(?:from\s+)?(\d+)\s*(?:to|through|-|–|bis)\s*(\d+)\b", text.masked)
    if span and not out and 0 < int(span[2]) - int(span[1]) < 100:
        out.append(("", tuple(str(n) for n in range(int(span[1]), int(span[2]) + 1))))
    if not out:
        found = re.search(
            r"\b(?:for\s+each|each)\s+of\s+(?P<items>[\w-]+(?:\s*,\s*[\w-]+)+)\b(?!\s+(?:and|or)\b)(?!\s*,)",
            text.masked,
        ) or re.search(
            (
                r"\b(?:for|each\s+of|over|cities|regions|countries|names|values|colou?rs"
                r"|environments)\s*:?\s+(?P<items>[\w-]+(?:\s*,\s*[\w-]+)+\s*(?:,?\s*(?:and"
                r"|or)\s+)[\w-]+)|\b(?:(?:für\s+jede\w*|para\s+cada|pour\s+chaque"
                r"|for\s+each)\s+\w+\s+(?:von|aus|de|of|in"
                r"|en))\s*:?\s+(?P<items2>[\w-]+(?:\s*,\s*[\w-]+)*(?:\s*,\s*|\s+)(?:and|or|und|oder|y|et"
                r"|ou)\s+[\w-]+)"
            ),
            text.masked,
        )
        if found:
            group = "items2" if found.groupdict().get("items2") else "items"
            out.append(
                (
                    "",
                    tuple(
                        v
                        for v in re.split(
                            r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|und|oder|y|et|ou)\s+",
                            text.plain[found.start(group) : found.end(group)],
                        )
                        if v
                    ),
                )
            )
    return out


_EACH_OF = re.compile(
    r"\b(?:for\s+)?(?:each|every|all)\s+(?:of\s+)?(?:the\s+)?(?P<noun>[a-z]+)\s+(?P<link>in|of|from|among|:)?\s*(?P<items>[\w-]+(?:\s*,\s*[\w-]+)+\s*,?\s+(?:and|or)\s+[\w-]+|(?<=in )[\w-]+\s+and\s+[\w-]+)\b"
)


def named_items(text: Text) -> tuple[str, ...]:
    """'for every table in customers, orders and items', 'for each of the customers 101, 205 and 309'."""
    match = _EACH_OF.search(text.masked)
    if match is None or not (match["link"] or match["noun"].endswith("s")):
        return ()
    shown = text.plain[match.start("items") : match.end("items")]
    items = tuple(v for v in re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", shown) if v)
    return (
        () if any(STARTS_CLAUSE.fullmatch(v.lower()) for v in items[:1]) or items[0].lower() in ("the", "a") else items
    )


def describe(scope: Scope) -> dict[str, Any]:
    """A loop's arguments."""
    return {"noun": scope.noun, "items": scope.items, "limit": scope.limit, "count": scope.count}


LITERAL_NAME = NAME
