"""Removing what has grown old: executions with all they left, log lines, keys."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.storage.journal import LEVELS
from engine.tasks.core.control import MOST, engine_of, moment
from engine.tasks.core.state import STATES
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect, refused

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable(
    "io.kestra.plugin.core.execution.PurgeExecutions",
    effects="state",
    aliases=("io.kestra.core.tasks.storages.Purge", "io.kestra.plugin.core.storage.Purge"),
    unread={
        "purgeMetric": no_effect("metrics are part of an execution and go with it"),
        "batchSize": no_effect("executions go one after the other"),
    },
)
def purge_executions(task: RunContext) -> Outputs:
    """Forgets executions that have ended and began before ``endDate``, with their log and files unless told
    otherwise; how many of each."""
    props, engine = Props(task), engine_of(task)
    until, since = _end(props), moment(props, "startDate") or 0.0
    counts = dict.fromkeys(("executionsCount", "logsCount", "storagesCount", "metricsCount"), 0)
    for summary in list(_executions(task, props, props.strings("states"))):
        if not summary.finished or not since <= summary.created <= until:
            continue
        if props.flag("purgeStorage", True):
            counts["storagesCount"] += engine.delete_files(summary.id)
        if props.flag("purgeLog", True):
            counts["logsCount"] += engine.delete_logs([summary.id], since=0.0, until=time.time())
        if props.flag("purgeExecution", True):
            engine.delete(summary.id, logs=False, files=False)
            counts["executionsCount"] += 1
    return counts


@runnable(
    "io.kestra.plugin.core.log.PurgeLogs",
    effects="state",
    unread={
        "purgeExecutionLogs": refused("there are no logs here but those of executions", True),
        "purgeNonExecutionLogs": no_effect("there are no logs here but those of executions"),
        "batchSize": no_effect("log lines go all at once"),
    },
)
def purge_logs(task: RunContext) -> Outputs:
    """Removes log lines written before ``endDate``, of ``logLevels`` only if given; ``count`` of them."""
    props = Props(task)
    wanted = props.text("executionId")
    ids = [s.id for s in _executions(task, props, ()) if not wanted or s.id == wanted]
    levels = [level.upper() for level in props.strings("logLevels")] or LEVELS
    since = moment(props, "startDate") or 0.0
    return {"count": engine_of(task).delete_logs(ids, since=since, until=_end(props), levels=levels)}


@runnable("io.kestra.plugin.core.kv.PurgeKV", effects="state")
def purge_keys(task: RunContext) -> Outputs:
    """Removes keys that have expired, or all with ``expiredOnly`` false, of the namespaces and keys that fit;
    ``size``: how many."""
    props = Props(task)
    behavior = props.within("behavior")
    expired_only = props.flag("expiredOnly", behavior.flag("expiredOnly", True))
    kv = engine_of(task).stores.kv
    named, pattern = props.strings("namespaces"), props.text("namespacePattern", "*")
    below = props.flag("includeChildNamespaces", True)
    chosen = [
        place
        for place in kv.namespaces()
        if not place.endswith(STATES)
        and (any(_within(place, name, below=below) for name in named) if named else fnmatch.fnmatchcase(place, pattern))
    ]
    size = kv.purge(chosen, props.text("keyPattern", "*"), expired_only=expired_only)
    task.log("INFO", f"purged {size} keys")
    return {"size": size}


def _end(props: Props) -> float:
    props.required("endDate")
    return moment(props, "endDate") or 0.0


def _executions(task: RunContext, props: Props, states: Any) -> Iterator[Any]:
    """Those of a flow, or of a namespace and those below it, or all."""
    namespace, flow_id = props.optional("namespace"), props.optional("flowId")
    found = engine_of(task).executions(namespace if flow_id else None, flow_id, states=states, limit=MOST)
    return (s for s in found if not namespace or _within(s.namespace, namespace, below=not flow_id))


def _within(place: str, namespace: str, *, below: bool) -> bool:
    return place == namespace or (below and place.startswith(f"{namespace}."))
