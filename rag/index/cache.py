"""Vectors by the hash of their text, kept between generations and through an interrupted ingest."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.embedders import Vectors

log = logging.getLogger(__name__)


class VectorCache:
    """One SQLite file a model. A damaged file is thrown away: what it held can be computed again."""

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        self._dimension = dimension
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = self._open()
        except sqlite3.OperationalError:
            raise  # locked or no space: the file itself may be whole
        except sqlite3.DatabaseError as error:
            log.warning("the vector cache %s is damaged (%s) and starts anew", path.name, error)
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE IF NOT EXISTS vectors (digest TEXT PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        connection.execute("SELECT count(*) FROM vectors").fetchone()
        return connection

    def get(self, digests: Iterable[str]) -> dict[str, Vectors]:
        """The vectors that are known, each float32 of length 1; anything else in the file is ignored."""
        import numpy as np

        found: dict[str, Vectors] = {}
        wanted = list(dict.fromkeys(digests))
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            for digest, blob in self._connection.execute(
                f"SELECT digest, vector FROM vectors WHERE digest IN ({marks})", part
            ):
                vector = np.frombuffer(blob, dtype=np.float32)
                if vector.shape == (self._dimension,) and abs(float(vector @ vector) - 1) < 0.01:
                    found[digest] = vector
        return found

    def put(self, vectors: Mapping[str, Vectors]) -> None:
        """Stores them durably: an ingest that is killed afterwards does not compute them again."""
        import numpy as np

        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                [(d, np.asarray(v, dtype=np.float32).tobytes()) for d, v in vectors.items()],
            )

    def keep(self, digests: Iterable[str]) -> None:
        """Forgets every vector but these."""
        with self._connection:
            self._connection.execute("CREATE TEMP TABLE kept (digest TEXT PRIMARY KEY)")
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((d,) for d in digests))
            self._connection.execute("DELETE FROM vectors WHERE digest NOT IN (SELECT digest FROM kept)")
            self._connection.execute("DROP TABLE kept")

    def close(self) -> None:
        self._connection.close()
