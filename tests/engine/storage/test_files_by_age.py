"""Files of executions that nobody remembers go by their age; nothing else goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.storage.aging import Purged, purge_files
from engine.storage.files import ExecutionRef, FileStore

DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """Two files of one execution, one old; an old execution of a flow below; an old namespace file."""
    store = FileStore(tmp_path / "files", durable=False)
    for namespace, flow, execution, name, age in (
        ("company.team", "first_flow", "e1", "new.txt", 1),
        ("company.team", "first_flow", "e1", "old.txt", 30),
        ("company.team.below", "other", "e2", "old.txt", 30),
        ("company.teamwork", "third", "e3", "old.txt", 30),
    ):
        files = store.execution(ExecutionRef(namespace, flow, execution), task_id="t", task_run_id="r")
        path = files.open(files.put_bytes(b"x", name))
        os.utime(path, (100 * DAY - age * DAY,) * 2)
    store.namespaces.put("company.team", "executions/kept/a.txt", b"kept")
    os.utime(store.namespaces.get("company.team", "executions/kept/a.txt"), (DAY, DAY))
    return store


def purge(store: FileStore, namespace: str | None, flow: str | None = None, *, dry_run: bool = False) -> Purged:
    return purge_files(store.disk, namespace, flow, 0.0, 90 * DAY, dry_run=dry_run)


def test_old_files_of_a_namespace_and_those_below_it_go(store: FileStore) -> None:
    assert purge(store, "company.team") == Purged(scanned=2, purged=2, deleted=2)
    names = [path.name for path in store.disk.root.rglob("*.txt")]
    assert sorted(names) == ["a.txt", "new.txt", "old.txt"]


def test_without_a_namespace_every_execution_is_looked_at(store: FileStore) -> None:
    assert purge(store, None) == Purged(scanned=3, purged=3, deleted=3)
    assert sorted(path.name for path in store.disk.root.rglob("*.txt")) == ["a.txt", "new.txt"]


def test_a_flow_can_be_named(store: FileStore) -> None:
    assert purge(store, "company.team", "first_flow") == Purged(scanned=1, purged=1, deleted=1)


def test_a_dry_run_only_counts(store: FileStore) -> None:
    assert purge(store, None, dry_run=True) == Purged(scanned=3, purged=3, deleted=0)
    assert len(list(store.disk.root.rglob("*.txt"))) == 5


def test_what_is_too_old_for_the_window_stays(store: FileStore) -> None:
    assert purge_files(store.disk, None, None, 80 * DAY, 90 * DAY, dry_run=False) == Purged(3, 0, 0)


def test_a_namespace_without_files_has_nothing_to_purge(store: FileStore) -> None:
    assert purge(store, "elsewhere") == Purged(0, 0, 0)
