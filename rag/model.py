"""The values of the knowledge: documents go in, chunks are kept, hits come out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["reference", "example", "prose"]
KINDS: tuple[Kind, ...] = ("reference", "example", "prose")


@dataclass(frozen=True, slots=True)
class Document:
    """One page, type or flow, before it is cut. ``body`` is Markdown; ``id`` is unique within its source.

    ``since``/``removed`` bound the Kestra versions it speaks of (``None``: open). ``types`` are the types it is
    about; ``keywords`` widen the full-text search and are never shown. ``weight`` (0 to 1) says how much the page
    counts against others of equal rank: below 1 for deprecated or superseded matter.
    """

    id: str
    kind: Kind
    title: str
    body: str
    origin: str
    since: str | None = None
    removed: str | None = None
    topics: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    keywords: str = ""
    weight: float = 1.0

    @property
    def digest(self) -> str:
        """SHA-256 over everything that reaches the index."""
        parts = [
            self.id, self.kind, self.title, self.body, self.origin, self.since, self.removed,
            list(self.topics), list(self.types), list(self.aliases), self.keywords, self.weight,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that fits the embedding model. ``path`` is the breadcrumb of headings.

    ``embedded`` is the text that the model sees (breadcrumb and text); its hash keys the vector.
    """

    id: str
    document: str
    kind: Kind
    title: str
    path: tuple[str, ...]
    text: str
    embedded: str
    origin: str
    since: str | None = None
    removed: str | None = None
    topics: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    keywords: str = ""
    weight: float = 1.0

    @property
    def digest(self) -> str:
        return text_digest(self.embedded)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. ``why`` says how (one line); ``ranks`` holds the rank in each list that held it."""

    chunk: str
    kind: Kind
    title: str
    text: str
    origin: str
    version_since: str | None
    version_removed: str | None
    types: tuple[str, ...]
    heading_path: tuple[str, ...]
    score: float
    why: str
    topics: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ranks: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it; ``ranks`` only when they were asked for."""
        out = asdict(self)
        if not self.ranks:
            del out["ranks"]
        return out

    @property
    def version(self) -> str:
        """The version range in words: ``all``, ``since 1.2``, ``before 2.0`` or both."""
        parts = [f"since {self.version_since}"] if self.version_since else []
        parts += [f"before {self.version_removed}"] if self.version_removed else []
        return ", ".join(parts) or "all"


class Found(list[Hit]):
    """Hits, best first. When it is empty, ``reason`` says why nothing was found relevant."""

    def __init__(self, hits: list[Hit] | None = None, *, reason: str = "") -> None:
        super().__init__(hits or [])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Summary:
    """What an ingest did, in documents (and ``embedded`` chunks that the model had to see)."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    chunks: int = 0
    embedded: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.added} added, {self.changed} changed, {self.removed} removed, {self.unchanged} unchanged documents;"
            f" {self.embedded} chunks embedded in {self.seconds:.1f} s"
        )


Progress = Callable[[str], None]
"""Hears a line of text now and then while something slow goes on."""


def text_digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def no_progress(text: str) -> None:
    """The progress callback of callers that want none."""


def bar(what: str, done: int, total: int) -> str:
    """``embedding [#####...............]  512 of 2048 chunks``."""
    filled = 20 * done // total if total else 20
    return f"{what} [{'#' * filled}{'.' * (20 - filled)}] {done} of {total}"
