"""Parquet and Avro."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, to_json, write_rows
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_CODECS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD")
_BLOCK = 1000


@runnable(
    "io.kestra.plugin.serdes.parquet.ParquetToIon",
    effects="files",
    aliases=("io.kestra.plugin.serdes.parquet.ParquetReader",),
)
def parquet_to_ion(task: RunContext) -> Outputs:
    """Every row as a map; ``uri`` and ``size``."""
    import duckdb

    source = task.files.open(Props(task).required("from"))
    target = own_file(task, "rows.ion")
    try:
        with duckdb.connect() as connection:
            cursor = connection.execute("SELECT * FROM read_parquet(?)", [str(source)])
            size = write_rows(target, _records(cursor))
    except duckdb.Error as error:
        raise TaskFailed(f"{source.name} is not a Parquet file: {error}", code="not-parquet") from error
    return {"uri": task.files.put(target, target.name), "size": size}


def _records(cursor: Any) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    while rows := cursor.fetchmany(_BLOCK):
        for row in rows:
            yield dict(zip(names, row, strict=True))


@runnable(
    "io.kestra.plugin.serdes.parquet.IonToParquet",
    effects="files",
    aliases=("io.kestra.plugin.serdes.parquet.ParquetWriter",),
)
def ion_to_parquet(task: RunContext) -> Outputs:
    """Rows as a Parquet file, its column types found from the rows; ``uri`` and ``size``."""
    import duckdb

    props = Props(task)
    source = task.files.open(props.required("from"))
    lines, target = own_file(task, "rows.jsonl"), own_file(task, "rows.parquet")
    with lines.open("w") as file:
        size = sum(1 for row in read_rows(source) if file.write(json.dumps(to_json(row)) + "\n"))
    codec = props.choice("compressionCodec", "GZIP", _CODECS)
    try:
        with duckdb.connect() as connection:
            table = connection.from_query(f"SELECT * FROM read_json_auto('{_quoted(lines)}', sample_size=-1)")
            table.to_parquet(str(target), compression=codec.lower())
    except duckdb.Error as error:
        raise TaskFailed(f"the rows do not fit into columns: {error}", code="not-parquet") from error
    return {"uri": task.files.put(target, target.name), "size": size}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@runnable(
    "io.kestra.plugin.serdes.avro.AvroToIon", effects="files", aliases=("io.kestra.plugin.serdes.avro.AvroReader",)
)
def avro_to_ion(task: RunContext) -> Outputs:
    """Every record as a map; ``uri`` and ``size``."""
    import fastavro

    source = task.files.open(Props(task).required("from"))
    target = own_file(task, "rows.ion")
    try:
        with source.open("rb") as file:
            size = write_rows(target, fastavro.reader(file))
    except (ValueError, EOFError, StopIteration) as error:
        raise TaskFailed(f"{source.name} is not an Avro file: {error}", code="not-avro") from error
    return {"uri": task.files.put(target, target.name), "size": size}


@runnable(
    "io.kestra.plugin.serdes.avro.IonToAvro", effects="files", aliases=("io.kestra.plugin.serdes.avro.AvroWriter",)
)
def ion_to_avro(task: RunContext) -> Outputs:
    """Rows as Avro records by ``schema``, or by one found from the rows; ``uri`` and ``size``."""
    import fastavro

    props = Props(task)
    rows = [row for row in read_rows(task.files.open(props.required("from"))) if isinstance(row, Mapping)]
    target = own_file(task, "rows.avro")
    try:
        schema = json.loads(props.text("schema")) if props.has("schema") else avro_schema(rows)
        parsed = fastavro.parse_schema(schema)
        with target.open("wb") as file:
            fastavro.writer(file, parsed, [_fitting(row) for row in rows])
    except (ValueError, TypeError, KeyError, fastavro.schema.SchemaParseException) as error:
        raise TaskFailed(f"the rows do not fit the schema: {error}", code="not-avro") from error
    return {"uri": task.files.put(target, target.name), "size": len(rows)}


def _fitting(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: float(value) if isinstance(value, Decimal) else to_json(value) if isinstance(value, list | dict) else value
        for key, value in row.items()
    }


def avro_schema(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A record schema in which every field may be null; a field of several kinds is text or number, the wider."""
    kinds: dict[str, set[Any]] = {}
    for row in rows:
        for key, value in row.items():
            kinds.setdefault(key, set())
            if value is not None:
                kinds[key].add(_avro_kind(value))
    fields = [{"name": key, "type": ["null", _widest(found)], "default": None} for key, found in kinds.items()]
    return {"type": "record", "name": "Row", "fields": fields}


def _avro_kind(value: Any) -> str:
    for kind, name in (
        (bool, "boolean"),
        (int, "long"),
        (float | Decimal, "double"),
        (datetime, "moment"),
        (date, "date"),
    ):
        if isinstance(value, kind):
            return name
    return "string"


def _widest(found: set[str]) -> Any:
    if found <= {"long", "double"} and "double" in found:
        return "double"
    kind = next(iter(found)) if len(found) == 1 else "string"
    logical = {"moment": ("long", "timestamp-millis"), "date": ("int", "date")}
    return {"type": logical[kind][0], "logicalType": logical[kind][1]} if kind in logical else kind


@runnable("io.kestra.plugin.serdes.avro.InferAvroSchemaFromIon", effects="files")
def infer_schema(task: RunContext) -> Outputs:
    """The Avro schema that the first rows fit, as a file; its ``uri``."""
    props = Props(task)
    limit = props.integer("numberOfRowsToScan", 100)
    rows: list[Mapping[str, Any]] = []
    for row in read_rows(task.files.open(props.required("from"))):
        if len(rows) == limit:
            break
        if isinstance(row, Mapping):
            rows.append(row)
    return {"uri": task.files.put_bytes(json.dumps(avro_schema(rows), indent=2).encode(), "schema.avsc")}
