"""Cron expressions, time zones, dates and durations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.cron import cron_problem, meant_cron
from engine.flow.findings import Finding
from engine.flow.kinds import duration_problem, suggest_duration

Flow = Callable[..., str]
Only = Callable[..., Finding]


@pytest.mark.parametrize(
    "text",
    [
        "0 7 * * 1-5", "*/15 * * * *", "@daily", "@hourly", "0 0 1 JAN,JUL *", "0 9 * * MON#1", "0 0 L * *",
        "0 9 * * MON-FRI", "5/10 0 ? * *", "0 0 15W * *", "0 0 * * 7", "0 0 * * 5L",
    ],
)  # fmt: skip
def test_good_cron_expressions(text: str) -> None:
    assert cron_problem(text) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0 25 * * *", "hour 25"),
        ("60 * * * *", "minute 60"),
        ("0 0 0 * *", "day of month 0"),
        ("0 0 * 13 *", "month 13"),
        ("0 0 * * 8", "day of week 8"),
        ("0 0 * *", "4 fields"),
        ("every day at 7", "not a cron expression"),
        ("*/0 * * * *", "step"),
        ("@fortnightly", "not a known name"),
        ("0 0 0 * * *", "withSeconds"),
        ("0 0 * FOO *", "FOO"),
    ],
)
def test_bad_cron_expressions_say_what_is_wrong(text: str, part: str) -> None:
    problem = cron_problem(text)
    assert problem is not None and part in problem[0] and problem[1]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30 2 * *", "30 2 * * *"),
        ("0 0 9 * * *", "0 9 * * *"),
        ("every day at 10", "0 10 * * *"),
        ("every day at 7:30pm", "30 19 * * *"),
        ("every weekday at 7", "0 7 * * MON-FRI"),
        ("every monday at 9", "0 9 * * MON"),
        ("every 5 minutes", "*/5 * * * *"),
        ("@every 2h", "0 */2 * * *"),
        ("daily", "@daily"),
        ("every moonday at 9", None),
        ("0 25 * * *", None),
        ("whenever", None),
    ],
)
def test_what_a_bad_expression_means_where_that_is_clear(text: str, meant: str | None) -> None:
    assert cron_problem(text) is not None
    assert meant_cron(text) == meant


def test_seconds_come_with_their_own_setting() -> None:
    assert cron_problem("0 0 7 * * *", with_seconds=True) is None
    assert cron_problem("0 7 * * *", with_seconds=True) is not None


def test_a_bad_cron_is_found_at_its_value(flow: Flow, only: Only) -> None:
    before = "triggers:\n  - id: t\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: 0 25 * * *\n"
    found = only(flow(before=before), "bad_cron")
    assert (found.line, found.column, found.end_column) == (6, 11, 21)


@pytest.mark.parametrize(
    ("zone", "good"), [("Europe/Berlin", True), ("UTC", True), ("+02:00", True), ("Berlin", False)]
)
def test_time_zones_exist(zone: str, good: bool, flow: Flow) -> None:
    from engine.flow.check import check_flow

    trigger = f"{{id: t, type: io.kestra.plugin.core.trigger.Schedule, cron: '@daily', timezone: '{zone}'}}"
    assert ([f.code for f in check_flow(flow(before=f"triggers:\n  - {trigger}\n"))] == []) is good


def test_dates_of_a_trigger_are_dates(flow: Flow, only: Only) -> None:
    before = """
    triggers:
      - id: t
        type: io.kestra.plugin.core.trigger.ScheduleOnDates
        dates:
          - 2030-01-31T07:00:00Z
          - next monday
    """
    assert only(flow(before=before), "bad_date").line == 8


@pytest.mark.parametrize("text", ["PT1S", "PT1.5S", "P1D", "P1DT2H", "pt5m", "-PT5M", "30", "{{ inputs.wait }}"])
def test_good_durations(text: str) -> None:
    assert duration_problem(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2m", "PT2M"),
        ("P15S", "PT15S"),
        ("10 seconds", "PT10S"),
        ("1h30m", "PT1H30M"),
        ("1 day", "P1D"),
        ("T5M", "PT5M"),
        ("PT1", None),
        ("P1W", None),
        ("soon", None),
        ("", None),
    ],
)
def test_bad_durations_and_what_they_mean(text: str, meant: str | None) -> None:
    problem = duration_problem(text)
    assert problem is not None and problem[0] == "bad_duration" and problem[2]
    assert suggest_duration(text) == meant
