"""Triggers: what they give the inputs of the flow, and what belongs together in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.flow.context import Checked, Typed
from engine.flow.findings import Finding, Path, Severity
from engine.flow.kinds import holds_expression
from engine.flow.names import nearest
from engine.flow.rules import rule
from engine.flow.rules.inputs import inputs_of
from engine.flow.values import misfit, out_of_bounds

_TRIGGER = "io.kestra.plugin.core.trigger."
# What each kind of time window needs and cannot have.
_WINDOWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DAILY_TIME_DEADLINE": (("deadline",), ("window", "windowAdvance", "startTime", "endTime")),
    "DAILY_TIME_WINDOW": (("startTime", "endTime"), ("window", "windowAdvance", "deadline")),
    "DURATION_WINDOW": ((), ("deadline", "startTime", "endTime")),
    "SLIDING_WINDOW": ((), ("deadline", "startTime", "endTime", "windowAdvance")),
}


def _of(ctx: Checked, *names: str) -> Iterator[Typed]:
    wanted = {_TRIGGER + name for name in names}
    return (t for t in ctx.triggers if ctx.catalog.canonical(t.type) in wanted)


@rule
def inputs_that_a_trigger_gives(ctx: Checked) -> Iterator[Finding]:
    """A trigger gives inputs that the flow has, values of their kinds, and all that the flow cannot do without."""
    entries = {str(entry.get("id")): entry for entry, _ in inputs_of(ctx)}
    for trigger in ctx.triggers:
        given = trigger.value.get("inputs")
        given = given if isinstance(given, dict) else {}
        for name, value in given.items():
            path = (*trigger.path, "inputs", name)
            entry = entries.get(name)
            if entry is None:
                yield from _misspelt(ctx, path, name, entries)
                continue
            kind = str(entry.get("type", "")).upper()
            problem = misfit(kind, value)
            wrong = f"no {problem[0]}" if problem else out_of_bounds(entry, value)
            if wrong:
                hint = problem[1] if problem else "Choose one that is allowed."
                yield ctx.finding("bad_default", path, f"{value!r} for the input {name} is {wrong}", hint)
    for trigger in _of(ctx, "Schedule", "Webhook"):
        yield from _lacking(ctx, trigger, entries)


def _misspelt(ctx: Checked, path: Path, name: str, entries: dict[str, Any]) -> Iterator[Finding]:
    """What no input declares does no harm; but where a name is misspelt, the input keeps its default."""
    near = nearest(name, entries, 1, 0.75) if not any(known.startswith(f"{name}.") for known in entries) else []
    for meant, _ in near:
        edit = ctx.replacing(ctx.source.key_at(path), meant)
        message, hint = f"the flow has no input {name}", f"Did you mean {meant}?"
        yield ctx.finding("unknown_input_ref", path, message, hint, severity="warning", key=True, edit=edit)


def _lacking(ctx: Checked, trigger: Typed, entries: dict[str, Any]) -> Iterator[Finding]:
    given = trigger.value.get("inputs")
    if holds_expression(given) or (given is not None and not isinstance(given, dict)):
        return
    needed = [n for n, e in entries.items() if e.get("defaults") is None and e.get("required") is not False]
    lacking = [n for n in needed if n not in (given or {}) and not ctx.open_inputs]
    if lacking:
        message = f"{trigger.short} gives no value for {' and '.join(lacking)}, so none of its executions can start"
        hint = "Give the trigger inputs, or the input a default."
        # Kestra refuses to save such a flow since 2.0, that of a webhook since a later 2.x
        severity: Severity = "hint"
        if ctx.there("2.0", ""):
            severity = "error" if trigger.short == "Schedule" else "warning"
        yield ctx.finding("missing_input", (*trigger.path, "type"), message, hint, severity=severity, key=True)


@rule
def enough_to_wait_for(ctx: Checked) -> Iterator[Finding]:
    """A Flow trigger that waits for at least so many names how many, and no more than there are."""
    for trigger in _of(ctx, "Flow"):
        if str(trigger.value.get("mode", "")).upper() != "AT_LEAST":
            continue
        least, flows = trigger.value.get("minSatisfied"), trigger.value.get("dependsOn")
        if least is None:
            message = "mode AT_LEAST needs minSatisfied"
            hint = "Add minSatisfied: with the number of flows that are enough."
            yield ctx.finding("missing_required", (*trigger.path, "mode"), message, hint, key=True)
        elif isinstance(least, int) and isinstance(flows, list) and least > len(flows):
            message = f"minSatisfied is {least}, but dependsOn names only {len(flows)}"
            yield ctx.finding("out_of_range", (*trigger.path, "minSatisfied"), message, f"Write {len(flows)} or less.")


@rule
def time_windows(ctx: Checked) -> Iterator[Finding]:
    """A time window has the times of its kind, and no others."""
    for trigger in _of(ctx, "Flow"):
        before = trigger.value.get("preconditions")
        window = before.get("timeWindow") if isinstance(before, dict) else None
        if not isinstance(window, dict):
            continue
        path = (*trigger.path, "preconditions", "timeWindow")
        kind = str(window.get("type", "DURATION_WINDOW")).upper()
        needed, never = _WINDOWS.get(kind, ((), ()))
        for name in never:
            if window.get(name) is not None:
                message = f"a time window of the kind {kind} has no {name}"
                hint = f"It takes {' and '.join(needed)}." if needed else "It takes window."
                yield ctx.finding("unknown_property", (*path, name), message, hint, key=True)
        for name in needed:
            if window.get(name) is None:
                message = f"a time window of the kind {kind} needs {name}"
                yield ctx.finding("missing_required", path, message, f"Add {name}: with a time.", key=True)


@rule
def ids_of_preconditions(ctx: Checked) -> Iterator[Finding]:
    """Preconditions are told apart by their ids within a flow."""
    seen: set[str] = set()
    for trigger in ctx.triggers:
        before = trigger.value.get("preconditions")
        name = before.get("id") if isinstance(before, dict) else None
        if isinstance(name, str) and name in seen:
            path = (*trigger.path, "preconditions", "id")
            yield ctx.finding("duplicate_id", path, f"two preconditions have the id {name}", "Give each its own.")
        elif isinstance(name, str):
            seen.add(name)
