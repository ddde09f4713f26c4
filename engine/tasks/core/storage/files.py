"""Writing, joining, splitting, measuring and deleting stored files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from engine.errors import NotFound, TaskFailed
from engine.tasks.props import Props, as_text, bytes_of
from engine.tasks.registry import Outputs, runnable
from engine.tasks.workfiles import OWN_FOLDER, keep_outputs, place_inputs

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


def own_file(task: RunContext, name: str) -> Path:
    """A path in the working folder for a file that a task itself makes on the way."""
    path = task.working_dir / OWN_FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@runnable("io.kestra.plugin.core.storage.Write", effects="files")
def write(task: RunContext) -> Outputs:
    """Stores ``content`` as a file; its ``uri``."""
    props = Props(task)
    extension = props.text("extension")
    name = f"content{'' if not extension or extension.startswith('.') else '.'}{extension}"
    return {"uri": task.files.put_bytes(props.text("content").encode(), name)}


@runnable("io.kestra.plugin.core.storage.Size", effects="files", aliases=("io.kestra.core.tasks.storages.Size",))
def size(task: RunContext) -> Outputs:
    """``size`` of a stored file in bytes."""
    return {"size": task.files.open(Props(task).required("uri")).stat().st_size}


@runnable("io.kestra.plugin.core.storage.Delete", effects="files", aliases=("io.kestra.core.tasks.storages.Delete",))
def delete(task: RunContext) -> Outputs:
    """Deletes a stored file of this execution; ``deleted`` says whether it was there."""
    props = Props(task)
    uri = props.required("uri")
    try:
        deleted = task.files.delete(uri)
    except NotFound:
        deleted = False
    if not deleted and props.flag("errorOnMissing"):
        raise TaskFailed(f"no file at {uri}", code="file-missing")
    return {"uri": uri, "deleted": deleted}


@runnable(
    "io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles",
    effects="files",
    aliases=("io.kestra.core.tasks.storages.PurgeExecution", "io.kestra.plugin.core.storage.PurgeExecution"),
)
def purge(task: RunContext) -> Outputs:
    """Deletes every file of this execution."""
    count = task.files.delete_execution_files()
    task.log("DEBUG", f"Deleted {count} files of this execution")
    return None


@runnable("io.kestra.plugin.core.storage.Concat", effects="files", aliases=("io.kestra.core.tasks.storages.Concat",))
def concat(task: RunContext) -> Outputs:
    """Joins ``files`` one after the other, each followed by ``separator``; the new file's ``uri``."""
    props = Props(task)
    separator = props.text("separator").encode()
    target = own_file(task, "concat")
    with target.open("wb") as sink:
        for uri in _uris(props):
            with task.files.open(uri).open("rb") as source:
                shutil.copyfileobj(source, sink)
            sink.write(separator)
    extension = props.text("extension", ".tmp")
    return {"uri": task.files.put(target, f"concat{'' if extension.startswith('.') else '.'}{extension}")}


def _uris(props: Props) -> Iterator[str]:
    for item in props.items("files"):
        text = as_text(item)
        if text.startswith("["):
            yield from map(as_text, json.loads(text))
        elif text:
            yield text


@runnable("io.kestra.plugin.core.storage.Reverse", effects="files", aliases=("io.kestra.core.tasks.storages.Reverse",))
def reverse(task: RunContext) -> Outputs:
    """The lines of a file, last first; the new file's ``uri``."""
    props = Props(task)
    source, charset = task.files.open(props.required("from")), props.text("charset", "UTF-8")
    separator = props.text("separator") or "\n"
    pieces = source.read_bytes().decode(charset).split(separator)
    if pieces and not pieces[-1]:
        pieces.pop()
    content = "".join(piece + separator for piece in reversed(pieces))
    return {"uri": task.files.put_bytes(content.encode(charset), f"reversed{source.suffix}")}


@runnable("io.kestra.plugin.core.storage.Split", effects="files", aliases=("io.kestra.core.tasks.storages.Split",))
def split(task: RunContext) -> Outputs:
    """Cuts a file at ``separator`` by ``bytes``, ``rows`` or ``partitions``, or by a group of ``regexPattern``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    return {"uris": split_file(task, source, props)}


def split_file(task: RunContext, source: Path, props: Props) -> list[str]:
    """URIs of the parts of a file, in order; none for an empty file. Also what ForEachItem batches by."""
    separator = (props.text("separator") or "\n").encode()
    folder = own_file(task, "split/.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with source.open("rb") as file:
        lines = _pieces(file, separator)
        if props.has("regexPattern"):
            parts = _by_pattern(lines, re.compile(props.text("regexPattern")), separator, folder)
        elif props.has("partitions"):
            parts = _by_partitions(lines, max(1, props.integer("partitions")), separator, folder)
        else:
            most_bytes = bytes_of(props.text("bytes")) if props.has("bytes") else None
            most_rows = props.integer("rows") if props.has("rows") or most_bytes is None else None
            parts = _by_size(
                lines, most_bytes, max(1, most_rows or 1) if most_rows is not None else None, separator, folder
            )
    return [task.files.put(part, f"{part.name}{source.suffix}") for part in parts]


def _pieces(file: IO[bytes], separator: bytes) -> Iterator[bytes]:
    rest = b""
    while block := file.read(1024 * 1024):
        *whole, rest = (rest + block).split(separator)
        yield from whole
    if rest:
        yield rest


def _by_size(
    lines: Iterator[bytes], most_bytes: int | None, most_rows: int | None, separator: bytes, folder: Path
) -> list[Path]:
    parts: list[Path] = []
    sink: IO[bytes] | None = None
    written = rows = 0
    for line in lines:
        full = (most_bytes is not None and written and written + len(line) + len(separator) > most_bytes) or (
            most_rows is not None and rows >= most_rows
        )
        if sink is None or full:
            if sink is not None:
                sink.close()
            parts.append(folder / f"part-{len(parts):05d}")
            sink, written, rows = parts[-1].open("wb"), 0, 0
        sink.write(line + separator)
        written, rows = written + len(line) + len(separator), rows + 1
    if sink is not None:
        sink.close()
    return parts


def _by_partitions(lines: Iterator[bytes], count: int, separator: bytes, folder: Path) -> list[Path]:
    parts = [folder / f"part-{index:05d}" for index in range(count)]
    sinks = [part.open("wb") for part in parts]
    for index, line in enumerate(lines):
        sinks[index % count].write(line + separator)
    for sink in sinks:
        sink.close()
    return [part for part in parts if part.stat().st_size]


def _by_pattern(lines: Iterator[bytes], pattern: re.Pattern[str], separator: bytes, folder: Path) -> list[Path]:
    groups: dict[str, list[bytes]] = {}
    for line in lines:
        match = pattern.search(line.decode(errors="replace"))
        if match is not None:
            groups.setdefault(match[1] if pattern.groups else match[0], []).append(line)
    parts: list[Path] = []
    for members in groups.values():
        parts.append(folder / f"part-{len(parts):05d}")
        parts[-1].write_bytes(b"".join(line + separator for line in members))
    return parts


@runnable(
    "io.kestra.plugin.core.storage.LocalFiles", effects="files", aliases=("io.kestra.core.tasks.storages.LocalFiles",)
)
def local_files(task: RunContext) -> Outputs:
    """Places ``inputs`` in the working folder and stores the files that fit ``outputs``, as ``uris``."""
    props = Props(task)
    place_inputs(task, props.value("inputs"), task.working_dir)
    return {"uris": keep_outputs(task, props.strings("outputs"), task.working_dir)}
