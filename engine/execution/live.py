"""An execution in progress in this process: its projection and everything that need not survive it."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.execution.plan import Plan
from engine.execution.state import Event, Execution, TaskRun
from engine.flow.model import Flow
from engine.storage.files import ExecutionRef
from engine.storage.journal import LogLine, Summary
from engine.storage.masking import Masker

OnEvent = Callable[[dict[str, Any]], None]
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Token:
    """One attempt at work; a result is taken only from the token that is current."""

    cancelled: threading.Event
    abandoned: bool = False
    state: str | None = None
    """What the task run is to be in once the work has stopped, if it was told to."""


@dataclass(eq=False)
class Live:
    """``inputs`` are those of the execution with secrets in clear; ``pending`` waits for the next commit."""

    execution: Execution
    plan: Plan
    source: str
    masker: Masker
    on_event: OnEvent | None = None
    parent: Live | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)
    pending: list[Event] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    dirs: dict[str, Path] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    """Task runs whose opening or closing is with a worker."""
    readable: list[ExecutionRef] = field(default_factory=list)
    violated: set[str] = field(default_factory=set)
    """Service levels that have been missed; each is told once."""
    kept: float = 0.0
    """When its log lines were last written, by the machine's monotonic clock."""
    changed: bool = False
    """The summary is to be written."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def flow(self) -> Flow:
        return self.plan.flow

    @property
    def ref(self) -> ExecutionRef:
        """Where its files are; iterations of a loop keep theirs with the execution the loop is in."""
        top = self
        while top.parent is not None and top.execution.kind == "LOOP":
            top = top.parent
        return ExecutionRef(top.execution.namespace, top.execution.flow_id, top.execution.id)

    def shared_dir(self, run: TaskRun) -> Path | None:
        """The directory of the WorkingDirectory this run lies in."""
        for above in self.execution.ancestors(run):
            if above.id in self.dirs:
                return self.dirs[above.id]
        return None

    def log(self, line: LogLine) -> None:
        """Keep a line until the next commit; errors also for errorLogs()."""
        with self.lock:
            self.lines.append(line)
            if line.level == "ERROR":
                self.errors.append(error_entry(line))
        self.tell(
            {
                "kind": "log",
                "execution": line.execution,
                "task_id": line.task,
                "task_run": line.task_run,
                "level": line.level,
                "message": line.message,
                "at": line.at,
            }
        )

    def tell(self, event: dict[str, Any]) -> None:
        """Let the one who listens hear of something. What goes wrong there is not the execution's concern."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:  # noqa: BLE001 - the boundary to the listener's code
            _log.exception("a listener of execution %s raised", self.execution.id)

    def take_lines(self) -> list[LogLine]:
        with self.lock:
            lines, self.lines = self.lines, []
        return lines

    def summary(self) -> Summary:
        execution = self.execution
        trigger: Mapping[str, Any] = execution.trigger or {}
        return Summary(
            id=execution.id,
            namespace=execution.namespace,
            flow=execution.flow_id,
            revision=execution.revision,
            kind=execution.kind,
            state=execution.state,
            finished=execution.finished is not None,
            created=execution.start,
            ended=execution.end,
            source=self.source,
            parent=execution.parent_id if execution.kind == "LOOP" else None,
            caller=(trigger.get("variables") or {}).get("executionId"),
            labels=execution.labels,
        )


def error_entry(line: LogLine) -> dict[str, Any]:
    """An error log line as errorLogs() gives it."""
    return {
        "taskId": line.task,
        "taskRunId": line.task_run,
        "message": line.message,
        "level": line.level,
        "attemptNumber": line.attempt,
        "timestamp": datetime.fromtimestamp(line.at, UTC),
    }


def source_key(text: str) -> str:
    """The name a flow's text is kept under."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
