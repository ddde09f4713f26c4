"""The first and the last step of a ForEachItem: cut a file into batches, hand on what they gave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from engine.errors import TaskFailed
from engine.execution.context import TaskContext

_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


def split(task: TaskContext) -> dict[str, Any] | None:
    """Cut the file of ``items`` into batches: rows (1), bytes, or a number of partitions. None for an empty file."""
    properties = task.properties
    uri = task.render_text(properties.get("items"))
    source = task.files.open(uri)
    name = Path(uri)
    batch = {key: task.render_text(value) for key, value in (properties.get("batch") or {}).items()}
    separator = (batch.get("separator") or "\n").encode()
    uris = []
    for number, part in enumerate(_parts(source, batch, separator)):
        target = task.working_dir / f"batch-{number:06d}{name.suffix}"
        target.write_bytes(b"".join(part))
        uris.append(task.files.put(target, target.name))
        target.unlink()
    if not uris:
        return None
    return {"splits": task.files.put_bytes("\n".join(uris).encode(), "splits.txt")}


def _parts(source: Path, batch: dict[str, str], separator: bytes) -> Iterator[list[bytes]]:
    with source.open("rb") as file:
        rows = _rows(file, separator)
        if batch.get("bytes"):
            yield from _by_size(rows, _size(batch["bytes"]))
        elif batch.get("partitions"):
            everything = list(rows)
            wanted = max(1, int(batch["partitions"]))
            groups = [everything[n::wanted] for n in range(wanted)]
            yield from (group for group in groups if group)
        else:
            yield from _by_count(rows, max(1, int(batch.get("rows") or 1)))


def _rows(file: IO[bytes], separator: bytes) -> Iterator[bytes]:
    if separator == b"\n":
        yield from (line for line in file if line.strip())
        return
    for row in file.read().split(separator):
        if row.strip():
            yield row + separator


def _by_count(rows: Iterator[bytes], count: int) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    for row in rows:
        group.append(row)
        if len(group) == count:
            yield group
            group = []
    if group:
        yield group


def _by_size(rows: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    length = 0
    for row in rows:
        if group and length + len(row) > size:
            yield group
            group, length = [], 0
        group.append(row)
        length += len(row)
    if group:
        yield group


def _size(text: str) -> int:
    digits = text.strip().rstrip("BKMGbkmg ").strip()
    unit = text.strip()[len(digits) :].strip().upper() or "B"
    if not digits.isdigit() or unit not in _UNITS:
        raise TaskFailed(f"'{text}' is not a size", hint="write it like 10MB", code="bad-size")
    return int(digits) * _UNITS[unit]


def merge(task: TaskContext) -> dict[str, Any] | None:
    """Hand on the file of the batches' outputs."""
    container = str(task.properties["container"])
    found = task.variables.get("outputs", {}).get(f"{container}_items")
    for value in _values(task):
        found = (found or {}).get(value)
    uri = (found or {}).get("outputs")
    return {"subflowOutputs": uri} if uri else None


def _values(task: TaskContext) -> list[str]:
    parents = task.variables.get("parents") or []
    return [p["taskrun"]["value"] for p in reversed(parents) if "taskrun" in p]
