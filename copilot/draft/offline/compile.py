"""From a plan to a flow: blocks write the tasks, flowables are put around them, triggers and the rest beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from copilot.draft.offline.blocks import find_block
from copilot.draft.offline.conditions import expression, switch_cases
from copilot.draft.offline.ir import Group, InputSpec, Node, Plan, Retry, Step
from copilot.draft.offline.questions import parsed
from copilot.draft.offline.results import flow_outputs
from copilot.draft.offline.shared_settings import asked_once, share
from copilot.draft.offline.starts import triggers
from copilot.draft.offline.trigger_values import event_list
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Data, Task, Writer

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


def compile_plan(w: Writer) -> dict[str, Any]:
    """The flow as a mapping. ``w`` holds what was asked for on the way afterwards."""
    plan = w.plan
    for spec in plan.inputs:
        w.inputs[spec.id] = spec
    _prepare(w)
    flow: dict[str, Any] = {"id": plan.id, "namespace": w.namespace, "description": plan.description or None}
    tasks = _nodes(w, plan.steps)
    _after_main(w, tasks)
    w.where = "errors"
    errors = _nodes(w, plan.errors)
    w.where = "finally"
    finals = _nodes(w, plan.finally_)
    w.where = "tasks"
    outputs = flow_outputs(w)
    if not tasks and (outputs or plan.schedules or plan.events or plan.sla or plan.concurrency or errors or finals):
        tasks = [w.task("start", "core.log.Log", message=_start_message(w))]
    _only_if(w, tasks)
    _behaviour(w, tasks)
    flow |= {
        "labels": dict(plan.labels) or None,
        "variables": w.extra.get("variables"),
        "concurrency": dict(plan.concurrency) if plan.concurrency else None,
        "sla": [
            {
                "id": "max_duration",
                "type": "MAX_DURATION",
                "duration": plan.sla,
                "behavior": "CANCEL"
                if re.search(r"\bcancel", w.text.masked) and "fail" not in w.text.masked
                else "FAIL",
            }
        ]
        if plan.sla
        else None,
        "tasks": tasks,
        "errors": errors or None,
        "finally": finals or None,
        "outputs": outputs or None,
        "triggers": triggers(w) or None,
    }
    flow["inputs"] = _with_values(w, flow, [_input(w, spec) for spec in w.inputs.values()]) or None
    if asked_once(w.text.masked):
        share(flow)
    return {key: value for key, value in flow.items() if value}


_NTH = re.compile(r"\b(first|second|third|last)\s+task\s+(?:should\s+)?(?:only\s+(?:run\s+)?)?(?:if|when)\s+([^.;,]+)")


def _only_if(w: Writer, tasks: list[Task]) -> None:
    """'second task only if the input send_mail is true'."""
    match = _NTH.search(w.text.masked)
    place = {"first": 0, "second": 1, "third": 2, "last": -1}
    if match and not any("runIf" in t for t in tasks) and len(tasks) > place[match[1]]:
        tasks[place[match[1]]]["runIf"] = expression(w, match[2])


def _prepare(w: Writer) -> None:
    """Variables the words ask for, and inputs that are to be chosen."""
    masked = w.text.masked
    if re.search(r"\bvariables?\s*:", masked) or re.search(r"\bvariables?\b[^.;]*=", masked):
        pairs = re.findall(
            r"\b([a-z][\w ]{0,24}?)\s*=\s*['\"`]?([^\s,;'\"`]+)", w.text.plain[masked.find("variable") + 9 :]
        )
        w.extra["variables"] = {
            re.sub(r"\W+", "_", name.strip().removeprefix("and ").strip()): value for name, value in pairs
        } or None
    kept = re.search(
        (
            r"\b(?:an?|the)\s+(?P<name>[a-z]+(?:\s+[a-z]+)?)\s+(?:kept|stored|saved|held|defined)\s+(?:in"
            r"|as)\s+an?\s+variable"
        ),
        masked,
    )
    if kept:
        name = re.sub(r"\W+", "_", kept["name"])
        who = next((f"{{{{ inputs.{n} }}}}" for n in w.inputs if "name" in n), "world")
        w.extra["variables"] = {
            name: f"Hello, {who}!" if re.search(r"message|greeting|welcome", name) else name.replace("_", " ")
        }
        w.extra["kept_variable"] = name
    for name, spec in w.inputs.items():
        if spec.type == "FILE":
            kind = next(
                (k for k in ("csv", "json", "excel", "parquet", "xml", "zip", "pdf") if re.search(rf"\b{k}\b", masked)),
                "csv",
            )
            w.data.append(Data("", "file", kind, f"inputs.{name}"))
    if re.search(r"\bselectable\b|\bto\s+choose\b", masked):
        _selectable(w)


def _selectable(w: Writer) -> None:
    """Inputs that are to be chosen: months have known values; others take the values the words give as examples."""
    own = re.search(
        (
            r"\b(?:typ(?:e|ing)|enter(?:ing)?|other|own|custom)\b[^.;]*?\b(?P<noun>\w+)\s+(?:like"
            r"|such\s+as|e\.g\.)\s+(?P<value>[\w-]+)|\bcustom\s+values?\b|\bnot\s+in\s+the\s+list\b"
        ),
        w.text.masked,
    )
    for name, spec in list(w.inputs.items()):
        if spec.type != "STRING" or name in w.placeholders:
            continue
        values = tuple(f"{m:02d}" for m in range(1, 13)) if name == "month" else ()
        example = own["value"] if own and own["noun"] == name else ""
        values = values or ((example,) if example else ())
        if values:
            more = {"allowCustomValue": True} if example or (own and not own["noun"]) else {}
            w.inputs[name] = InputSpec(name, "SELECT", spec.default or values[0], values, True, more)


def _start_message(w: Writer) -> str:
    if any(e.kind == "flow" for e in w.plan.events):
        return "Started by execution {{ trigger.executionId }}"
    return "Execution {{ execution.id }} of {{ flow.id }}"


def _nodes(w: Writer, nodes: Sequence[Node]) -> list[Task]:
    out: list[Task] = []
    for node in nodes:
        made = _group(w, node) if isinstance(node, Group) else _step(w, node)
        out += made
    return out


def _step(w: Writer, step: Step) -> list[Task]:
    block = find_block(step)
    if block is None:
        w.extra.setdefault("unwritten", []).append(step)
        return []
    try:
        tasks = block(w, step)
    except LookupError as missing:
        w.note(f"No type for “{step.words.strip()}” in Kestra {w.target} ({missing}).")
        w.extra.setdefault("unwritten", []).append(step)
        return []
    if step.clause in w.plan.allow_failure:
        for task in tasks:
            task["allowFailure"] = True
    w.steps_of.setdefault(step.clause, []).extend(t["id"] for t in tasks)
    return tasks


def _group(w: Writer, group: Group) -> list[Task]:
    if group.kind == "parallel":
        return _parallel(w, group)
    if group.kind == "foreach":
        return _foreach(w, group)
    if group.kind == "switch":
        return switch_cases(w, group, _nodes)
    return _if(w, group)


def _parallel(w: Writer, group: Group) -> list[Task]:
    start = w.last
    branches: list[Task] = []
    mark = len(w.data)
    for node in group.steps:
        if start is not None and not _continues(node):
            w.data.append(start)
        made = _nodes(w, [node])
        if len(made) > 1:
            made = [w.task(f"branch_{made[-1]['id']}", "core.flow.Sequential", tasks=made)]
        branches += made
    w.extra["parallel_files"] = len([d for d in w.data[mark:] if d.kind == "file"]) > 1
    if not branches:
        return []
    return [w.task("in_parallel", "core.flow.Parallel", tasks=branches, concurrent=group.args.get("limit"))]


def _continues(node: Node) -> bool:
    """A converter before an upload belongs to the same branch of data."""
    return (
        isinstance(node, Step)
        and node.what == "use"
        and node.args["service"].kind == "store"
        and node.args["role"] == "write"
    )


def _values(w: Writer, group: Group) -> tuple[Any, str]:
    """(values of the loop, a noun for its id)."""
    args = group.args
    noun = str(args.get("noun") or "").removesuffix("s") or "item"
    items = list(args.get("items") or ())
    if not items and args.get("lists"):
        items = list(args["lists"][0])
    if items:
        return items, noun
    if (inner := _inside_json(w, noun)) is not None:
        return inner, noun
    for name, spec in w.inputs.items():
        if spec.type in ("ARRAY", "JSON", "MULTISELECT") or (noun and name.startswith(noun)):
            return f"{{{{ inputs.{name} }}}}", noun
    if args.get("count"):
        if re.search(r"\bweb\s?sites?\b|\burls?\b|\bfeeds?\b", w.text.masked):
            return f"{{{{ {_list_input(w, 'urls', 'addresses to go through').strip('{} ')} }}}}", "site"
        return [str(n + 1) for n in range(int(args["count"]))], noun
    data = w.last
    if data is not None and data.files:
        return f"{{{{ {data.files} | values }}}}", "file"
    if data is not None and data.kind == "rows":
        return f"{{{{ {data.expression} }}}}", "row"
    if data is not None and data.format == "json" and data.kind in ("file", "body"):
        first_list = 'if type == "array" then . else ([.[] | arrays] | first) end'
        return f"{{{{ {parsed(data)} | jq('{first_list}') | first }}}}", noun
    if data is not None and data.kind in ("answer", "body"):
        return f"{{{{ {data.expression} }}}}", noun
    if (handed := event_list(w)) is not None:
        return handed
    if re.search(r"\bpartitions?\b", w.text.masked):
        days = re.search(r"\blast\s+(\d+)\s+(?:daily\s+)?partitions", w.text.masked)
        return [
            f"{{{{ now() | dateAdd(-{n}, 'DAYS') | date('yyyyMMdd') }}}}"
            for n in range(1, int(days[1]) + 1 if days else 4)
        ], "partition"
    plural = noun if noun.endswith("s") else noun + "s"
    if re.search(r"\burls?\b|\bweb\s?sites?\b|\bfeeds?\b", w.text.masked):
        plural = "urls"
    return _list_input(w, plural, f"{plural} to go through; they were not named"), noun


def _inside_json(w: Writer, noun: str) -> str | None:
    """The list of a JSON input that its example shows under the loop's noun: {"lines": [...]} for 'every line'."""
    for name, spec in w.inputs.items():
        key = re.search(rf"[\"']({re.escape(noun)}e?s)[\"']\s*:\s*\[", w.text.plain, re.I)
        if spec.type == "JSON" and key:
            return f"{{{{ inputs.{name}.{key[1]} }}}}"
    return None


