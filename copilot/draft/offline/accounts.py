"""Every telling word is accounted for: it left a trace in the flow, or the reader hears of it.

An independent look from outside: it knows the words and the finished flow, and nothing of how one became the other. It
asks only for what must be visible whatever the way: names, addresses, files, numbers, and the kinds of work listed in
tables/traces.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from copilot.draft.offline.tables import table
from copilot.draft.offline.text import Clause, Text

UNTOLD = ("id", "description", "displayName")
"""Keys whose values repeat the request and so prove nothing."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A word without a trace, and where it stands."""

    word: str
    start: int


def unaccounted(text: Text, clauses: Sequence[Clause], shown: str, told: Iterable[str]) -> tuple[str, ...]:
    """For each clause with words that left no trace: the clause and the words. ``shown`` is what the flow says;
    ``told``, what the reader hears of already (notes, questions, clauses not understood), counts as a trace."""
    trace = "\n".join([shown, *told]).lower()
    looks = (_names_lost, _numbers_lost, _kinds_lost, _filters_lost)
    losses = sorted({loss for look in looks for loss in look(text, trace)}, key=lambda loss: loss.start)
    by_clause: dict[str, list[str]] = {}
    for loss in losses:
        clause = next((text.show(c.start, c.end) for c in clauses if c.start <= loss.start < c.end), "")
        if loss.word not in by_clause.setdefault(clause, []):
            by_clause[clause].append(loss.word)
    return tuple(
        f"{clause} ({', '.join(words)})" if clause else ", ".join(words) for clause, words in by_clause.items()
    )


def said_by(flow: Mapping[str, Any]) -> str:
    """All that a composed flow says: types, property names, values; without what only repeats the request."""
    return "\n".join(_traces(flow)).replace(str(flow["id"]), "")  # the id repeats it, wherever it stands


