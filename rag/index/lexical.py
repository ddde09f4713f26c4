"""Full text and all facts about chunks and documents: one SQLite file with an FTS5 table.

The file of a published generation is never written to again, so readers open it as immutable.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged
from rag.model import Chunk, Document, text_digest
from rag.versions import version_number
from rag.words import split_name

TOKENIZER = "porter unicode61 remove_diacritics 2"
_SCHEMA = f"""
CREATE TABLE documents (
    source TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, facts TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, document TEXT NOT NULL,
    kind TEXT NOT NULL, digest TEXT NOT NULL, since INTEGER NOT NULL, removed INTEGER NOT NULL,
    facts TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX chunks_document ON chunks (document);
CREATE VIRTUAL TABLE words USING fts5 (
    title, names, path, text, keywords, content='', tokenize="{TOKENIZER}"
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, 'row');
"""
_NEVER = 10**9
_REMEMBERED = 20_000
# How much a word counts by where it stands: title, type names, heading path, text, keywords.
_WEIGHTS = "4.0, 4.0, 3.0, 1.0, 0.9"

_DOCUMENT_FACTS = ("kind", "title", "origin", "since", "removed", "topics", "types", "aliases", "keywords", "weight")
_TUPLES = ("path", "topics", "types", "mentions", "aliases")
_CHUNK_FACTS = ("title", "path", "origin", "since", "removed", "topics", "types", "mentions", "aliases", "weight")


@dataclass(frozen=True, slots=True)
class Row:
    """A stored chunk as retrieval needs it; ``embedded`` is not kept."""

    number: int
    id: str
    document: str
    kind: str
    text: str
    facts: dict[str, Any]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self.facts["types"])

    @property
    def weight(self) -> float:
        return float(self.facts["weight"])


class LexicalWriter:
    """Writes a new file. Used by one thread; ``close`` makes the file final."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)

    def add_document(self, source: str, document: Document) -> None:
        facts = json.dumps({k: getattr(document, k) for k in _DOCUMENT_FACTS}, ensure_ascii=False)
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
            (source, document.id, document.digest, facts, document.body),
        )

    def add_chunks(self, source: str, chunks: Iterable[tuple[int, Chunk]]) -> None:
        """Chunks with their numbers, which no other chunk has."""
        for number, chunk in chunks:
            facts = json.dumps({k: getattr(chunk, k) for k in _CHUNK_FACTS}, ensure_ascii=False)
            since = version_number(chunk.since) if chunk.since else 0
            removed = version_number(chunk.removed) if chunk.removed else _NEVER
            self._connection.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, chunk.id, source, chunk.document, chunk.kind, chunk.digest, since, removed,
                 facts, chunk.text),
            )  # fmt: skip
            self._connection.execute(
                "INSERT INTO words (rowid, title, names, path, text, keywords) VALUES (?, ?, ?, ?, ?, ?)",
                (number, chunk.title, _names(chunk), " ".join(chunk.path), chunk.text, chunk.keywords),
            )

    def close(self) -> None:
        self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._connection.commit()
        self._connection.close()


def _term(word: str) -> str:
    """A word or phrase quoted for FTS5, so that nothing in it is an operator."""
    return '"' + word.replace('"', " ") + '"'


def _names(chunk: Chunk) -> str:
    """Type names whole and in words; only those that the chunk is about, or every guide would match every name."""
    if chunk.kind != "reference":
        return " ".join(chunk.topics)
    return " ".join(w for name in (*chunk.types, *chunk.aliases) for w in [name, *split_name(name)])


