"""Schedules with their conditions, the variables they give, and backfills of a past range."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.errors import InvalidFlow, Refused
from engine.flow.model import Flow, Trigger
from engine.triggers.backfill import Backfill, backfill_dates, backfill_plan
from engine.triggers.registry import find, types
from engine.triggers.schedule import schedules


def day(number, hour=0):
    return datetime(2024, 6, number, hour, tzinfo=UTC)


@pytest.fixture
def only(render):
    def only(flow, **variables):
        (schedule,) = schedules(flow, render, variables)
        return schedule

    return only


def condition(kind, **properties):
    return {"type": f"io.kestra.plugin.core.condition.{kind}", **properties}


def test_a_date_gives_itself_and_its_neighbours(only, schedule_flow):
    schedule = only(schedule_flow(cron="0 9 * * *", timezone="Europe/Paris"))
    date = schedule.timetable.next_after(day(3))
    assert schedule.dates(date) == {
        "date": "2024-06-03T09:00:00+02:00",
        "next": "2024-06-04T09:00:00+02:00",
        "previous": "2024-06-02T09:00:00+02:00",
    }


def test_utc_dates_end_in_z(only, schedule_flow):
    assert only(schedule_flow(cron="@daily")).dates(day(3))["date"] == "2024-06-03T00:00:00Z"


def test_neighbours_skip_dates_that_the_conditions_forbid(only, schedule_flow):
    schedule = only(schedule_flow(cron="0 0 * * *", conditions=(condition("DayWeek", dayOfWeek="MONDAY"),)))
    assert schedule.allows(day(3)) and not schedule.allows(day(4))
    assert schedule.dates(day(3)) == {
        "date": "2024-06-03T00:00:00Z",
        "next": "2024-06-10T00:00:00Z",
        "previous": "2024-05-27T00:00:00Z",
    }


def test_the_first_monday_of_a_month(only, schedule_flow):
    monday = condition("DayWeekInMonth", dayOfWeek="MONDAY", dayInMonth="FIRST")
    schedule = only(schedule_flow(cron="0 11 * * 1", conditions=(monday,)))
    assert schedule.next_allowed(day(4)) == datetime(2024, 7, 1, 11, tzinfo=UTC)


def test_when_of_kestra_2_filters_dates_too(only, schedule_flow):
    schedule = only(schedule_flow(cron="@daily", when="{{ vars.on == 'yes' }}"), vars={"on": "yes"})
    assert schedule.allows(day(3))
    assert not only(schedule_flow(cron="@daily", when="{{ vars.on == 'yes' }}"), vars={"on": "no"}).allows(day(3))


def test_conditions_that_never_hold_leave_no_next_date(only, schedule_flow):
    schedule = only(schedule_flow(cron="@daily", conditions=(condition("Expression", expression="false"),)))
    assert schedule.next_allowed(day(3)) is None
    assert schedule.dates(day(3))["next"] is None


def test_a_fired_date_carries_inputs_labels_and_a_lasting_key(only, schedule_flow):
    flow = schedule_flow(
        cron="@daily",
        inputs={"from": "{{ trigger.previous }}", "n": 1},
        labels=[{"key": "team", "value": "{{ vars.team }}"}],
    )
    fire = only(flow, vars={"team": "data"}).fire(day(3), inputs={"n": 2}, labels={"why": "backfill"})
    assert fire.inputs == {"from": "2024-06-02T00:00:00Z", "n": 2}
    assert fire.labels == {"team": "data", "why": "backfill"}
    assert fire.variables["date"] == "2024-06-03T00:00:00Z"
    assert fire.key == only(flow, vars={"team": "x"}).fire(day(3)).key
    assert fire.key != only(flow, vars={"team": "data"}).fire(day(4)).key


def test_fixed_dates_fire_in_order_each_once_whatever_their_zone(only, schedule_flow):
    flow = schedule_flow(
        trigger_type="ScheduleOnDates",
        timezone="Europe/Paris",
        dates=["2024-06-05T09:00:00", "2024-06-03T07:00:00Z", "2024-06-03T09:00:00+02:00"],
    )
    timetable = only(flow).timetable
    first = timetable.next_after(day(1))
    assert first.isoformat() == "2024-06-03T09:00:00+02:00"
    second = timetable.next_after(first)
    assert second.isoformat() == "2024-06-05T09:00:00+02:00"
    assert timetable.next_after(second) is None
    assert timetable.previous_before(second) == first
    assert timetable.previous_before(first) is None


def test_disabled_triggers_and_flows_have_no_schedules(render, schedule_flow):
    kind = "io.kestra.plugin.core.trigger.Schedule"
    off = Trigger("t", kind, {"cron": "@daily"}, disabled=True)
    on = Trigger("u", kind, {"cron": "@daily"})
    webhook = Trigger("w", "io.kestra.plugin.core.trigger.Webhook", {"key": "k"})
    flow = Flow("f", "a", (), triggers=(off, on, webhook))
    assert [s.trigger.id for s in schedules(flow, render, {})] == ["u"]
    assert schedules(Flow("f", "a", (), triggers=(on,), disabled=True), render, {}) == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Schedule", {}),
        ("Schedule", {"cron": "61 * * * *"}),
        ("Schedule", {"cron": "@daily", "timezone": "Mars/Base"}),
        ("ScheduleOnDates", {}),
        ("ScheduleOnDates", {"dates": ["soon"]}),
    ],
)
def test_an_unusable_schedule_is_told(render, schedule_flow, kind, properties):
    with pytest.raises(InvalidFlow) as refusal:
        schedules(schedule_flow(trigger_type=kind, **properties), render, {})
    assert refusal.value.hint


def test_old_names_of_trigger_types_are_known():
    assert find("io.kestra.core.models.triggers.types.Schedule") is find("io.kestra.plugin.core.trigger.Schedule")
    assert find("io.kestra.plugin.core.trigger.Nonsense") is None
    assert {"io.kestra.plugin.core.trigger.Flow", "io.kestra.plugin.core.trigger.Webhook"} <= types()


def test_a_backfill_takes_both_ends_in(only, schedule_flow):
    timetable = only(schedule_flow(cron="@daily")).timetable
    assert list(backfill_dates(timetable, day(3), day(5))) == [day(3), day(4), day(5)]
    assert list(backfill_dates(timetable, day(3, 1), day(4, 23))) == [day(4)]
    assert list(backfill_dates(timetable, day(3), day(5), done=day(4))) == [day(5)]


def test_a_backfill_knows_where_it_is(only, schedule_flow):
    timetable = only(schedule_flow(cron="@daily")).timetable
    backfill = Backfill(day(3), day(4))
    assert backfill.next_date(timetable) == day(3)
    backfill = backfill.after(day(3))
    assert backfill.next_date(timetable) == day(4)
    assert backfill.after(day(4)).next_date(timetable) is None


def test_the_plan_of_a_backfill_leaves_out_what_conditions_forbid(only, schedule_flow):
    schedule = only(schedule_flow(cron="@daily", conditions=(condition("Weekend"),)))
    assert backfill_plan(schedule, day(1), day(9)) == [day(1), day(2), day(8), day(9)]


def test_a_range_that_is_none_is_refused():
    with pytest.raises(Refused):
        Backfill(day(5), day(4))
    with pytest.raises(Refused):
        Backfill(datetime(2024, 1, 1), day(4))
