"""Outputs of a flow: rendered at its end, then read as their declared type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import EngineError
from engine.execution.input_types import BadValue, Places, Seal, check_rules, read_value, seal_secret
from engine.flow.model import Flow

_NULL_ALLOWED = (None, "STRING", "JSON", "YAML")


class BadOutputs(EngineError):
    """Flow outputs that cannot be rendered or do not have their type; the execution ends FAILED."""

    kind = "failed"
    code = "invalid-flow-outputs"


def render_outputs(flow: Flow, render: Callable[[Any], Any], *, encrypt: Seal | None = None) -> dict[str, Any]:
    """JSON values by output id. ``render`` keeps the type of a lone expression; a SECRET comes out sealed by
    ``encrypt``. Raises BadOutputs, naming every output that does not fit."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for declaration in flow.outputs:
        name = str(declaration.get("id"))
        try:
            value = render(declaration.get("value"))
            places = Places(seal=encrypt)
            if value is None:
                _null(declaration)
                values[name] = None
                continue
            typed = read_value(declaration, value, places)
            check_rules(declaration, typed)
            values[name] = seal_secret(typed, places) if declaration.get("type") == "SECRET" else typed
        except BadValue as error:
            problems.append(f"Invalid output for `{name}`, {error.reason}")
        except EngineError as error:
            problems.append(f"Invalid output for `{name}`, {error.message}")
    if problems:
        raise BadOutputs("\n".join(problems), hint="correct the `value` or the `type` of these outputs")
    return values


def _null(declaration: Any) -> None:
    if declaration.get("required") is not False and declaration.get("type") not in _NULL_ALLOWED:
        raise BadValue(f"Expected `{declaration.get('type')}` but received `null`")
