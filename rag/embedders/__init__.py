"""Models that turn text into vectors. An embedder is one file here and one line in ``open_embedder``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.settings import MINILM, KnowledgeSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Vectors are float32, one row a text, of length 1."""

    @property
    def name(self) -> str:
        """Identifies the weights: the same name means the same vectors, whatever runs them."""
        ...

    @property
    def dimension(self) -> int: ...
    @property
    def max_tokens(self) -> int:
        """What the model reads of a text, special tokens included; the rest is dropped silently."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of the text, special tokens included, never truncated."""
        ...

    def prepare(self, texts: int) -> None:
        """Hears how many passages will follow, and may choose another way for many; the vectors are the same."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages. EmbedderMissing when the model cannot be loaded or reached."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The vector of one query, one dimension."""
        ...


def open_embedder(settings: KnowledgeSettings, models: Path) -> Embedder:
    """The embedder that the settings name; nothing heavy is loaded yet. ``models``: folder for exported models."""
    if settings.embedder == "gemini":
        from rag.embedders.gemini import GeminiEmbedder

        return GeminiEmbedder(settings)
    from rag.embedders.local import LocalEmbedder, packaged_minilm

    source = packaged_minilm() if settings.embedder == MINILM else settings.embedder
    return LocalEmbedder(source, models=models, runtime=settings.runtime, batch=settings.batch)
