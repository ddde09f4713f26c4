"""Core tasks that log, return, change the execution or keep values."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine.errors import TaskFailed
from engine.tasks.results import Effect


def test_log_writes_one_message_at_info_by_default(make_task: Any) -> None:
    task = make_task("core.log.Log", VARIABLES={"inputs": {"who": "you"}}, message="hello {{ inputs.who }}")
    task.result()
    assert task.logs == [("INFO", "hello you")]


def test_log_writes_each_message_of_a_list_at_its_level(make_task: Any) -> None:
    task = make_task("core.log.Log", message=["one", "{{ 1 + 1 }}"], level="WARN")
    task.result()
    assert task.logs == [("WARN", "one"), ("WARN", "2")]


def test_return_gives_text_and_null_without_format(make_task: Any) -> None:
    assert make_task("core.debug.Return", format="{{ [1, 2] }}").outputs() == {"value": "[1,2]"}
    assert make_task("core.debug.Return").outputs() == {"value": None}


def test_output_values_prints_texts_and_keeps_shapes(make_task: Any) -> None:
    values = {"a": "{{ inputs.n }}", "b": 5, "c": {"d": "{{ inputs.list }}"}}
    task = make_task("core.output.OutputValues", VARIABLES={"inputs": {"n": 3, "list": ["x"]}}, values=values)
    assert task.outputs() == {"values": {"a": "3", "b": 5, "c": {"d": '["x"]'}}}


def test_fail_fails_with_its_message_only_when_the_condition_holds(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="boom"):
        make_task("core.execution.Fail", errorMessage="boom").result()
    assert make_task("core.execution.Fail", condition="{{ 1 == 2 }}").result() is None
    with pytest.raises(TaskFailed, match="Task failure"):
        make_task("core.execution.Fail", condition="{{ 1 == 1 }}").result()


def test_assert_names_every_condition_that_does_not_hold(make_task: Any) -> None:
    task = make_task("core.execution.Assert", conditions=["{{ 1 == 1 }}", "{{ 1 == 2 }}"])
    with pytest.raises(TaskFailed, match="1 assertion failed!"):
        task.result()
    assert task.messages("ERROR") == ["Assertion `{{ 1 == 2 }}` failed!"]


def test_assert_counts_a_condition_that_cannot_be_rendered_as_failed(make_task: Any) -> None:
    task = make_task("core.execution.Assert", conditions=["{{ nothing }}", "{{ 0 }}"], errorMessage="look at the file")
    with pytest.raises(TaskFailed, match="2 assertions failed!\nlook at the file"):
        task.result()
    assert len(task.messages("ERROR")) == 2


@pytest.mark.parametrize(
    "labels",
    [{"team": "{{ 'data' }}"}, [{"key": "team", "value": "data"}], '{"team": "data"}'],
    ids=["map", "list", "json"],
)
def test_labels_takes_a_map_a_list_or_json_text(make_task: Any, labels: Any) -> None:
    assert make_task("core.execution.Labels", labels=labels).result() == Effect(labels={"team": "data"})


def test_labels_refuses_system_labels(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match=r"system\.id"):
        make_task("core.execution.Labels", labels={"system.id": "x"}).result()


def test_exit_names_the_state_to_end_in(make_task: Any) -> None:
    assert make_task("core.execution.Exit").result() == Effect(exit_state="SUCCESS")
    assert make_task("core.execution.Exit", state="CANCELED").result() == Effect(exit_state="CANCELLED")


def test_variables_can_be_set_and_unset(make_task: Any) -> None:
    known = {"vars": {"a": 1}}
    task = make_task("core.execution.SetVariables", VARIABLES=known, variables={"b": "{{ vars.a }}"})
    assert task.result() == Effect(variables={"b": 1})
    with pytest.raises(TaskFailed, match="exist already: a"):
        make_task("core.execution.SetVariables", VARIABLES=known, variables={"a": 2}, overwrite=False).result()
    with pytest.raises(TaskFailed, match="no such variable: c"):
        make_task("core.execution.UnsetVariables", VARIABLES=known, variables=["c"]).result()
    task = make_task("core.execution.UnsetVariables", VARIABLES=known, variables=["c"], ignoreMissing=True)
    assert task.result() == Effect(unset_variables=("c",))


def test_sleep_ends_at_once_when_it_is_stopped(make_task: Any) -> None:
    task = make_task("core.flow.Sleep", duration="PT1H")
    threading.Timer(0.05, task.cancelled.set).start()
    with pytest.raises(TaskFailed, match="stopped"):
        task.result()


def test_sleep_says_what_a_duration_looks_like(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="ISO 8601"):
        make_task("core.flow.Sleep", duration="five minutes").result()


def test_kv_keeps_the_kind_a_value_renders_to(make_task: Any) -> None:
    make_task("core.kv.Set", key="list", value="{{ [1, 2] }}").result()
    make_task("core.kv.Set", key="number", value="42", kvType="NUMBER").result()
    make_task("core.kv.Set", key="text", value=42).result()
    assert make_task("core.kv.Get", key="list").outputs() == {"value": [1, 2]}
    assert make_task("core.kv.Get", key="number").outputs() == {"value": 42}
    assert make_task("core.kv.Get", key="text").outputs() == {"value": "42"}
    assert make_task("core.kv.GetKeys", prefix="n").outputs() == {"keys": ["number"]}


def test_kv_refuses_to_overwrite_and_to_miss_where_told_so(make_task: Any) -> None:
    make_task("core.kv.Set", key="a", value="1").result()
    with pytest.raises(Exception, match="already exists"):
        make_task("core.kv.Set", key="a", value="2", overwrite=False).result()
    assert make_task("core.kv.Delete", key="a").outputs() == {"deleted": True}
    assert make_task("core.kv.Get", key="a").outputs() == {"value": None}
    with pytest.raises(TaskFailed, match="no value under key 'a'"):
        make_task("core.kv.Get", key="a", errorOnMissing=True).result()
    with pytest.raises(TaskFailed, match="no value under key 'a'"):
        make_task("core.kv.Delete", key="a", errorOnMissing=True).result()


def test_a_property_of_the_wrong_kind_names_itself(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="level must be one of ERROR"):
        make_task("core.log.Log", message="x", level="LOUD").result()
    with pytest.raises(TaskFailed, match="key is required"):
        make_task("core.kv.Get").result()
