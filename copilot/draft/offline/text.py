"""The request as text that can be searched safely: literals are masked, typing slips mended, clauses cut.

Masking keeps every offset: a literal of n characters becomes n characters of its kind, so that a pattern can never
match inside a URL, a quoted sentence or a piece of SQL, and a span always leads back to the reader's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from copilot.draft.offline.bare_sql import bare_sql

URL, QUOTED, CODE, EMAIL, JDBC, LIST = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004", "\ue005"
LITERAL = f"[{URL}-{LIST}]+"
NAME = f"[{QUOTED}{CODE}]+"

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
_LITERALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (JDBC, re.compile(r"jdbc:[a-z0-9]+:[^\s,;'\"`]+", re.I)),
    (
        URL,
        re.compile(
            (
                "(?:https?|s3|gs|sftp|ftp|kestra|persistent|non-persistent|tcp|mqtts?|amqps?|rediss?"
                r"|mongodb(?:\+srv)?|nats|ldaps?|smb|abfss?|wasbs?|hdfs)://(?:[^\s<>\"'`,;)]|<[a-z][\w -]{0,24}>)+"
            ),
            re.I,
        ),
    ),
    (EMAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (CODE, re.compile(r"`([^`]+)`")),
    (
        QUOTED,
        re.compile(
            r"(?<![\w\ue000-\ue005])\"([^\"\n]+)\"|(?<!\w)'([^'\n]+?)'(?!\w)"
            r"|[\u201c\u201e]([^\u201d\u201c\n]+)[\u201d\u201c]|\u2018([^\u2019\n]+)\u2019(?!\w)"
            r"|\u00ab([^\u00bb]+)\u00bb"
        ),
    ),
    (LIST, re.compile(r"\[([^\][\n{}]*)\]")),
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A piece taken word for word. ``value`` is without its quotes."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch that says one thing. ``lead`` is the connective before it ('then', 'and', 'otherwise', '')."""

    start: int
    end: int
    lead: str
    sentence: int


@dataclass(frozen=True, slots=True)
class Text:
    """``words`` as given; ``plain`` mended; ``masked`` lower case with literals hidden, same length as ``plain``."""

    words: str
    plain: str
    masked: str
    literals: tuple[Literal, ...]

    def literal_at(self, position: int) -> Literal | None:
        """The literal that covers this offset."""
        return next((one for one in self.literals if one.start <= position < one.end), None)

    def within(self, start: int, end: int, kinds: str = "") -> list[Literal]:
        """Literals that begin in the span, of the given kinds (all when empty)."""
        return [one for one in self.literals if start <= one.start < end and (not kinds or one.kind in kinds)]

    def show(self, start: int, end: int) -> str:
        """The words of a span, for the reader."""
        return self.plain[start:end].strip(" ,.;:-\n\t")


