"""Every condition type, in all its spellings, as a statement about a context."""

from __future__ import annotations

import pytest

from engine.flow.model import Flow
from engine.triggers.conditions import BadCondition, ConditionContext, all_hold, holds, is_public_holiday

FLOW = Flow("own", "company.own", ())


@pytest.fixture
def check(render):
    def check(kind, execution=None, date=None, satisfied=None, variables=None, **properties):
        seen = {"trigger": {"date": date, "outputs": execution.outputs if execution else {}}, **(variables or {})}
        context = ConditionContext(FLOW, render, seen, execution, satisfied or {})
        written = kind if "." in kind else f"io.kestra.plugin.core.condition.{kind}"
        return holds({"type": written, **properties}, context)

    return check


def test_execution_status(check, execution):
    failed = execution(state="FAILED")
    assert check("ExecutionStatus", failed, **{"in": ["FAILED", "WARNING"]})
    assert not check("ExecutionStatus", failed, **{"in": ["SUCCESS"]})
    assert check("ExecutionStatus", failed, notIn=["SUCCESS"])
    assert not check("ExecutionStatus", failed, notIn=["FAILED"])
    assert not check("ExecutionStatus", failed, **{"in": ["FAILED"], "notIn": ["FAILED"]})
    assert check("ExecutionStatus", failed)
    assert check("io.kestra.core.models.conditions.types.ExecutionStatusCondition", failed, **{"in": ["FAILED"]})


def test_execution_flow(check, execution):
    assert check("ExecutionFlow", execution(), namespace="company.team", flowId="up")
    assert not check("ExecutionFlow", execution(), namespace="company.team", flowId="other")
    assert not check("ExecutionFlow", execution(), namespace="company", flowId="up")
    assert check("ExecutionFlow", execution(), namespace="company.team", flowId="{{ x }}", variables={"x": "up"})
    with pytest.raises(BadCondition, match="flowId"):
        check("ExecutionFlow", execution(), namespace="company.team")


def test_execution_namespace(check, execution):
    assert check("ExecutionNamespace", execution(), namespace="company.team")
    assert not check("ExecutionNamespace", execution(), namespace="company")
    assert check("ExecutionNamespace", execution(), namespace="company", comparison="PREFIX")
    assert check("ExecutionNamespace", execution(), namespace="company", prefix=True)
    assert not check("ExecutionNamespace", execution(), namespace="team", comparison="PREFIX")
    assert check("ExecutionNamespace", execution(), namespace="team", comparison="SUFFIX")


def test_execution_labels(check, execution):
    labelled = execution(labels={"env": "prod", "on": "true"})
    assert check("ExecutionLabels", labelled, labels={"env": "prod", "on": True})
    assert check("ExecutionLabels", labelled, labels=[{"key": "env", "value": "prod"}])
    assert not check("ExecutionLabels", labelled, labels={"env": "prod", "other": "x"})
    assert not check("ExecutionLabels", execution(), labels={"env": "prod"})


def test_execution_outputs(check, execution):
    rows = execution(outputs={"rows": "many"})
    assert check("ExecutionOutputs", rows, expression="{{ trigger.outputs.rows == 'many' }}")
    assert not check("ExecutionOutputs", rows, expression="{{ trigger.outputs.rows == 'few' }}")
    assert not check("ExecutionOutputs", execution(), expression="{{ trigger.outputs.rows == 'many' }}")


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), (False, False), ("true", True), ("False", True), ("", False), ("  ", False), ("0", True),
     ("-0", True), (0, True), (1, True), ("no", True), (None, False), ("x", True)],
)  # fmt: skip
def test_expression_truth(check, value, truth):
    assert check("Expression", expression="{{ v }}", variables={"v": value}) is truth
    assert (
        check("io.kestra.core.models.conditions.types.VariableCondition", expression="{{ v }}", variables={"v": value})
        is truth
    )


def test_conditions_about_the_own_flow(check):
    assert check("FlowCondition", namespace="company.own", flowId="own")
    assert not check("FlowCondition", namespace="company.own", flowId="other")
    assert check("FlowNamespaceCondition", namespace="company.own")
    assert not check("FlowNamespaceCondition", namespace="company")
    assert check("FlowNamespaceCondition", namespace="company", prefix=True)


def test_has_retry_attempt(check, execution):
    retried = execution(attempt_states=("FAILED", "SUCCESS"))
    assert check("HasRetryAttempt", retried, **{"in": ["FAILED"]})
    assert not check("HasRetryAttempt", retried, **{"in": ["KILLED"]})
    assert not check("HasRetryAttempt", execution(), **{"in": ["FAILED"]})


