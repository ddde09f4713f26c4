"""Steps and groups of steps as tasks and flowables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from copilot.draft.offline.blocks import find_block
from copilot.draft.offline.conditions import expression, switch_cases
from copilot.draft.offline.ir import Group, Node, Step
from copilot.draft.offline.questions import parsed
from copilot.draft.offline.trigger_values import event_list
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Data, Task, Writer


def nodes(w: Writer, nodes: Sequence[Node]) -> list[Task]:
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
        return switch_cases(w, group, nodes)
    return _if(w, group)


def _parallel(w: Writer, group: Group) -> list[Task]:
    start = w.last
    branches: list[Task] = []
    mark = len(w.data)
    for node in group.steps:
        if start is not None and not _continues(node):
            w.data.append(start)
        made = nodes(w, [node])
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
    asked = w.last
    if (
        asked is not None
        and asked.task
        and noun in ("row", "record", "result")
        and (rows := _rows_again(w, asked)) is not None
    ):
        return rows, noun
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


def _rows_again(w: Writer, data: Data) -> str | None:
    """The rows of the query before, fetched instead of stored: a loop goes over values, not over a file."""
    task = w.extra.get("tasks", {}).get(data.task)
    if data.kind == "rows":
        return f"{{{{ {data.expression} }}}}"
    if task is None or task.get("fetchType") != "STORE" or data.format != "ion":
        return None
    task["fetchType"] = "FETCH"
    made = w.yields(task, "rows", "rows")
    return f"{{{{ {made.expression} }}}}"


def _one_file(w: Writer, values: str, value: str) -> Data | None:
    """The loop's value as a file, where the loop goes over files: listed, unpacked, split or handed over."""
    data = w.last
    if data is not None and data.files and data.files in values:
        return Data("", "file", data.format, value)
    if "trigger." in values and (".uri" in values or ".path" in values):
        kinds = ("csv", "json", "jsonl", "parquet", "excel", "xml", "avro")
        return Data("", "file", next((k for k in kinds if re.search(rf"\b{k}s?\b", w.text.masked)), "csv"), value)
    return None


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
    w.extra["loop_rows"] = w.last is not None and w.last.kind == "rows" and w.last.expression in str(values)
    if isinstance(values, str) and (one := _one_file(w, values, value)) is not None:
        w.data.append(one)
    if inner is not None:
        w.loops.append(loop_id + "_inner")
        tasks = nodes(w, group.steps)
        w.loops.pop()
        tasks = [w.task("for_each_inner", "core.flow.Loop" if new else "core.flow.ForEach", values=inner, tasks=tasks)]
    else:
        tasks = nodes(w, group.steps)
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
    then = nodes(w, group.steps)
    results = list(w.data)
    w.data[:] = mark
    otherwise = nodes(w, group.otherwise)
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
