"""The key-value store: typed values per namespace, with expiry.

Types are Kestra's. Values are JSON values both ways; dates, times and durations are ISO text whose type is
remembered, and a text shaped as a duration is a DURATION whatever it was stored as, as in Kestra.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from engine.durations import format_duration, parse_duration
from engine.errors import EngineError, NotFound, Refused
from engine.storage.database import Database

KvType = Literal["STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON"]
_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_DURATION = re.compile(r"P(?=[^T]|T.)(?:\d*D)?(?:T(?=.)(?:\d*H)?(?:\d*M)?(?:\d*S)?)?")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kv (
    namespace TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, description TEXT,
    created REAL NOT NULL, updated REAL NOT NULL, expires REAL, PRIMARY KEY (namespace, key)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class KvEntry:
    """A key with what is known about it; times are in the clock's zone, ``expires`` None for never."""

    namespace: str
    key: str
    type: KvType
    value: Any
    description: str | None
    created: datetime
    updated: datetime
    expires: datetime | None


class KvStore:
    """Implements ``engine.tasks.context.KeyValues``. ``clock`` gives the current time, with zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        database.create(_SCHEMA)

    def get(self, namespace: str, key: str) -> Any:
        """The value; NotFound when missing or expired."""
        return self.entry(namespace, key).value

    def get_inherited(self, namespace: str, key: str) -> Any:
        """The value of this namespace or of the nearest parent that has the key, as ``kv('key')`` looks; NotFound."""
        place = namespace
        while True:
            found = self._find(place, key)
            if found is not None:
                return found.value
            if "." not in place:
                raise _missing(namespace, key)
            place = place.rpartition(".")[0]

    def entry(self, namespace: str, key: str) -> KvEntry:
        """The value with its type, description and times; NotFound when missing or expired."""
        found = self._find(namespace, key)
        if found is None:
            raise _missing(namespace, key)
        return found

    def put(
        self,
        namespace: str,
        key: str,
        value: Any,
        *,
        ttl: float | None = None,
        overwrite: bool = True,
        description: str | None = None,
        type: KvType | None = None,
    ) -> None:
        """Store a value; ``ttl`` in seconds. ``type`` converts text (``NUMBER`` of ``"5"`` is 5); any other value,
        and without ``type`` text too, keeps its own. Refused for a bad key and, with ``overwrite`` false, for one
        that exists."""
        if not _KEY.fullmatch(key):
            raise Refused(f"'{key}' cannot be a key", hint="use letters, digits, '.', '_' and '-'", code="bad-kv-key")
        kind, stored = _natural(value) if type is None else _convert(key, value, type)
        now = self._clock().timestamp()
        expires = None if ttl is None else now + ttl
        with self._database.transaction():
            existing = self._find(namespace, key)
            if existing is not None and not overwrite:
                raise Refused(
                    f"Cannot set value for key '{key}'. Key already exists and `overwrite` is set to `false`.",
                    hint="set overwrite to true, or use another key",
                    code="kv-key-exists",
                )
            created = now if existing is None else existing.created.timestamp()
            self._database.change(
                "INSERT OR REPLACE INTO kv VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (namespace, key, kind, json.dumps(stored, ensure_ascii=False), description, created, now, expires),
            )

    def delete(self, namespace: str, key: str) -> bool:
        """Forget a key; False when it was missing or had expired."""
        alive = self._find(namespace, key) is not None
        return self._database.change("DELETE FROM kv WHERE namespace = ? AND key = ?", (namespace, key)) > 0 and alive

    def keys(self, namespace: str, prefix: str = "") -> list[str]:
        """Keys that have not expired, sorted."""
        return [entry.key for entry in self.entries(namespace) if entry.key.startswith(prefix)]

    def entries(self, namespace: str) -> list[KvEntry]:
        """Everything in a namespace that has not expired, by key."""
        rows = self._database.rows(
            "SELECT * FROM kv WHERE namespace = ? AND (expires IS NULL OR expires > ?) ORDER BY key",
            (namespace, self._clock().timestamp()),
        )
        return [self._entry(row) for row in rows]

    def namespaces(self) -> list[str]:
        """Namespaces that hold a key, sorted."""
        return [row[0] for row in self._database.rows("SELECT DISTINCT namespace FROM kv ORDER BY namespace")]

    def purge_expired(self) -> int:
        """Remove what has expired; gives how many keys."""
        return self._database.change("DELETE FROM kv WHERE expires <= ?", (self._clock().timestamp(),))

    def purge(self, namespaces: Sequence[str], pattern: str, *, expired_only: bool) -> int:
        """Remove the keys of these namespaces that fit a glob pattern, of those that have expired or of all; gives
        how many."""
        now, count = self._clock().timestamp(), 0
        with self._database.transaction():
            for namespace in namespaces:
                count += self._database.change(
                    "DELETE FROM kv WHERE namespace = ? AND key GLOB ? AND (expires <= ? OR NOT ?)",
                    (namespace, pattern, now, expired_only),
                )
        return count

    def _find(self, namespace: str, key: str) -> KvEntry | None:
        row = self._database.one(
            "SELECT * FROM kv WHERE namespace = ? AND key = ? AND (expires IS NULL OR expires > ?)",
            (namespace, key, self._clock().timestamp()),
        )
        return None if row is None else self._entry(row)

    def _entry(self, row: Any) -> KvEntry:
        zone = self._clock().tzinfo
        expires = None if row["expires"] is None else datetime.fromtimestamp(row["expires"], zone)
        return KvEntry(
            row["namespace"],
            row["key"],
            row["type"],
            json.loads(row["value"]),
            row["description"],
            datetime.fromtimestamp(row["created"], zone),
            datetime.fromtimestamp(row["updated"], zone),
            expires,
        )


def _missing(namespace: str, key: str) -> NotFound:
    return NotFound(
        f"The key '{key}' does not exist in the namespace '{namespace}'.",
        hint="set it with the KV Set task or `flowwright kv`",
        code="kv-key-missing",
    )


def _natural(value: Any) -> tuple[KvType, Any]:
    """The type a value has by itself, and its JSON form."""
    if isinstance(value, bool):
        return "BOOLEAN", value
    if isinstance(value, int | float):
        return "NUMBER", value
    if isinstance(value, datetime):
        return "DATETIME", value.isoformat()
    if isinstance(value, date):
        return "DATE", value.isoformat()
    if isinstance(value, timedelta):
        return "DURATION", format_duration(value)
    if isinstance(value, str):
        return ("DURATION" if _is_duration(value) else "STRING"), value
    return "JSON", value


def _is_duration(text: str) -> bool:
    return _DURATION.fullmatch(text) is not None and any(char.isdigit() for char in text)


def _convert(key: str, value: Any, kind: KvType) -> tuple[KvType, Any]:
    """A text as the JSON form of the wanted type; as in Kestra, anything else keeps the type it has."""
    if kind not in get_args(KvType):
        hint = f"use one of {', '.join(get_args(KvType))}"
        raise Refused(f"'{kind}' is not a type of the key-value store", hint=hint, code="bad-kv-type")
    if not isinstance(value, str):
        return _natural(value)
    try:
        return kind, _READ[kind](value)
    except ValueError as error:
        raise KvValueError(f"'{key}' is to be {kind}, and its value cannot be read as that: {error}") from error


class KvValueError(EngineError):
    """A text that does not have the type it is to be stored as."""

    kind = "invalid"
    code = "bad-kv-value"

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="correct the value, or its kvType")


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


_READ: dict[str, Callable[[str], Any]] = {
    "STRING": str,
    "NUMBER": _number,
    "BOOLEAN": lambda text: text.strip().lower() == "true",
    "DATETIME": lambda text: (datetime.fromisoformat(text), text)[1],
    "DATE": lambda text: date.fromisoformat(text).isoformat(),
    "DURATION": lambda text: (parse_duration(text), text)[1],
    "JSON": json.loads,
}
