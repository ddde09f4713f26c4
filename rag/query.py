"""What a query asks for: its words, the type names in it, the steps it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.words import PREFIX, family, split_name, stop_words

_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+(?:[_'][^\W_]+)*")
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CAMEL = re.compile(r"\b(?:[A-Z][a-z0-9]+){1,}(?:[A-Z]+)?\b|\b[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\b")
_STEP = re.compile(
    r"(?:[.;!?\n]+\s+|,?\s+(?:and then|then|after that|afterwards|finally|and finally)\s+|,\s+(?:and\s+)?|\s+and\s+"
    r"(?=(?:also\s+)?[a-z]+\s+(?:the|a|an|it|them|each|every|all|me|in|to|into|on|with)\b))",
    re.IGNORECASE,
)


_SHORT = 9
"""Content words below which a text is one question, however many sentences it has."""
SUPERSEDED = 0.6
"""Below this weight a reference is of a type that another one has taken the place of."""


def words_of(text: str) -> list[str]:
    """Words that carry meaning, in order, each once; names also by their parts (``bulkLoad``: bulkload, bulk, load)."""
    out: list[str] = []
    for word in _WORD.findall(text):
        lower = word.lower()
        parts = [p for p in split_name(word) if len(p) > 1]
        candidates = [lower, *parts] if len(parts) > 1 else [lower]
        out += [w for w in candidates if w not in stop_words() and len(w) > 1]
    return list(dict.fromkeys(out))


def steps_of(text: str, *, least_words: int = 1, most: int = 8) -> list[str]:
    """The parts of a longer request, each of which may need a page of its own; empty for a single step."""
    if len(words_of(text)) < _SHORT:
        return []
    parts = [p.strip(" ,.;:") for p in _STEP.split(text)]
    steps: list[str] = []
    for part in parts:
        if not part:
            continue
        if len(words_of(part)) < least_words and steps:
            steps[-1] = f"{steps[-1]} {part}"
        else:
            steps.append(part)
    return steps[:most] if len(steps) > 1 else []


_CHANGE = frozenset(
    {
        "added",
        "available",
        "breaking",
        "changed",
        "changelog",
        "deprecated",
        "deprecation",
        "formerly",
        "introduced",
        "migrate",
        "migration",
        "moved",
    }
    | {
        "old",
        "removed",
        "renamed",
        "replaced",
        "replacement",
        "replaces",
        "upgrade",
        "upgrading",
        "version",
        "versions",
    }
)


def asks_for_change(words: Sequence[str]) -> bool:
    """Whether the words ask what became of something between versions."""
    return any(w in _CHANGE for w in words)


_ERROR = re.compile(
    r"\b(?:error|\w*exception|fail(?:s|ed)?|cannot|can't|denied|invalid|unable|refused|stuck|forever|traceback|fatal"
    r"|[45]\d\d|not (?:found|allowed)|does not|did not|no (?:module|such)|exit code)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\bv?(\d+\.\d+)\b")


def reports_error(text: str) -> bool:
    """Whether a text reads like an error message or a complaint: then a page that explains it is what is wanted."""
    return _ERROR.search(text) is not None


def versions_in(text: str) -> frozenset[str]:
    """The version numbers that a text names."""
    return frozenset(_NUMBER.findall(text))


@dataclass(frozen=True, slots=True)
class Named:
    """Types that a text names: ``certain`` (chunk numbers, the nearest first), ``unknown`` names that look like types
    and are none."""

    certain: tuple[int, ...] = ()
    likely: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class TypeNames:
    """Finds types by their name, whole or by its end, today's or a former one."""

    full: dict[str, list[int]] = field(default_factory=dict)
    ends: dict[str, list[int]] = field(default_factory=dict)
    simple: dict[str, list[int]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    superseded: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, references: Iterable[tuple[int, Sequence[str], Sequence[str], float]]) -> TypeNames:
        found = cls()
        for number, types, aliases, weight in references:
            if weight < SUPERSEDED:
                found.superseded.add(number)
            for name in types:
                found.names[number] = name
                found.full.setdefault(name.lower(), []).insert(0, number)
                found.simple.setdefault(name.rsplit(".", 1)[-1], []).append(number)
                segments = name.lower().split(".")
                for start in range(max(1, len(segments) - 4), len(segments)):
                    found.ends.setdefault(".".join(segments[start:]), []).append(number)
            for alias in aliases:
                found.full.setdefault(alias.lower(), []).append(number)
                found.simple.setdefault(alias.rsplit(".", 1)[-1], []).append(number)
        return found

    def named_in(self, text: str) -> Named:
        certain: list[int] = []
        likely: list[int] = []
        unknown: list[str] = []
        context = set(words_of(text))
        for name in _DOTTED.findall(text):
            found = self.full.get(name.lower()) or (self.ends.get(name.lower()) if "." in name else None)
            if found:
                certain += self._nearest(found, context)
            elif name.lower().startswith("io.kestra."):
                former = self._former(name)
                certain += former
                if not former:
                    unknown.append(name)
        rest = _DOTTED.sub(" ", text)
        for name in _CAMEL.findall(rest):
            found = self.simple.get(name)
            if not found:
                continue
            near = self._nearest(found, context)
            (certain if len(split_name(name)) > 1 and len(found) <= 6 else likely).extend(near)
        return Named(
            tuple(dict.fromkeys(certain)), tuple(n for n in dict.fromkeys(likely) if n not in certain), tuple(unknown)
        )

    def _former(self, name: str) -> list[int]:
        """``io.kestra.core.tasks.flows.Switch``-like names of the time before plugin packages: by the last part."""
        if not name.startswith("io.kestra.core."):
            return []
        return [n for n in self.simple.get(name.rsplit(".", 1)[-1], []) if self.names[n].startswith(f"{PREFIX}core.")]

    def _nearest(self, numbers: Sequence[int], context: set[str]) -> list[int]:
        """Those whose package the text names come first, then core; many equal ones are cut to a handful."""

        def distance(number: int) -> tuple[bool, int, int, int, str]:
            name = self.names[number]
            words = [w for segment in family(name) for w in split_name(segment)]
            named = sum(w in context for w in words)
            return (
                number in self.superseded,
                -named,
                0 if name.startswith(f"{PREFIX}core.") else 1,
                len(words) - named,
                name,
            )

        return sorted(dict.fromkeys(numbers), key=distance)[:6]
