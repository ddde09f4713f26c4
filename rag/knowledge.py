"""The knowledge as others use it: open it, search it, gather from it for a prompt, take sources in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.chunk import VERSION
from rag.embedders import Embedder, open_embedder
from rag.errors import IndexBusy, IndexDamaged, IndexMismatch
from rag.index.generation import LEXICAL, Generation, Manifest, Shelf, intact, open_generation, read_manifest
from rag.ingest import Builder, Documents
from rag.model import Found, Hit, Kind, Progress, Summary, no_progress
from rag.rerank import CrossEncoderReranker
from rag.retrieve import Retriever, Stages
from rag.settings import KnowledgeSettings
from rag.sources import Source
from rag.sources.corpus import CORPUS, CorpusSource, corpus_digest

log = logging.getLogger(__name__)

DEFAULT_TARGET = "1.1"
QUOTAS: Mapping[Kind, int] = {"reference": 8, "example": 3, "prose": 4}
"""Most chunks of each kind in a gathered context."""


class Knowledge:
    """An open index. Safe to share between threads; follows the current generation when another process switches it."""

    def __init__(self, shelf: Shelf, embedder: Embedder, settings: KnowledgeSettings, generation: Generation) -> None:
        self._shelf = shelf
        self._embedder = embedder
        self._settings = settings
        self._lock = threading.Lock()
        self._generation = generation
        self._reranker = CrossEncoderReranker(settings.cross_encoder) if settings.cross_encoder else None
        self._retriever = Retriever(generation, embedder, self._reranker)
        self.notes: list[str] = []
        """What had to be done to open it (built, rebuilt and why), for the reader."""

    @classmethod
    def open(
        cls,
        home: Path,
        settings: KnowledgeSettings = KnowledgeSettings(),  # noqa: B008  frozen
        *,
        progress: Progress = no_progress,
        embedder: Embedder | None = None,
    ) -> Knowledge:
        """Opens the current generation of ``home/index``, building it from the corpus when there is none.

        A damaged one is replaced: by what its own documents give when those are intact, else from the corpus. An
        index made by another model or chunker is refused (IndexMismatch) if it holds more than the corpus.
        """
        shelf = Shelf(home / "index")
        embedder = embedder or open_embedder(settings, settings.models or home / "models")
        notes: list[str] = []
        generation = _open_or_build(shelf, embedder, settings, progress, notes)
        knowledge = cls(shelf, embedder, settings, generation)
        knowledge.notes = notes
        knowledge._follow_corpus(progress)
        return knowledge

    @property
    def manifest(self) -> Manifest:
        return self._generation.manifest

    @property
    def embedder(self) -> Embedder:
        return self._embedder

    @property
    def retriever(self) -> Retriever:
        """The search over the generation that is open now."""
        return self._current()

    def understood(self, words: str) -> str:
        """The words that a search looks for: in English, without slips, as far as they are known."""
        return self._current().understood(words)

    def chunk_text(self, chunk: str) -> str | None:
        """The text of a chunk as it is stored; None when there is no such chunk now."""
        return self._generation.lexical.chunk_text(chunk)

    def headings(self) -> list[str]:
        """The headings of all pages: the questions that the corpus answers."""
        return self._generation.lexical.headings()

    def search(
        self,
        words: str,
        *,
        k: int = 10,
        target: str = DEFAULT_TARGET,
        kinds: Sequence[Kind] | None = None,
        explain: bool = False,
        stages: Stages = Stages(),  # noqa: B008  frozen
    ) -> Found:
        """At most ``k`` hits, best first; empty with a ``reason`` when nothing is relevant.

        ``explain`` keeps the ranks and the cosine in ``Hit.ranks``; without it they are left out.
        """
        found = self._current().search(words, k=k, target=target, kinds=kinds, stages=stages)
        if explain:
            return found
        return Found([_plain(hit) for hit in found], reason=found.reason)

    def gather(
        self,
        words: str,
        *,
        target: str = DEFAULT_TARGET,
        budget_tokens: int = 4000,
        quotas: Mapping[Kind, int] = QUOTAS,
    ) -> Found:
        """Hits for a prompt: for each step of the request, within the quotas of kinds and the budget of tokens."""
        from rag.gather import gather

        return gather(
            self._current(), words, target=target, budget=budget_tokens, quotas=quotas,
            count=self._embedder.count_tokens,
        )  # fmt: skip

    def ingest(self, sources: Sequence[Source | str], progress: Progress = no_progress) -> Summary:
        """Takes sources in (values, or their names as ``open_source`` reads them; none: the corpus again).

        Their documents of before are replaced. IndexBusy while another process writes.
        """
        from rag.sources.named import open_source

        named = sources or [CorpusSource(_corpus(self._settings))]
        opened = [open_source(s) if isinstance(s, str) else s for s in named]
        with self._shelf.owned():
            self._reopen_if_switched()
            summary = self._builder().ingest(self._documents(), opened, progress, self._generation)
            self._reopen_if_switched()
        return summary

    def remove(self, key: str, progress: Progress = no_progress) -> Summary:
        """Takes out all documents of one source."""
        with self._shelf.owned():
            self._reopen_if_switched()
            summary = self._builder().ingest(self._documents(), [_Nothing(key)], progress, self._generation)
            self._reopen_if_switched()
        return summary

    def close(self) -> None:
        self._generation.close()

    def _follow_corpus(self, progress: Progress) -> None:
        """Takes the bundled corpus in again when it is another one than at the last look (a newer version of us)."""
        if CORPUS not in self.manifest.sources:
            return
        folder = _corpus(self._settings)
        digest, stamp = corpus_digest(folder), self._shelf.folder / "corpus.digest"
        if stamp.is_file() and stamp.read_text("utf-8") == digest:
            return
        if not self.notes:
            try:
                summary = self.ingest([CorpusSource(folder)], progress)
            except IndexBusy as error:
                self.notes.append(f"the bundled corpus has changed and will be read next time: {error.message}")
                return
            self.notes.append(f"the bundled corpus has changed: {summary}")
        stamp.write_text(digest, "utf-8")

    def _documents(self) -> Documents:
        """All documents, from a file that is still what was written: they become the next generation."""
        if not intact(self._generation.folder, LEXICAL, self.manifest):
            raise IndexDamaged(
                "the full-text index was damaged while in use", hint="start again: it is rebuilt at start"
            )
        return {(source, d.id): d for source, d in self._generation.lexical.documents()}

    def _builder(self) -> Builder:
        return Builder(self._shelf, self._embedder, self._settings, _corpus(self._settings))

    def _current(self) -> Retriever:
        self._reopen_if_switched()
        return self._retriever

    def _reopen_if_switched(self) -> None:
        now = self._shelf.current()
        if now is None or now == self._generation.folder:
            return
        with self._lock:
            if now == self._generation.folder:
                return
            opened = open_generation(now, canary=self._settings.canary)
            _match(opened.manifest, self._embedder, self._settings)
            # The old one is not closed: another thread may be in the middle of a query on it.
            self._generation, self._retriever = opened, Retriever(opened, self._embedder, self._reranker)


class _Nothing:
    """A source that holds no documents any more."""

    def __init__(self, key: str) -> None:
        self.key = key

    def documents(self):  # type: ignore[no-untyped-def]
        return iter(())


def _plain(hit: Hit) -> Hit:
    from dataclasses import replace

    return replace(hit, ranks={})


def _corpus(settings: KnowledgeSettings) -> Path:
    if settings.corpus is not None:
        return settings.corpus
    from docs_corpus import ROOT

    return ROOT


def _match(manifest: Manifest, embedder: Embedder, settings: KnowledgeSettings) -> None:
    wanted = (embedder.name, embedder.dimension, VERSION, settings.breadcrumb)
    have = (manifest.model, manifest.dimension, manifest.chunker, manifest.breadcrumb)
    if wanted != have:
        raise IndexMismatch(
            f"the index was built with {have[0]} ({have[1]} dimensions, chunker {have[2]}),"
            f" the settings ask for {wanted[0]} ({wanted[1]}, chunker {wanted[2]})",
            hint="use the former settings, or delete the folder of the index to have it built anew",
        )


def _open_or_build(
    shelf: Shelf, embedder: Embedder, settings: KnowledgeSettings, progress: Progress, notes: list[str]
) -> Generation:
    try:
        current = shelf.current()
        if current is not None:
            generation = open_generation(current, canary=settings.canary)
            _match_or_close(generation, embedder, settings)
            return generation
        reason = "the index is built from the bundled corpus"
    except IndexDamaged as error:
        reason = f"the index is damaged ({error.message}) and is rebuilt"
    except IndexMismatch:
        if set(read_manifest(current).sources) - {CORPUS}:  # type: ignore[arg-type]
            raise
        reason = "the index was built with another model or chunker and is rebuilt from the bundled corpus"
    log.warning(reason) if "damaged" in reason else log.info(reason)
    notes.append(reason)
    with shelf.owned(wait=600):
        return _rebuild(shelf, embedder, settings, progress, notes)


def _rebuild(
    shelf: Shelf, embedder: Embedder, settings: KnowledgeSettings, progress: Progress, notes: list[str]
) -> Generation:
    """Builds anew, unless another process did so while this one waited for the lock."""
    current = shelf.current() if _is_link(shelf) else None
    if current is not None:
        try:
            generation = open_generation(current, canary=settings.canary)
            _match_or_close(generation, embedder, settings)
            return generation
        except (IndexDamaged, IndexMismatch):
            pass
    documents = _rescued(current, notes) if current is not None else {}
    builder = Builder(shelf, embedder, settings, _corpus(settings))
    if documents:
        builder.publish(documents, progress)
    else:
        builder.ingest({}, [CorpusSource(_corpus(settings))], progress)
    built = shelf.current()
    if built is None:
        raise IndexDamaged("the index could not be built")
    return open_generation(built, canary=settings.canary)


def _is_link(shelf: Shelf) -> bool:
    link = shelf.folder / "current"
    if link.exists() and not link.is_symlink():
        raise IndexDamaged(f"{link} is not a link", hint="move it away")
    return link.is_symlink()


def _rescued(folder: Path, notes: list[str]) -> Documents:
    """The documents of a damaged generation, when they are all there; else none, and a note on what that loses."""
    from rag.index.lexical import LexicalReader

    try:
        manifest = read_manifest(folder)
        if LEXICAL in manifest.files and intact(folder, LEXICAL, manifest):
            reader = LexicalReader(folder / LEXICAL)
            found = {(source, d.id): d for source, d in reader.documents()}
            reader.close()
            if len(found) == manifest.documents:
                return found
        lost = sorted(set(manifest.sources) - {CORPUS})
    except IndexDamaged:
        lost = ["all sources but the bundled corpus"]
    if lost:
        notes.append(f"these sources were lost and must be ingested again: {', '.join(lost)}")
    return {}


def _match_or_close(generation: Generation, embedder: Embedder, settings: KnowledgeSettings) -> None:
    try:
        _match(generation.manifest, embedder, settings)
    except IndexMismatch:
        generation.close()
        raise
