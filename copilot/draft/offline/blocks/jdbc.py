"""Blocks for SQL databases: queries, bulk loads, exports, and what goes between them and files."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.computing import file_name, note_columns, reader
from copilot.draft.offline.ir import Step
from copilot.draft.offline.queries import (
    Statement,
    belongs_elsewhere,
    gives_one_value,
    rows_named,
    statement,
    table_beside,
    with_dates,
)
from copilot.draft.offline.services import Service
from copilot.draft.offline.tables import table as words_table
from copilot.draft.offline.text import CODE, QUOTED
from copilot.draft.offline.trigger_values import event_value
from copilot.draft.offline.writer import Task, Writer, named_secrets

_LOCAL = ("duckdb", "sqlite", "motherduck")
_SQL_TEXT = re.compile(
    r"^\s*(?:refresh|vacuum|select|insert|update|delete|create|with|merge|truncate|drop|copy|call|alter)\b", re.I
)


def connection(w: Writer, service: Service) -> dict[str, Any]:
    """url, username, password by the family's habits; from the words where they say it."""
    name = service.key.upper()
    if service.key in _LOCAL:
        return {
            "motherduck": {"url": f"jdbc:duckdb:md:?motherduck_token={w.secret('MOTHERDUCK_TOKEN')}"},
            "sqlite": {},
        }.get(service.key, {})
    if service.key == "snowflake" and not w.jdbc and "SNOWFLAKE_PASSWORD" not in named_secrets(w.text):
        # Snowflake asks service users for a key pair; a password alone is being phased out there.
        account = w.ask("snowflake_account", note="Snowflake account identifier; it was not named")
        return {
            "url": f"jdbc:snowflake://{account}.snowflakecomputing.com",
            "username": w.secret("SNOWFLAKE_USERNAME"),
            "privateKey": w.secret("SNOWFLAKE_PRIVATE_KEY"),
        }
    if service.key == "bigquery":
        return {"projectId": _gcp_project(w), "serviceAccount": w.secret("GCP_SERVICE_ACCOUNT")}
    if service.key == "athena":
        return {
            "region": w.ask("aws_region", note="AWS region"),
            "accessKeyId": w.secret("AWS_ACCESS_KEY_ID"),
            "secretKeyId": w.secret("AWS_SECRET_ACCESS_KEY"),
            "database": w.ask("athena_database"),
            "outputLocation": w.ask("athena_output_location", note="s3:// address for the results"),
        }
    if service.key == "databricks_sql":
        return {
            "host": w.ask("databricks_host"),
            "httpPath": w.ask("databricks_http_path"),
            "accessToken": w.secret("DATABRICKS_TOKEN"),
        }
    user = re.search(
        r"\b(?:user(?:name)?|as)\s+[`'\"]?([A-Za-z_][\w.-]*)[`'\"]?(?=\s*[,.;]|\s+(?:and|with|the|password)\b|\s*$)",
        w.text.plain,
    )
    plain_user = user[1] if user and w.jdbc and user[1] not in ("and", "is", "with") else None
    return {
        "url": w.jdbc or w.secret(f"{name}_JDBC_URL"),
        "username": plain_user or w.secret(f"{name}_USERNAME"),
        "password": w.secret(_password(w, name)),
    }


def _password(w: Writer, name: str) -> str:
    named = re.search(r"\bpassword\s+(?:is\s+)?(?:in|from)\s+(?:the\s+)?secret\s+`?([A-Z][A-Z0-9_]+)", w.text.plain)
    return named[1] if named else f"{name}_PASSWORD"


def _gcp_project(w: Writer) -> str:
    if re.search(r"\bkv\b", w.text.masked):
        return "{{ kv('GCP_PROJECT_ID') }}"
    return w.ask("gcp_project_id", note="Google Cloud project id")


