"""Functions that render, and that show what can be seen."""

from __future__ import annotations

from typing import Any

from engine.expressions.errors import ExpressionError, LimitExceeded
from engine.expressions.registry import function
from engine.expressions.runtime import Frame
from engine.expressions.values import own, to_json


@function("render")
def render(frame: Frame, toRender: Any, recursive: Any = True) -> Any:
    """A text, and every text within a map or list, rendered until nothing changes."""
    return _rendered(frame, toRender, recursive is not False)


@function("renderOnce", since="0.17")
def render_once(frame: Frame, toRender: Any) -> Any:
    """As render, one time only."""
    return _rendered(frame, toRender, False)


def _rendered(frame: Frame, value: Any, recursive: bool) -> Any:
    from engine.expressions.render import render_text

    variables = frame.visible()
    budget = frame.budget

    def visit(item: Any) -> Any:
        item = own(item)
        budget.step()
        if isinstance(item, str):
            return render_text(item, variables, frame.services, frame.settings, budget, recursive=recursive)
        if not isinstance(item, (list, dict)):
            return item
        budget.enter()
        try:
            if isinstance(item, list):
                return [visit(one) for one in item]
            return {(visit(key) if isinstance(key, str) else key): visit(one) for key, one in item.items()}
        finally:
            budget.leave()

    budget.enter()
    try:
        return visit(value)
    except RecursionError:
        raise LimitExceeded("The expression is nested too deeply") from None
    finally:
        budget.leave()


@function("printContext", "fetchContext")
def print_context(frame: Frame) -> str:
    """Every variable that can be seen, as JSON."""
    return to_json(frame.visible(), frame.budget)


@function("block")
def block(frame: Frame, name: Any) -> str:
    """A block of this template again."""
    raise ExpressionError("The 'block' function needs a template with blocks")


@function("parent")
def parent(frame: Frame) -> str:
    """The same block of the template above; templates have none above them here."""
    raise ExpressionError("Can not use the parent function: this template does not extend another")


@function("i18n")
def i18n(frame: Frame, bundle: Any, key: Any) -> str:
    """A text of a resource bundle; there are none here."""
    raise ExpressionError(f"No resource bundle '{bundle}' is available")
