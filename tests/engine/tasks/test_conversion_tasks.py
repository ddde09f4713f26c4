"""Conversions to Ion rows and back."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import TaskFailed
from engine.tasks.ion import read_rows, to_json, to_line


def convert(
    make_task: Any, type_: str, name: str, content: str | bytes, **properties: Any
) -> tuple[Any, dict[str, Any]]:
    task = make_task(f"serdes.{type_}", **properties)
    task.properties = {**task.properties, "from": task.store(name, content)}
    return task, dict(task.outputs())


def rows(task: Any, outputs: dict[str, Any]) -> list[Any]:
    return list(read_rows(task.files.open(outputs["uri"])))


def test_csv_becomes_rows_of_texts(make_task: Any) -> None:
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", '\ufeffid,name\n1,"a, ""b"""\n2,\n')
    assert rows(task, outputs) == [{"id": "1", "name": 'a, "b"'}, {"id": "2", "name": ""}]
    assert outputs["size"] == 2


def test_csv_is_read_as_its_properties_say(make_task: Any) -> None:
    content = "skip me\nid;n\n\n1;é\n".encode("latin-1")
    how = {"fieldSeparator": ";", "skipRows": 1, "charset": "ISO-8859-1", "skipEmptyRows": True}
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", content, **how)
    assert rows(task, outputs) == [{"id": "1", "n": "é"}]
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", "1,2\n3,4\n", header=False)
    assert rows(task, outputs) == [["1", "2"], ["3", "4"]]


def test_bad_csv_lines_fail_warn_or_are_skipped(make_task: Any) -> None:
    content = "a,b\n1,2\n1,2,3\n"
    with pytest.raises(TaskFailed, match="Line 3 has 3 fields"):
        convert(make_task, "csv.CsvToIon", "a.csv", content)
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", content, onBadLines="WARN")
    assert outputs["size"] == 1 and task.messages("WARN")
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", content, onBadLines="SKIP")
    assert outputs["size"] == 1 and not task.messages("WARN")


def test_rows_become_csv_with_dates_numbers_and_quotes(make_task: Any) -> None:
    row = {
        "id": 1,
        "name": 'a, "b"',
        "price": Decimal("1.50"),
        "day": date(2024, 1, 2),
        "at": datetime.fromisoformat("2024-01-02T03:04:05.600+00:00"),
        "none": None,
        "list": [1, 2],
        "ok": True,
    }
    task, outputs = convert(make_task, "csv.IonToCsv", "a.ion", to_line(row))
    assert task.read(outputs["uri"]).splitlines() == [
        "id,name,price,day,at,none,list,ok",
        '1,"a, ""b""",1.50,2024-01-02,2024-01-02T03:04:05.600Z,,"[1,2]",true',
    ]


def test_csv_is_written_as_its_properties_say(make_task: Any) -> None:
    how = {"fieldSeparator": ";", "alwaysDelimitText": True, "header": False, "lineDelimiter": "\r\n"}
    task, outputs = convert(make_task, "csv.IonToCsv", "a.ion", '{a:1,b:"x"}', **how)
    assert task.files.open(outputs["uri"]).read_bytes() == b'"1";"x"\r\n'
    task, outputs = convert(make_task, "csv.IonToCsv", "a.ion", '{a:1,b:"x"}', quoteMode="NON_NUMERIC")
    assert task.read(outputs["uri"]) == '"a","b"\n1,"x"\n'
    how = {"dateFormat": "dd/MM/yyyy", "dateTimeFormat": "HH:mm", "timeZoneId": "Europe/Paris"}
    task, outputs = convert(make_task, "csv.IonToCsv", "a.ion", "{d:2024-01-02,t:2024-01-02T03:04:00Z}", **how)
    assert task.read(outputs["uri"]) == "d,t\n02/01/2024,04:04\n"


def test_json_lines_and_documents_become_rows(make_task: Any) -> None:
    task, outputs = convert(make_task, "json.JsonToIon", "a.jsonl", '{"a": 1}\n{"a": 2.5, "b": [null]}\n')
    assert rows(task, outputs) == [{"a": 1}, {"a": 2.5, "b": [None]}]
    task, outputs = convert(make_task, "json.JsonToIon", "a.json", '[\n{"a": 1},\n{"a": 2}]', newLine=False)
    assert rows(task, outputs) == [{"a": 1}, {"a": 2}]
    task, outputs = convert(make_task, "json.JsonToIon", "a.json", '{\n"a": 1}', newLine=False)
    assert rows(task, outputs) == [{"a": 1}]


def test_json_that_is_not_says_which_line_and_what_to_set(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="line 1 of") as failure:
        convert(make_task, "json.JsonToIon", "a.json", '[\n{"a": 1}]')
    assert "newLine" in failure.value.hint


