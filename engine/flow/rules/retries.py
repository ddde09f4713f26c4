"""Retries whose intervals and limits leave room for another attempt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from engine.durations import parse_duration
from engine.flow.context import Checked
from engine.flow.findings import Finding, Path
from engine.flow.kinds import holds_expression
from engine.flow.rules import rule

_LESS_THAN = {
    "constant": (("interval", "maxDuration"),),
    "exponential": (("interval", "maxDuration"), ("interval", "maxInterval")),
    "random": (("maxInterval", "maxDuration"), ("minInterval", "maxInterval")),
}


@rule
def retry_intervals(ctx: Checked) -> Iterator[Finding]:
    """The interval is shorter than maxDuration and maxInterval, minInterval shorter than maxInterval."""
    for path, retry in _retries(ctx):
        for shorter, longer in _LESS_THAN.get(str(retry.get("type", "")).lower(), ()):
            if shorter not in retry or longer not in retry:
                continue
            low, high = _length(retry[shorter]), _length(retry[longer])
            if low is None or high is None or low < high:
                continue
            message = (
                f"{shorter} is {retry[shorter]}, not less than {longer} ({retry[longer]}): nothing would be retried"
            )
            hint = f"Make {longer} longer than {shorter}."
            yield ctx.finding("retry_without_room", (*path, shorter), message, hint)
            break


def _retries(ctx: Checked) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    places: list[tuple[Path, Mapping[str, Any]]] = [((), ctx.flow), *((t.path, t.value) for t in ctx.tasks)]
    for path, value in places:
        retry = value.get("retry")
        if isinstance(retry, Mapping):
            yield (*path, "retry"), retry


def _length(value: object) -> timedelta | None:
    if not isinstance(value, str) or holds_expression(value):
        return None
    try:
        return parse_duration(value)
    except ValueError:
        return None
