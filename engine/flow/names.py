"""Likeness of names: what a misspelt or half-remembered type, property or function may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
# Words people use for one another in names of tasks and properties, whatever the product.
_MEANINGS = (
    "get request fetch read retrieve load download",
    "set put store save write upload",
    "switch case match choose",
    "loop each foreach iterate map repeat while until",
    "parallel concurrent concurrency simultaneous",
    "limit max maximum cap",
    "send post publish notify message text",
    "delete remove purge drop clear",
    "run execute exec invoke call start launch submit command commands script",
    "query sql select statement queries",
    "log print echo",
    "shell bash sh",
    "mail email",
    "postgresql postgres pg",
    "function lambda",
    "wait sleep pause delay",
    "fail throw error raise",
    "file path location",
    "uri url link address endpoint",
    "schedule cron timer",
    "type kind format",
    "user username login",
    "if condition when",
    "insert add append",
    "create make new",
    "list ls search find",
    "flow workflow pipeline",
    "name id key",
    "body payload content data",
    "timeout duration time",
    "image container docker",
)
_MEANING = {word: (i, place) for i, group in enumerate(_MEANINGS) for place, word in enumerate(group.split())}
# Above this many characters a text is no misspelt name.
_LONGEST = 200
_NOISE = frozenset(("io", "kestra", "plugin", "task", "tasks", "object", "core"))


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a camelCase, snake_case or dotted name, in lower case."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    for ending in ("er", "ing", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=65536)
def _alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if _stem(a) == _stem(b):
        return 0.95
    if a in _MEANING and b in _MEANING and _MEANING[a][0] == _MEANING[b][0]:
        # words that stand together in their group are nearer to one another
        return 0.77 - 0.015 * abs(_MEANING[a][1] - _MEANING[b][1])
    if min(len(a), len(b)) > 3 and (a.startswith(b) or b.startswith(a)):
        return 0.8
    if len(a) > 3 and len(b) > 3:
        from rapidfuzz.distance import DamerauLevenshtein

        likeness = DamerauLevenshtein.normalized_similarity(a, b)
        return likeness * 0.95 if likeness >= 0.7 else 0.0
    return 0.0


def _overlap(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Share of the words of both that have a counterpart, from 0 to 1."""
    if not a or not b:
        return 1.0 if a == b else 0.0
    forth = sum(max(_alike(x, y) for y in b) for x in a)
    back = sum(max(_alike(x, y) for y in a) for x in b)
    return (forth + back) / (len(a) + len(b))


@lru_cache(maxsize=32768)
def likeness(wrong: str, right: str) -> float:
    """How probable it is that one name is meant by another: 1 is the same but for letter case and separators."""
    if wrong == right:
        return 1.0
    a, b = words_of(wrong), words_of(right)
    if "".join(a) == "".join(b):
        return 0.99
    from rapidfuzz.distance import DamerauLevenshtein

    letters = DamerauLevenshtein.normalized_similarity(wrong.lower(), right.lower())
    return max(letters * 0.97 if letters >= 0.6 else 0.0, 0.9 * _overlap(a, b))


def nearest(wrong: str, names: Iterable[str], n: int = 3, floor: float = 0.55) -> list[tuple[str, float]]:
    """Names that ``wrong`` may mean, with their likeness, best first."""
    if len(wrong) > _LONGEST:
        return []
    scored = ((name, likeness(wrong, name)) for name in names)
    return sorted((s for s in scored if s[1] >= floor), key=lambda s: (-s[1], s[0]))[:n]


def closest(wrong: str, types: Mapping[str, tuple[str, ...]], n: int) -> list[tuple[str, float]]:
    """Type names that ``wrong`` may mean; ``types`` maps each to all its names, former ones included."""
    if len(wrong) > _LONGEST:
        return []
    package, last = _split(wrong)
    best: dict[str, float] = {}
    # packages are far fewer than types, so their likeness is worked out first and only once
    where: dict[tuple[str, ...], float] = {}
    for name, forms in types.items():
        for form in forms:
            other_package, other_last = _split(form)
            if other_package not in where:
                # the same words in another order are a little less near
                likely = _overlap(package, other_package)
                where[other_package] = likely if package == other_package else min(likely, 0.96)
            near = where[other_package]
            if near >= 0.3 or last == other_last:
                best[name] = max(best.get(name, 0.0), 0.5 * _last_likeness(last, other_last) + 0.5 * near)
    scored = [(name, min(score, 0.99)) for name, score in best.items() if score >= 0.45]
    return sorted(scored, key=lambda s: (-s[1], len(s[0]), s[0]))[:n]


@lru_cache(maxsize=8192)
def _split(type_name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    package, _, last = type_name.rpartition(".")
    words = tuple(w for w in words_of(package) if w not in _NOISE)
    return words, words_of(last)


def _last_likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    if a == b:
        return 1.0
    kept = tuple(w for w in a if w not in _NOISE) or a
    other = tuple(w for w in b if w not in _NOISE) or b
    if "".join(kept) == "".join(other):
        return 0.99
    from rapidfuzz.distance import DamerauLevenshtein

    letters = DamerauLevenshtein.normalized_similarity("".join(kept), "".join(other))
    return max(0.97 * _overlap(kept, other), letters * 0.97 if letters >= 0.6 else 0.0)
