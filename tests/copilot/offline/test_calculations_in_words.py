"""Words about rows and columns become the SQL they mean."""

from __future__ import annotations

import pytest
import yaml

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from copilot.draft.offline.compute import parse


@pytest.mark.parametrize(
    ("words", "sql"),
    [
        ("drop rows where city is empty", "SELECT * FROM t WHERE city IS NOT NULL"),
        ("keep rows whose city is not empty", "SELECT * FROM t WHERE city IS NOT NULL"),
        ("keep entries with missing email", "SELECT * FROM t WHERE email IS NULL"),
        ("remove the orders below 25", "SELECT * FROM t WHERE NOT amount < 25"),
        ("exclude lines with status = void", "SELECT * FROM t WHERE status <> 'void'"),
        ("order by weight, largest first", "SELECT * FROM t ORDER BY weight DESC"),
        ("average fee per station", "SELECT station, AVG(fee) AS average_fee FROM t GROUP BY station ORDER BY station"),
        (
            "top 3 customers by spending",
            "SELECT customer, SUM(spending) AS total FROM t GROUP BY customer ORDER BY total DESC LIMIT 3",
        ),
    ],
)
def test_a_calculation_is_the_sql_that_was_meant(words, sql):
    assert parse(words).sql("t").replace("\n", " ") == sql


@pytest.mark.parametrize(
    ("words", "interval"),
    [
        ("download https://e.test/a.csv, retry 3 times, and log 'hi' when done", "PT10S"),
        ("download https://e.test/a.csv, retry 3 times with two minutes between", "PT2M"),
        ("download https://e.test/a.csv and retry it every 45s", "PT45S"),
    ],
)
def test_a_pause_between_tries_is_what_the_words_say_and_nothing_that_only_looks_like_it(words, interval):
    flow = OfflineDrafter().draft(Request(words)).flow
    assert flow is not None
    assert yaml.safe_load(flow)["tasks"][0]["retry"]["interval"] == interval


def types_of(words: str) -> list[str]:
    flow = OfflineDrafter().draft(Request(words)).flow
    assert flow is not None
    return [task["type"].removeprefix("io.kestra.plugin.") for task in yaml.safe_load(flow)["tasks"]]


def test_a_file_written_in_a_store_is_uploaded_and_one_read_there_is_downloaded():
    assert types_of("export the staff table from postgres to a csv in our s3 bucket exports") == [
        "jdbc.postgresql.CopyOut",
        "aws.s3.Upload",
    ]
    assert types_of("read the csv in our s3 bucket exports and count the rows")[0] == "aws.s3.Download"


def test_a_script_for_each_value_that_has_no_file_works_on_the_value():
    flow = OfflineDrafter().draft(Request("run a python script for each of the towns Bonn, Lyon and Turin")).flow
    assert flow is not None
    (loop,) = yaml.safe_load(flow)["tasks"]
    assert "value = '{{ taskrun.value }}'" in loop["tasks"][0]["script"]
