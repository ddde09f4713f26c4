"""Durations of tasks in seconds: ISO 8601 text, either case (PT1S, PT0.25s, P1DT2H)."""

from __future__ import annotations

from engine.durations import parse_duration
from engine.errors import InvalidFlow


def seconds(value: object) -> float:
    """The length of a duration. InvalidFlow when it is not one."""
    try:
        return parse_duration(str(value)).total_seconds()
    except ValueError as cause:
        raise InvalidFlow(
            f"'{value}' is not a duration",
            hint="write an ISO 8601 duration such as PT30S or P1DT2H",
            code="bad-duration",
        ) from cause


def seconds_or_none(value: object) -> float | None:
    """The length, or None where nothing is given (None or empty text)."""
    return None if value is None or value == "" else seconds(value)


def clock_time(length: float) -> str:
    """Seconds as hours, minutes, seconds and milliseconds: ``00:01:30.500``."""
    minutes, milliseconds = divmod(round(length * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