def _traces(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            if name in UNTOLD and not (name == "id" and key in ("inputs", "outputs", "variables")):
                continue
            yield from _traces(inner, str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _traces(inner, key)
    elif isinstance(value, str):
        yield "\n".join(line for line in value.split("\n") if not line.lstrip().startswith(("#", "//", "--")))
    else:
        yield str(value)


_NAMED = re.compile(
    r"(?<![\w/.@-])(?:#[a-z][\w-]+"  # a channel
    r"|/[\w*.{}<>-]+(?:/[\w*.{}<>-]+)*"  # a path
    r"|[a-z][\w-]*(?:\.[\w-]+)+"  # a file, a table with its schema, a flow with its namespace
    r"|[a-z]+(?:_[a-z0-9]+)+"  # a column or a key
    r"|(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{5,})(?![\w/])",  # an id of letters and digits
    re.I,
)
_NO_NAME = re.compile(
    r"\d+[-\s]?(?:am|pm|st|nd|rd|th|x|h|min|mins|minutes?|hours?|days?|weeks?|months?|secs?|seconds?|uhr|fold|times?)"
    r"|\d+(?:mb|gb|kb|k|m)|(?:utf|sha|md|base|iso|oauth|http|tls|ssl|ipv|web|mp|s|ec|k|h|b|e|p|w|i)-?\d+\w*"
    r"|[a-z]+-?\d{1,4}|v?\d[\d.]*|python\S*|\d+[-\w]*(?:day|hour|minute|week|month|year|row|line)\w*"
    r"|\d{4}-[a-z0-9-]+|[0-3]?\d-?[a-z]{3}\w*",
    re.I,
)
_PLACEHOLDER = re.compile(r"<([a-z][\w -]*)>|(?<!\{)\{([a-z][\w-]*)\}(?!\})", re.I)
_ABBREVIATIONS = frozenset(["e.g", "i.e", "a.m", "p.m", "u.s", "etc", "node.js", "vs"])


def _names_lost(text: Text, trace: str) -> Iterator[Loss]:
    for literal in text.literals:
        said = _PLACEHOLDER.sub(" ", literal.value)
        if not _has(trace, literal.value) and not (parts := _parts(said)) <= _parts(trace) and parts:
            yield Loss(literal.value, literal.start)
    for match in _NAMED.finditer(text.masked):
        name = text.plain[match.start() : match.end()].rstrip(".")
        if name.lower() in _ABBREVIATIONS or _NO_NAME.fullmatch(name):
            continue
        if not (
            _channel(trace, name) if name.startswith("#") else _has(trace, name.strip("/")) or _in_pieces(trace, name)
        ):
            yield Loss(name, match.start())
    for match in _PLACEHOLDER.finditer(text.plain):
        if match.group() in trace or _filled(text.plain, match, trace):
            continue
        yield Loss(match.group(), match.start())


def _in_pieces(trace: str, name: str) -> bool:
    """Kestra wants some names in two: a flow's namespace and id, a folder and what its files are called."""
    lines = trace.split("\n")
    if "*" in name:
        folder, _, rest = name.rpartition("/")
        kind = rest.rpartition(".")[2].lower()
        return any(line.strip("/") == folder.strip("/").lower() for line in lines) and f"\\.{kind}" in trace
    owner, _, last = name.lower().rpartition(".")
    return bool(owner) and owner in lines and last in lines


def _filled(words: str, match: re.Match[str], trace: str) -> bool:
    """Whether an expression stands in the flow where the words have a placeholder."""
    name = (match.group(1) or match.group(2)).split()[-1].lower()
    before = re.split(r"[\s\"'(]", words[: match.start()])[-1][-12:].lower()
    return bool(before and f"{before}{{{{" in trace) or bool(re.search(rf"\{{\{{[^}}]*\b{re.escape(name)}\b", trace))


def _channel(trace: str, name: str) -> bool:
    return name.lower() in trace or f"channel\n{name[1:].lower()}" in trace


def _has(trace: str, name: str) -> bool:
    return name.lower() in trace or re.sub(r"[\W_]+", "", name.lower()) in _squeezed(trace)


@cache
def _squeezed(trace: str) -> str:
    return re.sub(r"[^\w\n]+|_", "", trace)


def _parts(value: str) -> frozenset[str]:
    return frozenset(w for w in re.findall(r"[\w-]{3,}", value.lower()) if w not in ("http", "https", "the", "and"))


_NUMBER = re.compile(r"(?<![\w.,:/#$-])(\d{1,9})(?![\w:/]|[.,-]\d|\s*(?:/|th\b|st\b))", re.I)
_FORMER = re.compile(r"\b(?:instead\s+of|rather\s+than|from|currently)\s+$")
"""What stands before a value that is to go."""
_SCALES = (1, 7, 24, 60, 100, 1000, 3600)


def _numbers_lost(text: Text, trace: str) -> Iterator[Loss]:
    """Numbers that the flow holds in no unit and in no way of counting (tries or repeats, twelve or twenty-four)."""
    shown = {int(n) for n in re.findall(r"\d{1,12}", trace)}
    for match in _NUMBER.finditer(text.masked):
        number = int(match.group(1))
        aside = text.masked.count("(", 0, match.start()) > text.masked.count(")", 0, match.start())
        if (
            aside
            or number < 2
            or _FORMER.search(text.masked, 0, match.start())
            or {number * scale for scale in _SCALES} & shown
        ):
            continue
        if {number + 1, number - 1, number + 12} & shown and number <= 24:
            continue
        yield Loss(match.group(1), match.start())


_FILTER = re.compile(
    r"\b(?:keep(?:ing)?(?:\s+only)?|filter(?:ing)?(?:\s+(?:for|by|on|out))?|whose|containing|contains|starting\s+with"
    r"|ending\s+with)\s+(?:the\s+|only\s+|all\s+|a\s+|an\s+|any\s+)*([a-z]{4,})"
)
_EMPTY = frozenset(
    [
        "them",
        "that",
        "this",
        "those",
        "these",
        "rows",
        "with",
        "only",
        "ones",
        "where",
        "which",
        "lines",
        "result",
        "results",
        "data",
    ]
)


def _filters_lost(text: Text, trace: str) -> Iterator[Loss]:
    """What is to be kept or looked for: its first telling word is somewhere in the flow."""
    for match in _FILTER.finditer(text.masked):
        word = match.group(1)
        if word not in _EMPTY and word[:5].rstrip("esd") not in trace:
            yield Loss(word, match.start(1))


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    found = []
    for entry in table("traces")["trace"]:
        say = "|".join(
            re.escape(w).replace(r"\~", r"\w*").replace("~", r"\w*").replace(r"\ ", r"\s+") for w in entry["say"]
        )
        shows = "|".join(entry["shows"])
        found.append((re.compile(rf"\b(?:{say})\b"), re.compile(shows, re.I)))
    return tuple(found)


def _kinds_lost(text: Text, trace: str) -> Iterator[Loss]:
    for say, shows in _kinds():
        match = say.search(text.masked)
        if match and not shows.search(trace):
            yield Loss(text.plain[match.start() : match.end()], match.start())
