"""The engine's values as Kestra's JSON. What is not known is left out, as Kestra leaves out what is null."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.durations import format_duration
from engine.execution.state import TERMINAL, Execution, TaskRun, iso

if TYPE_CHECKING:
    from datetime import datetime

    from engine.storage.flows import StoredFlow
    from engine.storage.journal import LogLine, Summary
    from engine.storage.kv import KvEntry
    from engine.triggers.backfill import Backfill
    from engine.triggers.store import TriggerKey, TriggerState

TENANT = "main"
History = Iterable[tuple[str, float]]
_log = logging.getLogger(__name__)


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that have no value."""
    return {name: value for name, value in fields.items() if value is not None}


def moment(at: datetime | None) -> str | None:
    """A time with zone as Kestra writes an instant."""
    return None if at is None else iso(at.timestamp())


def state(history: History) -> dict[str, Any]:
    """A state with everything that led to it."""
    steps = list(history)
    current, last = steps[-1]
    start, ended = steps[0][1], current in TERMINAL
    return known(
        {
            "current": current,
            "histories": [{"state": name, "date": iso(at)} for name, at in steps],
            "startDate": iso(start),
            "endDate": iso(last) if ended else None,
            "duration": format_duration(timedelta(seconds=round(last - start, 6))) if ended else None,
        }
    )


def labels(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": str(key), "value": str(value)} for key, value in values.items()]


def task_run(run: TaskRun, of: Execution) -> dict[str, Any]:
    attempts = [known({"state": state(_attempt(a.state, a.start, a.end)), "logFile": a.log_file}) for a in run.attempts]
    return known(
        {
            "tenantId": TENANT,
            "id": run.id,
            "executionId": of.id,
            "namespace": of.namespace,
            "flowId": of.flow_id,
            "taskId": run.task_id,
            "parentTaskRunId": run.parent or None,
            "value": run.value,
            "iteration": run.iteration,
            "attempts": attempts or None,
            "outputs": None if run.outputs is None else dict(run.outputs),
            "state": state(run.history),
        }
    )


def _attempt(name: str, start: float, end: float | None) -> History:
    began = [("CREATED", start), ("RUNNING", start)]
    return began if end is None else [*began, (name, end)]


def execution(of: Execution, url: str | None = None) -> dict[str, Any]:
    """An execution with its task runs; ``url`` when it was just started."""
    return known(
        {
            "tenantId": TENANT,
            "id": of.id,
            "namespace": of.namespace,
            "flowId": of.flow_id,
            "flowRevision": of.revision,
            "taskRunList": [task_run(run, of) for run in of.task_runs] or None,
            "inputs": of.inputs or None,
            "outputs": of.outputs,
            "labels": labels(of.labels),
            "variables": of.variables or None,
            "state": state(of.history),
            "parentId": of.parent_id,
            "originalId": of.original_id,
            "trigger": trigger_of(of.trigger),
            "deleted": False,
            "metadata": {"attemptNumber": of.attempt, "originalCreatedDate": iso(of.first_created)},
            "scheduleDate": None if of.not_before is None else iso(of.not_before),
            "url": url,
        }
    )


def trigger_of(trigger: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What started an execution, as expressions see it."""
    if not trigger:
        return None
    return known({"id": trigger.get("id"), "type": trigger.get("type"), "variables": trigger.get("variables")})


def last_execution(row: Summary) -> dict[str, Any]:
    return {
        "id": row.id,
        "flowId": row.flow,
        "namespace": row.namespace,
        "startDate": iso(row.created),
        "status": row.state,
    }


def flow(stored: StoredFlow, *, source: bool = False, deleted: bool = False) -> dict[str, Any]:
    """A flow as its parts, with its text if wanted."""
    from engine.flow.source import parse

    read = parse(stored.source)
    value = read.value if isinstance(read.value, dict) else {}
    if read.findings:
        _log.debug("the stored flow %s.%s has findings of its own", stored.namespace, stored.id)
    return known(
        {
            **value,
            "id": stored.id,
            "namespace": stored.namespace,
            "revision": stored.revision,
            "updated": moment(stored.created),
            "labels": _written_labels(value.get("labels")),
            "disabled": value.get("disabled") is True,
            "deleted": deleted,
            "source": stored.source if source else None,
        }
    )


def _written_labels(written: Any) -> list[dict[str, str]] | None:
    if isinstance(written, Mapping):
        return labels(written)
    if isinstance(written, list):
        return [{"key": str(i.get("key")), "value": str(i.get("value"))} for i in written if isinstance(i, Mapping)]
    return None


def log_entry(line: LogLine, row: Summary | None) -> dict[str, Any]:
    return known(
        {
            "tenantId": TENANT,
            "namespace": row.namespace if row else None,
            "flowId": row.flow if row else None,
            "taskId": line.task,
            "executionId": line.execution,
            "taskRunId": line.task_run,
            "attemptNumber": line.attempt,
            "timestamp": iso(line.at),
            "level": line.level,
            "message": line.message,
        }
    )


def kv_entry(entry: KvEntry) -> dict[str, Any]:
    """A key without its value."""
    return known(
        {
            "namespace": entry.namespace,
            "key": entry.key,
            "version": 1,
            "description": entry.description,
            "creationDate": moment(entry.created),
            "updateDate": moment(entry.updated),
            "expirationDate": moment(entry.expires),
        }
    )


def trigger(key: TriggerKey, of: TriggerState, *, disabled: bool, since: datetime) -> dict[str, Any]:
    """The state of a trigger. ``since`` stands in for the date of one that never fired."""
    return known(
        {
            "tenantId": TENANT,
            "namespace": key.namespace,
            "flowId": key.flow_id,
            "triggerId": key.trigger_id,
            "date": moment(of.last or since),
            "nextExecutionDate": moment(of.next),
            "backfill": None if of.backfill is None else backfill(of.backfill),
            "executionId": of.execution_id,
            "disabled": disabled,
        }
    )


def backfill(of: Backfill) -> dict[str, Any]:
    return known(
        {
            "start": moment(of.start),
            "end": moment(of.end),
            "currentDate": moment(of.done or of.start),
            "paused": of.paused,
            "inputs": dict(of.inputs) or None,
            "labels": labels(of.labels),
        }
    )


def page(found: list[Any], total: int) -> dict[str, Any]:
    return {"results": found, "total": total}