def test_rows_become_json_lines_or_a_list(make_task: Any) -> None:
    ion = '{a:1,d:2024-01-02,n:null}\n{a:1.50,t:"é"}\n'
    task, outputs = convert(make_task, "json.IonToJson", "a.ion", ion)
    assert task.read(outputs["uri"]) == '{"a":1,"d":"2024-01-02","n":null}\n{"a":1.5,"t":"é"}\n'
    task, outputs = convert(make_task, "json.IonToJson", "a.ion", ion, newLine=False)
    assert len(json.loads(task.read(outputs["uri"]))) == 2
    task, outputs = convert(make_task, "json.IonToJson", "a.ion", "", newLine=False)
    assert json.loads(task.read(outputs["uri"])) == []


def test_what_is_not_ion_says_how_to_make_it(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="not an Ion file") as failure:
        convert(make_task, "json.IonToJson", "a.ion", "a,b\n1,{\n")
    assert "CsvToIon" in failure.value.hint


def test_xml_becomes_maps_by_query(make_task: Any) -> None:
    first = "<book id='1'><title>A</title><tag>x</tag><tag>y</tag></book>"
    xml = f"<catalog>{first}<book id='2'><title>B</title></book></catalog>"
    task, outputs = convert(make_task, "xml.XmlToIon", "a.xml", xml, query="/catalog/book")
    assert rows(task, outputs) == [{"id": 1, "title": "A", "tag": ["x", "y"]}, {"id": 2, "title": "B"}]
    task, outputs = convert(make_task, "xml.XmlToIon", "a.xml", xml, query="//title")
    assert rows(task, outputs) == ["A", "B"]
    task, outputs = convert(make_task, "xml.XmlToIon", "a.xml", xml, parserConfiguration={"forceList": ["tag", "book"]})
    assert rows(task, outputs)[0]["catalog"]["book"][1] == {"id": 2, "title": "B"}
    with pytest.raises(TaskFailed, match="is not XML"):
        convert(make_task, "xml.XmlToIon", "a.xml", "<a>")


def test_xml_does_not_read_other_files(make_task: Any) -> None:
    xml = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"
    with pytest.raises(TaskFailed, match="is not XML"):
        convert(make_task, "xml.XmlToIon", "a.xml", xml)


def test_rows_become_xml(make_task: Any) -> None:
    task, outputs = convert(make_task, "xml.IonToXml", "a.ion", "{a:1,b:[1,2],'c d':\"<\"}", rootName="all")
    assert "<all><item><a>1</a><b>1</b><b>2</b><c_d>&lt;</c_d></item></all>" in task.read(outputs["uri"])


def test_yaml_goes_both_ways(make_task: Any) -> None:
    task, outputs = convert(make_task, "yaml.YamlToIon", "a.yaml", "- a: 1\n- a: [x]\n")
    assert rows(task, outputs) == [{"a": 1}, {"a": ["x"]}]
    task, outputs = convert(make_task, "yaml.IonToYaml", "a.ion", "{a:1}\n{a:2}\n")
    assert task.read(outputs["uri"]) == "- a: 1\n- a: 2\n"
    task, outputs = convert(make_task, "yaml.YamlToJson", "a.yaml", "a: 1", jsonl=True)
    assert task.read(outputs["uri"]) == '{"a":1}\n'
    task, outputs = convert(make_task, "yaml.JsonToYaml", "a.json", '{"a": "é"}')
    assert task.read(outputs["uri"]) == "- a: é\n"


def test_excel_goes_both_ways(make_task: Any) -> None:
    ion = '{id:1,name:"=1+1",price:1.5}\n{id:2,name:"b",price:null}\n'
    _task, outputs = convert(make_task, "excel.IonToExcel", "a.ion", ion, sheetsTitle="Orders")
    assert outputs["size"] == 2
    back = make_task("serdes.excel.ExcelToIon", **{"from": outputs["uri"]})
    found = back.outputs()
    assert set(found["uris"]) == {"Orders"}
    assert list(read_rows(back.files.open(found["uris"]["Orders"]))) == [
        {"id": 1, "name": "=1+1", "price": 1.5},
        {"id": 2, "name": "b", "price": None},
    ]
    with pytest.raises(TaskFailed, match="not an Excel"):
        convert(make_task, "excel.ExcelToIon", "a.xlsx", "plain")


def test_excel_takes_a_sheet_for_each_file(make_task: Any) -> None:
    task = make_task("serdes.excel.IonToExcel")
    task.properties = {"from": {"A": task.store("a.ion", "{x:1}"), "B": task.store("b.ion", "{y:2}")}}
    back = make_task("serdes.excel.ExcelToIon", **{"from": task.outputs()["uri"]})
    assert set(back.outputs()["uris"]) == {"A", "B"}


