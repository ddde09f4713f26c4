"""Avro schemas: found from rows, read from a task, and as the column types of DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from engine.errors import TaskFailed
from engine.tasks.props import Props
from engine.tasks.serdes.avro_values import Named

_LOGICAL = {"moment": ("long", "timestamp-millis"), "date": ("int", "date")}
_KINDS = ((bool, "boolean"), (int, "long"), (float | Decimal, "double"), (datetime, "moment"), (date, "date"))
_COLUMNS = {
    "boolean": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
    "string": "VARCHAR", "bytes": "BLOB", "enum": "VARCHAR", "fixed": "BLOB", "uuid": "UUID", "date": "DATE",
    "time-millis": "TIME", "time-micros": "TIME", "timestamp-millis": "TIMESTAMPTZ",
    "timestamp-micros": "TIMESTAMPTZ", "local-timestamp-millis": "TIMESTAMP", "local-timestamp-micros": "TIMESTAMP",
}  # fmt: skip


def schema_of(props: Props, rows: Iterable[Any]) -> tuple[dict[str, Any], Named]:
    """The task's ``schema``, parsed, with its named types; or one found from the rows. TaskFailed."""
    named: Named = {}
    if not props.has("schema"):
        limit = props.integer("numberOfRowsToScan") if props.has("numberOfRowsToScan") else None
        return avro_schema(islice(rows, limit)), named
    try:
        parsed = parsed_schema(json.loads(props.text("schema")), named)
    except ValueError as error:
        raise TaskFailed(f"schema is not JSON: {error}", code="wrong-schema") from error
    if parsed.get("type") != "record" or not parsed.get("fields"):
        message = "schema must be that of a record with fields"
        raise TaskFailed(message, code="wrong-schema", hint='{"type": "record", "name": "Row", "fields": [...]}')
    return parsed, named


def parsed_schema(schema: Any, named: Named) -> dict[str, Any]:
    """A schema as the Avro library reads it; its named types go into ``named``. TaskFailed where it is none."""
    import fastavro

    try:
        parsed = fastavro.parse_schema(schema, named)
    except (ValueError, TypeError, KeyError, AttributeError, fastavro.schema.SchemaParseException) as error:
        raise TaskFailed(f"this is not an Avro schema: {error}", code="wrong-schema") from error
    return dict(parsed) if isinstance(parsed, dict) else {"type": parsed}


def avro_schema(rows: Iterable[Any]) -> dict[str, Any]:
    """A record schema in which every field may be null; a field of several kinds is text or number, the wider."""
    seen = _Seen()
    for row in rows:
        if isinstance(row, Mapping):
            seen.add(row)
    return seen.record("Row")


@dataclass
class _Seen:
    """The kinds of value seen at one place, with what maps and lists there hold."""

    kinds: set[str] = field(default_factory=set)
    fields: dict[str, _Seen] = field(default_factory=dict)
    items: _Seen | None = None

    def add(self, value: Any) -> None:
        if isinstance(value, Mapping):
            self.kinds.add("record")
            for key, item in value.items():
                self.fields.setdefault(key, _Seen()).add(item)
        elif isinstance(value, list):
            self.kinds.add("array")
            self.items = self.items or _Seen()
            for item in value:
                self.items.add(item)
        elif value is not None:
            self.kinds.add(next((word for kind, word in _KINDS if isinstance(value, kind)), "string"))

    def record(self, name: str) -> dict[str, Any]:
        fields = [
            {"name": key, "type": ["null", seen.schema(f"{name}_{key}")], "default": None}
            for key, seen in self.fields.items()
        ]
        return {"type": "record", "name": name, "fields": fields}

    def schema(self, name: str) -> Any:
        if self.kinds == {"record"} and self.fields:
            return self.record(name)
        if self.kinds == {"array"} and self.items is not None:
            return {"type": "array", "items": ["null", self.items.schema(f"{name}_item")]}
        if self.kinds <= {"long", "double"} and "double" in self.kinds:
            return "double"
        kind = next(iter(self.kinds)) if len(self.kinds) == 1 else "string"
        if kind in _LOGICAL:
            return {"type": _LOGICAL[kind][0], "logicalType": _LOGICAL[kind][1]}
        return "string" if kind == "record" else kind


def column_types(schema: Mapping[str, Any], named: Named) -> dict[str, str]:
    """DuckDB's type for every field of a record schema. TaskFailed for a union of several kinds."""
    return {one["name"]: _column(one["type"], named) for one in schema.get("fields") or ()}


def _column(schema: Any, named: Named) -> str:
    if isinstance(schema, list):
        kinds = {_column(one, named) for one in schema if one != "null"}
        if len(kinds) > 1:
            raise TaskFailed(f"a column cannot be {' or '.join(sorted(kinds))}", code="wrong-schema")
        return kinds.pop() if kinds else "VARCHAR"
    if isinstance(schema, str):
        return _COLUMNS[schema] if schema in _COLUMNS else _column(named[schema], named)
    logical, kind = schema.get("logicalType"), schema["type"]
    if logical == "decimal":
        return f"DECIMAL({int(schema['precision'])},{int(schema.get('scale', 0))})"
    if logical in _COLUMNS:
        return _COLUMNS[logical]
    if kind == "array":
        return f"{_column(schema['items'], named)}[]"
    if kind == "map":
        return f"MAP(VARCHAR, {_column(schema['values'], named)})"
    if kind in ("record", "error"):
        inner = ", ".join(f"{quoted(name)} {column}" for name, column in column_types(schema, named).items())
        return f"STRUCT({inner})"
    return _column(kind, named)


def quoted(name: str) -> str:
    """A name as SQL writes one."""
    return '"' + name.replace('"', '""') + '"'
