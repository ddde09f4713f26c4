"""Registered flows, with every revision of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.errors import InvalidFlow, NotFound
from engine.storage.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS flows (
    namespace TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, source TEXT NOT NULL,
    created REAL NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (namespace, id, revision)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class StoredFlow:
    """One revision of a flow, as text."""

    namespace: str
    id: str
    revision: int
    source: str
    created: datetime


class FlowStore:
    """Flows by namespace and id. ``clock`` gives the current time, with zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        database.create(_SCHEMA)

    def put(self, source: str) -> StoredFlow:
        """Register a flow's text. The same text keeps its revision; InvalidFlow when it has no id or namespace."""
        namespace, flow_id = _identity(source)
        with self._database.transaction():
            latest = self._database.one(
                "SELECT * FROM flows WHERE namespace = ? AND id = ? ORDER BY revision DESC LIMIT 1",
                (namespace, flow_id),
            )
            if latest is not None and latest["source"] == source and not latest["deleted"]:
                return self._stored(latest)
            revision = 1 if latest is None else latest["revision"] + 1
            created = self._clock()
            self._database.change(
                "INSERT INTO flows VALUES (?, ?, ?, ?, ?, 0)",
                (namespace, flow_id, revision, source, created.timestamp()),
            )
        return StoredFlow(namespace, flow_id, revision, source, created)

    def find(self, namespace: str, flow_id: str, revision: int | None = None) -> StoredFlow | None:
        """The newest revision, or the one asked for (also of a deleted flow); None when there is none."""
        if revision is None:
            row = self._database.one(
                "SELECT * FROM flows WHERE namespace = ? AND id = ? ORDER BY revision DESC LIMIT 1",
                (namespace, flow_id),
            )
            return None if row is None or row["deleted"] else self._stored(row)
        row = self._database.one(
            "SELECT * FROM flows WHERE namespace = ? AND id = ? AND revision = ?", (namespace, flow_id, revision)
        )
        return None if row is None else self._stored(row)

    def get(self, namespace: str, flow_id: str, revision: int | None = None) -> StoredFlow:
        """Like ``find``; NotFound when there is none."""
        found = self.find(namespace, flow_id, revision)
        if found is None:
            which = "" if revision is None else f" in revision {revision}"
            raise NotFound(f"no flow '{namespace}.{flow_id}'{which}", hint="register it first", code="flow-not-found")
        return found

    def revisions(self, namespace: str, flow_id: str) -> list[StoredFlow]:
        """Every revision, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM flows WHERE namespace = ? AND id = ? ORDER BY revision", (namespace, flow_id)
        )
        return [self._stored(row) for row in rows]

    def list(self, namespace: str | None = None) -> list[StoredFlow]:
        """The newest revision of each flow that is not deleted, by namespace and id; all namespaces by default."""
        rows = self._database.rows(
            "SELECT * FROM flows AS f WHERE revision = (SELECT max(revision) FROM flows AS g"
            " WHERE g.namespace = f.namespace AND g.id = f.id) AND NOT deleted AND (? IS NULL OR namespace = ?)"
            " ORDER BY namespace, id",
            (namespace, namespace),
        )
        return [self._stored(row) for row in rows]

    def delete(self, namespace: str, flow_id: str) -> bool:
        """Delete a flow; its revisions stay readable by number. False when there was none."""
        changed = self._database.change(
            "UPDATE flows SET deleted = 1 WHERE namespace = ? AND id = ? AND NOT deleted", (namespace, flow_id)
        )
        return changed > 0

    def forget_revisions(self, namespace: str, flow_id: str, revisions: Iterable[int]) -> int:
        """Remove revisions for good, never the newest; gives how many."""
        newest = "SELECT max(revision) FROM flows WHERE namespace = ? AND id = ?"
        return sum(
            self._database.change(
                f"DELETE FROM flows WHERE namespace = ? AND id = ? AND revision = ? AND revision < ({newest})",
                (namespace, flow_id, revision, namespace, flow_id),
            )
            for revision in revisions
        )

    def _stored(self, row: object) -> StoredFlow:
        values = dict(row)  # type: ignore[call-overload]
        created = datetime.fromtimestamp(values["created"], self._clock().tzinfo)
        return StoredFlow(values["namespace"], values["id"], values["revision"], values["source"], created)


def _identity(source: str) -> tuple[str, str]:
    import yaml

    try:
        document = yaml.load(source, yaml.CBaseLoader)
    except yaml.YAMLError as error:
        raise InvalidFlow(f"the flow is not YAML: {error}", hint="check its indentation and quotes") from error
    fields = document if isinstance(document, dict) else {}
    namespace, flow_id = fields.get("namespace"), fields.get("id")
    if not isinstance(namespace, str) or not isinstance(flow_id, str) or not namespace or not flow_id:
        raise InvalidFlow("the flow has no id or no namespace", hint="write both at the top of the flow")
    return namespace, flow_id
