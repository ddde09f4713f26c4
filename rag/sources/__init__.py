"""Where documents come from. A source is one file here and one line in ``rag.sources.named.open_source``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from rag.model import Document


class Source(Protocol):
    """``key`` names the source for good: documents of the same key replace each other at the next ingest."""

    @property
    def key(self) -> str: ...

    def documents(self) -> Iterator[Document]:
        """All documents that the source holds now. Errors of ``rag.errors`` when it cannot be read."""
        ...
