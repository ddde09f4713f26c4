"""Generations of the index: built aside, checked, then switched to in one step.

    index/
      lock                 held by the one process that writes
      current -> gen-3     replaced atomically; what it names is complete and is never written to again
      gen-2/  gen-3/       lexical.sqlite, chroma/, canaries.npz, MANIFEST.json
      .build-3/            a build that was not finished; removed by the next one

A reader trusts a generation only after its manifest has been compared with the files (size, hash where opening does
not change them), the counts, and the neighbours of some known vectors (canaries).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexNotWritten
from rag.index.lexical import LexicalReader
from rag.index.vectors import VectorStore

if TYPE_CHECKING:
    from rag.embedders import Vectors

FORMAT = 1
KEPT = 2
"""Published generations that stay on disk: a reader may still have the last one open."""
CANARIES = 32
NEIGHBOURS = 10
_EXACT = 0.9
"""Least share of the true neighbours that a new index must find."""
_SAME = 1e-4
"""Cosines that differ by less may change places."""

LEXICAL = "lexical.sqlite"
CHROMA = "chroma"
_CANARY_FILE = "canaries.npz"
_MANIFEST = "MANIFEST.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is. ``files``: size and, where the file stays as it is when opened, BLAKE2 hash."""

    number: int
    model: str
    dimension: int
    chunker: int
    breadcrumb: bool
    documents: int
    chunks: int
    content: str
    sources: tuple[str, ...]
    server: str | None = None
    files: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(slots=True)
class Generation:
    """An opened, trusted generation."""

    folder: Path
    manifest: Manifest
    lexical: LexicalReader
    vectors: VectorStore

    def close(self) -> None:
        self.lexical.close()
        self.vectors.close()


