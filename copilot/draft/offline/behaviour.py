"""How tasks behave: retries, timeouts and caching on the task they were said about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from copilot.draft.offline.ir import Retry
from copilot.draft.offline.writer import Task, Writer

_LONG = (
    "http.",
    "jdbc.",
    "gcp.",
    "aws.",
    "azure.",
    "dbt.",
    "airbyte.",
    "fivetran.",
    "scripts.",
    "fs.",
    "git.",
    "ai.",
    "Query",
    "Request",
    "Download",
)


def behaviour(w: Writer, tasks: list[Task]) -> None:
    """Retry, timeout and caching on the step they were said about, else on the first that reaches out."""
    for retry in w.plan.retries:
        task = _subject(w, tasks, retry.clause)
        if task is not None:
            task["retry"] = _retry(retry)
    if w.plan.timeout:
        task = _subject(w, tasks, w.plan.timeout[1])
        if task is not None:
            task["timeout"] = w.plan.timeout[0]
    if w.plan.cache:
        task = next((t for t in _flat(tasks) if "Download" in t["type"] or "http." in t["type"]), None) or next(
            iter(_flat(tasks)), None
        )
        if task is not None:
            task["taskCache"] = {"enabled": True, "ttl": "P1D"}


def _retry(retry: Retry) -> dict[str, Any]:
    out: dict[str, Any] = {"type": retry.kind}
    if retry.kind == "random":
        out |= {"minInterval": retry.interval, "maxInterval": retry.max_interval}
    else:
        out["interval"] = retry.interval
        if retry.kind == "exponential":
            out["maxInterval"] = retry.max_interval
    if retry.attempts:
        out["maxAttempts"] = retry.attempts
    if retry.max_duration:
        out["maxDuration"] = retry.max_duration
    return out


def _flat(tasks: Sequence[Task]) -> list[Task]:
    out: list[Task] = []
    for task in tasks:
        children = [*task.get("tasks", ()), *task.get("then", ()), *task.get("else", ())]
        children += [t for case in task.get("cases", {}).values() for t in case] + list(task.get("defaults", ()))
        out += [task, *_flat(children)] if children else [task]
    return out


_NOUNS = (
    ("download", "Download"), ("fetch", "http."), ("request", "http."), ("call", "http."), ("upload", "Upload"), ("quer", "Quer"), ("load", "CopyIn|Batch|Load"),
    ("script", "scripts."), ("python", "scripts.python"), ("sync", "Sync"), ("ingest", "Ingest"), ("dbt", "dbt."), ("subflow", "Subflow"), ("export", "Quer|CopyOut"), ("api", "http."),
)  # fmt: skip


def _subject(w: Writer, tasks: list[Task], clause: int) -> Task | None:
    flat = _flat(tasks)
    for index in range(clause, -1, -1):
        ids = w.steps_of.get(index, [])
        if index < clause - 3:
            break
        words = w.extra["clause_words"].get(clause, "")
        if index == clause:
            for noun, part in _NOUNS:
                if re.search(rf"\b{noun}", words):
                    found = next((t for t in flat if re.search(part, t["type"])), None)
                    if found:
                        return found
        mine = [t for t in flat if t["id"] in ids and not t["type"].endswith(("Log", "Return"))]
        if mine:
            return mine[0]
    return next((t for t in flat if any(part in t["type"] for part in _LONG)), None) or next(iter(flat), None)
