"""Plugins of the catalog by the names people call them: "proxmox", "azure batch", "business central".

The words of a package name its plugin; tables/plugins.toml adds other names and says which words are too general.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from copilot.draft.offline.tables import table
from engine.flow.catalog import Catalog

_TOKEN = re.compile(r"[a-z0-9#.+]*[a-z0-9#]")
_KINDS = ("task", "trigger", "log_exporter")
_LONGEST = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A plugin named in a text, by its package."""

    start: int
    end: int
    package: str
    word: str


@dataclass(frozen=True)
class Plugins:
    """The packages of one catalog in one version."""

    catalog: Catalog
    target: str

    @cached_property
    def _types(self) -> tuple[str, ...]:
        names = (n for kind in _KINDS for n in self.catalog.types(kind, self.target))
        return tuple(n.removeprefix("io.kestra.plugin.") for n in names if n.startswith("io.kestra.plugin."))

    def below(self, package: str) -> tuple[str, ...]:
        """Types in a package and the packages below it, without their common prefix."""
        return tuple(n for n in self._types if n.startswith(package + "."))

    @cached_property
    def only_verbs(self) -> Mapping[str, str]:
        """Type by a verb that only this one plugin has in the name of a task."""
        telling = table("verbs")["plain"]["telling"]
        found: dict[str, set[str]] = {}
        for name in self._types:
            if self.catalog.kind("io.kestra.plugin." + name) != "task":
                continue
            for word in re.findall(r"[A-Z][a-z]+", name.rpartition(".")[2]):
                if word.lower() in telling:
                    found.setdefault(word.lower(), set()).add(name)
        return {verb: next(iter(names)) for verb, names in found.items() if len(names) == 1}

    @cached_property
    def spoken(self) -> Mapping[str, str]:
        """Package by spoken name; names of several words are joined by one space."""
        facts = table("plugins")
        general, containers = frozenset(facts["general"]["words"]), frozenset(facts["containers"])
        out: dict[str, str] = {}
        for name in self._types:
            parts = name.split(".")[:-1]
            first = next((i for i, p in enumerate(parts) if p not in containers), None)
            if first is None:
                continue
            for cloud in facts["clouds"].get(parts[first - 1] if first else "", ()):
                out.setdefault(f"{cloud} {parts[first]}", ".".join(parts[: first + 1]))
            telling = next((i for i in range(first, len(parts)) if parts[i] not in general and len(parts[i]) > 2), None)
            if telling is not None:
                out.setdefault(parts[telling], ".".join(parts[: telling + 1]))
        for package, words in facts["names"].items():
            if any(True for _ in self.below(package)):
                out.update(dict.fromkeys(words, package))
        return out

    @cached_property
    def families(self) -> Mapping[str, tuple[str, ...]]:
        """Types by the names of one word."""
        return {word: self.below(package) for word, package in self.spoken.items() if " " not in word}

    def named_in(self, text: str) -> Iterator[Named]:
        """Plugins named in a lower-case text, longest names first at each place, in order."""
        tokens = list(_TOKEN.finditer(text))
        at = 0
        while at < len(tokens):
            found = next(
                (n for n in range(min(_LONGEST, len(tokens) - at), 0, -1) if self._package(tokens[at : at + n], text)),
                0,
            )
            if found:
                first, last = tokens[at], tokens[at + found - 1]
                package = self._package(tokens[at : at + found], text)
                yield Named(first.start(), last.end(), package, text[first.start() : last.end()])
            at += found or 1

    def _package(self, tokens: list[re.Match[str]], text: str) -> str:
        """The package these neighbouring words name: as they stand, written as one word, or in the plural."""
        if not tokens or any(text[a.end() : b.start()].strip(" -") for a, b in itertools.pairwise(tokens)):
            return ""
        words = [t.group() for t in tokens]
        spaced, joined = " ".join(words), "".join(words)
        for said in (spaced, joined, spaced.removesuffix("s"), joined + "s" if len(words) > 1 else spaced):
            if package := self.spoken.get(said):
                return package
        return ""