def _list_input(w: Writer, name: str, note: str) -> str:
    w.ask(name, "ARRAY", note=note)
    return f"{{{{ inputs.{name} }}}}"


def _foreach(w: Writer, group: Group) -> list[Task]:
    new = not before(w.target, "2.0")
    values, noun = _values(w, group)
    outer, inner = (
        (list(group.args["lists"][0]), list(group.args["nested"])) if group.args.get("nested") else (values, None)
    )
    loop_id = w.new_id(f"for_each_{noun}")
    limit = group.args.get("limit")
    if limit is None and group.args.get("parallel"):
        limit = 0
    value = "item.value" if new else "taskrun.value"
    w.loops.append(loop_id)
    w.extra.setdefault("loop_value", []).append(value)
    mark = len(w.data)
    if inner is not None:
        w.loops.append(loop_id + "_inner")
        tasks = _nodes(w, group.steps)
        w.loops.pop()
        tasks = [w.task("for_each_inner", "core.flow.Loop" if new else "core.flow.ForEach", values=inner, tasks=tasks)]
    else:
        tasks = _nodes(w, group.steps)
    w.extra["loop_value"].pop()
    w.loops.pop()
    del w.data[mark:]
    if not tasks:
        return []
    w.ids.discard(loop_id)
    return [
        w.task(
            loop_id, "core.flow.Loop" if new else "core.flow.ForEach", values=outer, concurrencyLimit=limit, tasks=tasks
        )
    ]


