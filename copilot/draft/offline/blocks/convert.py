"""Blocks between formats: CSV, JSON, Excel, Parquet, Avro, XML, YAML through ION; archives."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Data, Task, Writer, fitting_enum

_TO_ION = {
    "csv": "serdes.csv.CsvToIon",
    "json": "serdes.json.JsonToIon",
    "jsonl": "serdes.json.JsonToIon",
    "excel": "serdes.excel.ExcelToIon",
    "parquet": "serdes.parquet.ParquetToIon",
    "avro": "serdes.avro.AvroToIon",
    "xml": "serdes.xml.XmlToIon",
    "yaml": "serdes.yaml.YamlToIon",
}
_FROM_ION = {
    "csv": "serdes.csv.IonToCsv",
    "json": "serdes.json.IonToJson",
    "excel": "serdes.excel.IonToExcel",
    "parquet": "serdes.parquet.IonToParquet",
    "avro": "serdes.avro.IonToAvro",
    "xml": "serdes.xml.IonToXml",
    "yaml": "serdes.yaml.IonToYaml",
}


def as_format(w: Writer, wanted: str) -> tuple[list[Task], str]:
    """(converter tasks, expression of a file in the wanted format) from the newest file; may ask for a file."""
    data = w.last_of("file")
    if data is None:
        return [], w.ask("file", "FILE", note=f"{wanted} file to use")
    tasks: list[Task] = []
    if data.format != wanted and data.format in _TO_ION and wanted in ("ion", *_FROM_ION):
        tasks, data = _to_ion(w, data)
    if data.format != wanted and data.format == "ion" and wanted in _FROM_ION:
        more, data = _from_ion(w, data, wanted)
        tasks += more
    return tasks, f"{{{{ {data.expression} }}}}"


def _to_ion(w: Writer, data: Data) -> tuple[list[Task], Data]:
    done = next((d for d in w.data if d.task in w.extra.get(f"ion_of_{data.expression}", ())), None)
    if done:
        return [], done
    separator = (
        ";"
        if data.format == "csv"
        and re.search(r"\bsemicolon|separat\w*\s+(?:by|is|:)?\s*['\"`]?;", w.text.masked + w.text.plain)
        else None
    )
    task = w.task(
        f"{data.format}_to_ion",
        _TO_ION[data.format],
        **{"from": f"{{{{ {data.expression} }}}}"},
        fieldSeparator=separator,
        newLine=False if data.format == "json" else None,
    )
    definition = w.types.get(task["type"])
    made = w.yields(task, "file", "uri", "ion")
    if definition and "uri" not in definition.outputs and "uris" in definition.outputs:
        w.data[-1] = made = Data(task["id"], "file", "ion", f"{w.out(task['id'], 'uris')} | values | first")
    w.extra[f"ion_of_{data.expression}"] = (task["id"],)
    return [task], made


def _from_ion(w: Writer, data: Data, wanted: str) -> tuple[list[Task], Data]:
    sheet = re.search(
        (
            r"\bsheet\s+(?:should\s+be\s+|is\s+|must\s+be\s+)?(?:called|named)\s+[`'\"]?([\w "
            r"]+?)[`'\"]?(?=[.,;]|$|\s+and\b)"
        ),
        w.text.plain,
    )
    schema: dict[str, Any] = (
        {"schema": w.ask("avro_schema", note="Avro schema of the rows")} if wanted in ("avro",) else {}
    )
    if wanted == "parquet":
        schema = {"inferAllFields": True}
    task = w.task(
        f"ion_to_{wanted}",
        _FROM_ION[wanted],
        **{"from": f"{{{{ {data.expression} }}}}"},
        sheetsTitle=sheet[1] if sheet and wanted == "excel" else None,
        **schema,
    )
    return [task], w.yields(task, "file", "uri", wanted)


@block("to_csv", "to_json", "to_excel", "to_parquet", "to_avro", "to_xml", "to_yaml")
def convert(w: Writer, step: Step) -> list[Task]:
    wanted = step.what.removeprefix("to_")
    if re.search(r"\bpandas\b|\bpython\b", w.text.masked) and wanted in ("parquet", "xml") and not w.last_of("file"):
        return []
    files = [d for d in w.data if d.kind == "file"]
    if (
        wanted == "excel"
        and len(files) > 1
        and re.search(r"\bone\s+sheet\s+per\b|\bsheets?\s+for\s+each\b|\b1\s+excel\b|\bone\s+excel\b", w.text.masked)
    ):
        return _one_workbook(w, files)
    if wanted in ("csv", "excel", "json") and (base := w.extra.get("result")) is not None:
        w.data.append(base)
    elif w.last and w.last.kind == "file" and w.last.format == "ion":
        w.extra["result"] = w.last
    if w.last_of("file") is None:
        _stored(w)
    if w.last_of("file") is None:
        return _nothing_yet(w, wanted)
    return as_format(w, wanted)[0]


def _stored(w: Writer) -> None:
    """Rows that were to be fetched are stored as a file instead, where their task can do that."""
    rows = w.last
    task = w.extra.get("tasks", {}).get(rows.task) if rows and rows.kind == "rows" else None
    definition = w.types.get(task["type"]) if task else None
    if task and definition and "store" in definition.properties and "uri" in definition.outputs:
        task["store"] = fitting_enum(definition.properties["store"], True)
        w.yields(task, "file", "uri", "ion")
    elif task and definition and task.get("fetchType") in ("FETCH", "FETCH_ONE") and "uri" in definition.outputs:
        task["fetchType"] = "STORE"
        w.yields(task, "file", "uri", "ion")


def _nothing_yet(w: Writer, wanted: str) -> list[Task]:
    if w.last is not None:
        return []
    source = w.ask("file", "FILE", note=f"file to convert to {wanted}")
    kind = next((f for f in _TO_ION if re.search(rf"\b{f}\b", w.text.masked) and f != wanted), "csv")
    w.data.append(Data("", "file", kind, source.strip("{} ")))
    return as_format(w, wanted)[0]


def _one_workbook(w: Writer, files: list[Data]) -> list[Task]:
    tasks: list[Task] = []
    sheets = {}
    for number, data in enumerate(files, start=1):
        more, ion = _to_ion(w, data) if data.format != "ion" else ([], data)
        tasks += more
        sheets[f"Sheet{number}"] = f"{{{{ {ion.expression} }}}}"
    task = w.task("to_excel", "serdes.excel.IonToExcel", **{"from": sheets})
    w.yields(task, "file", "uri", "excel")
    return [*tasks, task]


@block("unzip")
def unpack(w: Writer, step: Step) -> list[Task]:
    tasks: list[Task] = []
    if w.last_of("file", "body") is None:
        from copilot.draft.offline.blocks.http import address

        download = w.task("download", "core.http.Download", uri=address(w, step))
        w.yields(download, "file", "uri", "zip")
        tasks.append(download)
    data = w.last_of("file") or w.last
    assert data is not None
    if data.format == "gz":
        return [*tasks, *decompress(w, step)]
    source = data.expression if data.kind == "file" else w.out(data.task, "uri")
    kind = "TAR" if re.search(r"\btar\b|\buntar\b", w.text.masked) else "ZIP"
    task = w.task("unpack", "compress.ArchiveDecompress", algorithm=kind, **{"from": f"{{{{ {source} }}}}"})
    inner = next((f for f in ("csv", "json", "parquet", "xml") if re.search(rf"\b{f}\b", w.text.masked)), "csv")
    files = w.out(task["id"], "files")
    month = re.search(
        r"\b(january|february|march|april|may|june|july|august|september|october|november|december)\b", w.text.masked
    )
    entry = re.search(r"(?<![\w/.-])([\w-]+\.(?:csv|jsonl?|parquet|xml|xlsx|txt|avro|tsv))\b", w.text.masked)
    named = w.text.plain[entry.start(1) : entry.end(1)] if entry else ""
    inner = named.rsplit(".", 1)[1].replace("xlsx", "excel").replace("tsv", "csv") if named else inner
    chosen = (
        f"{files}['{named}']"
        if named
        else (
            f"{files} | jq('[to_entries[] | select(.key | test(\"{month[1][:3]}"
            f'|{_month_number(month[1])}"; "i")) | .value]\') | first | first'
        )
        if month
        else f"{files} | values | first"
    )
    w.yields(task, "file", "files", inner, "files")
    w.data[-1] = Data(task["id"], "file", inner, chosen, files)
    return [*tasks, task]


def _month_number(name: str) -> str:
    months = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
    return f"{months.index(name) + 1:02d}"


@block("gunzip")
def decompress(w: Writer, step: Step) -> list[Task]:
    data = w.last_of("file")
    source = data.expression if data else w.ask("file", "FILE", note="compressed file").strip("{} ")
    task = w.task("decompress", "compress.FileDecompress", compression="GZIP", **{"from": f"{{{{ {source} }}}}"})
    inner = next(
        (
            f
            for f in ("csv", "json", "parquet", "xml")
            if re.search(rf"\b{f}\b|\.{f}\.gz", w.text.masked + w.text.plain.lower())
        ),
        "csv",
    )
    w.yields(task, "file", "uri", inner)
    return [task]


@block("zip")
def compress(w: Writer, step: Step) -> list[Task]:
    files = [d for d in w.data if d.kind == "file"]
    single = re.search(r"\bgzip\b", w.text.masked)
    if single and len(files) == 1:
        task = w.task(
            "compress", "compress.FileCompress", compression="GZIP", **{"from": f"{{{{ {files[0].expression} }}}}"}
        )
    else:
        names = {f"{d.task}.{d.format}": f"{{{{ {d.expression} }}}}" for d in files} or {"file": w.ask("file", "FILE")}
        task = w.task("compress", "compress.ArchiveCompress", algorithm="ZIP", **{"from": names})
    w.yields(task, "file", "uri", "zip")
    return [task]


@block("to_html")
def markdown(w: Writer, step: Step) -> list[Task]:
    _, source = as_format(w, "markdown")
    task = w.task("to_html", "serdes.markdown.MarkdownToHtml", **{"from": source})
    w.yields(task, "file", "uri", "html")
    return [task]


@block("compute")
def compute(w: Writer, step: Step) -> list[Task]:
    """A computation nobody named a tool for: DuckDB over the file at hand."""
    from copilot.draft.offline.blocks.local_sql import fetch_type
    from copilot.draft.offline.compute import Calculation, parse
    from copilot.draft.offline.computing import count_task, file_name, note_columns, reader

    data = w.last_of("file")
    sentence = w.extra["sentences"].get(step.clause, step.words)
    if (
        data is None
        or data.format not in ("csv", "json", "jsonl", "parquet")
        or w.extra.get("computed")
        or re.search(r"most\s+expensive|cheapest", sentence)
    ):
        return []
    calculation = parse(sentence)
    w.extra["computed"] = True
    if calculation.distinct:
        return [count_task(w, data, calculation, "count_rows")]
    if calculation.function == "COUNT" and not calculation.group:
        kept = tuple(c for c in calculation.assumed if any(c in f for f in calculation.where))
        return [count_task(w, data, Calculation("COUNT", "", "", calculation.where, assumed=kept), "count_rows")]
    name = file_name(data)
    sql = calculation.sql(reader(name, data.format))
    fetch = fetch_type(w, sql)
    task = w.task(
        "compute", "jdbc.duckdb.Query", inputFiles={name: f"{{{{ {data.expression} }}}}"}, sql=sql, fetchType=fetch
    )
    note_columns(w, calculation)
    w.yields(
        task,
        *(
            ("file", "uri", "ion")
            if fetch == "STORE"
            else ("rows", "rows")
            if fetch == "FETCH"
            else ("value", f"row.{calculation.name}")
        ),
    )
    return [task]
