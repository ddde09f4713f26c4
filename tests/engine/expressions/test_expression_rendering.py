"""What rendering promises its callers: untouched text, kept types, located errors, one compilation."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.expressions import (
    ExpressionError,
    ExpressionSyntax,
    MissingVariable,
    PureServices,
    Settings,
    UnknownName,
    has_expression,
    render,
    render_value,
    truthy,
)
from engine.expressions.compiler import compile_template


def test_plain_text_comes_back_as_the_same_object() -> None:
    text = "echo { } ${HOME} {x}"
    assert render(text, {}) is text
    assert not has_expression(text) and has_expression("{# c #}")


def test_a_template_is_compiled_once() -> None:
    template = "compiled once {{ a }}"
    render(template, {"a": 1})
    before = compile_template.cache_info()
    assert render(template, {"a": 2}) == "compiled once 2"
    after = compile_template.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 1)


def test_a_lone_expression_keeps_its_type_and_shapes_are_kept() -> None:
    moment = datetime(2024, 1, 2, tzinfo=UTC)
    variables = {"n": 5, "l": [1, "a"], "t": True, "d": moment, "none": None, "k": "key"}
    value = {
        "{{ k }}": "{{ n }}",
        "l": ["{{ l }}", "x{{ n }}", 1.5, None],
        "t": "{{ t }}",
        "d": "{{ d }}",
        "z": "{{ none }}",
    }
    assert render_value(value, variables) == {
        "key": 5,
        "l": [[1, "a"], "x5", 1.5, None],
        "t": True,
        "d": moment,
        "z": None,
    }
    assert render_value("{{ n }} ", variables) == "5 "


def test_dates_and_numbers_print_as_java_prints_them() -> None:
    values = {
        "instant": datetime(2024, 1, 2, 3, 4, 0, 120000, UTC),
        "zoned": datetime(2024, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))),
        "region": datetime(2024, 1, 2, 3, 4, 5, tzinfo=ZoneInfo("Europe/Paris")),
        "local": datetime(2024, 1, 2, 3, 4, 5, 1),
        "day": date(2024, 1, 2),
        "clock": time(7, 30),
        "span": timedelta(days=1, minutes=5, seconds=6.5),
        "exact": Decimal("1.10"),
    }
    shown = {name: render(f"{{{{ {name} }}}}", values) for name in values}
    assert shown == {
        "instant": "2024-01-02T03:04:00.120Z",
        "zoned": "2024-01-02T03:04+02:00",
        "region": "2024-01-02T03:04:05+01:00[Europe/Paris]",
        "local": "2024-01-02T03:04:05.000001",
        "day": "2024-01-02",
        "clock": "07:30",
        "span": "PT24H5M6.5S",
        "exact": "1.10",
    }
    assert render("{{ x }}", {"x": {"z": values["zoned"]}}) == '{"z":"2024-01-02T03:04:00+02:00"}'


def test_a_missing_variable_says_where_and_what_is_near() -> None:
    with pytest.raises(MissingVariable) as caught:
        render("first line\n  {{ inputs.user_nme | upper }}", {"inputs": {"user_name": "a"}})
    error = caught.value
    assert (error.line, error.column, error.name, error.code) == (2, 13, "user_nme", "expression-missing-variable")
    assert "user_name" in error.hint and "line 2" in str(error)
    assert error.expression.startswith("first line")


def test_errors_are_told_apart_by_code() -> None:
    kinds = {
        "{{ a.b": ExpressionSyntax,
        "{{ 1 | nope }}": UnknownName,
        "{{ nope() }}": UnknownName,
        "{{ 1 / 0 }}": ExpressionError,
    }
    for template, kind in kinds.items():
        with pytest.raises(kind) as caught:
            render(template, {})
        assert caught.value.line == 1 and caught.value.column > 0


def test_recursive_rendering_is_a_setting() -> None:
    variables = {"a": "{{ b }}", "b": "{{ c }}", "c": "end"}
    assert render("{{ a }}", variables) == "{{ b }}"
    assert render("{{ a }}", variables, None, Settings(recursive=True)) == "end"
    assert render_value(["{{ a }}"], variables, None, Settings(recursive=True)) == ["end"]
    with pytest.raises(UnknownName, match="render"):
        render("{{ render(a) }}", variables, None, Settings(recursive=True))


def test_clock_and_randomness_come_from_the_services() -> None:
    moment = datetime(2024, 3, 4, 5, 6, 7, tzinfo=ZoneInfo("Europe/Paris"))
    services = PureServices(clock=lambda: moment, random=lambda count: bytes(count))
    assert render("{{ now() }}", {}, services) == "2024-03-04T05:06:07.000000+01:00"
    assert render("{{ uuid() }}", {}, services) == "00000000-0000-4000-8000-000000000000"
    assert render("{{ '2024-03-04T10:00:00' | date('iso_sec') }}", {}, services) == "2024-03-04T10:00:00+01:00"


@pytest.mark.parametrize("value", [None, "", "false", "0", "-0", False, 0, " \n", " false "])
def test_conditions_that_do_not_hold(value: object) -> None:
    assert truthy(value) is False


@pytest.mark.parametrize("value", ["true", "no", "0.0", "False", 1, True, [], {}])
def test_conditions_that_hold(value: object) -> None:
    assert truthy(value) is True
