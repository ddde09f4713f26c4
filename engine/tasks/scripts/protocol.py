"""What a script tells the engine by printing: whole lines ``::{...}::`` with outputs, metrics and logs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.tasks.core.log import LEVELS
from engine.tasks.props import as_text, seconds_of

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_MESSAGE = re.compile(r"^\s*::(\{.*\})::\s*$", re.DOTALL)
_METRICS = ("counter", "timer", "gauge")


class Printed:
    """Follows the lines of a process: messages are taken up, all else is logged (stdout INFO, stderr ERROR)."""

    def __init__(self, task: RunContext) -> None:
        self._task = task
        self.outputs: dict[str, Any] = {}
        self.errors = 0

    def line(self, stream: str, line: str) -> None:
        """Take up one line of a stream, ``stdout`` or ``stderr``."""
        match = _MESSAGE.match(line)
        if match is not None and self._message(match[1]):
            return
        if stream == "stderr":
            self.errors += 1
        if line:
            self._task.log("ERROR" if stream == "stderr" else "INFO", line)

    def _message(self, text: str) -> bool:
        try:
            message = json.loads(text)
        except ValueError as error:
            self._task.log("WARN", f"A line with outputs is not JSON: {error}")
            return False
        if isinstance(message.get("outputs"), Mapping):
            self.outputs.update(message["outputs"])
        for metric in message.get("metrics") or []:
            self._metric(metric)
        for entry in message.get("logs") or []:
            level = str(entry.get("level", "INFO")).upper()
            self._task.log(level if level in LEVELS else "INFO", as_text(entry.get("message")))
        return True

    def _metric(self, metric: Mapping[str, Any]) -> None:
        kind, name = str(metric.get("type", "counter")).lower(), as_text(metric.get("name"))
        try:
            value = seconds_of(metric.get("value", 0))
        except ValueError:
            value = float("nan")
        if kind not in _METRICS or not name or value != value:
            self._task.log("WARN", f"A metric cannot be read: {as_text(metric)}")
            return
        tags = metric.get("tags") or {}
        self._task.metric(name, kind, value, {as_text(key): as_text(item) for key, item in tags.items()})
