"""Where a database file named in a JDBC URL lies on this machine.

A relative name means a file that outlives the execution, as it does beside a Kestra server: it lies in the engine's
own folder of databases. A file of that name in the working folder comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.errors import Refused

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


def database_file(task: RunContext, name: str) -> Path:
    """The path for a file named in a URL. Refused where it lies outside what the engine may touch."""
    local = task.working_dir / name
    if not PurePosixPath(name).is_absolute():
        if ".." in PurePosixPath(name).parts:
            raise _outside(name)
        folder = task.settings.get("jdbc.databases_dir")
        path = local if folder is None or local.exists() else Path(folder, name)
    else:
        path = allowed_path(task, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def allowed_path(task: RunContext, name: str) -> Path:
    """A path on this machine that a flow names: below an allowed root or the working folder. Refused otherwise.

    With the setting ``files.sandbox`` every absolute path lies below that folder instead.
    """
    sandbox = task.settings.get("files.sandbox")
    if sandbox is not None:
        inside = Path(sandbox, *[part for part in PurePosixPath(name).parts if part not in ("/", "..")])
        inside.parent.mkdir(parents=True, exist_ok=True)
        return inside
    path = Path(name).resolve()
    roots: Sequence[str | Path] = task.settings.get("files.allowed_roots") or ()
    if any(path.is_relative_to(Path(root).resolve()) for root in (*roots, task.working_dir)):
        return path
    raise _outside(name)


def _outside(name: str) -> Refused:
    return Refused(
        f"'{name}' lies outside the folders this engine may touch",
        code="path-not-allowed",
        hint="use a relative name, or add the folder to the setting files.allowed_roots",
    )
