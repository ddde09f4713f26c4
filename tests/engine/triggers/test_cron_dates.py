"""When cron expressions fire: fields, nicknames, zones, clock changes, and what is no cron at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.triggers.cron import Cron, InvalidCron, next_fire_times

START = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)


def times(cron, timezone="UTC", n=3, start=START, **more):
    return [date.isoformat() for date in next_fire_times(cron, timezone, n, start, **more)]


@pytest.mark.parametrize(
    ("cron", "first"),
    [
        ("*/15 * * * *", "2024-05-31T12:15:00+00:00"),
        ("0 12 * * *", "2024-06-01T12:00:00+00:00"),
        ("30 6 * * MON-FRI", "2024-06-03T06:30:00+00:00"),
        ("0 0 * * 0", "2024-06-02T00:00:00+00:00"),
        ("0 0 * * 7", "2024-06-02T00:00:00+00:00"),
        ("0 0 1 JUL *", "2024-07-01T00:00:00+00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00+00:00"),
        ("0 0 13 * 5", "2024-06-07T00:00:00+00:00"),
        ("@hourly", "2024-05-31T13:00:00+00:00"),
        ("@daily", "2024-06-01T00:00:00+00:00"),
        ("@midnight", "2024-06-01T00:00:00+00:00"),
        ("@weekly", "2024-06-02T00:00:00+00:00"),
        ("@monthly", "2024-06-01T00:00:00+00:00"),
        ("@yearly", "2025-01-01T00:00:00+00:00"),
        ("@annually", "2025-01-01T00:00:00+00:00"),
    ],
)
def test_the_next_date_is_strictly_after_the_start(cron, first):
    assert times(cron, n=1) == [first]


def test_a_sixth_field_of_seconds_comes_first_when_asked_for():
    assert times("*/20 * * * * *", with_seconds=True) == [
        "2024-05-31T12:00:20+00:00",
        "2024-05-31T12:00:40+00:00",
        "2024-05-31T12:01:00+00:00",
    ]
    assert times("@hourly", n=1, with_seconds=True) == ["2024-05-31T13:00:00+00:00"]


def test_dates_are_in_the_zone_of_the_trigger():
    assert times("0 9 * * *", "America/New_York", 1) == ["2024-05-31T09:00:00-04:00"]
    assert times("0 9 * * *", "Asia/Kolkata", 1) == ["2024-06-01T09:00:00+05:30"]


def test_a_time_that_a_clock_change_skips_fires_right_after_the_gap():
    start = datetime(2024, 3, 30, 12, 0, tzinfo=UTC)
    assert times("30 2 * * *", "Europe/Berlin", 2, start) == ["2024-03-31T03:00:00+02:00", "2024-04-01T02:30:00+02:00"]


def test_a_time_that_happens_twice_fires_once():
    start = datetime(2024, 10, 26, 12, 0, tzinfo=UTC)
    assert times("30 2 * * *", "Europe/Berlin", 2, start) == ["2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"]


def test_an_hourly_job_follows_the_real_hours_through_both_changes():
    for start in (datetime(2024, 3, 30, 22, 15, tzinfo=UTC), datetime(2024, 10, 26, 22, 15, tzinfo=UTC)):
        dates = next_fire_times("0 * * * *", "Europe/Berlin", 6, start)
        steps = {(b - a.astimezone(UTC)) for a, b in pairwise(dates)}
        assert steps == {timedelta(hours=1)}


def test_the_date_before_is_strictly_earlier():
    cron = Cron("0 * * * *")
    assert cron.previous_before(START) == START - timedelta(hours=1)
    assert cron.previous_before(START + timedelta(microseconds=1)) == START
    assert cron.previous_before(START + timedelta(minutes=59)) == START


@pytest.mark.parametrize(
    "cron",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
     "0 0 L * *", "0 0 * * 5L", "0 0 * * 1#2", "0 0 ? * *", "0 0 15W * *", "a * * * *", "5-1 * * * *", "*/0 * * * *",
     "@reboot", "@every 1h", "0 0 30 2 *"],
)  # fmt: skip
def test_what_kestra_does_not_take_is_refused_with_a_hint(cron):
    with pytest.raises(InvalidCron) as refusal:
        Cron(cron)
    assert refusal.value.code == "invalid-cron" and "fields" in refusal.value.hint


def test_six_fields_hint_at_the_switch_for_seconds():
    with pytest.raises(InvalidCron) as refusal:
        Cron("0 0 9 * * *")
    assert "withSeconds" in refusal.value.hint


@pytest.mark.parametrize("zone", ["Nowhere/City", "", "../../etc/passwd", "/etc/passwd", "CEST+2h"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(InvalidCron) as refusal:
        Cron("* * * * *", zone)
    assert refusal.value.code == "bad-timezone"


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted).map(lambda p: f"{p[0]}-{p[1]}")
    step = st.integers(1, high).map(lambda n: f"*/{n}")
    return (
        st.just("*")
        | number.map(str)
        | pair
        | step
        | st.lists(number, min_size=1, max_size=3).map(lambda ns: ",".join(map(str, ns)))
    )


CRONS = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map(" ".join)
ZONES = st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


@settings(max_examples=60, deadline=None)
@given(CRONS, ZONES, MOMENTS)
def test_dates_only_ever_move_forward_and_stepping_back_undoes_a_step(cron, zone, start):
    dates = next_fire_times(cron, zone, 4, start)
    instants = [date.astimezone(UTC) for date in dates]
    assert all(a < b for a, b in pairwise([start, *instants]))
    parsed = Cron(cron, zone)
    for earlier, later in pairwise(instants):
        assert parsed.previous_before(later) == earlier
        assert parsed.next_after(later - timedelta(microseconds=1)) == later
