"""A journal is read by the version that wrote it, or refused with what to do."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import EnvironmentMissing
from engine.storage.journal import Journal


def test_a_journal_of_another_version_is_refused_with_a_hint(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as other:
        other.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, execution TEXT NOT NULL, body TEXT NOT NULL)")
    other.close()
    with pytest.raises(EnvironmentMissing, match="format 0") as refused:
        Journal(tmp_path / "journal.sqlite")
    assert (refused.value.code, "move the file away" in refused.value.hint) == ("journal-format", True)


def test_a_journal_is_opened_again_and_by_several_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        journals = list(pool.map(lambda _: Journal(tmp_path / "journal.sqlite"), range(6)))
    for journal in journals:
        assert journal.summaries() == []
        journal.close()
    Journal(tmp_path / "journal.sqlite").close()
