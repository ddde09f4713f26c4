"""The run context of one attempt: what a task sees, and what it leaves behind."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.flow.model import Task
from engine.storage.journal import LEVELS

if TYPE_CHECKING:
    from engine.expressions.services import Services
    from engine.storage.masking import Masker
    from engine.tasks.context import Files, KeyValues

Log = Callable[[str, str], None]


class TaskContext:
    """Implements ``engine.tasks.context.RunContext``."""

    def __init__(
        self,
        *,
        task: Task,
        run_id: str,
        variables: Mapping[str, Any],
        namespace: str,
        files: Callable[[Path | None], Files],
        kv: KeyValues,
        services: Services,
        cancelled: threading.Event,
        timeout_seconds: float | None,
        settings: Mapping[str, Any],
        log: Log,
        masker: Masker,
        shared_dir: Path | None = None,
    ) -> None:
        self.task = task
        self.run_id = run_id
        self.variables = variables
        self.namespace = namespace
        self.kv = kv
        self.services = services
        self.cancelled = cancelled
        self.timeout_seconds = timeout_seconds
        self.settings = settings
        self.metrics: list[dict[str, Any]] = []
        self._files_in = files
        self._files: Files | None = None
        self._log = log
        self._masker = masker
        self._shared_dir = shared_dir
        self._own_dir: Path | None = None
        self._level = LEVELS.index(task.log_level) if task.log_level in LEVELS else 0

    @property
    def task_id(self) -> str:
        return self.task.id

    @property
    def type(self) -> str:
        return self.task.type

    @property
    def properties(self) -> Mapping[str, Any]:
        return self.task.properties

    @property
    def working_dir(self) -> Path:
        if self._shared_dir is not None:
            return self._shared_dir
        if self._own_dir is None:
            self._own_dir = Path(tempfile.mkdtemp(prefix="flowwright-"))
        return self._own_dir

    @property
    def files(self) -> Files:
        if self._files is None:
            self._files = self._files_in(self.working_dir)
        return self._files

    def render(self, value: Any, extra: Mapping[str, Any] | None = None) -> Any:
        from engine.expressions.render import render_value

        return render_value(value, self._with(extra), self.services)

    def render_text(self, value: Any, extra: Mapping[str, Any] | None = None) -> str:
        return rendered_text(value, self._with(extra), self.services)

    def _with(self, extra: Mapping[str, Any] | None) -> Mapping[str, Any]:
        return {**self.variables, **extra} if extra else self.variables

    def log(self, level: str, message: str) -> None:
        name = level.upper()
        if name not in LEVELS:
            name = "INFO"
        if LEVELS.index(name) >= self._level:
            self._log(name, self._masker.mask(message))

    def metric(self, name: str, kind: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        self.metrics.append({"name": name, "kind": kind, "value": value, "tags": dict(tags or {})})

    def secrets_in_use(self) -> Sequence[str]:
        return self._masker.values

    def use_dir(self, place: Path) -> None:
        """Work in a directory that somebody else made and will remove."""
        self._shared_dir = place

    def close(self) -> None:
        """Remove the working directory, unless it is shared."""
        if self._own_dir is not None:
            shutil.rmtree(self._own_dir, ignore_errors=True)


def rendered_text(value: Any, variables: Mapping[str, Any], services: Services) -> str:
    """A value as text: text rendered, None empty, anything else as an expression would print it."""
    from engine.expressions.render import render, render_value

    if isinstance(value, str):
        return render(value, variables, services)
    if value is None:
        return ""
    return render("{{ value }}", {"value": render_value(value, variables, services)}, services)
