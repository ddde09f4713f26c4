"""What is said about the run as a whole or about how a step behaves: retries, limits, timeouts, caching, outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from copilot.draft.offline.ir import Retry
from copilot.draft.offline.text import NAME, Clause, Text

NUMBER_WORDS = {"once": 1, "one": 1, "a": 1, "an": 1, "twice": 2, "two": 2, "three": 3, "thrice": 3, "four": 4, "five": 5, "six": 6,
                "seven": 7, "eight": 8, "nine": 9, "ten": 10, "zwei": 2, "zweimal": 2, "drei": 3, "dreimal": 3, "fünf": 5, "dos": 2, "tres": 3,
                "cinq": 5, "half": 0.5, "couple": 2}  # fmt: skip
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_NUM = rf"(?:\d+(?:\.\d+)?|{_WORDS})"
_TIME_UNIT = (
    "(?:ms|milliseconds?|seconds?|secs?|s|sekunden?|segundos?|secondes?|minutes?|mins?|m|minuten?"
    r"|minutos?|hours?|hrs?|h|stunden?|horas?|heures?|days?|d|tagen?|días?|jours?|weeks?)\b"
)
DURATION = rf"(?P<amount>\b(?:\d+(?:\.\d+)?|(?:{_WORDS})(?=[\s-])))(?:\s+an?\b)?\s*-?\s*(?P<unit>{_TIME_UNIT})"


def number(word: str) -> float:
    """A count in digits or words."""
    return float(NUMBER_WORDS[word]) if word in NUMBER_WORDS else float(word)


def duration(amount: str, unit: str) -> str:
    """ISO 8601 of '10', 'sec'."""
    n = number(amount)
    if unit.startswith(("ms", "milli")):
        return f"PT{n / 1000:g}S"
    letter = {"s": "S", "m": "M", "h": "H"}.get(unit[0])
    if unit.startswith(("stunde", "st")):
        letter = "H"
    if unit.startswith("w"):
        return f"P{n * 7:g}D"
    if letter is None:
        return f"P{n:g}D" if n != 0.5 else "PT12H"
    if n == 0.5 and letter in "HM":
        return "PT30M" if letter == "H" else "PT30S"
    if letter != "S" and n != int(n):
        return f"PT{n * (60 if letter == 'M' else 3600):g}S"
    return f"PT{n:g}{letter}"


_RETRY = re.compile(
    r"\b(?:retr(?:y|ies|ied|ying)|re-?try|try\s+(?:it\s+)?(?:again|up\s+to|at\s+most"
    r"|\w+\s+(?:more\s+)?times)|(?:more|at\s+most\s+\w+|up\s+to\s+\w+|max(?:imum)?\s+\w+"
    r"|\w+)\s+(?:attempts|tries)|attempts|backoff|back-off|wiederhol\w+|erneut\s+versuchen"
    r"|reintent\w+|réessa\w+|versuche?\s+es)\b"
)
_COUNT = re.compile(
    rf"\b(?P<more>another\s+)?(?P<n>{_NUM})\s*(?:x\b|(?P<more2>more\s+)?(?:times|mal|veces|fois)"
    r"|(?P<kind>retries|re-?tries|attempts|tries|versuche|intentos)|(?P<more3>more\s+(?:times"
    "|attempts|tries)))"
    r"|\b(?P<word>once|twice|thrice|zweimal|dreimal)\b|\b(?:up\s+to|at\s+most"
    rf"|max(?:imum)?(?:\s+of)?)\s+(?P<m>{_NUM})\b(?!\s*{_TIME_UNIT})"
)
_EVERY = re.compile(
    r"\b(?:every|each|with|after|wait(?:ing|s)?|in\s+between|interval\s+(?:of)?|delay\s+(?:of)?"
    rf"|pause\s+(?:of)?|in|alle|nach|starting\s+(?:at|with)|apart|of)?\s*(?P<x>{DURATION})\s*(?:apart"
    r"|in\s+between|between|intervals?|later|backoff|delay|pause|wait)?"
)
_MAX_WAIT = re.compile(
    r"\b(?:max(?:imum)?|up\s+to|at\s+most|capped\s+at"
    rf"|not\s+more\s+than)\s+(?:of\s+)?{DURATION}\s*(?:between|delay|interval|wait|backoff|apart)?"
)


def find_retries(text: Text, clauses: tuple[Clause, ...]) -> list[Retry]:
    """Retries in order, each with the clause it stands in; several clauses of one sentence may describe one retry."""
    out: list[Retry] = []
    by_sentence: dict[int, list[int]] = {}
    for index, clause in enumerate(clauses):
        if _RETRY.search(text.masked, clause.start, clause.end):
            by_sentence.setdefault(clause.sentence, []).append(index)
    for sentence, indexes in by_sentence.items():
        members = [c for c in clauses if c.sentence == sentence and c.start >= clauses[indexes[0]].start]
        first = _RETRY.search(text.masked, clauses[indexes[0]].start, clauses[indexes[0]].end)
        start = clauses[indexes[0]].start if first else members[0].start
        out.append(_retry(text.masked[start : members[-1].end], indexes[0]))
    return out


def _retry(words: str, clause: int) -> Retry:
    kind = "exponential" if "expon" in words else "random" if re.search(r"\brandom\b|\bjitter", words) else "constant"
    at = _RETRY.search(words)
    attempts, note = _attempts(words[max(0, (at.start() if at else 0) - 30) :])
    rest = words
    ceiling = None
    span = re.search(rf"\b(?:between|from)\s+(?P<low>{_NUM})\s*(?:and|to|-)\s*{DURATION}", words)
    if kind == "random" and span:
        low, high = duration(span["low"], span["unit"]), duration(span["amount"], span["unit"])
        return Retry(kind, attempts, low, high, None, clause, note)
    if kind != "constant" and (top := _MAX_WAIT.search(words)):
        ceiling = duration(top["amount"], top["unit"])
        rest = words[: top.start()] + words[top.end() :]
    found = [
        m
        for m in _EVERY.finditer(rest)
        if not re.search(
            r"\b(?:timeout|time\s+out|longer|give\s+up|within)\s*(?:of|after|than)?\s*$", rest[: m.start("x")]
        )
    ]
    after = [m for m in found if at is None or m.start() >= at.start() - 40]
    interval = duration(after[0]["amount"], after[0]["unit"]) if after else "PT10S"
    overall = re.search(
        rf"\b(?:for|in\s+total|within)\s+(?:up\s+to\s+|at\s+most\s+)?{DURATION}\s+(?:in\s+total|overall|altogether)",
        words,
    )
    if kind != "constant" and ceiling is None:
        ceiling = "PT10M" if interval.endswith("M") else "PT1M"
    return Retry(
        kind,
        attempts,
        interval,
        ceiling,
        duration(overall["amount"], overall["unit"]) if overall else None,
        clause,
        note,
    )


def _attempts(words: str) -> tuple[int, str]:
    match = _COUNT.search(words)
    if match is None:
        return 3, ""
    n = int(number(match["n"] or match["word"] or match["m"]))
    kind = match["kind"] or ""
    counts_all = kind.startswith(("attempt", "tr", "versuch", "intento")) and not kind.startswith("re")
    if match["m"] and re.match(r"\s*(?:attempts|tries)\b", words[match.end() :]):
        counts_all = True
    if counts_all and not (match["more"] or match["more3"]):
        return max(n, 1), ""
    return (
        n + 1,
        f"{n} {'retry' if n == 1 else 'retries'} after the first try: maxAttempts counts every try, so it is {n + 1}.",
    )


_TIMEOUT = re.compile(
    rf"\b(?:time-?\s?outs?\s*(?:of|after|at|:|is|to)?|give\s+up\s+(?:[\w\s]{{0,24}}?)after|(?:no"
    r"|not)\s+(?:run\s+)?(?:longer|more)\s+than|abort\w*\s+(?:it\s+)?after|(?:must|should|may"
    r"|can)\s+(?:not|never)\s+(?:run|take)\s+(?:longer|more)\s+than|max(?:imum)?\s+(?:run\s?time"
    r"|duration)(?:\s+of)?|cap\s+it\s+(?:at|to)|stop\w*\s+(?:it\s+)?after"
    r"|kill\w*\s+(?:it\s+)?(?:after|if\s+it\s+takes\s+longer\s+than)|zeitlimit\s+von"
    r"|limit(?:ed)?\s+(?:it\s+)?to|(?:it\s+)?(?:may|can|should)\s+take"
    r"|max(?:imum)?(?:\s+of)?(?=\s+\d+\s*(?:min|hour|h\b|sec|s\b))|(?:wait|take|run|last)(?:s"
    rf"|ing)?\s+(?:for\s+)?(?:no\s+)?(?:longer|more)\s+than)\s+(?:at\s+most\s+)?{DURATION}"
    rf"|(?P<a2>{_NUM})[\s-]*(?P<u2>{_TIME_UNIT})\s+(?:time-?\s?out|max(?:imum)?\b|tops\b|at\s+(?:the\s+)?most\b)"
)
_TIMEOUT_BARE = re.compile(r"\b(?:with\s+a|cap\s+it\s+with\s+a|add\s+a|set\s+a)\s+time-?\s?out\b")


def find_timeout(text: Text, clauses: tuple[Clause, ...]) -> tuple[str, int] | None:
    """(duration, clause index) of a limit on a step's time."""
    for index, clause in enumerate(clauses):
        words = text.masked[clause.start : clause.end]
        if re.search(r"\b(?:sla|in\s+total|whole\s+(?:flow|run|execution)|execution)\b", words):
            continue
        if match := _TIMEOUT.search(words):
            if match["amount"]:
                return duration(match["amount"], match["unit"]), index
            return duration(match["a2"], match["u2"]), index
        if _TIMEOUT_BARE.search(words):
            return "PT10M", index
    return None


