"""The directory behind the storage: atomic writes, no way out through names or links."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from engine.errors import NotFound, Refused

_PARTS = ".parts"
"""Half-written files live here, on the same file system, until they are renamed into place."""


class Disk:
    """Files below one root, addressed by checked relative paths (see ``names.safe_relative``).

    With ``durable`` a file is on the disk, not only in the page cache, before it gets its name.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._durable = durable

    def write(self, path: PurePosixPath, content: Path | bytes) -> None:
        """Put bytes or a copy of a regular file at ``path``, replacing what is there in one step."""
        target = self._inside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._inside(path)  # again: the directories now exist, and none of them may be a link
        with self._part() as (part, file):
            if isinstance(content, bytes):
                file.write(content)
            else:
                _copy(content, file)
            self._sync(file)
            part.replace(target)
        self._sync_directory(target.parent)

    def open(self, path: PurePosixPath) -> Path:
        """The file's real location; NotFound when absent, Refused when it is a link or not a regular file."""
        target = self._inside(path)
        if target.is_symlink():
            raise Refused(f"'{path}' is a link", hint="stored files are plain files", code="stored-link")
        if not target.is_file():
            raise NotFound(f"no stored file '{path}'", hint="it was never stored, or was purged", code="file-not-found")
        return target

    def exists(self, path: PurePosixPath) -> bool:
        target = self._inside(path)
        return target.is_file() and not target.is_symlink()

    def walk(self, path: PurePosixPath) -> list[str]:
        """Files below ``path``, relative to it, sorted."""
        top = self._inside(path)
        return sorted(file.relative_to(top).as_posix() for file in _regular_files(top))

    def delete(self, path: PurePosixPath) -> int:
        """Remove a file or a whole directory and the directories left empty above it; gives how many files."""
        target = self._inside(path)
        if target.is_dir() and not target.is_symlink():
            count = sum(1 for _ in _regular_files(target))
            shutil.rmtree(target)
        elif target.exists() or target.is_symlink():
            target.unlink()
            count = 1
        else:
            return 0
        self._prune(target.parent)
        return count

    def _prune(self, directory: Path) -> None:
        while directory != self.root and directory.is_dir() and not any(directory.iterdir()):
            try:
                directory.rmdir()
            except OSError:  # another writer has just put something there
                return
            directory = directory.parent

    def _inside(self, path: PurePosixPath) -> Path:
        target = self.root / path
        if not target.parent.resolve().is_relative_to(self.root) or path.parts[:1] == (_PARTS,):
            raise Refused(f"'{path}' leads out of the storage", hint="use a path below it", code="bad-path")
        return target

    @contextmanager
    def _part(self) -> Iterator[tuple[Path, BinaryIO]]:
        parts = self.root / _PARTS
        parts.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=parts)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield part, file
        finally:
            part.unlink(missing_ok=True)

    def _sync(self, file: BinaryIO) -> None:
        file.flush()
        if self._durable:
            os.fsync(file.fileno())

    def _sync_directory(self, directory: Path) -> None:
        if not self._durable:
            return
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _regular_files(top: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(top):
        for name in names:
            file = Path(folder) / name
            if file.is_file() and not file.is_symlink():
                yield file


def _copy(source: Path, target: BinaryIO) -> None:
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise NotFound(f"no file '{source}' to store", hint="check its name", code="file-not-found") from error
    except OSError as error:
        raise Refused(
            f"'{source}' cannot be stored: {error.strerror}", hint="only plain files are stored", code="not-a-file"
        ) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused(f"'{source}' is not a plain file", hint="only plain files are stored", code="not-a-file")
    with os.fdopen(handle, "rb") as file:
        shutil.copyfileobj(file, target, 1024 * 1024)
