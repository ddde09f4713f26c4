"""One process opens the index once, however many requests arrive before it is there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from copilot.settings import Settings
from copilot.wiring import Workbench
from rag import Knowledge


def test_requests_that_arrive_together_open_the_index_once(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    waiting = threading.Event()

    def slow_open(*given: Any, **named: Any) -> object:
        opened.append(object())
        waiting.wait(0.3)  # long enough for the others to arrive; nothing depends on how long it is
        return opened[-1]

    monkeypatch.setattr(Knowledge, "open", slow_open)
    bench = Workbench(Settings(home=tmp_path))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: bench.knowledge, range(4)))
    assert len(opened) == 1
    assert found == opened * 4
