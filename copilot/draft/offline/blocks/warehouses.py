"""Blocks for Snowflake and BigQuery, which load from files in their own ways."""

from __future__ import annotations

import re

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.blocks.jdbc import connection, query, sql_in_words, table
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import Service
from copilot.draft.offline.trigger_values import event_value
from copilot.draft.offline.writer import Task, Writer


@block("snowflake:write")
def snowflake_load(w: Writer, step: Step) -> list[Task]:
    return _snowflake(w, step)


def _snowflake(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    tasks, source = as_format(w, "csv") if w.last else ([], w.ask("delta_file", "FILE", note="file to load"))
    stage = w.named(step, "stage") or w.ask("snowflake_stage", note="stage to upload to")
    login = connection(w, service)
    name = table(w, step)
    upload = w.task(
        "upload_to_stage",
        "jdbc.snowflake.Upload",
        **login,
        **{"from": source},
        stageName=stage,
        prefix="{{ execution.id }}",
        fileName="data.csv",
    )
    sql = f"COPY INTO {name}\nFROM @{stage}/{{{{ execution.id }}}}/data.csv\nFILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1)"
    if re.search(r"\bmerge\b|\bupsert", w.text.masked):
        key = w.ask("key_column", note="column that identifies a row")
        sql = (
            f"BEGIN;\nCOPY INTO {name}_staging FROM @{stage}/{{{{ execution.id }}}}/data.csv FILE_FORMAT "
            f"= (TYPE = CSV SKIP_HEADER = 1);\nDELETE FROM {name} USING {name}_staging s WHERE "
            f"{name}.{key} = s.{key};\nINSERT INTO {name} SELECT * FROM {name}_staging;\nCOMMIT;"
        )
    load = w.task(
        "copy_into_table",
        ["jdbc.snowflake.Queries"] if sql.count(";") > 1 else ["jdbc.snowflake.Query"],
        **login,
        sql=sql,
    )
    return [*tasks, upload, load]


@block("snowflake:run")
def snowflake_run(w: Writer, step: Step) -> list[Task]:
    if re.search(r"\b(?:upload|stage|copy\s+into|upsert|merge)\b", w.text.masked) and not sql_in_words(w, step):
        return _snowflake(w, step)
    return query(w, step)


@block("bigquery:write")
def bigquery_load(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    login = connection(w, service)
    low = step.words.lower()
    if re.search(r"\bcreate\b", low) and "dataset" in low:
        return [
            w.task(
                "create_dataset",
                "gcp.bigquery.CreateDataset",
                **login,
                name="{{ kv('GCP_DATASET') }}" if re.search(r"\bkv\b", w.text.masked) else w.ask("dataset"),
                ifExists="SKIP" if re.search(r"exist", w.text.masked) else None,
            )
        ]
    if re.search(r"\bmerge\b|\bexternal\s+table", w.text.masked):
        from copilot.draft.offline.blocks.gcp import bigquery_merge

        return bigquery_merge(w, step)
    destination = w.named(step, "table") or w.ask("destination_table", note="project.dataset.table to load into")
    mode = "WRITE_TRUNCATE" if re.search(r"\btruncate|\breplace|\boverwrite", w.text.masked) else "WRITE_APPEND"
    uploaded = w.extra.get("gcs_uri")
    if uploaded or (
        w.last is None and (re.search(r"\bgcs\b", w.text.masked) or any(e.kind == "service" for e in w.plan.events))
    ):
        source = (
            uploaded or (w.extra["loop_value"][-1] and _object_uri(w))
            if uploaded or w.loops
            else w.ask("gcs_uri", note="gs:// address of the files")
        )
        return [
            w.task(
                "load_into_bigquery",
                "gcp.bigquery.LoadFromGcs",
                **login,
                **{"from": [source]},
                destinationTable=destination,
                format="CSV",
                csvOptions={"skipLeadingRows": 1},
                autodetect=True,
                writeDisposition=mode,
            )
        ]
    if w.last is None or w.last.kind in ("answer", "value", "body"):
        return [
            w.task(
                "insert_into_bigquery",
                "gcp.bigquery.Query",
                **login,
                sql=f"INSERT INTO `{destination}` (payload) VALUES ({_json_literal(w)})",
            )
        ]
    tasks, source = as_format(w, "csv")
    return [
        *tasks,
        w.task(
            "load_into_bigquery",
            "gcp.bigquery.Load",
            **login,
            **{"from": source},
            destinationTable=destination,
            format="CSV",
            csvOptions={"skipLeadingRows": 1},
            autodetect=True,
            writeDisposition=mode,
        ),
    ]


def _object_uri(w: Writer) -> str:
    return (
        f"gs://{{{{ fromJson({w.extra['loop_value'][-1]}).bucket }}}}/{{{{ "
        f"fromJson({w.extra['loop_value'][-1]}).name }}}}"
    )


def _json_literal(w: Writer) -> str:
    value = w.last.expression if w.last else event_value(w) or "execution.id"
    return f"'''{{{{ {value} }}}}'''"
