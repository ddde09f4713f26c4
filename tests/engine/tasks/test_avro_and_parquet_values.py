"""Texts, as a CSV gives them, become what an Avro schema or Parquet columns want."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import TaskFailed
from engine.tasks.ion import read_rows


def schema(**fields: Any) -> str:
    listed = [{"name": name, "type": kind} for name, kind in fields.items()]
    return json.dumps({"type": "record", "name": "Order", "fields": listed})


def written(make_task: Any, kind: str, ion: str, **properties: Any) -> tuple[list[dict[str, Any]], Any]:
    """The rows read back from what IonToAvro or IonToParquet makes of rows in Ion."""
    task = make_task(f"serdes.{kind}.IonTo{kind.capitalize()}")
    task.properties = {"from": task.store("rows.ion", ion), **properties}
    outputs = task.outputs()
    back = make_task(f"serdes.{kind}.{kind.capitalize()}ToIon", **{"from": outputs["uri"]})
    rows = list(read_rows(back.files.open(back.outputs()["uri"])))
    assert len(rows) == outputs["size"]
    return rows, task


@pytest.mark.parametrize("kind", ["avro", "parquet"])
def test_texts_become_what_the_schema_wants(make_task: Any, kind: str) -> None:
    wanted = schema(
        id="int",
        total="double",
        paid="boolean",
        note=["null", "string"],
        day={"type": "int", "logicalType": "date"},
        at={"type": "long", "logicalType": "timestamp-millis"},
        price={"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2},
    )
    row = '{id:"7",total:"1.5",paid:"Yes",note:"n/a",day:"2024-02-29",at:"2024-02-29T10:00:01",price:"9.989"}'
    rows, _task = written(make_task, kind, row, schema=wanted, timeZoneId="Europe/Paris")
    assert rows == [
        {
            "id": 7,
            "total": 1.5,
            "paid": True,
            "note": None,
            "day": date(2024, 2, 29),
            "at": datetime(2024, 2, 29, 9, 0, 1, tzinfo=UTC),
            "price": Decimal("9.99"),
        }
    ]


def test_the_task_says_how_texts_are_read(make_task: Any) -> None:
    wanted = schema(
        total="double",
        paid="boolean",
        gone=["null", "string"],
        day={"type": "int", "logicalType": "date"},
        clock={"type": "int", "logicalType": "time-millis"},
        at={"type": "long", "logicalType": "timestamp-micros"},
    )
    row = '{total:"1,5",paid:"oui",gone:"--",day:"29.02.2024",clock:"10h30",at:"29.02.2024 10:00"}'
    rows, _task = written(
        make_task,
        "avro",
        row,
        schema=wanted,
        decimalSeparator=",",
        trueValues=["oui"],
        falseValues=["non"],
        nullValues=["--"],
        dateFormat="dd.MM.yyyy",
        timeFormat="HH'h'mm",
        datetimeFormat="dd.MM.yyyy HH:mm",
    )
    assert rows == [
        {
            "total": 1.5,
            "paid": True,
            "gone": None,
            "day": date(2024, 2, 29),
            "clock": time(10, 30).isoformat(),
            "at": datetime(2024, 2, 29, 10, tzinfo=UTC),
        }
    ]


def test_all_fields_are_inferred_where_the_task_says_so(make_task: Any) -> None:
    wanted = schema(a=["null", "string", "boolean"], b=["null", "string", "boolean"])
    rows, _task = written(make_task, "avro", '{a:"NA",b:"on"}', schema=wanted, inferAllFields=True)
    assert rows == [{"a": None, "b": True}]
    rows, _task = written(make_task, "avro", '{a:"x",b:"on"}', schema=wanted)
    assert rows == [{"a": "x", "b": "on"}]


@pytest.mark.parametrize("kind", ["avro", "parquet"])
def test_a_bad_value_fails_is_left_out_or_is_told_of(make_task: Any, kind: str) -> None:
    wanted, ion = schema(id="int", size=["null", "long"]), '{id:"1",size:"big"}{id:"x",size:"2"}{id:"3",size:"4"}'
    with pytest.raises(TaskFailed, match="field 'size': 'big' is none of null, long"):
        written(make_task, kind, ion, schema=wanted)
    kept = [{"id": 1, "size": None}, {"id": 3, "size": 4}]
    rows, task = written(make_task, kind, ion, schema=wanted, onBadLines="SKIP")
    assert rows == kept and task.logs == []
    rows, task = written(make_task, kind, ion, schema=wanted, onBadLines="WARN")
    assert rows == kept
    assert [level for level, _text in task.logs] == ["WARN", "WARN"] and "'x' is no int" in task.logs[1][1]


def test_a_row_with_more_than_the_schema_fails_only_when_strict(make_task: Any) -> None:
    rows, _task = written(make_task, "avro", "{id:1,more:2}", schema=schema(id="int"))
    assert rows == [{"id": 1}]
    with pytest.raises(TaskFailed, match="a row has 2 fields, the schema 1"):
        written(make_task, "avro", "{id:1,more:2}", schema=schema(id="int"), strictSchema=True)


def test_aliases_lists_maps_and_named_types_are_followed(make_task: Any) -> None:
    wanted = {
        "type": "record",
        "name": "Order",
        "fields": [
            {"name": "id", "type": "int", "aliases": ["number"]},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
            {"name": "others", "type": {"type": "array", "items": "Kind"}},
            {"name": "counts", "type": {"type": "map", "values": "long"}},
            {"name": "to", "type": {"type": "record", "name": "To", "fields": [{"name": "zip", "type": "string"}]}},
        ],
    }
    row = '{number:"1",kind:"A",others:["B","A"],counts:{x:"2"},to:{zip:1010}}'
    expected = {"id": 1, "kind": "A", "others": ["B", "A"], "counts": {"x": 2}, "to": {"zip": "1010"}}
    assert written(make_task, "avro", row, schema=json.dumps(wanted))[0] == [expected]
    assert written(make_task, "parquet", row, schema=json.dumps(wanted))[0] == [expected]
    with pytest.raises(TaskFailed, match="'C' is none of A, B"):
        written(make_task, "avro", row.replace('"A",', '"C",', 1), schema=json.dumps(wanted))


@pytest.mark.parametrize("kind", ["avro", "parquet"])
def test_without_a_schema_the_rows_say_what_they_are(make_task: Any, kind: str) -> None:
    ion = '{id:1,day:"2024-01-01",tags:["a"],to:{zip:1},mixed:1}{id:2,day:"x",tags:[],to:{zip:2},mixed:"b"}'
    rows, _task = written(make_task, kind, ion)
    assert rows == [
        {"id": 1, "day": "2024-01-01", "tags": ["a"], "to": {"zip": 1}, "mixed": "1"},
        {"id": 2, "day": "x", "tags": [], "to": {"zip": 2}, "mixed": "b"},
    ]


def test_only_the_rows_asked_for_decide_the_schema(make_task: Any) -> None:
    rows, _task = written(make_task, "avro", "{a:1}{a:2,b:3}", numberOfRowsToScan=1)
    assert rows == [{"a": 1}, {"a": 2}]


def test_parquet_takes_any_column_name(make_task: Any) -> None:
    rows, _task = written(make_task, "parquet", "{'order id':1,'a\"b':2}", parquetVersion="V1", compressionCodec="ZSTD")
    assert rows == [{"order id": 1, 'a"b': 2}]


@pytest.mark.parametrize("bad", ["{", '"int"', '{"type": "record", "name": "A"}'])
def test_what_is_no_schema_of_a_record_is_said_so(make_task: Any, bad: str) -> None:
    with pytest.raises(TaskFailed, match="schema"):
        written(make_task, "avro", "{a:1}", schema=bad)
