"""DuckDB and SQLite: databases inside the flow. They read files of the execution and keep what they are given."""

from __future__ import annotations

import re

from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.compute import parse
from copilot.draft.offline.computing import file_name, note_columns, reader
from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Data, Task, Writer


def local_query(w: Writer, step: Step, given: str | None) -> list[Task]:
    if step.args["service"].key == "sqlite":
        return _sqlite(w, step, given)
    tasks: list[Task] = []
    files = [d for d in w.data if d.kind == "file" and d.format in ("csv", "json", "jsonl", "parquet")]
    latest = w.last
    if latest and latest.kind == "file" and latest.format in ("ion", "excel", "xml", "yaml"):
        tasks, _ = as_format(w, "csv")
        files = [w.data[-1]]
    if not files and w.last_of("rows") is None and given is None:
        files, more = _source(w, step)
        tasks += more
    inputs, sql = _duckdb_sql(w, step, files, given)
    fetch = fetch_type(w, sql)
    task = w.task(
        "duckdb_query",
        "jdbc.duckdb.Queries" if sql.rstrip(" ;\n").count(";") else "jdbc.duckdb.Query",
        inputFiles=inputs,
        sql=sql,
        fetchType=fetch,
    )
    if task["type"].endswith("Queries"):
        task.setdefault("fetchType", fetch)
        return [*tasks, task]
    _yield_result(w, task, fetch)
    return [*tasks, task]


def _yield_result(w: Writer, task: Task, fetch: str) -> None:
    if fetch == "STORE":
        w.yields(task, "file", "uri", "ion")
    elif fetch == "FETCH_ONE":
        w.yields(task, "row", "row")
    else:
        w.yields(task, "rows", "rows")
    w.extra["size"] = w.out(task["id"], "size")


def fetch_type(w: Writer, sql: str) -> str:
    """STORE for what goes into files; FETCH where the values themselves are used next."""
    low = w.text.masked
    if re.search(
        (
            r"\bas\s+a\s+file|\bfile\b.*\bmemory|\bstored\s+as\s+file|\bexcel\b|\bcsv\s+attachment"
            r"|\bas\s+csv|\bto\s+csv|\bparquet\s+file\s+as|\bs3\b.*\bcsv\b|\bcsv\b.*\bs3\b"
        ),
        low,
    ) and not re.search(r"sqlite", low):
        return "STORE"
    single = "count(*)" in sql.lower() and "group by" not in sql.lower()
    if single:
        return "FETCH_ONE"
    if re.search(
        (
            r"\blog\b|\bslack|\bteams\b|\bdiscord|\bmail|\bsqlite|\bfor\s+(?:each|every)|\bnumbers\b"
            r"|\boutput\b|\btelegram|\bprint|\bshow\b|\bdisplay\b"
        ),
        low,
    ):
        return "FETCH"
    return "STORE"


def _source(w: Writer, step: Step) -> tuple[list[Data], list[Task]]:
    """No file yet: the words name a place on the web or nothing at all."""
    if re.search(r"\bs3\b|\bgcs\b", step.words.lower()):
        return [], []
    uri = next((one.value for one in w.text.literals if one.value.startswith("http")), None) or w.ask(
        "source_url", "URI", note="address of the data; it was not named"
    )
    task = w.task("download", "core.http.Download", uri=uri)
    from copilot.draft.offline.blocks.http import format_of

    return [w.yields(task, "file", "uri", format_of(uri if "{{" not in uri else "", w.text.plain))], [task]


