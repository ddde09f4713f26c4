"""A catalog from the schema that a Kestra server publishes, so that its own plugins and version are known.

The document is that of ``/plugins/schemas/flow``: a JSON Schema with ``definitions`` by class name, unions
per list of tasks, and keys of Kestra's own (``$dynamic``, ``$deprecated`` ...). It says nothing about outputs,
so those of types that the bundled catalog knows are carried over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import InvalidFlow
from engine.flow.catalog import Catalog, catalog
from engine.flow.catalog_files import write_catalog

_DEPTH = 6
_FLOWABLE = "io.kestra.plugin.core.flow."
_KINDS_BY_PROPERTY = {
    "tasks": "task",
    "errors": "task",
    "finally": "task",
    "afterExecution": "task",
    "triggers": "trigger",
    "conditions": "condition",
    "taskRunner": "task_runner",
    "provider": "provider",
    "embeddings": "embedding_store",
    "memory": "memory",
    "tools": "tool",
    "contentRetrievers": "retriever",
    "logExporters": "log_exporter",
}
_SCALARS = {"integer", "number", "boolean", "string"}
Schema = Mapping[str, Any]


def pull(document: Mapping[str, Any], known: Catalog | None = None) -> list[dict[str, Any]]:
    """The types of a schema document, in the catalog's format.

    Raises InvalidFlow (code ``not-a-schema``) when the document holds no definitions of types.
    """
    definitions = document.get("definitions") or document.get("$defs")
    if not isinstance(definitions, Mapping):
        raise InvalidFlow(
            "the document has no definitions", hint="Give the answer of /plugins/schemas/flow.", code="not-a-schema"
        )
    reader = _Reader({str(k): _joined(v, definitions) for k, v in definitions.items() if isinstance(v, Mapping)})
    types = reader.types(known or catalog())
    if not types:
        message = "no definition of the document is a type"
        raise InvalidFlow(message, hint="Give the answer of /plugins/schemas/flow.", code="not-a-schema")
    return types


def write_pulled(document: Mapping[str, Any], out: Path, known: Catalog | None = None) -> int:
    """Write the types of a schema document as a catalog folder, with the flow language of ``known``."""
    base = known or catalog()
    facts = json.loads((base.folder / "base.json").read_bytes())
    return write_catalog(pull(document, base), facts, out)


class _Reader:
    """Reads definitions; keeps what it learned of their kinds."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions
        self.kinds = self._kinds()

    def types(self, known: Catalog) -> list[dict[str, Any]]:
        """One entry a type; of several definitions of a type the one with most properties counts."""
        best: dict[str, Schema] = {}
        for name, schema in self.definitions.items():
            type_name = _type_name(name, schema)
            if type_name and len(_properties(schema)) > len(_properties(best.get(type_name, {}))):
                best[type_name] = schema
        return [self._entry(name, best[name], known) for name in sorted(best)]

    def _entry(self, name: str, schema: Schema, known: Catalog) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        shared = _shared(known, before.kind if (before := known.get(name)) is not None else self._kind(name))
        own = {
            key: self.property(value, key in required)
            for key, value in _properties(schema).items()
            if key != "type" and key not in shared
        }
        entry: dict[str, Any] = {"type": name, "kind": self._kind(name), "plugin": _plugin(name)}
        if schema.get("$deprecated") or schema.get("deprecated"):
            entry["deprecated"] = True
        if before is None:
            return {**entry, "properties": own}
        if before.aliases:
            entry["aliases"] = list(before.aliases)
        kept = {"outputs": dict(before.outputs)} if before.outputs_known else {}
        return {**entry, "kind": before.kind, "properties": own, **kept}

    def _kind(self, name: str) -> str:
        kind = self.kinds.get(name, "other")
        return "flowable" if kind == "task" and name.startswith(_FLOWABLE) else kind

    def _kinds(self) -> dict[str, str]:
        kinds: dict[str, str] = {}
        for schema in self.definitions.values():
            for key, value in _properties(schema).items():
                kind = _KINDS_BY_PROPERTY.get(key)
                for reference in _references(value) if kind else ():
                    kinds.setdefault(_type_name(reference, self.definitions.get(reference, {})) or reference, str(kind))
        return kinds

    def property(self, schema: Any, required: bool = False, depth: int = 0) -> Any:
        """One property in the catalog's format."""
        if not isinstance(schema, Mapping) or depth > _DEPTH:
            return "any"
        out = self._shape(schema, depth)
        for key, name in (("$dynamic", "dynamic"), ("$deprecated", "deprecated"), ("deprecated", "deprecated")):
            if schema.get(key):
                out[name] = True
        if required or schema.get("$required"):
            out["required"] = True
        if "default" in schema:
            out["default"] = schema["default"]
        for key, name in (("minimum", "min"), ("maximum", "max"), ("maxLength", "max_size"), ("minLength", "min_size")):
            if isinstance(schema.get(key), int | float):
                out[name] = schema[key]
        return out["is"] if len(out) == 1 else out

    def _shape(self, schema: Schema, depth: int) -> dict[str, Any]:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(reference.rpartition("/")[2], depth)
        for key in ("anyOf", "oneOf", "allOf"):
            if isinstance(schema.get(key), list):
                return self._union(schema[key], depth)
        if isinstance(schema.get("enum"), list):
            return {"is": "enum", "enum": [str(v) for v in schema["enum"]]}
        kind = schema.get("type")
        if kind == "array":
            return self._array(schema, depth)
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "string" and schema.get("format") == "duration":
            return {"is": "duration"}
        return {"is": kind if kind in _SCALARS else "any"}

    def _referred(self, name: str, depth: int) -> dict[str, Any]:
        schema = self.definitions.get(name, {})
        type_name = _type_name(name, schema)
        if type_name:
            kind = self._kind(type_name)
            return {"is": "task" if kind in ("task", "flowable") else f"plugin:{kind}"}
        shape = self.property(schema, depth=depth + 1)
        return {"is": shape} if isinstance(shape, str) else dict(shape)

    def _union(self, members: list[Any], depth: int) -> dict[str, Any]:
        # an expression instead of a value is what ``$dynamic`` says already
        shapes = [self._shape(m, depth + 1) for m in members if isinstance(m, Mapping) and "pattern" not in m]
        distinct = {json.dumps(shape, sort_keys=True): shape for shape in shapes if shape["is"] != "any"}
        if len(distinct) == 1:
            return next(iter(distinct.values()))
        if not distinct:
            return {"is": "any"}
        kinds = {shape["is"] for shape in distinct.values()}
        if len(kinds) == 1 and next(iter(kinds)).startswith(("plugin:", "task")):
            return next(iter(distinct.values()))
        if all(kind.startswith("plugin:") for kind in kinds):
            return {"is": "plugin:other"}
        objects = [s for s in distinct.values() if s["is"] == "object" and "fields" in s]
        shown = [s["is"] if len(s) == 1 else s for s in distinct.values() if s not in objects or len(objects) == 1]
        if len(objects) > 1:
            # variants of one object, told apart by a value: any of their fields may be there, none must
            fields = {k: _optional(p) for s in objects for k, p in s["fields"].items()}
            shown.append({"is": "object", "fields": fields})
        return {"is": "any", "accepts": shown} if len(shown) > 1 else dict(shown[0])

    def _array(self, schema: Schema, depth: int) -> dict[str, Any]:
        items = self.property(schema.get("items"), depth=depth + 1)
        if items == "task" or (isinstance(items, dict) and items.get("is") == "task"):
            return {"is": "tasks"}
        return {"is": "array", "items": items}

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        properties = _properties(schema)
        if properties:
            fields = {k: self.property(v, k in required, depth + 1) for k, v in properties.items()}
            return {"is": "object", "fields": fields}
        values = schema.get("additionalProperties")
        return (
            {"is": "map", "items": self.property(values, depth=depth + 1)}
            if isinstance(values, Mapping)
            else {"is": "map"}
        )


