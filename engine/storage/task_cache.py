"""Outputs kept by ``taskCache``: found again by what the task would do, until they are too old."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.storage.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS task_cache (
    key TEXT PRIMARY KEY, namespace TEXT NOT NULL, flow_id TEXT NOT NULL, task_id TEXT NOT NULL,
    outputs TEXT NOT NULL, stored REAL NOT NULL
) WITHOUT ROWID
"""


class TaskCache:
    """Outputs by key. ``clock`` gives the current time, with zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        database.create(_SCHEMA)

    @staticmethod
    def key(namespace: str, flow_id: str, task_id: str, rendered: Mapping[str, Any], value: str | None = None) -> str:
        """The key of a task with its rendered properties and, in a loop, the value of its iteration."""
        what = [namespace, flow_id, task_id, value, rendered]
        text = json.dumps(what, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def get(self, key: str, ttl: float | None = None) -> dict[str, Any] | None:
        """The outputs, unless older than ``ttl`` seconds; None when there are none."""
        row = self._database.one("SELECT outputs, stored FROM task_cache WHERE key = ?", (key,))
        if row is None or (ttl is not None and self._clock().timestamp() - row["stored"] >= ttl):
            return None
        outputs: dict[str, Any] = json.loads(row["outputs"])
        return outputs

    def put(self, key: str, namespace: str, flow_id: str, task_id: str, outputs: Mapping[str, Any]) -> None:
        """Keep outputs (a JSON map) under the key."""
        self._database.change(
            "INSERT OR REPLACE INTO task_cache VALUES (?, ?, ?, ?, ?, ?)",
            (key, namespace, flow_id, task_id, json.dumps(dict(outputs)), self._clock().timestamp()),
        )

    def clear(self, namespace: str, flow_id: str, task_id: str | None = None) -> int:
        """Forget what a flow, or one of its tasks, has kept; gives how many entries."""
        return self._database.change(
            "DELETE FROM task_cache WHERE namespace = ? AND flow_id = ? AND (? IS NULL OR task_id = ?)",
            (namespace, flow_id, task_id, task_id),
        )