def _if(w: Writer, group: Group) -> list[Task]:
    condition = expression(w, str(group.args["condition"]))
    if group.args.get("negated"):
        condition = f"{{{{ not ({condition[2:-2].strip()}) }}}}"
    simple = len(group.steps) == 1 and isinstance(group.steps[0], Step) and not group.otherwise
    asks_run_if = simple and re.search(r"\b(?:second|next|last|first|this)\s+task\s+only\s+if\b", w.text.masked)
    mark = list(w.data)
    then = _nodes(w, group.steps)
    results = list(w.data)
    w.data[:] = mark
    otherwise = _nodes(w, group.otherwise)
    w.data[:] = results if not otherwise else mark
    if not then and not otherwise:
        return []
    if asks_run_if and len(then) == 1:
        then[0]["runIf"] = condition
        return then
    if not then:
        then, otherwise, condition = otherwise, [], f"{{{{ not ({condition[2:-2].strip()}) }}}}"
    return [
        w.task(
            "if_" + _condition_name(str(group.args["condition"])),
            "core.flow.If",
            condition=condition,
            then=then,
            **({"else": otherwise} if otherwise else {}),
        )
    ]


def _condition_name(words: str) -> str:
    kept = [
        x
        for x in re.findall(r"[a-z]+", words)
        if x not in ("the", "a", "an", "is", "are", "it", "there", "input", "of", "for", "to")
    ]
    return "_".join(kept[:3]) or "condition"