_SLA = re.compile(
    rf"(?:\bsla\b[^.;]{{0,60}}?|(?:longer|more)\s+than\s+|within\s+|under\s+|below\s+"
    rf"|in\s+less\s+than\s+|max(?:imum)?\s+(?:duration\s+)?){DURATION}"
)


def find_sla(text: Text) -> str | None:
    """A limit on the whole execution's duration, ISO 8601."""
    for match in _SLA.finditer(text.masked):
        around = text.masked[max(0, match.start() - 60) : match.end() + 40]
        if re.search(
            (
                r"\bsla\b|\b(?:execution|whole\s+(?:run|flow)|entire\s+(?:run"
                r"|flow))\b[^.;]{0,50}(?:longer|more)\s+than|in\s+total|\boverall\b|\baltogether\b"
            ),
            around,
        ):
            return duration(match["amount"], match["unit"])
    return None


_LIMIT = re.compile(
    r"\b(?:only|at\s+most|max(?:imum)?|not\s+more\s+than|no\s+more\s+than"
    rf"|limit(?:ed)?\s+to)?\s*(?P<n>{_NUM})\s+(?:execution|run|deploy|instance|copy"
    r"|job)s?\s+(?:of\s+(?:it|this\s+flow)\s+)?(?:may\s+|can\s+|should\s+"
    r"|must\s+)?(?:be\s+)?(?:run(?:ning|s)?\s+|active\s+)?(?:at\s+(?:once|the\s+same\s+time|a\s+time)"
    r"|in\s+parallel|concurrently|simultaneously)"
    r"|\b(?:never|no|not)\s+(?:two|2|more\s+than\s+one|several|overlapping)\s+(?:runs|executions"
    r"|instances)|\b(?:no|avoid|without|prevent)\s+overlap\w*|\bdon'?t\s+(?:let\s+(?:runs"
    r"|executions)\s+)?overlap|\bone\s+(?:run|execution|deploy)\s+at\s+a\s+time\b"
    rf"|\bconcurrency\s+(?:limit\s+)?(?:of\s+)?(?P<n2>{_NUM})"
    rf"|\bnot\s+more\s+than\s+(?P<n3>{_NUM})\s+(?:runs|executions)\s+at\s+the\s+same\s+time"
    r"|\bonly\s+one\s+(?:execution|run)\s+may\s+run"
)


