"""Time windows in which several executions together fire a Flow trigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from engine.durations import parse_duration
from engine.errors import InvalidFlow
from engine.triggers.cron import zone_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """An open window: the conditions met since ``start``, and the outputs of the executions that met them."""

    start: datetime
    end: datetime
    met: frozenset[str] = frozenset()
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def contains(self, moment: datetime) -> bool:
        """Whether the window is open at this moment."""
        return self.start <= moment <= self.end

    def meet(self, conditions: frozenset[str], outputs: Mapping[str, Any]) -> Window:
        """The window with these conditions met too, and outputs added."""
        return replace(self, met=self.met | conditions, outputs=deep_merge(self.outputs, outputs))

    def as_dict(self) -> dict[str, Any]:
        """The JSON form a store keeps."""
        ends = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return {**ends, "met": sorted(self.met), "outputs": dict(self.outputs)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Window:
        """From the JSON form."""
        start, end = datetime.fromisoformat(stored["start"]), datetime.fromisoformat(stored["end"])
        return cls(start, end, frozenset(stored["met"]), stored["outputs"])


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Maps merged key by key, ``over`` winning."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = deep_merge(below, value)
        else:
            merged[key] = value
    return merged


def time_window(written: Mapping[str, Any]) -> dict[str, Any]:
    """Kestra 2.0's ``window`` (deadline, from/to, every/offset, lookback) in the spelling of 1.x's ``timeWindow``."""
    zone = {"timezone": written["timezone"]} if written.get("timezone") else {}
    if written.get("deadline"):
        return {"type": "DAILY_TIME_DEADLINE", "deadline": written["deadline"], **zone}
    if written.get("from") and written.get("to"):
        return {"type": "DAILY_TIME_WINDOW", "startTime": written["from"], "endTime": written["to"], **zone}
    if written.get("lookback"):
        return {"type": "SLIDING_WINDOW", "window": written["lookback"]}
    return {"type": "DURATION_WINDOW", "window": written.get("every"), "windowAdvance": written.get("offset"), **zone}


def open_window(written: Mapping[str, Any], now: datetime, default_zone: str = "UTC") -> Window:
    """The window of this kind that ``now`` falls in. One of a day that does not contain ``now`` is not open
    (``contains``). InvalidFlow when a time or duration cannot be read."""
    local = now.astimezone(zone_of(str(written.get("timezone") or default_zone)))
    try:
        return Window(*_ends(written, local))
    except ValueError as error:
        raise InvalidFlow(
            f"the time window cannot be read: {error}", hint="use ISO 8601 times and durations"
        ) from error


def _ends(written: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime]:
    kind = written.get("type") or "DURATION_WINDOW"
    length = parse_duration(str(written["window"])) if written.get("window") else _DAY
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "DAILY_TIME_DEADLINE":
        return midnight, _at(now, written.get("deadline"), "deadline")
    if kind == "DAILY_TIME_WINDOW":
        return _at(now, written.get("startTime"), "startTime"), _at(now, written.get("endTime"), "endTime")
    if kind == "SLIDING_WINDOW":
        return now, now + length
    if kind != "DURATION_WINDOW" or length <= timedelta(0):
        raise ValueError(f"type {kind}, length {length}")
    advance = parse_duration(str(written["windowAdvance"])) if written.get("windowAdvance") else timedelta(0)
    start = _period_start(now, midnight, length) + advance
    # an advance moves the borders: the window that holds this moment may be the one before or after
    while start > now:
        start -= length
    while start + length <= now:
        start += length
    return start, start + length - timedelta(milliseconds=1)


def _period_start(now: datetime, midnight: datetime, length: timedelta) -> datetime:
    """Windows of a day or more begin at midnight, shorter ones are counted from it."""
    return midnight if length >= _DAY else midnight + (now - midnight) // length * length


def _at(now: datetime, text: Any, name: str) -> datetime:
    if not text:
        raise ValueError(f"`{name}` is missing")
    clock = time.fromisoformat(str(text))
    zone = clock.tzinfo or now.tzinfo
    return datetime.combine(now.astimezone(zone).date(), clock, zone)
