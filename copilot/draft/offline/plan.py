"""From mentions and scopes to a plan: which steps, in which order, under what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from copilot.draft.offline import features
from copilot.draft.offline.actions import settle
from copilot.draft.offline.arrange import arrange
from copilot.draft.offline.branches import own_branches, per_file, per_table, per_value
from copilot.draft.offline.comparing import with_comparison
from copilot.draft.offline.events import POLLS, find_events
from copilot.draft.offline.inputs import find_inputs
from copilot.draft.offline.ir import Event, InputSpec, Plan, Step
from copilot.draft.offline.mentions import Mention, find_mentions
from copilot.draft.offline.naming import flow_id
from copilot.draft.offline.row_steps import with_row_steps
from copilot.draft.offline.schedule import Schedule, find_schedules
from copilot.draft.offline.scopes import Scope, find_scopes, list_items
from copilot.draft.offline.text import Clause, Text, cut
from copilot.draft.offline.types import Types
from copilot.draft.offline.verbs import STARTS_CLAUSE


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything found in the words, before it is put together."""

    text: Text
    clauses: tuple[Clause, ...]
    mentions: tuple[Mention, ...]
    schedules: tuple[Schedule, ...]
    events: tuple[Event, ...]
    event_starts: frozenset[int]
    scopes: tuple[Scope, ...]
    inputs: tuple[InputSpec, ...]


def understand(text: Text, types: Types) -> Understanding:
    """Read the request once with every table."""
    clauses = cut(text, STARTS_CLAUSE)
    schedules = _with_inputs(text, find_schedules(_without_conditions(text.masked)))
    mentions = find_mentions(text, clauses, types)
    events, starts = find_events(text, mentions, bool(schedules), types)
    if any(e.kind in ("flow", "http") for e in events) or (
        any(e.kind == "service" for e in events) and POLLS.search(text.masked)
    ):
        schedules = []
    other_flow = any(e.kind == "flow" and e.args.get("failed") for e in events)
    spans = [span for s in schedules for span in s.spans]
    scopes = _without_events(clauses, find_scopes(text, clauses, other_flow, spans), events, starts)
    inputs = find_inputs(text)
    for schedule in schedules:
        known = {i.id for i in inputs}
        inputs += [InputSpec(name, "STRING", value) for name, value in schedule.inputs if name not in known]
    return Understanding(
        text, clauses, tuple(mentions), tuple(schedules), tuple(events), frozenset(starts), tuple(scopes), tuple(inputs)
    )


def _without_events(
    clauses: Sequence[Clause], scopes: Sequence[Scope], events: Sequence[Event], starts: set[int]
) -> list[Scope]:
    """What starts the flow is no condition and no loop inside it: 'for each message that comes'."""
    single = any(e.args.get("role") == "realtime" for e in events)
    places = set(starts) | {int(e.args["span"][0]) for e in events if e.kind == "flow"}
    return [
        replace(s, condition="", negated=False, each=s.each and not single)
        if any(c.start <= p < c.end for p in places)
        else s
        for c, s in zip(clauses, scopes, strict=True)
    ]


def _without_conditions(masked: str) -> str:
    """'if it is the first day of the month' is no schedule."""
    return re.sub(r"\bif\s+(?:it\s+is|it's|today\s+is)\s+[^,;.]*", lambda m: " " * len(m.group()), masked)


def _with_inputs(text: Text, schedules: list[Schedule]) -> list[Schedule]:
    """'6:00 with region=eu', 'every minute with user Anna': values the schedule starts the flow with."""
    out = []
    for index, schedule in enumerate(schedules):
        end = max(e for _, e in schedule.spans[: 1 + len(schedule.spans)])
        after = schedules[index + 1].spans[0][0] if index + 1 < len(schedules) else len(text.masked)
        stretch = text.plain[end : min(after, end + 60)]
        pairs = tuple(re.findall(r"\b([a-z_]\w*)\s*=\s*['\"`]?([\w.-]+)", stretch))
        named = re.match(r"\s*(?:with|for|using)\s+(?:input\s+|the\s+)?`?([a-z_]\w*)`?\s+['\"`]?([\w.-]+)", stretch)
        if not pairs and named and named[2].lower() not in ("and", "or", "as", "the", "to"):
            pairs = ((named[1], named[2]),)
        out.append(replace(schedule, inputs=pairs))
    if len(out) > 1 and not any(s.inputs for s in out):
        out = _labelled(text, out)
    return out


