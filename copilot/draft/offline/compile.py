"""From a plan to a flow: blocks write the tasks, flowables are put around them, triggers and the rest beside them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from copilot.draft.offline.behaviour import behaviour
from copilot.draft.offline.conditions import expression
from copilot.draft.offline.groups import nodes
from copilot.draft.offline.ir import InputSpec, Plan
from copilot.draft.offline.placeholders import fill_places
from copilot.draft.offline.results import flow_outputs
from copilot.draft.offline.shared_settings import asked_once, share
from copilot.draft.offline.starts import triggers
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Data, Task, Writer


def compile_plan(w: Writer) -> dict[str, Any]:
    """The flow as a mapping. ``w`` holds what was asked for on the way afterwards."""
    plan = w.plan
    for spec in plan.inputs:
        w.inputs[spec.id] = spec
    _prepare(w)
    flow: dict[str, Any] = {"id": plan.id, "namespace": w.namespace, "description": plan.description or None}
    tasks = nodes(w, plan.steps)
    _after_main(w, tasks)
    w.where = "errors"
    errors = nodes(w, plan.errors)
    w.where = "finally"
    finals = nodes(w, plan.finally_)
    w.where = "tasks"
    outputs = flow_outputs(w)
    if not tasks and (outputs or plan.schedules or plan.events or plan.sla or plan.concurrency or errors or finals):
        tasks = [w.task("start", "core.log.Log", message=_start_message(w))]
    _only_if(w, tasks)
    behaviour(w, tasks)
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
    fill_places(w, flow)
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
            kinds = ("csv", "json", "excel", "parquet", "xml", "zip", "pdf")
            kind = next(
                (k for k in kinds if re.search(rf"(?<!\bto )(?<!\bas )(?<!\binto )\b{k}\b", masked)),
                next((k for k in kinds if re.search(rf"\b{k}\b", masked)), "csv"),
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


def with_description(plan: Plan, words: str) -> Plan:
    """The request itself describes the flow, shortened."""
    clean = re.sub(r"\s+", " ", words).strip()
    return replace(plan, description=clean if len(clean) <= 160 else clean[:157].rsplit(" ", 1)[0] + "...")
