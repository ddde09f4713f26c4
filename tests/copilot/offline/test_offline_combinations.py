"""Every combination of parts that are understood gives a valid flow."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from copilot.evaluate.requirements import inline_secrets
from engine import check_flow
from engine.flow.findings import errors
from engine.flow.source import parse

WHEN = ["", "every day at 7, ", "every Monday at 9 in Berlin, ", "when our webhook is called, ", "hourly, "]
SOURCES = [
    "download https://example.org/a.csv",
    "query the MySQL table `orders`",
    "read a file from S3",
    "call the API https://example.org/api",
    "get the rows from MongoDB",
    "pull a parquet file from GCS",
    "read the Google Sheet",
    "consume the kafka topic `orders`",
]
STEPS = [
    "",
    ", clean it with pandas",
    ", total the amount per country with DuckDB",
    ", convert it to JSON",
    ", let OpenAI summarise it",
    ", wait for approval",
]
TARGETS = [
    "and log the result",
    "and load it into Postgres",
    "and upload it to Azure Blob Storage",
    "and save it in BigQuery",
    "and post it to Slack",
    "and mail it to a@example.org",
    "and index it in Elasticsearch",
    "and write it to an excel file",
]
MANNERS = [
    "",
    "; retry twice",
    "; Slack message on failure",
    "; not more than one run at a time",
    "; give up after 5 minutes",
]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(WHEN),
    st.sampled_from(SOURCES),
    st.sampled_from(STEPS),
    st.sampled_from(TARGETS),
    st.sampled_from(MANNERS),
    st.sampled_from(["1.0", "1.1", "1.3", "2.0"]),
)
def test_any_combination_is_valid(
    drafter: OfflineDrafter, when: str, source: str, step: str, target: str, manner: str, version: str
) -> None:
    draft = drafter.draft(Request(f"{when}{source}{step} {target}{manner}", target=version))
    assert draft.flow is not None
    assert errors(check_flow(draft.flow, version)) == []
    assert inline_secrets(parse(draft.flow).value) == []
