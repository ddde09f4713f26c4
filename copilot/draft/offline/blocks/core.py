"""Blocks of the core: logging, failing, waiting, key-value, subflows, labels, files of the execution."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline import features
from copilot.draft.offline.arithmetic import computed
from copilot.draft.offline.blocks import block
from copilot.draft.offline.computing import computed_log
from copilot.draft.offline.ir import InputSpec, Step
from copilot.draft.offline.messages import failure_text, fill, show, spoken
from copilot.draft.offline.results import date_pattern
from copilot.draft.offline.text import CODE, QUOTED
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Task, Writer

LOG = "core.log.Log"


@block("log")
def log(w: Writer, step: Step) -> list[Task]:
    several = [one.value for one in step.args.get("literals", ()) if one.kind == QUOTED and one.start > step.start]
    if len(several) > 1 and re.search(r"\b(?:both|each|two|three|tasks)\b", step.words.lower()):
        return [
            w.task(f"log_{words}" if len(words) < 20 else "log_message", LOG, message=fill(w, words))
            for words in several
        ]
    extra, message = log_message(w, step)
    level = re.search(
        r"\blevel\s+(trace|debug|info|warn(?:ing)?|error)\b|\b(?:as|an?)\s+(warning|error)\b(?!\s+handler)",
        step.words.lower(),
    )
    said = (level[1] or level[2]).upper().replace("WARNING", "WARN") if level else None
    return [*extra, w.task(_log_id(w, step, message), LOG, message=message, level=said)]


def _log_id(w: Writer, step: Step, message: str) -> str:
    if w.where == "errors":
        return "log_failure"
    if "goodbye" in message.lower():
        return "say_goodbye"
    return "log_result" if "{{" in message and "outputs" in message else "log_message"


def log_message(w: Writer, step: Step) -> tuple[list[Task], str]:
    """(tasks needed first, the message)."""
    low = step.words.lower()
    said = spoken(w, step)
    computed = computed_log(w, step, said)
    if computed is not None:
        return computed
    if said:
        return [], said
    if w.where == "errors":
        return [], failure_text()
    named = _what_is_named(w, low)
    if named is None and not _NO_MATTER_WHAT.search(low):
        w.note(f"What “{step.words.strip()}” should log was not understood; it logs which execution this is.")
    return [], named or "{{ flow.id }}: execution {{ execution.id }}"


_NO_MATTER_WHAT = re.compile(
    r"\b(?:log|print|show)\w*\s+(?:an?\s+|some\s+|any\s+)?(?:message|line|something|anything)\b"
    r"|\bjust\s+(?:an?\s+)?logs?\b"
)


def _what_is_named(w: Writer, low: str) -> str | None:
    if (size := w.extra.get("size")) and re.search(
        r"\b(?:number\s+of|how\s+many)\s+(?:rows|records|results|entries|lines)|\brow\s+count\b", low
    ):
        return f"{{{{ {size} }}}}"
    if re.search(r"\bsize\b.*\bbytes?\b|\bfile\s+size\b", low) and (file := w.last_of("file")):
        return f"{{{{ fileSize({file.expression}) }}}}"
    dates = [n for n, s in w.inputs.items() if s.type in ("DATE", "DATETIME")]
    if len(dates) == 1 and w.last is None and re.search(r"\bweekday|\bday\s+of\s+the\s+week|\byear\b|\bmonth\b", low):
        return f"{{{{ inputs.{dates[0]} | date('{date_pattern(low)}') }}}}"
    if w.last is None and w.inputs and not w.loops and (worked_out := computed(low, w.inputs)):
        return f"{{{{ {worked_out[0]} }}}}"
    field = re.search(
        r"\b(?:field|property|key)\s+`?(\w+)`?|`(\w+)`\s+(?:field|property)", re.sub(r"[\ue000-\ue005]+", "", low)
    )
    if (
        field
        and any(e.kind == "webhook" for e in w.plan.events)
        and re.search(r"\bbody|\bpayload|\bwebhook", w.text.masked)
    ):
        return f"{{{{ trigger.body.{field[1] or field[2]} }}}}"
    if re.search(r"\b(?:body|payload)\b", low) and any(e.kind in ("webhook", "http") for e in w.plan.events):
        return "{{ trigger.body }}"
    if w.loops and re.search(r"\biteration\b|\bindex\b", low):
        return "{{ taskrun.iteration }}" if before(w.target, "2.0") else "{{ item.index }}"
    if re.search(r"\b(?:current|today'?s?)\s+date\b|\blogs?\s+the\s+(?:date|time)\b", low):
        pattern = re.search(r"\b(?:as|like|format)\s+`?([dMyHms./:-]{4,})", w.text.plain)
        return f"{{{{ now() | date('{pattern[1] if pattern else date_pattern(low)}') }}}}"
    started = any(e.kind == "service" for e in w.plan.events)
    if started and w.last is None and re.search(r"\b(?:item|message|event|record|payload|value|it|them)\b", low):
        return "{{ trigger | toJson }}"
    if re.search(r"\b(?:which|id\s+of\s+the)\s+execution\b", low) and any(e.kind == "flow" for e in w.plan.events):
        return "{{ trigger.executionId }}"
    if re.search(r"\b(?:status|response|answer)\s+code\b|\bstatus\b", low) and w.http:
        return f"{{{{ {w.out(w.http, 'code')} }}}}"
    if re.search(r"\bgoodbye\b", low):
        return "Goodbye, {{ inputs.name }}" if "name" in w.inputs else "Goodbye"
    if "kept_variable" in w.extra and not w.data:
        return f"{{{{ render(vars.{w.extra['kept_variable']}) }}}}"
    if re.search(r"\bkv\b", low) and (name := _literal_name(low, w)):
        fallback = re.search(r"\buse\s+([\w.-]+)", w.text.masked)
        if fallback:
            return f"{{{{ kv('{name}', flow.namespace, false) ?? '{fallback[1]}' }}}}"
        return f"{{{{ kv('{name}') }}}}"
    if re.search(r"\bcombination\b", low) and w.loops:
        return (
            "{{ item.parent.value }}-{{ item.value }}"
            if not before(w.target, "2.0")
            else "{{ parent.taskrun.value }}-{{ taskrun.value }}"
        )
    if re.search(r"\bboth\s+values\b", low) and w.approvals:
        task, fields = w.approvals[0], w.extra["approval_fields"]
        return " ".join(f"{f}: {{{{ outputs.{task}.onResume.{f} }}}}" for f in fields)
    if w.loops:
        return _loop_message(w, low)
    if w.last is None and w.inputs and re.search(r"\b(?:it|them|both|all|choice|value|values|each|that)\b", low):
        named = [n for n in w.inputs if n not in w.placeholders]
        if named and (
            joined := re.search(
                (
                    r"\b(?:joined|separated|connected)\s+(?:by|with)\s+(?:an?\s+)?(space|comma|dash"
                    r"|hyphen|underscore|newline)s?\b"
                ),
                low,
            )
        ):
            sign = {"space": " ", "comma": ", ", "dash": "-", "hyphen": "-", "underscore": "_", "newline": "\n"}[
                joined[1]
            ]
            return sign.join(f"{{{{ inputs.{n} }}}}" for n in named)
        if named:
            return (
                f"{{{{ inputs.{named[0]} }}}}"
                if len(named) == 1
                else ", ".join(f"{n}: {{{{ inputs.{n} }}}}" for n in named)
            )
    for name in w.inputs:
        if re.search(rf"\b{re.escape(name.replace('_', ' '))}s?\b|\b{re.escape(name)}\b", low):
            return f"{{{{ inputs.{name} }}}}"
    if re.search(r"\boutcome\b|\bdecision\b", low) and w.approvals:
        return f"{{{{ outputs.{w.approvals[0]}.onResume.approved }}}}"
    if w.last:
        return show(w.last)
    if "hello" in low:
        if "name" in w.inputs:
            return "Hello, {{ inputs.name }}"
        return "Hello, world!" if "world" in w.text.masked else "Hello!"
    return None


def _loop_message(w: Writer, low: str) -> str:
    value = w.extra["loop_value"][-1]
    if w.last and w.last.task in w.extra.get(w.loops[-1], ()):
        return f"{{{{ {w.last.expression} }}}}"
    field = re.search(
        (
            r"\bthe\s+([a-z_]\w*)\s+(?:of\s+(?:each|every|the|it)\b|from\s+(?:each|every)\b)"
            r"|\bwith\s+(?:the|its|their)\s+([a-z_]\w*)"
        ),
        low,
    )
    if field and _objects(w):
        return f"{{{{ fromJson({value}).{field[1] or field[2]} }}}}"
    if re.search(r"\bupper\b", low):
        return f"{{{{ {value} | upper }}}}"
    if re.search(r"\blower\b", low):
        return f"{{{{ {value} | lower }}}}"
    return f"{{{{ {value} }}}}"


def _objects(w: Writer) -> bool:
    """Whether the loop goes over JSON objects."""
    return any(s.type == "JSON" for s in w.inputs.values()) or (w.last is not None and w.last.format == "json")


def _literal_name(low: str, w: Writer) -> str:
    bare = re.search(r"\b(?:kv|key)[\s-](?:store\s+)?(?:key|entry|value)?\s*(?:called\s+|named\s+)?([a-z][\w.-]*)", low)
    quoted = next((one.value for one in w.text.literals if one.kind in (CODE, QUOTED)), "")
    return quoted or (bare[1] if bare and bare[1] not in ("store", "key", "value", "of", "in", "and", "with") else "")


@block("return")
def give_back(w: Writer, step: Step) -> list[Task]:
    task = w.task(
        "generate_output", "core.debug.Return", format=spoken(w, step) or "Generated in execution {{ execution.id }}"
    )
    w.yields(task, "value", "value")
    return [task]


@block("fail")
def fail(w: Writer, step: Step) -> list[Task]:
    said = [one.value for one in step.args.get("literals", ()) if one.kind == QUOTED]
    return [w.task("fail", "core.execution.Fail", errorMessage=fill(w, said[0]) if said else None)]


@block("sleep")
def sleep(w: Writer, step: Step) -> list[Task]:
    amount, unit = step.args.get("n", "10"), step.args.get("unit", "seconds")
    return [w.task("wait", "core.flow.Sleep", duration=features.duration(amount, unit))]


@block("labels")
def labels(w: Writer, step: Step) -> list[Task]:
    pairs: dict[str, str] = {}
    sign = "=" if "=" in w.extra["sentences"].get(step.clause, step.words) else ":"
    for match in re.finditer(
        rf"([\w.-]+)\s*{sign}\s*(?:the\s+)?(?:value\s+of\s+)?(?:the\s+)?(input\s+)?`?([\w.-]+)`?",
        re.sub(r"https?://\S+", "", w.extra["sentences"].get(step.clause, step.words)),
    ):
        value = match[3]
        pairs[match[1]] = f"{{{{ inputs.{value} }}}}" if match[2] or value in w.inputs else value
    if not pairs:
        pairs = {name: f"{{{{ inputs.{name} }}}}" for name in w.inputs} or {"run": "{{ execution.id }}"}
    return [w.task("set_labels", "core.execution.Labels", labels=pairs)]


@block("pause")
def pause(w: Writer, step: Step) -> list[Task]:
    fields = _approval_fields(w, step)
    limit = re.search(
        (
            r"\b(?:at\s+most|within|max(?:imum)?|time-?\s?out\s+(?:of|after)|no\s+longer\s+than"
            rf"|up\s+to)\s+{features.DURATION}"
        ),
        w.text.masked,
    )
    task = w.task(
        "wait_for_approval",
        "core.flow.Pause",
        onResume=fields,
        timeout=features.duration(limit["amount"], limit["unit"]) if limit else None,
    )
    w.approvals.append(task["id"])
    w.extra["approval_fields"] = [f["id"] for f in fields]
    return [task]


def _approval_fields(w: Writer, step: Step) -> list[dict[str, Any]]:
    boolean = "BOOL" if not before(w.target, "2.0") else "BOOLEAN"
    fields: list[dict[str, Any]] = []
    for match in re.finditer(
        r"(?:\b(boolean|bool|string|text|int(?:eger)?|number|date)\s+)?`(\w+)`",
        w.text.plain[step.start : step.end + 120],
    ):
        kind = {"b": boolean, "s": "STRING", "t": "STRING", "i": "INT", "n": "FLOAT", "d": "DATE"}.get(
            (match[1] or "s").lower()[0], "STRING"
        )
        if match[2] not in w.inputs or match[2] in ("approved", "reason"):
            fields.append({"id": match[2], "type": kind})
            w.inputs.pop(match[2], None)
    if not fields:
        fields = [{"id": "approved", "type": boolean, "defaults": True}]
        if re.search(r"reason|comment", w.text.masked):
            fields.append({"id": "reason", "type": "STRING", "required": False})
    return fields


@block("loop_until")
def loop_until(w: Writer, step: Step) -> list[Task]:
    uri = (
        step.args.get("uri")
        or next((one.value for one in w.text.literals if one.value.startswith("http")), None)
        or w.ask("status_uri", "URI", note="address to poll")
    )
    request = w.task("check_status", "core.http.Request", uri=uri)
    w.http = request["id"]
    status = re.search(
        (
            r"until\s+(?:the\s+)?(\w+)?\s*(?:status|state|it|the\s+job)?\s*(?:is|says|becomes|returns"
            r"|equals|=|reports)?\s*[`'\"]?(\w+)"
        ),
        step.words.lower(),
    )
    literal = next((one.value for one in step.args.get("literals", ()) if one.kind in (CODE, QUOTED)), None)
    wanted = literal or (status[2] if status and status[2] not in ("it", "is", "the", "finished") else "done")
    condition = f"{{{{ fromJson(outputs.{request['id']}.body).status == '{wanted}' }}}}"
    if "200" in step.words:
        condition = f"{{{{ outputs.{request['id']}.code == 200 }}}}"
        request["options"] = {"allowFailed": True}
    every = re.search(rf"\bevery\s+{features.DURATION}", w.text.masked) or re.search(
        features.DURATION, step.words.lower()
    )
    single = re.search(r"\bevery\s+(second|minute|hour)\b", w.text.masked)
    interval = (
        features.duration("1", single[1])
        if single
        else features.duration(every["amount"], every["unit"])
        if every
        else "PT5S"
    )
    loop = w.task(
        "wait_until_done",
        "core.flow.LoopUntil",
        condition=condition,
        tasks=[request],
        checkFrequency={"interval": interval, "maxIterations": 100, "maxDuration": "PT1H"},
    )
    return [loop]


@block("assert")
def check_inputs(w: Writer, step: Step) -> list[Task]:
    from copilot.draft.offline.conditions import expression

    said = re.search(
        r"\b(?:that|sure)\s+(?:that\s+)?(?:the\s+)?(?:input\s+)?(.+)$", w.text.masked[step.start :].split(",")[0]
    )
    condition = expression(w, said[1] if said else w.text.masked[step.start :].split(",")[0])
    return [
        w.task(
            "check", "core.execution.Assert", conditions=[condition], errorMessage=f"{step.words.strip()} does not hold"
        )
    ]


def add_input(w: Writer, spec: InputSpec) -> None:
    """An input the plan needs beside those named."""
    w.inputs.setdefault(spec.id, spec)
