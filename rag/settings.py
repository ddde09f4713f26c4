"""What can be set about the knowledge. Made once at the edge and handed in; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MINILM = "minilm"


@dataclass(frozen=True, slots=True)
class KnowledgeSettings:
    """``embedder``: ``minilm`` (packaged, no download), ``gemini``, or any sentence-transformers folder or hub name.

    ``runtime``: how a local model runs: ``onnx`` and ``torch`` force one, ``auto`` takes ONNX where the exported
    model gives the same vectors. ``corpus`` replaces the bundled corpus by another folder of the same layout.
    ``chroma_url`` keeps vectors in a Chroma server. ``cross_encoder`` is a local folder; none by default.
    ``breadcrumb`` puts the heading path before the text that is embedded. ``canary`` (0 to 1): share of the
    remembered neighbours that must come back when a generation is opened.
    """

    embedder: str = MINILM
    runtime: Literal["auto", "onnx", "torch"] = "auto"
    corpus: Path | None = None
    chroma_url: str | None = None
    cross_encoder: Path | None = None
    breadcrumb: bool = True
    bundled_vectors: bool = True
    models: Path | None = None
    batch: int = 16
    canary: float = 0.95
    gemini_api_key: str | None = None
    gemini_base_url: str | None = None
    gemini_model: str = "gemini-embedding-001"
    gemini_dimension: int = 768