def _duckdb_sql(w: Writer, step: Step, files: list[Data], given: str | None) -> tuple[dict[str, str] | None, str]:
    words = w.extra["sentences"].get(step.clause, step.words)
    before = w.extra.get("pending_filters", "")
    calculation = parse(f"{before} {words}")
    join = len(files) >= 2 and re.search(r"\bjoin", w.text.masked)
    if re.search(r"\bs3\b", step.words.lower()) and not files:
        bucket = w.named(step, "bucket") or w.ask("bucket", note="S3 bucket")
        note_columns(w, calculation)
        keys = (
            f"CREATE SECRET (TYPE S3, KEY_ID '{w.secret('AWS_ACCESS_KEY_ID')}', SECRET "
            f"'{w.secret('AWS_SECRET_ACCESS_KEY')}', REGION "
            f"'{w.ask('aws_region', note='AWS region')}');\n"
        )
        return None, f"INSTALL httpfs;\nLOAD httpfs;\n{keys}" + calculation.sql(
            f"read_csv_auto('s3://{bucket}/*.csv')"
        ) + ";"
    if not files:
        return None, given or "SELECT 1 AS value"
    if given:
        name = file_name(files[-1])
        sql = re.sub(
            r"(?i)(\bfrom\s+)(?:data|csv|the_file|file|input)\b", rf"\1{reader(name, files[-1].format)}", given
        )
        return {name: f"{{{{ {files[-1].expression} }}}}"}, sql
    if join:
        return _join(w, files[-2:], calculation, words)
    data = files[-1]
    name = file_name(data)
    note_columns(w, calculation)
    source = reader(name, data.format)
    return {name: f"{{{{ {data.expression} }}}}"}, calculation.sql(source)


def _join(w: Writer, files: list[Data], calculation: object, words: str) -> tuple[dict[str, str], str]:
    from copilot.draft.offline.compute import Calculation

    assert isinstance(calculation, Calculation)
    inputs = {f"{side}.csv": f"{{{{ {d.expression} }}}}" for side, d in zip(("left", "right"), files, strict=True)}
    named = re.search(r"\b(?:on|using|by)\s+(?:the\s+)?`?(\w*id|\w+_id|\w*key)`?\b", words)
    key = named[1] if named else "customer_id"
    w.note(f"Assumed that both files share the column `{key}`.")
    source = f"read_csv_auto('left.csv') AS a\nJOIN read_csv_auto('right.csv') AS b USING ({key})"
    if not calculation.function and re.search(r"\bprofit\b", words):
        calculation = Calculation("SUM", "revenue - cost")
    note_columns(w, calculation)
    return inputs, calculation.sql(source)


def _sqlite(w: Writer, step: Step, given: str | None) -> list[Task]:
    """A database that lives for one statement list: create, fill and ask in one task."""
    if (
        w.last
        and w.last.kind in ("rows", "file")
        and given is None
        and not re.search(r"\bcreate\b|\bmake\b", step.words.lower())
    ):
        return local_store(w, step)
    if given is None and w.extra.get("sqlite"):
        return []
    name, columns, rows = _made_table(w)
    if "'item 1'" in rows[0] or rows[0].startswith("(10"):
        w.note(f"The rows of `{name}` are made up, since the request gives none.")
    setup = f"CREATE TABLE {name} ({', '.join(columns)});\nINSERT INTO {name} VALUES {', '.join(rows)};\n"
    calculation = parse(" ".join(w.extra["sentences"].values()))
    measure = next((c for c in columns if re.search(r"amount|price|value|total|quantity", c)), columns[-1]).split()[0]
    if calculation.function in ("SUM", "AVG", "MAX", "MIN"):
        group = next(
            (c.split()[0] for c in columns if calculation.group and c.split()[0].startswith(calculation.group[:4])),
            calculation.group if calculation.group in [c.split()[0] for c in columns] else "",
        )
        calculation = type(calculation)(calculation.function, measure, group)
    elif calculation.function == "COUNT":
        calculation = type(calculation)("COUNT", "", "", ())
    else:
        calculation = type(calculation)("", "")
    sql = given or setup + calculation.sql(name) + ";"
    one = bool(calculation.function and not calculation.group and given is None)
    w.extra["sqlite"] = True
    fetch = "FETCH_ONE" if one else ("FETCH" if w.text.masked.count("log") else "STORE")
    task = w.task("sqlite_queries", "jdbc.sqlite.Queries", url="jdbc:sqlite::memory:", sql=sql, fetchType=fetch)
    if one:
        w.yields(task, "value", f"outputs[0].row.{calculation.name}")
    elif fetch == "FETCH":
        w.yields(task, "rows", "outputs[0].rows")
    else:
        w.yields(task, "file", "outputs[0].uri", "ion")
    return [task]


