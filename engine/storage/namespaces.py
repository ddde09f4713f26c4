"""Namespace files: a tree of files per namespace, shared by its flows."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from engine.storage.disk import Disk
from engine.storage.names import namespace_path, safe_relative, to_uri

_FOLDER = "_files"


class NamespaceFiles:
    """Files under ``<namespace>/_files``; paths are relative, a leading slash is allowed."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def put(self, namespace: str, path: str, content: Path | bytes) -> str:
        """Store, replacing; gives the ``kestra://`` URI."""
        where = self.location(namespace, path)
        self._disk.write(where, content)
        return to_uri(where.as_posix())

    def get(self, namespace: str, path: str) -> Path:
        """A readable path; NotFound."""
        return self._disk.open(self.location(namespace, path))

    def exists(self, namespace: str, path: str) -> bool:
        return self._disk.exists(self.location(namespace, path))

    def list(self, namespace: str) -> list[str]:
        """Relative paths, sorted."""
        return self._disk.walk(self._top(namespace))

    def delete(self, namespace: str, path: str) -> bool:
        """Remove a file or a directory; False when there was none."""
        return self._disk.delete(self.location(namespace, path)) > 0

    def move(self, namespace: str, source: str, target: str) -> None:
        """Rename a file; NotFound."""
        self.put(namespace, target, self.get(namespace, source))
        self.delete(namespace, source)

    def location(self, namespace: str, path: str) -> PurePosixPath:
        """Where a namespace file lies below the storage's root."""
        return self._top(namespace) / safe_relative(path)

    def _top(self, namespace: str) -> PurePosixPath:
        return PurePosixPath(namespace_path(namespace)) / _FOLDER
