"""From a flow's text to a Flow: aliases resolved, plugin defaults filled in, child tasks made Tasks.

Loading is not checking: it refuses only what has no meaning at all. What is wrong with a flow, all of it and
where, is said by ``engine.flow.check``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import InvalidFlow, NotFound
from engine.flow.model import Flow, Task, Trigger
from engine.flow.source import parse

CORE = "io.kestra.plugin.core."
_FLOW = CORE + "flow."
_TASK_LISTS = ("tasks", "then", "else", "defaults", "onWait", "onApprove", "onDeny", "errors", "finally")
_FLOWABLES = frozenset(
    _FLOW + name
    for name in (
        "Sequential",
        "Parallel",
        "Dag",
        "ForEach",
        "EachSequential",
        "EachParallel",
        "If",
        "Switch",
        "AllowFailure",
        "WorkingDirectory",
        "LoopUntil",
        "Pause",
        "Approval",
        "Loop",
        "ForEachItem",
        "Template",
    )
)
_BASE = frozenset(
    [
        "id",
        "type",
        "description",
        "retry",
        "timeout",
        "disabled",
        "allowFailure",
        "allowWarning",
        "runIf",
        "when",
        "logLevel",
        "logToFile",
        "taskCache",
        "workerGroup",
        "workerSelector",
        "version",
    ]
)
Canonical = Callable[[str], str]


def load_flow(source: str | Path, *, revision: int | None = None) -> Flow:
    """The flow in a text, or in the file at a path. InvalidFlow says what keeps it from being read."""
    text = _text(source)
    read = parse(text)
    bad = [finding for finding in read.findings if finding.severity == "error"]
    if bad:
        first = bad[0]
        raise InvalidFlow(f"line {first.line}, column {first.column}: {first.message}", hint=first.hint)
    if not isinstance(read.value, Mapping):
        raise InvalidFlow("a flow is a map with id, namespace and tasks", hint="start the text with `id:`")
    return build_flow(read.value, source=text, revision=revision)


def _text(source: str | Path) -> str:
    if isinstance(source, str) and ("\n" in source or ":" in source):
        return source
    try:
        return Path(source).read_text(encoding="utf-8")
    except FileNotFoundError as cause:
        raise NotFound(f"there is no file {source}", hint="give the path of a flow file, or its text") from cause
    except (OSError, UnicodeDecodeError) as cause:
        raise InvalidFlow(f"cannot read {source}: {cause}", hint="a flow is a UTF-8 text file") from cause


def build_flow(data: Mapping[str, Any], *, source: str = "", revision: int | None = None) -> Flow:
    """A Flow from plain data as ``parse`` gives it."""
    for name in ("id", "namespace"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise InvalidFlow(f"the flow has no {name}", hint=f"add `{name}:` at the top")
    loader = _Loader(_defaults(data))
    tasks = loader.tasks(data.get("tasks"), "tasks")
    if not tasks:
        raise InvalidFlow("the flow has no tasks: `tasks` must not be empty", hint="add at least one task")
    return Flow(
        id=data["id"],
        namespace=data["namespace"],
        tasks=tasks,
        errors=loader.tasks(data.get("errors"), "errors"),
        finally_=loader.tasks(data.get("finally"), "finally"),
        after_execution=loader.tasks(data.get("afterExecution"), "afterExecution"),
        listeners=tuple(
            {**item, "tasks": loader.tasks(item.get("tasks"), "listeners")} for item in _maps(data, "listeners")
        ),
        triggers=tuple(loader.trigger(item) for item in _maps(data, "triggers")),
        inputs=_maps(data, "inputs"),
        outputs=_maps(data, "outputs"),
        variables=data.get("variables") or {},
        labels=labels_of(data.get("labels")),
        concurrency=data.get("concurrency"),
        retry=data.get("retry"),
        sla=_maps(data, "sla"),
        checks=_maps(data, "checks"),
        plugin_defaults=_defaults(data),
        revision=revision or _number(data.get("revision"), 1),
        disabled=_flag(data.get("disabled")),
        description=data.get("description"),
        source=source,
    )


def labels_of(given: Any) -> dict[str, str]:
    """Labels from a map or a list of key and value, values as text."""
    if isinstance(given, Mapping):
        pairs = [(key, value) for key, value in given.items()]
    else:
        pairs = [
            (item["key"], item.get("value")) for item in given or () if isinstance(item, Mapping) and "key" in item
        ]
    return {str(key): _label(value) for key, value in pairs if value is not None}


def nested_labels(labels: Mapping[str, str]) -> dict[str, Any]:
    """Labels with the dots of their keys as levels, so that ``labels.system.correlationId`` finds one."""
    found: dict[str, Any] = {}
    for key, value in labels.items():
        *path, last = key.split(".")
        level = found
        for part in path:
            inner = level.get(part)
            if not isinstance(inner, dict):
                inner = level[part] = {}
            level = inner
        level[last] = value
    return found


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Loader:
    def __init__(self, defaults: Sequence[Mapping[str, Any]]) -> None:
        self.canonical = _canonical()
        self.defaults = [{**item, "type": self.canonical(str(item.get("type", "")))} for item in defaults]

    def tasks(self, given: Any, place: str) -> tuple[Task, ...]:
        if given is None:
            return ()
        if not isinstance(given, list):
            raise InvalidFlow(f"`{place}` must be a list of tasks", hint="start each task with `- id:`")
        return tuple(self.task(item, place) for item in given)

    def task(self, given: Any, place: str) -> Task:
        if not isinstance(given, Mapping) or not isinstance(given.get("type"), str) or not given.get("id"):
            raise InvalidFlow(f"a task in `{place}` has no id or no type", hint="every task needs `id:` and `type:`")
        written = given["type"]
        data = self.filled(given)
        kind = data["type"]
        properties = {name: value for name, value in data.items() if name not in _BASE}
        if kind in _FLOWABLES:
            properties |= self.child_lists(properties, str(data["id"]))
        task_id = str(data["id"])
        if kind == _FLOW + "ForEachItem":
            properties["tasks"] = _item_tasks(task_id, properties)
        run_if = data.get("runIf", data.get("when"))
        return Task(
            id=task_id,
            type=kind,
            properties=properties,
            description=data.get("description"),
            retry=data.get("retry"),
            timeout=None if data.get("timeout") is None else str(data["timeout"]),
            disabled=_flag(data.get("disabled")),
            allow_failure=_flag(data.get("allowFailure")),
            allow_warning=_flag(data.get("allowWarning")),
            run_if=None if run_if is None else _label(run_if),
            log_level=data.get("logLevel"),
            log_to_file=_flag(data.get("logToFile")),
            task_cache=data.get("taskCache"),
            written_type=written,
        )

    def child_lists(self, properties: Mapping[str, Any], task_id: str) -> dict[str, Any]:
        """The task lists of a flowable as Tasks; those of a Dag stay within their map beside dependsOn."""
        found: dict[str, Any] = {}
        for name in _TASK_LISTS:
            if not isinstance(properties.get(name), list):
                continue
            items = properties[name]
            if name == "tasks" and items and all(isinstance(item, Mapping) and "task" in item for item in items):
                found[name] = tuple({**item, "task": self.task(item["task"], task_id)} for item in items)
            else:
                found[name] = self.tasks(items, f"{task_id}.{name}")
        if isinstance(properties.get("cases"), Mapping):
            found["cases"] = {k: self.tasks(v, f"{task_id}.cases") for k, v in properties["cases"].items()}
        if isinstance(properties.get("onPause"), Mapping):
            found["onPause"] = self.task(properties["onPause"], f"{task_id}.onPause")
        return found

    def trigger(self, given: Mapping[str, Any]) -> Trigger:
        data = self.filled(given)
        conditions = data.get("conditions") or ()
        if not data.get("id") or not data.get("type"):
            raise InvalidFlow("a trigger has no id or no type", hint="every trigger needs `id:` and `type:`")
        return Trigger(
            id=str(data["id"]),
            type=data["type"],
            properties={
                k: v for k, v in data.items() if k not in ("id", "type", "conditions", "disabled", "description")
            },
            conditions=tuple(self.filled(c) for c in conditions if isinstance(c, Mapping)),
            disabled=_flag(data.get("disabled")),
            description=data.get("description"),
        )

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A typed map with its type canonical and the plugin defaults for it; typed maps within it too."""
        data = dict(given)
        if isinstance(data.get("type"), str):
            data["type"] = self.canonical(data["type"])
            for default in self.matching(data["type"]):
                values = default.get("values") or {}
                data = merge(data, values) if _flag(default.get("forced")) else merge(values, data)
        return {name: self.within(value) if name not in _TASK_LISTS else value for name, value in data.items()}

    def within(self, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("type"), str) and "." in value["type"]:
            return self.filled(value)
        return value

    def matching(self, kind: str) -> list[Mapping[str, Any]]:
        """The defaults for a type, the closest first: its own name, then the longest prefix."""
        found = [d for d in self.defaults if d["type"] and (kind == d["type"] or kind.startswith(d["type"]))]
        return sorted(found, key=lambda d: -len(d["type"]))


def _item_tasks(task_id: str, properties: Mapping[str, Any]) -> tuple[Task, ...]:
    """What a ForEachItem is made of: split the file, run the flow for each batch, merge the outputs."""
    kind = _FLOW + "ForEachItem"
    return tuple(
        Task(id=f"{task_id}_{name.lower()}", type=f"{kind}${name}", properties={**properties, "container": task_id})
        for name in ("Split", "Items", "Merge")
    )


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two maps as one, ``over`` winning, maps within them merged likewise."""
    out = dict(under)
    for name, value in over.items():
        if isinstance(value, Mapping) and isinstance(out.get(name), Mapping):
            out[name] = merge(out[name], value)
        else:
            out[name] = value
    return out


def _canonical() -> Canonical:
    from engine.flow.catalog import catalog

    return catalog().canonical


def _defaults(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return (*_maps(data, "pluginDefaults"), *_maps(data, "taskDefaults"))


def _maps(data: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    given = data.get(name)
    if given is None:
        return ()
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        raise InvalidFlow(f"`{name}` must be a list of maps", hint=f"start each item of `{name}` with a dash")
    return tuple(given)


def _flag(value: Any) -> bool:
    return value is True or str(value).strip().lower() == "true"


def _number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
