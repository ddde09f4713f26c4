"""The journal: an append-only log of events in plain SQLite, and a small summary of each execution for lists.

One process writes, from whichever thread holds the runner's lead, one transaction for everything that is ready
together. When ``write`` returns, the changes survive ``kill -9``, and with full durability a power cut too.
Readers use connections of their own, so a list never waits for a run.
"""

from __future__ import annotations

import itertools
import json
import math
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import EnvironmentMissing

Durability = Literal["full", "process"]
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
FORMAT = 1
"""Kept in the file's ``user_version``; raised whenever the schema or the events change in what they mean."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    execution TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (execution, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, flow TEXT NOT NULL,
    revision INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, finished INTEGER NOT NULL,
    created REAL NOT NULL, ended REAL, source TEXT, parent TEXT, caller TEXT, labels TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS executions_of ON executions (namespace, flow, created);
CREATE INDEX IF NOT EXISTS executions_called ON executions (caller);
CREATE INDEX IF NOT EXISTS executions_parent ON executions (parent);
CREATE TABLE IF NOT EXISTS sources (hash TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logs (
    execution TEXT NOT NULL, seq INTEGER NOT NULL, task TEXT, task_run TEXT, attempt INTEGER,
    at REAL NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (execution, seq)
) WITHOUT ROWID;
"""


