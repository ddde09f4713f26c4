"""From sources to a new generation: only documents that changed are cut, only new texts are embedded."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.chunk import VERSION, Chunker
from rag.embedders import Embedder
from rag.errors import IndexDamaged, IndexNotWritten, InvalidSource
from rag.index.bundled import read_bundled
from rag.index.cache import VectorCache
from rag.index.extend import worth_extending, write_vectors
from rag.index.generation import KEPT, LEXICAL, Generation, Manifest, Shelf, collection_name
from rag.index.lexical import LexicalWriter
from rag.index.vectors import VectorStore
from rag.model import Chunk, Document, Progress, Summary, bar
from rag.settings import KnowledgeSettings
from rag.sources import Source

if TYPE_CHECKING:
    from rag.embedders import Vectors

_EMBED_STEP = 256
"""Chunks embedded between two saves: what a kill can cost."""

Documents = dict[tuple[str, str], Document]
"""By (source key, document id)."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document in chunks, each with its number in the index."""

    source: str
    document: Document
    chunks: list[tuple[int, Chunk]]


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds generations of one shelf. The caller holds the shelf's lock."""

    shelf: Shelf
    embedder: Embedder
    settings: KnowledgeSettings
    corpus: Path

    def ingest(
        self, before: Documents, sources: Sequence[Source], progress: Progress, base: Generation | None = None
    ) -> Summary:
        """Replaces the documents of these sources and publishes, unless nothing changed.

        ``base``: the generation that ``before`` was read from; what did not change is carried over from it.
        A source that fails raises before anything is written: the index stays as it was.
        """
        started = time.monotonic()
        after = dict(before)
        for source in sources:
            found = _read(source, progress)
            after = {k: v for k, v in after.items() if k[0] != source.key}
            after.update(found)
        counts = _compare(before, after, {s.key for s in sources})
        if before and not (counts.added or counts.changed or counts.removed):
            return _timed(counts, started)
        chunks, embedded = self.publish(after, progress, base)
        return _timed(counts, started, chunks=chunks, embedded=embedded)

    def publish(self, documents: Documents, progress: Progress, base: Generation | None = None) -> tuple[int, int]:
        """Builds and switches to a generation of exactly these documents: (chunks, texts embedded)."""
        cuts, carried = self._cut(documents, base)
        try:
            vectors, embedded = self._vectors([c for cut in cuts for _, c in cut.chunks], progress)
            self._write(cuts, vectors, progress, base if carried else None)
        except (OSError, sqlite3.Error) as error:
            self.shelf.clear_builds()
            raise IndexNotWritten(
                f"the new index could not be written: {error}", hint="the old one is still in use; free some space"
            ) from error
        except IndexNotWritten:
            self.shelf.clear_builds()
            raise
        return sum(len(cut.chunks) for cut in cuts), embedded

    def _cut(self, documents: Documents, base: Generation | None) -> tuple[list[_Cut], bool]:
        """Every document in numbered chunks, and whether those of the base keep their numbers.

        Cutting means counting tokens, so a document that did not change keeps the chunks it has. The base was made
        with this chunker and this model's tokenizer: anything else is refused when it is opened.
        """
        chunker = Chunker.of(self.embedder.count_tokens, self.embedder.max_tokens, breadcrumb=self.settings.breadcrumb)
        digests = base.lexical.digests() if base is not None else {}
        cuts: list[_Cut] = []
        kept: list[int] = []
        for (source, ident), document in sorted(documents.items()):
            chunks = []
            if base is not None and digests.get((source, ident)) == document.digest:
                chunks = base.lexical.cuts(document, source)
            kept += [number for number, _ in chunks]
            cuts.append(_Cut(source, document, chunks or [(0, chunk) for chunk in chunker.cut(document)]))
        total = sum(len(cut.chunks) for cut in cuts)
        highest = max((n for n, *_ in base.lexical.ranges()), default=0) if base is not None else 0
        carried = base is not None and worth_extending(kept, total, highest, self.settings.chroma_url)
        fresh = itertools.count(highest + 1 if carried else 1)
        return [
            replace(
                cut, chunks=[(number if carried and number else next(fresh), chunk) for number, chunk in cut.chunks]
            )
            for cut in cuts
        ], carried

    def _write(self, cuts: Sequence[_Cut], vectors: Vectors, progress: Progress, base: Generation | None) -> None:
        number, build = self.shelf.start_build()
        lexical = LexicalWriter(build / LEXICAL)
        for cut in cuts:
            lexical.add_document(cut.source, cut.document)
            lexical.add_chunks(cut.source, cut.chunks)
        lexical.close()
        server = self.settings.chroma_url
        numbered = [item for cut in cuts for item in cut.chunks]
        write_vectors(
            build, number, base, [n for n, _ in numbered], vectors,
            server=server, heard=lambda done: progress(bar("writing chunks", done, len(numbered))),
        )  # fmt: skip
        self.shelf.publish(
            build,
            Manifest(
                number=number,
                model=self.embedder.name,
                dimension=self.embedder.dimension,
                chunker=VERSION,
                breadcrumb=self.settings.breadcrumb,
                documents=len(cuts),
                chunks=len(numbered),
                content=content_digest(c.digest for _, c in numbered),
                sources=tuple(sorted({cut.source for cut in cuts})),
                server=server,
            ),
        )
        if server:
            _drop_old(server, build, number)

    def _vectors(self, chunks: Sequence[Chunk], progress: Progress) -> tuple[Vectors, int]:
        """Vectors in the order of the chunks: from the cache, the bundle, else the model."""
        import numpy as np

        cache = VectorCache(self._cache_path(), self.embedder.dimension)
        try:
            texts = {c.digest: c.embedded for c in chunks}
            known = cache.get(texts)
            if self.settings.bundled_vectors:
                missing = [d for d in texts if d not in known]
                bundled = read_bundled(self.corpus, self.embedder.name, missing)
                cache.put(bundled)
                known.update(bundled)
            embedded = self._embed({d: t for d, t in texts.items() if d not in known}, cache, progress)
            known.update(embedded)
            cache.keep(texts)
        finally:
            cache.close()
        if not chunks:
            raise InvalidSource("there is nothing to index", hint="the sources hold no text")
        return np.stack([known[c.digest] for c in chunks]), len(embedded)

    def _embed(self, texts: Mapping[str, str], cache: VectorCache, progress: Progress) -> dict[str, Vectors]:
        """Longest texts together, so that batches hold texts of like length; saved step by step."""
        out: dict[str, Vectors] = {}
        order = sorted(texts, key=lambda d: -len(texts[d]))
        self.embedder.prepare(len(order))
        for start in range(0, len(order), _EMBED_STEP):
            step = order[start : start + _EMBED_STEP]
            made = dict(zip(step, self.embedder.embed([texts[d] for d in step]), strict=True))
            cache.put(made)
            out.update(made)
            progress(bar("embedding chunks", len(out), len(order)))
        return out

    def _cache_path(self) -> Path:
        safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in self.embedder.name)
        return self.shelf.folder / f"vectors-{safe}.sqlite"


