"""Removing what has grown old: executions with all they left, log lines, keys, revisions of flows."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
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
    chosen = _chosen(props, (place for place in kv.namespaces() if not place.endswith(STATES)))
    size = kv.purge(chosen, props.text("keyPattern", "*"), expired_only=expired_only)
    task.log("INFO", f"purged {size} keys")
    return {"size": size}


@runnable("io.kestra.plugin.core.flow.PurgeFlows", effects="state")
def purge_flows(task: RunContext) -> Outputs:
    """Removes revisions of the flows that fit: all but the newest ``behavior.keepAmount`` (1), or those from before
    ``behavior.before``; the newest always stays. ``size``: how many."""
    props = Props(task)
    behavior = props.within("behavior")
    before, keep = moment(behavior, "before"), behavior.integer("keepAmount", 1)
    engine, pattern = engine_of(task), props.text("flowPattern", "*")
    flows = [flow for flow in engine.stores.flows.list() if fnmatch.fnmatchcase(flow.id, pattern)]
    chosen = set(_chosen(props, {flow.namespace for flow in flows}))
    size = 0
    for flow in (flow for flow in flows if flow.namespace in chosen):
        known = engine.stores.flows.revisions(flow.namespace, flow.id)[:-1]
        if before is not None:
            old = [one.revision for one in known if one.created.timestamp() < before]
        else:
            old = [one.revision for one in known[: max(len(known) + 1 - max(keep, 1), 0)]]
        size += engine.stores.flows.forget_revisions(flow.namespace, flow.id, old)
    task.log("INFO", f"purged {size} flow revisions")
    return {"size": size}


@runnable("io.kestra.plugin.core.storage.PurgeStorage", effects="state")
def purge_storage(task: RunContext) -> Outputs:
    """Deletes files of executions last changed between ``startDate`` and ``endDate``, also of executions that are not
    known any more; with ``dryRun`` (the default) only counts them."""
    from engine.storage.aging import purge_files as purge

    props = Props(task)
    namespace, flow_id = props.optional("namespace"), props.optional("flowId")
    if flow_id and not namespace:
        raise TaskFailed("'namespace' is required when 'flowId' is set.", code="missing-property")
    disk, since, until = engine_of(task).stores.files.disk, moment(props, "startDate") or 0.0, _end(props)
    counts = purge(disk, namespace, flow_id, since, until, dry_run=props.flag("dryRun", True))
    for name, value in (("scanned", counts.scanned), ("purged", counts.purged), ("deleted.files", counts.deleted)):
        task.metric(name, "counter", value)
    return {"scannedCount": counts.scanned, "purgedCount": counts.purged, "deletedFilesCount": counts.deleted}


_ONE_VERSION = no_effect("only the newest version of a namespace file is kept here, and that always stays")


@runnable(
    "io.kestra.plugin.core.namespace.PurgeFiles",
    effects="state",
    unread={
        "filePattern": _ONE_VERSION,
        "namespaces": _ONE_VERSION,
        "namespacePattern": _ONE_VERSION,
        "behavior": _ONE_VERSION,
        "includeChildNamespaces": _ONE_VERSION,
    },
)
def purge_files(task: RunContext) -> Outputs:
    """Removes older versions of namespace files; there are none here, so ``size`` is 0."""
    task.log("INFO", "purged 0 files: only their newest versions are kept here")
    return {"size": 0}


def _chosen(props: Props, places: Iterable[str]) -> list[str]:
    """The namespaces that are named, or fit the pattern; those below the named ones too unless told otherwise."""
    named, pattern = props.strings("namespaces"), props.text("namespacePattern", "*")
    below = props.flag("includeChildNamespaces", True)
    return [
        place
        for place in places
        if (any(_within(place, name, below=below) for name in named) if named else fnmatch.fnmatchcase(place, pattern))
    ]


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