def table(w: Writer, step: Step, default: str = "") -> str:
    """The table the words name, else an input for it."""
    if beside := table_beside(w, step):
        return beside
    quoted = re.search(rf"\btable\s+(?:called\s+|named\s+)?([{CODE}{QUOTED}]+)", w.text.masked)
    if quoted and (literal := w.text.literal_at(quoted.start(1))):
        return literal.value
    for found in re.finditer(
        (
            rf"\btable\s+(?:called\s+|named\s+)?([{CODE}{QUOTED}]+)|([{CODE}]+)\s+table"
            r"|\btable\s+([a-z]\w*(?:[_.]\w+)+|[a-z]\w*(?=\())|\b(?:our"
            r"|the)\s+(?:\w+\s+)?([a-z]+)\s+table\b"
        ),
        w.text.masked,
    ):
        group = next(i for i in range(1, 5) if found[i])
        literal = w.text.literal_at(found.start(group))
        name = literal.value if literal else w.text.plain[found.start(group) : found.end(group)]
        if name.lower() not in (
            "source",
            "target",
            "gold",
            "staging",
            "new",
            "a",
            "the",
            "main",
            "mysql",
            "postgres",
            "sqlite",
            "bigquery",
            "snowflake",
            "temp",
            "small",
            "database",
            "db",
        ) and name not in (step.args["service"].key,):
            return name
    if "target_table" in w.inputs:
        return "{{ inputs.target_table }}"
    if w.loops and "table" in w.loops[-1]:
        return f"{{{{ {w.extra['loop_value'][-1]} }}}}"
    return default or w.named(step, "table") or w.ask("table", note="table name; it was not named")


def sql_in_words(w: Writer, step: Step) -> str | None:
    """SQL given in backticks or quotes; a statement is one step's only."""
    owners: dict[int, int] = w.extra.setdefault("sql_owners", {})
    for one in [*step.args["literals"], *w.text.literals]:
        statement = one.kind in (CODE, QUOTED) and _SQL_TEXT.match(one.value) and " " in one.value
        if statement and owners.setdefault(one.start, step.start) == step.start:
            return str(one.value)
    return None


