"""What is known of every Kestra type: its properties, outputs, aliases and versions.

Read from docs_corpus/catalog (its README describes the files). An index holds the byte range of each
type, so checking one flow parses only the types it uses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from docs_corpus import CATALOG
from engine.flow.names import closest, words_of

DEFAULT_TARGET = "1.1"


@dataclass(frozen=True, slots=True)
class Property:
    """One property: ``kind`` is string, integer, number, boolean, duration, object, array, map, enum, task, tasks,
    any, or ``plugin:<kind>`` for a nested typed object.

    ``expected`` means the sources call it required and practice omits it; ``lenient`` that Kestra reads it with
    its own reader; ``accepts`` lists other shapes; ``variants`` are fields by the value of ``variant_key``.
    """

    kind: str = "any"
    required: bool = False
    expected: bool = False
    dynamic: bool = False
    default: Any = None
    has_default: bool = False
    enum: tuple[str, ...] = ()
    items: Property | None = None
    fields: Mapping[str, Property] | None = None
    accepts: tuple[Property, ...] = ()
    variant_key: str = ""
    variants: Mapping[str, Mapping[str, Property]] | None = None
    ref: str = ""
    since: str = ""
    removed: str = ""
    required_since: str = ""
    required_before: str = ""
    enum_since: Mapping[str, str] = field(default_factory=dict)
    enum_removed: Mapping[str, str] = field(default_factory=dict)
    deprecated: bool = False
    secret: bool = False
    hidden: bool = False
    lenient: bool = False
    unsure: bool = False
    format: str = ""
    pattern: str = ""
    min: float | None = None
    max: float | None = None
    min_size: int | None = None
    max_size: int | None = None
    file: bool = False
    ee: bool = False


@dataclass(frozen=True, slots=True)
class TypeDef:
    """One type. ``since`` and ``removed`` are versions, empty when there throughout; ``outputs`` name to kind;
    ``partial`` when only some of its properties are known, not ``outputs_known`` when its outputs are not."""

    type: str
    kind: str
    plugin: str
    properties: Mapping[str, Property]
    outputs: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    aliases_removed: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    removed: str = ""
    replaced_by: str = ""
    deprecated: bool = False
    ee: bool = False
    trigger_kind: str = ""
    partial: bool = False
    outputs_known: bool = True

    def for_version(self, version: str) -> TypeDef:
        """The same type with only the properties that exist in ``version``."""
        there = {name: p for name, p in self.properties.items() if in_version(p.since, p.removed, version)}
        return replace(self, properties=there)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the properties that must be given."""
        return tuple(name for name, p in self.properties.items() if p.required)


@dataclass(frozen=True, slots=True)
class Model:
    """A part of the flow language (flow, task, trigger, input, retry ...): fields, and variants by one of them."""

    fields: Mapping[str, Property]
    variant_key: str = ""
    variants: Mapping[str, Mapping[str, Property]] = field(default_factory=dict)
    since: str = ""
    removed: str = ""
    variant_versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@cache
def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparing."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def in_version(since: str, removed: str, version: str) -> bool:
    """Whether something first seen in ``since`` and gone with ``removed`` is there in ``version``."""
    if since and version_key(since) > version_key(version):
        return False
    return not (removed and version_key(removed) <= version_key(version))


