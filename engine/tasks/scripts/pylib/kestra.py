"""The ``kestra`` module for scripts that run here: outputs, metrics and a logger, told by printed lines."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def _send(message: Mapping[str, Any]) -> None:
    sys.stdout.write("::" + json.dumps(message, default=str) + "::\n")
    sys.stdout.flush()


def _metric(kind: str, name: str, value: float, tags: Mapping[str, str] | None) -> None:
    _send({"metrics": [{"name": name, "type": kind, "value": value, "tags": tags or {}}]})


class Kestra:
    """Kestra.outputs({...}), Kestra.counter(name, n), Kestra.timer(name, seconds or callable), Kestra.logger()."""

    @staticmethod
    def outputs(map_: Mapping[str, Any]) -> None:
        """Give values to the tasks that follow, as outputs.ID.vars."""
        _send({"outputs": dict(map_)})

    @staticmethod
    def counter(name: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        """Count something."""
        _metric("counter", name, value, tags)

    @staticmethod
    def gauge(name: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        """State a level."""
        _metric("gauge", name, value, tags)

    @staticmethod
    def timer(name: str, duration: float | Callable[[], Any], tags: Mapping[str, str] | None = None) -> Any:
        """State a time in seconds, or call a function and state how long it took; gives what it returns."""
        if not callable(duration):
            _metric("timer", name, duration, tags)
            return None
        start = time.perf_counter()
        result = duration()
        _metric("timer", name, time.perf_counter() - start, tags)
        return result

    @staticmethod
    def logger() -> logging.Logger:
        """A logger whose records keep their level in the log of the execution."""
        logger = logging.getLogger("Kestra")
        if not logger.handlers:
            logger.addHandler(_Sender())
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
        return logger


class _Sender(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        level = {"WARNING": "WARN", "CRITICAL": "ERROR"}.get(record.levelname, record.levelname)
        _send({"logs": [{"level": level, "message": self.format(record)}]})
