"""The poller against a clock that moves only when told to, and answers that come when told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import EngineError
from engine.flow.model import Flow, Trigger
from engine.storage.database import Database
from engine.triggers.poller import Poller
from engine.triggers.store import TriggerKey, TriggerStore

KEY = TriggerKey("a", "f", "t")
FOUND = {"code": 200, "body": "ready", "headers": {}, "uri": "http://there"}


class World:
    """A poller, its flows, what it asked and what it started."""

    def __init__(self, path, clock, render):
        self.clock, self.flows, self.asked, self.started, self.running = clock, [], [], [], set()
        self.waiting, self.at_once, self.answer = [], True, FOUND
        self.store = TriggerStore(Database(path))
        self.poller = Poller(
            lambda: self.flows, self.store, self.start, self.ask, self.elsewhere, clock, render,
            is_running=lambda execution_id: execution_id in self.running,
        )  # fmt: skip

    def ask(self, flow, trigger, type_name, properties):
        self.asked.append((type_name, dict(properties)))
        return self.answer

    def elsewhere(self, work):
        self.waiting.append(work)
        if self.at_once:
            self.answer_all()

    def answer_all(self):
        while self.waiting:
            self.waiting.pop()()

    def start(self, fire):
        self.started.append(fire)
        return f"e{len(self.started)}"

    def tick(self):
        return len(self.poller.tick())


@pytest.fixture
def world(tmp_path, clock, render):
    return World(tmp_path / "t.db", clock, render)


def flow(conditions=(), **properties):
    given = {"uri": "http://there", "responseCondition": "{{ response.body == 'ready' }}", **properties}
    trigger = Trigger("t", "io.kestra.plugin.core.http.Trigger", given, conditions)
    return Flow("f", "a", (), triggers=(trigger,))


def test_a_trigger_is_asked_at_once_and_then_at_its_interval(world, clock):
    world.flows = [flow(interval="PT5M")]
    assert world.tick() == 1
    assert world.tick() == 0
    clock.forward(minutes=4, seconds=59)
    assert world.tick() == 0
    clock.forward(seconds=1)
    assert world.tick() == 1
    assert len(world.asked) == 2


def test_without_an_interval_it_is_asked_every_minute(world, clock):
    world.flows = [flow()]
    world.tick()
    clock.forward(seconds=59)
    assert world.tick() == 0
    clock.forward(seconds=1)
    assert world.tick() == 1


def test_the_question_is_the_request_task_and_a_bad_status_is_an_answer(world):
    world.flows = [flow(method="POST", options={"auth": {"type": "BASIC"}}, inputs={"x": 1})]
    world.tick()
    ((type_name, properties),) = world.asked
    assert type_name == "io.kestra.plugin.core.http.Request"
    assert properties == {
        "uri": "http://there", "method": "POST", "options": {"allowFailed": True, "auth": {"type": "BASIC"}},
    }  # fmt: skip


def test_nothing_starts_when_the_answer_is_not_the_wanted_one(world, clock):
    world.flows, world.answer = [flow()], {**FOUND, "body": "wait"}
    assert world.tick() == 0
    world.answer = FOUND
    clock.forward(minutes=1)
    assert world.tick() == 1


def test_a_failed_request_starts_nothing_and_is_asked_again(world, clock):
    world.flows, world.answer = [flow()], None
    assert world.tick() == 0
    clock.forward(minutes=1)
    assert world.tick() == 0
    assert len(world.asked) == 2


def test_the_execution_gets_the_answer_as_its_trigger_with_inputs_and_labels_from_it(world):
    world.flows = [flow(inputs={"what": "{{ trigger.body }}"}, labels={"code": "{{ trigger.code }}"})]
    world.tick()
    (fire,) = world.started
    assert fire.variables == FOUND
    assert fire.inputs == {"what": "ready"}
    assert fire.labels == {"code": "200"}


def test_conditions_see_the_answer(world, clock):
    condition = {"type": "io.kestra.plugin.core.condition.Expression", "expression": "{{ trigger.code == '404' }}"}
    world.flows = [flow(conditions=(condition,))]
    assert world.tick() == 0
    world.answer = {**FOUND, "code": "404"}
    clock.forward(minutes=1)
    assert world.tick() == 1


def test_a_slow_answer_keeps_nobody_waiting_and_is_taken_in_later(world, clock):
    world.flows, world.at_once = [flow()], False
    assert world.tick() == 0
    clock.forward(minutes=3)
    assert world.tick() == 0
    assert len(world.asked) == 0 and len(world.waiting) == 1
    world.answer_all()
    assert world.tick() == 1


def test_it_waits_for_the_execution_it_started(world, clock):
    world.flows = [flow()]
    world.running = {"e1"}
    assert world.tick() == 1
    clock.forward(minutes=5)
    assert world.tick() == 0
    world.running = set()
    assert world.tick() == 1


def test_with_allow_concurrent_it_does_not_wait(world, clock):
    world.flows = [flow(allowConcurrent=True)]
    world.running = {"e1"}
    world.tick()
    clock.forward(minutes=1)
    assert world.tick() == 1


def test_disabled_triggers_and_flows_are_not_asked(world):
    enabled = flow()
    world.flows = [replace(enabled, disabled=True)]
    world.tick()
    world.flows = [replace(enabled, triggers=(replace(enabled.triggers[0], disabled=True),))]
    world.tick()
    world.flows = [enabled]
    world.store.set_disabled(KEY, True)
    world.tick()
    assert world.asked == []


def test_a_trigger_written_anew_is_asked_at_once(world, clock):
    world.flows = [flow()]
    world.tick()
    clock.forward(seconds=1)
    world.flows = [flow(uri="http://elsewhere")]
    assert world.tick() == 1


def test_one_bad_trigger_does_not_stop_others(world, caplog):
    other = replace(flow(), id="g")
    world.flows = [flow(interval="soon"), other]
    assert world.tick() == 1
    assert "the interval of 't' is no duration" in caplog.text


def test_a_start_that_is_refused_is_told_and_asked_again(world, clock, caplog):
    def refuse(fire):
        raise EngineError("no such input")

    world.flows = [flow()]
    world.poller.start = refuse
    assert world.tick() == 0
    assert "no such input" in caplog.text
    clock.forward(minutes=1)
    world.poller.start = world.start
    assert world.tick() == 1
