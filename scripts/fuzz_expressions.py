"""Renders generated templates and checks what must hold for all of them.

No template may end in anything but text or one of the engine's own errors, reach an object of the host or the
environment, or go past its limits. Exits 1 and prints the template of each violation.

    python scripts/fuzz_expressions.py --count 1000000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.errors import EngineError
from engine.expressions import (
    FILTERS,
    FUNCTIONS,
    TESTS,
    Limits,
    PureServices,
    Settings,
    inspect,
    render,
    render_value,
)

SECRET = "canary-4f1d2c"
LIMITS = Limits(
    steps=5_000, output=20_000, value=20_000, items=2_000, depth=30, passes=20, regex_seconds=0.05, jq_seconds=0.2
)
TOUCHED: list[str] = []


class Host:
    """An object of the host, which no template may look into."""

    secret = SECRET

    def __getattribute__(self, name: str) -> Any:
        if name not in ("__class__", "__abstractmethods__"):
            TOUCHED.append(name)
        return object.__getattribute__(self, name)


NAMES = ("a", "b", "n", "text", "list", "map", "when", "day", "wait", "host", "missing", "big", "t1", "t2", "flag")
WORDS = (
    "x", "", " ", "\\d+", "(a+)+$", "(", "yyyy-MM-dd", "UTC", "Europe/Paris", "DAYS", "#.##", "{{ a }}", "{{ t1 }}",
    ".a", ".[]", "..", "[.[]?]", "env", "while(true; .)", "%s", "__class__", "format", "keys", "FLOAT", "BIGINTEGER",
    "2024-02-30", "2024-01-31T10:00:00Z", "1e400", "9" * 40, "-0", "{\"a\": 1}", "a: [1]", "&a [*a, *a]", "{a:1}",
    "é\u202e\x00", "'", "kestra:///a/b", "file:///etc/passwd", "../x", "$1", "${x}", "nsfile:///a", "shell", "iso",
)  # fmt: skip
LITERALS = ("0", "1", "-1", "2.5", "9223372036854775807", "1000000000", "3L", "true", "false", "null", "1e3")
BINARY = (
    "+", "-", "*", "/", "%", "~", "..", "??", "???", "==", "!=", "<", ">", "<=", ">=", "and", "or", "contains",
    "equals", "isIn", "in", "not in",
)  # fmt: skip


FITTING = {
    "amount": ("1", "-3", "0", "100000"), "size": ("1", "2", "0"), "length": ("5", "21", "0", "100"),
    "limit": ("2", "0", "-1"), "fromIndex": ("0", "1"), "toIndex": ("2", "3"), "group": ("0", "1"),
    "lower": ("1",), "upper": ("9",), "start": ("1", "'a'"), "end": ("5", "'f'", "100000000"), "increment": ("1", "-1"),
    "format": ("'iso'", "'yyyy-MM-dd EEE'", "'#,##0.00'", "'full'", "'hh:mm a z'", "'0.0E0'"),
    "timeZone": ("'UTC'", "'Asia/Tokyo'", "'+02:00'"), "existingFormat": ("'yyyy-MM-dd'", "'iso'", "'d MMM yyyy'"),
    "locale": ("'fr'", "'en_US'", "'de-DE'"), "unit": ("'DAYS'", "'YEARS'", "'NANOS'", "'HOURS'"),
    "expression": ("'.'", "'.[]'", "'keys'", "'[.. | numbers]'", "'map(. * 1000)'", "'.a.b?'"),
    "regex": ("'\\\\d+'", "'(x+x+)+y'", "'[a-z]*'", "'(?<n>.)'"), "replacement": ("'$1'", "'${n}'", "'-'"),
    "replace_pairs": ("{'a': 'b'}", "{'\\\\s': text}"), "regexp": ("true", "false"),
    "type": ("'INT'", "'DOUBLE'", "'shell'"),
    "separator": ("'.'", "', '", "' '"), "delimiter": ("','", "'[aeiou]'", "''"), "prefix": ("' '", "'--'"),
    "items": ("[1]", "{'q': 1}", "list", "map"), "default": ("1", "list", "'z'"), "value": ("'s'", "3"),
    "json": ("'{\"a\": [1, 1e400]}'", "'[]'"), "yaml": ("'{a: [*x]}'", "text"), "ion": ("'{a:1.5, b:2024T}'", "'1 2'"),
    "date": ("'2024-02-29'", "when", "'2024-05-06T07:08:09Z'"), "after": ("'2020-01-01T00:00:00Z'",),
    "before": ("'2030-01-01T00:00:00Z'",), "toRender": ("a", "t1", "map", "list", "'{{ text }}'"),
    "recursive": ("false",),
    "dayOfWeek": ("'MONDAY'",), "dayInMonth": ("'LAST'",), "countryCode": ("'US'",), "workingDays": ("'MONDAY'",),
    "key": ("'k'", "'MDEyMzQ1Njc4OWFiY2RlZg=='"), "plaintext": ("'p'",), "alphabet": ("'ab'",),
}  # fmt: skip
INPUTS = ("list", "map", "text", "b", "when", "day", "'a,b.c'", "'1.50'", "1..9", "n", "[[1], [2]]", '"2024-01-31"')


def context() -> dict[str, Any]:
    return {
        "a": "{{ b }}",
        "b": 3,
        "n": None,
        "text": "some text\nwith lines",
        "list": [3, 1, 2, "x", None, [1.5]],
        "map": {"key": "value", "deep": {"er": [1, {"z": True}]}, "1": "one"},
        "when": datetime(2024, 5, 6, 7, 8, 9, 123456, UTC),
        "day": date(2024, 2, 29),
        "wait": timedelta(minutes=5),
        "host": Host(),
        "big": "ab" * 2_000,
        "t1": "{{ t2 }}",
        "t2": "{{ t1 }}",
        "flag": True,
    }


@dataclass
class Generator:
    random: random.Random
    depth: int = 0
    filters: list[str] = field(default_factory=lambda: [*sorted(FILTERS), "uper", "nothing"])
    functions: list[str] = field(default_factory=lambda: [*sorted(FUNCTIONS), "m", "secrt"])
    tests: list[str] = field(default_factory=lambda: [*sorted(TESTS), "odd_one"])

    def pick(self, options: Any) -> Any:
        return options[self.random.randrange(len(options))]

    def word(self) -> str:
        quote = self.pick("'\"")
        return quote + self.pick(WORDS).replace("\\", "\\\\").replace(quote, "\\" + quote) + quote

    def expression(self) -> str:
        self.depth += 1
        try:
            kinds = self._leaves if self.depth > 4 else self._leaves + self._branches
            kind: Callable[[], str] = self.pick(kinds)
            return kind()
        finally:
            self.depth -= 1

    @property
    def _leaves(self) -> list[Callable[[], str]]:
        return [lambda: self.pick(NAMES), lambda: self.pick(LITERALS), self.word, self._path]

    @property
    def _branches(self) -> list[Callable[[], str]]:
        return [
            self._binary,
            self._filtered,
            self._filtered,
            self._call,
            lambda: f"({self.expression()})",
            lambda: f"{self.expression()} ? {self.expression()} : {self.expression()}",
            lambda: f"{self.expression()} is {self.pick(('', 'not '))}{self.pick(self.tests)}",
            lambda: f"{self.pick(('not ', '-', '+'))}{self.expression()}",
            self._list,
            self._map,
        ]

    def _list(self) -> str:
        return "[" + ", ".join(self.expression() for _ in range(self.random.randrange(4))) + "]"

    def _map(self) -> str:
        return "{" + ", ".join(f"{self.word()}: {self.expression()}" for _ in range(self.random.randrange(3))) + "}"

    def _path(self) -> str:
        steps = (".key", ".deep", "[0]", "[1]", "['er']", ".__class__", ".size()", f"[{self.pick(NAMES)}]", ".secret")
        return self.pick(NAMES) + "".join(self.pick(steps) for _ in range(self.random.randrange(1, 4)))

    def _binary(self) -> str:
        return f"{self.expression()} {self.pick(BINARY)} {self.expression()}"

    def _arguments(self, names: tuple[str, ...]) -> str:
        if names and self.random.random() < 0.7:
            return ", ".join(self._fitting(name) for name in names[: self.random.randrange(len(names)) + 1])
        parts = [self.expression() for _ in range(self.random.randrange(min(4, len(names) + 2)))]
        if names and self.random.random() < 0.3:
            parts.append(f"{self.pick(names)}={self.expression()}")
        return ", ".join(parts)

    def _fitting(self, name: str) -> str:
        return str(self.pick(FITTING[name])) if name in FITTING else self.expression()

    def _filtered(self) -> str:
        name = self.pick(self.filters)
        names = FILTERS[name].arguments if name in FILTERS else ()
        call = f"({self._arguments(names)})" if names else ""
        value = self.pick(INPUTS) if self.random.random() < 0.6 else self.expression()
        return f"{value} | {name}{call}"

    def _call(self) -> str:
        name = self.pick(self.functions)
        names = FUNCTIONS[name].arguments if name in FUNCTIONS else ("x",)
        return f"{name}({self._arguments(names)})"

    def body(self) -> str:
        return "".join(self.part() for _ in range(self.random.randrange(1, 4)))

    def part(self) -> str:
        self.depth += 1
        try:
            choice = self.random.random()
            if choice < 0.6 or self.depth > 3:
                return f"{{{{{self.pick((' ', '- '))}{self.expression()} }}}}"
            if choice < 0.7:
                return self.pick((" text ", "\n", "{ ", "} ", "{# note #}"))
            return self._tag()
        finally:
            self.depth -= 1

    def _tag(self) -> str:
        name = self.pick(("x", "y", "a", "list"))
        match self.random.randrange(8):
            case 0:
                return f"{{% if {self.expression()} %}}{self.body()}{{% else %}}{self.body()}{{% endif %}}"
            case 1 | 2:
                return f"{{% for {name} in {self.expression()} %}}{self.body()}{{% endfor %}}"
            case 3:
                return f"{{% set {name} = {self.expression()} %}}"
            case 4:
                grown = self.pick((f"{name} ~ {name}", f"{name} + {name}", f"[{name}, {name}]", f"{{'k': {name}}}"))
                return f"{{% for i in 1..50 %}}{{% set {name} = {grown} %}}{{% endfor %}}{{{{ {name} }}}}"
            case 5:
                head = f"{{% macro m(x, y={self.expression()}) %}}"
                return f"{head}{self.body()}{{% endmacro %}}{{{{ m({self.expression()}) }}}}"
            case 6:
                return f"{{% block b %}}{self.body()}{{% endblock %}}{{{{ block('b') }}}}"
            case _:
                return f"{{% filter {self.pick(self.filters)} %}}{self.body()}{{% endfilter %}}"

    def template(self) -> str:
        text = self.body()
        if self.random.random() < 0.15:
            for _ in range(self.random.randrange(1, 4)):
                at = self.random.randrange(len(text) + 1)
                text = text[:at] + self.pick("{}[]()%#|'\"~?:.,=-\\ aL0") + text[at + self.random.randrange(2) :]
        return text


def check(template: str, variables: dict[str, Any], services: PureServices, settings: Settings) -> tuple[str, str]:
    """How the template ended, and what it violated or ''."""
    inspect(template)
    ended = "text"
    try:
        shown = render(template, variables, services, settings)
        value = render_value({"k": template}, variables, services, settings)["k"]
    except EngineError as error:
        ended, shown, value = error.code, str(error), None
    if ended == "text" and len(shown) > LIMITS.output:
        return ended, f"{len(shown)} characters printed"
    if SECRET in shown or (isinstance(value, str) and SECRET in value):
        return ended, "the secret of the host or the environment is in the text"
    if TOUCHED:
        return ended, f"the host object was asked for {TOUCHED[:3]}"
    return ended, ""


def run(count: int, seed: int) -> dict[str, Any]:
    """Counts by ending, violations, the slowest template and the seconds it took."""
    os.environ["FUZZ_SECRET"] = SECRET
    source = random.Random(seed)
    generator = Generator(source)
    moment = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    services = PureServices(clock=lambda: moment, random=source.randbytes)
    settings = Settings(limits=LIMITS)
    endings: Counter[str] = Counter()
    violations: list[dict[str, str]] = []
    slowest = (0.0, "")
    variables = context()
    for _ in range(count):
        template = generator.template()
        TOUCHED.clear()
        begin = time.perf_counter()
        try:
            ended, wrong = check(template, variables, services, settings)
        except Exception as error:  # noqa: BLE001 - whatever else is raised is what this script looks for
            ended, wrong = "crash", f"{type(error).__name__}: {error}"
        slowest = max(slowest, (time.perf_counter() - begin, template))
        endings[ended] += 1
        if wrong:
            violations.append({"template": template, "why": wrong})
    return {"count": count, "endings": dict(endings), "violations": violations, "slowest": slowest}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.perf_counter()
    result = run(options.count, options.seed)
    for violation in result["violations"][:20]:
        print(json.dumps(violation), file=sys.stderr)
    seconds, template = result["slowest"]
    print(f"{result['count']} templates in {time.perf_counter() - begin:.1f} s: {result['endings']}")
    print(f"slowest {seconds:.2f} s: {template[:200]!r}")
    print(f"{len(result['violations'])} violations")
    return 1 if result["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
