"""Other words for types, packages and actions: how people ask for what the catalog calls by its exact name."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent
DESCRIBING = ("actions", "families", "types")
"""Tables that the text of a type is made with."""
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
PREFIX = "io.kestra.plugin."


@cache
def table(name: str) -> dict[str, str]:
    """``types``, ``families`` or ``actions``."""
    return {k: str(v) for k, v in tomllib.loads((WORDS / f"{name}.toml").read_text(encoding="utf-8")).items()}


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing about what is asked."""
    return frozenset((WORDS / "stop_words.txt").read_text(encoding="utf-8").split())


@cache
def _foreign() -> frozenset[str]:
    return frozenset((WORDS / "foreign.txt").read_text(encoding="utf-8").split())


def is_foreign(text: str) -> bool:
    """Whether a text is not in English, by its small words; the model and the corpus know no other language well."""
    return sum(w in _foreign() for w in re.findall(r"\w+", text.lower())) >= 2


@cache
def package_words(type_name: str) -> frozenset[str]:
    """The segments of a type's package and their words, without the vague ones."""
    segments = family(type_name)
    return frozenset(w for s in segments for w in (s.lower(), *split_name(s)) if w not in _VAGUE and len(w) > 1)


@cache
def common_families() -> frozenset[str]:
    """Packages that most flows draw from: the likelier meaning when a query names no product."""
    return frozenset((WORDS / "common.txt").read_text(encoding="utf-8").split())


def is_common(type_name: str) -> bool:
    segments = family(type_name)
    return any(".".join(segments[:n]) in common_families() for n in range(1, len(segments) + 1))


def synonyms(words: list[str]) -> list[str]:
    """What the words may be called in the documentation; themselves left out."""
    known = table("synonyms")
    out: list[str] = []
    for word in words:
        for form in (word, word.removesuffix("s"), word.removesuffix("ed"), word.removesuffix("ing")):
            if form in known:
                out += known[form].split()
                break
    return [w for w in dict.fromkeys(out) if w not in words]


@cache
def product_words(type_name: str) -> frozenset[str]:
    """Words by which a text may name the package of a type: its segments and what families.toml calls it."""
    said = re.findall(r"[a-z0-9]+", family_words(type_name).lower())
    return frozenset(w for w in [*said, *(x for s in family(type_name) for x in split_name(s))] if w not in _VAGUE)


_VAGUE = frozenset(
    [
        "and",
        "or",
        "in",
        "of",
        "for",
        "the",
        "file",
        "files",
        "data",
        "core",
        "storage",
        "cloud",
        "server",
        "search",
        "message",
        "messages",
        "by",
        "chats",
        "function",
        "go",
        "line",
        "modal",
        "posts",
        "resend",
    ]
)


def split_name(name: str) -> list[str]:
    """``loadFromGcs`` is load, from, gcs; dots and underscores separate too."""
    return [w.lower() for part in re.split(r"[\W_]+", name) for w in _CAMEL.findall(part)]


def short_name(type_name: str) -> str:
    """The name as it is spoken: without ``io.kestra.plugin.`` and ``core.``."""
    return type_name.removeprefix(PREFIX).removeprefix("core.").removeprefix("io.kestra.")


def family(type_name: str) -> tuple[str, ...]:
    """The package segments: ``(gcp, bigquery)`` for ``io.kestra.plugin.gcp.bigquery.Query``."""
    return tuple(type_name.removeprefix(PREFIX).removeprefix("io.kestra.").split(".")[:-1])


def family_words(type_name: str) -> str:
    """What the packages of a type are called, the innermost first."""
    known = table("families")
    words = [known[segment] for segment in reversed(family(type_name)) if segment in known]
    return "; ".join(dict.fromkeys(words))


def purpose(type_name: str) -> str:
    """A sentence on what a type is for: its own, its package's, or made of its action and its package."""
    key = type_name.removeprefix(PREFIX)
    known = table("types")
    if key in known:
        return known[key]
    package, _, name = key.rpartition(".")
    called = family_words(type_name).split(",")[0].split(";")[0] or " ".join(split_name(package.replace("core.", "")))
    own = _action(name).replace("{family}", _subject(type_name, called))
    return f"{own} {known[package]}" if package in known else own


def _action(name: str) -> str:
    """What a type of this name does to ``{family}``: by the whole name, else by its longest known part."""
    actions = table("actions")
    if name in actions:
        return actions[name]
    for pattern in sorted((k for k in actions if "*" in k), key=len, reverse=True):
        start, _, end = pattern.partition("*")
        rest = name[len(start) : len(name) - len(end)]
        if rest and name.startswith(start) and name.endswith(end) and not rest[0].islower():
            return actions[pattern].replace("{rest}", " ".join(split_name(rest)))
    return f"{' '.join(split_name(name)).capitalize()} with {{family}}."


def _subject(type_name: str, called: str) -> str:
    """``Amazon SQS (queue)``: the package, with the inner segments that its name does not say."""
    inner = [w for segment in family(type_name)[1:] for w in split_name(segment) if w not in called.lower()]
    return f"{called} ({' '.join(inner)})" if inner else called
