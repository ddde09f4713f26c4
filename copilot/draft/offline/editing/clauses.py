"""An instruction in its parts: one change each, with the literals that belong to it."""

from __future__ import annotations

import re
from dataclasses import replace

from copilot.draft.offline.text import Text

VERBS = (
    "add|allow|append|attach|bump|call|cap|change|clear|comment|configure|convert|copy|create|decrease|define|delete|disable|"
    "deactivate|activate|do|double|download|drop|email|enable|exclude|execute|export|extend|extract|fetch|filter|fix|forbid|"
    "get\\s+rid|give|group|halve|have|ignore|include|increase|insert|introduce|keep|kill|label|lengthen|let|limit|load|log|"
    "lower|mail|make|mark|migrate|move|name|notify|only|order|parameteri[sz]e|pass|pause|pin|point|post|prepend|print|purge|put|query|"
    "raise|read|reduce|rename|replace|require|restrict|retry|return|rewrite|run|save|schedule|send|set|shorten|show|skip|sleep|sort|"
    "split|start|stop|store|swap|switch|tag|take|tell|throw|time\\s+out|trigger|truncate|try|turn|unset|update|upgrade|upload|use|wait|warn|wrap|write"
)
_LEAD = r"(?:(?:please|also|then|finally|just|and|now|instead|we|i|you|should|must|want(?:\s+to)?|need\s+to|can\s+you|could\s+you|let's|additionally)\s+)*"
_STARTS = re.compile(rf"{_LEAD}(?:{VERBS}|don'?t|do\s+not|never|no\s+longer|get\s+rid)\b")
_SAYS = re.compile(
    r"(?:the|its|their|every|all|each|both|no|input|task|trigger|flow|label|variable|output|timeout|retry|retries|default|description|cron|schedule|it|they)\b[^,;]*?\b(?:should|must|shall|has\s+to|have\s+to|needs?\s+to|is|are|becomes?|need(?:s)?|can|may|comes?|goes|runs?)\b"
)
_SENTENCE = re.compile(r"(?<=[\w\])'\"\ue000-\ue005])\s*[.!?](?=\s|$)\s*|(?<=\w);\s+(?=\S)|\n+\s*(?:[-*]|\d+[.)])?\s*")
_JOINT = re.compile(
    r"\s*,\s*(?:(?:and|but|then|also|plus)\s+)*|\s+(?:and|but|then|plus|as\s+well\s+as)\s+(?:(?:then|also)\s+)*"
)
_REST = re.compile(
    r"(?:(?:please|but|and|otherwise)\s+)*(?:keep|leave|let)\s+(?:all\s+|everything\s+|anything\s+)?(?:of\s+)?(?:the\s+)?(?:rest|else|everything|others?|remaining|as\s+(?:it\s+)?is|it\s+(?:all\s+)?(?:otherwise|as))\b.*"
    r"|(?:but\s+)?nothing\s+else\b.*|(?:but\s+)?(?:don'?t|do\s+not)\s+(?:touch|change)\s+(?:anything|the\s+rest|any\s+other).*|everything\s+else\b.*|thanks?\b.*|thank\s+you.*|please|that'?s\s+(?:all|it)\b.*"
)
_TAIL = re.compile(r"\s*,?\s*\b(?:please|thanks|thank\s+you|pls)\s*$")


def gives_value(piece: Text) -> bool:
    """'the prefix in/', 'priority High': a name and a value, so that it must not be lost."""
    match = re.fullmatch(r"(?:the\s+|its\s+)?[a-z]+(?:\s+[a-z]+)?\s+(\S+)", piece.plain, re.I)
    return match is not None and bool(re.search(r"\d|[A-Z]|[/_:@.-]|^\W", match[1])) and "{" not in match[1]


_TOO = re.compile(
    r"(?P<old>[^,;.]+?)\s+(?:is|are|was|were)\s+(?:far\s+|much\s+|way\s+|a\s+bit\s+)?(?:too\s+\w+|not\s+enough)\s*[,;:]?\s*(?:-\s*)?(?:so\s+|please\s+)?(?:make\s+it|make\s+that|use|take|better|rather|try|set\s+it\s+to|i\s+want|we\s+need|let's\s+say)?\s*(?P<new>[^,;.]*\d[^,;.]*|[^,;.]{2,30})$",
    re.I,
)


_BAD = re.compile(
    r"(?P<old>[^,;.]*\d[^,;.]*?)\s+(?:is|are|was|were)\s+(?:bad|wrong|not\s+good|no\s+good)\s*[,;]\s*(?P<new>[^,;.]*\d[^,;.]*?)(?:\s+(?:is|are|would\s+be)\s+(?:better|right|fine|good))?$",
    re.I,
)


def reworded(words: str) -> str:
    """'4 attempts are too few, 10' says '10 attempts instead of 4 attempts'."""
    match = _TOO.search(words.strip()) or _BAD.search(words.strip())
    if match is None:
        return words
    old, new = match["old"].strip(), match["new"].strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", new):
        counted = re.search(r"\d+(?:\.\d+)?", old)
        if counted:
            new = old[: counted.start()] + new + old[counted.end() :]
        elif every := re.search(r"\b(every|each)\s+(second|minute|hour|day)\b", old, re.I):
            return words[: match.start()] + f"every {new} {every[2]}s" + old[every.end() :]
        else:
            new = f"{old} {new}"
            return words[: match.start()] + new
    return words[: match.start()] + f"{new} instead of {old}"


