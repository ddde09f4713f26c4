"""The first and the last step of a ForEachItem: cut a file into batches, hand on what they gave."""

from __future__ import annotations

from typing import Any

from engine.errors import TaskFailed
from engine.execution.context import TaskContext
from engine.tasks.splitting import split_lines


def split(task: TaskContext) -> dict[str, Any] | None:
    """Cut the file of ``items`` into batches, of one row each unless ``batch`` says more. None for an empty file."""
    properties = task.properties
    uri = task.render_text(properties.get("items"))
    if "://" not in uri:
        message = f"Unable to split the items from {uri[:200]}, this is not an internal storage URI!"
        raise TaskFailed(message, hint="give the URI of a stored file", code="not-a-uri")
    source = task.files.open(uri)
    batch = {key: task.render_text(value) for key, value in (properties.get("batch") or {}).items()}
    parts = split_lines(source, task.working_dir / "batches", {"rows": "1", **batch})
    if not parts:
        return None
    uris = [task.files.put(part, part.name) for part in parts]
    return {"splits": task.files.put_bytes("\n".join(uris).encode(), "splits.txt")}


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
