"""Inputs of an execution, or of a resumed Pause: declared, given, resolved.

They are resolved in the order of their ``dependsOn``; one whose condition is false is left out. Everything that
does not fit is reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EngineError, InvalidInputs
from engine.execution.dialect import DEFAULT, Dialect
from engine.execution.input_types import (
    BadValue,
    Declaration,
    FileUpload,
    Places,
    PutFile,
    Seal,
    allowed_values,
    as_text,
    check_rules,
    read_value,
    seal_secret,
)
from engine.flow.model import Flow

__all__ = [
    "BadInputs",
    "FileUpload",
    "InputProblem",
    "describe_inputs",
    "resolve_declared",
    "resolve_inputs",
    "unknown",
]

Render = Callable[[Any, Mapping[str, Any]], Any]
"""Renders a value with extra variables on top; a lone expression keeps its type."""
_LONGEST = 200
_MISSING = "missing required input"


@dataclass(frozen=True, slots=True)
class InputProblem:
    """Why one input was not accepted. ``received`` is text, shortened, masked for secrets."""

    input: str
    reason: str
    received: str
    hint: str = ""

    def told(self, dialect: Dialect) -> str:
        """In the words of a Kestra version."""
        if not dialect.errors_name_causes:
            return f"{self.input}: Invalid input for `{self.input}`, {self.reason}, but received `{self.received}`"
        if self.reason == _MISSING:
            return f"Missing required input:{self.input}"
        reason = "Invalid URI format." if self.reason.startswith("Expected `URI`") else self.reason
        return f"Invalid value for input `{self.input}`. Cause: {reason}"

    def __str__(self) -> str:
        return self.told(DEFAULT)


class BadInputs(InvalidInputs):
    """Every input that was not accepted, one line each."""

    def __init__(self, problems: Sequence[InputProblem], dialect: Dialect) -> None:
        hints = dict.fromkeys(f"{p.input}: {p.hint}" for p in problems if p.hint)
        told = "\n".join(problem.told(dialect) for problem in problems)
        super().__init__(told, hint="; ".join(hints) or "correct the inputs and try again")
        self.problems = tuple(problems)


def resolve_inputs(
    flow: Flow,
    given: Mapping[str, Any],
    *,
    render: Render,
    put_file: PutFile | None = None,
    encrypt: Seal | None = None,
    dialect: Dialect = DEFAULT,
) -> dict[str, Any]:
    """The typed inputs of a flow from the values given for it; see ``resolve_declared``."""
    return resolve_declared(flow.inputs, given, render=render, put_file=put_file, encrypt=encrypt, dialect=dialect)


def resolve_declared(
    declarations: Sequence[Declaration],
    given: Mapping[str, Any],
    *,
    render: Render,
    put_file: PutFile | None = None,
    encrypt: Seal | None = None,
    dialect: Dialect = DEFAULT,
) -> dict[str, Any]:
    """JSON values by input id; ids with dots give nested maps; what was given and not declared is ignored.

    ``given`` holds texts or JSON values, by id (``a.b``) or nested. A FILE is a ``FileUpload``, a Path, bytes, or
    the URI of a stored file. ``render`` sees ``inputs`` holding what an input depends on. A SECRET comes out sealed
    by ``encrypt``. Raises BadInputs.
    """
    resolution = _Resolution(_flat(declarations), given, render, Places(put_file, encrypt))
    for name in resolution.declared:
        resolution.resolve(name, ())
    if resolution.problems:
        raise BadInputs(list(resolution.problems.values()), dialect)
    return _nested({name: resolution.values[name] for name in resolution.declared if name in resolution.values})


def describe_inputs(flow: Flow) -> list[dict[str, Any]]:
    """What a form needs to ask for: one map per input, as declared, with ``id``, ``type``, ``required``,
    ``displayName`` and, for a choice, ``values`` as label and value. Expressions stay unrendered."""
    return [_described(declaration) for declaration in _flat(flow.inputs).values()]


def unknown(declarations: Sequence[Declaration], given: Mapping[str, Any]) -> list[str]:
    """Names that were given and that nothing declares, for a warning."""
    heads = {name.split(".")[0] for name in _flat(declarations)}
    return [name for name in given if name.split(".")[0] not in heads]


@dataclass
class _Resolution:
    declared: dict[str, dict[str, Any]]
    given: Mapping[str, Any]
    render: Render
    places: Places
    values: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    """Values as conditions and defaults see them: secrets in clear."""
    dropped: set[str] = field(default_factory=set)
    problems: dict[str, InputProblem] = field(default_factory=dict)

    def resolve(self, name: str, waiting: tuple[str, ...]) -> None:
        """Settle one input and first what it depends on: it ends in values, dropped or problems."""
        if name in self.values or name in self.dropped or name in self.problems:
            return
        depends_on = _names(self.declared[name])
        for dependency in depends_on:
            if dependency not in self.declared:
                return self.refuse(name, f"it depends on `{dependency}`, which is not an input", None)
            if dependency == name or dependency in waiting:
                return self.refuse(name, "it depends on itself", None, "break the circle in dependsOn")
            self.resolve(dependency, (*waiting, name))
        if any(dependency in self.dropped for dependency in depends_on):
            self.dropped.add(name)
        elif name not in self.problems and not any(dependency in self.problems for dependency in depends_on):
            self._settle(name)
        else:
            self.dropped.add(name)

    def refuse(self, name: str, reason: str, received: Any, hint: str = "") -> None:
        secret = self.declared[name].get("type") == "SECRET" and received is not None
        text = "******" if secret else _received(received)
        self.problems[name] = InputProblem(name, reason, text, hint)

    def _settle(self, name: str) -> None:
        context = {"inputs": _nested(self._visible(name))}
        declaration = self.declared[name]
        value = None
        try:
            if not self._wanted(declaration, context):
                self.dropped.add(name)
                return
            declaration = self._with_values(declaration, context)
            value = self._value(name, declaration, context)
            if value is not None:
                self._accept(name, declaration, value)
            elif declaration.get("required", True) in (True, "true"):
                hint = f"give a value for `{name}`"
                self.refuse(name, _MISSING, None, hint)
            else:
                self.values[name] = self.plain[name] = None
        except BadValue as error:
            self.refuse(name, error.reason, value, error.hint)
        except EngineError as error:
            self.refuse(name, error.message, value, error.hint)

    def _visible(self, name: str) -> dict[str, Any]:
        """What the input depends on, directly or through others."""
        seen: dict[str, Any] = {}
        todo = list(_names(self.declared[name]))
        while todo:
            dependency = todo.pop()
            if dependency not in seen and dependency in self.plain:
                seen[dependency] = self.plain[dependency]
                todo += _names(self.declared[dependency])
        return seen

    def _wanted(self, declaration: Declaration, context: Mapping[str, Any]) -> bool:
        condition = (declaration.get("dependsOn") or {}).get("condition")
        return condition is None or self.render(condition, context) in (True, "true")

    def _with_values(self, declaration: dict[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        if declaration.get("type") not in ("SELECT", "MULTISELECT") or declaration.get("expression") is None:
            return declaration
        values = self.render(declaration["expression"], context)
        if isinstance(values, str):
            values = read_value({"type": "ARRAY"}, values, Places())
        if not isinstance(values, list):
            raise BadValue("its expression does not give a list of values", "the expression must give a list")
        return {**declaration, "values": values}

    def _value(self, name: str, declaration: Declaration, context: Mapping[str, Any]) -> Any:
        value = _given(self.given, name)
        if value is None and declaration.get("defaults") is not None:
            value = self.render(declaration["defaults"], context)
        if value is None and declaration.get("autoSelectFirst"):
            first = allowed_values(declaration)[:1]
            value = first if declaration.get("type") == "MULTISELECT" else next(iter(first), None)
        return value

    def _accept(self, name: str, declaration: Declaration, value: Any) -> None:
        typed = read_value(declaration, value, self.places)
        check_rules(declaration, typed)
        self.plain[name] = typed
        self.values[name] = seal_secret(typed, self.places) if declaration.get("type") == "SECRET" else typed


def _flat(declarations: Sequence[Declaration]) -> dict[str, dict[str, Any]]:
    """By id, the inputs within a FORM under its id and a dot; the old ``name`` stands in for a missing id."""
    flat: dict[str, dict[str, Any]] = {}
    for declaration in declarations:
        name = str(declaration.get("id") or declaration.get("name"))
        if declaration.get("type") != "FORM":
            flat[name] = {**declaration, "id": name}
            continue
        children = _flat(declaration.get("inputs") or ())
        for child, inner in children.items():
            depends_on = inner.get("dependsOn") or declaration.get("dependsOn")
            if depends_on:
                names = [f"{name}.{n}" if n in children else n for n in depends_on.get("inputs") or ()]
                inner = {**inner, "dependsOn": {**depends_on, "inputs": names}}
            flat[f"{name}.{child}"] = {**inner, "id": f"{name}.{child}"}
    return flat


def _names(declaration: Declaration) -> list[str]:
    return list((declaration.get("dependsOn") or {}).get("inputs") or ())


def _given(given: Mapping[str, Any], name: str) -> Any:
    if name in given:
        return given[name]
    place: Any = given
    for part in name.split("."):
        if not isinstance(place, Mapping) or part not in place:
            return None
        place = place[part]
    return place


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = name.split(".")
        place = out
        for part in parents:
            inner = place.get(part)
            place[part] = inner if isinstance(inner, dict) else {}
            place = place[part]
        place[last] = value
    return out


def _received(value: Any) -> str:
    if isinstance(value, FileUpload):
        return value.name
    text = "null" if value is None else as_text(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _described(declaration: Declaration) -> dict[str, Any]:
    described = {"required": True, "displayName": declaration["id"], **declaration}
    if declaration.get("values") or declaration.get("options"):
        values = declaration.get("values") or declaration.get("options") or []
        described["values"] = [
            dict(item) if isinstance(item, Mapping) else {"label": as_text(item), "value": as_text(item)}
            for item in values
        ]
    return described
