"""An ingest killed at any moment leaves the old index or the new one, never half of either."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rag import Knowledge
from rag.sources.folder import FolderSource

HERE = Path(__file__).parent


def _kill_during_ingest(home: Path, corpus: Path, pages: Path, delay: float) -> None:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "ingest_process.py"), str(home), str(corpus), str(pages)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HERE.parents[1],
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"opened\n"
    time.sleep(delay)
    process.kill()
    process.wait()


def _survive(tmp_path: Path, settings: Any, words: Any, kills: int, *, mostly_old: bool) -> None:
    pages, home = tmp_path / "pages", tmp_path / "home"
    pages.mkdir()
    opened = Knowledge.open(home, settings, embedder=words)
    if mostly_old:
        # Most of the index stays, so that it is carried on instead of being built anew.
        for page in range(240):
            (pages / f"old{page}.md").write_text(f"# Old page {page}\n\n" + f"old{page} " * 20)
        opened.ingest([FolderSource(pages)])
    valid = {opened.manifest.content}
    opened.close()
    chance = random.Random(11)
    for number in range(kills):
        for page in range(10 if mostly_old else 60):
            (pages / f"p{page}.md").write_text(f"# Page {page}\n\nround{number} " + f"word{page} " * 30)
        _kill_during_ingest(home, settings.corpus, pages, chance.uniform(0, 0.5))
        words.embedded.clear()
        reopened = Knowledge.open(home, settings, embedder=words)
        assert reopened.notes == []
        assert reopened.search("download a file", k=3)
        finished = reopened.manifest.content not in valid
        reopened.ingest([FolderSource(pages)])
        assert not (finished and words.embedded)
        valid.add(reopened.manifest.content)
        assert {h.origin for h in reopened.search(f"round{number}", k=100)} >= {str(pages / "p0.md")}
        reopened.close()
    assert not list((home / "index").glob(".build-*"))


@pytest.mark.parametrize("mostly_old", [False, True], ids=["built anew", "carried on"])
def test_ingests_killed_at_random_moments(tmp_path: Path, settings: Any, words: Any, mostly_old: bool) -> None:
    _survive(tmp_path, settings, words, kills=4, mostly_old=mostly_old)


@pytest.mark.slow
@pytest.mark.parametrize("mostly_old", [False, True], ids=["built anew", "carried on"])
def test_ingests_killed_at_fifty_random_moments(tmp_path: Path, settings: Any, words: Any, mostly_old: bool) -> None:
    _survive(tmp_path, settings, words, kills=50, mostly_old=mostly_old)