class Shelf:
    """The ``index`` folder of one home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> Path | None:
        """The generation that ``current`` names; None when there is none yet."""
        try:
            return self.folder / (self.folder / "current").readlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise IndexDamaged(f"{self.folder / 'current'} is not a link: {error}") from error

    @contextmanager
    def owned(self, wait: float = 0.0) -> Iterator[None]:
        """Holds the right to write. IndexBusy when another process has it for longer than ``wait`` seconds.

        The system lets go of the lock when its process dies, however it dies.
        """
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=wait)
        except Timeout as error:
            raise IndexBusy(
                f"another process is writing the index in {self.folder}", hint="wait until it has finished"
            ) from error
        except OSError as error:
            raise IndexNotWritten(f"the index in {self.folder} cannot be locked: {error}") from error
        try:
            yield
        finally:
            lock.release()

    def next_number(self) -> int:
        return max([_number(p.name) for p in self.folder.glob("gen-*")] + [0]) + 1

    def start_build(self) -> tuple[int, Path]:
        """A fresh folder for the next generation; what an interrupted build left is removed."""
        self.clear_builds()
        number = self.next_number()
        build = self.folder / f".build-{number}"
        build.mkdir(parents=True)
        return number, build

    def clear_builds(self) -> None:
        """Removes what an unfinished build left, so that it does not fill the disk."""
        for old in self.folder.glob(".build-*"):
            shutil.rmtree(old, ignore_errors=True)

    def publish(self, build: Path, manifest: Manifest) -> Path:
        """Makes a finished build the current generation. Nothing changes for readers before the last step."""
        files = {str(p.relative_to(build)): _measure(p) for p in sorted(build.rglob("*")) if p.is_file()}
        complete = Manifest(**{**_fields(manifest), "files": files})
        (build / _MANIFEST).write_text(json.dumps(asdict(complete), indent=1), encoding="utf-8")
        for path in [*build.rglob("*"), build]:
            _sync(path)
        target = self.folder / f"gen-{manifest.number}"
        build.rename(target)
        link = self.folder / ".current-new"
        link.unlink(missing_ok=True)
        link.symlink_to(target.name)
        link.replace(self.folder / "current")
        _sync(self.folder)
        self._clear(manifest.number)
        return target

    def _clear(self, newest: int) -> None:
        for old in self.folder.glob("gen-*"):
            if _number(old.name) <= newest - KEPT:
                shutil.rmtree(old, ignore_errors=True)


def read_manifest(folder: Path) -> Manifest:
    """IndexDamaged when it is missing or unreadable."""
    try:
        loaded = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if loaded.get("format") != FORMAT:
            raise IndexMismatch(f"the index in {folder} has format {loaded.get('format')}", hint="rebuild it")
        loaded["sources"] = tuple(loaded["sources"])
        loaded["files"] = {k: (v[0], v[1]) for k, v in loaded["files"].items()}
        return Manifest(**loaded)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"the manifest of {folder.name} cannot be read: {error}") from error


def intact(folder: Path, name: str, manifest: Manifest) -> bool:
    """Whether one file of a generation is what was written."""
    size, digest = manifest.files[name]
    path = folder / name
    return path.is_file() and path.stat().st_size == size and (digest is None or _hash(path) == digest)


def open_generation(folder: Path, *, canary: float) -> Generation:
    """Opens and checks a generation. IndexDamaged says which check failed; nothing is served before all passed."""
    manifest = read_manifest(folder)
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise IndexDamaged(f"{folder.name}/{name} is missing")
        if digest is None:
            if path.stat().st_size < size:
                raise IndexDamaged(f"{folder.name}/{name} has {path.stat().st_size} bytes instead of {size}")
        elif path.stat().st_size != size or _hash(path) != digest:
            raise IndexDamaged(f"{folder.name}/{name} is not what was written")
    lexical = LexicalReader(folder / LEXICAL)
    vectors = VectorStore.open(manifest.server or folder / CHROMA, collection_name(folder, manifest.number))
    generation = Generation(folder, manifest, lexical, vectors)
    try:
        _check_counts(generation)
        _check_canaries(generation, canary)
    except IndexDamaged:
        generation.close()
        raise
    return generation


def collection_name(folder: Path, number: int) -> str:
    """Unique within a server that several homes may share."""
    home = hashlib.sha256(str(folder.parent.resolve()).encode()).hexdigest()[:10]
    return f"flowwright-{home}-{number}"


def write_canaries(build: Path, store: VectorStore, numbers: Sequence[int], vectors: Vectors) -> None:
    """Remembers the neighbours of vectors spread over the index, as the index itself gives them now.

    ``vectors``: what the index should hold, one row a number. IndexDamaged when it holds another count, or when what
    it gives is not what a search through all vectors gives.
    """
    import numpy as np

    if (counted := store.count()) != len(numbers):
        raise IndexDamaged(f"the new vector index holds {counted} of {len(numbers)} chunks")
    k = min(NEIGHBOURS, len(vectors))
    rows = np.unique(np.linspace(0, len(vectors) - 1, min(CANARIES, len(vectors))).astype(int))
    neighbours = np.array([[n for n, _ in store.query(vectors[row], k)] for row in rows], dtype=np.int64)
    place = {number: row for row, number in enumerate(numbers)}
    true = vectors[rows] @ vectors.T
    farthest = -np.partition(-true, k - 1, axis=1)[:, k - 1]
    near = [[n in place and true[i, place[n]] >= farthest[i] - _SAME for n in own] for i, own in enumerate(neighbours)]
    if np.mean(near) < _EXACT:
        raise IndexDamaged(f"the new vector index finds {np.mean(near):.0%} of the nearest neighbours")
    np.savez(build / _CANARY_FILE, vectors=vectors[rows], neighbours=neighbours)


def _check_counts(generation: Generation) -> None:
    manifest = generation.manifest
    counted = {"full-text index": generation.lexical.count(), "vector index": generation.vectors.count()}
    for what, number in counted.items():
        if number != manifest.chunks:
            raise IndexDamaged(f"the {what} of {generation.folder.name} holds {number} of {manifest.chunks} chunks")


def _check_canaries(generation: Generation, least: float) -> None:
    import numpy as np

    with np.load(generation.folder / _CANARY_FILE, allow_pickle=False) as stored:
        vectors, neighbours = stored["vectors"], stored["neighbours"]
    same = 0
    for vector, expected in zip(vectors, neighbours, strict=True):
        found = {n for n, _ in generation.vectors.query(vector, len(expected))}
        same += len(found & set(expected.tolist()))
    if neighbours.size and same < least * neighbours.size:
        raise IndexDamaged(
            f"the vector index of {generation.folder.name} finds {same} of {neighbours.size} known neighbours"
        )


def _fields(manifest: Manifest) -> Mapping[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def _measure(path: Path) -> tuple[int, str | None]:
    """Chroma changes its SQLite file when it opens it, so that one is known by size and count alone."""
    changes = path.name.startswith("chroma.sqlite3")
    return path.stat().st_size, None if changes else _hash(path)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems cannot flush a folder; a full disk must be told.
        if error.errno in {errno.ENOSPC, errno.EIO, errno.EDQUOT}:
            raise
    finally:
        os.close(handle)


def _number(name: str) -> int:
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isdigit() else 0
