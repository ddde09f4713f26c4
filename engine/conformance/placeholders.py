"""Placeholders in expected values: ``$execution.id``, ``$taskrun(task).id``, ``$output(task,[values],path)`` ..."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.execution.state import Execution, TaskRun

_CALL = re.compile(r"\$(taskrun|child|output|setup\.execution)\(([^)]*)\)(?:\.id)?|\$execution\.id")
_PART = re.compile(r"\[?\"([^\"]*)\"\]?|\[(\d+)\]|([^.\[\]\"]+)")


def at_path(value: Any, path: str) -> tuple[bool, Any]:
    """Follow ``a.b[0].["c.d"]``; whether it is there, and the value."""
    for quoted, number, plain in _PART.findall(path):
        if number and isinstance(value, list):
            index = int(number)
            if index >= len(value):
                return False, None
            value = value[index]
            continue
        name = quoted or plain or number
        if not isinstance(value, Mapping) or name not in value:
            return False, None
        value = value[name]
    return True, value


def find_run(execution: Execution, task: str, values: list[str] | None = None) -> TaskRun | None:
    """The first run of a task, with these loop values."""
    return execution.find(task, values)


class Placeholders:
    """Fills in placeholders for one execution; ``child`` and ``setup`` give the ids of other executions."""

    def __init__(self, execution: Execution, child: Any, setup: Mapping[str, str]) -> None:
        self._execution = execution
        self._child = child
        self._setup = setup

    def fill(self, value: Any) -> Any:
        """The value with every placeholder in its texts replaced."""
        if isinstance(value, str):
            return _CALL.sub(lambda match: str(self._one(match)), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        return value

    def _one(self, match: re.Match[str]) -> Any:
        kind, arguments = match[1], match[2]
        if kind is None:
            return self._execution.id
        if kind == "child":
            return self._child(arguments)
        if kind == "setup.execution":
            return self._setup.get(arguments, "")
        if kind == "taskrun":
            run = self._execution.find(arguments)
            return run.id if run else ""
        task, rest = arguments.split(",", 1)
        values_text, path = rest.rsplit(",", 1)
        values = [item.strip() for item in values_text.strip()[1:-1].split(",")]
        run = self._execution.find(task.strip(), values)
        found = at_path((run.outputs if run else None) or {}, path.strip())[1]
        return found if isinstance(found, str) else json.dumps(found)