def part(text: Text, start: int, end: int) -> Text:
    """A stretch of a text, with its literals."""
    inside = tuple(
        replace(one, start=one.start - start, end=one.end - start)
        for one in text.literals
        if start <= one.start and one.end <= end
    )
    return Text(text.plain[start:end], text.plain[start:end], text.masked[start:end], inside)


def clauses(text: Text) -> list[Text]:
    """The changes an instruction asks for, in order; stretches that only say 'keep the rest' are left out."""
    out: list[tuple[int, int]] = []
    at = 0
    ends = [*((m.start(), m.end()) for m in _SENTENCE.finditer(text.masked)), (len(text.masked),) * 2]
    for stop, following in ends:
        out += _cut(text.masked, at, stop)
        at = following
    parts = [_trimmed(text, start, end) for start, end in out]
    return [p for p in parts if re.search(r"\w|[\ue000-\ue005]", p.masked) and not _REST.fullmatch(p.masked)]


def _cut(masked: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut where a conjunction is followed by something that begins a change of its own."""
    out = []
    first = start
    for joint in _JOINT.finditer(masked, start, end):
        rest = masked[joint.end() : end]
        before = masked[first : joint.start()]
        if not before.strip() or _depth(before) > 0 or re.search(r"\b(?:if|when|between|both)\s+[^,]*$", before):
            continue
        if (_STARTS.match(rest) or _SAYS.match(rest)) and not _continues(before, rest):
            out.append((first, joint.start()))
            first = joint.end()
    return [*out, (first, end)]


_GOES_ON = re.compile(
    r"(?:starting|beginning|with|at|every|each|after|before|for|in|of|up\s+to\s+\S+\s*(?:s|secs?|seconds?|m|mins?|minutes?|hours?|times|tries|attempts)|to|from|until|between|by|on|per|if|when|unless|so|because|since|once|twice|waiting|\\d+\\s*(?:s|secs?|seconds?|m|mins?|minutes?|hours?)\\s+(?:apart|between|in|later|each)|then|which|that|where|using|or|\w+ing|instead|not)\b"
)


def halves(piece: Text) -> list[tuple[Text, Text]]:
    """The ways to cut a clause in two at a comma or 'and'."""
    out = []
    for joint in re.finditer(r"\s*,\s*(?:(?:and|also)\s+)?|\s+(?:and|but)\s+(?:also\s+)?", piece.masked):
        if _GOES_ON.match(piece.masked, joint.end()) or re.search(
            r"\b(?:between|from)\s+\S+$", piece.masked[: joint.start()]
        ):
            continue
        if joint.start() > 0 and joint.end() < len(piece.masked) and _depth(piece.masked[: joint.start()]) == 0:
            out.append((_trimmed(piece, 0, joint.start()), _trimmed(piece, joint.end(), len(piece.masked))))
    return out


def _depth(words: str) -> int:
    return words.count("(") - words.count(")")


def _continues(before: str, rest: str) -> bool:
    """What only goes on with the change before it: 'with limit 2 and queue the others', 'log and return'."""
    if re.match(r"(?:queue|cancel|fail|reject|wait|retry\s+behaviou?r|only\s+then)\b", rest):
        return True
    if re.match(
        r"(?:change|update|replace|do|use|set|apply)\s+(?:it|that|them|this|so)\s+(?:every|in\s+all|in\s+both)", rest
    ):
        return True
    if re.search(r"\b(?:wait|sleep|pause|retry|retries|attempts|tries|times)\b[^,]*$", before) and re.match(
        r"(?:wait|sleep|pause|try)\b", rest
    ):
        return True
    if re.search(r"\b(?:runs?|executions?)\b[^,]*$", before) and re.match(
        r"the\s+(?:second|others?|next|rest)\b", rest
    ):
        return True
    return bool(
        re.search(r"\b(?:dropdown|values?|options?|choices?|cases?|labels?|between)\b\W*[\w.-]*$", before)
        and not re.match(rf"{_LEAD}(?:{VERBS})\s+(?:the|an?|it|its)\b", rest)
    )


def _is_sign(masked: str, start: int, end: int) -> bool:
    """A sign that stands alone is a value: 'set the delimiter to ;'."""
    return (
        masked[end - 1] in ",.:;"
        and end - start > 2
        and bool(re.search(r"\b(?:to|is|be|=|with|use)\s$", masked[start : end - 1]))
    )


def _trimmed(text: Text, start: int, end: int) -> Text:
    tail = _TAIL.search(text.masked, start, end)
    if tail:
        end = tail.start()
    while end > start and text.masked[end - 1] in " ,.:;!\n\t" and not _is_sign(text.masked, start, end):
        end -= 1
    while start < end and text.masked[start] in " ,.:;!-\n\t":
        start += 1
    return part(text, start, end)
