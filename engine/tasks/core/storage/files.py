"""Writing, joining, splitting, measuring and deleting stored files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import NotFound, TaskFailed
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.splitting import split_lines
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
    """Cuts the lines of a file up by ``bytes``, ``partitions`` or ``rows``, or by the group of ``regexPattern``; each
    ends in ``separator``."""
    props = Props(task)
    how = {name: props.text(name) for name in ("separator", "regexPattern", "bytes", "partitions", "rows")}
    parts = split_lines(task.files.open(props.required("from")), own_file(task, "split"), how)
    return {"uris": [task.files.put(part, part.name) for part in parts]}


@runnable(
    "io.kestra.plugin.core.storage.LocalFiles", effects="files", aliases=("io.kestra.core.tasks.storages.LocalFiles",)
)
def local_files(task: RunContext) -> Outputs:
    """Places ``inputs`` in the working folder and stores the files that fit ``outputs``, as ``uris``."""
    props = Props(task)
    place_inputs(task, props.value("inputs"), task.working_dir)
    return {"uris": keep_outputs(task, props.strings("outputs"), task.working_dir)}