@pytest.mark.parametrize("kind", ["parquet", "avro"])
def test_parquet_and_avro_go_both_ways(make_task: Any, kind: str) -> None:
    name = kind.capitalize()
    _task, outputs = convert(
        make_task, f"{kind}.IonTo{name}", "a.ion", '{id:1,name:"a",price:1.5}\n{id:2,name:null,price:2}\n'
    )
    assert outputs["size"] == 2
    back = make_task(f"serdes.{kind}.{name}ToIon", **{"from": outputs["uri"]})
    assert rows(back, dict(back.outputs())) == [
        {"id": 1, "name": "a", "price": 1.5},
        {"id": 2, "name": None, "price": 2.0},
    ]
    with pytest.raises(TaskFailed, match="is not a"):
        convert(make_task, f"{kind}.{name}ToIon", "a.bin", "plain text")


def test_a_jsonl_file_is_made_of_a_list(make_task: Any) -> None:
    task, outputs = convert(make_task, "json.JsonToJsonl", "a.json", "[1, 2]")
    assert task.read(outputs["uri"]) == "1\n2\n"


def test_values_in_outputs_are_of_json_kinds() -> None:
    value = {
        "d": Decimal("10"),
        "x": Decimal("1.50"),
        "t": datetime.fromisoformat("2024-01-02T00:00:00+00:00"),
        "b": b"x",
    }
    assert to_json(value) == {"d": 10, "x": 1.5, "t": "2024-01-02T00:00:00Z", "b": "eA=="}


def test_csv_with_text_after_a_closing_quote_is_bad_unless_allowed(make_task: Any) -> None:
    content = 'a,b\n"1"x,2\n3,4\n'
    with pytest.raises(TaskFailed, match="cannot be read as CSV"):
        convert(make_task, "csv.CsvToIon", "a.csv", content)
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", content, onBadLines="WARN")
    assert rows(task, outputs) == [{"a": "3", "b": "4"}] and task.messages("WARN")
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", content, allowExtraCharsAfterClosingQuote=True)
    assert rows(task, outputs) == [{"a": "1x", "b": "2"}, {"a": "3", "b": "4"}]


def test_csv_reads_the_null_of_databases_and_takes_blank_lines_for_bad_ones(make_task: Any) -> None:
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", 'a,b\n\\N,""\n')
    assert rows(task, outputs) == [{"a": None, "b": ""}]
    with pytest.raises(TaskFailed, match="Line 2 has 1 fields"):
        convert(make_task, "csv.CsvToIon", "a.csv", "a,b\n\n1,2\n")
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", "a,b\n\n,\n1,2\n", skipEmptyRows=True)
    assert rows(task, outputs) == [{"a": "", "b": ""}, {"a": "1", "b": "2"}]
    task, outputs = convert(make_task, "csv.CsvToIon", "a.csv", "1,\\N\n\n2\n", header=False)
    assert rows(task, outputs) == [["1", None], [""], ["2"]]


def test_csv_quotes_what_looks_like_no_number(make_task: Any) -> None:
    ion = '{a:1,b:1.50,c:"12",d:"x",e:true,f:null,g:"-"}'
    task, outputs = convert(make_task, "csv.IonToCsv", "a.ion", ion, quoteMode="NON_NUMERIC", header=False)
    assert task.read(outputs["uri"]) == '1,1.50,12,"x","true","","-"\n'
    task, outputs = convert(make_task, "csv.IonToCsv", "a.ion", '{a:"#x",b:" y ",c:"#"}', header=False)
    assert task.read(outputs["uri"]) == '"#x", y ,#\n'


@pytest.mark.parametrize("type_", ["json.IonToJson", "xml.IonToXml"])
def test_moments_are_written_in_the_zone_of_the_task(make_task: Any, type_: str) -> None:
    ion = "{at:2024-01-02T03:04:00Z,inner:[{at:2024-07-02T03:04:00Z}]}"
    task, outputs = convert(make_task, type_, "a.ion", ion, timeZoneId="Europe/Paris")
    text = task.read(outputs["uri"])
    assert "2024-01-02T04:04:00+01:00" in text and "2024-07-02T05:04:00+02:00" in text
    task, outputs = convert(make_task, type_, "a.ion", ion)
    assert "2024-01-02T03:04:00Z" in task.read(outputs["uri"])
    with pytest.raises(TaskFailed, match="not a time zone"):
        convert(make_task, type_, "a.ion", ion, timeZoneId="Mars/Crater")


def test_annotations_that_would_be_lost_are_refused(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="annotations of Ion values are not read here"):
        convert(make_task, "json.IonToJson", "a.ion", "{a:1}", shouldKeepAnnotations=True)
    _task, outputs = convert(make_task, "json.IonToJson", "a.ion", "{a:1}", shouldKeepAnnotations=False)
    assert outputs["size"] == 1
