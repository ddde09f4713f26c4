"""What left no trace in the flow is told; what did is not."""

from __future__ import annotations

from typing import Any

import pytest

from copilot.draft.offline.accounts import said_by, unaccounted
from copilot.draft.offline.text import Clause, read_text

DOWNLOAD = {"id": "d", "type": "io.kestra.plugin.core.http.Download", "uri": "https://example.com/a.csv"}
LOAD = {
    "id": "l",
    "type": "io.kestra.plugin.jdbc.postgresql.CopyIn",
    "table": "staging.orders",
    "retry": {"maxAttempts": 3},
}
FLOW: dict[str, Any] = {
    "id": "active_users_parquet",
    "namespace": "company.team",
    "description": "keep active users as parquet in #data",
    "tasks": [DOWNLOAD, LOAD],
    "triggers": [{"id": "s", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "0 7 * * *"}],
}


def _told(words: str, *told: str) -> tuple[str, ...]:
    text = read_text(words)
    return unaccounted(text, [Clause(0, len(text.masked), "", 0)], said_by(FLOW), told)


@pytest.mark.parametrize(
    "words",
    [
        "every day at 7 download https://example.com/a.csv and copy it into staging.orders",
        "retry twice, so 3 tries in all, then load the csv",
        "at 7am load staging.orders",
        "the download may be retried 2 times",
        "please do it like the others e.g. the old one",
    ],
)
def test_what_is_in_the_flow_is_not_told(words: str) -> None:
    assert _told(words) == ()


@pytest.mark.parametrize(
    ("words", "lost"),
    [
        ("write it as parquet", "parquet"),
        ("keep active users", "active"),
        ("tell #data on monday", "#data"),
        ("download https://example.com/b.json", "https://example.com/b.json"),
        ("only orders of the last 45 days", "45"),
        ("delete the rows of staging.orders", "delete"),
        ("run company.team.report", "company.team.report"),
        ("sync connection 12ab-34cd", "12ab-34cd"),
        ("move it to /done", "/done"),
        ("call it for <country>", "<country>"),
        ("wait for approval", "approval"),
    ],
)
def test_what_is_not_is_told_with_its_clause(words: str, lost: str) -> None:
    assert _told(words) == (f"{words} ({lost})",)


def test_the_id_and_the_description_prove_nothing() -> None:
    assert _told("as parquet for active_users") == ("as parquet for active_users (parquet, active_users)",)


def test_what_was_told_already_is_not_told_again() -> None:
    assert _told("write it as parquet", "The format parquet was not understood.") == ()
