"""A template cannot reach the host, outrun its limits, or end in anything but text or an error of the engine."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EnvironmentMissing
from engine.expressions import ExpressionError, LimitExceeded, Limits, PureServices, Settings, render, render_value

_ROOT = Path(__file__).resolve().parents[3]


class _Host:
    secret = "hidden"


def test_an_object_of_the_host_cannot_be_used() -> None:
    for template in ("{{ host }}", "{{ host.secret }}", "{{ [host] | join }}", "{{ host | toJson }}", "{{ box }}"):
        with pytest.raises(ExpressionError, match="_Host"):
            render(template, {"host": _Host(), "box": {"in": [_Host()]}})


@pytest.mark.parametrize("name", ["__class__", "__init__", "__globals__", "format_map", "mro"])
@pytest.mark.parametrize("holder", ["'text'", "1", "list", "map", "now()"])
def test_no_attribute_of_python_is_reachable(name: str, holder: str) -> None:
    for template in (
        f"{{{{ ({holder}).{name} }}}}",
        f"{{{{ ({holder})['{name}'] }}}}",
        f"{{{{ ({holder}).{name}() }}}}",
    ):
        with pytest.raises(ExpressionError, match="Unable to find"):
            render(template, {"list": [1], "map": {}})


def test_values_that_resemble_the_languages_own_are_converted() -> None:
    class Colour(Enum):
        RED = 1

    class Word(str):
        __slots__ = ()

    shown = render(
        "{{ t }} {{ s | length }} {{ c }} {{ w }}", {"t": (1, "a"), "s": {1}, "c": Colour.RED, "w": Word("x")}
    )
    assert shown == '[1,"a"] 1 RED x'


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in 1..9999 %}{% for b in 1..9999 %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
        "{{ render(a) }}",
        "{% set l = ['x'] %}{% for i in 1..60 %}{% set l = [l, l] %}{% endfor %}{{ l }}",
        "{% set l = [1] %}{% for i in 1..60 %}{% set l = l + l %}{% endfor %}",
        "{% set s = 'x' %}{% for i in 1..60 %}{% set s = s | replace({'x': 'xx'}) %}{% endfor %}",
        "{{ 'a' | indent(1000000000) }}{{ 'a' | nindent(1000000000) }}",
        "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | regexReplace('(a|a)+$', '') }}",
        "{% for i in 1..9999 %}{{ big ~ big }}{% endfor %}",
        "{{ {} | jq('[range(1e9)]') }}",
        "{{ {} | jq('def f: f; f') }}",
        "{{ yaml(laughs) }}",
        "{{ " + "(" * 200 + "1" + ")" * 200 + " }}",
        "{{ " + "-" * 500 + "1 }}",
        "{{ a" + "[a" * 200 + "]" * 200 + " }}",
        "{{ " + " + ".join(["1"] * 2_000) + " }}",
        "{% if true %}" * 100 + "{% endif %}" * 100,
    ],
)
def test_a_template_that_would_not_end_or_fit_is_stopped(template: str) -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 8)}]" for i in range(12)
    )
    variables = {"a": "{{ b }}", "b": "{{ a }}", "big": "x" * 100_000, "laughs": laughs}
    settings = Settings(limits=Limits(regex_seconds=0.2, jq_seconds=0.5))
    with pytest.raises(ExpressionError) as caught:
        render(template, variables, None, settings)
    assert (
        isinstance(caught.value, LimitExceeded)
        or "jq" in str(caught.value)
        or "nested" in str(caught.value)
        or (caught.value.code == "expression-syntax")
    )


def test_a_jq_program_after_a_stopped_one_runs_again() -> None:
    with pytest.raises(ExpressionError, match="took longer"):
        render("{{ {} | jq('def f: f; f') }}", {}, None, Settings(limits=Limits(jq_seconds=0.3)))
    assert render("{{ [1, 2] | jq('add') | first }}", {}) == "3"


def test_jq_sees_neither_environment_nor_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROBE_SECRET", "hidden")
    (tmp_path / "m.jq").write_text('def f: "loaded";')
    assert "hidden" not in render("{{ {} | jq('[env, $ENV]') }}", {})
    with pytest.raises(ExpressionError):
        render(f"{{{{ {{}} | jq('import \"{tmp_path}/m\" as m; m::f') }}}}", {})


def test_without_services_the_world_is_out_of_reach() -> None:
    for call in ("kv('a')", "secret('A')", "read('a.txt')", "errorLogs()", "randomPort()"):
        with pytest.raises(EnvironmentMissing):
            render(f"{{{{ {call} }}}}", {"flow": {"namespace": "a.b", "id": "f"}})


def test_a_secret_is_not_in_the_error_of_the_expression_that_used_it() -> None:
    class Services(PureServices):
        def secret(self, name: str, namespace: str | None, subkey: str | None) -> str:
            return "s3cret-value"

    for template in ("{{ secret('A') | number }}", "{{ fromJson('{}')[secret('A')] }}", "{{ 0 | date(secret('A')) }}"):
        with pytest.raises(ExpressionError) as caught:
            render(template, {}, Services())
        error = caught.value
        assert "s3cret" not in f"{error} {error.message} {error.hint} {error.args} {error.__cause__}"
        assert "******" in str(error)


def test_files_of_other_executions_are_read_only_where_the_services_allow_it() -> None:
    class Services(PureServices):
        def may_read(self, uri: str) -> bool:
            return "/executions/child/" in uri

        def file_size(self, uri: str) -> int:
            return 7

    variables = {"flow": {"namespace": "a", "id": "f"}, "execution": {"id": "mine"}}
    template = "{{ fileSize('kestra:///a/g/executions/' ~ owner ~ '/tasks/t/r/x.txt') }}"
    assert render(template, variables | {"owner": "child"}, Services()) == "7"
    with pytest.raises(ExpressionError, match="didn't belong"):
        render(template, variables | {"owner": "stranger"}, Services())


def test_variables_are_never_changed() -> None:
    variables: dict[str, Any] = {"l": [1], "m": {"k": 1}, "x": 1}
    render("{% set x = 2 %}{% set y = l + 5 %}{{ m | merge({'z': 1}) }}{% for l in [1] %}{% endfor %}", variables)
    assert variables == {"l": [1], "m": {"k": 1}, "x": 1}


def test_rendered_values_do_not_nest_without_end() -> None:
    deep = "{% set l = [1] %}{% for i in 1..5000 %}{% set l = [l] %}{% endfor %}{{ l }}"
    with pytest.raises(LimitExceeded):
        render_value(deep, {})


@pytest.mark.parametrize("seed", [11, 12])
def test_generated_templates_hold_the_promises(seed: int) -> None:
    command = [sys.executable, str(_ROOT / "scripts" / "fuzz_expressions.py"), "--count", "3000", "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3000 templates" in done.stdout and "0 violations" in done.stdout