class Catalog:
    """All types of one catalog folder, read on demand."""

    def __init__(self, folder: Path = CATALOG) -> None:
        self.folder = folder
        index = json.loads((folder / "index.json").read_bytes())
        self.versions: tuple[str, ...] = tuple(index["versions"])
        self.partly_known: frozenset[str] = frozenset(index["partly_known"])
        self._places: dict[str, list[Any]] = index["types"]
        self._aliases: dict[str, str] = index["aliases"]
        self._types: dict[str, TypeDef] = {}
        self._near: dict[tuple[str, int, str | None], list[tuple[str, float]]] = {}

    def get(self, type_name: str) -> TypeDef | None:
        """The type of this name or alias, or None."""
        name = self.canonical(type_name)
        if name not in self._places:
            return None
        if name not in self._types:
            offset, length = self._places[name][:2]
            with (self.folder / "types.jsonl").open("rb") as file:
                file.seek(offset)
                self._types[name] = _type(json.loads(file.read(length)))
        return self._types[name]

    def canonical(self, type_name: str) -> str:
        """The current name of an alias; any other name as it is."""
        return self._aliases.get(type_name, type_name)

    def kind(self, type_name: str) -> str:
        """The kind of a type (task, trigger, flowable ...) without reading its definition; empty when unknown."""
        place = self._places.get(self.canonical(type_name))
        return str(place[2]) if place else ""

    def types(self, kind: str | None = None, version: str | None = None) -> tuple[str, ...]:
        """All type names in order; of one kind, and there in one version, if given."""
        return tuple(
            name
            for name, (_, _, its_kind, since, removed) in self._places.items()
            if (kind is None or its_kind == kind) and (version is None or in_version(since, removed, version))
        )

    def all(self) -> Iterator[TypeDef]:
        """Every type, in order of name. Reads the whole file."""
        with (self.folder / "types.jsonl").open("rb") as file:
            for line in file:
                yield _type(json.loads(line))

    def near(self, type_name: str, n: int = 3, version: str | None = None) -> tuple[str, ...]:
        """Existing types that a wrong name may mean, best first."""
        return tuple(name for name, _ in self.near_scored(type_name, n, version))

    def near_scored(self, type_name: str, n: int = 3, version: str | None = None) -> list[tuple[str, float]]:
        """As ``near``, with a likeness between 0 and 1."""
        asked = (type_name, n, version)
        if asked not in self._near:
            former = self.former_names
            names = {t: (t, *former.get(t, ())) for t in self.types(version=version)}
            self._near[asked] = closest(type_name, names, n)
        return self._near[asked]

    @cached_property
    def former_names(self) -> dict[str, tuple[str, ...]]:
        """Aliases by current name."""
        out: dict[str, tuple[str, ...]] = {}
        for alias, name in self._aliases.items():
            out[name] = (*out.get(name, ()), alias)
        return out

    @cached_property
    def families(self) -> frozenset[str]:
        """Plugin families: the segment after ``io.kestra.plugin``."""
        return frozenset(
            t.split(".")[3] for t in self._places if t.startswith("io.kestra.plugin.") and t.count(".") > 3
        )

    @cached_property
    def package_words(self) -> frozenset[str]:
        """Every segment of every package, to tell a misplaced package from an unknown plugin."""
        return frozenset(part for t in self._places for part in t.split(".")[2:-1])

    def search(self, words: str, n: int = 20) -> tuple[str, ...]:
        """Types whose names hold the words, those that hold more of them first."""
        wanted = words_of(words)
        scored = []
        for name in self._places:
            have = words_of(name)
            hits = sum(1 for w in wanted if any(h.startswith(w) for h in have))
            if hits:
                scored.append((-hits, len(have), name))
        return tuple(name for _, _, name in sorted(scored)[:n])

    @cached_property
    def _base(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "base.json").read_bytes())
        return document

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """The flow language: flow, task, trigger, input, output, retry, sla, check, concurrency, label ..."""
        return {name: _model(facts) for name, facts in self._base["models"].items()}

    @property
    def states(self) -> tuple[str, ...]:
        """States of executions and task runs."""
        return tuple(self._base["states"])


def _model(facts: dict[str, Any]) -> Model:
    return Model(
        fields=_properties(facts["fields"]),
        variant_key=facts.get("variant_key", ""),
        variants={name: _properties(f) for name, f in facts.get("variants", {}).items()},
        since=facts.get("since", ""),
        removed=facts.get("removed", ""),
        variant_versions=facts.get("variant_versions", {}),
    )


def _type(facts: dict[str, Any]) -> TypeDef:
    return TypeDef(
        type=facts["type"],
        kind=facts["kind"],
        plugin=facts["plugin"],
        properties=_properties(facts["properties"]),
        outputs=facts.get("outputs", {}),
        aliases=tuple(facts.get("aliases", ())),
        aliases_removed=facts.get("aliases_removed", {}),
        since=facts.get("since", ""),
        removed=facts.get("removed", ""),
        replaced_by=facts.get("replaced_by", ""),
        deprecated=facts.get("deprecated", False),
        ee=facts.get("ee", False),
        trigger_kind=facts.get("trigger_kind", ""),
        partial=facts.get("source", "") in ("observed", "file", "moved"),
        outputs_known="outputs" in facts and facts.get("source", "") not in ("observed", "moved"),
    )


def _properties(facts: dict[str, Any]) -> dict[str, Property]:
    return {name: _property(value) for name, value in facts.items()}


_PLAIN = {kind: Property(kind) for kind in ("string", "integer", "number", "boolean", "duration", "map", "any")}
_SHAPES = {"is", "items", "fields", "accepts", "variants", "enum", "default"}
_KNOWN = frozenset(Property.__dataclass_fields__)


def _property(facts: Any) -> Property:
    if isinstance(facts, str):
        return _PLAIN.get(facts) or Property(facts)
    plain = {key: value for key, value in facts.items() if key in _KNOWN and key not in _SHAPES}
    if "unsure" in plain:
        plain["unsure"] = True
    if "default" in facts:
        plain |= {"default": facts["default"], "has_default": True}
    if "items" in facts:
        plain["items"] = _property(facts["items"])
    if "fields" in facts:
        plain["fields"] = _properties(facts["fields"])
    if "variants" in facts:
        plain["variants"] = {name: _properties(f) for name, f in facts["variants"].items()}
    shapes = tuple(_property(shape) for shape in facts.get("accepts", ()))
    return Property(kind=facts["is"], enum=tuple(facts.get("enum", ())), accepts=shapes, **plain)


@cache
def catalog(folder: Path = CATALOG) -> Catalog:
    """The catalog of a folder, the bundled one by default; read once."""
    return Catalog(folder)
