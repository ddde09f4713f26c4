"""Schedules in words against the times they must fire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copilot.draft.offline.schedule import find_schedules
from copilot.draft.offline.text import read_text
from engine.triggers.cron import next_fire_times

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

PHRASES = [
    ("every day at 7", "0 7 * * *"),
    ("daily 4am", "0 4 * * *"),
    ("at 9 every day", "0 9 * * *"),
    ("every weekday at 7:45", "45 7 * * 1-5"),
    ("mon-fri 6 pm", "0 18 * * 1-5"),
    ("on weekends at 10", "0 10 * * 0,6"),
    ("every Monday and Thursday at 12:30", "30 12 * * 1,4"),
    ("Fridays 3pm", "0 15 * * 5"),
    ("every Sunday at noon", "0 12 * * 0"),
    ("first of the month, 9 in the morning", "0 9 1 * *"),
    ("on the 15th of every month at 10:00", "0 10 15 * *"),
    ("1st of month 02:00", "0 2 1 * *"),
    ("every 10 minutes", "*/10 * * * *"),
    ("every minute", "* * * * *"),
    ("every half hour", "*/30 * * * *"),
    ("every quarter of an hour", "*/15 * * * *"),
    ("every 6 hrs", "0 */6 * * *"),
    ("hourly", "0 * * * *"),
    ("at the top of every hour", "0 * * * *"),
    ("nightly at 1:30", "30 1 * * *"),
    ("every day at midnight", "0 0 * * *"),
    ("at 8, 12 and 16 every day", "0 8,12,16 * * *"),
    ("every January 1 at 0:00", "0 0 1 1 *"),
    ("first day of each quarter at 5am", "0 5 1 1,4,7,10 *"),
    ("jeden Montag um 8 Uhr", "0 8 * * 1"),
    ("jeden Tag um 18:30", "30 18 * * *"),
    ("alle 5 Minuten", "*/5 * * * *"),
    ("cada día a las 6:15", "15 6 * * *"),
    ("tous les jours à 18h", "0 18 * * *"),
    ("chaque lundi à 9h", "0 9 * * 1"),
    ("every 2 hours", "0 */2 * * *"),
]


@pytest.mark.parametrize(("words", "cron"), PHRASES)
def test_a_phrase_fires_when_it_says(words: str, cron: str) -> None:
    found = find_schedules(read_text(words).masked)
    assert len(found) == 1, found
    fires = next_fire_times(found[0].cron, "UTC", 20, START)
    assert fires == next_fire_times(cron, "UTC", 20, START)


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("every day at 7 in New York", "America/New_York"),
        ("every Sunday at 18:00 London time", "Europe/London"),
        ("daily 7am Paris time", "Europe/Paris"),
        ("each day at 6 UTC", "UTC"),
        ("jeden Tag um 8 Uhr Berliner Zeit", "Europe/Berlin"),
        ("cada día a las 9, hora de Madrid", "Europe/Madrid"),
        ("at 9:00 every day (Asia/Tokyo)", "Asia/Tokyo"),
        ("every day at 8 EST", "America/New_York"),
    ],
)
def test_a_place_gives_the_time_zone(words: str, zone: str) -> None:
    assert find_schedules(read_text(words).masked)[0].timezone == zone


@pytest.mark.parametrize(
    ("words", "kind", "values"),
    [
        ("on the last day of the month at 23:30", "last_day", ()),
        ("hourly, but only between 9 and 17", "time_between", ("09:00", "17:00")),
        ("every 5 minutes from 8am to 6pm", "time_between", ("08:00", "18:00")),
        ("daily at 11 except Mondays", "not_days", ("MONDAY",)),
        ("daily at 11 but only between 1 Dec 2026 and 31 Jan 2027", "date_between", ("2026-12-01", "2027-01-31")),
        ("first Monday of each month at 9:00", "nth_day", ("FIRST", "MONDAY")),
        ("every day at 8 except public holidays", "holiday", ()),
    ],
)
def test_what_cron_cannot_say_becomes_a_guard(words: str, kind: str, values: tuple[str, ...]) -> None:
    guards = find_schedules(read_text(words).masked)[0].guards
    assert [(g.kind, g.values) for g in guards] == [(kind, values)]


@pytest.mark.parametrize(
    "words",
    [
        "sleep 5 seconds",
        "keep the last 30 days",
        "retry 3 times",
        "port 8080",
        "amounts over 100",
        "the top 10 products",
    ],
)
def test_numbers_that_are_no_times_start_nothing(words: str) -> None:
    assert find_schedules(read_text(words).masked) == []
