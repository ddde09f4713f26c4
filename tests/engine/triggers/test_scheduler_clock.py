"""The scheduler against a clock that moves only when told to."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import EngineError, NotFound
from engine.storage.database import Database
from engine.triggers.scheduler import Scheduler
from engine.triggers.store import TriggerKey, TriggerStore

KEY = TriggerKey("a", "f", "t")


class World:
    """A scheduler, its flows, and a record of what it started."""

    def __init__(self, path, clock, render):
        self.path, self.clock, self.render = path, clock, render
        self.flows, self.started, self.running = [], [], set()
        self.ends_at_once = True
        self.restart()

    def restart(self, **settings):
        self.store = TriggerStore(Database(self.path))
        self.scheduler = Scheduler(
            lambda: self.flows, self.store, self.start, self.clock, self.render,
            is_running=lambda execution_id: execution_id in self.running, **settings,
        )  # fmt: skip

    def start(self, fire):
        self.started.append(fire)
        execution_id = f"e{len(self.started)}"
        if not self.ends_at_once:
            self.running.add(execution_id)
        return execution_id

    def tick(self):
        """Dates (hour:minute) that this tick started."""
        return [fire.date.astimezone(UTC).strftime("%H:%M") for fire in self.scheduler.tick()]


@pytest.fixture
def world(tmp_path, clock, render):
    return World(tmp_path / "t.db", clock, render)


def test_a_new_trigger_waits_for_its_next_date_and_fires_once(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    assert world.tick() == []
    assert world.scheduler.next_due() == datetime(2024, 5, 31, 12, 15, tzinfo=UTC)
    clock.forward(minutes=14, seconds=59)
    assert world.tick() == []
    clock.forward(seconds=1)
    assert world.tick() == ["12:15"]
    assert world.tick() == []
    assert world.started[0].variables["next"] == "2024-05-31T12:30:00Z"


def test_dates_passed_while_ticking_slowly_are_all_run_in_order(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    clock.forward(hours=1)
    assert world.tick() == ["12:15", "12:30", "12:45", "13:00"]


def test_one_execution_at_a_time_unless_allowed_otherwise(world, clock, schedule_flow):
    world.ends_at_once = False
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    clock.forward(minutes=30)
    assert world.tick() == ["12:15"]
    assert world.tick() == []
    world.running.clear()
    assert world.tick() == ["12:30"]
    world.flows = [schedule_flow("g", cron="*/15 * * * *", allowConcurrent=True)]
    world.tick()
    clock.forward(minutes=30)
    assert world.tick() == ["12:45", "13:00"]


@pytest.mark.parametrize(
    ("setting", "own", "expected"),
    [
        ("ALL", None, ["12:15", "12:30", "12:45"]),
        ("LAST", None, ["12:45"]),
        ("NONE", None, []),
        ("ALL", "NONE", []),
        ("NONE", "LAST", ["12:45"]),
    ],
)
def test_what_was_missed_while_nothing_ran_is_recovered_as_asked(world, clock, schedule_flow, setting, own, expected):
    more = {} if own is None else {"recoverMissedSchedules": own}
    world.flows = [schedule_flow(cron="*/15 * * * *", **more)]
    world.tick()
    clock.forward(minutes=50)
    world.restart(recover=setting)
    assert world.tick() == expected
    clock.forward(minutes=10)
    assert world.tick() == ["13:00"]


def test_a_date_fired_before_a_restart_is_not_fired_again(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    clock.forward(minutes=15)
    assert world.tick() == ["12:15"]
    world.restart()
    assert world.tick() == []


def test_a_crash_between_start_and_record_repeats_the_date_under_the_same_key(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    clock.forward(minutes=15)

    class Crash(Exception):
        pass

    def crash(fire):
        world.started.append(fire)
        raise Crash

    world.scheduler.start = crash
    with pytest.raises(Crash):
        world.scheduler.tick()
    world.restart()
    assert world.tick() == ["12:15"]
    assert world.started[0].key == world.started[1].key


def test_a_date_that_is_too_late_is_skipped(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *", lateMaximumDelay="PT20M")]
    world.tick()
    clock.forward(minutes=50)
    assert world.tick() == ["12:30", "12:45"]


def test_conditions_skip_dates_and_a_failing_one_does_not_stop_the_next(world, clock, schedule_flow, caplog):
    broken = {"type": "io.kestra.plugin.core.condition.Expression", "expression": "{{ nowhere.at }}"}
    never = {"type": "io.kestra.plugin.core.condition.Weekend"}
    world.flows = [schedule_flow("broken", cron="*/15 * * * *", conditions=(broken,)),
                   schedule_flow("weekend", cron="*/15 * * * *", conditions=(never,))]  # fmt: skip
    world.tick()
    clock.forward(minutes=15)
    assert world.tick() == []
    assert "nowhere.at" in caplog.text
    caplog.clear()
    assert world.tick() == [] and caplog.text == "", "its date is done with"
    clock.forward(hours=12)
    assert set(world.tick()) == {"00:00", "00:15"}


def test_a_changed_cron_starts_from_now(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    clock.forward(minutes=16)
    world.flows = [schedule_flow(cron="*/20 * * * *")]
    assert world.tick() == []
    clock.forward(minutes=4)
    assert world.tick() == ["12:20"]


def test_a_start_that_is_refused_is_logged_and_not_repeated(world, clock, schedule_flow, caplog):
    def refuse(fire):
        raise EngineError("missing required input")

    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    world.scheduler.start = refuse
    clock.forward(minutes=15)
    world.tick()
    assert "missing required input" in caplog.text
    caplog.clear()
    world.tick()
    assert caplog.text == ""


def test_one_flow_with_a_bad_cron_does_not_stop_the_others(world, clock, schedule_flow, caplog):
    world.flows = [schedule_flow("bad", cron="nonsense"), schedule_flow("good", cron="@hourly")]
    world.tick()
    clock.forward(hours=1)
    assert world.tick() == ["13:00"]
    assert "nonsense" in caplog.text


def test_a_trigger_switched_off_stays_quiet_until_switched_on(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    world.store.set_disabled(KEY, False)
    assert world.scheduler.next_due() is not None, "switching on what is on changes nothing"
    world.store.set_disabled(KEY, True)
    assert world.tick() == [] and world.store.disabled(KEY)
    clock.forward(minutes=75)
    assert world.tick() == []
    assert world.scheduler.next_due() is None
    world.store.set_disabled(KEY, False)
    assert world.tick() == [], "what it would have done meanwhile is not caught up on"
    clock.forward(minutes=15)
    assert world.tick() == ["13:30"]


def test_a_trigger_that_its_flow_disabled_for_a_while_goes_on_from_then(world, clock, schedule_flow):
    flow = schedule_flow(cron="*/15 * * * *")
    off = replace(flow, triggers=(replace(flow.triggers[0], disabled=True),))
    world.flows = [flow]
    world.tick()
    world.flows = [off]
    world.tick()
    clock.forward(hours=3)
    assert world.tick() == []
    world.flows = [flow]
    assert world.tick() == []
    clock.forward(minutes=15)
    assert world.tick() == ["15:15"]


def test_a_tick_with_nothing_due_writes_nothing(world, clock, schedule_flow, monkeypatch):
    world.flows = [schedule_flow(cron="*/15 * * * *")]
    world.tick()
    monkeypatch.setattr(world.store, "put", lambda *_: pytest.fail("written"))
    clock.forward(minutes=1)
    assert world.tick() == []


def test_stop_after_switches_the_trigger_off_at_such_an_end(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="*/15 * * * *", stopAfter=["FAILED"])]
    world.tick()
    clock.forward(minutes=15)
    world.tick()
    world.scheduler.execution_ended("e1", "SUCCESS")
    clock.forward(minutes=15)
    assert world.tick() == ["12:30"]
    world.scheduler.execution_ended("e2", "FAILED")
    clock.forward(minutes=15)
    assert world.tick() == []
    assert world.store.disabled(KEY)


def test_a_backfill_runs_the_range_and_the_schedule_goes_on(world, clock, schedule_flow):
    world.flows = [schedule_flow(cron="0 * * * *", inputs={"n": 1})]
    world.tick()
    day = datetime(2024, 5, 1, tzinfo=UTC)
    world.scheduler.backfill(KEY, day, day + timedelta(hours=2), inputs={"n": 2}, labels={"why": "late"})
    assert world.tick() == ["00:00", "01:00", "02:00"]
    assert [(f.inputs, f.labels) for f in world.started] == [({"n": 2}, {"why": "late"})] * 3
    assert world.store.get(KEY).backfill is None
    clock.forward(hours=1)
    assert world.tick() == ["13:00"]
    assert world.started[-1].inputs == {"n": 1}


def test_a_backfill_runs_one_after_another_survives_a_restart_and_can_pause(world, clock, schedule_flow):
    world.ends_at_once = False
    world.flows = [schedule_flow(cron="0 * * * *")]
    world.tick()
    day = datetime(2024, 5, 1, tzinfo=UTC)
    world.scheduler.backfill(KEY, day, day + timedelta(hours=2))
    assert world.tick() == ["00:00"]
    assert world.tick() == []
    world.running.clear()
    world.restart()
    world.scheduler.pause_backfill(KEY)
    assert world.tick() == []
    world.scheduler.pause_backfill(KEY, paused=False)
    assert world.tick() == ["01:00"]
    world.running.clear()
    assert world.tick() == ["02:00"]


def test_a_backfill_needs_a_schedule_and_pausing_a_backfill(world, schedule_flow):
    world.flows = [schedule_flow(cron="@daily")]
    now = datetime(2024, 5, 1, tzinfo=UTC)
    with pytest.raises(NotFound):
        world.scheduler.backfill(replace(KEY, trigger_id="other"), now, now)
    with pytest.raises(NotFound):
        world.scheduler.pause_backfill(KEY)


def test_fixed_dates_fire_and_then_never_again(world, clock, schedule_flow):
    world.flows = [
        schedule_flow(trigger_type="ScheduleOnDates", dates=["2024-05-31T12:05:00Z", "2024-05-31T12:10:00Z"])
    ]
    world.tick()
    clock.forward(hours=5)
    assert world.tick() == ["12:05", "12:10"]
    assert world.scheduler.next_due() is None


def test_states_are_forgotten_with_their_flow(world, schedule_flow):
    world.flows = [schedule_flow(cron="@daily")]
    world.tick()
    assert list(world.store.all()) == [KEY]
    assert world.store.forget("a", "f") == 1
    assert world.store.all() == {}


def test_the_loop_ends_when_told_to(world, schedule_flow):
    world.flows = [schedule_flow(cron="@daily")]
    stop = threading.Event()
    loop = threading.Thread(target=world.scheduler.run, args=(stop,), kwargs={"longest_wait": 0.01})
    loop.start()
    stop.set()
    loop.join(10)
    assert not loop.is_alive()


def test_what_others_set_while_a_date_is_handled_is_kept(world, clock, schedule_flow):
    """A trigger that is switched off, or whose backfill is paused, in the middle of a start stays so."""
    world.flows = [schedule_flow(cron="0 * * * *")]
    world.tick()
    world.scheduler.backfill(KEY, datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 1, 5, tzinfo=UTC))
    start = world.scheduler.start

    def interrupted(fire):
        world.scheduler.pause_backfill(KEY)
        return start(fire)

    world.scheduler.start = interrupted
    assert world.tick() == ["00:00"]
    state = world.store.get(KEY)
    assert (state.backfill.paused, state.backfill.done.hour) == (True, 0)
    world.scheduler.start = start
    world.scheduler.pause_backfill(KEY, False)
    assert world.tick() == ["01:00", "02:00", "03:00", "04:00", "05:00"]
