"""The vector index of a new generation: the last one's, copied and brought up to date, or one built from nothing.

Building the graph of all vectors anew costs more than anything but the embedding of new texts. A copy is used only
when it is known to be whole: each file of the graph is compared with the hash in the manifest, the SQLite file is taken
over by SQLite's own backup, and the result has to hold the right count and the true neighbours of its canaries.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import IndexDamaged, IndexNotWritten
from rag.index.generation import CHROMA, Generation, collection_name, intact, write_canaries
from rag.index.vectors import VectorStore

if TYPE_CHECKING:
    from rag.embedders import Vectors

log = logging.getLogger(__name__)

_LEAST_KEPT = 0.5
"""Share of the new index that must have been in the last one for a copy to be worth it."""
_MOST_HOLES = 0.25
"""Numbers no longer in use, as a share of those that are, up to which a graph is carried on: what was removed stays in
it as dead nodes."""


def worth_extending(kept: Sequence[int], total: int, highest: int, server: str | None) -> bool:
    """``kept``: numbers that stay; ``total``: chunks of the new index; ``highest``: number ever given out."""
    added = total - len(kept)
    return server is None and len(kept) >= _LEAST_KEPT * total and highest + added - total <= _MOST_HOLES * total


def write_vectors(
    build: Path,
    number: int,
    base: Generation | None,
    numbers: Sequence[int],
    vectors: Vectors,
    *,
    server: str | None,
    heard: Callable[[int], None],
) -> None:
    """Writes the vector index and the canaries of a build. ``base``: the generation to carry on, if any."""
    name = collection_name(build, number)
    if base is not None:
        try:
            _extend(build, name, base, numbers, vectors, heard)
            return
        except (IndexDamaged, IndexNotWritten, sqlite3.DatabaseError) as error:
            log.warning("the vector index cannot be carried on (%s) and is built anew", error)
            shutil.rmtree(build / CHROMA, ignore_errors=True)
    try:
        with VectorStore.create(server or build / CHROMA, name) as store:
            store.add(numbers, vectors, heard)
            write_canaries(build, store, numbers, vectors)
    except IndexDamaged as error:
        raise IndexNotWritten(error.message, hint=error.hint) from error


def _extend(
    build: Path,
    name: str,
    base: Generation,
    numbers: Sequence[int],
    vectors: Vectors,
    heard: Callable[[int], None],
) -> None:
    old = {n for n, *_ in base.lexical.ranges()}
    wanted = set(numbers)
    rows = [row for row, number in enumerate(numbers) if number not in old]
    _copy(base, build)
    with VectorStore.open(build / CHROMA, collection_name(base.folder, base.manifest.number)) as store:
        if (counted := store.count()) != len(old):
            raise IndexDamaged(f"the copied vector index holds {counted} of {len(old)} chunks")
        store.rename(name)
        store.remove(sorted(old - wanted))
        store.add([numbers[row] for row in rows], vectors[rows], heard)
        write_canaries(build, store, numbers, vectors)


def _copy(base: Generation, build: Path) -> None:
    """IndexDamaged when a file is not what was written."""
    for name in base.manifest.files:
        source, target = base.folder / name, build / name
        if Path(name).parts[0] != CHROMA:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.name == "chroma.sqlite3":
            _backup(source, target)
            continue
        if source.name.startswith("chroma.sqlite3"):
            continue  # a journal: the backup has taken in what it holds
        shutil.copyfile(source, target)
        if not intact(build, name, base.manifest):
            raise IndexDamaged(f"{base.folder.name}/{name} is not what was written")


def _backup(source: Path, target: Path) -> None:
    """A consistent copy even while another process has the file open."""
    with_source = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)
    with_target = sqlite3.connect(target)
    try:
        with_source.backup(with_target)
    finally:
        with_source.close()
        with_target.close()
