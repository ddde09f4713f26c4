"""BigQuery statements for a load through an external table and a merge."""

from __future__ import annotations

from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Task, Writer


def bigquery_merge(w: Writer, step: Step) -> list[Task]:
    """External table on the file, temporary table with a row id, merge into the main table."""
    project = w.ask("gcp_project_id", note="Google Cloud project id")
    login = {"projectId": project, "serviceAccount": w.secret("GCP_SERVICE_ACCOUNT")}
    dataset = w.ask("dataset", note="BigQuery dataset")
    uri = w.extra.get("gcs_uri") or w.ask("gcs_uri", note="gs:// address of the file")
    names = {kind: f"`{project}.{dataset}.data_{kind}`" for kind in ("ext", "tmp", "main")}
    statements = (
        ("external_table", (f"CREATE OR REPLACE EXTERNAL TABLE {names['ext']}\nOPTIONS (format = 'CSV', uris = ['{uri}'], "
            "skip_leading_rows = 1);")),
        ("temporary_table", (f"CREATE OR REPLACE TABLE {names['tmp']} AS\nSELECT MD5(TO_JSON_STRING(t)) AS unique_row_id, "
            f"'{uri}' AS filename, t.*\nFROM {names['ext']} AS t;")),
        ("main_table", (f"CREATE TABLE IF NOT EXISTS {names['main']}\nPARTITION BY RANGE_BUCKET(0, GENERATE_ARRAY(0, "
            f"1, 1)) AS\nSELECT * FROM {names['tmp']} WHERE FALSE;")),
        ("merge_rows", (f"MERGE INTO {names['main']} AS m\nUSING {names['tmp']} AS s\nON m.unique_row_id = "
            "s.unique_row_id\nWHEN NOT MATCHED THEN INSERT ROW;")),
    )  # fmt: skip
    w.note("The partition of the main table has to name your date column.")
    return [
        w.task(
            name,
            "gcp.bigquery.Query",
            **login,
            sql=sql.replace("PARTITION BY RANGE_BUCKET(0, GENERATE_ARRAY(0, 1, 1)) AS", "AS"),
        )
        for name, sql in statements
    ]
