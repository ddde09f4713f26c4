"""Cutting a text file into smaller ones, line by line: what storage.Split and ForEachItem have in common."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from engine.errors import TaskFailed
from engine.tasks.props import bytes_of

_LINE_END = re.compile(rb"\r\n|\r|\n")


def split_lines(source: Path, folder: Path, how: Mapping[str, str]) -> list[Path]:
    """The parts of a file, in order, as files of ``folder`` (emptied before); none for an empty file.

    ``how`` holds, as text, one of ``regexPattern`` (a part for each value of its first group), ``bytes`` (a part is
    closed once it has as many), ``partitions`` (dealt out in turn) or ``rows``; and ``separator``, which ends each
    line that is written (a line break). TaskFailed when it holds none of them, or something unreadable.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    separator = (how.get("separator") or "\n").encode()
    parts = _Parts(folder, source.suffix or ".tmp", separator)
    with source.open("rb") as file:
        _deal(how)(_lines(iter(lambda: file.read(1024 * 1024), b"")), parts)
    parts.close()
    return parts.paths


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        # a carriage return at the very end may be the first half of a line end
        whole = rest + block
        held = whole[-1:] if whole.endswith(b"\r") else b""
        *lines, rest = _LINE_END.split(whole[: len(whole) - len(held)])
        rest += held
        yield from lines
    if rest:
        yield rest.removesuffix(b"\r")


class _Parts:
    """The files being written. At most one is open at a time, whatever their number."""

    def __init__(self, folder: Path, suffix: str, separator: bytes) -> None:
        self.folder = folder
        self.suffix = suffix
        self.separator = separator
        self.paths: list[Path] = []
        self._held: dict[int, list[bytes]] = {}
        self._size = 0

    def begin(self) -> int:
        """The number of a new part."""
        self.paths.append(self.folder / f"part-{len(self.paths):05d}{self.suffix}")
        return len(self.paths) - 1

    def write(self, number: int, line: bytes) -> int:
        """How many bytes the line takes."""
        written = line + self.separator
        self._held.setdefault(number, []).append(written)
        self._size += len(written)
        if self._size > 4 * 1024 * 1024:
            self.close()
        return len(written)

    def close(self) -> None:
        for number, lines in self._held.items():
            with self.paths[number].open("ab") as sink:
                sink.writelines(lines)
        self._held.clear()
        self._size = 0


_Deal = Callable[[Iterator[bytes], _Parts], None]


def _deal(how: Mapping[str, str]) -> _Deal:
    if how.get("regexPattern"):
        return _by_pattern(how["regexPattern"])
    if how.get("bytes"):
        try:
            most = bytes_of(how["bytes"])
        except ValueError as error:
            raise TaskFailed(str(error), hint="write it like 10MB", code="bad-size") from error
        return _in_turn(lambda size, rows: size >= most)
    if how.get("partitions"):
        return _by_partitions(_whole("partitions", how["partitions"]))
    if how.get("rows"):
        many = _whole("rows", how["rows"])
        return _in_turn(lambda size, rows: rows >= many)
    raise TaskFailed("Invalid configuration with no size, count, rows, nor regexPattern", code="missing-property")


def _whole(name: str, text: str) -> int:
    try:
        return max(1, int(text))
    except ValueError:
        raise TaskFailed(f"{name} is not a whole number: {text[:60]}", code="wrong-kind") from None


def _in_turn(full: Callable[[int, int], bool]) -> _Deal:
    def deal(lines: Iterator[bytes], parts: _Parts) -> None:
        number = -1
        size = rows = 0
        for line in lines:
            if number < 0 or full(size, rows):
                number, size, rows = parts.begin(), 0, 0
            size, rows = size + parts.write(number, line), rows + 1

    return deal


def _by_partitions(count: int) -> _Deal:
    def deal(lines: Iterator[bytes], parts: _Parts) -> None:
        for index, line in enumerate(lines):
            parts.write(parts.begin() if index < count else index % count, line)

    return deal


def _by_pattern(pattern: str) -> _Deal:
    try:
        regex = re.compile(pattern)
    except re.error as error:
        raise TaskFailed(f"regexPattern is not a regular expression: {error}", code="wrong-kind") from error

    def deal(lines: Iterator[bytes], parts: _Parts) -> None:
        places: dict[str | None, int] = {}
        for line in lines:
            match = regex.search(line.decode(errors="replace"))
            if match is not None and regex.groups:
                key = match[1]
                places.setdefault(key, -1)
                if places[key] < 0:
                    places[key] = parts.begin()
                parts.write(places[key], line)

    return deal
