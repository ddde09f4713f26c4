"""Kestra's types as plain data: what the command line, HTTP and MCP show of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copilot.errors import NotFound

if TYPE_CHECKING:
    from engine.flow.catalog import Property, TypeDef


def described_type(name: str, version: str) -> dict[str, Any]:
    """A type as it is in a Kestra version, by its name or a former one. NotFound, with those whose name is near."""
    from engine.flow.catalog import catalog

    found = catalog().get(name)
    if found is None:
        near = ", ".join(catalog().near(name))
        raise NotFound(f"there is no type {name}", hint=f"near it: {near}" if near else "search for words")
    return type_document(found.for_version(version))


def type_names(words: str, limit: int) -> tuple[str, ...]:
    """Types whose names hold the words, those that hold more of them first."""
    from engine.flow.catalog import catalog

    return catalog().search(words, limit)


def type_document(found: TypeDef) -> dict[str, Any]:
    """A type as plain data, without what is empty."""
    document: dict[str, Any] = {"type": found.type, "kind": found.kind, "plugin": found.plugin}
    for name in ("since", "removed", "replaced_by", "deprecated", "aliases"):
        if value := getattr(found, name):
            document[name] = list(value) if isinstance(value, tuple) else value
    document["properties"] = {name: _property(p) for name, p in found.properties.items() if not p.hidden}
    document["outputs"] = dict(found.outputs)
    return document


def _property(prop: Property) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": prop.kind}
    for name in ("required", "dynamic", "deprecated", "since", "removed"):
        if value := getattr(prop, name):
            shown[name] = value
    if prop.has_default:
        shown["default"] = prop.default
    if prop.enum:
        shown["enum"] = list(prop.enum)
    if prop.fields:
        shown["fields"] = {name: _property(p) for name, p in prop.fields.items() if not p.hidden}
    return shown
