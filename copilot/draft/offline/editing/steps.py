"""More tasks: log lines, branches, conversions, whatever the composer can make of the words."""

from __future__ import annotations

import re
from dataclasses import replace

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.clauses import part
from copilot.draft.offline.editing.composing import reference, writer
from copilot.draft.offline.editing.targets import mentioned, rank, stem
from copilot.draft.offline.emit import task_yaml
from copilot.draft.offline.features import DURATION, duration
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.text import QUOTED, Text, read_text
from copilot.draft.offline.writer import Data, Writer


def add_pause(c: Change) -> bool:
    """'wait 10 seconds before polling': a Sleep before or after a task."""
    said = re.search(
        rf"^\W*(?:please\s+|add\s+an?\s+)?(?:wait|sleep|pause)\s+(?:of\s+|for\s+)?{DURATION}\s+(?P<where>before|after)\s*(?:the\s+)?(?P<what>.*)$",
        c.low,
    )
    if said is None:
        return False
    found = rank(c.doc.items("tasks"), said["what"])
    tasks = c.doc.flow.get("tasks", [])
    edge = ("tasks", 0 if said["where"] == "before" else len(tasks) - 1)
    if said["what"] and (not found or found[0].score < 1):
        return False
    task = {
        "id": c.doc.new_id("wait"),
        "type": PREFIX + "core.flow.Sleep",
        "duration": duration(said["amount"], said["unit"]),
    }
    c.doc.insert_items([task], **{said["where"]: found[0].item.entry if said["what"] else edge})
    return True


def add_approval(c: Change) -> bool:
    """'wait for approval before the merge': a Pause before or after a task."""
    said = re.search(
        r"\b(?:wait\s+for|pause\s+for|ask\s+for|require|needs?|add)\s+(?:an?\s+|the\s+)?(?:manual\s+|human\s+)?(?:approval|confirmation|ok)\b[^.;]*?\b(?P<where>before|after)\s+(?:the\s+)?(?P<what>.+)$",
        c.low,
    )
    found = rank(c.doc.items("tasks"), said["what"]) if said else []
    if not said or not found or found[0].score < 1:
        return False
    task = {"id": c.doc.new_id("approve"), "type": PREFIX + "core.flow.Pause"}
    if said["where"] == "before":
        c.doc.insert_items([task], before=found[0].item.entry)
    else:
        c.doc.insert_items([task], after=found[0].item.entry)
    return True


def add_case(c: Change) -> bool:
    """Another branch of a Switch."""
    match = re.search(r"\b(?:add|new|another)\b[^.;]*\bcase\s+(?:for\s+)?[`'\"]?(\w+)", c.words)
    switch = next((t for t in c.doc.tasks() if t.short_type.endswith("flow.switch")), None)
    if not match or switch is None:
        return False
    name = match[1]
    cases = switch.values.get("cases") or {}
    said = next((one.value for one in c.text.literals if one.kind == QUOTED and one.value != name), f"case {name}")
    sample = next((v[0] for v in cases.values() if isinstance(v, list) and v), {"type": PREFIX + "core.log.Log"})
    kind = PREFIX + "core.log.Log" if re.search(r"\blogs?\b", c.low) else str(sample.get("type"))
    field = "format" if kind.endswith("Return") else "message"
    task = {
        "id": c.doc.new_id(name.lower()),
        "type": kind if kind.endswith(("Return", "Log")) else PREFIX + "core.log.Log",
        field: said,
    }
    last = list(cases)[-1]
    key = c.doc.source.key_at((*switch.path, "cases", last))
    _, end, indent = c.doc.item_lines((*switch.path, "cases", last, len(cases[last]) - 1))
    c.doc.replace_lines(end, end, " " * (key.column - 1) + f"{name}:\n" + task_yaml([task], indent))
    return True


def truncate_first(c: Change) -> bool:
    """Empty a table before it is loaded."""
    if not re.search(
        r"\btruncate\b|\bempty\s+the\s+table\b|\bclear\s+the\s+table\b|\bdelete\s+(?:all\s+)?(?:the\s+)?(?:old\s+)?rows\b",
        c.low,
    ):
        return False
    if re.search(r"\b(?:instead|no\s+longer|don'?t|do\s+not|never)\b", c.low):
        return False
    loads = [t for t in c.doc.tasks() if re.search(r"copyin|\.batch$|\.load", t.short_type)]
    if not loads:
        return False
    load = (mentioned(loads, c.low) or loads)[0]
    table = str(load.values.get("table") or load.values.get("destinationTable") or "")
    package = load.type.rsplit(".", 1)[0]
    login = {
        k: v
        for k, v in load.values.items()
        if k in ("url", "username", "password", "projectId", "serviceAccount", "host")
    }
    name = f"{package}.Query"
    if not table or c.types.get(name) is None:
        return False
    c.doc.insert_items(
        [{"id": c.doc.new_id("truncate_table"), "type": name, **login, "sql": f"TRUNCATE TABLE {table}"}],
        before=load.path,
    )
    return True


