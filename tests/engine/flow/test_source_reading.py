"""How YAML is read, and where its values stand."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.flow.source import Span, parse


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("yes", True),
        ("off", False),
        ("0777", 511),
        ("0x1F", 31),
        ("1_000", 1000),
        ("08", "08"),
        ("1:30", "1:30"),
        ("2030-01-31", "2030-01-31"),
        ("1e3", "1e3"),
        ("1.5", 1.5),
        ("~", None),
        ("", None),
        ("'yes'", "yes"),
        ("!!str 12", "12"),
        ("-12", -12),
    ],
)
def test_plain_scalars_are_read_as_kestra_reads_them(written: str, read: object) -> None:
    assert parse(f"key: {written}").value == {"key": read}


def test_keys_are_always_text() -> None:
    assert parse("on: push\n1: one\ntrue: x").value == {"on": "push", "1": "one", "true": "x"}


def test_a_repeated_key_is_an_error_at_its_second_place() -> None:
    (finding,) = parse("id: a\nnamespace: b\nid: c\n").findings
    assert (finding.code, finding.severity, finding.line, finding.column) == ("duplicate_key", "error", 3, 1)


def test_merge_keys_fill_what_is_not_written() -> None:
    value = parse("base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\n").value
    assert value["more"] == {"x": 1, "y": 3}


def test_keys_and_values_have_places() -> None:
    source = parse("tasks:\n  - id: one\n    list: [a, bcd]\n")
    assert source.key_at(("tasks", 0, "list")) == Span(3, 5, 3, 9)
    assert source.at(("tasks", 0, "list", 1)) == Span(3, 15, 3, 18)
    assert source.at(("tasks", 0, "id")) == Span(2, 9, 2, 12)


def test_a_missing_value_has_the_place_of_its_nearest_ancestor() -> None:
    source = parse("a:\n  b: 1\n")
    assert source.at(("a", "none", "deeper")) == source.at(("a",))


def test_a_byte_order_mark_moves_nothing_but_the_first_line() -> None:
    source = parse("\ufeffid: a\nb: c\n")
    assert source.value == {"id": "a", "b": "c"}
    assert source.at(("b",)) == Span(2, 4, 2, 5)


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("k: plain {{ x }}", 6, (1, 10)),
        ('k: "a\\tb{{ x }}"', 3, (1, 9)),
        ("k: 'it''s {{ x }}'", 5, (1, 11)),
        ("k: |\n  one\n  two {{ x }}\n", 8, (3, 7)),
        ("k: >\n  one\n  two {{ x }}\n", 8, (3, 7)),
        ("k:\n  - a\n  - b {{ x }}", None, (3, 7)),
    ],
)
def test_a_place_inside_of_a_text_is_found_in_the_file(text: str, offset: int | None, place: tuple[int, int]) -> None:
    source = parse(text)
    path: tuple[str | int, ...] = ("k",) if offset is not None else ("k", 1)
    span = source.inside(path, offset if offset is not None else 2)
    assert (span.line, span.column) == place


_TEXT = st.text(alphabet=string.ascii_letters + " \t{}'\"\\:#-é😀\n", min_size=1, max_size=60)


@given(_TEXT, st.sampled_from(["|", '"', "'"]), st.data())
def test_every_visible_character_of_a_text_is_found_where_it_stands(
    value: str, style: str, data: st.DataObject
) -> None:
    text = yaml.dump({"outer": {"key": value}}, default_style=style, allow_unicode=True, width=1000)
    source = parse(text)
    assert source.value == {"outer": {"key": value}}
    visible = [i for i, char in enumerate(value) if char.isalpha() or char in "{}#-:"]
    if not visible:
        return
    offset = data.draw(st.sampled_from(visible))
    span = source.inside(("outer", "key"), offset)
    assert source.line_text(span.line)[span.column - 1] == value[offset]


@given(st.text(alphabet="ab\r\n\u2028é😀", max_size=40), st.integers(0, 60))
def test_position_and_index_are_inverse(text: str, index: int) -> None:
    source = parse("")
    source = type(source)(text)
    index = min(index, len(text))
    line, column = source.position(index)
    assert source.index(line, column) == index
