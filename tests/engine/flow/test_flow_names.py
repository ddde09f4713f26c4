"""Likeness of names: what a wrong one may mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.flow.graph import find_cycle
from engine.flow.names import likeness, nearest, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fetchType", ("fetch", "type")),
        ("fetch_type", ("fetch", "type")),
        ("io.kestra.plugin.jdbc.DuckDBQuery", ("io", "kestra", "plugin", "jdbc", "duck", "db", "query")),
        ("HTTPServer2", ("http", "server", "2")),
    ],
)
def test_words_of_names_in_every_style(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("wrong", "right", "other"),
    [
        ("fetch_type", "fetchType", "fetch"),
        ("url", "uri", "body"),
        ("timeOut", "timeout", "type"),
        ("maxParallel", "concurrencyLimit", "values"),
        ("comands", "commands", "env"),
        ("messageText", "message", "payload"),
    ],
)
def test_the_right_name_is_nearer(wrong: str, right: str, other: str) -> None:
    assert likeness(wrong, right) > likeness(wrong, other)
    assert nearest(wrong, [other, right])[0][0] == right


@given(st.text(alphabet="abcXYZ_.", max_size=20), st.text(alphabet="abcXYZ_.", max_size=20))
def test_likeness_is_a_share_and_one_only_for_the_same(a: str, b: str) -> None:
    assert 0.0 <= likeness(a, b) <= 1.0
    assert (likeness(a, b) == 1.0) == (a == b)


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        ({}, []),
        ({"a": ["b"], "b": []}, []),
        ({"a": ["a"]}, ["a"]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c"]),
        ({"x": ["gone"], "a": ["b"], "b": ["a"]}, ["a", "b"]),
    ],
)
def test_circles_are_found(graph: dict[str, list[str]], cycle: list[str]) -> None:
    assert find_cycle(graph) == cycle


def test_a_very_long_chain_is_no_circle() -> None:
    assert find_cycle({str(i): [str(i + 1)] for i in range(20_000)}) == []