def find_concurrency(text: Text) -> Mapping[str, Any] | None:
    """The flow's concurrency block, or None."""
    match = _LIMIT.search(text.masked)
    if match is None:
        return None
    n = next((int(number(match[g])) for g in ("n", "n2", "n3") if match[g]), 1)
    nearby = text.masked[match.start() : match.end() + 140]
    behavior = "QUEUE"
    if re.search(r"\bcancel\w*", nearby):
        behavior = "CANCEL"
    elif re.search(
        (
            r"\b(?:extra|other|second|additional|new|further)[\w\s,)]{0,24}\b(?:should\s+|must\s+)?fail"
            r"|should\s+fail|reject"
        ),
        nearby,
    ):
        behavior = "FAIL"
    return {"limit": max(n, 1), "behavior": behavior}


_CACHE = re.compile(
    r"\bcach(?:e|ed|ing)\b(?!\s*(?:zone|purge|in\s+front))(?=[^.;]{0,60}\b(?:task|step|result"
    r"|download|it|that|rerun|skip)|\b)"
)


def wants_cache(text: Text) -> bool:
    """Whether a task's result is to be kept between runs."""
    match = _CACHE.search(text.masked)
    return bool(
        match
        and re.search(r"cache\s+(?:that|the|this|it)|\bcached\b|task\s+cache", text.masked)
        and not re.search(r"redis|cloudflare|purge", text.masked)
    )


