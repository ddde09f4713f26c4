"""``preconditions.where``: filters over the fields of an execution, joined by AND or OR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.patterns import full_match
from engine.triggers.conditions import BadCondition, ConditionContext

_COMPARE: dict[str, Callable[[str, str, Sequence[str]], bool]] = {
    "EQUAL_TO": lambda actual, value, values: actual == value,
    "NOT_EQUAL_TO": lambda actual, value, values: actual != value,
    "IN": lambda actual, value, values: actual in values,
    "NOT_IN": lambda actual, value, values: actual not in values,
    "IS_TRUE": lambda actual, value, values: actual.lower() == "true",
    "IS_FALSE": lambda actual, value, values: actual.lower() == "false",
    "IS_NULL": lambda actual, value, values: actual == "",
    "IS_NOT_NULL": lambda actual, value, values: actual != "",
    "STARTS_WITH": lambda actual, value, values: actual.startswith(value),
    "ENDS_WITH": lambda actual, value, values: actual.endswith(value),
    "REGEX": lambda actual, value, values: _matches(value, actual),
    "CONTAINS": lambda actual, value, values: value in actual,
}


def where_holds(where: Mapping[str, Any], context: ConditionContext) -> bool:
    """Whether an execution passes a filter group. BadCondition for an unknown field or comparison."""
    results = (_filter_holds(one, context) for one in where.get("filters") or ())
    return any(results) if str(where.get("operand") or "AND") == "OR" else all(results)


def _filter_holds(one: Mapping[str, Any], context: ConditionContext) -> bool:
    compare = _COMPARE.get(str(one.get("type")))
    if compare is None:
        raise BadCondition(f"'{one.get('type')}' is not a filter type", hint=f"use one of {', '.join(_COMPARE)}")
    value = one.get("value")
    values = [context.text(item) for item in one.get("values") or ()]
    if one.get("field") == "EXPRESSION":
        # the expression is the value; what it gives is what the other comparisons look at
        return compare(_text(context.render(value, context.variables)), "", values)
    return compare(_actual(str(one.get("field")), context), context.text(value), values)


def _actual(name: str, context: ConditionContext) -> str:
    execution = context.execution
    if execution is None:
        raise BadCondition("a filter is about an execution", hint="use it in a Flow trigger")
    fields = {"FLOW_ID": execution.flow_id, "NAMESPACE": execution.namespace, "STATE": execution.state}
    if name not in fields:
        raise BadCondition(f"'{name}' is not a filter field", hint=f"use one of {', '.join(fields)}, EXPRESSION")
    return fields[name]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _matches(pattern: str, text: str) -> bool:
    try:
        return full_match(pattern, text)
    except ValueError as error:
        raise BadCondition(str(error), hint="correct the filter") from error
