"""Parquet and Avro."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, to_json, write_rows
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.avro_schemas import avro_schema, column_types, parsed_schema, quoted, schema_of
from engine.tasks.serdes.avro_values import Named, avro_values_of
from engine.tasks.unread import no_effect

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
    unread={
        "rowGroupSize": no_effect("the sizes of row groups and pages are DuckDB's own"),
        "pageSize": no_effect("the sizes of row groups and pages are DuckDB's own"),
        "dictionaryPageSize": no_effect("the sizes of row groups and pages are DuckDB's own"),
    },
)
def ion_to_parquet(task: RunContext) -> Outputs:
    """Rows as a Parquet file, its columns by ``schema`` or by the rows themselves; ``uri`` and ``size``."""
    import duckdb

    props = Props(task)
    schema, named, records = _records_of(task, props)
    lines, target = own_file(task, "rows.jsonl"), own_file(task, "rows.parquet")
    with lines.open("w") as file:
        size = sum(1 for record in records if file.write(json.dumps(_jsonable(record)) + "\n"))
    codec = props.choice("compressionCodec", "GZIP", _CODECS)
    version = props.choice("parquetVersion", "V2", ("V1", "V2"))
    columns = ", ".join(f"{quoted(name)}: {_text(kind)}" for name, kind in column_types(schema, named).items())
    source = f"read_json({_text(str(lines))}, format='newline_delimited', columns={{{columns}}})"
    if not columns:
        raise TaskFailed("there are no rows, and no schema says what columns there are", code="not-parquet")
    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT * FROM {source}) TO {_text(str(target))} "
                f"(FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version})"
            )
    except duckdb.Error as error:
        raise TaskFailed(f"the rows do not fit into columns: {error}", code="not-parquet") from error
    return {"uri": task.files.put(target, target.name), "size": size}


def _records_of(task: RunContext, props: Props) -> tuple[dict[str, Any], Named, Iterator[dict[str, Any]]]:
    """The schema and the rows that fit it."""
    source = task.files.open(props.required("from"))
    schema, named = schema_of(props, read_rows(source))
    values = avro_values_of(props, named)
    fitting = (values.record(task, schema, row) for row in read_rows(source))
    return schema, named, (record for record in fitting if record is not None)


def _jsonable(value: Any) -> Any:
    """As JSON for DuckDB, which takes decimals from texts without loss."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    return [_jsonable(item) for item in value] if isinstance(value, list) else to_json(value)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@runnable(
    "io.kestra.plugin.serdes.avro.AvroToIon", effects="files", aliases=("io.kestra.plugin.serdes.avro.AvroReader",)
)
def avro_to_ion(task: RunContext) -> Outputs:
    """Every record as a map; ``uri`` and ``size``."""
    import fastavro

    props = Props(task)
    source = task.files.open(props.required("from"))
    target = own_file(task, "rows.ion")
    on_bad = props.choice("onBadLines", "ERROR", ("ERROR", "WARN", "SKIP"))
    try:
        with source.open("rb") as file:
            size = write_rows(target, _readable(task, fastavro.reader(file), on_bad))
    except (ValueError, EOFError, StopIteration) as error:
        raise TaskFailed(f"{source.name} is not an Avro file: {error}", code="not-avro") from error
    return {"uri": task.files.put(target, target.name), "size": size}


def _readable(task: RunContext, records: Iterator[Any], on_bad: str) -> Iterator[Any]:
    """The records up to the first that cannot be read, which is an error unless ``on_bad`` says otherwise."""
    count = 0
    while True:
        try:
            record = next(records, None)
        except (ValueError, EOFError, IndexError, OverflowError) as error:
            if on_bad == "ERROR":
                raise TaskFailed(f"record {count + 1} cannot be read: {error}", code="bad-line") from error
            if on_bad == "WARN":
                task.log("WARN", f"Record {count + 1} and those after it cannot be read: {error}")
            return
        if record is None:
            return
        count += 1
        yield record


@runnable(
    "io.kestra.plugin.serdes.avro.IonToAvro", effects="files", aliases=("io.kestra.plugin.serdes.avro.AvroWriter",)
)
def ion_to_avro(task: RunContext) -> Outputs:
    """Rows as Avro records by ``schema``, or by one found from the rows; ``uri`` and ``size``."""
    import fastavro

    schema, _named, records = _records_of(task, Props(task))
    target = own_file(task, "rows.avro")
    parsed, size = parsed_schema(schema, {}), 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal size
        for record in records:
            size += 1
            yield record

    try:
        with target.open("wb") as file:
            fastavro.writer(file, parsed, counted())
    except (ValueError, TypeError, KeyError) as error:
        raise TaskFailed(f"the rows do not fit the schema: {error}", code="not-avro") from error
    return {"uri": task.files.put(target, target.name), "size": size}


@runnable("io.kestra.plugin.serdes.avro.InferAvroSchemaFromIon", effects="files")
def infer_schema(task: RunContext) -> Outputs:
    """The Avro schema that the first rows fit, as a file; its ``uri``."""
    props = Props(task)
    rows = islice(read_rows(task.files.open(props.required("from"))), props.integer("numberOfRowsToScan", 100))
    return {"uri": task.files.put_bytes(json.dumps(avro_schema(rows), indent=2).encode(), "schema.avsc")}
