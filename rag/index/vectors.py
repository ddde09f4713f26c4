"""Vectors in Chroma: embedded in the generation's folder, or in a Chroma server. Ids are chunk numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import IndexDamaged, IndexNotWritten, SourceUnreachable

if TYPE_CHECKING:
    from rag.embedders import Vectors

_BATCH = 2000
# The low thresholds make Chroma write its graph after every part. With the usual ones the last vectors stay in a log
# that each opening replays into the graph's files, and a file that changes when it is read cannot be told from a
# damaged one.
_GRAPH = {"space": "cosine", "ef_construction": 128, "ef_search": 128, "max_neighbors": 24}
_SPACE = {"hnsw": {**_GRAPH, "sync_threshold": 2, "batch_size": 2}}


class VectorStore:
    """A collection of one generation. ``place``: a folder, or the URL of a server."""

    def __init__(self, client: Any, collection: Any) -> None:
        self._client = client
        self._collection = collection

    def __enter__(self) -> VectorStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def create(cls, place: Path | str, name: str) -> VectorStore:
        """An empty collection. IndexNotWritten when it cannot be made."""
        with _translated(IndexNotWritten, "the vector index cannot be written"):
            client = _client(place)
            return cls(client, client.create_collection(name, configuration=_SPACE, embedding_function=None))

    @classmethod
    def open(cls, place: Path | str, name: str) -> VectorStore:
        """The collection as it was built. IndexDamaged when it cannot be read."""
        with _translated(IndexDamaged, "the vector index cannot be read"):
            client = _client(place)
            try:
                return cls(client, client.get_collection(name, embedding_function=None))
            except BaseException:
                # A client that stays open would be handed out again for the same folder, whatever lies there by then.
                _close(client)
                raise

    def add(self, numbers: Sequence[int], vectors: Vectors, heard: Callable[[int], None] = lambda done: None) -> None:
        """Adds one vector a number, in even parts; ``heard`` is told how many are in."""
        parts = -(-len(numbers) // _BATCH)
        edges = [len(numbers) * n // parts for n in range(parts + 1)] if parts else []
        for start, end in pairwise(edges):
            with _translated(IndexNotWritten, "the vector index cannot be written"):
                ids = [str(n) for n in numbers[start:end]]
                self._collection.add(ids=ids, embeddings=vectors[start:end])
            heard(end)

    def remove(self, numbers: Sequence[int]) -> None:
        """Takes vectors out; they must be there."""
        for start in range(0, len(numbers), _BATCH):
            with _translated(IndexNotWritten, "the vector index cannot be written"):
                self._collection.delete(ids=[str(n) for n in numbers[start : start + _BATCH]])

    def rename(self, name: str) -> None:
        with _translated(IndexNotWritten, "the vector index cannot be written"):
            self._collection.modify(name=name)

    def query(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """(number, cosine) of the nearest, best first."""
        with _translated(IndexDamaged, "the vector index cannot be read"):
            found = self._collection.query(query_embeddings=[vector], n_results=k, include=["distances"])
        return [(int(i), 1.0 - float(d)) for i, d in zip(found["ids"][0], found["distances"][0], strict=True)]

    def count(self) -> int:
        with _translated(IndexDamaged, "the vector index cannot be read"):
            return int(self._collection.count())

    def drop(self) -> None:
        """Removes the collection from a server."""
        with _translated(IndexNotWritten, "the vector index cannot be removed"):
            self._client.delete_collection(self._collection.name)

    def close(self) -> None:
        _close(self._client)


def _close(client: Any) -> None:
    # Older clients have no close; what they hold goes with the process.
    close = getattr(client, "close", None)
    if close is not None:
        close()


def _client(place: Path | str) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if isinstance(place, Path):
        return chromadb.PersistentClient(str(place), settings=settings)
    parts = urlsplit(place)
    try:
        return chromadb.HttpClient(
            parts.hostname or "localhost", parts.port or 8000, ssl=parts.scheme == "https", settings=settings
        )
    except ValueError as error:
        raise SourceUnreachable(f"no Chroma server answers at {place}", hint="start it with `chroma run`") from error


@contextlib.contextmanager
def _translated(kind: type[IndexDamaged] | type[IndexNotWritten], what: str) -> Iterator[None]:
    """Chroma's errors (its own, its Rust core's, SQLite's) share no base class: this is the boundary to it."""
    try:
        yield
    except (IndexDamaged, IndexNotWritten, SourceUnreachable):
        raise
    except Exception as error:
        raise kind(f"{what}: {error}") from error
