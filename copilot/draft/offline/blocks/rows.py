"""Blocks on rows: keep some of them, some columns, in an order; check that fields are there."""

from __future__ import annotations

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.compute import parse
from copilot.draft.offline.computing import file_name, note_columns, reader
from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Data, Task, Writer

READABLE = ("csv", "json", "jsonl", "parquet")


def table_file(w: Writer) -> tuple[list[Task], Data | None]:
    """(tasks needed first, a file that DuckDB reads) of the data at hand."""
    data = w.last
    if data is not None and data.kind in ("body", "rows"):
        shown = f"{data.expression} | toJson" if data.kind == "rows" else data.expression
        write = w.task("write_rows", "core.storage.Write", content=f"{{{{ {shown} }}}}", extension=".json")
        return [write], w.yields(write, "file", "uri", "json")
    data = w.last_of("file")
    if data is None:
        return [], None
    if data.format in READABLE:
        return [], data
    tasks, _ = as_format(w, "csv")
    return tasks, w.last_of("file")


@block("keep_rows")
def keep_rows(w: Writer, step: Step) -> list[Task]:
    """A DuckDB query over the file at hand; its rows are the file from then on."""
    tasks, data = table_file(w)
    if data is None:
        raise LookupError("rows to keep")
    calculation = parse(step.words)
    name = file_name(data)
    task = w.task(
        "keep_rows",
        "jdbc.duckdb.Query",
        inputFiles={name: f"{{{{ {data.expression} }}}}"},
        sql=calculation.sql(reader(name, data.format)),
        fetchType="STORE",
    )
    note_columns(w, calculation)
    w.yields(task, "file", "uri", "ion")
    w.extra["size"] = w.out(task["id"], "size")
    return [*tasks, task]


@block("require_fields")
def require_fields(w: Writer, step: Step) -> list[Task]:
    """The flow fails early when the webhook's body lacks a field."""
    names = step.args["names"]
    return [
        w.task(
            "check_payload",
            "core.execution.Assert",
            conditions=[f"{{{{ (trigger.body.{n} ?? '') != '' }}}}" for n in names],
            errorMessage=f"The payload must have {', '.join(names)}",
        )
    ]
