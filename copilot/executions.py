"""Executions as documents: the shape that the command line and HTTP show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import InvalidFlow, NotFound
from engine.flow.findings import errors

if TYPE_CHECKING:
    from engine import Engine
    from engine.storage.journal import LogLine, Summary

GOOD = ("SUCCESS", "WARNING")


def document(engine: Engine, execution_id: str) -> dict[str, Any]:
    """``{id, state, outputs, labels, task_runs, logs, ...}`` of an execution as it is now. NotFound."""
    execution = engine.snapshot(execution_id)  # recorded: the log read after it holds all that led to this state
    return {**execution.as_dict(), "logs": log_lines(engine, execution_id)}


def log_lines(engine: Engine, execution_id: str) -> list[dict[str, Any]]:
    """The log of an execution in order. NotFound."""
    engine.execution(execution_id)
    return [_line(line) for line in engine.logs(execution_id)]


def source_of(engine: Engine, execution_id: str) -> str:
    """The text of the flow that an execution runs. NotFound."""
    row = engine.journal.summary(execution_id)
    text = engine.journal.source(row.source) if row and row.source else None
    if text is None:
        raise NotFound(f"there is no execution {execution_id}", hint="list them with `executions`")
    return text


def summaries(engine: Engine, limit: int) -> list[dict[str, Any]]:
    """The newest executions, one short document each."""
    return [_summary(row) for row in engine.executions(limit=limit)]


def must_be_valid(flow: str, target: str) -> None:
    """InvalidFlow with the first error and how many there are, when a flow is not valid."""
    from copilot.wiring import check

    wrong = errors(check(flow, target))
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise InvalidFlow(
            f"line {wrong[0].line}: {wrong[0].message}{more}",
            hint=wrong[0].hint or "validate the flow to see all findings",
        )


def _line(line: LogLine) -> dict[str, Any]:
    from engine.execution.state import iso

    return {
        "level": line.level,
        "task_id": line.task,
        "task_run_id": line.task_run,
        "attempt": line.attempt,
        "date": iso(line.at),
        "message": line.message,
    }


def _summary(row: Summary) -> dict[str, Any]:
    from engine.execution.state import iso

    return {
        "id": row.id,
        "namespace": row.namespace,
        "flow_id": row.flow,
        "revision": row.revision,
        "state": row.state,
        "finished": row.finished,
        "start": iso(row.created),
        "end": None if row.ended is None else iso(row.ended),
        "labels": dict(row.labels),
    }
