"""Rules that add something: alerts, log lines, cases, members of lists, secrets, steps."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, task_meant, trigger_meant
from copilot.draft.offline.ir import Plan, Step
from copilot.draft.offline.services import PREFIX, SERVICES, Service
from copilot.draft.offline.text import CODE, QUOTED
from copilot.draft.offline.writer import Data, Writer, named_secrets

_FAILS = re.compile(r"\b(?:fail\w*|errors?|goes\s+wrong|breaks|crash\w*|down)\b")


def _writer(c: Change) -> Writer:
    """A writer that knows the flow's ids, inputs and what its last tasks leave behind."""
    from copilot.draft.offline.ir import InputSpec

    w = Writer(c.types, c.text, Plan("edit", ()), str(c.doc.flow.get("namespace", "company.team")))
    w.ids = {i.id for i in c.doc.items()}
    w.inputs = {i.id: InputSpec(i.id, i.type or "STRING") for i in c.doc.items("inputs")}
    w.extra["sentences"] = {0: c.words}
    w.extra["clause_words"] = {0: c.low}
    for item in c.doc.items("tasks"):
        data = _leaves(item)
        if data is not None:
            w.data.append(data)
    return w


def _leaves(item: Item) -> Data | None:
    """What a task leaves, by its type."""
    kind, ref = item.short_type, _ref(item.id)
    if kind.endswith(("query", "queries")):
        fetch = str(item.values.get("fetchType", "")).upper()
        if fetch == "STORE" or item.values.get("store") is True:
            return Data(item.id, "file", "ion", f"{ref}.outputs[0].uri" if kind.endswith("queries") else f"{ref}.uri")
        return Data(item.id, "rows", "", f"{ref}.rows") if fetch == "FETCH" else None
    if kind.endswith(("toion",)):
        return Data(item.id, "file", "ion", f"{ref}.uri")
    if kind.endswith("download"):
        known = re.search(r"\.(csv|json|parquet|xml|zip|gz)\b", str(item.values.get("uri", "")))
        return Data(item.id, "file", known[1] if known else "csv", f"{ref}.uri")
    if ".ionto" in kind:
        return Data(item.id, "file", kind.rsplit("ionto", 1)[1], f"{ref}.uri")
    if kind.endswith("http.request"):
        return Data(item.id, "body", "json", f"{ref}.body")
    return None


def _ref(identifier: str) -> str:
    return f"outputs.{identifier}" if re.fullmatch(r"\w+", identifier) else f"outputs['{identifier}']"


def message_task(c: Change, service: Service, text: str, identifier: str = "") -> dict[str, Any] | None:
    """A notification of a service that says ``text``."""
    from copilot.draft.offline.blocks import find_block

    w = _writer(c)
    w.where = "tasks"
    step = Step("use", {"service": service, "role": "notify", "literals": (), "quoted": (text,)}, text, 0, 0, 0)
    block = find_block(step)
    if block is None:
        return None
    made = block(w, step)[-1]
    if identifier:
        made["id"] = identifier
    for name in w.placeholders:
        spec = w.inputs[name]
        c.doc.add_section("inputs", [{"id": name, "type": spec.type, "description": w.placeholders[name]}])
        c.notes.append(f"Not named, so asked for as an input: {name}.")
    return made


def _channels(c: Change) -> list[Service]:
    return [s for s in SERVICES if s.kind == "notify" and re.search(s.pattern, c.low)]


def add_alert(c: Change) -> bool:
    """A message when something fails (errors), beside an alert that is there, or at the end."""
    if not re.search(r"\b(?:add|also|send|notify|alert|tell|post|ping|message|mail|e-?mail|inform|with|page)\b", c.low):
        return False
    services = [
        s
        for s in _channels(c)
        if not (s.key == "mail" and re.search(r"\bsmtp\b", c.low) and not re.search(r"\b(?:e-?mail|mail)\b", c.low))
    ]
    if not services:
        return False
    service = services[0]
    failing = bool(_FAILS.search(c.low))
    said = next((one.value for one in c.text.literals if one.kind == QUOTED), None)
    beside = _alert_beside(c) if failing else None
    text = said or (
        "Flow {{ flow.namespace }}.{{ flow.id }} failed in execution {{ execution.id }}"
        if failing and beside is None
        else _text_of(beside) or "{{ flow.id }} is done (execution {{ execution.id }})"
    )
    task = message_task(c, service, text)
    if task is None:
        return False
    task["id"] = c.doc.new_id(task["id"])
    if beside is not None:
        c.doc.insert_items([task], after=beside.path)
    elif failing:
        c.doc.add_section("errors", [task])
    else:
        last = len(c.doc.flow.get("tasks", [])) - 1
        c.doc.insert_items([task], after=("tasks", last))
    return True


