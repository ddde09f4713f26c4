"""Namespace files."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.errors import NotFound, TaskFailed
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect
from engine.tasks.workfiles import matches

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable("io.kestra.plugin.core.namespace.UploadFiles", effects="state")
def upload(task: RunContext) -> Outputs:
    """Stores files of the working folder (``files``: patterns) or stored files (``filesMap``: name to URI)."""
    props = Props(task)
    namespace, base = props.text("namespace", task.namespace), props.text("destination", "/")
    conflict = props.choice("conflict", "OVERWRITE", ("OVERWRITE", "ERROR", "SKIP"))
    known = {path.lstrip("/") for path in task.files.namespace_list(namespace)}
    done: dict[str, str] = {}
    for name, path in _sources(task, props).items():
        target = (PurePosixPath("/") / base.lstrip("/") / name.lstrip("/")).as_posix().lstrip("/")
        if target in known and conflict != "OVERWRITE":
            if conflict == "ERROR":
                raise TaskFailed(f"namespace file {target} exists already", code="file-exists")
            continue
        done[target] = task.files.namespace_put(namespace, target, path.read_bytes())
    return {"files": done}


def _sources(task: RunContext, props: Props) -> dict[str, Path]:
    found = {name: task.files.open(as_text(uri)) for name, uri in props.mapping("filesMap").items()}
    given = props.value("files")
    if isinstance(given, dict):
        return found | {as_text(name): task.files.open(as_text(uri)) for name, uri in given.items()}
    patterns = props.strings("files")
    for path in sorted(task.working_dir.rglob("*")) if patterns else []:
        name = path.relative_to(task.working_dir).as_posix()
        if path.is_file() and not path.is_symlink() and not name.startswith(".kestra") and matches(name, patterns):
            found[name] = path
    return found


@runnable("io.kestra.plugin.core.namespace.DownloadFiles", effects="files")
def download(task: RunContext) -> Outputs:
    """Gives the namespace files that fit ``files`` to the execution; name to URI as ``files``."""
    props = Props(task)
    namespace = props.text("namespace", task.namespace)
    destination = props.text("destination").strip("/")
    found: dict[str, str] = {}
    for path in _fitting(task, namespace, props):
        name = f"{destination}/{path}" if destination else path
        found[name] = task.files.put_bytes(task.files.namespace_get(namespace, path).read_bytes(), name)
    if not found:
        task.log("WARN", f"No namespace file of {namespace} fits {', '.join(props.strings('files'))}")
    return {"files": found}


@runnable(
    "io.kestra.plugin.core.namespace.DeleteFiles",
    effects="state",
    unread={"deleteParentFolder": no_effect("a folder is there only as long as files are in it")},
)
def delete(task: RunContext) -> Outputs:
    """Deletes the namespace files that fit ``files``; name to whether it was deleted."""
    props = Props(task)
    namespace = props.text("namespace", task.namespace)
    deleted: dict[str, bool] = {}
    for path in _fitting(task, namespace, props):
        try:
            deleted[path] = task.files.namespace_delete(namespace, path)
        except NotFound:
            deleted[path] = False
    return {"files": deleted}


def _fitting(task: RunContext, namespace: str, props: Props) -> list[str]:
    patterns = props.strings("files")
    paths = (path.lstrip("/") for path in task.files.namespace_list(namespace))
    return [path for path in paths if matches(path, patterns)]