def _shared(known: Catalog, kind: str) -> set[str]:
    """Names that every type of a kind has, in every version: the language says what they are."""
    if kind not in ("task", "flowable", "trigger"):
        return set()
    fields = known.models["trigger" if kind == "trigger" else "task"].fields
    return {name for name, prop in fields.items() if not (prop.since or prop.removed)}


def _optional(prop: Any) -> Any:
    return {k: v for k, v in prop.items() if k != "required"} if isinstance(prop, dict) else prop


def _joined(schema: Schema, definitions: Mapping[str, Any], depth: int = 0) -> Schema:
    """A definition with what it takes over from others by ``allOf``: a subtype says only what its ``type`` must be."""
    members = schema.get("allOf")
    if not isinstance(members, list) or depth > _DEPTH:
        return schema
    properties: dict[str, Any] = {}
    required: list[Any] = []
    more: dict[str, Any] = {}
    for member in (*members, {k: v for k, v in schema.items() if k != "allOf"}):
        if not isinstance(member, Mapping):
            continue
        reference = member.get("$ref")
        target = definitions.get(reference.rpartition("/")[2]) if isinstance(reference, str) else member
        part = _joined(target, definitions, depth + 1) if isinstance(target, Mapping) else {}
        properties |= _properties(part)
        required += part.get("required", ()) if isinstance(part.get("required", ()), list) else ()
        more |= {k: v for k, v in part.items() if k not in ("properties", "required", "allOf", "$ref")}
    return {**more, "properties": properties, "required": required}


def _properties(schema: Schema) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _type_name(name: str, schema: Schema) -> str:
    """The type a definition describes: what its ``type`` must be; empty when it describes none."""
    kind = _properties(schema).get("type")
    constant = kind.get("const") if isinstance(kind, Mapping) else None
    if constant is None and isinstance(kind, Mapping) and isinstance(kind.get("enum"), list) and len(kind["enum"]) == 1:
        constant = kind["enum"][0]
    if isinstance(constant, str) and "." in constant:
        return constant
    return ""


def _references(schema: Any, depth: int = 0) -> Iterator[str]:
    """Names of the definitions a schema points to, through lists and unions."""
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return
    if isinstance(schema.get("$ref"), str):
        yield schema["$ref"].rpartition("/")[2]
    for key in ("anyOf", "oneOf", "allOf"):
        for member in schema.get(key, ()) if isinstance(schema.get(key), list) else ():
            yield from _references(member, depth + 1)
    yield from _references(schema.get("items"), depth + 1)


def _plugin(name: str) -> str:
    parts = name.split(".")
    return parts[3] if name.startswith("io.kestra.plugin.") and len(parts) > 3 else parts[0]