def _text_of(item: Item | None) -> str:
    return str(item.values.get("messageText") or item.values.get("message") or "") if item else ""


def _alert_beside(c: Change) -> Item | None:
    """'if it's down' speaks of a branch that is there already: where the other alert stands."""
    if re.search(r"\b(?:fails|failure|error)\b", c.low) and not re.search(r"\bdown\b", c.low):
        return None
    alerts = [
        t
        for t in c.doc.items("tasks")
        if re.search(r"slack|teams|mail|discord|telegram|notif|alert", t.short_type + t.id.lower()) and len(t.path) > 2
    ]
    return alerts[-1] if alerts else None


_LOGS = re.compile(
    r"\b(?:add|append|put|insert|also|then|finally|after|before|at\s+the\s+(?:end|beginning)|log|prepend)\b"
)


def add_log(c: Change) -> bool:
    """A log line at the end, at the beginning, after or before a task."""
    if (
        not re.search(r"\blogs?\b", c.low)
        or not _LOGS.search(c.low)
        or re.search(r"\blog\s+level\b|\bin\s+the\s+(?:last|first)\s+log\b|\blast\s+log\b", c.low)
    ):
        return False
    message = next((one.value for one in c.text.literals if one.kind in (QUOTED, CODE)), None)
    output = re.search(r"\b(?:its\s+)?output\s+(?:called\s+|named\s+)?[`'\"]?(\w+)", c.low)
    anchor = re.search(r"\b(after|before)\s+(?:the\s+)?([\w -]+)", c.low)
    item = None
    if anchor:
        found = mentioned(c.doc.items("tasks"), anchor[2])
        item = found[0] if found else None
    if message is None and output and (source := item or task_meant(c.doc, c.low)):
        dotted = "outputs." if source.short_type.endswith("subflow") else ""
        message = f"{{{{ {_ref(source.id)}.{dotted}{output[1]} }}}}"
    if message is None:
        plain = re.search(r"\blogs?\s+(?:the\s+)?(?P<what>[\w ]+)", c.low)
        named = next((i.id for i in c.doc.items("inputs") if plain and i.id in plain["what"]), None)
        if not named and not plain:
            return False
        message = (
            f"{{{{ inputs.{named} }}}}" if named else "{{ flow.id }}: " + (plain["what"].strip() if plain else "done")
        )
    task = {
        "id": c.doc.new_id(
            "log_" + (re.sub(r"\W+", "_", message.lower()).strip("_")[:20] if "{{" not in message else "result")
        ),
        "type": PREFIX + "core.log.Log",
        "message": message,
    }
    tasks = c.doc.flow.get("tasks", [])
    if re.search(r"\bfail|\berror", c.low) and not anchor:
        c.doc.add_section("errors", [task])
    elif item is not None and anchor:
        c.doc.insert_items([task], **({"after": item.path} if anchor[1] == "after" else {"before": item.path}))
    elif re.search(r"\b(?:first|beginning|start|prepend)\b", c.low):
        c.doc.insert_items([task], before=("tasks", 0))
    else:
        c.doc.insert_items([task], after=("tasks", len(tasks) - 1))
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
    from copilot.draft.offline.emit import task_yaml

    c.doc.replace_lines(end, end, " " * (key.column - 1) + f"{name}:\n" + task_yaml([task], indent))
    return True


_ADD = re.compile(
    r"\b(?:add|include|append|also\s+(?:keep|take|use|process|add)|put\s+in)\s+(?:an?\s+|the\s+|another\s+)?(?P<what>[`'\"]?[\w.-]+[`'\"]?(?:\s*(?:,|and)\s*[`'\"]?[\w.-]+[`'\"]?)*)"
)
_NOT_MEMBER = frozenset(
    [
        "a",
        "an",
        "the",
        "retry",
        "timeout",
        "task",
        "step",
        "label",
        "labels",
        "alert",
        "input",
        "output",
        "schedule",
        "trigger",
        "case",
        "error",
        "errors",
        "log",
        "message",
        "description",
        "concurrency",
        "case",
    ]
)