def _made_table(w: Writer) -> tuple[str, list[str], list[str]]:
    """(name, columns, row literals) of a table the words make up."""
    found = re.search(
        (
            r"\btable\s+(?:called\s+|named\s+|of\s+|in\s+sqlite\s+with\s+)?`?([a-z]\w*)`?\s*\(([^)]*)\)"
            r"|\bwith\s+([a-z]\w*)\s*\(([^)]*)\)"
        ),
        w.text.plain,
    )
    name = (
        (found[1] or found[3])
        if found
        else next(iter(re.findall(r"\btable\s+of\s+([a-z]\w*)", w.text.masked)), "items")
    )
    raw = (found[2] or found[4]) if found else "id integer, name text, amount real"
    columns = [
        c.strip()
        if " " in c.strip()
        else f"{c.strip()} {'REAL' if re.search(r'amount|price|total|value|quantity', c) else 'TEXT'}"
        for c in raw.split(",")
    ]
    tail = w.text.plain[found.end() :] if found else ""
    pairs = re.findall(r"\b([A-Za-z]\w*)\s+(\d+(?:\.\d+)?)\b", tail.split(".")[0])
    if len(columns) == 2 and pairs:
        return name, columns, [f"('{a}', {b})" for a, b in pairs if a not in ("insert", "and")]
    numbers = re.findall(r"\b\d+(?:\.\d+)?\b", tail.split(".")[0])
    if len(columns) == 1 and numbers:
        return name, columns, [f"({n})" for n in numbers]
    return name, columns, [f"({', '.join(_sample(c, i) for c in columns)})" for i in (1, 2, 3)]


def _sample(column: str, n: int) -> str:
    return str(n * 10) if re.search(r"(?i)\b(?:int|integer|real|numeric)\b", column) else f"'item {n}'"


def local_store(w: Writer, step: Step) -> list[Task]:
    """Put the result at hand into a table. DuckDB writes a file; SQLite takes the rows as one JSON parameter."""
    if step.args["service"].key == "duckdb":
        return local_query(w, step, None)
    from copilot.draft.offline.blocks.jdbc import table

    name = table(w, step, "result")
    rows = w.last_of("rows")
    if rows is None:
        file = w.last_of("file")
        if file is None:
            return _sqlite(w, step, None)
        tasks, _ = as_format(w, "csv")
        fetch = w.task(
            "read_rows",
            "jdbc.duckdb.Query",
            inputFiles={"data.csv": f"{{{{ {w.data[-1].expression} }}}}"},
            sql="SELECT * FROM read_csv_auto('data.csv')",
            fetchType="FETCH",
        )
        rows = w.yields(fetch, "rows", "rows")
        return [*tasks, fetch, _sqlite_rows(w, name, rows)]
    return [_sqlite_rows(w, name, rows)]


def _sqlite_rows(w: Writer, name: str, rows: Data) -> Task:
    columns = w.extra.get("columns") or ("row",)
    picked = (
        ", ".join(f"json_extract(value, '$.{c}') AS {c}" for c in columns) if columns != ("row",) else "value AS row"
    )
    chosen = f"SELECT {picked}\nFROM json_each(:rows)"
    if re.search(
        r"\b(?:append|add\s+(?:them|it|the\s+rows)|keep\s+(?:the\s+)?(?:old|earlier)|accumulate|history)\b",
        w.text.masked,
    ):
        sql = (
            f"CREATE TABLE IF NOT EXISTS {name} AS\n{chosen}\nWHERE FALSE;\nINSERT INTO "
            f"{name}\n{chosen};\nSELECT * FROM {name};"
        )
    else:
        # A second run shows its own rows, not those of the first.
        sql = f"DROP TABLE IF EXISTS {name};\nCREATE TABLE {name} AS\n{chosen};\nSELECT * FROM {name};"
    return w.task(
        f"store_in_{name}" if "{{" not in name else "store_rows",
        "jdbc.sqlite.Queries",
        url="jdbc:sqlite:results.db",
        sql=sql,
        parameters={"rows": f"{{{{ {rows.expression} | toJson }}}}"},
        fetchType="FETCH",
        outputDbFile=True,
    )
