"""`flowwright kv` and `flowwright backfill`, here and against a service."""

from __future__ import annotations

import pytest

from copilot.ownership import serving_in
from copilot.settings import Settings, load_settings

DAILY = """id: report
namespace: company.team
inputs:
  - id: region
    type: STRING
    defaults: all
tasks:
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: "{{ trigger.date }} {{ inputs.region }}"
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 6 * * *"
"""
WORKDAYS = (
    DAILY
    + """    conditions:
      - type: io.kestra.plugin.core.condition.Weekend
        date: "{{ trigger.date }}"
"""
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_BACKOFF", "0")
    return tmp_path / "home"


@pytest.fixture
def flow(tmp_path):
    def write(source=DAILY):
        path = tmp_path / "report.yaml"
        path.write_text(source)
        return path

    return write


@pytest.fixture
def remote(serving, tmp_path):
    with serving(Settings(home=tmp_path / "remote")) as one:
        yield one


# -- kv ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("arguments", "kind", "value"),
    [
        (["5"], "NUMBER", 5),
        (["hello there"], "STRING", "hello there"),
        (["5", "--type", "STRING"], "STRING", "5"),
        (["5", "--type", "NUMBER"], "NUMBER", 5),
        (["True", "--type", "BOOLEAN"], "BOOLEAN", True),
        (['{"a": [1, null]}'], "JSON", {"a": [1, None]}),
        (["PT5M"], "DURATION", "PT5M"),
    ],
)
def test_a_key_keeps_its_value_and_type(flowwright, home, remote, there, arguments, kind, value):
    on = ["--on", remote.url] if there else []
    done = flowwright("kv", "set", "one", *arguments, *on, "--json")
    assert (done.code, done.json) == (0, {"namespace": "company.team", "key": "one", "type": kind, "value": value})
    assert flowwright("kv", "get", "one", *on, "--json").json == done.json
    if there:
        assert flowwright("kv", "get", "one", "--json").code == 1


@pytest.mark.parametrize("there", [False, True])
def test_keys_are_listed_with_description_and_end_and_deleted(flowwright, home, remote, there):
    on = ["--namespace", "company.keys", *(["--on", remote.url] if there else [])]
    flowwright("kv", "set", "b", "2", *on)
    flowwright("kv", "set", "a", "1", "--ttl", "PT1H", "--description", "first", *on)
    listed = flowwright("kv", "list", *on, "--json").json
    assert [(k["key"], k["description"], k["expires"] is not None) for k in listed["keys"]] == [
        ("a", "first", True),
        ("b", None, False),
    ]
    assert "a  until 2" in flowwright("kv", "list", *on).out
    kept = flowwright("kv", "set", "a", "9", "--no-overwrite", *on, "--json")
    assert (kept.code, kept.json["error"]["code"]) == (1, "kv-key-exists")
    assert flowwright("kv", "delete", "a", *on, "--json").json["deleted"] is True
    gone = flowwright("kv", "delete", "a", *on, "--json")
    assert (gone.code, gone.json["deleted"]) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["get", "nothing"], 1, "kv-key-missing"),
        (["set", "bad key", "1"], 1, "bad-kv-key"),
        (["set", "a", "many", "--type", "NUMBER"], 1, "bad-kv-value"),
        (["set", "a", "1", "--type", "COLOUR"], 1, "bad-kv-type"),
        (["set", "a", "1", "--ttl", "soon"], 2, "usage"),
        (["list", "--on", "mars"], 2, "usage"),
        (["list", "--on", "http://127.0.0.1:9"], 3, "kestra-unreachable"),
    ],
)
def test_wrong_keys_and_values_are_told(flowwright, home, arguments, code, error):
    ran = flowwright("kv", *arguments, "--json")
    assert (ran.code, ran.json["error"]["code"]) == (code, error)


# -- backfill ------------------------------------------------------------------------------------------------


def test_the_dates_of_a_backfill_are_listed_and_nothing_runs(flowwright, home, flow):
    span = ["--from", "2025-01-03", "--to", "2025-01-07T06:00:00Z", "--list", "--json"]
    days = [f"2025-01-{day:02d}T06:00:00Z" for day in (3, 4, 5, 6, 7)]
    assert flowwright("backfill", flow(), "daily", *span).json["dates"] == days
    assert flowwright("backfill", flow(WORKDAYS), "daily", *span).json["dates"] == days[1:3]
    assert flowwright("executions", "--json").json["executions"] == []


def test_a_backfill_runs_here_date_by_date(flowwright, home, flow):
    span = ["--from", "2025-01-01", "--to", "2025-01-03"]
    ran = flowwright(
        "backfill", flow(), "daily", *span, "--input", "region=north", "--label", "kind=catch-up", "--json"
    )
    assert ran.code == 0
    done = ran.json["executions"]
    assert [(one["date"][:10], one["state"]) for one in done] == [
        ("2025-01-01", "SUCCESS"),
        ("2025-01-02", "SUCCESS"),
    ]
    rows = {row["id"]: row for row in flowwright("executions", "--json").json["executions"]}
    assert [rows[one["id"]]["labels"]["kind"] for one in done] == ["catch-up", "catch-up"]


def test_a_service_of_the_home_takes_a_backfill_over(flowwright, home, flow, serving):
    with serving_in(home / "engine") as tell, serving(load_settings()) as served:
        tell(served.url)
        file, span = flow(), ["--from", "2025-01-01", "--to", "2025-01-31"]
        started = flowwright("backfill", file, "daily", *span, "--json")
        assert (started.code, started.json["backfill"]["start"]) == (0, "2025-01-01T00:00:00.000Z")
        assert flowwright("backfill", file, "daily", "--pause", "--json").json["backfill"]["paused"] is True
        assert flowwright("backfill", file, "daily", "--continue", "--json").json["backfill"]["paused"] is False
        assert flowwright("backfill", file, "daily", "--stop", "--json").json["backfill"] is None
        none = flowwright("backfill", file, "daily", "--pause", "--json")
        assert (none.code, none.json["error"]["code"]) == (1, "kestra-rejected")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["daily"], 2, "usage"),
        (["daily", "--from", "2025-02-01", "--to", "2025-01-01", "--list"], 2, "usage"),
        (["daily", "--from", "yesterday", "--to", "2025-01-01"], 2, "usage"),
        (["daily", "--pause", "--stop"], 2, "usage"),
        (["nightly", "--from", "2025-01-01", "--to", "2025-01-02", "--list"], 1, "trigger-not-found"),
        (["nightly", "--from", "2025-01-01", "--to", "2025-01-02"], 1, "trigger-not-found"),
        (["daily", "--pause"], 1, "not-found"),
        (["daily", "--from", "2025-01-01", "--to", "2025-01-02", "--label", "nothing"], 2, "usage"),
    ],
)
def test_a_backfill_that_makes_no_sense_is_told(flowwright, home, flow, arguments, code, error):
    ran = flowwright("backfill", flow(), *arguments, "--json")
    assert (ran.code, ran.json["error"]["code"]) == (code, error)
