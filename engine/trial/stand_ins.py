"""The outputs a task would give, made from what the catalog knows of them and what the flow reads of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from engine.errors import EngineError
from engine.flow.catalog import TypeDef
from engine.flow.model import Flow, Task
from engine.trial.needs import Need
from engine.trial.samples import COLUMNS, ROWS, file_of, rows, scalar, shaped
from engine.trial.texts import own_text, places

Render = Callable[[str], Any]
Put = Callable[[bytes, str], str]
_ENDINGS = (
    "csv",
    "tsv",
    "jsonl",
    "json",
    "ion",
    "xml",
    "yaml",
    "xlsx",
    "parquet",
    "gz",
    "zip",
    "tar",
    "sql",
    "html",
    "pdf",
)
_BY_CONSUMER = (
    ("csv.CsvToIon", "csv"),
    ("csv.CsvReader", "csv"),
    ("json.JsonToIon", "jsonl"),
    ("xml.XmlToIon", "xml"),
    ("yaml.YamlToIon", "yaml"),
    ("excel.ExcelToIon", "xlsx"),
    ("parquet.ParquetToIon", "parquet"),
    ("serdes.", "ion"),
    ("flow.ForEachItem", "ion"),
    ("storage.DeduplicateItems", "ion"),
    ("storage.FilterItems", "ion"),
    ("jdbc.postgresql.CopyIn", "csv"),
    (".Batch", "ion"),
    (".Load", "csv"),
)
_BY_WORD = (("read_parquet", "parquet"), ("read_json", "json"), ("json.load", "json"), ("JSON.parse", "json"))
_FETCHED = {"NONE": set(), "FETCH": {"rows", "size"}, "FETCH_ONE": {"row", "size"}, "STORE": {"uri", "size"}}
_FLAGS = {"fetch": "FETCH", "fetchOne": "FETCH_ONE", "store": "STORE"}
_SQL_WORD = re.compile(r"(?i)\b(?:read_csv\w*|read_json\w*|read_parquet|from\s+'|select)\b")
_IDENTIFIER = re.compile(r"(?<![\w.'\"$:])([A-Za-z_]\w*)(?!\w*\s*\()")
_DOCUMENT = re.compile(r"(\w+)\s*=\s*(?:json\.loads?|JSON\.parse)\(")
_SUBSCRIPT = re.compile(r"(?:\[|\.get\(|\busecols=\[)\s*['\"](\w+)['\"]")
_SQL_KEYWORDS = """
    select from where group by order having limit offset as and or not in is null on join left right inner outer full
    cross union all distinct case when then else end between like ilike create table if exists insert into values update
    set delete drop replace temp temporary view with copy to header delimiter true false asc desc cast interval date
    timestamp time integer int bigint varchar text double precision decimal numeric float boolean using over partition
    rows range install load json csv parquet format auto filter exclude qualify returning primary key default
