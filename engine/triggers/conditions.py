"""Conditions of triggers (until Kestra 1.3), each a pure function of its properties and a context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.errors import EngineError
from engine.expressions import values
from engine.flow.model import Flow
from engine.triggers.registry import Render

Condition = Mapping[str, Any]
TERMINAL = ("SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED")
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class BadCondition(EngineError):
    """A condition that cannot be evaluated: unknown type, missing property, unreadable date."""

    kind = "invalid"
    code = "bad-condition"


@dataclass(frozen=True, slots=True)
class ExecutionSummary:
    """What triggers may know of another execution at a change of its state."""

    id: str
    namespace: str
    flow_id: str
    state: str
    flow_revision: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    start_date: datetime | None = None
    end_date: datetime | None = None
    first_failed_task_id: str | None = None
    last_task_id: str | None = None
    attempt_states: tuple[str, ...] = ()
    """Every state that an attempt of any of its task runs is in."""


@dataclass(frozen=True, slots=True)
class ConditionContext:
    """``flow`` owns the trigger; ``execution`` is the one reacted to, None for time and requests;
    ``satisfied`` says which conditions of a MultipleCondition, by its id, have been met in its window."""

    flow: Flow
    render: Render
    variables: Mapping[str, Any] = field(default_factory=dict)
    execution: ExecutionSummary | None = None
    satisfied: Mapping[str, bool] = field(default_factory=dict)

    def text(self, value: Any) -> str:
        """A property rendered to text; nothing gives the empty text."""
        rendered = self.render(value, self.variables)
        return "" if rendered is None else str(rendered)


Test = Callable[[Condition, ConditionContext], bool]
_TESTS: dict[str, Test] = {}
_OLD_NAMES = {"VariableCondition": "Expression", "ExpressionCondition": "Expression"}
_KEEP_SUFFIX = ("FlowCondition", "FlowNamespaceCondition", "MultipleCondition")


def kind_of(condition: Condition) -> str:
    """The short name of a condition's type, older spellings included (``ExecutionStatusCondition``)."""
    name = str(condition.get("type", "")).rpartition(".")[2]
    if name in _OLD_NAMES:
        return _OLD_NAMES[name]
    return name if name in _KEEP_SUFFIX else name.removesuffix("Condition")


def holds(condition: Condition, context: ConditionContext) -> bool:
    """Whether one condition is met. BadCondition; EngineError when an expression fails."""
    test = _TESTS.get(kind_of(condition))
    if test is None:
        raise BadCondition(f"'{condition.get('type')}' is not a condition type", hint=f"known: {', '.join(_TESTS)}")
    return test(condition, context)


def all_hold(conditions: Iterable[Condition], context: ConditionContext, when: Any = None) -> bool:
    """Whether every condition, and the ``when`` expression of Kestra 2.0, is met."""
    return all(holds(condition, context) for condition in conditions) and (when is None or truthy(context, when))


def truthy(context: ConditionContext, expression: Any) -> bool:
    """An expression as Kestra's conditions take it: nothing, blank, ``false``, ``0`` and ``-0`` are false."""
    return values.truthy(context.render(expression, context.variables))


def _condition(name: str) -> Callable[[Test], Test]:
    def register(test: Test) -> Test:
        _TESTS[name] = test
        return test

    return register


def _required(condition: Condition, name: str) -> Any:
    value = condition.get(name)
    if value is None:
        raise BadCondition(f"{kind_of(condition)} has no `{name}`", hint=f"add `{name}` to the condition")
    return value


def _execution(condition: Condition, context: ConditionContext) -> ExecutionSummary:
    if context.execution is None:
        raise BadCondition(
            f"{kind_of(condition)} is about an execution, and this trigger reacts to none",
            hint="use it in a Flow trigger",
        )
    return context.execution


def _listed(condition: Condition, name: str, context: ConditionContext) -> list[str] | None:
    values = context.render(condition.get(name), context.variables)
    if values is None:
        return None
    if isinstance(values, str):
        return [part for part in re.split(r"[\s,\[\]\"']+", values) if part]
    return [str(value) for value in values]


def _in_states(condition: Condition, context: ConditionContext, states: Sequence[str]) -> bool:
    wanted, unwanted = _listed(condition, "in", context), _listed(condition, "notIn", context)
    if wanted is not None and not any(state in wanted for state in states):
        return False
    return unwanted is None or not any(state in unwanted for state in states)


@_condition("ExecutionStatus")
def _execution_status(condition: Condition, context: ConditionContext) -> bool:
    return _in_states(condition, context, [_execution(condition, context).state])


@_condition("HasRetryAttempt")
def _has_retry_attempt(condition: Condition, context: ConditionContext) -> bool:
    states = _execution(condition, context).attempt_states
    return bool(states) and _in_states(condition, context, states)


@_condition("ExecutionFlow")
def _execution_flow(condition: Condition, context: ConditionContext) -> bool:
    execution = _execution(condition, context)
    namespace = context.text(_required(condition, "namespace"))
    return execution.namespace == namespace and execution.flow_id == context.text(_required(condition, "flowId"))


@_condition("ExecutionNamespace")
def _execution_namespace(condition: Condition, context: ConditionContext) -> bool:
    namespace = context.text(_required(condition, "namespace"))
    comparison = context.text(condition.get("comparison")) or "EQUALS"
    if context.text(condition.get("prefix")).lower() == "true":
        comparison = "PREFIX"
    actual = _execution(condition, context).namespace
    if comparison == "PREFIX":
        return actual.startswith(namespace)
    return actual.endswith(namespace) if comparison == "SUFFIX" else actual == namespace


@_condition("ExecutionLabels")
def _execution_labels(condition: Condition, context: ConditionContext) -> bool:
    wanted = _required(condition, "labels")
    return has_labels(_execution(condition, context), wanted, context)


