"""What a trial reads out of a flow's expressions, and the samples it makes."""

from __future__ import annotations

import json
import re

import pytest

from engine.flow.load import load_flow
from engine.trial.needs import needs_of
from engine.trial.patterns import matching
from engine.trial.samples import file_of, input_value, scalar, shaped


def needs(message: str) -> dict[str, object]:
    text = (
        f"id: a\nnamespace: b.c\ntasks:\n  - id: l\n    type: io.kestra.plugin.core.log.Log\n    message: {message!r}\n"
    )
    return {name: shaped(need, name) for name, need in needs_of(load_flow(text)).outputs.items()}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("{{ outputs.a.vars.count }}", {"a": {"vars": {"count": 1}}}),
        ('{{ outputs["a-b"]["x"].y }}', {"a-b": {"x": {"y": "sample-y"}}}),
        ("{{ outputs.a.rows[2].city }}", {"a": {"rows": [{"city": "Paris"}] * 3}}),
        ("{% for r in outputs.a.rows %}{{ r.city }}{% endfor %}", {"a": {"rows": [{"city": "Paris"}] * 2}}),
    ],
)
def test_paths_are_read_as_the_shape_they_need(message: str, expected: object) -> None:
    assert needs(message) == expected


@pytest.mark.parametrize(
    "message",
    ["{{ fromJson(outputs.a.body).items[0].id }}", "{{ outputs.a.body | jq('.items[].id') | first }}"],
)
def test_text_that_is_parsed_holds_json_of_the_shape_that_is_read(message: str) -> None:
    found = needs(message)
    body = found["a"]["body"]  # type: ignore[index]
    assert json.loads(body)["items"][0]["id"] == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total_count", 1),
        ("unit_price", 100.5),
        ("created_at", "2025-01-01T00:00:00Z"),
        ("is_open", True),
        ("email", "sample@example.com"),
    ],
)
def test_scalars_fit_their_names(name: str, value: object) -> None:
    assert scalar(name) == value


@pytest.mark.parametrize(
    "ending", ["csv", "json", "jsonl", "ion", "xml", "yaml", "xlsx", "parquet", "csv.gz", "zip", "tar", "txt"]
)
def test_every_kind_of_sample_file_can_be_made(ending: str) -> None:
    content = file_of(ending, ["a", "b"])
    starts = {"xlsx": b"PK", "parquet": b"PAR1", "csv.gz": b"\x1f\x8b", "zip": b"PK", "csv": b"a,b\n", "ion": b"{a:"}
    assert content.startswith(starts.get(ending, b""[:0])) and len(content) > 10


@pytest.mark.parametrize("pattern", ["^ALLOW$", r"[A-Z]{3}-\d{2,4}", r"(dev|prod)-\w+", r"^\S+@\S+\.\w+$", "[^a]b?"])
def test_a_text_is_found_for_a_pattern(pattern: str) -> None:
    text = matching(pattern)
    assert text is not None and re.fullmatch(pattern, text)


def test_inputs_are_sampled_within_their_rules() -> None:
    assert input_value({"id": "n", "type": "INT", "max": 0}) == 0
    assert input_value({"id": "a", "type": "ARRAY", "itemType": "INT"}) == [1]
    assert input_value({"id": "m", "type": "MULTISELECT", "values": ["x", "y"]}) == ["x"]
