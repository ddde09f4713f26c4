"""The catalog as the composer asks it: which of several names exists in a version, which family a word means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from copilot.draft.offline.plugins import Plugins
from copilot.draft.offline.services import PREFIX
from engine.flow.catalog import Catalog, Property, TypeDef, in_version, version_key


def before(target: str, version: str) -> bool:
    """Whether the target version is older than ``version``."""
    return version_key(target) < version_key(version)


def short(name: str) -> str:
    """A type without its prefix."""
    return name.removeprefix(PREFIX)


def full(name: str) -> str:
    """A type with its prefix."""
    return name if name.startswith("io.kestra.") else PREFIX + name


@dataclass(frozen=True)
class Types:
    """Look-ups for one target version."""

    catalog: Catalog
    target: str

    def get(self, name: str) -> TypeDef | None:
        """The definition with the properties of the target version; None when the type is not there in it."""
        definition = self.catalog.get(full(name))
        if definition is None or not in_version(definition.since, definition.removed, self.target):
            return None
        return definition.for_version(self.target)

    def pick(self, candidates: Sequence[str]) -> str | None:
        """The first candidate that exists in the target version, with its prefix.

        Up to 1.1 the notification types lived in one plugin; that name works for longer than the new one has.
        """
        old_first = before(self.target, "1.2")
        order = sorted(candidates, key=lambda c: not (old_first and c.startswith("notifications.")))
        return next((full(name) for name in order if self.get(name) is not None), None)

    @cached_property
    def plugins(self) -> Plugins:
        """The catalog's plugins by the names people call them."""
        return Plugins(self.catalog, self.target)

    @property
    def families(self) -> Mapping[str, tuple[str, ...]]:
        """Type names by the plugin word people would use ('stripe', 'zendesk')."""
        return self.plugins.families

    def below(self, package: str) -> tuple[str, ...]:
        """Type names in a package and below."""
        return self.plugins.below(package)


def words_of(name: str) -> tuple[str, ...]:
    """The words in a type's name: ``aws.s3.DeleteList`` has aws, s3, delete, list."""
    return tuple(w.lower() for w in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", short(name)))


__all__ = ["Property", "TypeDef", "Types", "before", "full", "short", "words_of"]