def has_labels(execution: ExecutionSummary, wanted: Any, context: ConditionContext) -> bool:
    """Whether the execution carries all these labels, written as a map or a list of key and value."""
    pairs = wanted.items() if isinstance(wanted, Mapping) else [(item.get("key"), item.get("value")) for item in wanted]
    return all(execution.labels.get(str(key)) == _label_text(context, value) for key, value in pairs)


def _label_text(context: ConditionContext, value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else context.text(value)


@_condition("ExecutionOutputs")
def _execution_outputs(condition: Condition, context: ConditionContext) -> bool:
    return bool(_execution(condition, context).outputs) and truthy(context, _required(condition, "expression"))


@_condition("Expression")
def _expression(condition: Condition, context: ConditionContext) -> bool:
    """False for nothing, blank text and ``false`` only; unlike elsewhere, ``0`` holds."""
    rendered = context.render(_required(condition, "expression"), context.variables)
    return rendered is not None and rendered is not False and str(rendered).strip() not in ("", "false")


@_condition("FlowCondition")
def _flow_condition(condition: Condition, context: ConditionContext) -> bool:
    wanted = (str(_required(condition, "namespace")), str(_required(condition, "flowId")))
    return (context.flow.namespace, context.flow.id) == wanted


@_condition("FlowNamespaceCondition")
def _flow_namespace(condition: Condition, context: ConditionContext) -> bool:
    namespace = str(_required(condition, "namespace"))
    if condition.get("prefix"):
        return context.flow.namespace.startswith(namespace)
    return context.flow.namespace == namespace


@_condition("Not")
def _not(condition: Condition, context: ConditionContext) -> bool:
    return not any(holds(inner, context) for inner in _required(condition, "conditions"))


@_condition("Or")
def _or(condition: Condition, context: ConditionContext) -> bool:
    return any(holds(inner, context) for inner in _required(condition, "conditions"))


@_condition("MultipleCondition")
def _multiple(condition: Condition, context: ConditionContext) -> bool:
    return context.satisfied.get(str(_required(condition, "id")), False)


def _date(condition: Condition, context: ConditionContext) -> datetime:
    return as_datetime(context.render(condition.get("date", "{{ trigger.date }}"), context.variables))


def as_datetime(value: Any) -> datetime:
    """A date, with or without time and zone (UTC then), from text or a value. BadCondition."""
    if isinstance(value, datetime):
        moment = value
    else:
        text = re.sub(r"\[[^\]]*\]$", "", str(value).strip())
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadCondition(f"'{value}' is not a date", hint="use ISO 8601, such as 2024-05-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@_condition("DateTimeBetween")
def _date_time_between(condition: Condition, context: ConditionContext) -> bool:
    after, before = (_bound(condition, name, context) for name in ("after", "before"))
    moment = _date(condition, context)
    return (not after or moment > as_datetime(after)) and (not before or moment < as_datetime(before))


@_condition("TimeBetween")
def _time_between(condition: Condition, context: ConditionContext) -> bool:
    after, before = (_bound(condition, name, context) for name in ("after", "before"))
    moment = _date(condition, context)
    return (not after or moment > _on_day(moment, after)) and (not before or moment < _on_day(moment, before))


def _bound(condition: Condition, name: str, context: ConditionContext) -> str:
    return context.text(condition.get(name))


def _on_day(moment: datetime, text: str) -> datetime:
    """That time of day on the day of ``moment``, in the zone the time carries, else in that of ``moment``."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise BadCondition(f"'{text}' is not a time", hint="use ISO 8601, such as 16:19:12Z") from None
    zone = clock.tzinfo or moment.tzinfo
    return datetime.combine(moment.date() if clock.tzinfo is None else moment.astimezone(zone).date(), clock, zone)


@_condition("DayWeek")
def _day_week(condition: Condition, context: ConditionContext) -> bool:
    return _date(condition, context).weekday() == _weekday(condition, context)


def _weekday(condition: Condition, context: ConditionContext) -> int:
    name = context.text(_required(condition, "dayOfWeek")).upper()
    if name not in _WEEKDAYS:
        raise BadCondition(f"'{name}' is not a day of the week", hint=f"use one of {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(name)


@_condition("DayWeekInMonth")
def _day_week_in_month(condition: Condition, context: ConditionContext) -> bool:
    day = _date(condition, context).date()
    if day.weekday() != _weekday(condition, context):
        return False
    place = context.text(_required(condition, "dayInMonth")).upper()
    if place == "LAST":
        return (day + timedelta(days=7)).month != day.month
    places = ("FIRST", "SECOND", "THIRD", "FOURTH")
    if place not in places:
        raise BadCondition(f"'{place}' is not a place in the month", hint=f"use one of {', '.join(places)}, LAST")
    return (day.day - 1) // 7 == places.index(place)


@_condition("Weekend")
def _weekend(condition: Condition, context: ConditionContext) -> bool:
    return _date(condition, context).weekday() >= 5


@_condition("PublicHoliday")
def _public_holiday(condition: Condition, context: ConditionContext) -> bool:
    country = context.text(condition.get("country")) or "US"
    region = context.text(condition.get("subDivision")) or None
    return is_public_holiday(_date(condition, context).date(), country, region)


def is_public_holiday(day: date, country: str, region: str | None = None) -> bool:
    """Whether a day is a public holiday of a country (ISO code), also of one of its subdivisions. BadCondition."""
    import holidays

    try:
        return day in holidays.country_holidays(country.upper(), subdiv=region.upper() if region else None)
    except NotImplementedError as error:
        raise BadCondition(f"no holidays are known for '{country}': {error}", hint="use an ISO country code") from error
