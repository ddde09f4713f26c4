"""Vectors can live in a Chroma server instead of the home folder."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag import Knowledge
from rag.errors import IndexDamaged, IndexNotWritten, SourceUnreachable
from rag.rerank import reordered
from rag.retrieve import Retriever
from rag.sources.folder import FolderSource


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--path", str(tmp_path_factory.mktemp("chroma"))],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


def test_a_server_holds_the_vectors_of_the_generations_that_are_kept(
    tmp_path: Path, settings: Any, words: Any, server: str
) -> None:
    import chromadb

    pages = tmp_path / "pages"
    pages.mkdir()
    knowledge = Knowledge.open(tmp_path / "home", replace(settings, chroma_url=server), embedder=words)
    for number in range(3):
        (pages / "a.md").write_text(f"# Page\n\nround{number}\n")
        knowledge.ingest([FolderSource(pages)])
        assert knowledge.search(f"round{number}", k=5)
    port = int(server.rpartition(":")[2])
    names = [c.name for c in chromadb.HttpClient("127.0.0.1", port).list_collections()]
    assert sorted(name.rpartition("-")[2] for name in names) == ["3", "4"]
    assert not (tmp_path / "home" / "index" / "gen-4" / "chroma").exists()


def test_a_server_that_is_off_is_told(tmp_path: Path, settings: Any, words: Any) -> None:
    with pytest.raises((SourceUnreachable, IndexNotWritten, IndexDamaged)):
        Knowledge.open(tmp_path / "home", replace(settings, chroma_url="http://127.0.0.1:1"), embedder=words)
    assert not (tmp_path / "home" / "index" / "current").exists()


def test_a_cross_encoder_moves_what_it_prefers_up_and_leaves_named_types_first(
    tmp_path: Path, settings: Any, words: Any
) -> None:
    class Prefers:
        def scores(self, query: str, texts: list[str]) -> list[float]:
            return [float("subject2" in t) for t in texts]

    knowledge = Knowledge.open(tmp_path / "home", settings, embedder=words)
    generation = knowledge._generation
    plain = Retriever(generation, words).search("log.Log subject1 subject2", k=5, target="1.1")
    looked = Retriever(generation, words, Prefers()).search("log.Log subject1 subject2", k=5, target="1.1")
    assert looked[0].chunk == plain[0].chunk == "type/io.kestra.plugin.core.log.Log"
    assert "subject2" in f"{looked[1].title} {looked[1].text}"
    assert looked[1].ranks["rerank"] == 1


def test_a_second_order_is_fused_with_the_first() -> None:
    assert reordered([7, 8], [2.0, 1.0]) == [7, 8]
    assert reordered([7, 8, 9], [0.0, 1.0, 2.0])[-1] != 9
    assert reordered([7, 8, 9, 5, 6], [0.0, 0.0, 0.0, 9.0, 0.0]).index(5) < 3
