"""Sample values, rows and files: typed, the same each time, and plain to see as samples."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.trial.needs import ANY, Need, merged
from engine.trial.patterns import matching

ROWS = 2
COLUMNS = ("id", "name", "amount", "created_at")
_NUMBERS = re.compile(
    r"(?:^|_)(?:id|n|num|number|count|counts|total|sum|avg|min|max|size|length|year|month|day|age|quantity|qty|rank|"
    r"version|index|code|status_code|position|stock|rows|score|temperature|humidity|rate|ratio|percent|weight|height)$"
)
_AMOUNTS = re.compile(r"price|amount|cost|revenue|salary|balance|fare|tip|tax|toll|discount|value|lat|lon|distance")
_FLAGS = re.compile(r"^(?:is|has|can)_|^(?:active|enabled|success|succeeded|ok|done|valid|completed)$")
_WORDS = {
    "email": "sample@example.com",
    "url": "https://example.com/sample",
    "uri": "https://example.com/sample",
    "link": "https://example.com/sample",
    "country": "France",
    "city": "Paris",
    "currency": "EUR",
    "status": "success",
    "state": "SUCCESS",
    "phone": "+33100000000",
}


def scalar(name: str, index: int = 1) -> Any:
    """A value that fits a name: numbers for counts and prices, ISO text for dates, else ``sample-NAME``."""
    low = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    if _FLAGS.search(low):
        return True
    if "date" in low or "time" in low or low.endswith("_at") or low in ("created", "updated", "day"):
        return f"2025-01-{index:02d}" if low.endswith("date") else f"2025-01-{index:02d}T00:00:00Z"
    if _AMOUNTS.search(low):
        return index * 100.5
    if _NUMBERS.search(low):
        return index
    for word, value in _WORDS.items():
        if word in low:
            return value
    return f"sample-{name}-{index}" if index > 1 else f"sample-{name}"


def shaped(need: Need, name: str, index: int = 1) -> Any:
    """A value with every key that is read of it; text that is parsed holds JSON of the shape that is read."""
    if need.json is not None:
        return json.dumps(shaped(need.json, name, index) if need.json.keys else {"value": scalar(name, index)})
    if need.is_list:
        item = merged(need)
        count = max([ROWS, *(int(key) + 1 for key in need.keys if key.isdigit())])
        return [shaped(item, name, number + 1) for number in range(count)]
    if need.keys:
        return {key: shaped(inner, key, index) for key, inner in need.keys.items() if key != ANY}
    return scalar(name, index)


def rows(columns: Sequence[str]) -> list[dict[str, Any]]:
    """A few rows with these columns."""
    return [{name: scalar(name, index) for name in columns or COLUMNS} for index in range(1, ROWS + 1)]


def file_of(ending: str, columns: Sequence[str], need: Need | None = None) -> bytes:
    """A small file of the kind its ending names (``csv``, ``json``, ``jsonl``, ``ion``, ``xml``, ``xlsx``, ``parquet``,
    ``gz``, ``zip``, ``tar`` ...), holding sample rows. Unknown endings give text."""
    found = rows(columns)
    if ending.endswith(".gz") or ending == "gz":
        return gzip.compress(file_of(ending.removesuffix("gz").rstrip(".") or "csv", columns), mtime=0)
    writers: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
        "csv": _csv,
        "tsv": lambda records: _csv(records, "\t"),
        "jsonl": lambda records: "".join(json.dumps(row) + "\n" for row in records).encode(),
        "ion": _ion,
        "xml": _xml,
        "yaml": lambda records: json.dumps(records, indent=1).encode(),
        "xlsx": _xlsx,
        "parquet": _parquet,
        "zip": _zip,
        "tar": _tar,
        "sql": lambda records: b"SELECT 1 AS sample;\n",
        "html": lambda records: b"<html><body>sample</body></html>",
        "pdf": lambda records: b"%PDF-1.4\n%%EOF\n",
    }
    if ending == "json":
        return json.dumps(shaped(need, "value") if need is not None and need.keys else found, indent=1).encode()
    writer = writers.get(ending)
    return writer(found) if writer else "".join(f"sample line {n}\n" for n in range(1, ROWS + 1)).encode()


def _csv(records: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(records[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def _ion(records: list[dict[str, Any]]) -> bytes:
    from engine.tasks.ion import to_line

    return "".join(to_line(row) + "\n" for row in records).encode()


def _xml(records: list[dict[str, Any]]) -> bytes:
    def element(name: str, value: Any) -> str:
        return f"<{name}>{value}</{name}>"

    items = "".join(element("item", "".join(element(k, v) for k, v in row.items())) for row in records)
    return f"<?xml version='1.0'?>\n<items>{items}</items>".encode()


def _xlsx(records: list[dict[str, Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(list(records[0]))
    for row in records:
        sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet(records: list[dict[str, Any]]) -> bytes:
    import tempfile
    from pathlib import Path

    import duckdb

    with tempfile.TemporaryDirectory(prefix="flowwright-sample-") as folder, duckdb.connect() as connection:
        lines, target = Path(folder, "rows.jsonl"), Path(folder, "rows.parquet")
        lines.write_text("".join(json.dumps(row) + "\n" for row in records))
        connection.read_json(str(lines)).to_parquet(str(target))
        return target.read_bytes()


def _zip(records: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("sample.csv", _csv(records))
    return out.getvalue()


def _tar(records: list[dict[str, Any]]) -> bytes:
    import tarfile

    out, content = io.BytesIO(), _csv(records)
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("sample.csv")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def input_value(declaration: Mapping[str, Any]) -> Any:
    """A value that fits an input's type and rules as far as these can be met; None where none can be made."""
    kind = str(declaration.get("type", "STRING")).upper()
    plain = {
        "BOOLEAN": True,
        "BOOL": True,
        "DATETIME": "2025-01-15T09:00:00Z",
        "DATE": "2025-01-15",
        "TIME": "09:00:00",
        "DURATION": "PT1M",
        "JSON": "{}",
        "YAML": "{}",
        "ION": "{}",
        "URI": "https://example.com/sample",
        "EMAIL": "sample@example.com",
    }
    if kind in ("SELECT", "ENUM", "MULTISELECT"):
        values = declaration.get("values") or declaration.get("options") or []
        first = values[0] if isinstance(values, list) and values else None
        return [first] if kind == "MULTISELECT" and first is not None else first
    if kind in ("INT", "FLOAT"):
        low, high = declaration.get("min"), declaration.get("max")
        return low if low is not None else min(1, high) if high is not None else 1
    if kind == "ARRAY":
        return [input_value({"type": declaration.get("itemType", "STRING"), "id": declaration.get("id", "item")})]
    if kind in ("DATE", "DATETIME", "TIME"):
        return declaration.get("after") or declaration.get("before") or plain[kind]
    if kind in plain:
        return plain[kind]
    return _text(str(declaration.get("id", "text")), declaration.get("validator"))


_LIKELY = (
    *("sample", "Sample", "SAMPLE", "abc", "a", "A1", "abc123", "1", "12", "123", "1234", "12345", "01"),
    *("2025-01-15", "2025-01", "2025", "sample@example.com", "https://example.com", "en", "EN", "a-b", "a_b"),
)


def _text(name: str, validator: Any) -> str | None:
    """Text that a full-match pattern accepts, from a handful of likely ones."""
    likely = (f"sample-{name}", *_LIKELY)
    if not validator:
        return likely[0]
    for text in likely:
        try:
            if re.fullmatch(str(validator), text):
                return text
        except re.error:
            return likely[0]
    return matching(str(validator))