"""
_KEYWORDS = frozenset(_SQL_KEYWORDS.split())


@dataclass(frozen=True)
class Maker:
    """Makes stand-ins for the tasks of one flow."""

    flow: Flow
    needs: Mapping[str, Need]

    def outputs(self, task: Task, definition: TypeDef | None, render: Render, put: Put) -> dict[str, Any]:
        """The outputs that the catalog names, shaped by what is read of them; where it names none, all that is read."""
        need = self.needs.get(task.id, Need())
        made = _Making(self, task, need, render, put)
        names = self._names(task, definition, render)
        if names is None:
            return {key: made.value(key, "any") for key in [*need.keys, *made.dynamic(need)]}
        return {name: made.value(name, kind) for name, kind in names.items() if made.wanted(name)}

    def _names(self, task: Task, definition: TypeDef | None, render: Render) -> dict[str, str] | None:
        """Output names with their kinds, or None where they are not known."""
        if definition is None or not definition.outputs_known:
            return None
        names = dict(definition.outputs)
        for extra in ("outputFiles", "databaseUri"):
            if extra in definition.properties or (extra == "databaseUri" and "outputDbFile" in definition.properties):
                names.setdefault(extra, "map" if extra == "outputFiles" else "string")
        if "fetchType" in definition.properties and {"row", "rows", "uri"} <= set(names):
            allowed = _FETCHED.get(_fetch(task, render), set(names))
            return {
                name: kind
                for name, kind in names.items()
                if name not in ("row", "rows", "uri", "size") or name in allowed
            }
        return names

    def columns(self, task_id: str) -> tuple[str, ...]:
        """Column names that the tasks reading this one's outputs use, as far as their texts tell."""
        found: dict[str, None] = {}
        for reader in self._readers(task_id):
            for name in reader.properties.get("columns") or ():
                found[str(name)] = None
            text = own_text(reader)
            for match in _SUBSCRIPT.finditer(text):
                found[match[1]] = None
            if _SQL_WORD.search(text):
                found |= dict.fromkeys(_identifiers(str(reader.properties.get("sql", ""))))
        return tuple(found)[:60] or COLUMNS

    def _readers(self, task_id: str) -> list[Task]:
        """Tasks that read a task's outputs themselves, or a flow variable that does."""
        pattern = re.compile(rf"\boutputs(?:\.{re.escape(task_id)}\b|\[\s*['\"]{re.escape(task_id)}['\"]\s*\])")
        through = [name for name, value in self.flow.variables.items() if pattern.search(str(value))]
        names = [re.compile(rf"\bvars\.{re.escape(name)}\b") for name in through]
        return [
            place.task
            for place in places(self.flow)
            if any(p.search(own_text(place.task)) for p in (pattern, *names)) and place.task.id != task_id
        ]

    def json_keys(self, task_id: str) -> tuple[str, ...]:
        """Keys that scripts read of the document in a task's file, which is then a map of lists of rows."""
        found: dict[str, None] = {}
        for reader in self._readers(task_id):
            text = own_text(reader)
            for name in _DOCUMENT.findall(text):
                for match in re.finditer(rf"\b{re.escape(name)}(?:\[|\.get\()\s*['\"](\w+)['\"]", text):
                    found[match[1]] = None
        return tuple(found)

    def ending(self, task: Task, hint: str) -> str:
        """What kind of file is expected, as an ending: by its name, by who reads it, else CSV (or Ion for rows)."""
        named = _ending_of(hint)
        if named:
            return named
        readers = self._readers(task.id)
        for reader in readers:
            for name, value in _file_names(reader):
                if task.id in value and (found := _ending_of(name)):
                    return found
        for reader in readers:
            if found := _by_type(reader):
                return found
        text = "\n".join(own_text(reader) for reader in readers)
        for word, found in _BY_WORD:
            if word in text:
                return found
        return "ion" if "sql" in task.properties or "fetchType" in task.properties else "csv"


def _file_names(task: Task) -> Iterable[tuple[str, str]]:
    given = task.properties.get("inputFiles") or task.properties.get("inputs")
    return [(str(key), str(value)) for key, value in given.items()] if isinstance(given, Mapping) else []


def _ending_of(name: str) -> str:
    parts = PurePosixPath(name.split("?")[0]).name.lower().split(".")
    if len(parts) > 2 and parts[-1] == "gz" and parts[-2] in _ENDINGS:
        return f"{parts[-2]}.gz"
    aliases = {"yml": "yaml", "xls": "xlsx", "tgz": "tar.gz", "ndjson": "jsonl"}
    last = aliases.get(parts[-1], parts[-1]) if len(parts) > 1 else ""
    return last if last in _ENDINGS or last == "tar.gz" else ""


def _by_type(reader: Task) -> str:
    if reader.type.endswith(("compress.ArchiveDecompress", "compress.FileDecompress")):
        kind = str(reader.properties.get("algorithm", "")).lower().replace("jar", "zip")
        way = "gz" if str(reader.properties.get("compression", "")).upper() == "GZIP" else ""
        return ".".join(part for part in (kind or "csv", way) if part)
    if reader.type.endswith("json.JsonToIon") and str(reader.properties.get("newLine")).lower() == "false":
        return "json"
    return next((ending for part, ending in _BY_CONSUMER if part in reader.type), "")


