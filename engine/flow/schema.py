"""The catalog as one JSON Schema (draft 7), for editors that complete and check YAML as it is typed.

A type is chosen by ``if``/``then`` on ``type`` rather than by a union, so that an editor's message is about
the one type that was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.flow.catalog import DEFAULT_TARGET, Catalog, Property, catalog
from engine.flow.kinds import enum_values
from engine.flow.shapes import compiler

_EXPRESSION = {"type": "string", "pattern": "\\{[\\{%]"}
_JSON_LIKE = {"type": "string", "pattern": "\\{[\\{%]|^\\s*[\\[{]"}
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_TASKS = ("task", "flowable")


def schema_for_editors(target: str = DEFAULT_TARGET, known: Catalog | None = None) -> dict[str, Any]:
    """A schema that every flow valid for ``target`` meets, as far as a schema can say."""
    return _Writer(known or catalog(), target).document()


def schema_of_type(type_name: str, target: str = DEFAULT_TARGET) -> dict[str, Any]:
    """The schema of one type alone; what is nested in it and has a type of its own may be anything."""
    writer = _Writer(catalog(), target)
    writer.models()
    definition = writer.known.get(type_name)
    schema = writer.typed(type_name, definition is None or definition.partial)
    nested = set(re.findall(r'"#/definitions/(any\.[^"]+)"', json.dumps([schema, writer.definitions])))
    return {**schema, "definitions": {**writer.definitions, **{name: {} for name in nested}}}


class _Writer:
    """Writes definitions; large equal ones only once."""

    def __init__(self, known: Catalog, target: str) -> None:
        self.known, self.target = known, target
        self.compiler = compiler(known, target)
        self.definitions: dict[str, Any] = {}
        self.shared: dict[str, str] = {}

    def models(self) -> None:
        """Definitions of the parts of the flow language."""
        for name in self.known.models:
            self.definitions[name] = {}
        for name, model in self.known.models.items():
            variants = {k: {**model.fields, **v} for k, v in model.variants.items()}
            if variants:
                self.definitions[name] = self.chosen(model.variant_key, variants)
            else:
                self.definitions[name] = self.object(model.fields)

    def document(self) -> dict[str, Any]:
        self.models()
        groups: dict[str, list[str]] = {}
        for definition in self.known.all():
            if self.known.kind(definition.type) and definition.type in self.known.types(version=self.target):
                groups.setdefault(definition.kind, []).append(definition.type)
                self.definitions[definition.type] = self.typed(definition.type, definition.partial)
        groups["task"] = sorted([*groups.pop("flowable", []), *groups.get("task", [])])
        self.dispatch(groups)
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": f"Kestra flow, version {self.target}",
            **self.definitions.pop("flow"),
            "definitions": dict(sorted(self.definitions.items())),
        }

    def dispatch(self, groups: Mapping[str, Iterable[str]]) -> None:
        """One definition a kind, that leads to the type written; former names lead to the type of today."""
        former = self.known.former_names
        for kind, names in groups.items():
            branches = [
                {
                    "if": {"properties": {"type": {"enum": [name, *former.get(name, ())]}}, "required": ["type"]},
                    "then": {"$ref": f"#/definitions/{name}"},
                }
                for name in names
            ]
            kinds = {"type": {"type": "string", "examples": sorted(names)}}
            body = {"type": "object", "required": ["type"], "properties": kinds, "allOf": branches}
            self.definitions[f"any.{kind}"] = body

    def typed(self, name: str, partial: bool) -> dict[str, Any]:
        definition = self.known.get(name)
        assert definition is not None
        own = dict(definition.properties)
        base: Mapping[str, Property] = {"type": Property("string", required=True)}
        if definition.kind in (*_TASKS, "trigger"):
            base = self.known.models["trigger" if definition.kind == "trigger" else "task"].fields
        schema = self.object({**base, **own})
        # pluginDefaults may give what a task leaves out, so an editor must not insist on it
        schema["required"] = [n for n in schema.get("required", ()) if n in ("id", "type")]
        if definition.kind not in (*_TASKS, "trigger") or not schema["required"]:
            schema["required"] = ["type"]
        if partial:
            schema.pop("additionalProperties", None)
        return schema

    def object(self, fields: Mapping[str, Property]) -> dict[str, Any]:
        compiled = self.compiler.fields(fields)
        properties = {name: self.property(prop) for name, (_, prop) in compiled.checks.items() if name != "*"}
        properties |= {name: {} for name, prop in compiled.elsewhere.items() if prop.unsure}
        out: dict[str, Any] = {"type": "object", "properties": properties}
        if compiled.required:
            out["required"] = list(compiled.required)
        if not compiled.open:
            out["additionalProperties"] = False
        return out

    def chosen(self, key: str, variants: Mapping[str, Mapping[str, Property]]) -> dict[str, Any]:
        branches = []
        for value, fields in variants.items():
            body = self.object({key: Property("any"), **fields})
            pattern = "^" + "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in value) + "$"
            test = {"properties": {key: {"type": "string", "pattern": pattern}}, "required": [key]}
            branches.append({"if": test, "then": body})
        return {"anyOf": [{"type": "object", "allOf": branches}, _EXPRESSION]}

    def property(self, prop: Property) -> dict[str, Any]:
        schema = {"anyOf": [*self.shapes(prop), {"type": "null"}]}
        extra: dict[str, Any] = {}
        if prop.has_default and isinstance(prop.default, str | int | float | bool):
            extra["default"] = prop.default
        if prop.deprecated:
            extra["deprecated"] = True
        return self.once(schema) | extra if not extra else {"allOf": [self.once(schema)], **extra}

    def once(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A reference in place of a large schema."""
        text = json.dumps(schema, sort_keys=True)
        if len(text) < 400:
            return schema
        if text not in self.shared:
            self.shared[text] = f"shared.{len(self.shared)}"
            self.definitions[self.shared[text]] = schema
        return {"$ref": f"#/definitions/{self.shared[text]}"}

    def shapes(self, prop: Property) -> list[dict[str, Any]]:
        if prop.kind == "any" or prop.lenient:
            return [{}]
        if prop.accepts:
            members = [p for p in prop.accepts if p.kind != prop.kind] + [Property(prop.kind, items=prop.items)]
            return [shape for member in members for shape in self.shapes(member)]
        if prop.kind in ("task", "tasks") or prop.kind.startswith("plugin:"):
            return self.nested(prop.kind)
        if prop.ref:
            return [{"$ref": f"#/definitions/{prop.ref}"}]
        if prop.kind == "array":
            return [{"type": "array", "items": self.property(prop.items) if prop.items else {}}, _JSON_LIKE]
        if prop.kind == "map":
            values = {"additionalProperties": self.property(prop.items)} if prop.items else {}
            return [{"type": "object", **values}, _JSON_LIKE]
        if prop.kind == "object":
            if prop.variants:
                fields = dict(prop.fields or {})
                key = prop.variant_key or "type"
                return [self.chosen(key, {k: {**fields, **v} for k, v in prop.variants.items()})]
            return [self.object(prop.fields) if prop.fields else {"type": "object"}, _JSON_LIKE]
        return self.scalar(prop)

    def nested(self, kind: str) -> list[dict[str, Any]]:
        if kind == "tasks":
            return [{"type": "array", "items": {"$ref": "#/definitions/any.task"}}, _EXPRESSION]
        name = kind.removeprefix("plugin:")
        group = {"$ref": f"#/definitions/any.{name}"} if self.known.types(name) else {"type": "object"}
        return [group, _EXPRESSION]

    def scalar(self, prop: Property) -> list[dict[str, Any]]:
        if prop.kind == "enum" and prop.enum:
            values = enum_values(prop, self.target)
            return [{"enum": list(values)}, {"type": ["string", "boolean", "number"]}]
        if prop.kind == "integer":
            return [{"type": "integer"}, {"type": "string", "pattern": "^\\s*[-+]?\\d[\\d_]*\\s*$"}, _EXPRESSION]
        if prop.kind == "number":
            return [{"type": "number"}, {"type": "string", "pattern": "^\\s*[-+]?\\d*\\.?\\d"}, _EXPRESSION]
        if prop.kind == "boolean":
            return [
                {"type": "boolean"},
                {"type": "string", "pattern": "^\\s*([Tt]rue|[Ff]alse|TRUE|FALSE)\\s*$"},
                _EXPRESSION,
            ]
        if prop.kind == "duration":
            return [{"type": "string", "pattern": "^\\s*[+-]?[Pp]|^\\s*[\\d.]+\\s*$|\\{\\{"}, {"type": "number"}]
        # a whole document may stand for the text it is turned into
        return [_SCALAR, {"type": ["object", "array"]}] if prop.dynamic else [_SCALAR]
