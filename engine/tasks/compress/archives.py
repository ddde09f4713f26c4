"""ZIP and TAR archives."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from engine.errors import TaskFailed
from engine.tasks.compress.streams import BROKEN, LARGEST, compress, copied, decompress
from engine.tasks.core.storage.files import own_file
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_ZIPS = ("ZIP", "JAR")
_MOST_ENTRIES = 100_000


@runnable("io.kestra.plugin.compress.ArchiveCompress", effects="files")
def archive_compress(task: RunContext) -> Outputs:
    """Packs the files of the map ``from`` (name to file) or of a list; the archive's ``uri``."""
    props = Props(task)
    kind, way = _kind(props), props.text("compression").upper()
    target = own_file(task, f"archive.{kind.lower()}")
    entries = _entries(task, props)
    if kind in _ZIPS:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in entries:
                archive.write(path, name)
    else:
        with tarfile.open(target, "w") as tar:
            for name, path in entries:
                tar.add(path, name)
    if way:
        packed = target.with_name(f"{target.name}.{way.lower()}")
        compress(target, packed, way)
        target = packed
    return {"uri": task.files.put(target, target.name)}


def _kind(props: Props) -> str:
    kind = props.required("algorithm").upper()
    if kind not in (*_ZIPS, "TAR"):
        raise TaskFailed(
            f"archives of kind {kind} are not available here", code="no-archive", hint="use ZIP, JAR or TAR"
        )
    return kind


def _entries(task: RunContext, props: Props) -> list[tuple[str, Path]]:
    given = props.value("from")
    if isinstance(given, str) and given.lstrip().startswith("{"):
        given = props.mapping("from")
    if isinstance(given, Mapping):
        return [(as_text(name), task.files.open(as_text(uri))) for name, uri in given.items()]
    paths = [task.files.open(uri) for uri in props.strings("from")]
    return [(path.name, path) for path in paths]


@runnable("io.kestra.plugin.compress.ArchiveDecompress", effects="files")
def archive_decompress(task: RunContext) -> Outputs:
    """Unpacks the archive ``from``; its ``files``, name to URI."""
    props = Props(task)
    source, kind, way = task.files.open(props.required("from")), _kind(props), props.text("compression").upper()
    if way:
        plain = own_file(task, f"plain.{kind.lower()}")
        decompress(source, plain, way)
        source = plain
    files: dict[str, str] = {}
    left, unpacked = LARGEST, own_file(task, "unpacked")
    try:
        for name, entry in _zipped(source) if kind in _ZIPS else _tarred(source):
            safe = _safe(name)
            with unpacked.open("wb") as sink:
                left -= copied(entry, sink, left)
            files[safe] = task.files.put(unpacked, safe)
            if len(files) > _MOST_ENTRIES:
                raise TaskFailed(f"the archive holds more than {_MOST_ENTRIES} files", code="too-large")
    except (zipfile.BadZipFile, tarfile.TarError, RuntimeError, *BROKEN) as error:
        raise TaskFailed(f"{source.name} is not a {kind} archive: {error}", code="not-an-archive") from error
    return {"files": files}


def _zipped(source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as entry:
                    yield info.filename, entry


def _tarred(source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(source, "r:") as archive:
        for info in archive:
            entry = archive.extractfile(info) if info.isfile() else None
            if entry is not None:
                yield info.name, entry


def _safe(name: str) -> str:
    """The entry's name as a path below the folder it is unpacked in. TaskFailed where it leads out."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise TaskFailed(f"the archive holds '{name}', which leads out of its folder", code="outside-folder")
    return path.as_posix()
