"""What a rendering knows while it runs: the scopes, where text goes, what it may ask and what it may spend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.expressions.errors import LimitExceeded, MissingVariable
from engine.expressions.limits import DEFAULT_LIMITS, Budget, Limits
from engine.expressions.services import Services
from engine.expressions.values import own, to_text

Run = Callable[["Frame"], Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """How expressions are read.

    ``recursive``: render results again until nothing changes (Kestra's setting ``recursive-rendering``; then there
    is no ``render`` function). ``typed_parts``: what a typed rendering does with several printed parts, ``join``
    them as text, ``add`` them up by kind as 0.21 did, or ``read`` as JSON what holds a list or map, as 2.0 does.
    """

    recursive: bool = False
    typed_parts: str = "join"
    limits: Limits = DEFAULT_LIMITS


class Scope:
    """Names and their values; a scope without ``parent`` sees no other."""

    __slots__ = ("parent", "values")

    def __init__(self, values: Mapping[str, Any], parent: Scope | None) -> None:
        self.values = values
        self.parent = parent


class Output:
    """Printed text, within the limit."""

    __slots__ = ("budget", "left", "parts")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.left = budget.limits.output
        self.parts: list[Any] = []

    def text(self, text: str) -> None:
        self.left -= len(text)
        if self.left < 0:
            raise LimitExceeded(f"The expression would print more than {self.budget.limits.output} characters")
        self.parts.append(text)

    def value(self, value: Any) -> None:
        if value is not None:
            self.text(value if type(value) is str else to_text(value, self.budget))

    def joined(self) -> str:
        return "".join(self.parts)


class TypedOutput(Output):
    """Printed values, as they are."""

    __slots__ = ()

    def value(self, value: Any) -> None:
        if isinstance(value, str):
            self.text(value)
        elif value is not None:
            self.left -= 1
            if self.left < 0:
                raise LimitExceeded(f"The expression would print more than {self.budget.limits.output} values")
            self.parts.append(value)

    def joined(self) -> str:
        budget = self.budget
        out = Output(budget)
        for part in self.parts:
            out.value(part)
        return "".join(out.parts)


class Frame:
    """One rendering of one template."""

    __slots__ = ("blocks", "budget", "keep_raw", "macros", "out", "scope", "services", "settings", "variables")

    def __init__(self, variables: Mapping[str, Any], services: Services, settings: Settings, budget: Budget) -> None:
        self.variables = variables
        self.services = services
        self.settings = settings
        self.budget = budget
        self.scope = Scope({}, Scope(variables, None))
        self.out = Output(budget)
        self.macros: Mapping[str, Any] = {}
        self.blocks: Mapping[str, Run] = {}
        self.keep_raw = False

    def find(self, name: str, default: Any = None) -> Any:
        """A variable by name, as a function sees it."""
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.values:
                return own(scope.values[name])
            scope = scope.parent
        return default

    def assign(self, name: str, value: Any) -> None:
        """As ``set`` does: where the name is already known, else in the innermost scope."""
        scope: Scope | None = self.scope
        while scope is not None:
            if isinstance(scope.values, dict) and scope.values is not self.variables and name in scope.values:
                scope.values[name] = value
                return
            scope = scope.parent
        target = self.scope
        if name in self.variables:
            while target.parent is not None and target.parent.values is not self.variables:
                target = target.parent
        assert isinstance(target.values, dict)
        target.values[name] = value

    def visible(self) -> dict[str, Any]:
        """Every name that can be seen, the innermost value first."""
        chain: list[Mapping[str, Any]] = []
        scope: Scope | None = self.scope
        while scope is not None:
            chain.append(scope.values)
            scope = scope.parent
        merged: dict[str, Any] = {}
        for values in reversed(chain):
            merged.update(values)
        return merged

    def captured(self, body: Run) -> str:
        """What a body prints, as text."""
        outer = self.out
        self.out = Output(self.budget)
        try:
            body(self)
            text = self.out.joined()
            self.budget.length(len(text))
            return text
        finally:
            self.out = outer


def missing(frame: Frame, name: str) -> MissingVariable:
    """A variable that no scope has."""
    error = MissingVariable(f"Unable to find `{name}`", name=name)
    error.known = [key for scope in scopes(frame) for key in scope.values]
    return error


def scopes(frame: Frame) -> Iterator[Scope]:
    """From the innermost outwards."""
    scope: Scope | None = frame.scope
    while scope is not None:
        yield scope
        scope = scope.parent
