"""Opening compressed files, by the names Kestra gives the ways of compression."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

from engine.errors import TaskFailed

_BLOCK = 1024 * 1024
LARGEST = 8 * 1024**3
"""Bytes a file may unpack to: a small file can hold a very large one."""


def _lzma(path: Path, mode: Any) -> Any:
    return lzma.LZMAFile(path, mode, format=lzma.FORMAT_ALONE if mode == "wb" else lzma.FORMAT_AUTO)


_OPENERS: dict[str, Callable[[Path, Any], Any]] = {
    "GZIP": gzip.open,
    "BZIP2": bz2.open,
    "XZ": lzma.open,
    "LZMA": _lzma,
}
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError)


def opened(path: Path, compression: str, mode: str) -> IO[bytes]:
    """A file to read (``rb``) or write (``wb``) through. TaskFailed for a way that is not known here."""
    opener = _OPENERS.get(compression)
    if opener is None:
        raise TaskFailed(
            f"compression {compression} is not available here",
            code="no-compression",
            hint="available are " + ", ".join((*_OPENERS, "DEFLATE")),
        )
    return cast("IO[bytes]", opener(path, mode))


def compress(source: Path, target: Path, compression: str) -> None:
    """Compress one file into another. TaskFailed as ``opened``."""
    if compression == "DEFLATE":
        target.write_bytes(zlib.compress(source.read_bytes()))
        return
    with source.open("rb") as file, opened(target, compression, "wb") as sink:
        copied(file, sink)


def decompress(source: Path, target: Path, compression: str) -> None:
    """The other way round. TaskFailed also where the file is damaged, of another kind, or too large unpacked."""
    try:
        if compression == "DEFLATE":
            unpacker = zlib.decompressobj()
            target.write_bytes(unpacker.decompress(source.read_bytes(), LARGEST))
            return
        with opened(source, compression, "rb") as file, target.open("wb") as sink:
            copied(file, sink)
    except BROKEN as error:
        raise TaskFailed(f"{source.name} is not a {compression} file: {error}", code="not-compressed") from error


def copied(source: IO[bytes], sink: IO[bytes], allowed: int = LARGEST) -> int:
    """Copy all of a stream; gives how many bytes. TaskFailed above ``allowed``."""
    total = 0
    while block := source.read(_BLOCK):
        total += len(block)
        if total > allowed:
            raise TaskFailed(f"unpacks to more than {allowed} bytes", code="too-large")
        sink.write(block)
    return total