def _drop_old(server: str, build: Path, number: int) -> None:
    """Removes the collections of generations that are no longer kept from a Chroma server."""
    for old in range(max(1, number - KEPT - 3), number - KEPT + 1):
        try:
            VectorStore.open(server, collection_name(build, old)).drop()
        except (IndexDamaged, IndexNotWritten):
            continue  # it was never there, or is gone already


def content_digest(digests: Iterable[str]) -> str:
    """One hash over the texts of an index, whatever their order."""
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def _read(source: Source, progress: Progress) -> Documents:
    found: Documents = {}
    for document in source.documents():
        key = (source.key, document.id)
        if key in found:
            raise InvalidSource(f"{source.key} holds two documents with the id {document.id!r}")
        found[key] = document
        if len(found) % 200 == 0:
            progress(f"reading {source.key}: {len(found)} documents")
    return found


def _compare(before: Documents, after: Documents, keys: set[str]) -> Summary:
    old = {k: d.digest for k, d in before.items() if k[0] in keys}
    new = {k: d.digest for k, d in after.items() if k[0] in keys}
    both = old.keys() & new.keys()
    changed = sum(old[k] != new[k] for k in both)
    return Summary(
        added=len(new.keys() - old.keys()),
        changed=changed,
        removed=len(old.keys() - new.keys()),
        unchanged=len(both) - changed,
    )


def _timed(summary: Summary, started: float, *, chunks: int = 0, embedded: int = 0) -> Summary:
    return Summary(
        summary.added, summary.changed, summary.removed, summary.unchanged,
        chunks, embedded, round(time.monotonic() - started, 3), summary.notes,
    )  # fmt: skip