def write_out(c: Change) -> bool:
    """'write the result to CSV at the end': converters after the last task."""
    from copilot.draft.offline.blocks.convert import as_format

    match = re.search(
        r"\b(?:write|save|export|store|give|convert|turn|output)\b[^.;]*\b(?:to|as|into|in)\s+(?:an?\s+)?(csv|excel|json|parquet|avro|xml|yaml)\b",
        c.low,
    )
    if not match:
        return False
    w = writer(c)
    if w.last_of("file") is None:
        return False
    anchor = next(i for i in reversed(c.doc.items("tasks")) if len(i.path) == 2)
    _store_result(c, w)
    tasks, _ = as_format(w, match[1])
    if not tasks:
        return False
    c.doc.insert_items(list(tasks), after=anchor.path)
    return True


def _store_result(c: Change, w: Writer) -> None:
    """Queries yield a list of results; the last one's file is meant."""
    for index, data in enumerate(w.data):
        item = next((i for i in c.doc.items("tasks") if i.id == data.task), None)
        if item is not None and item.short_type.endswith("queries"):
            count = len(
                [
                    s
                    for s in re.split(r";\s*(?:\n|$)", str(item.values.get("sql", "")))
                    if re.match(r"\s*(?:select|with)\b", s, re.I)
                ]
            )
            w.data[index] = Data(data.task, "file", "ion", f"{reference(data.task)}.outputs[{max(count - 1, 0)}].uri")


_NEW_STEP = re.compile(
    r"\b(?:add|append|insert|include|create|introduce)\b|\b(?:also|then|afterwards|finally|additionally)\s+(?:\w+\s+)?(?:upload|store|save|send|call|run|convert|load|write|export|copy|post|publish|delete|archive|zip|push|download)\b"
    r"|\b(?:at\s+the\s+(?:very\s+)?(?:end|start|beginning))\b|^\W*(?:after|before)\s|^\W*(?:please\s+)?(?:upload|store|save|send|convert|export|publish|archive)\b"
)
_PLACED = re.compile(
    r"\bat\s+the\s+(?:very\s+)?(?:end|beginning|start)\b|\b(?:finally|afterwards|then|as\s+(?:a\s+|the\s+)?(?:last|final|first)\s+(?:step|task))\b|^\W*(?:after|before)\s"
)
_COMPOSED = re.compile(
    r"\b(?:upload|store|save|send|convert|write|export|copy|post|publish|insert|load|delete|archive|zip|compress|push|call|download|index)\b"
)


def add_last_step(c: Change) -> bool:
    """'at the end upload the csv to ...': the words say where, so something new is meant."""
    return bool(_PLACED.search(c.low) and _COMPOSED.search(c.low)) and add_step(c)


def _without_anchor(c: Change) -> Text:
    """The words without 'after the download' where that names a task: it is a place, no step."""
    asked = re.search(
        r"\badd\s+(?:an?\s+|another\s+)?(?:new\s+)?(?:task|step)\s+(?:which|that|to)\s+(?P<verb>[a-z]+?)s?\s", c.low
    )
    if asked:
        words = c.words[: asked.start()] + asked["verb"] + c.words[asked.end("verb") :].removeprefix("s")
        return _without_anchor(replace(c, text=read_text(words)))
    said = re.search(r"\s+(?:after|before)\s+(?:the\s+)?(?P<what>[\w -]+)$", c.low)
    found = rank(c.doc.items("tasks"), said["what"]) if said else []
    return part(c.text, 0, said.start()) if said and found and found[0].score >= 1.5 else c.text


def add_step(c: Change) -> bool:
    """Whatever else is to be added: composed as in a new flow, put at the end, or before or after a task."""
    if not _NEW_STEP.search(c.low):
        return False
    first = re.match(r"\W*(?:please\s+)?([a-z]+)", c.low)
    if first and any(stem(first[1]) == stem(part) for i in c.doc.items() for part in re.split(r"[_-]", i.id.lower())):
        return False
    onto = re.search(r"\b(?:to|in|into|for|on)\s+(?:the\s+)?(?P<what>[\w-]+(?:\s+[\w-]+)?)\s*$", c.low)
    if onto and (into := rank(c.doc.items(), onto["what"])) and into[0].score >= 2:
        return False
    from copilot.draft.offline.compile import compile_plan
    from copilot.draft.offline.plan import make_plan, understand

    understood = understand(_without_anchor(c), c.types)
    plan = make_plan(understood, c.types)
    if not plan.steps or plan.events:
        return False
    w = writer(c)
    w.plan = plan
    w.extra["sentences"] = dict.fromkeys(range(len(understood.clauses)), c.words)
    w.extra["clause_words"] = dict.fromkeys(range(len(understood.clauses)), c.low)
    flow = compile_plan(w)
    tasks = flow.get("tasks") or []
    if not tasks:
        return False
    known = {i.id for i in c.doc.items("inputs")}
    anchor = re.search(r"\b(after|before)\s+(?:the\s+)?([\w -]+)", c.low)
    found = mentioned(c.doc.items("tasks"), anchor[2]) if anchor else []
    last = ("tasks", len(c.doc.flow.get("tasks", [])) - 1)
    c.doc.insert_items(
        tasks,
        **(
            {"before": found[0].path}
            if found and anchor and anchor[1] == "before"
            else {"after": found[0].path if found else last}
        ),
    )
    for entry in flow.get("inputs") or []:
        if entry["id"] not in known:
            c.doc.add_section("inputs", [entry])
    c.notes += w.notes
    return True