def strip_invisible(words: str) -> str:
    """Without characters that show nothing: they only ever hide something."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", words))


_THAN = re.compile(r"\b(less|more|fewer|greater|lower|higher|bigger|smaller|larger)(\s+)then\b(?=\s+-?\d)", re.I)


def read_text(words: str, vocabulary: Iterable[str] = ()) -> Text:
    """Mend, mask, and keep what was masked."""
    clean = _THAN.sub(r"\1\2than", strip_invisible(words).strip())
    literals = _find_literals(clean)
    plain = _mend(clean, literals, frozenset(vocabulary))
    if plain != clean:
        literals = _find_literals(plain)
    masked = list(plain.lower() if len(plain.lower()) == len(plain) else plain)
    for one in literals:
        masked[one.start : one.end] = one.kind * (one.end - one.start)
    return Text(words, plain, "".join(masked), literals)


def _find_literals(text: str) -> tuple[Literal, ...]:
    found: list[Literal] = []
    taken = [False] * len(text)
    for kind, pattern in _LITERALS:
        for match in pattern.finditer(text):
            start, end = match.span()
            value = next((g for g in match.groups() if g is not None), match.group())
            if kind in (URL, JDBC):
                trimmed = value.rstrip(".:!?")
                end -= len(value) - len(trimmed)
                value = trimmed
            inner_quote = kind in (QUOTED, LIST, CODE) and any(taken[start:end])
            if inner_quote:
                found = [one for one in found if not (start <= one.start and one.end <= end)]
            elif any(taken[start:end]):
                continue
            taken[start:end] = [True] * (end - start)
            found.append(Literal(kind, value.strip(), start, end))
    for start, end in bare_sql(text):
        # Literals inside a statement are part of it; a statement inside one is not looked at again.
        if not any(one.start <= start and end <= one.end for one in found):
            found = [one for one in found if not (start <= one.start and one.end <= end)]
            if not any(one.start < end and start < one.end for one in found):
                found.append(Literal(CODE, text[start:end], start, end))
    return tuple(sorted(found, key=lambda one: one.start))


_WORD = re.compile(r"[A-Za-z]{4,}")


def _mend(text: str, literals: tuple[Literal, ...], vocabulary: frozenset[str]) -> str:
    """Words that are one slip away from a known one are taken for it."""
    if not vocabulary:
        return text
    from rapidfuzz.distance import OSA

    def mend(match: re.Match[str]) -> str:
        word = match.group()
        low = word.lower()
        if low in vocabulary or any(one.start <= match.start() < one.end for one in literals):
            return word
        if any(low.startswith(known) or known.startswith(low) for known in vocabulary):
            return word
        same = [known for known in vocabulary if known[0] == low[0] and sorted(known) == sorted(low)]
        near = same or [
            known
            for known in vocabulary
            if len(known) >= 7 and len(low) >= 6 and OSA.distance(low, known, score_cutoff=1) <= 1
        ]
        return min(near) if near else word

    return _WORD.sub(mend, text)


_SENTENCE = re.compile(r"(?:(?<!\be\.g)(?<!\bi\.e)(?<!\bca)(?<!\bapprox)[.!?]+(?=\s|$)|;|\n)+")
_ARROW = re.compile(r"\s*(?:->|→|=>|➜|⇒|-->)\s*")
_THEN = re.compile(
    r"(?:,\s*|\s+)(?:and\s+|und\s+|y\s+|et\s+)?(?:only\s+then|then|after\s?wards?|after\s+that"
    r"|(?<!the )next(?!\s+(?:task|day|step|\d))|lastly|danach|dann|anschließend|después|luego|puis"
    r"|ensuite)\b[\s,]*"
)
_COMMA = re.compile(r"\s*(?:,|:(?=\s)|\s[-–—](?=\s))\s*")
_AND = re.compile(r"\s+(?:and|und|y|et|&|but|aber)\s+(?:also\s+|please\s+|just\s+)?")


_OTHERWISE = re.compile(
    r"(?<!some)(?<!any)(?<!every)(?<=[\w\ue000-\ue005'\"])(?<!something)(?<!anything)(?<!everything)(?<!nothing)(?<!anyone)(?<!someone)(?<!or)\s+(?=(?:else"
    r"|otherwise|sonst|andernfalls|sinon)\s+(?!than\b|if\b))"
)


def cut(text: Text, starts_clause: re.Pattern[str]) -> tuple[Clause, ...]:
    """Clauses in order. ``starts_clause`` matches words that can begin one (verbs, conditions)."""
    clauses: list[Clause] = []
    position = 0
    ends = [m for m in _SENTENCE.finditer(text.masked) if m.group() != ";" or not _depth(text.masked, 0, m.start())]
    for number, match in enumerate([*ends, None]):
        end = match.start() if match else len(text.masked)
        clauses += _cut_sentence(text.masked, position, end, number, starts_clause)
        position = match.end() if match else end
    return tuple(clauses)


def _cut_sentence(masked: str, start: int, end: int, number: int, starts: re.Pattern[str]) -> list[Clause]:
    cuts: list[tuple[int, int, str]] = []
    for pattern, lead in ((_ARROW, "then"), (_THEN, "then")):
        cuts += [(m.start(), m.end(), lead) for m in pattern.finditer(masked, start, end)]
    for m in _OTHERWISE.finditer(masked, start, end):
        cuts.append((m.start(), m.end(), ","))
    for pattern, lead in ((_COMMA, ","), (_AND, "and")):
        for m in pattern.finditer(masked, start, end):
            if (
                _depth(masked, start, m.start()) == 0
                and starts.match(masked, m.end(), end)
                and not _goes_on_listing(masked, start, m)
            ):
                cuts.append((m.start(), m.end(), lead))
    out: list[Clause] = []
    position, lead = start, ""
    for begin, stop, name in sorted(cuts):
        if begin < position:
            lead = name if lead in ("", ",") else lead
            position = max(position, stop)
            continue
        if masked[position:begin].strip(" ,"):
            out.append(Clause(position, begin, lead, number))
        position, lead = stop, name
    if masked[position:end].strip(" ,"):
        out.append(Clause(position, end, lead, number))
    return out


_COLUMN_LIST = re.compile(
    r"\b(?:columns?|fields?|keep\s+only|only\s+keep|insert|select)\s+(?:the\s+|only\s+|columns?\s+|fields?\s+)*(?:[a-z_]\w*\s*,\s*)*[a-z_]\w*$"
)
_ONE_NAME = re.compile(r"[a-z_]\w*(?=\s*(?:$|[,.;]|and\b|of\b|from\b|as\b|in(?:to)?\b|to\b|for\b))")
_OBJECTS = re.compile(r"(?:it|them|that|this|each|everything|the|all)\b")


def _goes_on_listing(masked: str, start: int, cut_at: re.Match[str]) -> bool:
    """'the columns id, name and email': a verb's word as one more name of a list."""
    if not _COLUMN_LIST.search(masked[start : cut_at.start()]):
        return False
    name = _ONE_NAME.match(masked, cut_at.end())
    return bool(name and not _OBJECTS.match(masked[name.end() :].lstrip(" ,")))


def _depth(masked: str, start: int, end: int) -> int:
    return masked.count("(", start, end) - masked.count(")", start, end)
