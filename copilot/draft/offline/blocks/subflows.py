"""Blocks that call other flows."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.blocks.core import LOG
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import fill
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Task, Writer


@block("subflow")
def subflow(w: Writer, step: Step) -> list[Task]:
    count = int(step.args.get("number", 0))
    namespace, flow = _flow_named(w, step)
    after = w.text.masked[max(0, step.start - 10) : step.end + 140]
    given: dict[str, Any] = {
        n: fill(w, v)
        for n, v in re.findall(r"\b([a-z]\w*)\s*=\s*([\w.-]+)", w.text.plain[step.start : step.end + 80])
        if n not in ("wait",)
    }
    given = given or _by_position(w, step)
    takes = re.search(r"\bwith\s+input\s+`?(\w+)`?", after)
    value = re.search(r"\b(?:call|run|start)\s+it\s+with\s+([\w.-]+)", after)
    if takes and value:
        given = {takes[1]: int(value[1]) if value[1].isdigit() else value[1]}
    if not given and re.search(r"\bwith\s+an?\s+input\b", after):
        given = {"value": w.ask("value", "STRING")}
    waits = not re.search(r"\b(?:don'?t|do\s+not|without|not)\s+wait|fire\s+and\s+forget|nicht\s+warten", w.text.masked)
    flow_id = flow or w.ask(f"child_flow{'_' + str(count) if count else ''}", note="id of the flow to start")
    if flow is None and "{{" in flow_id:
        w.note("The flow to start was not named; its id is an input.")
    task = w.task(
        f"run_{flow or 'child_flow'}",
        "core.flow.Subflow",
        namespace=namespace,
        flowId=flow_id,
        inputs=given,
        wait=waits,
        transmitFailed=True if waits else None,
    )
    output = re.search(r"\boutput\s+(?:called\s+|named\s+)?`?([a-z]\w*)", w.text.masked)
    name = output[1] if output and output[1] not in ("of", "is", "and") else "result"
    if waits and re.search(r"\b(?:output|answer|result|returns?)\b", w.text.masked):
        w.yields(task, "value", f"outputs.{name}")
    tasks = [task]
    if re.search(r"\buses?\s+what\b", w.text.masked):
        tasks.append(w.task("use_result", LOG, message=f"{{{{ outputs.{task['id']}.outputs.{name} }}}}"))
    return tasks


_TAKES = re.compile(
    r"\b(?:with|takes?|has|needs?)\s+(?:an?\s+|one\s+|two\s+|three\s+"
    r"|the\s+)?inputs?\s+(?P<names>`?[A-Za-z]\w*`?(?:\s*(?:,|and)\s*(?!output\b)`?[A-Za-z]\w*`?)*)"
)


_GIVEN = re.compile(
    (
        r"\b(?:call|run|start|trigger|execute)\s+(?:it|that|them)\s+with\s+(?P<values>[\w.-]+(?:\s*(?:,"
        r"|and)\s*[\w.-]+)*)(?=\s|[.,;]|$)"
    ),
    re.I,
)


def _by_position(w: Writer, step: Step) -> dict[str, Any]:
    """'a flow with inputs a, b ... call it with 19 and 23'; in a loop the first input takes the loop's value."""
    takes = _TAKES.search(w.text.plain)
    if takes is None:
        return {}
    names = [n.strip("` ") for n in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", takes["names"]) if n.strip("` ")]
    given = _GIVEN.search(w.text.plain)
    values: list[Any] = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", given["values"]) if given else []
    if len(values) == len(names):
        return {n: int(v) if re.fullmatch(r"-?\d+", v) else v for n, v in zip(names, values, strict=True)}
    if w.loops and not values:
        return {names[0]: f"{{{{ {w.extra['loop_value'][-1]} }}}}"}
    return {n: f"{{{{ inputs.{n} }}}}" for n in names if n in w.inputs}


def _flow_named(w: Writer, step: Step) -> tuple[str, str | None]:
    path = re.search(r"\b([a-z][\w.-]*)/([A-Za-z][\w-]*)", re.sub(r"https?://\S+", "", w.text.plain))
    namespace = re.search(r"\bnamespace\s+`?([a-z][\w.-]*\w)`?", w.text.plain)
    if path and path[2].lower() not in ("no", "off", "o") and re.search(r"\bflow\b", w.text.masked):
        return path[1], path[2]
    bare = re.search(
        r"\b(?:sub-?)?flow\s+(?:called\s+|named\s+)?([a-z][\w-]*(?:\.[\w-]+)*)\.([\w-]+)", step.words, re.I
    )
    if bare and not step.args.get("literals"):
        return bare[1], bare[2].rstrip(".")
    named = re.search(r"\b[Ff]low\s+`([\w-]+)`|`([\w-]+)`\s+flow|\bsubflow\s+`([\w-]+)`", w.text.plain)
    flow = next((g for g in named.groups() if g), None) if named else None
    return (namespace[1] if namespace else w.namespace), flow


@block("subflow_batch")
def subflow_batch(w: Writer, step: Step) -> list[Task]:
    """A subflow for each batch of a file's lines."""
    tasks: list[Task] = []
    data = w.last_of("file")
    if data is None:
        uri = next((one.value for one in w.text.literals if one.value.startswith("http")), None) or w.ask(
            "source_url", "URI", note="address of the file; it was not named"
        )
        download = w.task("download", "core.http.Download", uri=uri)
        kind = re.search(r"\.(csv|json|xml|parquet|avro)$", uri)
        data = w.yields(download, "file", "uri", kind[1] if kind else "txt")
        tasks.append(download)
    if data.format in ("csv", "excel", "parquet", "json", "xml", "avro") and data.kind == "file":
        # Lines of ION are rows with their column names; lines of a CSV file are not.
        more, _ = as_format(w, "ion")
        tasks += more
        data = w.last_of("file") or data
    namespace, flow = _flow_named(w, step)
    rows = re.search(
        r"\b(?:of|in)\s+(\d+)\s*(?:lines|rows|items|records)?|(\d+)\s+(?:lines|rows|items|records)\s+(?:each|per)",
        w.text.masked[step.start :],
    ) or re.search(r"\b(?:batch\w*|chunks?|pieces)\s+of\s+(\d+)|(\d+)\s+(?:lines|rows|items|records)\b", w.text.masked)
    name = re.search(r"\binput\s+(?:is\s+|called\s+|named\s+)?`(\w+)`", w.text.plain)
    item = "{{ taskrun.items }}" if before(w.target, "2.0") else "{{ item.value }}"
    w.inputs.pop(name[1], None) if name else None
    flow_id = flow or w.ask("child_flow", note="id of the flow to call for each batch")
    common: dict[str, Any] = {"namespace": namespace, "flowId": flow_id, "inputs": {name[1] if name else "items": item}}
    size = int(next(g for g in rows.groups() if g)) if rows else 100
    if before(w.target, "2.0"):
        return [
            *tasks,
            w.task(
                "for_each_batch",
                "core.flow.ForEachItem",
                items=f"{{{{ {data.expression} }}}}",
                batch={"rows": size},
                wait=True,
                transmitFailed=True,
                **common,
            ),
        ]
    split = w.task("split", "core.storage.Split", **{"from": f"{{{{ {data.expression} }}}}"}, rows=size)
    call = w.task("call_flow", "core.flow.Subflow", wait=True, transmitFailed=True, **common)
    return [
        *tasks,
        split,
        w.task("for_each_batch", "core.flow.Loop", values=f"{{{{ outputs.{split['id']}.uris }}}}", tasks=[call]),
    ]
