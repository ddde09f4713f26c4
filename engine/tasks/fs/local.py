"""Files of this machine, below the folders that the setting ``files.allowed_roots`` names."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.jdbc.places import allowed_path
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_CHECKSUMS = ("MD5", "SHA_1", "SHA_256", "SHA_512")
_SORTS = ("NONE", "LAST_MODIFIED_ASC", "LAST_MODIFIED_DESC", "NAME_ASC", "NAME_DESC")


def _existing(task: RunContext, name: str) -> Path:
    path = allowed_path(task, name)
    if not path.exists():
        raise TaskFailed(f"there is no {name}", code="file-missing")
    return path


@runnable("io.kestra.plugin.fs.local.Download", effects="network")
def download(task: RunContext) -> Outputs:
    """Stores the file ``from``; ``uri``, ``size`` and ``checksum``, which is compared when ``validateChecksum``."""
    props = Props(task)
    path = _existing(task, props.required("from"))
    algorithm = props.choice("checksumAlgorithm", "SHA_256", _CHECKSUMS)
    checksum = hashlib.new(algorithm.replace("_", "").lower(), path.read_bytes()).hexdigest()
    wanted = props.text("checksumExpected")
    if props.flag("validateChecksum") and checksum != wanted.lower():
        raise TaskFailed(f"{path.name} has the checksum {checksum}, not {wanted}", code="wrong-checksum")
    return {"uri": _stored(task, path), "size": path.stat().st_size, "checksum": checksum}


def _stored(task: RunContext, path: Path) -> str:
    """A copy in the working folder goes into storage: only files from there may."""
    copy = task.working_dir / ".kestra" / path.name
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, copy)
    uri = task.files.put(copy, path.name)
    copy.unlink()
    return uri


@runnable("io.kestra.plugin.fs.local.Upload", effects="network")
def upload(task: RunContext) -> Outputs:
    """Writes the stored file ``from`` to ``to``; ``uri`` and ``size``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    target = _written(task, source, props.text("to") or source.name, props.flag("overwrite", True))
    return {"uri": f"file://{target}", "size": target.stat().st_size}


def _written(task: RunContext, source: Path, to: str, overwrite: bool) -> Path:
    target = allowed_path(task, to)
    if to.endswith("/") or target.is_dir():
        target = target / source.name
    if target.exists() and not overwrite:
        raise TaskFailed(f"{target} exists already", code="file-exists", hint="set overwrite to true")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target


@runnable("io.kestra.plugin.fs.local.Uploads", effects="network")
def uploads(task: RunContext) -> Outputs:
    """Writes stored files into the folder ``to``; the ``files`` written."""
    props = Props(task)
    given = props.value("from")
    if isinstance(given, Mapping):
        sources = [(as_text(name), task.files.open(as_text(uri))) for name, uri in given.items()]
    else:
        sources = [(path.name, path) for path in map(task.files.open, props.strings("from"))]
    pattern = props.text("regExp")
    wanted = [(name, path) for name, path in sources if not pattern or re.fullmatch(pattern, name)]
    folder = props.required("to").rstrip("/")
    written = [
        _written(task, path, f"{folder}/{name}", props.flag("overwrite", True))
        for name, path in wanted[: props.integer("maxFiles", 25)]
    ]
    return {"files": [f"file://{path}" for path in written]}


def _found(task: RunContext, props: Props) -> list[Path]:
    folder = _existing(task, props.required("from"))
    pattern = props.text("regExp")
    paths = folder.rglob("*") if props.flag("recursive") else folder.glob("*")
    found = [path for path in paths if path.is_file() and (not pattern or re.fullmatch(pattern, str(path)))]
    return sorted(found)


@runnable("io.kestra.plugin.fs.local.List", effects="network")
def list_(task: RunContext) -> Outputs:
    """The ``files`` of a folder with size and time, and their ``count``."""
    props = Props(task)
    found = _found(task, props)
    order = props.choice("sort", "NONE", _SORTS)
    if order.startswith("LAST_MODIFIED"):
        found.sort(key=lambda path: path.stat().st_mtime)
    if order.endswith("DESC"):
        found.reverse()
    files = [_described(path) for path in found[: props.integer("maxFiles", 25)]]
    return {"files": files, "count": len(files)}


def _described(path: Path) -> dict[str, Any]:
    facts = path.stat()
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat().replace("+00:00", "Z")
    return {
        "uri": f"file://{path}",
        "name": path.name,
        "path": str(path),
        "localPath": str(path),
        "parent": str(path.parent),
        "size": facts.st_size,
        "modifiedDate": modified,
        "isDirectory": False,
    }


@runnable("io.kestra.plugin.fs.local.Downloads", effects="network")
def downloads(task: RunContext) -> Outputs:
    """Stores the files of a folder, then leaves, moves or deletes them; ``files`` and ``outputFiles`` by name."""
    props = Props(task)
    action = props.choice("action", "NONE", ("MOVE", "DELETE", "NONE"))
    found = _found(task, props)[: props.integer("maxFiles", 25)]
    stored = {path: _stored(task, path) for path in found}
    files = [_described(path) | {"uri": uri} for path, uri in stored.items()]
    for path in found:
        if action == "DELETE":
            path.unlink()
        elif action == "MOVE":
            _moved(task, path, props.required("moveDirectory").rstrip("/") + "/", overwrite=True)
    return {"files": files, "outputFiles": {path.name: uri for path, uri in stored.items()}}


def _moved(task: RunContext, source: Path, to: str, *, overwrite: bool) -> None:
    target = allowed_path(task, to)
    if to.endswith("/") or target.is_dir():
        target = target / source.name
    if target.exists() and not overwrite:
        raise TaskFailed(f"{target} exists already", code="file-exists", hint="set overwrite to true")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)


@runnable("io.kestra.plugin.fs.local.Move", effects="network")
def move(task: RunContext) -> Outputs:
    """Moves ``from`` to ``to``."""
    props = Props(task)
    _moved(task, _existing(task, props.required("from")), props.required("to"), overwrite=props.flag("overwrite"))
    return None


@runnable("io.kestra.plugin.fs.local.Copy", effects="network")
def copy(task: RunContext) -> Outputs:
    """Copies ``from`` to ``to``."""
    props = Props(task)
    _written(task, _existing(task, props.required("from")), props.required("to"), props.flag("overwrite"))
    return None


@runnable("io.kestra.plugin.fs.local.Delete", effects="network")
def delete(task: RunContext) -> Outputs:
    """Deletes a file, or the files of a folder that fit ``regExp``; ``uri``, ``deleted`` and the ``uris``."""
    props = Props(task)
    name = props.required("from")
    path = allowed_path(task, name)
    if not path.exists():
        if props.flag("errorOnMissing"):
            raise TaskFailed(f"there is no {name}", code="file-missing")
        return {"uri": f"file://{path}", "deleted": False}
    gone = _found(task, props) if path.is_dir() else [path]
    for file in gone:
        file.unlink()
    if path.is_dir() and props.flag("recursive") and not props.has("regExp"):
        shutil.rmtree(path)
    return {"uri": f"file://{path}", "deleted": True, "uris": [f"file://{file}" for file in gone]}
