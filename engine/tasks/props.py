"""Reading the properties of a task, rendered and in the kind that is wanted.

Kestra renders a property to text and then reads the text in the property's kind, so a list may be written
as a YAML list, as JSON text or as an expression that gives either. Wrong kinds fail the attempt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.durations import parse_duration
from engine.errors import TaskFailed

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?\s*$", re.IGNORECASE)
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def as_text(value: Any) -> str:
    """A value as Kestra prints it: null is empty, booleans are lower case, lists and maps are JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def seconds_of(value: Any) -> float:
    """Seconds in a duration: ISO 8601 text (``PT1M``, ``P1D``), a timedelta, or a plain number. ValueError."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        raise ValueError(f"'{text}' is not an ISO 8601 duration such as PT30S, PT5M or P1D") from None


def bytes_of(value: Any) -> int:
    """Bytes in a size such as ``1024``, ``10KB`` or ``1.5 MiB`` (powers of 1024). ValueError."""
    match = _SIZE.match(str(value))
    if match is None:
        raise ValueError(f"'{value}' is not a size such as 1024, 500KB or 10MB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


class Props:
    """The properties of one task run. ``within`` reads a nested map of it under the same rules."""

    def __init__(
        self,
        task: RunContext,
        source: Mapping[str, Any] | None = None,
        path: str = "",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.task = task
        self._source = task.properties if source is None else source
        self._path = path
        self._extra = extra

    def has(self, name: str) -> bool:
        """Whether the property is written, with something other than null."""
        return self._source.get(name) is not None

    def raw(self, name: str) -> Any:
        """The property as written."""
        return self._source.get(name)

    def value(self, name: str, default: Any = None) -> Any:
        """Rendered, keeping the type of a lone expression."""
        if not self.has(name):
            return default
        found = self.task.render(self._source[name], self._extra)
        return default if found is None else found

    def text(self, name: str, default: str = "") -> str:
        found = self.value(name)
        return default if found is None else as_text(found)

    def optional(self, name: str) -> str | None:
        """Text, or None when the property is absent or renders to nothing."""
        return self.text(name) or None

    def required(self, name: str) -> str:
        """Text that must be there and not render to nothing."""
        found = self.text(name)
        if not found:
            raise TaskFailed(
                f"{self._path}{name} is required and is {'empty once rendered' if self.has(name) else 'missing'}",
                code="missing-property",
                hint=f"give {self.task.type} a value for '{self._path}{name}'",
            )
        return found

    def flag(self, name: str, default: bool = False) -> bool:
        found = self.value(name)
        if found is None or found == "":
            return default
        if isinstance(found, bool):
            return found
        text = as_text(found).strip().lower()
        if text not in ("true", "false"):
            raise self._wrong(name, found, "true or false")
        return text == "true"

    def integer(self, name: str, default: int = 0) -> int:
        found = self.value(name)
        if found is None or found == "":
            return default
        try:
            return int(as_text(found).strip())
        except ValueError:
            raise self._wrong(name, found, "a whole number") from None

    def number(self, name: str, default: float = 0.0) -> float:
        found = self.value(name)
        if found is None or found == "":
            return default
        try:
            return float(as_text(found).strip())
        except ValueError:
            raise self._wrong(name, found, "a number") from None

    def seconds(self, name: str, default: float | None = None) -> float | None:
        """A duration in seconds."""
        found = self.value(name)
        if found is None or found == "":
            return default
        try:
            return seconds_of(found)
        except ValueError as error:
            raise self._wrong(name, found, str(error)) from None

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """One of some words, in any letter case."""
        found = self.text(name, default).strip().upper()
        if found not in allowed:
            raise self._wrong(name, found, "one of " + ", ".join(allowed))
        return found

    def items(self, name: str) -> list[Any]:
        """A list, written as such or as JSON text; a single value is a list of one; absent is empty."""
        found = self.value(name)
        if found is None or found == "":
            return []
        if isinstance(found, str) and found.lstrip().startswith("["):
            found = self._json(name, found, "a list")
        if isinstance(found, list | tuple):
            return list(found)
        return [found]

    def strings(self, name: str) -> list[str]:
        return [as_text(item) for item in self.items(name)]

    def mapping(self, name: str) -> dict[str, Any]:
        """A map, written as such or as JSON text; absent is empty. Values keep their kinds."""
        found = self.value(name)
        if found is None or found == "":
            return {}
        if isinstance(found, str):
            found = self._json(name, found, "a map")
        if not isinstance(found, Mapping):
            raise self._wrong(name, found, "a map")
        return {as_text(key): value for key, value in found.items()}

    def texts(self, name: str) -> dict[str, str]:
        """A map of text values."""
        return {key: as_text(value) for key, value in self.mapping(name).items()}

    def within(self, name: str) -> Props:
        """A nested map of properties; empty when absent."""
        found = self._source.get(name)
        if isinstance(found, str):
            found = self.mapping(name)
        if found is not None and not isinstance(found, Mapping):
            raise self._wrong(name, found, "a map")
        return Props(self.task, found or {}, f"{self._path}{name}.", self._extra)

    def _json(self, name: str, text: str, wanted: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            raise self._wrong(name, text, f"{wanted}, or JSON text of one") from None

    def _wrong(self, name: str, found: Any, wanted: str) -> TaskFailed:
        return TaskFailed(
            f"{self._path}{name} must be {wanted}, not '{as_text(found)[:80]}'",
            code="wrong-kind",
            hint=f"correct '{self._path}{name}' of task {self.task.task_id}",
        )
