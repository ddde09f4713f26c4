"""Registered flows and their revisions; outputs kept for taskCache; the durations both speak in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.durations import format_duration, parse_duration
from engine.errors import InvalidFlow, NotFound
from engine.storage.flows import FlowStore
from engine.storage.task_cache import TaskCache


def source(text: str = "hello", flow_id: str = "f", namespace: str = "a") -> str:
    return f"id: {flow_id}\nnamespace: {namespace}\ntasks:\n  - id: t\n    message: {text}\n"


@pytest.fixture
def flows(database, clock) -> FlowStore:
    return FlowStore(database, clock)


def test_the_same_text_keeps_its_revision_and_a_new_one_gets_the_next(flows):
    assert flows.put(source()).revision == 1
    assert flows.put(source()).revision == 1
    assert flows.put(source("changed")).revision == 2
    assert flows.put(source()).revision == 3
    assert [f.revision for f in flows.revisions("a", "f")] == [1, 2, 3]


def test_a_flow_is_found_in_its_newest_or_a_named_revision(flows):
    flows.put(source("one"))
    flows.put(source("two"))
    assert "two" in flows.get("a", "f").source
    assert "one" in flows.get("a", "f", 1).source
    for wrong in (("a", "f", 3), ("a", "g", None), ("b", "f", None)):
        with pytest.raises(NotFound):
            flows.get(*wrong)


def test_a_deleted_flow_keeps_its_history_and_goes_on_counting(flows):
    flows.put(source())
    assert flows.delete("a", "f") is True
    assert flows.delete("a", "f") is False
    assert flows.find("a", "f") is None and flows.list() == []
    assert flows.get("a", "f", 1).revision == 1
    assert flows.put(source()).revision == 2


def test_flows_are_listed_once_each_in_their_newest_revision(flows):
    flows.put(source("one"))
    flows.put(source("two"))
    flows.put(source(flow_id="e", namespace="b"))
    assert [(f.namespace, f.id, f.revision) for f in flows.list()] == [("a", "f", 2), ("b", "e", 1)]
    assert [f.id for f in flows.list("b")] == ["e"]


@pytest.mark.parametrize("text", ["", "id: f", "namespace: a", "- a", "id: [", "id: {}\nnamespace: a"])
def test_text_that_names_no_flow_is_refused(flows, text):
    with pytest.raises(InvalidFlow):
        flows.put(text)


def test_kept_outputs_are_found_until_they_are_too_old(database, clock):
    cache = TaskCache(database, clock)
    key = cache.key("a", "f", "t", {"x": 1})
    assert cache.get(key) is None
    cache.put(key, "a", "f", "t", {"value": [1]})
    assert cache.get(key, ttl=10) == {"value": [1]}
    clock.forward(10)
    assert cache.get(key, ttl=10) is None
    assert cache.get(key) == {"value": [1]}


def test_the_cache_tells_apart_what_a_task_would_do(database, clock):
    keys = {
        TaskCache.key("a", "f", "t", {"x": 1}),
        TaskCache.key("a", "f", "t", {"x": 2}),
        TaskCache.key("a", "f", "t", {"x": 1}, "item"),
        TaskCache.key("a", "g", "t", {"x": 1}),
    }
    assert len(keys) == 4
    assert TaskCache.key("a", "f", "t", {"x": 1, "y": 2}) == TaskCache.key("a", "f", "t", {"y": 2, "x": 1})


def test_the_cache_of_a_flow_can_be_cleared(database, clock):
    cache = TaskCache(database, clock)
    for task in ("t", "u"):
        cache.put(cache.key("a", "f", task, {}), "a", "f", task, {})
    assert cache.clear("a", "f", "t") == 1
    assert cache.clear("a", "f") == 1


@pytest.mark.parametrize(
    ("text", "value", "printed"),
    [
        ("PT1H30M", timedelta(minutes=90), "PT1H30M"),
        ("P1D", timedelta(days=1), "PT24H"),
        ("pt0.5s", timedelta(milliseconds=500), "PT0.5S"),
        ("PT-0.5S", timedelta(milliseconds=-500), "PT-0.5S"),
        ("-PT1M", timedelta(minutes=-1), "PT-1M"),
        ("PT0S", timedelta(0), "PT0S"),
        (
            "P2DT3H4M5.123456S",
            timedelta(days=2, hours=3, minutes=4, seconds=5, microseconds=123456),
            "PT51H4M5.123456S",
        ),
    ],
)
def test_durations_are_read_and_printed_as_java_does(text, value, printed):
    assert parse_duration(text) == value
    assert format_duration(value) == printed


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1h", "P1M", "P1Y", "P1W", "PT1.5H", "PT1S "[:3] + "X", "5"])
def test_what_is_no_duration_is_an_error(text):
    with pytest.raises(ValueError):
        parse_duration(text)


@given(st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)))
def test_every_duration_survives_printing_and_reading(value):
    assert parse_duration(format_duration(value)) == value
