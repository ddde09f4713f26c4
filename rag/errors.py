"""The knowledge's error tree, of the same shape as the engine's: ``code``, ``message``, ``hint``, ``kind``."""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal["invalid", "refused", "not_found", "environment", "failed"]


class KnowledgeError(Exception):
    """Root of the tree: ``code`` (kebab-case, stable), ``message``, ``hint`` (what to do now)."""

    kind: ClassVar[Kind] = "failed"
    code: str = "knowledge-error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InvalidSource(KnowledgeError):
    """A source that cannot be read as what it claims to be."""

    kind = "invalid"
    code = "invalid-source"


class SourceNotFound(KnowledgeError):
    """A folder, file or page that is not there."""

    kind = "not_found"
    code = "source-not-found"


class SourceRefused(KnowledgeError):
    """A page that must not be fetched: its host, its size or its robots file says so."""

    kind = "refused"
    code = "source-refused"


class SourceUnreachable(KnowledgeError):
    """A server that does not answer as it should."""

    kind = "environment"
    code = "source-unreachable"


class EmbedderMissing(KnowledgeError):
    """The embedding model cannot be loaded or reached."""

    kind = "environment"
    code = "embedder-missing"


class IndexBusy(KnowledgeError):
    """Another process is writing this index."""

    kind = "environment"
    code = "index-busy"


class IndexDamaged(KnowledgeError):
    """The files of a generation are not what its manifest says."""

    code = "index-damaged"


class IndexMismatch(KnowledgeError):
    """The index was built with another model, dimension or chunker than the settings ask for."""

    kind = "refused"
    code = "index-mismatch"


class IndexNotWritten(KnowledgeError):
    """A new generation could not be written; the old one stays in use."""

    kind = "environment"
    code = "index-not-written"