def add_member(c: Change) -> bool:
    """One more value in a list that is there: a city, a package, a column, a subflow beside its siblings."""
    match = _ADD.search(c.words)
    if not match:
        return False
    names = [n.strip("`'\"") for n in re.split(r"\s*,\s*|\s+and\s+", match["what"]) if n]
    names = [n for n in names if n.lower() not in _NOT_MEMBER and n.lower() not in ("it", "write", "please")]
    if not names:
        return False
    sibling = next(
        (
            t
            for t in c.doc.tasks()
            if re.fullmatch(re.sub(r"\d+$", "", names[0]) + r"\d+", t.id) and re.search(r"\d$", names[0])
        ),
        None,
    )
    if sibling is not None:
        siblings = [t for t in c.doc.tasks() if t.path[:-1] == sibling.path[:-1]]
        last = siblings[-1]
        copy = {k: (names[0] if v == last.id else v) for k, v in last.values.items()} | {"id": names[0]}
        c.doc.insert_items([copy], after=last.path)
        return True
    place = _list_for(c)
    if place is None:
        return False
    for name in names:
        _append(c, place, name)
    return True


def _list_for(c: Change) -> tuple[Any, ...] | None:
    """The list of plain values the words mean; the only one when they name none."""
    lists: list[tuple[Any, ...]] = []

    def walk(value: Any, path: tuple[Any, ...]) -> None:
        if isinstance(value, dict):
            for key, child in value.items():
                walk(child, (*path, key))
        elif isinstance(value, list):
            if value and all(isinstance(v, str | int) for v in value):
                lists.append(path)
            for index, child in enumerate(value):
                walk(child, (*path, index))

    walk(dict(c.doc.flow), ())
    named = [
        p
        for p in lists
        if str(p[-1]).lower() in c.low
        or (str(p[-1]) == "defaults" and ("default" in c.low or _owner_id(c, p) in c.low.split()))
    ]
    if named:
        return named[0]
    values = [p for p in lists if p[-1] in ("values", "defaults")]
    return values[0] if len(values) == 1 else lists[0] if len(lists) == 1 else None


def _owner_id(c: Change, path: tuple[Any, ...]) -> str:
    """The id of the input or task a list belongs to."""
    value: Any = c.doc.flow
    for step in path[:-1]:
        value = value[step]
    return str(value.get("id", "")) if isinstance(value, dict) else ""


def _append(c: Change, path: tuple[Any, ...], name: str) -> None:
    source = c.doc.source
    value: Any = c.doc.flow
    for step in path:
        value = value[step]
    node = source.node((*path, len(value) - 1))
    assert node is not None
    start, end = source.range_of(node)
    raw = c.doc.text[start:end]
    quote = raw[:1] if raw[:1] in "'\"" else ""
    line_start = c.doc.text.rfind("\n", 0, start) + 1
    lead = c.doc.text[line_start:start]
    if re.fullmatch(r"\s*-\s+", lead):
        line_end = c.doc.text.find("\n", end)
        line_end = len(c.doc.text) if line_end < 0 else line_end
        c.doc.write(c.doc.text[:line_end] + "\n" + lead + quote + name + quote + c.doc.text[line_end:])
    else:
        c.doc.write(c.doc.text[:end] + ", " + quote + name + quote + c.doc.text[end:])


def truncate_first(c: Change) -> bool:
    """Empty a table before it is loaded."""
    if not re.search(
        r"\btruncate\b|\bempty\s+the\s+table\b|\bclear\s+the\s+table\b|\bdelete\s+(?:all\s+)?(?:the\s+)?(?:old\s+)?rows\b",
        c.low,
    ):
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


