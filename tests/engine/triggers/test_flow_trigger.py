"""Flow triggers: which change of which execution starts what, alone or several within a window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import InvalidFlow
from engine.flow.model import Flow, Trigger
from engine.storage.database import Database
from engine.triggers.conditions import BadCondition
from engine.triggers.flow import matches
from engine.triggers.flow_events import fires_for, listens
from engine.triggers.store import TriggerKey, TriggerStore
from engine.triggers.windows import Window, deep_merge, open_window, time_window

NOW = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)
FLOW_TYPE = "io.kestra.plugin.core.trigger.Flow"


def listener(conditions=(), trigger_id="t", **properties):
    return Flow("down", "company.own", (), triggers=(Trigger(trigger_id, FLOW_TYPE, properties, tuple(conditions)),))


def condition(kind, **properties):
    return {"type": f"io.kestra.plugin.core.condition.{kind}", **properties}


class Listening:
    """One listening flow and what its trigger remembers, fed with executions."""

    def __init__(self, flow, render):
        self.flow, self.render, self.state, self.now = flow, render, {}, NOW

    def __call__(self, execution, **more):
        found = matches(self.flow.triggers[0], self.flow, execution, self.state, self.now, render=self.render, **more)
        self.state = found.state
        self.variables = found.variables
        return found.fire


@pytest.fixture
def listening(render):
    return lambda *conditions, **properties: Listening(listener(conditions, **properties), render)


@pytest.mark.parametrize("state", ["SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED"])
def test_every_terminal_state_fires_by_default(listening, execution, state):
    assert listening()(execution(state=state))


@pytest.mark.parametrize("state", ["CREATED", "RUNNING", "QUEUED", "PAUSED", "KILLING"])
def test_no_other_state_fires_by_default(listening, execution, state):
    assert not listening()(execution(state=state))


def test_named_states_fire_but_never_created(listening, execution):
    heard = listening(states=["CREATED", "RUNNING"])
    assert heard(execution(state="RUNNING"))
    assert not heard(execution(state="CREATED"))
    assert not heard(execution(state="SUCCESS"))


def test_a_paused_execution_fires_in_the_spelling_of_kestra_2(listening, execution):
    assert listening(dependsOn=[{"flowId": "up"}])(execution(state="PAUSED"))


def test_a_flow_does_not_trigger_itself(listening, execution):
    assert not listening()(execution("down", namespace="company.own"))


def test_a_disabled_trigger_or_flow_fires_nothing(render, execution):
    flow = listener()
    off = replace(flow, triggers=(replace(flow.triggers[0], disabled=True),))
    for quiet in (off, replace(flow, disabled=True)):
        assert not Listening(quiet, render)(execution())
        assert not listens(quiet)
    assert listens(flow)


def test_all_conditions_must_hold(listening, execution):
    heard = listening(condition("ExecutionFlow", namespace="company.team", flowId="up"),
                      condition("ExecutionStatus", **{"in": ["SUCCESS"]}))  # fmt: skip
    assert heard(execution())
    assert not heard(execution("other"))
    assert not heard(execution(state="FAILED"))


def test_expressions_see_the_execution_reacted_to(listening, execution):
    for expression in (
        "{{ flow.namespace == 'company.team' }}",
        "{{ execution.state == 'SUCCESS' }}",
        "{{ labels.team.name == 'data' }}",
        "{{ trigger.flowId == 'up' }}",
        "{{ outputs.rows == '5' }}",
    ):
        heard = listening(when=expression)
        assert heard(execution(labels={"team.name": "data"}, outputs={"rows": "5"}))


def test_an_expression_that_fails_for_an_execution_is_not_met(listening, execution):
    heard = listening(condition("Expression", expression="{{ labels.env == 'prod' }}"))
    assert not heard(execution())
    assert heard(execution(labels={"env": "prod"}))


def test_a_condition_that_can_never_be_evaluated_is_an_error(listening, execution):
    with pytest.raises(BadCondition):
        listening(condition("Nonsense"))(execution())


def test_the_variables_name_the_execution_that_fired(listening, execution):
    heard = listening()
    start, end = NOW - timedelta(minutes=2), NOW
    heard(execution(state="FAILED", flow_revision=3, labels={"a.b": "c", "system.correlationId": "x"},
                    outputs={"n": 1}, start_date=start, end_date=end, first_failed_task_id="t1",
                    last_task_id="t2"))  # fmt: skip
    assert heard.variables == {
        "executionId": "e1",
        "namespace": "company.team",
        "flowId": "up",
        "flowRevision": 3,
        "state": "FAILED",
        "executionLabels": {"a": {"b": "c"}},
        "startDate": "2024-05-31T11:58:00Z",
        "endDate": "2024-05-31T12:00:00Z",
        "firstFailedTaskId": "t1",
        "lastTaskId": "t2",
        "outputs": {"n": 1},
    }


def pair(**more):
    ends = {name: condition("ExecutionFlow", namespace="company.team", flowId=name) for name in ("a", "b")}
    return condition("MultipleCondition", id="both", conditions=ends, **more)


PRECONDITIONS = {
    "id": "both",
    "flows": [
        {"namespace": "company.team", "flowId": "a", "states": ["SUCCESS"]},
        {"namespace": "company.team", "flowId": "b"},
    ],
}
DEPENDS_ON = [{"namespace": "company.team", "flowId": "a", "states": ["SUCCESS"]}, {"flowId": "b"}]
SPELLINGS = [((pair(),), {}), ((), {"preconditions": PRECONDITIONS}), ((), {"dependsOn": DEPENDS_ON})]


@pytest.mark.parametrize(
    ("conditions", "properties"), SPELLINGS, ids=["MultipleCondition", "preconditions", "dependsOn"]
)
def test_several_conditions_fire_together_once_all_are_met(listening, execution, conditions, properties):
    heard = listening(*conditions, **properties)
    assert not heard(execution("a"))
    assert not heard(execution("a"))
    assert not heard(execution("c"))
    assert heard(execution("b"))
    assert not heard(execution("b")), "after firing, both are needed again"
    assert heard(execution("a"))


def test_without_reset_each_further_one_fires_within_the_window(listening, execution):
    for heard in (
        listening(pair(resetOnSuccess=False)),
        listening(dependsOn=DEPENDS_ON, window={"every": "P1D"}),
    ):
        assert not heard(execution("a"))
        assert heard(execution("b"))
        assert heard(execution("b"))
        assert not heard(execution("c"))
        heard.now += timedelta(days=1)
        assert not heard(execution("b"))


def test_a_window_that_may_fire_once_starts_over(listening, execution):
    heard = listening(dependsOn=DEPENDS_ON, window={"every": "P1D", "fireOnce": True})
    assert [heard(execution(name)) for name in ("a", "b", "b", "a")] == [False, True, False, True]


def test_what_was_met_before_the_window_does_not_count(listening, execution):
    heard = listening(pair(timeWindow={"type": "SLIDING_WINDOW", "window": "PT1H"}))
    assert not heard(execution("a"))
    heard.now += timedelta(minutes=61)
    assert not heard(execution("b"))
    heard.now += timedelta(minutes=59)
    assert heard(execution("a"))


def test_before_the_deadline_counts_and_after_it_does_not(listening, execution):
    heard = listening(dependsOn=DEPENDS_ON, window={"deadline": "12:30:00"})
    assert not heard(execution("a"))
    heard.now += timedelta(minutes=31)
    assert not heard(execution("b"))
    assert heard.state == {}
    heard.now += timedelta(hours=22)
    assert [heard(execution("b")), heard(execution("a"))] == [False, True]


@pytest.mark.parametrize(
    ("mode", "fires"),
    [({"mode": "ANY"}, [True, True]), ({"mode": "AT_LEAST", "minSatisfied": 2}, [False, True]), ({}, [False, False])],
)
def test_modes_say_how_many_must_be_met(listening, execution, mode, fires):
    heard = listening(dependsOn=[*DEPENDS_ON, {"flowId": "c"}], **mode)
    assert [heard(execution("a")), heard(execution("b"))] == fires


def test_a_dependency_may_ask_for_labels_states_and_an_expression(listening, execution):
    heard = listening(dependsOn=[{"flowId": "a", "states": ["FAILED"], "labels": {"env": "prod"},
                                  "when": "{{ trigger.executionId == 'e1' }}"}])  # fmt: skip
    wanted = execution("a", "FAILED", labels={"env": "prod"})
    assert heard(wanted)
    for other in (replace(wanted, state="SUCCESS"), replace(wanted, labels={}), replace(wanted, id="e2")):
        assert not heard(other)


@pytest.mark.parametrize(
    ("filters", "operand", "met"),
    [
        ([("FLOW_ID", "EQUAL_TO", "up")], "AND", True),
        ([("FLOW_ID", "NOT_EQUAL_TO", "up")], "AND", False),
        ([("NAMESPACE", "STARTS_WITH", "company")], "AND", True),
        ([("NAMESPACE", "ENDS_WITH", "team"), ("STATE", "EQUAL_TO", "FAILED")], "AND", False),
        ([("NAMESPACE", "ENDS_WITH", "x"), ("STATE", "EQUAL_TO", "SUCCESS")], "OR", True),
        ([("FLOW_ID", "REGEX", "u.")], "AND", True),
        ([("FLOW_ID", "REGEX", "u")], "AND", False),
        ([("NAMESPACE", "CONTAINS", "any.te")], "AND", True),
        ([("EXPRESSION", "IS_TRUE", "{{ labels.env == 'prod' }}")], "AND", True),
        ([("EXPRESSION", "IS_FALSE", "{{ labels.env == 'prod' }}")], "AND", False),
        ([("EXPRESSION", "IS_NOT_NULL", "{{ labels.env }}")], "AND", True),
        ([("EXPRESSION", "IS_NULL", "{{ labels.absent }}")], "AND", False),
    ],
)
def test_filters_of_preconditions(listening, execution, filters, operand, met):
    written = [{"field": field, "type": kind, "value": value} for field, kind, value in filters]
    heard = listening(preconditions={"id": "p", "where": [{"id": "w", "operand": operand, "filters": written}]})
    assert heard(execution(labels={"env": "prod"})) is met


def test_filters_by_a_list_of_values(listening, execution):
    for kind, met in (("IN", True), ("NOT_IN", False)):
        written = {"field": "STATE", "type": kind, "values": ["SUCCESS", "WARNING"]}
        heard = listening(preconditions={"id": "p", "where": [{"id": "w", "filters": [written]}]})
        assert heard(execution()) is met


@pytest.mark.parametrize("bad", [{"field": "STATE", "type": "LIKE"}, {"field": "OWNER", "type": "IN"},
                                 {"field": "FLOW_ID", "type": "REGEX", "value": "("}])  # fmt: skip
def test_a_filter_that_is_none_is_told(listening, execution, bad):
    with pytest.raises(BadCondition):
        listening(preconditions={"id": "p", "where": [{"id": "w", "filters": [bad]}]})(execution())


def test_outputs_of_all_who_took_part_are_there_by_name_and_by_flow(listening, execution):
    heard = listening(dependsOn=DEPENDS_ON)
    heard(execution("a", outputs={"x": 1, "only_a": True}))
    heard(execution("b", outputs={"x": 2}))
    outputs = heard.variables["outputs"]
    assert (outputs["x"], outputs["only_a"]) == (2, True)
    assert outputs["company"]["team"] == {"a": {"x": 1, "only_a": True}, "b": {"x": 2}}


def at(hour, minute=0, day=31):
    return datetime(2024, 5, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ({}, at(0), at(0) + timedelta(days=1, milliseconds=-1)),
        ({"window": "PT6H"}, at(12), at(18) - timedelta(milliseconds=1)),
        ({"window": "PT15M"}, at(12, 30), at(12, 45) - timedelta(milliseconds=1)),
        ({"window": "P1D", "windowAdvance": "PT6H"}, at(6), at(6) + timedelta(days=1, milliseconds=-1)),
        ({"window": "P1D", "windowAdvance": "PT-6H"}, at(18, day=30), at(18) - timedelta(milliseconds=1)),
        ({"type": "SLIDING_WINDOW", "window": "PT1H"}, at(12, 37), at(13, 37)),
        ({"type": "DAILY_TIME_WINDOW", "startTime": "06:00:00", "endTime": "13:00"}, at(6), at(13)),
        ({"type": "DAILY_TIME_DEADLINE", "deadline": "09:00:00"}, at(0), at(9)),
    ],
)
def test_windows_have_their_ends(written, start, end):
    window = open_window(written, at(12, 37))
    assert (window.start, window.end) == (start, end)


def test_a_daily_window_follows_its_zone():
    window = open_window({"type": "DAILY_TIME_DEADLINE", "deadline": "09:00", "timezone": "Europe/Paris"}, at(1))
    assert window.end == at(7)


@pytest.mark.parametrize("written", [{"window": "1h"}, {"type": "SOMETIMES"}, {"type": "DAILY_TIME_DEADLINE"},
                                     {"type": "DAILY_TIME_WINDOW", "startTime": "x", "endTime": "09:00"},
                                     {"window": "PT0S"}])  # fmt: skip
def test_a_window_that_is_none_is_told(written):
    with pytest.raises(InvalidFlow):
        open_window(written, NOW)


def test_the_newer_spelling_of_windows_means_the_older():
    assert time_window({"deadline": "9:00"})["type"] == "DAILY_TIME_DEADLINE"
    assert time_window({"from": "09:00", "to": "10:00"})["endTime"] == "10:00"
    assert time_window({"lookback": "PT1H"}) == {"type": "SLIDING_WINDOW", "window": "PT1H"}
    assert time_window({"every": "PT1H", "offset": "PT5M"})["windowAdvance"] == "PT5M"


def test_a_window_survives_being_stored():
    window = Window(NOW, NOW + timedelta(hours=1)).meet(frozenset({"a"}), {"x": {"y": 1}})
    assert Window.from_dict(window.as_dict()) == window
    assert deep_merge({"x": {"y": 1}, "z": 1}, {"x": {"w": 2}, "z": {"a": 1}}) == {"x": {"y": 1, "w": 2}, "z": {"a": 1}}


@pytest.fixture
def store(tmp_path):
    return TriggerStore(Database(tmp_path / "t.db"))


def test_a_change_of_state_reaches_every_listening_flow(render, execution, store):
    first = listener(inputs={"from": "{{ trigger.executionId }}"}, labels={"by": "trigger"})
    second = replace(listener(states=["FAILED"]), id="alert")
    fires = fires_for([first, second], execution(labels={"system.correlationId": "root"}), store, NOW, render=render)
    (fire,) = fires
    assert (fire.flow.id, fire.inputs) == ("down", {"from": "e1"})
    assert fire.labels == {"by": "trigger", "system.correlationId": "root"}


def test_windows_are_remembered_across_restarts(render, execution, tmp_path):
    flow = listener(dependsOn=DEPENDS_ON)
    first = Database(tmp_path / "t.db")
    assert fires_for([flow], execution("a"), TriggerStore(first), NOW, render=render) == []
    first.close()
    again = TriggerStore(Database(tmp_path / "t.db"))
    assert len(fires_for([flow], execution("b"), again, NOW, render=render)) == 1


def test_a_trigger_switched_off_hears_nothing(render, execution, store):
    store.set_disabled(TriggerKey("company.own", "down", "t"), True)
    assert fires_for([listener()], execution(), store, NOW, render=render) == []
    store.set_disabled(TriggerKey("company.own", "down", "t"), False)
    assert len(fires_for([listener()], execution(), store, NOW, render=render)) == 1


def test_one_bad_trigger_does_not_keep_others_from_starting(render, execution, store, caplog):
    bad = replace(listener([condition("Nonsense")]), id="bad")
    unrenderable = replace(listener(inputs={"x": "{{ trigger.outputs.absent }}"}), id="worse")
    fires = fires_for([bad, unrenderable, listener()], execution(), store, NOW, render=render)
    assert [fire.flow.id for fire in fires] == ["down"]
    assert "Nonsense" in caplog.text and "absent" in caplog.text
