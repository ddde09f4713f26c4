"""What every embedder must do, run against each of them; Gemini through its real SDK against a local server."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import KnowledgeSettings
from rag.embedders import Embedder, open_embedder
from rag.embedders.local import SAME_VECTORS
from rag.errors import EmbedderMissing

TEXTS = [
    "Download a file from the web",
    "io.kestra.plugin.core.http.Download",
    "retry:\n  type: constant\n  interval: PT5S",
    "Ein Satz mit Umlauten: äöü",
    "long " * 100,
]


class _Gemini(BaseHTTPRequestHandler):
    """Embeds by hashing; refuses one key, and gives too few vectors for one text."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["x-goog-api-key"] == "wrong":
            return self._answer(400, {"error": {"code": 400, "message": "API key not valid", "status": "INVALID"}})
        texts = [r["content"]["parts"][0]["text"] for r in asked["requests"]]
        size = asked["requests"][0]["outputDimensionality"]
        vectors = [{"values": _hashed(t, size)} for t in texts if t != "lose me"]
        return self._answer(200, {"embeddings": vectors})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        pass


def _hashed(text: str, size: int) -> list[float]:
    seed = int(hashlib.md5(text.encode()).hexdigest(), 16) % 2**32
    return [float(v) for v in np.random.default_rng(seed).normal(size=size) * 3]


@pytest.fixture(scope="module")
def gemini() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gemini)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")


def _gemini_settings(url: str, key: str = "right") -> KnowledgeSettings:
    return KnowledgeSettings(embedder="gemini", gemini_api_key=key, gemini_base_url=url, gemini_dimension=64)


@pytest.fixture(scope="module", params=["minilm", "minilm on onnx", "minilm on torch", "gemini"])
def embedder(request: pytest.FixtureRequest, folder: Path, gemini: str) -> Embedder:
    settings = {
        "minilm": KnowledgeSettings(),
        "minilm on onnx": KnowledgeSettings(runtime="onnx"),
        "minilm on torch": KnowledgeSettings(runtime="torch"),
        "gemini": _gemini_settings(gemini),
    }
    return open_embedder(settings[request.param], folder)


def test_vectors_are_rows_of_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_order_and_company_do_not_matter(embedder: Embedder) -> None:
    forward = embedder.embed(TEXTS)
    backward = embedder.embed(TEXTS[::-1])[::-1]
    alone = np.stack([embedder.embed([t])[0] for t in TEXTS])
    assert np.allclose(forward, backward, atol=1e-4)
    assert np.allclose(forward, alone, atol=1e-4)


def test_being_told_of_many_texts_changes_no_vector(embedder: Embedder) -> None:
    few = embedder.embed(TEXTS)
    embedder.prepare(10_000)
    many = embedder.embed(TEXTS)
    embedder.prepare(1)
    assert np.allclose(few, many, atol=1e-3)


def test_a_query_is_one_vector_near_the_same_passage(embedder: Embedder) -> None:
    query = embedder.embed_query(TEXTS[0])
    assert query.shape == (embedder.dimension,)
    assert int(np.argmax(embedder.embed(TEXTS) @ query)) == 0


def test_tokens_are_counted_without_a_limit(embedder: Embedder) -> None:
    assert embedder.count_tokens("one two three") < embedder.count_tokens("one two three " * 50)
    assert embedder.count_tokens("word " * 3000) > embedder.max_tokens


def test_names_tell_models_apart(embedder: Embedder) -> None:
    assert embedder.name
    assert embedder.name not in {"minilm", "gemini"}


def test_both_runtimes_give_the_same_vectors_under_the_same_name(folder: Path) -> None:
    onnx = open_embedder(KnowledgeSettings(runtime="onnx"), folder)
    torch = open_embedder(KnowledgeSettings(runtime="torch"), folder)
    assert onnx.name == torch.name
    texts = [*TEXTS, "truncated " * 400]
    assert float((onnx.embed(texts) * torch.embed(texts)).sum(axis=1).min()) >= SAME_VECTORS


def test_a_query_does_not_import_torch_once_the_model_was_exported(folder: Path) -> None:
    open_embedder(KnowledgeSettings(runtime="onnx"), folder).embed(["x"])
    code = (
        "import sys; from pathlib import Path; from rag import KnowledgeSettings\n"
        "from rag.embedders import open_embedder\n"
        "open_embedder(KnowledgeSettings(), Path(sys.argv[1])).embed(['x'])\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == 0


def test_a_damaged_export_falls_back_to_torch(folder: Path, tmp_path: Path) -> None:
    name = open_embedder(KnowledgeSettings(), folder).name
    (tmp_path / f"{name}.onnx").write_bytes(b"not a model")
    embedder = open_embedder(KnowledgeSettings(), tmp_path)
    assert embedder.embed(["x"]).shape == (1, 384)


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "model"
    empty.mkdir()
    with pytest.raises(EmbedderMissing):
        open_embedder(KnowledgeSettings(embedder=str(empty)), tmp_path).embed(["x"])


def test_gemini_without_a_key_or_with_a_wrong_one_is_told_and_the_key_is_not(gemini: str, folder: Path) -> None:
    with pytest.raises(EmbedderMissing, match="need a key"):
        open_embedder(KnowledgeSettings(embedder="gemini"), folder)
    with pytest.raises(EmbedderMissing) as told:
        open_embedder(_gemini_settings(gemini, "wrong"), folder).embed(["x"])
    assert "wrong" not in str(told.value)


def test_too_few_vectors_are_an_error_never_a_shift(gemini: str, folder: Path) -> None:
    with pytest.raises(EmbedderMissing, match="1 vectors for 2 texts"):
        open_embedder(_gemini_settings(gemini), folder).embed(["a", "lose me"])
