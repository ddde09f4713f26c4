"""A second look at the best hits by a local cross-encoder, which reads query and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from rag.errors import EmbedderMissing


class Reranker(Protocol):
    """Scores passages for a query; higher is better, and only the order counts."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]: ...


class CrossEncoderReranker:
    """Any sentence-transformers cross-encoder in a local folder; loaded on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Any = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        if self._model is None:
            try:
                from sentence_transformers import CrossEncoder

                self._model = CrossEncoder(str(self._folder), device="cpu", local_files_only=True)
            except (ImportError, OSError, ValueError) as error:
                raise EmbedderMissing(
                    f"the cross-encoder in {self._folder} cannot be loaded: {error}", hint="name another, or none"
                ) from error
        return [float(s) for s in self._model.predict([(query, t) for t in texts], show_progress_bar=False)]


def reordered(order: Sequence[int], scores: Sequence[float]) -> list[int]:
    """Numbers by the sum of their reciprocal ranks in the order they have and in that of the scores."""
    by_score = sorted(range(len(order)), key=lambda i: -scores[i])
    rank = {position: place for place, position in enumerate(by_score)}
    fused = sorted(range(len(order)), key=lambda i: -(1 / (10 + i) + 1 / (10 + rank[i])))
    return [order[i] for i in fused]
