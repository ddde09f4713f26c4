"""Retrieval over Kestra's documentation: sources, chunks, embedders, index, search, evaluation.

``Knowledge.open(home)`` is the door. Nothing heavy is imported before it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag.errors import KnowledgeError
from rag.model import Chunk, Document, Found, Hit, Summary
from rag.settings import KnowledgeSettings

if TYPE_CHECKING:
    from rag.knowledge import Knowledge

__all__ = ["Chunk", "Document", "Found", "Hit", "Knowledge", "KnowledgeError", "KnowledgeSettings", "Summary"]


def __getattr__(name: str) -> Any:
    if name == "Knowledge":
        from rag.knowledge import Knowledge

        return Knowledge
    raise AttributeError(name)