def _labelled(text: Text, schedules: list[Schedule]) -> list[Schedule]:
    """'green on the first at 9, yellow at 10': the word before each schedule is the value of one input."""
    words = []
    for schedule in schedules:
        before = re.search(
            r"(?:^|[,;:]|\band)\s*(?:the\s+)?([a-z]+)(?:\s+one)?\s+(?:on\s+|at\s+|every\s+|daily\s+)*$",
            text.masked[
                : schedule.spans[0][0]
                if schedule.spans[0][0] < schedule.spans[-1][0] or len(schedule.spans) == 1
                else schedule.spans[1][0]
            ],
        )
        words.append(before[1] if before else "")
    if not all(words) or len(set(words)) != len(words):
        return schedules
    noun = re.search(r"\b(?:same\s+)?([a-z]{3,})\s+(?:pipeline|flow|data|import|job)\b", text.masked)
    name = noun[1] if noun and noun[1] not in ("same", "the", "this") else "variant"
    return [replace(s, inputs=((name, w),)) for s, w in zip(schedules, words, strict=True)]


def make_plan(seen: Understanding, types: Types) -> Plan:
    """Put it together."""
    steps = with_row_steps(seen, settle(seen, types))
    lists = list_items(seen.text)
    plain, switch = per_value(seen, [s for s in steps if _where(seen, s) == "tasks"])
    main = per_file(seen, per_table(seen, own_branches(seen, arrange(seen, plain, lists))))
    main = with_comparison(seen, main)
    main += [switch] if switch else []
    errors = arrange(seen, [s for s in steps if _where(seen, s) == "errors" or _both(seen, s)], lists)
    finals = arrange(seen, [s for s in steps if _where(seen, s) == "finally"], lists)
    retries = features.find_retries(seen.text, seen.clauses)
    return Plan(
        id=flow_id(seen.text, steps, [span for s in seen.schedules for span in s.spans]),
        steps=tuple(main),
        errors=tuple(errors),
        finally_=tuple(finals),
        schedules=seen.schedules,
        schedules_disabled=features.schedule_disabled(seen.text),
        events=seen.events,
        inputs=seen.inputs,
        retries=tuple(retries),
        timeout=features.find_timeout(seen.text, seen.clauses),
        concurrency=features.find_concurrency(seen.text),
        sla=features.find_sla(seen.text),
        cache=features.wants_cache(seen.text),
        allow_failure=features.allowed_failures(seen.text, seen.clauses),
        labels=features.find_labels(seen.text),
        outputs=tuple((name, "") for name in features.find_outputs(seen.text)),
        notes=tuple(s.note for s in seen.schedules if s.note) + tuple(r.note for r in retries if r.note),
    )


def _where(seen: Understanding, step: Step) -> str:
    if step.args.get("where"):
        return str(step.args["where"])
    scope = seen.scopes[step.clause]
    if scope.where == "errors" and step.args.get("cause"):
        return "tasks"
    return scope.where


def _both(seen: Understanding, step: Step) -> bool:
    service = step.args.get("service")
    if service and service.kind == "notify" and _failure_is_told_too(seen, step.clause):
        return True
    return (
        seen.scopes[step.clause].both
        and bool(service and service.kind == "notify")
        and seen.scopes[step.clause].condition != "x"
        and _after_outcome(seen, step)
    )


def _failure_is_told_too(seen: Understanding, index: int) -> bool:
    """'mail me when done and also when it went wrong': the second clause has no step of its own."""
    if seen.scopes[index].where != "tasks" or index + 1 >= len(seen.clauses):
        return False
    here, after = seen.clauses[index], seen.clauses[index + 1]
    if after.sentence != here.sentence or seen.scopes[index + 1].where != "errors":
        return False
    own = any(m.clause == index + 1 for m in seen.mentions)
    words = seen.text.masked[after.start : after.end]
    return not own and after.lead == "and" and re.match(r"\W*(?:also\s+)?(?:if|when|on)\b", words) is not None


def _after_outcome(seen: Understanding, step: Step) -> bool:
    words = seen.text.masked[seen.clauses[step.clause].start : seen.clauses[step.clause].end]
    return bool(re.search(r"\bfail|\bworked|\bsucce", words))