class LexicalReader:
    """Reads a published file; safe to share between threads (each has its own connection)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        # The file never changes, so what was read once stays true; all three are bounded.
        self._counted: dict[str, int] = {}
        self._heading: dict[str, bool] = {}
        self._known: dict[int, Row] = {}

    def search(self, words: Sequence[str], limit: int) -> list[int]:
        """Numbers of chunks that hold any of the words, best first."""
        query = " OR ".join(_term(w) for w in words if w.strip())
        if not query:
            return []
        sql = f"SELECT rowid FROM words WHERE words MATCH ? AND rank MATCH 'bm25({_WEIGHTS})' ORDER BY rank LIMIT ?"
        return [n for (n,) in self._rows(sql, (query, limit))]

    def rows(self, numbers: Sequence[int]) -> dict[int, Row]:
        known = self._known
        missing = [n for n in numbers if n not in known]
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            for r in self._rows(
                "SELECT number, id, document, kind, text, facts FROM chunks "
                f"WHERE number IN ({','.join('?' * len(part))})",
                part,
            ):
                known[r[0]] = Row(r[0], r[1], r[2], r[3], r[4], json.loads(r[5]))
        if len(known) > _REMEMBERED:
            self._known = {}
        return {n: known[n] for n in numbers}

    def ranges(self) -> list[tuple[int, str, int, int, str]]:
        """(number, kind, since, removed, document) of every chunk."""
        return self._rows("SELECT number, kind, since, removed, document FROM chunks ORDER BY number")

    def beside(self, source: str) -> frozenset[int]:
        """The chunks of every other source."""
        return frozenset(n for (n,) in self._rows("SELECT number FROM chunks WHERE source <> ?", (source,)))

    def references(self) -> list[tuple[int, list[str], list[str], float]]:
        """(number, types, aliases, weight) of the first chunk of every reference document."""
        found = self._rows(
            "SELECT MIN(number), json_extract(facts, '$.types'), json_extract(facts, '$.aliases'), "
            "json_extract(facts, '$.weight') FROM chunks WHERE kind = 'reference' GROUP BY source, document"
        )
        return [(n, json.loads(t), json.loads(a), float(w)) for n, t, a, w in found]

    def mentions(self) -> dict[int, list[str]]:
        """The other types that each chunk speaks of."""
        found = self._rows(
            "SELECT number, json_extract(facts, '$.mentions'), "
            "CASE kind WHEN 'reference' THEN json_extract(facts, '$.types') ELSE '[]' END FROM chunks "
            "WHERE json_extract(facts, '$.mentions') <> '[]'"
        )
        spoken = {n: [x for x in json.loads(names) if x not in json.loads(own)] for n, names, own in found}
        return {n: names for n, names in spoken.items() if names}

    def siblings(self, document: str) -> list[int]:
        return [n for (n,) in self._rows("SELECT number FROM chunks WHERE document = ? ORDER BY number", (document,))]

    def documents(self) -> Iterator[tuple[str, Document]]:
        for source, ident, facts, body in self._rows("SELECT source, id, facts, body FROM documents ORDER BY 1, 2"):
            loaded = json.loads(facts)
            for name in ("topics", "types", "aliases"):
                loaded[name] = tuple(loaded[name])
            yield source, Document(id=ident, body=body, **loaded)

    def cuts(self, document: Document, source: str) -> list[tuple[int, Chunk]]:
        """The numbered chunks of a document as the chunker made them; empty unless all come back as they were."""
        rows = self._rows(
            "SELECT number, id, kind, digest, facts, text FROM chunks "
            " WHERE document = ? AND source = ? ORDER BY number",
            (document.id, source),
        )
        found: list[tuple[int, Chunk]] = []
        for number, ident, kind, digest, facts, text in rows:
            loaded = json.loads(facts)
            for name in _TUPLES:
                loaded[name] = tuple(loaded[name])
            crumbed = f"{' > '.join(loaded['path'])}\n{text}"
            embedded = next((t for t in (crumbed, text) if text_digest(t) == digest), None)
            if embedded is None:
                return []
            chunk = Chunk(
                id=ident, document=document.id, kind=kind, text=text, embedded=embedded, keywords=document.keywords,
                **loaded,
            )  # fmt: skip
            found.append((number, chunk))
        return found

    def headings(self) -> list[str]:
        found = self._rows("SELECT DISTINCT json_extract(facts, '$.title') FROM chunks WHERE kind = 'prose' ORDER BY 1")
        return [str(title) for (title,) in found]

    def chunk_text(self, ident: str) -> str | None:
        found = self._rows("SELECT text FROM chunks WHERE id = ?", (ident,))
        return str(found[0][0]) if found else None

    def document_body(self, ident: str) -> str:
        found = self._rows("SELECT body FROM documents WHERE id = ?", (ident,))
        return str(found[0][0]) if found else ""

    def digests(self) -> dict[tuple[str, str], str]:
        return {(s, i): d for s, i, d in self._rows("SELECT source, id, digest FROM documents")}

    def chunk_digests(self) -> list[tuple[int, str]]:
        return self._rows("SELECT number, digest FROM chunks ORDER BY number")

    def frequencies(self, words: Sequence[str]) -> dict[str, int]:
        """In how many chunks each word stands, by its stem."""
        known = self._counted
        for word in words:
            if word not in known:
                found = self._rows("SELECT count(*) FROM words WHERE words MATCH ?", (_term(word),))
                known[word] = int(found[0][0])
        if len(known) > _REMEMBERED:
            self._counted = {}
        return {word: known[word] for word in words}

    def stems(self) -> dict[str, int]:
        """The stems that stand in more than one chunk, and in how many."""
        return dict(self._rows("SELECT term, doc FROM vocabulary WHERE doc > 1 AND length(term) > 3 ORDER BY term"))

    def beginning(self, stem: str, limit: int) -> list[int]:
        """Numbers of chunks with a word of this stem, or one that goes on from it."""
        # The stem is stemmed once more, which may shorten it; what is found still begins with the rest.
        return [
            n for (n,) in self._rows("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", (f"{_term(stem)} *", limit))
        ]

    def subjects(self, words: Sequence[str]) -> set[str]:
        """Those of the words that name or head something, or say in a reference what it is for."""
        known = self._heading
        for word in words:
            if word not in known:
                known[word] = self._heads(_term(word))
        if len(known) > _REMEMBERED:
            self._heading = {}
        return {word for word in words if known[word]}

    def _heads(self, term: str) -> bool:
        heads = "SELECT 1 FROM words WHERE words MATCH ? LIMIT 1"
        tells = (
            "SELECT 1 FROM words JOIN chunks ON number = words.rowid WHERE words MATCH ? AND kind = 'reference' LIMIT 1"
        )
        return bool(
            self._rows(heads, (f"{{title names path keywords}} : {term}",)) or self._rows(tells, (f"text : {term}",))
        )

    def count(self) -> int:
        return int(self._rows("SELECT count(*) FROM chunks")[0][0])

    def close(self) -> None:
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        connection = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = sqlite3.connect(
                    f"file:{self._path}?mode=ro&immutable=1", uri=True, check_same_thread=False
                )
                self._local.connection = connection
                with self._lock:
                    self._opened.append(connection)
            return connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"the full-text index cannot be read: {error}", hint="it is rebuilt at start") from error
