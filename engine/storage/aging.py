"""Files of executions by when they were last changed, also of executions that nobody remembers any more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.storage.disk import Disk
from engine.storage.files import folder_of
from engine.storage.names import namespace_path

_EXECUTIONS = "executions"


@dataclass(frozen=True, slots=True)
class Purged:
    """How many executions have files in the place that was looked at, how many of them old ones, and how many files
    were deleted."""

    scanned: int
    purged: int
    deleted: int


def purge_files(
    disk: Disk, namespace: str | None, flow_id: str | None, since: float, until: float, *, dry_run: bool
) -> Purged:
    """Delete the files of executions last changed from ``since`` up to, but not at, ``until`` (seconds since 1970); of
    a flow, of a namespace with those below it, or all. ``dry_run`` only counts. Namespace files are left alone."""
    scanned, purged, deleted = 0, 0, 0
    for files in _by_execution(disk, namespace, flow_id).values():
        old = [file for file in files if since <= (disk.root / file).stat().st_mtime < until]
        scanned += 1
        purged += bool(old)
        deleted += 0 if dry_run else sum(disk.delete(file) for file in old)
    return Purged(scanned, purged, deleted)


def _by_execution(disk: Disk, namespace: str | None, flow_id: str | None) -> dict[PurePosixPath, list[PurePosixPath]]:
    found: dict[PurePosixPath, list[PurePosixPath]] = {}
    for top in _tops(disk, namespace):
        for name in disk.walk(top):
            path = top / name
            place = _place(path)
            if place is not None and (flow_id is None or place.parents[1] == top / folder_of(flow_id)):
                found.setdefault(place, []).append(path)
    return found


def _tops(disk: Disk, namespace: str | None) -> list[PurePosixPath]:
    if namespace:
        return [PurePosixPath(namespace_path(namespace))]
    return [PurePosixPath(one.name) for one in sorted(disk.root.iterdir()) if one.is_dir() and one.name[0] != "."]


def _place(path: PurePosixPath) -> PurePosixPath | None:
    """The folder of the execution that a file belongs to."""
    parts = path.parts
    if _EXECUTIONS not in parts[:-2] or "_files" in parts[: parts.index(_EXECUTIONS)]:
        return None
    return PurePosixPath(*parts[: parts.index(_EXECUTIONS) + 2])
