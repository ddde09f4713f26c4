"""Rendering: a template and variables in, text or a value out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.expressions.compiler import Compiled, compile_template
from engine.expressions.errors import ExpressionError, LimitExceeded, MissingVariable
from engine.expressions.formats import json_value
from engine.expressions.limits import Budget
from engine.expressions.numbers import is_number
from engine.expressions.runtime import Frame, Output, Settings, TypedOutput
from engine.expressions.services import PureServices, Services
from engine.expressions.values import check_size, own, to_text

_MARK = re.compile(r"\{[{%#]")
_RAW = re.compile(r"\{%-*\s*raw\s*-*%\}(.*?)\{%-*\s*endraw\s*-*%\}")
_DEFAULT_SETTINGS = Settings()
_NO_SERVICES = PureServices()


def has_expression(text: str) -> bool:
    """Whether a text holds ``{{``, ``{%`` or ``{#``."""
    return "{" in text and _MARK.search(text) is not None


def render(
    template: str,
    variables: Mapping[str, Any],
    services: Services | None = None,
    settings: Settings = _DEFAULT_SETTINGS,
) -> str:
    """The template's text. Plain text comes back untouched. ExpressionError (or what a service raises)."""
    if "{" not in template or _MARK.search(template) is None:
        return template
    budget = Budget(settings.limits)
    services = services or _NO_SERVICES
    return render_text(template, variables, services, settings, budget, recursive=settings.recursive)


def render_text(
    template: str,
    variables: Mapping[str, Any],
    services: Services,
    settings: Settings,
    budget: Budget,
    *,
    recursive: bool,
) -> str:
    """One rendering, or as many as it takes until the text stays the same."""
    if not recursive:
        return _pass(template, variables, services, settings, budget, keep_raw=False)
    text = template
    for _ in range(settings.limits.passes + 1):
        if not has_expression(text):
            return text
        result = _pass(text, variables, services, settings, budget, keep_raw=True)
        if result == text:
            return _RAW.sub(r"\1", result)
        text = result
    raise LimitExceeded("Too many rendering attempts", hint="two variables refer to each other", expression=template)


def _pass(
    template: str, variables: Mapping[str, Any], services: Services, settings: Settings, budget: Budget, keep_raw: bool
) -> str:
    compiled = compile_template(template)
    frame = Frame(variables, services, settings, budget)
    if compiled.lone is not None:
        value = _guarded(compiled.lone, frame, compiled)
        return value if type(value) is str else _printed(value, frame, compiled)
    frame.macros, frame.blocks, frame.keep_raw = compiled.macros, compiled.blocks, keep_raw
    _guarded(compiled.run, frame, compiled)
    return frame.out.joined()


def _guarded(run: Any, frame: Frame, compiled: Compiled) -> Any:
    try:
        return run(frame)
    except RecursionError:
        message = "The expression is nested too deeply"
        raise LimitExceeded(message, expression=compiled.source, offset=0) from None
    except ExpressionError as error:
        if isinstance(error, MissingVariable):
            error.explained()
        if frame.budget.secrets:
            error.masked(frame.budget.secrets)
            raise error.located(compiled.source, 0) from None
        raise error.located(compiled.source, 0) from error.__cause__


def _printed(value: Any, frame: Frame, compiled: Compiled) -> str:
    return str(_guarded(lambda f: to_text(value, f.budget), frame, compiled))


def render_typed(
    template: str, variables: Mapping[str, Any], services: Services, settings: Settings, budget: Budget
) -> Any:
    """The value of a lone printed part, whatever its type; several parts together are text."""
    compiled = compile_template(template)
    frame = Frame(variables, services, settings, budget)
    if compiled.lone is not None:
        return _guarded(compiled.lone, frame, compiled)
    frame.macros, frame.blocks = compiled.macros, compiled.blocks
    out: Output = TypedOutput(budget)
    frame.out = out
    _guarded(compiled.run, frame, compiled)
    if not out.parts:
        return None
    if len(out.parts) == 1:
        check_size(out.parts[0], budget)
        return out.parts[0]
    if settings.typed_parts == "add" and all(map(is_number, out.parts)):
        return sum(out.parts[1:], out.parts[0])
    text = out.joined()
    if settings.typed_parts == "read" and any(isinstance(part, (list, dict)) for part in out.parts):
        try:
            return json_value(text, budget)
        except ExpressionError:
            return text
    return text


def render_value(
    value: Any,
    variables: Mapping[str, Any],
    services: Services | None = None,
    settings: Settings = _DEFAULT_SETTINGS,
) -> Any:
    """Every text within maps and lists rendered, keys too; a lone ``{{ x }}`` keeps the type of x.

    The shape and all values that are not text stay as they are. ExpressionError as ``render``.
    """
    return _deep(value, variables, services or _NO_SERVICES, settings, Budget(settings.limits), 0)


def _deep(
    value: Any, variables: Mapping[str, Any], services: Services, settings: Settings, budget: Budget, depth: int
) -> Any:
    if isinstance(value, str):
        if not has_expression(value):
            return value
        if settings.recursive:
            return render_text(value, variables, services, settings, budget, recursive=True)
        return own(render_typed(value, variables, services, settings, budget))
    if depth > settings.limits.depth:
        raise LimitExceeded(f"A value nested more than {settings.limits.depth} levels deep cannot be rendered")
    if isinstance(value, Mapping):
        out: dict[Any, Any] = {}
        for key, item in value.items():
            if isinstance(key, str) and has_expression(key):
                key = render_text(key, variables, services, settings, budget, recursive=settings.recursive)
            out.setdefault(key, _deep(item, variables, services, settings, budget, depth + 1))
        return out
    if isinstance(value, (list, tuple)):
        return [_deep(item, variables, services, settings, budget, depth + 1) for item in value]
    return value
