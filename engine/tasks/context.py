"""What a task sees while it runs. The runner builds it; tests build it with stand-ins."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engine.storage.kv import KvType


class Files(Protocol):
    """Files of this execution behind ``kestra://`` URIs, and namespace files."""

    def put(self, path: Path, name: str | None = None) -> str:
        """Store a local file for this task run; gives its URI."""
        ...

    def put_bytes(self, content: bytes, name: str) -> str:
        """Store bytes for this task run; gives the URI."""
        ...

    def open(self, uri: str) -> Path:
        """A readable local path of a stored file (kestra://, nsfile:// or file:// where allowed). NotFound, Refused."""
        ...

    def delete(self, uri: str) -> bool:
        """Remove one file of this execution; False when there was none. Refused for any other."""
        ...

    def delete_execution_files(self, *, only_task_runs: bool = False) -> int:
        """Delete the files of this execution; gives how many."""
        ...

    def namespace_put(self, namespace: str, path: str, content: bytes) -> str: ...
    def namespace_get(self, namespace: str, path: str) -> Path: ...
    def namespace_list(self, namespace: str) -> list[str]: ...
    def namespace_delete(self, namespace: str, path: str) -> bool: ...


class KeyValues(Protocol):
    """The key-value store. A value keeps its JSON type; ``ttl`` in seconds."""

    def get(self, namespace: str, key: str) -> Any:
        """The value; NotFound when missing or expired."""
        ...

    def put(
        self,
        namespace: str,
        key: str,
        value: Any,
        *,
        ttl: float | None = None,
        overwrite: bool = True,
        description: str | None = None,
        type: KvType | None = None,
    ) -> None:
        """``type`` converts the value (``NUMBER`` of ``"5"`` is 5); without it the value keeps its own."""
        ...

    def delete(self, namespace: str, key: str) -> bool: ...
    def keys(self, namespace: str, prefix: str = "") -> list[str]: ...


class RunContext(Protocol):
    """A task run in progress.

    ``properties`` are the type's own properties as written (after pluginDefaults), not rendered;
    ``render`` renders text, or every text within a map or list, and keeps the type of a lone expression.
    Raise ``engine.errors.TaskFailed`` (or any EngineError) to fail the attempt.
    """

    @property
    def task_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...
    @property
    def variables(self) -> Mapping[str, Any]:
        """The render context: flow, execution, task, taskrun, inputs, outputs, vars, labels, trigger, envs, ..."""
        ...

    @property
    def namespace(self) -> str: ...
    @property
    def working_dir(self) -> Path:
        """An empty directory of this task run (shared inside a WorkingDirectory); removed afterwards."""
        ...

    @property
    def files(self) -> Files: ...
    @property
    def kv(self) -> KeyValues: ...
    @property
    def cancelled(self) -> threading.Event:
        """Set when the task run is to stop (kill, timeout); long work must look at it."""
        ...

    @property
    def timeout_seconds(self) -> float | None: ...
    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine settings a task may need, by dotted name (fence level, allowed file roots, ...)."""
        ...

    def render(self, value: Any, extra: Mapping[str, Any] | None = None) -> Any: ...
    def render_text(self, value: Any, extra: Mapping[str, Any] | None = None) -> str:
        """Like render, always text (None gives '')."""
        ...

    def log(self, level: str, message: str) -> None:
        """Level is TRACE, DEBUG, INFO, WARN or ERROR; secrets are masked before anything is kept."""
        ...

    def metric(self, name: str, kind: str, value: float, tags: Mapping[str, str] | None = None) -> None: ...
    def secrets_in_use(self) -> Sequence[str]:
        """Secret values seen so far, for masking what a process prints."""
        ...
