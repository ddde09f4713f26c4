"""Stores in a temporary directory and a clock that moves only when told to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.storage.database import Database
from engine.storage.files import ExecutionRef, FileStore


@dataclass
class Clock:
    now: datetime = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "state" / "engine.db")


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "storage", durable=False)


@pytest.fixture
def ref() -> ExecutionRef:
    return ExecutionRef("company.team", "my-flow", "exec1")
