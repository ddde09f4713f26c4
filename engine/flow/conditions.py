"""Conditions of triggers, as they were until 1.3, in the words of 2.0: one expression, or the flows waited for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_DATE = "trigger.date"


def as_when(conditions: list[Any]) -> str | None:
    """One expression that holds when all conditions hold; None when one of them cannot be put into words."""
    parts = [_condition(c) for c in conditions]
    if not parts or any(part is None for part in parts):
        return None
    joined = " and ".join(f"({p})" if len(parts) > 1 else str(p) for p in parts)
    return "{{ " + joined + " }}"


def as_depends_on(conditions: list[Any]) -> list[dict[str, Any]] | None:
    """The flows that a Flow trigger waits for; None when the conditions say more than that."""
    flows: list[dict[str, Any]] = []
    states: list[str] | None = None
    for condition in conditions:
        if not isinstance(condition, Mapping):
            return None
        name = _short(condition)
        if name == "ExecutionFlow" and isinstance(condition.get("flowId"), str):
            flows.append({k: condition[k] for k in ("namespace", "flowId") if k in condition})
        elif name == "ExecutionNamespace" and condition.get("comparison", "EQUALS") == "EQUALS":
            if condition.get("prefix"):
                return None
            flows.append({"namespace": condition.get("namespace")})
        elif name == "ExecutionStatus" and isinstance(condition.get("in"), list) and "notIn" not in condition:
            states = [str(s) for s in condition["in"]]
        else:
            return None
    if len(flows) != 1:
        return None
    return [{**flows[0], "states": states} if states else flows[0]]


def as_window(window: Mapping[str, Any]) -> list[tuple[str, Any]] | None:
    """The window of a Flow trigger in the words of 2.0; None when it says what those cannot."""
    kind = str(window.get("type", "DURATION_WINDOW")).upper()
    names = _WINDOWS.get(kind, {})
    given = [(name, value) for name, value in window.items() if name != "type" and value not in _NOTHING]
    if not given or any(name not in names for name, _ in given):
        return None
    return [(names[name], value) for name, value in given]


# The names of each kind of time window in the words of 2.0.
_WINDOWS = {
    "DAILY_TIME_DEADLINE": {"deadline": "deadline"},
    "DAILY_TIME_WINDOW": {"startTime": "from", "endTime": "to"},
    "DURATION_WINDOW": {"window": "every", "windowAdvance": "offset"},
    "SLIDING_WINDOW": {"window": "lookback"},
}
_NOTHING = (None, "P0D", "PT0S", "PT0M", "PT0H")


def several_flows(condition: Any) -> tuple[list[dict[str, Any]], list[tuple[str, Any]]] | None:
    """The flows and the window of a MultipleCondition that only names flows; None for any other condition."""
    if not isinstance(condition, Mapping) or _short(condition) != "Multiple":
        return None
    inner = condition.get("conditions")
    window = condition.get("timeWindow") or {k: condition[k] for k in ("window", "windowAdvance") if k in condition}
    if not isinstance(inner, Mapping) or not isinstance(window, Mapping):
        return None
    flows: list[dict[str, Any]] = []
    for each in inner.values():
        found = as_depends_on([each]) if isinstance(each, Mapping) and _short(each) == "ExecutionFlow" else None
        if found is None:
            return None
        flows += found
    times = as_window(window) if window else []
    return (flows, times) if flows and times is not None else None


def _short(condition: Mapping[str, Any]) -> str:
    return str(condition.get("type", "")).rpartition(".")[2].removesuffix("Condition")


def _condition(condition: Any) -> str | None:
    if not isinstance(condition, Mapping):
        return None
    name = _short(condition)
    nested = condition.get("conditions")
    if name in ("Not", "Or") and isinstance(nested, list):
        parts = [_condition(c) for c in nested]
        if not parts or any(part is None for part in parts):
            return None
        either = " or ".join(f"({p})" for p in parts)
        return f"not ({either})" if name == "Not" else either
    date = _inner(condition.get("date")) or _DATE
    return _simple(name, condition, date)


def _simple(name: str, given: Mapping[str, Any], date: str) -> str | None:
    if name in ("Expression", "ExecutionOutputs"):
        return _inner(given.get("expression"))
    if name.startswith("Execution"):
        return _execution(name, given)
    if name == "Weekend":
        return f"isWeekend({date})"
    if name == "DayWeek" and given.get("dayOfWeek"):
        return f"dayOfWeek({date}) == '{str(given['dayOfWeek']).upper()}'"
    if name == "DayWeekInMonth" and given.get("dayOfWeek") and given.get("dayInMonth"):
        day, place = str(given["dayOfWeek"]).upper(), str(given["dayInMonth"]).upper()
        return f"isDayWeekInMonth({date}, '{day}', '{place}')"
    if name == "PublicHoliday":
        region = f", '{given['subDivision']}'" if given.get("subDivision") else ""
        return f"isPublicHoliday({date}, '{given.get('country', 'US')}'{region})"
    if name == "TimeBetween":
        hours = [_hour(given.get(k)) for k in ("after", "before")]
        if None not in hours:
            return f"hourOfDay({date}) >= {hours[0]} and hourOfDay({date}) < {hours[1]}"
    if name == "DateTimeBetween" and given.get("after") and given.get("before"):
        return f"isDateBetween({date}, '{given['after']}', '{given['before']}')"
    return None


def _hour(time: Any) -> int | None:
    """The hour of a time of day that is a full hour without an offset."""
    match = re.fullmatch(r"(\d\d):00(?::00)?Z?", str(time))
    return int(match[1]) if match else None


def _inner(template: Any) -> str | None:
    """The expression inside of a text that is one expression; None for any other text."""
    if not isinstance(template, str):
        return None
    text = template.strip()
    whole = text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1 and text.count("}}") == 1
    return text[2:-2].strip() if whole else None


def _execution(name: str, given: Mapping[str, Any]) -> str | None:
    """Conditions on the execution that a Flow trigger reacts to, in terms of its variables."""
    if name == "ExecutionStatus":
        parts = []
        for key, word in (("in", ""), ("notIn", "not ")):
            states = given.get(key)
            if isinstance(states, list) and states:
                either = " or ".join(f"trigger.state == '{state}'" for state in states)
                parts.append(f"{word}({either})" if word or len(states) > 1 else either)
        return " and ".join(parts) or None
    if name == "ExecutionNamespace" and isinstance(given.get("namespace"), str):
        namespace = given["namespace"]
        if given.get("prefix") is True or given.get("comparison") == "PREFIX":
            return f"trigger.namespace | startsWith('{namespace}')"
        return f"trigger.namespace == '{namespace}'" if given.get("comparison", "EQUALS") == "EQUALS" else None
    if name == "ExecutionFlow" and isinstance(given.get("flowId"), str):
        namespace = given.get("namespace")
        where = f"trigger.namespace == '{namespace}' and " if isinstance(namespace, str) else ""
        return f"{where}trigger.flowId == '{given['flowId']}'"
    return None