_ALLOW = re.compile(
    r"\b(?:may|might|allowed\s+to|is\s+allowed\s+to)\s+fail\b|\b(?:ignore|tolerate)\s+(?:its\s+"
    r"|the\s+)?(?:failure|error)s?|\bcontinue\s+(?:even\s+)?if\s+(?:it|that|this|one)\s+fails"
    r"|\b(?:don'?t|do\s+not|should\s+not|shouldn'?t|must\s+not)\s+(?:fail\s+the\s+(?:flow|run)"
    r"|stop)\s+if|\ballow\s+failures?\b|\bnot\s+important\b|\beven\s+(?:if|when)\s+one\s+fails"
    r"|\bkeep\s+going\b|\bflow\s+(?:should|must|shall)\s+(?:still\s+)?(?:go\s+on|continue)"
    r"|\bfails?,?\s+but\b|\bfails?,?\s+(?:just\s+|simply\s+)?(?:carry|go|move)\s+on\b"
    r"|\bfails?,?\s+(?:just\s+|simply\s+)?(?:continue|proceed)\b"
)


_THAT_ONE = re.compile(r"\W*(?:even\s+)?(?:if|when|should)\s+(?:it|that|this|the\s+\w+)\s+fails?\b")
CARRIES_ON = re.compile(
    r"\bfails?,?\s+(?:just\s+|simply\s+)?(?:(?:carry|go|move)\s+on|continue|proceed|ignore)\b"
    r"|\bignore\s+(?:it|that|this|the\s+(?:error|failure))\s+(?:when|if)\b"
)


def allowed_failures(text: Text, clauses: tuple[Clause, ...]) -> frozenset[int]:
    """Clauses whose step may fail without failing the run."""
    return frozenset(
        i - 1 if i and _THAT_ONE.match(text.masked, c.start, c.end) else i
        for i, c in enumerate(clauses)
        if _ALLOW.search(text.masked, c.start, c.end) and "the flow may not fail" not in text.masked[c.start : c.end]
    )


_DISABLED = re.compile(
    r"\b(?:switched\s+off|turned\s+off|disabled|inactive|deactivated|off\s+for\s+now|not\s+active(?:\s+yet)?)\b"
)


def schedule_disabled(text: Text) -> bool:
    """'Daily at ten but switched off for now'."""
    return bool(_DISABLED.search(text.masked))


_OUTPUT = re.compile(
    rf"\boutputs?\b[^.;]{{0,60}}?\bas\s+(?P<c>{NAME})|\b(?:(?:as\s+)?(?:an?\s+"
    rf"|the\s+)?(?:flow\s+)?outputs?\s*(?:called|named|:|=)?\s*(?P<a>{NAME}|(?:total|result|count|sum"
    r"|month|rows|n)\b|(?<=flow output )(?!called|named|of|is|are|as|the)[a-z]\w*)"
    r"|(?:an\s+)?output\s+called\s+(?P<b>\w+))"
)


_RETURNED = re.compile(
    r"\b(?:returns?|gives?\s+back|yields?)\s+(?:the\s+)?(?P<name>[a-z_]\w*)\s+as\s+(?:an?\s+|the\s+"
    r"|its\s+)?(?:flow\s+)?output\b"
)


def find_outputs(text: Text) -> list[str]:
    """Names of the flow outputs that are asked for, in order."""
    names: list[str] = [m["name"] for m in _RETURNED.finditer(text.masked)]
    for match in _OUTPUT.finditer(text.masked):
        group = next(g for g in ("a", "b", "c") if match[g])
        before = text.masked[max(0, match.start() - 40) : match.start()]
        if re.search(
            r"\ba\s+flow\b[^.;]*\binputs?\b[^.;]*\band\s+$", text.masked[max(0, match.start() - 120) : match.start()]
        ):
            continue
        if re.search(r"\binput\s+\w+\s+and\s+$|\bits\s+$|\bthe\s+output\s+of\b", before + match.group()[:2]):
            continue
        literal = text.literal_at(match.start(group))
        name = literal.value if literal else match[group]
        if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in names:
            names.append(name)
    return names


_FLOW_LABELS = re.compile(
    rf"\blabels?\s+(?P<pairs>(?:{NAME}|[\w.-]+)\s*[:=]\s*(?:{NAME}|[\w.-]+)(?:\s*(?:,|and)\s*(?:{NAME}"
    r"|[\w.-]+)\s*[:=]\s*[\w.-]+)*)"
)


def find_labels(text: Text) -> dict[str, str]:
    """Labels of the flow itself, 'labels team=data, env=prod'."""
    out: dict[str, str] = {}
    for match in _FLOW_LABELS.finditer(text.masked):
        if (
            "execution" in text.masked[max(0, match.start() - 40) : match.start()]
            or "runtime" in text.masked[max(0, match.start() - 40) : match.end() + 5]
        ):
            continue
        for pair in re.finditer(r"([\w.-]+)\s*[:=]\s*([\w.-]+)", text.plain[match.start("pairs") : match.end("pairs")]):
            out[pair[1]] = pair[2]
    return out