def test_not_or_and_multiple(check, execution):
    yes = {"type": "io.kestra.plugin.core.condition.Expression", "expression": "true"}
    no = {"type": "io.kestra.plugin.core.condition.Expression", "expression": "false"}
    assert check("Not", conditions=[no, no]) and not check("Not", conditions=[no, yes])
    assert check("Or", conditions=[no, yes]) and not check("Or", conditions=[no, no])
    assert check("MultipleCondition", id="m", satisfied={"m": True}) and not check("MultipleCondition", id="m")


def test_between_two_dates(check):
    when = {"date": "2024-05-31T12:00:00Z"}
    assert check("DateTimeBetween", after="2024-05-31T11:59:59Z", before="2024-05-31T14:01:00+02:00", **when)
    assert not check("DateTimeBetween", after="2024-05-31T12:00:00Z", **when)
    assert not check("DateTimeBetween", before="2024-05-31T12:00:00Z", **when)
    assert check("DateTimeBetween", **when)


def test_between_two_times_of_the_day(check):
    when = {"date": "2024-05-31T16:30:00+02:00"}
    assert check("TimeBetween", after="16:00:00", before="17:00:00", **when)
    assert check("TimeBetween", after="14:00:00Z", before="15:00:00Z", **when)
    assert not check("TimeBetween", after="16:00:00Z", **when)
    assert not check("TimeBetween", before="16:30:00+02:00", **when)
    with pytest.raises(BadCondition):
        check("TimeBetween", after="noon", **when)


def test_days_of_the_week(check):
    assert check("DayWeek", dayOfWeek="FRIDAY", date="2024-05-31T12:00:00Z")
    assert not check("DayWeek", dayOfWeek="MONDAY", date="2024-05-31")
    assert check("Weekend", date="2024-06-01") and check("Weekend", date="2024-06-02")
    assert not check("Weekend", date="2024-06-03")
    with pytest.raises(BadCondition, match="FREITAG"):
        check("DayWeek", dayOfWeek="Freitag", date="2024-05-31")


@pytest.mark.parametrize(
    ("place", "days"),
    [("FIRST", [3]), ("SECOND", [10]), ("THIRD", [17]), ("FOURTH", [24]), ("LAST", [24])],
)
def test_a_weekday_by_its_place_in_the_month(check, place, days):
    found = [
        day
        for day in range(1, 31)
        if check("DayWeekInMonth", dayOfWeek="MONDAY", dayInMonth=place, date=f"2024-06-{day:02}")
    ]
    assert found == days


def test_the_last_weekday_may_be_the_fifth(check):
    assert check("DayWeekInMonth", dayOfWeek="FRIDAY", dayInMonth="LAST", date="2024-05-31")
    assert not check("DayWeekInMonth", dayOfWeek="FRIDAY", dayInMonth="FOURTH", date="2024-05-31")


def test_the_date_is_that_of_the_trigger_unless_said_otherwise(render):
    context = ConditionContext(FLOW, render, {"trigger": {"date": "2024-06-01T00:00:00Z"}})
    written = {"type": "io.kestra.plugin.core.condition.Weekend"}
    # the default is Kestra's expression for the trigger's date
    assert holds(written, context)
    assert not holds({**written, "date": "2024-06-03"}, context)


def test_public_holidays(check):
    assert check("PublicHoliday", country="DE", date="2024-10-03")
    assert not check("PublicHoliday", country="FR", date="2024-10-03")
    assert check("PublicHoliday", country="de", subDivision="by", date="2024-01-06")
    assert not check("PublicHoliday", country="DE", subDivision="BE", date="2024-01-06")
    with pytest.raises(BadCondition):
        check("PublicHoliday", country="Atlantis", date="2024-01-01")


def test_a_holiday_is_a_plain_question_too():
    import datetime

    assert is_public_holiday(datetime.date(2024, 7, 4), "US")


def test_what_is_no_condition_and_what_needs_an_execution_is_told(check):
    with pytest.raises(BadCondition, match="Nonsense"):
        check("Nonsense")
    with pytest.raises(BadCondition, match="reacts to none"):
        check("ExecutionFlow", namespace="a", flowId="b")
    with pytest.raises(BadCondition, match="not a date"):
        check("Weekend", date="someday")


def test_all_conditions_and_when_must_hold(render):
    context = ConditionContext(FLOW, render, {"v": "x"})
    yes = {"type": "io.kestra.plugin.core.condition.Expression", "expression": "{{ v == 'x' }}"}
    assert all_hold([yes, yes], context)
    assert all_hold([], context, "{{ v == 'x' }}")
    assert not all_hold([yes], context, "{{ v == 'y' }}")
