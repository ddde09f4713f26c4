"""ISO-8601 durations as Kestra reads and prints them: days down to nanoseconds, never months or years."""

from __future__ import annotations

import re
from datetime import timedelta

_NUMBER = r"[-+]?[0-9]+"
_ISO = re.compile(
    rf"(?P<sign>[-+]?)P(?:(?P<days>{_NUMBER})D)?"
    rf"(?P<time>T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?"
    rf"(?:(?P<seconds>{_NUMBER})(?:[.,](?P<fraction>[0-9]{{0,9}}))?S)?)?",
    re.IGNORECASE,
)


def parse_duration(text: str) -> timedelta:
    """``PT1H30M``, ``P1DT0.5S``, ``-PT5M`` to a timedelta (microseconds kept). ValueError for anything else."""
    match = _ISO.fullmatch(text.strip())
    parts = match.groupdict() if match else {}
    if not any(parts.get(name) for name in ("days", "hours", "minutes", "seconds")) or parts.get("time") in ("T", "t"):
        raise ValueError(f"not an ISO 8601 duration: {text!r}")
    seconds = parts["seconds"] or "0"
    microseconds = int((parts["fraction"] or "").ljust(9, "0")[:6] or 0) * (-1 if seconds.startswith("-") else 1)
    try:
        value = timedelta(
            days=int(parts["days"] or 0),
            hours=int(parts["hours"] or 0),
            minutes=int(parts["minutes"] or 0),
            seconds=int(seconds),
            microseconds=microseconds,
        )
    except OverflowError as error:
        raise ValueError(f"duration out of range: {text!r}") from error
    return -value if parts["sign"] == "-" else value


def format_duration(value: timedelta) -> str:
    """As Java prints it: hours, minutes and seconds, no days (``PT36H``, ``PT1M0.5S``, ``PT0S``, ``PT-1M``)."""
    micros = value // timedelta(microseconds=1)
    sign, micros = (-1, -micros) if micros < 0 else (1, micros)
    seconds, fraction = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    minus = "-" if sign < 0 else ""
    out = f"{minus}{hours}H" if hours else ""
    out += f"{minus}{minutes}M" if minutes else ""
    if seconds or fraction or not out:
        decimals = f".{fraction:06d}".rstrip("0") if fraction else ""
        out += f"{minus if seconds or fraction else ''}{seconds}{decimals}S"
    return f"PT{out}"
