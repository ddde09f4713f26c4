"""The journal: order, atomic commits, readers beside the writer, and what happens when it cannot be written."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from engine.errors import EnvironmentMissing
from engine.execution.clock import VirtualClock
from engine.storage.journal import Journal, LogLine, Summary

SUMMARY = Summary("x", "ns", "flow", 1, "NORMAL", "RUNNING", False, 1.0, None, "hash", None, None, {"a": "b"})
FLOW = """
id: journal
namespace: tests.journal
tasks:
  - {id: one, type: io.kestra.plugin.core.debug.Return, format: x}
  - {id: two, type: io.kestra.plugin.core.debug.Return, format: x}
"""


def line(execution: str, level: str, message: str) -> LogLine:
    return LogLine(execution, "task", "run", 0, 1.0, level, message)


def test_events_come_back_in_the_order_they_were_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.write([("x", [{"e": 1}, {"e": 2}]), ("y", [{"e": 9}])])
    journal.write([("x", [{"e": 3}])])
    assert [e["e"] for e in journal.events("x")] == [1, 2, 3]
    assert journal.events("nowhere") == []


def test_numbering_goes_on_after_reopening(tmp_path: Path) -> None:
    for number in range(3):
        journal = Journal(tmp_path / "j.sqlite")
        journal.write([("x", [{"e": number}])], logs=[line("x", "INFO", str(number))])
        journal.close()
    journal = Journal(tmp_path / "j.sqlite")
    assert [e["e"] for e in journal.events("x")] == [0, 1, 2]
    assert [x.message for x in journal.logs("x")] == ["0", "1", "2"]


def test_a_summary_is_replaced_and_keeps_its_place(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.write([], [SUMMARY])
    journal.write([], [replace(SUMMARY, id="y")])
    journal.write([], [replace(SUMMARY, state="SUCCESS", finished=True, ended=2.0)])
    assert [s.id for s in journal.summaries()] == ["y", "x"]
    found = journal.summary("x")
    assert found is not None
    assert (found.state, found.finished, found.ended, found.labels) == ("SUCCESS", True, 2.0, {"a": "b"})


def test_iterations_of_loops_are_listed_only_on_request(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.write([], [SUMMARY, replace(SUMMARY, id="y", kind="LOOP", parent="x")])
    assert [s.id for s in journal.summaries()] == ["x"]
    assert [s.id for s in journal.summaries(parent="x")] == ["y"]


def test_logs_are_kept_from_a_level_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.write([], logs=[line("x", level, level) for level in ("TRACE", "WARN", "INFO", "ERROR")])
    assert [x.message for x in journal.logs("x", min_level="WARN")] == ["WARN", "ERROR"]
    assert len(journal.logs()) == 4


def test_a_commit_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    bad: Any = replace(SUMMARY, namespace=None)  # type: ignore[arg-type]
    with pytest.raises(EnvironmentMissing):
        journal.write([("x", [{"e": 1}])], [bad])
    assert journal.events("x") == []
    journal.write([("x", [{"e": 2}])])
    assert [e["e"] for e in journal.events("x")] == [2]


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.write([("x", [{"e": 1}])])
    other = sqlite3.connect(tmp_path / "j.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    seen: list[int] = []
    reader = threading.Thread(target=lambda: seen.extend(e["e"] for e in journal.events("x")))
    reader.start()
    reader.join(20)
    other.execute("ROLLBACK")
    other.close()
    assert seen == [1]


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("process", 1)])
def test_durability_is_what_was_asked_for(tmp_path: Path, durability: Any, level: int) -> None:
    journal = Journal(tmp_path / "j.sqlite", durability=durability)
    assert journal._writer.execute("PRAGMA synchronous").fetchone()[0] == level
    assert journal._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_home_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentMissing) as caught:
        Journal(tmp_path / "file" / "j.sqlite")
    assert caught.value.hint


def test_no_task_starts_that_could_not_be_recorded(tmp_path: Path) -> None:
    started: list[str] = []

    def run_task(task: Any, context: Any) -> dict[str, Any]:
        started.append(task.id)
        return {}

    with Engine(tmp_path, clock=VirtualClock(), run_task=run_task) as engine:
        write = engine.journal.write

        def full_disk(*given: Any) -> None:
            if started:
                raise EnvironmentMissing("the disk is full", hint="make room")
            write(*given)

        engine.journal.write = full_disk  # type: ignore[method-assign]
        with pytest.raises(EnvironmentMissing):
            engine.run(FLOW)
        assert started == ["one"]
        with pytest.raises(EnvironmentMissing):
            engine.run(FLOW)
    assert started == ["one"]
