"""What is asked of the data is what the flow does with it: rows, columns, tables, dates, loops, order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from copilot.draft.offline.bare_sql import bare_sql
from copilot.draft.offline.compute import parse
from copilot.draft.offline.filters import ago

DRAFTER = OfflineDrafter()


def draft(words: str) -> dict[str, Any]:
    made = DRAFTER.draft(Request(words=words, target="1.1", namespace="company.team"))
    assert made.flow is not None, made.questions
    return yaml.safe_load(made.flow)


def every_task(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield task
        for key in ("tasks", "then", "else"):
            yield from every_task(task.get(key) or [])


def kinds(words: str) -> list[str]:
    """Short type names, in order."""
    return [t["type"].rsplit(".", 1)[-1] for t in every_task(draft(words)["tasks"])]


def one(words: str, kind: str) -> Mapping[str, Any]:
    """The only task whose type ends so."""
    found = [t for t in every_task(draft(words)["tasks"]) if t["type"].endswith(kind)]
    assert len(found) == 1, [t["type"] for t in every_task(draft(words)["tasks"])]
    return found[0]


def sql(words: str, kind: str = ".Query") -> str:
    return " ".join(one(words, kind)["sql"].split())


@pytest.mark.parametrize(
    ("words", "statement"),
    [
        ("run query select count(*) from people on trino and return it as output n", "select count(*) from people"),
        (
            "run SELECT id, age FROM people WHERE active = true AND age > 3 on postgres",
            "SELECT id, age FROM people WHERE active = true AND age > 3",
        ),
        (
            "run delete from audit where made_at < now() - interval '30 days' on mysql",
            "delete from audit where made_at < now() - interval '30 days'",
        ),
        (
            "run update bills set state = 'late' where due < current_date on mysql",
            "update bills set state = 'late' where due < current_date",
        ),
        ("refresh materialized view day_totals in postgres", "refresh materialized view day_totals"),
    ],
)
def test_sql_without_quotes_is_found_whole(words, statement):
    assert [words[a:b] for a, b in bare_sql(words)] == [statement]


@pytest.mark.parametrize(
    "words",
    [
        "select the rows from the table orders",
        "select customers from mysql and put them to s3",
        "delete from s3 the old files",
        "select the region and query the api",
    ],
)
def test_prose_is_no_sql(words):
    assert list(bare_sql(words)) == []


def test_sql_given_is_run_as_given_and_its_number_is_the_output():
    words = "run query select count(*) from people on trino and expose the number as flow output people_count"
    flow = draft(words)
    assert sql(words) == "select count(*) from people"
    assert flow["outputs"] == [
        {"id": "people_count", "type": "INT", "value": "{{ outputs.query_trino.row | values | first }}"}
    ]


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("keep active members", "status = 'active'"),
        ("drop cancelled orders", "status <> 'cancelled'"),
        ("rows older than 90 days", "created_at < now() - INTERVAL '90 days'"),
        ("events in the last hour", "created_at >= now() - INTERVAL '1 hours'"),
        ("where error_count is over 3", "error_count > 3"),
        ("people older than 18", "age > 18"),
        ("bills since 2024-01-01", "created_at >= '2024-01-01'"),
        ("customers whose email ends with @acme.io", "email LIKE '%@acme.io'"),
    ],
)
def test_rows_meant_are_rows_chosen(words, condition):
    assert condition in parse(words, "postgres").where


@pytest.mark.parametrize(
    ("dialect", "moment"),
    [
        ("postgres", "now() - INTERVAL '2 days'"),
        ("mysql", "now() - INTERVAL 2 DAY"),
        ("snowflake", "DATEADD(DAY, -2, CURRENT_TIMESTAMP)"),
        ("bigquery", "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)"),
        ("sqlite", "datetime('now', '-2 days')"),
        ("trino", "CURRENT_TIMESTAMP - INTERVAL '2' DAY"),
    ],
)
def test_the_past_is_said_in_the_databases_own_words(dialect, moment):
    assert ago(2, "day", dialect) == moment


@pytest.mark.parametrize(
    ("words", "statement"),
    [
        (
            "ask for approval, then delete rows older than 30 days from postgres table visits",
            "DELETE FROM visits WHERE created_at < now() - INTERVAL '30 days'",
        ),
        (
            "delete orders with status cancelled from mysql table orders every sunday at 3",
            "DELETE FROM orders WHERE status = 'cancelled'",
        ),
        (
            "query mysql for users older than 30 days that are inactive and write them to a csv in gcs bucket old",
            "SELECT * FROM users WHERE status = 'inactive' AND created_at < now() - INTERVAL 30 DAY",
        ),
        (
            "query postgres for paid invoices from the last 2 weeks, keep only the columns id and total and "
            "mail them as csv to a@b.io",
            "SELECT id, total FROM invoices WHERE status = 'paid' AND created_at >= now() - INTERVAL '2 weeks'",
        ),
        (
            "ask the user for a start date and an end date, then query postgres for bookings between them "
            "and mail the result as csv to a@b.io",
            "SELECT * FROM bookings WHERE created_at BETWEEN '{{ inputs.start_date }}' AND '{{ inputs.end_date }}'",
        ),
    ],
)
def test_the_database_is_asked_what_the_words_ask(words, statement):
    assert sql(words) == statement


def test_dates_asked_for_are_dates():
    words = "ask the user for a start date and an end date, then query postgres for bookings between them and log them"
    assert [(i["id"], i["type"]) for i in draft(words)["inputs"]] == [("start_date", "DATE"), ("end_date", "DATE")]


@pytest.mark.parametrize(
    ("words", "select"),
    [
        (
            "download https://e.test/u.json, keep active users and store them in postgres table active_users",
            "SELECT * FROM read_json_auto('data.json') WHERE status = 'active'",
        ),
        (
            "download https://e.test/s.csv, keep only the columns id, region and amount, and upload it as "
            "parquet to s3 bucket lake",
            "SELECT id, region, amount FROM read_csv_auto('data.csv')",
        ),
        (
            "fetch https://e.test/api/users, filter users where country is DE and insert id and email into "
            "postgres table g",
            "SELECT id, email FROM read_json_auto('data.json') WHERE country = 'DE'",
        ),
        (
            "rename column foo to bar in https://e.test/x.csv and save it as excel",
            "SELECT * EXCLUDE (foo), foo AS bar FROM read_csv_auto('data.csv')",
        ),
        (
            "compute average price per category from https://e.test/p.json and write to mysql table stats",
            "SELECT category, AVG(price) AS average_price FROM read_json_auto('data.json') GROUP BY "
            "category ORDER BY category",
        ),
        (
            "download https://e.test/d.zip, unzip it and load d.csv into duckdb, then show the top 10 rows by revenue",
            "SELECT * FROM read_csv_auto('data.csv') ORDER BY revenue DESC LIMIT 10",
        ),
        (
            "top 5 customers by total amount from https://e.test/o.csv as csv to slack",
            "SELECT customer, SUM(amount) AS total FROM read_csv_auto('data.csv') GROUP BY customer ORDER "
            "BY total DESC LIMIT 5",
        ),
    ],
)
def test_rows_of_a_file_are_worked_on_before_they_go_on(words, select):
    assert sql(words, "duckdb.Query") == select


def test_what_was_kept_is_what_is_loaded():
    words = "download https://e.test/u.json, keep active users and store them in postgres table active_users"
    assert kinds(words) == ["Download", "Query", "IonToCsv", "CopyIn"]
    assert one(words, ".IonToCsv")["from"] == "{{ outputs.keep_rows.uri }}"


@pytest.mark.parametrize(
    ("words", "uri"),
    [
        (
            "fetch https://e.test/orders?date=<today> each night at 1am and log the result",
            "https://e.test/orders?date={{ (trigger.date ?? now()) | date('yyyy-MM-dd') }}",
        ),
        (
            "download https://e.test/{date}.csv daily at 5 and load it into postgres table d",
            "https://e.test/{{ (trigger.date ?? now()) | date('yyyy-MM-dd') }}.csv",
        ),
        (
            "download https://e.test/YYYY/MM/DD.csv at 2am, where the date is yesterday, and load it into "
            "postgres table d",
            "https://e.test/{{ (trigger.date ?? now()) | dateAdd(-1, 'DAYS') | date('yyyy/MM/dd') }}.csv",
        ),
        (
            "for each country in DE, FR and IT download https://e.test/<country>.csv and load it into postgres table d",
            "https://e.test/{{ taskrun.value }}.csv",
        ),
        (
            "for each of the customers 101, 205 and 309 download https://e.test/{customer}.csv",
            "https://e.test/{{ taskrun.value }}.csv",
        ),
    ],
)
def test_open_places_are_filled(words, uri):
    made = [t for t in every_task(draft(words)["tasks"]) if "uri" in t]
    assert made[0]["uri"] == uri


def test_a_loop_over_values_uses_each_and_its_result_inside():
    words = (
        "for each country in DE, FR and IT call https://e.test/stats/<country> two at a time and log the response code"
    )
    loop = one(words, ".ForEach")
    assert loop["values"] == ["DE", "FR", "IT"]
    assert loop["concurrencyLimit"] == 2
    assert loop["tasks"][1]["message"] == "{{ outputs.call_api[taskrun.value].code }}"


def test_a_loop_over_files_goes_through_what_was_listed():
    words = "loop over the csv files in the s3 bucket raw under prefix in/ and load each into the bigquery table p.d.t"
    flow = draft(words)
    listing, loop = flow["tasks"]
    assert (listing["bucket"], listing["prefix"], listing["regexp"]) == ("raw", "in/", r".*\.csv$")
    assert loop["values"] == "{{ outputs.download_from_s3.outputFiles | values }}"
    assert loop["tasks"][0]["from"] == "{{ taskrun.value }}"
    assert loop["tasks"][0]["destinationTable"] == "p.d.t"


def test_a_loop_over_files_converts_each_inside():
    words = "for each parquet file in gcs bucket lake convert it to csv and load it into postgres table raw.sales"
    inside = one(words, ".ForEach")["tasks"]
    assert [t["type"].rsplit(".", 1)[-1] for t in inside] == ["ParquetToIon", "IonToCsv", "CopyIn"]
    assert inside[0]["from"] == "{{ taskrun.value }}"


def test_a_loop_over_rows_reads_them_first():
    words = "for each row of SELECT id, url FROM pages on postgres download the url and store it in s3 bucket pages"
    assert kinds(words) == ["Query", "ForEach", "Download", "Upload"]
    assert one(words, ".ForEach")["values"] == "{{ outputs.query_postgres.rows }}"
    assert one(words, ".Download")["uri"] == "{{ fromJson(taskrun.value).url }}"
    assert one(words, ".Upload")["from"] == "{{ outputs.download[taskrun.value].uri }}"


def test_batches_start_the_flow_that_is_named():
    words = "chunk a big csv file from s3 into batches of 1000 rows and run flow company.team.process for each batch"
    task = one(words, ".ForEachItem")
    assert (task["namespace"], task["flowId"], task["batch"]["rows"]) == ("company.team", "process", 1000)
    assert task["items"] == "{{ outputs.csv_to_ion.uri }}"


def test_counts_are_compared_and_the_flow_fails_only_when_they_differ():
    words = "compare row counts of postgres table a and mysql table b, fail the flow when they differ"
    flow = draft(words)
    assert [" ".join(t["sql"].split()) for t in flow["tasks"][:2]] == [
        "SELECT COUNT(*) AS n FROM a",
        "SELECT COUNT(*) AS n FROM b",
    ]
    choice = flow["tasks"][2]
    assert choice["condition"] == "{{ outputs.query_postgres.row.n != outputs.query_mysql.row.n }}"
    assert [t["type"].rsplit(".", 1)[-1] for t in choice["then"]] == ["Fail"]


def test_columns_named_are_the_columns_inserted():
    words = (
        "take the webhook payload, validate it has an order_id, and insert order_id and amount into mysql table orders"
    )
    task = one(words, "mysql.Query")
    assert task["sql"] == "INSERT INTO orders (order_id, amount) VALUES (:order_id, :amount)"
    assert task["parameters"] == {"order_id": "{{ trigger.body.order_id }}", "amount": "{{ trigger.body.amount }}"}
    assert one(words, ".Assert")["conditions"] == ["{{ (trigger.body.order_id ?? '') != '' }}"]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (
            "set the kv key last_run to the current date after the download of https://e.test/x.csv succeeded",
            ["Download", "Set"],
        ),
        ("store the response of https://api.e.test/rates in kv key rates", ["Request", "Set"]),
        (
            "before loading https://e.test/a.csv into postgres table a, truncate table a",
            ["Download", "Query", "CopyIn"],
        ),
        (
            "after loading https://e.test/a.csv into postgres table a run refresh materialized view a_daily",
            ["Download", "CopyIn", "Query"],
        ),
        ("run SELECT a FROM t on postgres and mail the result as excel to a@b.io", ["Query", "IonToExcel", "MailSend"]),
        (
            "archive orders older than 1 year from postgres table orders to s3 bucket cold as parquet, then "
            "delete them",
            ["Query", "IonToParquet", "Upload", "Query"],
        ),
    ],
)
def test_steps_come_in_the_order_of_the_words(words, order):
    assert kinds(words) == order


def test_they_that_are_deleted_are_the_rows_that_were_archived():
    words = "archive orders older than 1 year from postgres table orders to s3 bucket cold as parquet, then delete them"
    last = draft(words)["tasks"][-1]
    assert " ".join(last["sql"].split()) == "DELETE FROM orders WHERE created_at < now() - INTERVAL '1 years'"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (
            "set the kv key last_run to the current date after downloading https://e.test/x.csv",
            "{{ now() | date('yyyy-MM-dd') }}",
        ),
        (
            'run query "select max(updated_at) from orders" on postgres, save the value as kv last_sync',
            "{{ outputs.query_postgres.row | values | first }}",
        ),
        (
            "count the rows of postgres table orders from yesterday and set the kv key order_count to that number",
            "{{ outputs.query_postgres.row.n }}",
        ),
    ],
)
def test_what_is_kept_is_the_value_that_was_meant(words, value):
    assert one(words, "kv.Set")["value"] == value


@pytest.mark.parametrize(
    "words",
    [
        "fetch https://e.test/api/users, filter users where country is DE and insert id and email into "
        "postgres table g",
        "webhook: insert name, email and plan from the body into postgres table signups",
        "take csv from input file, drop rows where email is empty and upload the cleaned file to s3 bucket clean",
    ],
)
def test_a_column_called_email_sends_no_mail(words):
    assert "MailSend" not in kinds(words)


def test_a_file_is_sent_as_the_body():
    words = "read the xml file https://e.test/feed.xml, convert it to json and post it to https://api.e.test/feed"
    assert one(words, "http.Request")["body"] == "{{ read(outputs.ion_to_json.uri) }}"


def test_a_format_asked_for_is_made_before_the_upload():
    words = "fetch https://api.e.test/orders each night at 1am and write it as parquet to gcs bucket lake"
    assert kinds(words) == ["Request", "Write", "JsonToIon", "IonToParquet", "Upload"]
    assert one(words, ".Upload")["from"] == "{{ outputs.ion_to_parquet.uri }}"


def test_an_entry_named_is_the_entry_used():
    words = "download https://e.test/d.zip, unzip it and load prices.csv into postgres table prices"
    assert one(words, ".CopyIn")["from"] == "{{ outputs.unpack.files['prices.csv'] }}"


def test_files_of_a_watched_folder_are_moved_by_the_trigger():
    words = (
        "wait for a file on sftp server /in/*.csv, move it to /done and copy its content to a postgres "
        "table staging.orders"
    )
    trigger = draft(words)["triggers"][0]
    assert {k: trigger[k] for k in ("from", "regExp", "action", "moveDirectory")} == {
        "from": "/in/", "regExp": r".*\.csv$", "action": "MOVE", "moveDirectory": "/done",
    }  # fmt: skip
    assert one(words, ".CopyIn")["from"] == "{{ taskrun.value }}"
