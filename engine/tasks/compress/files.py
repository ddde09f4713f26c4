"""Single compressed files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from engine.tasks.compress.streams import compress, decompress
from engine.tasks.core.storage.files import own_file
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_ENDINGS = {"GZIP": ".gz", "BZIP2": ".bz2", "XZ": ".xz", "LZMA": ".lzma", "DEFLATE": ".deflate"}


@runnable("io.kestra.plugin.compress.FileCompress", effects="files")
def file_compress(task: RunContext) -> Outputs:
    """Compresses the file ``from``; its ``uri``."""
    props = Props(task)
    source, way = task.files.open(props.required("from")), props.required("compression").upper()
    target = own_file(task, f"{source.name}{_ENDINGS.get(way, '')}")
    compress(source, target, way)
    return {"uri": task.files.put(target, target.name)}


@runnable("io.kestra.plugin.compress.FileDecompress", effects="files")
def file_decompress(task: RunContext) -> Outputs:
    """Decompresses the file ``from``; its ``uri``."""
    props = Props(task)
    source, way = task.files.open(props.required("from")), props.required("compression").upper()
    ending = _ENDINGS.get(way, "")
    name = PurePosixPath(source.name).name.removesuffix(ending) or "file"
    target = own_file(task, f"unpacked-{name}")
    decompress(source, target, way)
    return {"uri": task.files.put(target, name)}
