"""JSON and lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, to_json, write_rows
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.moments import zoned
from engine.tasks.unread import refused

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable(
    "io.kestra.plugin.serdes.json.JsonToIon", effects="files", aliases=("io.kestra.plugin.serdes.json.JsonReader",)
)
def json_to_ion(task: RunContext) -> Outputs:
    """A value a line (``newLine``, the default), or one document whose list gives the rows; ``uri`` and ``size``."""
    props = Props(task)
    source, charset = task.files.open(props.required("from")), props.text("charset", "UTF-8")
    target = own_file(task, "rows.ion")
    rows = json_lines(source, charset) if props.flag("newLine", True) else json_document(source, charset)
    size = write_rows(target, rows)
    task.metric("records", "counter", size)
    return {"uri": task.files.put(target, target.name), "size": size}


def json_lines(source: Path, charset: str = "UTF-8") -> Iterator[Any]:
    """The value of each line. TaskFailed at the first that is not JSON."""
    with source.open(encoding=charset) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except ValueError as error:
                raise TaskFailed(
                    f"line {number} of {source.name} is not JSON: {error}",
                    code="not-json",
                    hint="for one document over several lines, such as a list, set newLine to false",
                ) from error


def json_document(source: Path, charset: str = "UTF-8") -> Iterator[Any]:
    """The items of a document that is a list, else the document itself. TaskFailed when it is not JSON."""
    try:
        document = json.loads(source.read_text(encoding=charset))
    except ValueError as error:
        hint = "for one value a line, set newLine to true"
        raise TaskFailed(f"{source.name} is not JSON: {error}", code="not-json", hint=hint) from error
    yield from document if isinstance(document, list) else [document]


@runnable(
    "io.kestra.plugin.serdes.json.IonToJson",
    effects="files",
    aliases=("io.kestra.plugin.serdes.json.JsonWriter",),
    unread={"shouldKeepAnnotations": refused("annotations of Ion values are not read here", False)},
)
def ion_to_json(task: RunContext) -> Outputs:
    """Rows as a value a line (``newLine``, the default) or as one list; ``uri`` and ``size``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    lines, zone = props.flag("newLine", True), zoned(props)
    target = own_file(task, f"rows.{'jsonl' if lines else 'json'}")
    size = 0
    with target.open("w", encoding=props.text("charset", "UTF-8")) as file:
        for row in read_rows(source):
            file.write("" if lines else ("," if size else "["))
            file.write(json.dumps(to_json(zone(row)), ensure_ascii=False, separators=(",", ":")))
            file.write("\n" if lines else "")
            size += 1
        if not lines:
            file.write("]" if size else "[]")
    task.metric("records", "counter", size)
    return {"uri": task.files.put(target, target.name), "size": size}


@runnable("io.kestra.plugin.serdes.json.JsonToJsonl", effects="files")
def json_to_jsonl(task: RunContext) -> Outputs:
    """A document that is a list as a value a line; ``uri`` and ``size``."""
    props = Props(task)
    charset = props.text("charset", "UTF-8")
    rows = list(json_document(task.files.open(props.required("from")), charset))
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return {"uri": task.files.put_bytes(text.encode(charset), "rows.jsonl"), "size": len(rows)}
