"""What triggers remember between executions and restarts: dates, switches, backfills, windows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.storage.database import Database
from engine.triggers.backfill import Backfill

_SCHEMA = """
CREATE TABLE IF NOT EXISTS triggers (
    namespace TEXT NOT NULL, flow_id TEXT NOT NULL, trigger_id TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
    written TEXT NOT NULL DEFAULT '', next TEXT, last TEXT, execution_id TEXT, backfill TEXT,
    windows TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (namespace, flow_id, trigger_id)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class TriggerKey:
    """Names one trigger of one flow."""

    namespace: str
    flow_id: str
    trigger_id: str

    def as_tuple(self) -> tuple[str, str, str]:
        return self.namespace, self.flow_id, self.trigger_id


@dataclass(frozen=True, slots=True)
class TriggerState:
    """``next`` is the date to fire at, ``last`` the one fired at, ``execution_id`` the execution started last that has
    not been seen to end. ``written`` tells whether the trigger's definition is still the one ``next`` came from."""

    disabled: bool = False
    written: str = ""
    next: datetime | None = None
    last: datetime | None = None
    execution_id: str | None = None
    backfill: Backfill | None = None
    windows: Mapping[str, Any] | None = None


class TriggerStore:
    """States of triggers in SQLite, each change durable when the call returns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_SCHEMA)

    def get(self, key: TriggerKey) -> TriggerState:
        """The state; an empty one for a trigger not seen before."""
        row = self._database.one(
            "SELECT * FROM triggers WHERE namespace = ? AND flow_id = ? AND trigger_id = ?", key.as_tuple()
        )
        return TriggerState() if row is None else _state(row)

    def put(self, key: TriggerKey, state: TriggerState) -> None:
        """Replace the state."""
        self._database.change(
            "INSERT OR REPLACE INTO triggers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key.as_tuple(),
                int(state.disabled),
                state.written,
                _text(state.next),
                _text(state.last),
                state.execution_id,
                None if state.backfill is None else _backfill_json(state.backfill),
                json.dumps(dict(state.windows or {})),
            ),
        )

    def advance(self, key: TriggerKey, before: TriggerState, after: TriggerState) -> None:
        """Write what changed from one state to the next, and leave the rest as others may have set it meanwhile."""
        self._ensure(key)
        changed = {
            column: value
            for column, value, old in (
                ("written", after.written, before.written),
                ("next", _text(after.next), _text(before.next)),
                ("last", _text(after.last), _text(before.last)),
                ("execution_id", after.execution_id, before.execution_id),
            )
            if value != old
        }
        with self._database.transaction():
            if changed:
                sets = ", ".join(f"{column} = ?" for column in changed)
                self._update(key, sets, *changed.values())
            if after.backfill != before.backfill:
                self._advance_backfill(key, after.backfill)

    def _advance_backfill(self, key: TriggerKey, backfill: Backfill | None) -> None:
        """How far it has got; one that was ended meanwhile stays ended, one that was paused stays paused."""
        if backfill is None:
            self._update(key, "backfill = NULL")
        else:
            done = _text(backfill.done)
            self._update(key, "backfill = json_set(backfill, '$.done', ?)", done)

    def pause_backfill(self, key: TriggerKey, paused: bool) -> bool:
        """Pause a backfill or let it go on; False when there is none."""
        change = "backfill = json_set(backfill, '$.paused', json(?))"
        return self._update(key, change, "true" if paused else "false", test="backfill IS NOT NULL") > 0

    def _update(self, key: TriggerKey, sets: str, *values: Any, test: str = "1") -> int:
        place = f"namespace = ? AND flow_id = ? AND trigger_id = ? AND {test}"
        return self._database.change(f"UPDATE triggers SET {sets} WHERE {place}", (*values, *key.as_tuple()))

    def disabled(self, key: TriggerKey) -> bool:
        """Whether the trigger was switched off (beside what its flow says)."""
        return self.get(key).disabled

    def set_disabled(self, key: TriggerKey, disabled: bool) -> None:
        """Switch a trigger off or on, as the Toggle task does. A change makes it forget the date it waits for."""
        self._ensure(key)
        if self.disabled(key) != disabled:
            self.forget_dates(key)
        self._database.change(
            "UPDATE triggers SET disabled = ? WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
            (int(disabled), *key.as_tuple()),
        )

    def forget_dates(self, key: TriggerKey) -> None:
        """Drop the date a trigger waits for; the scheduler finds the next one from then on."""
        self._database.change(
            "UPDATE triggers SET next = NULL, written = ''"
            " WHERE namespace = ? AND flow_id = ? AND trigger_id = ? AND written != ''",
            key.as_tuple(),
        )

    def set_backfill(self, key: TriggerKey, backfill: Backfill | None) -> None:
        """Start, replace or end the backfill of a trigger."""
        self._ensure(key)
        self._database.change(
            "UPDATE triggers SET backfill = ? WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
            (None if backfill is None else _backfill_json(backfill), *key.as_tuple()),
        )

    def set_windows(self, key: TriggerKey, windows: Mapping[str, Any]) -> None:
        """Remember the open windows of a Flow trigger."""
        self._ensure(key)
        self._database.change(
            "UPDATE triggers SET windows = ? WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
            (json.dumps(dict(windows)), *key.as_tuple()),
        )

    def holding(self, execution_id: str) -> list[TriggerKey]:
        """Triggers that wait for this execution to end."""
        rows = self._database.rows(
            "SELECT namespace, flow_id, trigger_id FROM triggers WHERE execution_id = ?", (execution_id,)
        )
        return [TriggerKey(*row) for row in rows]

    def all(self) -> dict[TriggerKey, TriggerState]:
        """Every state, by key."""
        rows = self._database.rows("SELECT * FROM triggers ORDER BY namespace, flow_id, trigger_id")
        return {TriggerKey(row["namespace"], row["flow_id"], row["trigger_id"]): _state(row) for row in rows}

    def forget(self, namespace: str, flow_id: str) -> int:
        """Drop the states of a deleted flow; gives how many."""
        return self._database.change("DELETE FROM triggers WHERE namespace = ? AND flow_id = ?", (namespace, flow_id))

    def _ensure(self, key: TriggerKey) -> None:
        self._database.change(
            "INSERT OR IGNORE INTO triggers (namespace, flow_id, trigger_id) VALUES (?, ?, ?)", key.as_tuple()
        )


def _text(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat()


def _date(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _state(row: Any) -> TriggerState:
    backfill = None if row["backfill"] is None else _backfill(json.loads(row["backfill"]))
    return TriggerState(
        bool(row["disabled"]),
        row["written"],
        _date(row["next"]),
        _date(row["last"]),
        row["execution_id"],
        backfill,
        json.loads(row["windows"]),
    )


def _backfill_json(backfill: Backfill) -> str:
    return json.dumps(
        {
            "start": backfill.start.isoformat(),
            "end": backfill.end.isoformat(),
            "inputs": dict(backfill.inputs),
            "labels": dict(backfill.labels),
            "paused": backfill.paused,
            "done": _text(backfill.done),
        }
    )


def _backfill(stored: Mapping[str, Any]) -> Backfill:
    start, end = datetime.fromisoformat(stored["start"]), datetime.fromisoformat(stored["end"])
    return Backfill(start, end, stored["inputs"], stored["labels"], stored["paused"], _date(stored["done"]))