_COLUMNS = "id, namespace, flow, revision, kind, state, finished, created, ended, source, parent, caller, labels"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list of executions shows. ``finished``: nothing more will happen, afterExecution tasks included.
    ``caller`` is the execution whose Subflow, ForEachItem or Flow trigger started it, ``parent`` a loop's."""

    id: str
    namespace: str
    flow: str
    revision: int
    kind: str
    state: str
    finished: bool
    created: float
    ended: float | None
    source: str | None
    parent: str | None
    caller: str | None
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line, secrets already masked."""

    execution: str
    task: str | None
    task_run: str | None
    attempt: int | None
    at: float
    level: str
    message: str


_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Journal:
    """The journal of one home directory. ``full`` flushes each commit to the disk, ``process`` leaves that to
    the system: safe against kill -9, may lose the last commits in a power cut."""

    def __init__(self, path: Path, *, durability: Durability = "full") -> None:
        self._path = path
        self.durability = durability
        self._readers = threading.local()
        self._open_readers: list[sqlite3.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            self._take_format()
            last = "SELECT max(ifnull((SELECT max(seq) FROM events), 0), ifnull((SELECT max(seq) FROM logs), 0))"
            self._next = itertools.count(self._writer.execute(last).fetchone()[0] + 1)
        except (sqlite3.Error, OSError) as cause:
            raise EnvironmentMissing(
                f"cannot open the journal {path}: {cause}", hint="choose a home directory that can be written"
            ) from cause

    def _take_format(self) -> None:
        """Make a new file ours; EnvironmentMissing for one that another version wrote."""
        # One statement, so that another process that opens it first is seen wholly or not at all.
        query = "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        found, used = self._writer.execute(query).fetchone()
        if used and found != FORMAT:
            self._writer.close()
            raise EnvironmentMissing(
                f"the journal {self._path} has format {found}, this version reads format {FORMAT}",
                hint="move the file away to begin anew, or use the version that wrote it",
                code="journal-format",
            )
        if not used:
            self._writer.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self.durability == 'full' else 'NORMAL'}")
        return connection

    # -- writing -------------------------------------------------------------------------------------

    def write(
        self,
        events: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
        summaries: Sequence[Summary] = (),
        logs: Sequence[LogLine] = (),
        sources: Mapping[str, str] | None = None,
    ) -> None:
        """Record in one transaction: events by execution, summaries, log lines, flow sources by hash."""
        with self._transaction() as writer:
            for execution, group in events:
                writer.execute("INSERT INTO events VALUES (?, ?, ?)", (execution, next(self._next), _json(group)))
            if summaries:
                writer.executemany(
                    f"INSERT INTO executions ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
                    " ON CONFLICT (id) DO UPDATE SET"
                    " state = excluded.state, finished = excluded.finished, ended = excluded.ended,"
                    " labels = excluded.labels, revision = excluded.revision, source = excluded.source",
                    [_row(summary) for summary in summaries],
                )
            if logs:
                writer.executemany(
                    "INSERT INTO logs VALUES (?,?,?,?,?,?,?,?)",
                    [
                        (x.execution, next(self._next), x.task, x.task_run, x.attempt, x.at, x.level, x.message)
                        for x in logs
                    ],
                )
            for key, text in (sources or {}).items():
                writer.execute("INSERT OR IGNORE INTO sources VALUES (?, ?)", (key, text))

    def delete(self, execution: str, *, logs: bool) -> None:
        """Forget an execution, and its log lines if wanted."""
        with self._transaction() as writer:
            writer.execute("DELETE FROM events WHERE execution = ?", (execution,))
            writer.execute("DELETE FROM executions WHERE id = ?", (execution,))
            if logs:
                writer.execute("DELETE FROM logs WHERE execution = ?", (execution,))

    def delete_logs(
        self, executions: Iterable[str], *, since: float = 0.0, until: float = math.inf, levels: Iterable[str] = LEVELS
    ) -> int:
        """Remove log lines of these executions written between two times, both included; gives how many."""
        wanted = list(levels)
        test = f"execution = ? AND at BETWEEN ? AND ? AND level IN ({','.join('?' * len(wanted))})"
        with self._transaction() as writer:
            return sum(
                writer.execute(f"DELETE FROM logs WHERE {test}", (execution, since, until, *wanted)).rowcount
                for execution in executions
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer
            self._writer.execute("COMMIT")
        except sqlite3.Error as cause:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise EnvironmentMissing(
                f"the journal cannot be written: {cause}", hint=f"look at the disk that holds {self._path}"
            ) from cause

    # -- reading -------------------------------------------------------------------------------------

    def events(self, execution: str) -> list[dict[str, Any]]:
        """Every event of an execution in the order recorded; empty when there is none."""
        rows = self._read("SELECT body FROM events WHERE execution = ? ORDER BY seq", (execution,))
        return [event for (body,) in rows for event in json.loads(body)]

    def summary(self, execution: str) -> Summary | None:
        """The summary of one execution, or None."""
        rows = self._read(f"SELECT {_COLUMNS} FROM executions WHERE id = ?", (execution,))
        return _summary(rows[0]) if rows else None

    def summaries(
        self,
        *,
        namespace: str | None = None,
        flow: str | None = None,
        states: Iterable[str] = (),
        caller: str | None = None,
        parent: str | None = None,
        finished: bool | None = None,
        loops: bool = False,
        limit: int = 1000,
    ) -> list[Summary]:
        """Executions, newest first; iterations of loops only with ``loops`` or a ``parent``."""
        wanted = list(states)
        tests: list[tuple[str, list[Any]]] = []
        for column, value in (("namespace", namespace), ("flow", flow), ("caller", caller), ("parent", parent)):
            if value is not None:
                tests.append((f"{column} = ?", [value]))
        if wanted:
            tests.append((f"state IN ({','.join('?' * len(wanted))})", wanted))
        if finished is not None:
            tests.append(("finished = ?", [int(finished)]))
        if not loops and parent is None:
            tests.append(("kind = 'NORMAL'", []))
        where = " AND ".join(test for test, _ in tests) or "1"
        values = [value for _, values in tests for value in values]
        rows = self._read(
            f"SELECT {_COLUMNS} FROM executions WHERE {where} ORDER BY created DESC, seq DESC LIMIT ?", (*values, limit)
        )
        return [_summary(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many executions are in each state; iterations of loops are left out."""
        rows = self._read("SELECT state, count(*) FROM executions WHERE kind = 'NORMAL' GROUP BY state", ())
        return {str(state): int(count) for state, count in rows}

    def logs(self, execution: str | None = None, *, min_level: str = "TRACE", limit: int = 1_000_000) -> list[LogLine]:
        """Log lines in the order written, of one execution or of all."""
        levels = LEVELS[LEVELS.index(min_level) :]
        place = f"level IN ({','.join('?' * len(levels))})"
        test, values = (f"execution = ? AND {place}", (execution, *levels)) if execution else (place, levels)
        rows = self._read(
            "SELECT execution, task, task_run, attempt, at, level, message FROM logs"
            f" WHERE {test} ORDER BY seq LIMIT ?",
            (*values, limit),
        )
        return [LogLine(*row) for row in rows]

    def source(self, key: str) -> str | None:
        """A flow's text by its hash."""
        rows = self._read("SELECT source FROM sources WHERE hash = ?", (key,))
        return str(rows[0][0]) if rows else None

    def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        reader = getattr(self._readers, "connection", None)
        if reader is None:
            reader = self._readers.connection = self._connect()
            self._open_readers.append(reader)
        return list(reader.execute(sql, tuple(values)).fetchall())

    def close(self) -> None:
        """Close every connection."""
        for connection in (*self._open_readers, self._writer):
            connection.close()


def _row(s: Summary) -> tuple[Any, ...]:
    return (
        s.id,
        s.namespace,
        s.flow,
        s.revision,
        s.kind,
        s.state,
        int(s.finished),
        s.created,
        s.ended,
        s.source,
        s.parent,
        s.caller,
        _json(dict(s.labels)),
    )


def _summary(row: Sequence[Any]) -> Summary:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Summary(**{**values, "finished": bool(values["finished"]), "labels": json.loads(values["labels"])})
