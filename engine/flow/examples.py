"""The smallest valid example of a type: what must be given, with values that fit."""

from __future__ import annotations

from typing import Any

from engine.flow.catalog import DEFAULT_TARGET, Catalog, Property, TypeDef, catalog
from engine.flow.shapes import compiler

_TEXTS = {
    "uri": "https://example.org/data.csv",
    "url": "https://example.org",
    "sql": "SELECT 1",
    "cron": "0 7 * * *",
    "flowId": "my_flow",
    "namespace": "company.team",
    "from": "{{ inputs.file }}",
    "condition": "{{ inputs.wanted }}",
    "commands": "echo hello",
    "script": "print('hello')",
    "message": "Hello",
    "key": "my_key",
}
_DEPTH = 4


def example(type_name: str, target: str = DEFAULT_TARGET, known: Catalog | None = None) -> dict[str, Any]:
    """The type with every required property, as plain data ready for YAML.

    Raises KeyError for a type that does not exist. Values are placeholders: right in kind, not in meaning.
    """
    types = known or catalog()
    definition = types.get(type_name)
    if definition is None:
        raise KeyError(type_name)
    return _Maker(types, target).typed(definition, 0)


class _Maker:
    def __init__(self, known: Catalog, target: str) -> None:
        self.known, self.target = known, target
        self.compiler = compiler(known, target)
        self.tasks = 0

    def typed(self, definition: TypeDef, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if definition.kind in ("task", "flowable", "trigger"):
            self.tasks += 1
            word = definition.type.rpartition(".")[2].lower()
            out["id"] = word if self.tasks == 1 else f"{word}_{self.tasks}"
        out["type"] = definition.type
        there = definition.for_version(self.target)
        for name, prop in there.properties.items():
            wanted = self.compiler.is_required(prop) or (prop.expected and not prop.has_default)
            if wanted and name not in out:
                out[name] = self.value(name, prop, definition, depth + 1)
        if definition.type.endswith(".flow.Switch"):
            out["cases"] = {"a": [self.log()]}
        return out

    def log(self) -> dict[str, Any]:
        self.tasks += 1
        return {"id": f"log_{self.tasks}", "type": "io.kestra.plugin.core.log.Log", "message": "Hello"}

    def value(self, name: str, prop: Property, owner: TypeDef, depth: int) -> Any:
        if prop.accepts:
            first = prop.accepts[0]
            prop = prop if first.kind == prop.kind else first
        if prop.enum:
            return prop.enum[0]
        if depth > _DEPTH:
            return "{{ inputs.value }}"
        if prop.kind == "tasks":
            return [self.log()]
        if prop.kind == "task":
            return self.log()
        if prop.kind.startswith("plugin:"):
            return self.nested(prop.kind.removeprefix("plugin:"), owner, depth)
        if prop.kind == "array":
            return [self.value(name, prop.items or Property("string"), owner, depth + 1)]
        if prop.kind == "map":
            return {"name": self.value("value", prop.items or Property("string"), owner, depth + 1)}
        if prop.kind == "object":
            return self.object(prop, owner, depth)
        return self.scalar(name, prop)

    def object(self, prop: Property, owner: TypeDef, depth: int) -> dict[str, Any]:
        fields = dict(prop.fields or {})
        out: dict[str, Any] = {}
        if prop.ref:
            model = self.known.models[prop.ref]
            fields |= model.fields
            if model.variants:
                chosen = next(iter(model.variants))
                out[model.variant_key] = chosen
                fields |= model.variants[chosen]
        if prop.variants:
            chosen = next(iter(prop.variants))
            out[prop.variant_key] = chosen
            fields |= prop.variants[chosen]
        for name, field in fields.items():
            if name != "*" and name not in out and self.compiler.is_required(field):
                out[name] = self.value(name, field, owner, depth + 1)
        return out

    def nested(self, kind: str, owner: TypeDef, depth: int) -> dict[str, Any]:
        """A type of the kind: of the same family if there is one, with as little as possible to give."""
        family = owner.type.split(".")[:4]
        found = [self.known.get(name) for name in self.known.types(kind, self.target)]
        candidates = [t for t in found if t is not None and not t.ee]
        if not candidates:
            return {"type": "io.kestra.plugin.core.runner.Process"}
        best = min(candidates, key=lambda t: (t.type.split(".")[:4] != family, len(t.required), t.type))
        return self.typed(best, depth + 1)

    def scalar(self, name: str, prop: Property) -> Any:
        if prop.kind == "integer":
            return int(prop.min or 1)
        if prop.kind == "number":
            return prop.min or 1.0
        if prop.kind == "boolean":
            return True
        if prop.kind == "duration":
            return "PT30S"
        if prop.secret:
            return "{{ secret('MY_SECRET') }}"
        if prop.format == "date-time":
            return "2030-01-31T07:00:00Z"
        if prop.format in ("date", "time"):
            return {"date": "2030-01-31", "time": "07:00:00"}[prop.format]
        return _TEXTS.get(name, f"my_{name}" if len(name) < 20 else "text")