def _fetch(task: Task, render: Render) -> str:
    for flag, kind in _FLAGS.items():
        if str(task.properties.get(flag)).lower() == "true":
            return kind
    written = task.properties.get("fetchType", "NONE")
    try:
        return str(render(written) if isinstance(written, str) else written).upper()
    except EngineError:
        return ""


def _identifiers(sql: str) -> list[str]:
    text = re.sub(r"\{\{.*?\}\}|'[^']*'|--[^\n]*", " ", sql)
    text = re.sub(r"(?i)\b(?:as|from|join|into|table|exists)\s+[\w.\"]+", " ", text)
    return [name for name in _IDENTIFIER.findall(text) if name.lower() not in _KEYWORDS]


@dataclass(frozen=True)
class _Making:
    """One stand-in being made."""

    maker: Maker
    task: Task
    need: Need
    render: Render
    put: Put

    def wanted(self, name: str) -> bool:
        """Outputs that a task gives only when asked to are left out."""
        return name != "encryptedBody"

    def dynamic(self, need: Need) -> dict[str, Need]:
        """Keys given by expressions, rendered now; those that cannot be are left out."""
        found: dict[str, Need] = {}
        for expression, inner in need.dynamic.items():
            try:
                found[str(self.render("{{ " + expression + " }}"))] = inner
            except EngineError:
                continue
        return found

    def value(self, name: str, kind: str) -> Any:
        """One output."""
        need = self.need.keys.get(name, Need())
        low = name.lower()
        if low in ("uris", "files", "outputfiles") or low.endswith("files"):
            return self._files(need, kind)
        if low == "uri" or low.endswith("uri"):
            return self._file(str(self.task.properties.get("saveAs") or self.task.properties.get("uri") or ""))
        if need.keys or need.json is not None:
            return shaped(need, name)
        if name == "rows":
            return rows(self.maker.columns(self.task.id))
        if name == "row":
            return rows(self.maker.columns(self.task.id))[0]
        if name == "outputs" and kind == "array":
            return [self._statement()]
        return self._plain(name, low, kind)

    def _plain(self, name: str, low: str, kind: str) -> Any:
        if kind in ("integer", "number"):
            known = {"code": 200, "statuscode": 200, "exitcode": 0, "size": ROWS}
            return known.get(low, ROWS if "count" in low or "total" in low else 1)
        if name == "state":
            return "SUCCESS"
        return {"boolean": True, "array": [], "map": {}, "object": {}, "duration": "PT1S"}.get(kind, scalar(name))

    def _statement(self) -> dict[str, Any]:
        """The entry of one statement of a Queries task."""
        fetch, columns = _fetch(self.task, self.render), self.maker.columns(self.task.id)
        entry: dict[str, Any] = {"size": ROWS}
        if fetch == "STORE":
            entry["uri"] = self._file("rows.ion")
        elif fetch == "FETCH_ONE":
            entry["row"] = rows(columns)[0]
        else:
            entry["rows"] = rows(columns)
        return entry

    def _file(self, hint: str) -> str:
        ending = self.maker.ending(self.task, hint)
        return self.put(self._content(ending), f"sample.{ending}")

    def _content(self, ending: str) -> bytes:
        keys, columns = self.maker.json_keys(self.task.id), self.maker.columns(self.task.id)
        if ending == "json" and keys:
            return json.dumps({key: rows([name for name in columns if name not in keys]) for key in keys}).encode()
        return file_of(ending, columns)

    def _files(self, need: Need, kind: str) -> Any:
        """Files by name: those that are read, and those named outright in ``outputFiles``; a list where it is one."""
        if kind == "array" or need.is_list:
            return [self._file("") for _ in range(ROWS)]
        written = self.task.properties.get("outputFiles")
        plain = (
            [str(name) for name in written if not set(str(name)) & set("*?[{")]
            if isinstance(written, list | tuple)
            else []
        )
        names = dict.fromkeys([*need.keys, *self.dynamic(need), *plain])
        return {
            name: self.put(self._content(self.maker.ending(self.task, name)), PurePosixPath(name).name or "sample")
            for name in names
        }