@block("sql:read", "sql:run")
def query(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    tasks: list[Task] = []
    given = sql_in_words(w, step)
    if service.key in _LOCAL and service.key != "motherduck":
        from copilot.draft.offline.blocks.local_sql import local_query

        return local_query(w, step, given)
    given = with_dates(w, given) if given else None
    asked = Statement(given, "FETCH_ONE" if gives_one_value(given) else "") if given else _select(w, step)
    sql = asked.sql
    several = sql.count(";") > 1
    fetch = asked.fetch or ("FETCH" if _needs_rows(w) else "STORE")
    if fetch == "NONE" or (
        given and not re.match(r"\s*(?:select|with|show|describe|values|explain|call|exec)\b", given, re.I)
    ):
        return [_change(w, service, sql)]
    candidates = service.roles["run" if several and "run" in service.roles else "read"]
    extra: dict[str, Any] = {"query": sql} if service.key == "athena" else {"sql": sql}
    if service.key == "bigquery" and fetch == "STORE":
        extra["fetchType"] = "STORE"
    task = w.task(
        f"query_{service.key}",
        candidates,
        **connection(w, service),
        **extra,
        **({} if service.key == "bigquery" and fetch == "STORE" else {"fetchType": fetch}),
    )
    tasks.append(task)
    if several:
        return tasks
    if fetch == "FETCH_ONE":
        w.yields(task, "value", f"row.{asked.value}" if asked.value else "row | values | first")
        if step.args.get("counts"):
            w.extra.setdefault("compared", []).append(
                w.out(task["id"], f"row.{asked.value}" if asked.value else "row | values | first")
            )
        return tasks
    if fetch == "FETCH":
        w.yields(task, "rows", "rows")
    else:
        w.yields(task, "file", "uri", "ion")
    w.extra["size"] = w.out(task["id"], "size")
    return tasks


def _change(w: Writer, service: Service, sql: str) -> Task:
    """A statement that changes data and gives no rows back."""
    hint = {"delete": "delete_rows", "update": "update_rows", "insert": "insert_rows"}.get(
        sql.split()[0].lower(), f"query_{service.key}"
    )
    candidates = (
        service.roles["read"] if ";" not in sql.rstrip("; \n") else service.roles.get("run", service.roles["read"])
    )
    return w.task(
        hint, candidates, **connection(w, service), **({"query": sql} if service.key == "athena" else {"sql": sql})
    )


def _needs_rows(w: Writer) -> bool:
    low = w.text.masked
    return bool(
        re.search(
            (
                r"\bone\s+log\s+line|\bfor\s+(?:each|every)\b|\bslack|\bdiscord|\blog\s+(?:the|it|them)"
                r"|\boutput\b|\bprint\b|\bllm|openai|gemini|gpt"
            ),
            low,
        )
    ) and not re.search(r"\bcsv\b|\bexcel\b|\bs3\b|\bgcs\b|\bfile\b|\bpandas\b", low)


def _select(w: Writer, step: Step) -> Statement:
    name = table_beside(w, step) or (
        (rows_named(w, step) or w.ask("source_table", note=f"table of {step.args['service'].title} to read"))
        if belongs_elsewhere(w, step)
        else table(w, step, rows_named(w, step))
    )
    asked = statement(w, step, name)
    note_columns(w, w.extra["calculation"])
    return asked


@block("sql:write")
def insert(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    if service.key in _LOCAL:
        from copilot.draft.offline.blocks.local_sql import local_store

        return local_store(w, step)
    name = table(w, step)
    if (
        w.last is None
        or w.last.kind in ("answer", "value", "body")
        or (w.last.kind == "file" and w.last.format in ("pdf", "txt", "unknown"))
    ):
        return [_insert_value(w, service, name, step)]
    tasks, source = as_format(w, "ion")
    columns = w.ask("insert_values", default="?, ?", note="one question mark for each column of the table")
    task = w.task(
        f"insert_into_{service.key}",
        [f"jdbc.{service.key}.Batch", *service.roles["write"]],
        **connection(w, service),
        **{"from": source},
        table=name,
        sql=f"INSERT INTO {name} VALUES ({columns})",
        chunk=1000,
    )
    if "from" not in task:
        task["sql"] = f"INSERT INTO {name} SELECT * FROM staging"
    else:
        w.inputs.pop("insert_values", None)
        w.placeholders.pop("insert_values", None)
        task.pop("sql", None)
    return [*tasks, task]


_INSERTS = re.compile(
    r"\b(?:insert|write|store|save|put|add|record|upsert)\s+(?:the\s+|its\s+|their\s+|only\s+|fields?\s+|columns?\s+|values?\s+|of\s+)*"
    r"(?P<names>[a-z_]\w*(?:\s*,\s*(?:the\s+)?[a-z_]\w*)*(?:\s*,?\s+and\s+(?:the\s+)?[a-z_]\w*)?)\s+"
    r"(?:(?:from|of)\s+(?:the\s+|its\s+)?(?:\w+\s+)?(?:payload|body|message|event|response|request|answer|json|it)\s+)?(?:in|into|to)\b"
)
_NO_COLUMN = frozenset(words_table("rows")["no_column"])


def columns_said(step: Step) -> list[str]:
    """Columns named between the verb and the table: 'insert order_id and amount into'."""
    match = _INSERTS.search(step.words.lower())
    if match is None:
        return []
    names = re.split(r"\s*,\s*(?:and\s+)?(?:the\s+)?|\s+and\s+(?:the\s+)?", match["names"])
    known = [n for n in names if n and n not in _NO_COLUMN]
    return known if len(known) == len(names) and (len(known) > 1 or "_" in known[0]) else []


def _insert_columns(w: Writer, service: Service, name: str, columns: list[str]) -> Task:
    """One row from the fields of what came in."""
    data = w.last
    base = f"fromJson({data.expression})" if data and data.kind in ("body", "answer") else event_value(w)
    if base.endswith("| toJson"):
        base = "trigger"
    elif base == "trigger.value":
        base = "fromJson(trigger.value)"
    shown = ", ".join(f":{c}" for c in columns)
    return w.task(
        f"insert_into_{service.key}",
        service.roles["read"],
        **connection(w, service),
        sql=f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({shown})",
        parameters={c: f"{{{{ {base}.{c} }}}}" if base else w.ask(c) for c in columns},
    )


def _insert_value(w: Writer, service: Service, name: str, step: Step | None = None) -> Task:
    if step is not None and (columns := columns_said(step)):
        return _insert_columns(w, service, name, columns)
    value = w.last.expression if w.last else event_value(w) or "execution.id"
    parameters = {"value": f"{{{{ {value} }}}}"}
    upsert = " ON CONFLICT DO NOTHING" if re.search(r"\bupsert", w.text.masked) and service.key == "postgres" else ""
    w.note(f"The columns of {name} are not known: one column `payload` is assumed.")
    return w.task(
        f"insert_into_{service.key}",
        service.roles["run"] if service.key != "postgres" else "jdbc.postgresql.Query",
        **connection(w, service),
        sql=f"INSERT INTO {name} (payload) VALUES (:value){upsert}",
        parameters=parameters,
    )


_UPKEEP = re.compile(r"\s*(?:truncate|delete|refresh|vacuum|analyze|call|update|create|drop|alter|reindex)\b", re.I)


def _load_and_more(w: Writer, step: Step, given: str) -> list[Task]:
    """'truncate the table before loading', 'refresh the view after it': the load, and the statement on its side of it."""
    first = re.search(r"\bbefore\b", w.text.masked) or re.match(r"\s*(?:truncate|create|drop|delete)\b", given, re.I)
    statement_ = _change(w, step.args["service"], given)
    loaded = _load_file(w, step)
    return [statement_, *loaded] if first and not re.search(r"\bafter\b", w.text.masked) else [*loaded, statement_]


@block("postgres:write")
def postgres_load(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    given = sql_in_words(w, step)
    if given and w.last is not None and w.last.kind == "file" and _UPKEEP.match(given):
        return _load_and_more(w, step, given)
    if given:
        return query(w, step)
    if w.last is None or w.last.kind not in ("file", "rows"):
        return [_insert_value(w, service, table(w, step), step)]
    return _load_file(w, step)


def _load_file(w: Writer, step: Step) -> list[Task]:
    """COPY of the file at hand, into a table that is made first where the words ask for it."""
    service: Service = step.args["service"]
    name = table(w, step)
    tasks: list[Task] = []
    made = w.extra.pop("load_later", None) is not None
    if not made and re.search(
        r"\bcreate\b[^.;]{0,30}\btable\b|\bnew\s+(?:\w+\s+)?table\b|\btable\b[^.;]{0,20}\bif\s+it\b", w.text.masked
    ):
        tasks.append(_create_table(w, service, name))
    if re.search(
        r"\bupsert\w*|\bmerge\s+(?:it|them|the\s+\w+)?\s*(?:in)?to\b|\bupdate\s+or\s+insert\b|\bon\s+conflict\b",
        step.words.lower(),
    ):
        return [*tasks, *_upsert(w, service, name)]
    more, source = as_format(w, "csv")
    delimiter = "{{ inputs.field_separator }}" if "field_separator" in w.inputs else _delimiter(w)
    tasks += more
    tasks.append(
        w.task(
            "copy_into_postgres",
            "jdbc.postgresql.CopyIn",
            **connection(w, service),
            table=name,
            **{"from": source},
            format="CSV",
            header=True,
            delimiter=delimiter,
        )
    )
    return tasks


def _upsert(w: Writer, service: Service, name: str) -> list[Task]:
    """COPY fills a staging table; one statement list then replaces the rows with the same key."""
    said = re.search(
        r"\b(?:on|by|key(?:ed)?(?:\s+(?:is|by|on|column))?|using)\s+(?:the\s+)?(?:key\s+|column\s+)?[`'\"]?(\w*id|\w+_(?:key|no|code|number)|key|email|sku)\b",
        w.text.plain,
    )
    key = said[1] if said else w.ask("key_column", note=f"column that identifies a row of {name}")
    more, source = as_format(w, "csv")
    staging = f"{name}_staging"
    prepare = w.task(
        "prepare_staging",
        service.roles["run"],
        **connection(w, service),
        sql=f"CREATE TABLE IF NOT EXISTS {staging} (LIKE {name});\nTRUNCATE TABLE {staging};",
    )
    load = w.task(
        "copy_into_staging",
        "jdbc.postgresql.CopyIn",
        **connection(w, service),
        table=staging,
        **{"from": source},
        format="CSV",
        header=True,
        delimiter=_delimiter(w),
    )
    merge = w.task(
        "upsert_rows",
        service.roles["run"],
        **connection(w, service),
        sql=(
            f"DELETE FROM {name} USING {staging} s WHERE {name}.{key} = s.{key};\n"
            f"INSERT INTO {name} SELECT * FROM {staging};"
        ),
    )
    return [*more, prepare, load, merge]


def _delimiter(w: Writer) -> str | None:
    found = re.search(r"\b(?:separator|delimiter|separated\s+by)\s+(?:is\s+)?[`'\"]?([;|,\t])", w.text.plain)
    return found[1] if found else (";" if "semicolon" in w.text.masked else None)


def _create_table(w: Writer, service: Service, name: str) -> Task:
    columns = (
        _columns_said(w) or _columns_of_file(w) or w.ask("table_columns", note=f"columns of {name} with their types")
    )
    return w.task(
        "create_table",
        service.roles["run"],
        **connection(w, service),
        sql=f"CREATE TABLE IF NOT EXISTS {name} ({columns});",
    )


def _columns_said(w: Writer) -> str | None:
    found = re.search(
        (
            r"\btable\b[^()]{0,30}\(([^)]*\b(?:int|text|numeric|varchar|date|serial|bigint|boolean|real"
            r"|float|integer|timestamp)\b[^)]*)\)"
        ),
        w.text.plain,
        re.I,
    )
    return found[1] if found else None


def _columns_of_file(w: Writer) -> str | None:
    """Text columns named by the file's own header, where a CSV file is at hand."""
    data = w.last_of("file")
    if data is None or data.format != "csv":
        return None
    w.note("The new table's columns come from the header of the file, all of type TEXT.")
    return f"{{{{ read({data.expression}) | split('\\n') | first | trim | split(',') | join(' TEXT, ') }}}} TEXT"


@block("postgres:read")
def postgres_read(w: Writer, step: Step) -> list[Task]:
    """An export to CSV is a COPY; anything else a query."""
    low = w.text.masked
    if re.search(r"\bcopy\b", step.words.lower()) and w.last and w.last.kind == "file":
        return postgres_load(w, step)
    exports = re.search(r"\b(?:export|dump|copy\s+out|unload)\w*\b", low) and not sql_in_words(w, step)
    if not exports and not re.search(r"\bpandas\b", low):
        return query(w, step)
    service: Service = step.args["service"]
    number = step.args.get("number", 0)
    name = table(w, step) if not number else w.ask(f"table_{number}", note=f"table {number} to export")
    task = w.task(
        "export_table",
        "jdbc.postgresql.CopyOut",
        **connection(w, service),
        sql=f"SELECT * FROM {name}",
        format="CSV",
        header=True,
    )
    w.yields(task, "file", "uri", "csv")
    return [task]


@block("postgres:run")
def postgres_run(w: Writer, step: Step) -> list[Task]:
    """Statements said in words: create a table, put rows in, count them."""
    service: Service = step.args["service"]
    low = w.text.masked
    if w.extra.get("postgres_done") or (
        any(s == "postgres_load" for s in w.extra.get("done", ())) and not sql_in_words(w, step)
    ):
        return []
    if re.search(r"\bcreate\b[^.;]{0,40}\btable\b", low) and re.search(r"\b(?:put|insert|add)\b", low):
        w.extra["postgres_done"] = True
        return _create_insert_count(w, step, service)
    if (
        re.search(r"\bcreate\b[^.;]{0,40}\btable\b", step.words.lower() + low)
        and not sql_in_words(w, step)
        and w.last is None
    ):
        w.extra["postgres_done"] = True
        task = _create_table(w, service, table(w, step))
        w.extra["load_later"] = step
        return [task]
    if re.search(r"\b(?:is\s+at|at\s+jdbc|connection|credentials)\b", step.words.lower()) and any(
        k != step.clause for k in w.steps_of
    ):
        return []
    return query(w, step)


def _create_insert_count(w: Writer, step: Step, service: Service) -> list[Task]:
    name = table(w, step)
    columns = _columns_said(w) or "id integer primary key, name text"
    number = re.search(r"\b(\d+|two|three|four|five)\s+(?:items|rows|records|entries|lines)", w.text.masked)
    count = {"two": 2, "three": 3, "four": 4, "five": 5}.get(number[1], 0) or int(number[1]) if number else 3
    rows = ", ".join(f"({', '.join(_sample(c, i) for c in columns.split(','))})" for i in range(1, count + 1))
    conflict = " ON CONFLICT DO NOTHING" if "primary key" in columns.lower() and service.key == "postgres" else ""
    create = w.task(
        "create_table",
        service.roles["run"],
        **connection(w, service),
        sql=f"CREATE TABLE IF NOT EXISTS {name} ({columns});\nINSERT INTO {name} VALUES {rows}{conflict};",
    )
    counted = w.task(
        "count_rows",
        service.roles["read"],
        **connection(w, service),
        sql=f"SELECT count(*) AS n FROM {name}",
        fetchType="FETCH_ONE",
    )
    w.yields(counted, "value", "row.n")
    return [create, counted]


def _sample(column: str, n: int) -> str:
    return str(n) if re.search(r"\b(?:int|integer|serial|bigint|numeric|real|float)\b", column, re.I) else f"'item {n}'"


__all__ = ["connection", "file_name", "reader", "table"]
