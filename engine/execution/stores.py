"""The stores an engine works with, opened together below one home directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from engine.execution.templates import Templates
from engine.storage.database import Database
from engine.storage.files import FileStore
from engine.storage.flows import FlowStore
from engine.storage.kv import KvStore
from engine.storage.secrets import Secrets
from engine.storage.task_cache import TaskCache


@dataclass(frozen=True, slots=True)
class Stores:
    """Files, keys, secrets, flows and cached outputs."""

    database: Database
    files: FileStore
    kv: KvStore
    secrets: Secrets
    flows: FlowStore
    task_cache: TaskCache
    templates: Templates
    encryption_key: str | None = None

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        now: Callable[[], float],
        durable: bool,
        environment: Mapping[str, str],
        encryption_key: str | None,
    ) -> Self:
        """Open or create what lies below ``home``."""

        def clock() -> datetime:
            return datetime.fromtimestamp(now(), UTC)

        database = Database(home / "store.sqlite", durable=durable)
        return cls(
            database=database,
            files=FileStore(home / "files", durable=durable),
            kv=KvStore(database, clock),
            secrets=Secrets(environment),
            flows=FlowStore(database, clock),
            task_cache=TaskCache(database, clock),
            templates=Templates(database),
            encryption_key=encryption_key,
        )

    def seal(self, text: str) -> Mapping[str, str]:
        """A secret as the map that is stored for it. EnvironmentMissing without an encryption key."""
        from engine.storage.encryption import no_key, seal

        if not self.encryption_key:
            raise no_key()
        return seal(self.encryption_key, text)

    def close(self) -> None:
        self.database.close()