def secrets_for(c: Change) -> bool:
    """Credentials from secrets: the keys of a cloud, a trigger's key, a token."""
    names = named_secrets(c.text)
    if not names or (_channels(c) and re.search(r"\b(?:add|send|also|alert)\b", c.low)):
        return False
    done = False
    pool = [*c.doc.items("triggers"), *c.doc.tasks()]
    for name in names:
        before = c.doc.text
        done |= _place_secret(c, name, pool)
        if re.search(r"\beverywhere\b|\ball\s+places\b|\beach\s+place\b", c.low):
            _everywhere(c, before, name)
        pool = [*c.doc.items("triggers"), *c.doc.tasks()]
    region = re.search(r"\bregion\s+`?([a-z]{2}-[a-z]+-\d)\b", c.low)
    if region:
        for item in c.doc.tasks():
            definition = c.types.get(item.type)
            if definition and "region" in definition.properties:
                c.doc.set(item.path, "region", region[1])
                done = True
                break
    return done


def _everywhere(c: Change, before: str, name: str) -> None:
    """The secret that gave way in one place gives way in all."""
    called = r"secret\(['\"](\w+)['\"]\)"
    left = re.findall(called, c.doc.text)
    gone = {
        n for n in re.findall(called, before) if left.count(n) < len(re.findall(rf"secret\(['\"]{n}['\"]\)", before))
    }
    for old in gone:
        c.doc.write(re.sub(rf"(secret\(['\"]){old}(?=['\"]\))", rf"\g<1>{name}", c.doc.text))


_PLACES = (
    ("ACCESS_KEY_ID", "accessKeyId"),
    ("SECRET_ACCESS_KEY", "secretKeyId"),
    ("SECRET_KEY", "secretKeyId"),
    ("WEBHOOK_KEY", "key"),
    ("PASSWORD", "password"),
    ("USER", "username"),
    ("TOKEN", "token"),
    ("API_KEY", "apiKey"),
    ("WEBHOOK", "url"),
    ("HOOK", "url"),
    ("URL", "url"),
)


def _place_secret(c: Change, name: str, pool: list[Item]) -> bool:
    call = f"{{{{ secret('{name}') }}}}"
    key = next((k for part, k in _PLACES if part in name), "")
    meant = mentioned(pool, c.low)
    for item in meant + [i for i in pool if i not in meant]:
        definition = c.types.get(item.type)
        if (
            key
            and definition
            and key in definition.properties
            and (key in item.values or key in ("accessKeyId", "secretKeyId"))
        ):
            c.doc.set(item.path, key, call)
            return True
    return _in_header(c, name, call)


def _in_header(c: Change, name: str, call: str) -> bool:
    """A token that stands in a header or a value of a map."""
    words = [w for w in name.lower().split("_") if len(w) > 2]
    for item in c.doc.tasks():
        for field in ("headers", "env", "options"):
            mapping = item.values.get(field)
            if not isinstance(mapping, dict):
                continue
            for key in mapping:
                if any(w in str(key).lower() for w in words) or "authorization" in str(key).lower():
                    old = str(mapping[key])
                    c.doc.set((*item.path, field), key, f"Bearer {call}" if old.startswith("Bearer ") else call)
                    return True
    return False


def write_out(c: Change) -> bool:
    """'write the result to CSV at the end': converters after the last task."""
    from copilot.draft.offline.blocks.convert import as_format

    match = re.search(
        r"\b(?:write|save|export|store|give|convert|turn|output)\b[^.;]*\b(?:to|as|into|in)\s+(?:an?\s+)?(csv|excel|json|parquet|avro|xml|yaml)\b",
        c.low,
    )
    if not match:
        return False
    w = _writer(c)
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
            w.data[index] = Data(data.task, "file", "ion", f"{_ref(data.task)}.outputs[{max(count - 1, 0)}].uri")


def add_step(c: Change) -> bool:
    """Whatever else is to be added: composed as in a new flow, put at the end, or before or after a task."""
    if not re.search(
        r"\b(?:add|also|then|append|insert|at\s+the\s+end|afterwards|after|before|upload|store|send|call|run|convert|load)\b",
        c.low,
    ):
        return False
    from copilot.draft.offline.compile import compile_plan
    from copilot.draft.offline.plan import make_plan, understand

    understood = understand(c.text, c.types)
    plan = make_plan(understood, c.types)
    if not plan.steps or plan.events:
        return False
    w = _writer(c)
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


__all__ = [
    "add_alert",
    "add_case",
    "add_log",
    "add_member",
    "add_step",
    "message_task",
    "secrets_for",
    "trigger_meant",
    "truncate_first",
    "write_out",
]