def _after_main(w: Writer, tasks: list[Task]) -> None:
    """Files of a load that was named before its source; a working directory around a cloned repository."""
    later = w.extra.get("load_later")
    if later is not None and w.last_of("file"):
        w.extra["done"] = ["load"]
        from copilot.draft.offline.blocks.jdbc import postgres_load

        made = [t for t in postgres_load(w, later) if not t["id"].startswith("create_table")]
        tasks += made
    clone = w.extra.get("clone")
    if clone:
        _around_clone(w, tasks, clone)


_IN_FOLDER = ("scripts.", "dbt.cli", "sqlmesh", "terraform", "ansible", "docker", "duckdb", "soda")


def _around_clone(w: Writer, tasks: list[Task], clone: str) -> None:
    spot = next((i for i, t in enumerate(tasks) if t["id"] == clone), None)
    if spot is None:
        return
    end = spot + 1
    while end < len(tasks) and any(part in tasks[end]["type"] for part in _IN_FOLDER):
        end += 1
    if end > spot + 1:
        inside = tasks[spot:end]
        tasks[spot:end] = [w.task("working_directory", "core.flow.WorkingDirectory", tasks=inside)]


def _with_values(w: Writer, flow: dict[str, Any], inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Since 2.0 a schedule or webhook must have a value for every input: what nobody gave is read from the KV store."""
    started = [t for t in flow.get("triggers") or () if str(t["type"]).endswith((".Schedule", ".Webhook"))]
    if before(w.target, "2.0") or not started:
        return inputs
    for one in inputs:
        if "defaults" in one or one.get("required") is False or all(one["id"] in t.get("inputs", {}) for t in started):
            continue
        if one["type"] in ("FILE", "SELECT", "MULTISELECT", "ARRAY", "BOOL", "BOOLEAN"):
            one["required"] = False
        else:
            one["defaults"] = f"{{{{ kv('{one['id']}') }}}}"
            w.note(f"A trigger asks nobody: `{one['id']}` is read from the key-value store; set it there once.")
    return inputs


def _input(w: Writer, spec: InputSpec) -> dict[str, Any]:
    kind = spec.type
    new = not before(w.target, "2.0")
    if kind == "BOOLEAN" and new:
        kind = "BOOL"
    out: dict[str, Any] = {"id": spec.id, "type": kind}
    if spec.id in w.placeholders and "description" not in spec.more:
        out["description"] = w.placeholders[spec.id]
    if kind == "ARRAY":
        out["itemType"] = "STRING"
    if kind in ("SELECT", "MULTISELECT"):
        out["values"] = list(spec.values) or ([spec.default] if spec.default else [])
        if "expression" in spec.more:
            out.pop("values")
        elif not out["values"]:
            out = {**out, "type": "STRING"}
            out.pop("values")
            w.questions.append(f"Which values may `{spec.id}` have? They were not named, so any text is taken.")
    if spec.default is not None and spec.default != "":
        out["defaults"] = spec.default
    out |= dict(spec.more.items())
    if not spec.required:
        out["required"] = False
    return out


def _behaviour(w: Writer, tasks: list[Task]) -> None:
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


def with_description(plan: Plan, words: str) -> Plan:
    """The request itself describes the flow, shortened."""
    clean = re.sub(r"\s+", " ", words).strip()
    return replace(plan, description=clean if len(clean) <= 160 else clean[:157].rsplit(" ", 1)[0] + "...")
