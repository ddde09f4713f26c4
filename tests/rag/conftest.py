"""A tiny corpus and a tiny embedder for mechanics; the bundled corpus with the real model for quality."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import Knowledge, KnowledgeSettings


class WordEmbedder:
    """Words hashed into a few dimensions: the same words, the same vector. Counts what it is asked to embed."""

    def __init__(self, name: str = "words-48", dimension: int = 48) -> None:
        self.name = name
        self.dimension = dimension
        self.max_tokens = 64
        self.embedded: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text)) + 2

    def prepare(self, texts: int) -> None:
        pass

    def embed(self, texts: Sequence[str]) -> Any:
        self.embedded += texts
        return np.stack([self._vector(t) for t in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_query(self, text: str) -> Any:
        return self._vector(text)

    def _vector(self, text: str) -> Any:
        vector = np.full(self.dimension, 0.01, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[int(hashlib.md5(word.encode()).hexdigest(), 16) % self.dimension] += 1
        return vector / np.linalg.norm(vector)


TYPES = [
    {"type": "io.kestra.plugin.core.log.Log", "kind": "task", "plugin": "core", "properties": {"message": "string"},
     "aliases": ["io.kestra.core.tasks.log.Log"]},
    {"type": "io.kestra.plugin.core.http.Download", "kind": "task", "plugin": "core",
     "properties": {"uri": {"is": "string", "required": True}}, "outputs": {"uri": "string"}},
    {"type": "io.kestra.plugin.core.flow.ForEach", "kind": "flowable", "plugin": "core", "removed": "2.0",
     "properties": {"values": "any"}},
    {"type": "io.kestra.plugin.core.flow.Loop", "kind": "flowable", "plugin": "core", "since": "2.0",
     "properties": {"values": "any"}},
]  # fmt: skip


def make_corpus(folder: Path, guides: int = 3) -> Path:
    """A corpus of four types, some guides and one blueprint."""
    for name in ("catalog", "guides", "releases", "blueprints"):
        (folder / name).mkdir(parents=True)
    (folder / "catalog" / "types.jsonl").write_text("\n".join(json.dumps(t) for t in TYPES), "utf-8")
    for number in range(guides):
        text = f"---\nid: g{number}\ntitle: Guide {number}\ntopics: [topic{number}]\n---\nAbout subject{number}.\n\n"
        text += f"## How do I use subject{number}?\nUse word{number} with care and patience{number}.\n"
        (folder / "guides" / f"g{number}.md").write_text(text, "utf-8")
    (folder / "releases" / "1.1.md").write_text('---\nversion: "1.1"\n---\n## Added\n- A new thing.\n', "utf-8")
    flow = "id: hello\nnamespace: company.team\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n"
    (folder / "blueprints" / "hello.yaml").write_text(f"# title: Say hello\n# topics: [greeting]\n{flow}", "utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return make_corpus(tmp_path / "corpus")


@pytest.fixture
def settings(corpus: Path) -> KnowledgeSettings:
    return KnowledgeSettings(corpus=corpus)


@pytest.fixture
def words() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> Path:
    """Where the exported model is kept from one test run to the next."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")


@pytest.fixture(scope="session")
def knowledge(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    """The bundled corpus with the packaged model."""
    opened = Knowledge.open(tmp_path_factory.mktemp("knowledge"), KnowledgeSettings(models=models))
    yield opened
    opened.close()
