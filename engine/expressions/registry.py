"""The tables of filters, functions and tests, and how their arguments are bound.

A name is added by decorating one small function. Its parameters after the fixed ones are the arguments, by the
names Kestra gives them; a parameter without default is required.

- filter: ``(frame, value, arguments...)``
- test: ``(frame, value, arguments...) -> bool``
- function: ``(frame, arguments...)``
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.expressions.errors import ExpressionError

Role = Literal["filter", "function", "test"]


@dataclass(frozen=True, slots=True)
class Info:
    """One name of the language. ``arguments`` in order; ``since`` and ``removed``: Kestra versions, '' when unknown."""

    name: str
    role: Role
    arguments: tuple[str, ...]
    required: tuple[str, ...]
    summary: str
    since: str
    removed: str
    call: Callable[..., Any]
    reads_missing: bool = False
    variadic: bool = False


FILTERS: dict[str, Info] = {}
FUNCTIONS: dict[str, Info] = {}
TESTS: dict[str, Info] = {}
_TABLES: dict[Role, dict[str, Info]] = {"filter": FILTERS, "function": FUNCTIONS, "test": TESTS}
_FIXED: dict[Role, int] = {"filter": 2, "function": 1, "test": 2}


def _add(
    role: Role, names: Sequence[str], since: str, removed: str, reads_missing: bool, variadic: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        parameters = list(inspect.signature(call).parameters.values())[_FIXED[role] :]
        arguments = tuple(p.name.rstrip("_") for p in parameters)
        required = tuple(p.name.rstrip("_") for p in parameters if p.default is inspect.Parameter.empty)
        summary = (call.__doc__ or "").strip().split("\n")[0]
        for name in names:
            _TABLES[role][name] = Info(
                name, role, arguments, required, summary, since, removed, call, reads_missing, variadic
            )
        return call

    return register


def filter_(
    *names: str, since: str = "", removed: str = "", reads_missing: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return _add("filter", names, since, removed, reads_missing)


def function(
    *names: str, since: str = "", removed: str = "", variadic: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``variadic``: any number of values, given to the one parameter as a list."""
    return _add("function", names, since, removed, False, variadic)


def test(*names: str, reads_missing: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return _add("test", names, "", "", reads_missing)


def binding(info: Info, positional: int, named: Sequence[str]) -> tuple[str, ...]:
    """The parameter names that the given arguments fill, in the order given. ExpressionError when they do not fit."""
    what = f"The '{info.name}' {info.role}"
    if positional > len(info.arguments):
        takes = ", ".join(info.arguments) or "none"
        raise ExpressionError(f"{what} got too many arguments", hint=f"its arguments: {takes}")
    filled = [*info.arguments[:positional], *named]
    for name in named:
        if name not in info.arguments:
            takes = ", ".join(info.arguments) or "none"
            raise ExpressionError(f"{what} has no argument '{name}'", hint=f"its arguments: {takes}")
    for name in info.required:
        if name not in filled:
            article = "an" if name[0] in "aeiou" else "a"
            raise ExpressionError(f"{what} expects {article} '{name}' argument")
    return tuple(filled)


def elsewhere(name: str) -> str:
    """A hint for a name that means something in another place than the one it stands in, or ''."""
    if name in FILTERS:
        return f"'{name}' is a filter: value | {name}"
    if name in FUNCTIONS:
        return f"'{name}' is a function: {name}({', '.join(FUNCTIONS[name].required)})"
    return f"'{name}' is a test: value is {name}" if name in TESTS else ""
