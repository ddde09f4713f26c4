"""The rules of editing, in the order they are tried. Each looks at the whole instruction and does its own part.

The third member names rules after which this one is left out, since they have said the same thing already;
``*`` stands for all of them.
"""

from __future__ import annotations

import re

from copilot.draft.offline import features
from copilot.draft.offline.editing import Change, Rule, clause_with
from copilot.draft.offline.editing.additions import (
    add_alert,
    add_case,
    add_log,
    add_member,
    add_step,
    secrets_for,
    truncate_first,
    write_out,
)
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.inside import (
    forbid_failure,
    inner_value,
    leave_out,
    log_level,
    polling,
    turn_order,
)
from copilot.draft.offline.editing.more import add_output, allow_failure, change_method, new_address, pass_inputs
from copilot.draft.offline.editing.targets import input_meant, mentioned, task_meant, trigger_meant
from copilot.draft.offline.editing.values import (
    change_sql,
    extra_conditions,
    instead_of,
    property_said,
    replace_text,
    same_kind,
)
from copilot.draft.offline.ir import Retry
from copilot.draft.offline.schedule import find_schedules
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.text import NAME
from engine.flow.upgrade import upgrade

_NOTHING = re.compile(
    r"\bnothing\s+to\s+change\b|\bdon'?t\s+change\s+anything|\b(?:just|only)\s+(?:explain|tell\s+me|describe)\b|\bno\s+changes?\b(?!\s+to\s+the)|^\W*(?:what|why|how)\b[^.]*\?\s*$|\bexplain\s+(?:what|how|why)\b"
)
_IMPOSSIBLE = re.compile(r"\bif\s+(?:that\s+is\s+|it\s+is\s+|it's\s+)?not\s+possible\s+(?:leave|keep)")


def explain(c: Change) -> bool:
    """Nothing is to change."""
    if _NOTHING.search(c.low):
        c.answered = True
        c.notes.append("Nothing was changed; the flow is as it was.")
    elif _IMPOSSIBLE.search(c.low) and re.search(r"\bwarning", c.low) and c.doc.flow.get("errors"):
        c.answered = True
        c.notes.append(
            "`errors` runs only when the execution fails, so a warning cannot start it; the flow was left as it is. An afterExecution task or a second flow with a Flow trigger on WARNING would do it."
        )
    return c.answered


def migrate(c: Change) -> bool:
    """To another version of Kestra."""
    version = re.search(
        r"\b(?:migrat\w*|upgrad\w*|mov\w+|adapt\w*|convert|port|update|switch\w*)\b[^.;]*?\b(?:kestra\s*)?v?(\d\.\d)\b",
        c.low,
    )
    if not version:
        return False
    text, left = upgrade(c.doc.text, version[1])
    changed = text != c.doc.text
    c.doc.write(text)
    c.target = version[1]
    c.notes += [f"Line {f.line}: {f.message} {f.hint}" for f in left if f.severity == "error"]
    if not changed:
        c.answered = True
        c.notes.append(f"Nothing has to change for Kestra {version[1]}.")
    return True


_ENABLE = re.compile(
    r"\b(?:turn|switch)\s+(?:the\s+|it\s+|on\s+)*(?:[\w-]+\s+)?(?:back\s+)?on\b|\b(?:enable|activate|reactivate)\b"
)
_DISABLE = re.compile(
    r"\b(?:turn|switch)\s+(?:the\s+)?(?:[\w-]+\s+){0,2}off\b|\b(?:disable|deactivate|pause\s+the\s+schedule|skip)\b|\b(?:don'?t|do\s+not)\s+run\s+the\s+[\w-]+"
)


def enable(c: Change) -> bool:
    """Switch a trigger or task on or off."""
    on, off = _ENABLE.search(c.low), _DISABLE.search(c.low)
    if not on and not off:
        return False
    pool = c.doc.items("triggers") + c.doc.tasks()
    words = clause_with(c, (_ENABLE if on else _DISABLE).pattern)
    found = mentioned(pool, words) or (
        [t for t in pool if "schedule" in t.short_type][:1] if len(c.doc.items("triggers")) == 1 else []
    )
    if not found:
        return False
    item = found[0]
    if on and item.values.get("disabled") is True:
        c.doc.remove_key(item.path, "disabled")
        return True
    if off:
        c.doc.set(item.path, "disabled", True)
    return bool(off)


_NOT_SCHEDULE = re.compile(r"\b(?:retry|retries|attempts|tries|timeout|sleep|give\s+up|backoff|in\s+between)\b")


def reschedule(c: Change) -> bool:
    """Another time, zone or rhythm for a schedule; an interval for a trigger that polls; a schedule where there is none."""
    plain = re.sub(
        r"\b(?:instead\s+of|rather\s+than|not)\s+(?:at\s+)?(?:\d[\d:.]*\s*(?:am|pm)?|daily|hourly|weekly|monthly|every\s+\w+)",
        lambda m: " " * len(m.group()),
        c.low,
    )
    schedules = find_schedules(plain)
    only_days = re.search(
        r"\b(?:on\s+)?(?:weekdays?|working\s+days?|business\s+days?)\s+only\b|\bonly\s+(?:on\s+)?(?:weekdays?|working\s+days?|business\s+days?)\b",
        plain,
    )
    zone = re.search(r"\btime\s?zone\b", plain)
    if (not schedules and not only_days and not zone) or _NOT_SCHEDULE.search(plain):
        return False
    crons = [t for t in c.doc.items("triggers") if "cron" in t.values]
    polling = trigger_meant(c.doc, c.low, "trigger")
    every = re.search(rf"\bevery\s+{features.DURATION}", plain)
    if not crons and polling is not None and every and ("interval" in polling.values or _has_interval(c, polling.type)):
        c.doc.set(polling.path, "interval", features.duration(every["amount"], every["unit"]))
        return True
    meant = (mentioned(crons, c.low) or crons[:1]) if crons else []
    if not meant:
        if not schedules:
            return False
        first = schedules[0]
        trigger = {"id": c.doc.new_id("schedule"), "type": PREFIX + "core.trigger.Schedule", "cron": first.cron}
        c.doc.add_section("triggers", [trigger | ({"timezone": first.timezone} if first.timezone else {})])
        return True
    trigger_ = meant[0]
    if schedules:
        c.doc.set(
            trigger_.path, "cron", _merged(str(trigger_.values["cron"]), schedules[0].cron, schedules[0].note, plain)
        )
    elif only_days:
        c.doc.set(trigger_.path, "cron", _merged(str(trigger_.values["cron"]), "0 9 * * 1-5", "assumed", plain))
    from copilot.draft.offline.timezones import find_zone

    found = find_zone(plain)
    if found:
        c.doc.set(trigger_.path, "timezone", found[0])
    return True


def _has_interval(c: Change, type_name: str) -> bool:
    definition = c.types.get(type_name)
    return bool(definition and "interval" in definition.properties)


def _merged(old: str, new: str, note: str, words: str) -> str:
    """A cron with the days of the new one and the time of the old where the words name no time, and the reverse."""
    named = {
        "@hourly": "0 * * * *",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *",
    }
    before, after = named.get(old.strip(), old).split(), new.split()
    if len(before) != 5 or len(after) != 5:
        return new
    if note and after[1] not in ("*",) and "/" not in after[1]:
        after[:2] = before[:2] if before[0].isdigit() and before[1].isdigit() else after[:2]
    days_named = re.search(
        r"\b(?:every|each|daily|day|week\w*|month\w*|hourly|minute|hour|mon|tue|wed|thu|fri|sat|sun)\w*\b", words
    )
    if not days_named and after[2:] == ["*", "*", "*"]:
        after[2:] = before[2:]
    return " ".join(after)


_RENAME = re.compile(
    rf"\brename\s+(?:the\s+)?(?P<kind>input|task|variable|flow|trigger|output|label)?\s*(?P<old>{NAME}|[\w-]+)\s+(?:to|into|as|in)\s+(?P<new>{NAME}|[\w-]+)"
)


def rename(c: Change) -> bool:
    """Another id, and every reference to it."""
    match = _RENAME.search(c.low)
    if not match:
        return False
    old, new = (_said(c, match, g) for g in ("old", "new"))
    kind = match["kind"] or next(
        (k for k, s in (("input", "inputs"), ("task", "tasks")) if any(i.id == old for i in c.doc.items(s))), "task"
    )
    text = c.doc.text
    if kind == "flow":
        c.doc.set((), "id", new)
        return True
    if kind == "variable":
        text = re.sub(rf"(?m)^(\s+){re.escape(old)}(?=\s*:)", rf"\g<1>{new}", text, count=1)
        c.doc.write(re.sub(rf"\bvars\.{re.escape(old)}\b", f"vars.{new}", text))
        return text != c.doc.text
    item = next((i for i in c.doc.items() if i.id == old), None)
    if item is None:
        return False
    c.doc.set(item.path, "id", new)
    root = "inputs" if kind == "input" else "outputs"
    text = re.sub(
        rf"\b{root}\.{re.escape(old)}\b(?!-)", f"{root}.{new}" if "-" not in new else f"{root}['{new}']", c.doc.text
    )
    text = re.sub(rf"\b{root}\[(['\"]){re.escape(old)}\1\]", rf"{root}[\g<1>{new}\g<1>]", text)
    c.doc.write(text)
    if kind == "input":
        for trigger in c.doc.items("triggers"):
            if old in (trigger.values.get("inputs") or {}):
                key = c.doc.source.key_at((*trigger.path, "inputs", old))
                start = c.doc.source.index(key.line, key.column)
                c.doc.write(c.doc.text[:start] + new + c.doc.text[start + len(old) :])
    return True


def _said(c: Change, match: re.Match[str], group: str) -> str:
    literal = c.text.literal_at(match.start(group))
    return literal.value if literal else c.words[match.start(group) : match.end(group)]


_DROPDOWN = re.compile(
    r"\b(?:drop-?down|select(?:\s+box)?|list\s+to\s+choose)\b(?:\s+(?:with|of|between))?\s*:?\s*(?P<values>[\w.-]+(?:\s*(?:,|and|or)\s*[\w.-]+)+)"
)
_DEFAULT = re.compile(
    rf"\b(?:use|take|set|with)\s+(?P<value4>{NAME}|[\w-]+)\s+as\s+(?:the\s+)?default\b|\bdefault\s+\w+\s+(?:should\s+be|is|=|becomes|must\s+be)\s+(?:now\s+)?(?:an?\s+|the\s+)?(?P<value5>{NAME}|[\w./:-]+)|\bdefaults?\s+(?:value\s+)?(?:of\s+\S+\s+)?(?:should\s+be|is|to|=|:|becomes|must\s+be)?\s*(?P<value>{NAME}|[\w./:-]+)$|\bdefaults?\s+(?:should\s+be|to|is|must\s+be)\s+(?P<value2>{NAME}|[\w./:-]+)|\b(?P<value3>[\w-]+)\s+(?:should\s+be\s+the|as(?:\s+the)?|by)\s+default\b"
)
_SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "colon": ":"}
_REQUIRED = re.compile(
    r"\brequired\s+(?:to\s+)?(?P<flag>true|false)\b|\b(?:make|mark)\s+(?:the\s+)?(?:input\s+)?\S+\s+(optional|required|not\s+required)\b"
)
_NEW_INPUT = re.compile(r"\badd\s+(?:an?\s+|another\s+|the\s+)*(?:\w+\s+)?input\b|\bnew\s+(?:\w+\s+)?input\b")


def change_input(c: Change) -> bool:
    """Values, default, need of an input; a new input."""
    done = False
    if match := _DROPDOWN.search(c.low):
        item = input_meant(c.doc, c.low)
        if item is not None:
            start, end = match.span("values")
            values = [v for v in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+", c.words[start:end]) if v]
            c.doc.set(item.path, "type", "SELECT")
            c.doc.set(item.path, "values", values)
            return True
    if _NEW_INPUT.search(c.low):
        return _new_inputs(c)
    if (match := _DEFAULT.search(c.low)) and not re.search(
        r"\balso\b[^.]*\bby\s+default|\badd\s+\S+\s+(?:to|in)\b", c.low
    ):
        group = next(g for g in ("value", "value2", "value3", "value4", "value5") if match[g])
        value: object = _SIGNS.get(_said(c, match, group).lower(), _said(c, match, group))
        item = input_meant(c.doc, c.low) or next(
            (i for i in c.doc.items("inputs") if value in (i.values.get("values") or ())), None
        )
        if item is not None and "plugin default" not in c.low:
            if item.type in ("INT",) and str(value).lstrip("-").isdigit():
                value = int(str(value))
            if item.type in ("BOOLEAN", "BOOL") and str(value).lower() in ("true", "false"):
                value = str(value).lower() == "true"
            c.doc.set(item.path, "defaults", value)
            done = True
    if match := _REQUIRED.search(c.low):
        item = input_meant(c.doc, c.low)
        if item is not None:
            c.doc.set(item.path, "required", match["flag"] == "true" if match["flag"] else match[2] == "required")
            done = True
    return done


def _new_inputs(c: Change) -> bool:
    from copilot.draft.offline.inputs import find_inputs

    known = {i.id for i in c.doc.items("inputs")}
    specs = [s for s in find_inputs(c.text) if s.id not in known]
    for spec in specs:
        entry: dict[str, object] = {"id": spec.id, "type": spec.type}
        if spec.type == "ARRAY":
            entry["itemType"] = "STRING"
        if spec.values:
            entry["values"] = list(spec.values)
        if spec.default is not None:
            entry["defaults"] = spec.default
        c.doc.add_section("inputs", [entry])
    return bool(specs)


def retry(c: Change) -> bool:
    """A retry on the step that is meant."""
    if not re.search(r"\bretr(?:y|ies)\b|\btry\b[^.;]*\b(?:again|times)\b|\b(?:attempts|tries)\b|\bbackoff\b", c.low):
        return False
    if re.search(r"\b(?:no|remove|without|drop)\s+(?:the\s+)?(?:more\s+)?retr", c.low):
        item = next((t for t in mentioned(c.doc.tasks(), c.low) or c.doc.tasks() if "retry" in t.values), None)
        if item:
            c.doc.remove_key(item.path, "retry")
        return item is not None
    from copilot.draft.offline.text import cut
    from copilot.draft.offline.verbs import STARTS_CLAUSE

    found = features.find_retries(c.text, cut(c.text, STARTS_CLAUSE))
    item = task_meant(c.doc, c.low) or next((t for t in c.doc.tasks() if not t.short_type.startswith("core.log")), None)
    if not found or item is None:
        return False
    c.doc.set(item.path, "retry", _retry_block(found[0]))
    if found[0].note:
        c.notes.append(found[0].note)
    return True


def _retry_block(said: Retry) -> dict[str, object]:
    block: dict[str, object] = {"type": said.kind, "interval": said.interval}
    if said.kind == "random":
        block = {"type": said.kind, "minInterval": said.interval, "maxInterval": said.max_interval}
    elif said.kind == "exponential":
        block["maxInterval"] = said.max_interval
    if said.attempts:
        block["maxAttempts"] = said.attempts
    return block


_LIMIT = re.compile(
    rf"\b(?:stop|give\s+up|abort|kill|cancel|time-?\s?outs?|limit|cap|take\s+at\s+most|(?:take|run|last)s?\s+(?:no|not)\s+(?:more|longer)\s+than|max(?:imum)?\s+(?:runtime|duration))\b[^.;]*?\b(?:after|of|to|at|is)?\s*(?:at\s+most\s+)?{features.DURATION}"
)


def timeout(c: Change) -> bool:
    """A limit on a step's time."""
    match = _LIMIT.search(c.low)
    if not match or re.search(r"\bretry\b[^.;]{0,30}$", c.low[: match.start()]):
        return False
    item = task_meant(c.doc, clause_with(c, _LIMIT.pattern)) or task_meant(c.doc, c.low)
    if item is None:
        return False
    c.doc.set(item.path, "timeout", features.duration(match["amount"], match["unit"]))
    return True


def concurrency(c: Change) -> bool:
    """How many executions may run at once."""
    found = features.find_concurrency(c.text)
    if found is None:
        return False
    block = dict(found)
    if re.search(r"\bsecond\b[^.;]*\bwait\b|\bqueue", c.low):
        block["behavior"] = "QUEUE"
    c.doc.add_section("concurrency", block)
    return True


_AT_ONCE = re.compile(
    r"\b(?:max(?:imum)?|at\s+most|only|not\s+more\s+than|up\s+to)?\s*(?P<n>\d+|one|two|three|four|five|six|eight|ten)\s+(?:of\s+(?:them|these)|items?|iterations?|branches|at\s+a\s+time|in\s+parallel|at\s+once|at\s+the\s+same\s+time)"
)


def limit_branches(c: Change) -> bool:
    """How many branches or iterations run side by side."""
    match = _AT_ONCE.search(c.low)
    if not match or re.search(r"\b(?:runs|executions)\b", c.low):
        return False
    n = int(features.number(match["n"]))
    for item in c.doc.tasks():
        if item.short_type.endswith("flow.parallel"):
            c.doc.set(item.path, "concurrent", n)
            return True
        if item.short_type.endswith(("flow.foreach", "flow.loop")):
            c.doc.set(item.path, "concurrencyLimit", n)
            return True
    return False


_REMOVE = re.compile(
    r"\b(?:remove|delete|drop|get\s+rid\s+of|take\s+out|kick\s+out)\s+(?P<a>[^,.;]+)|\b(?:i\s+)?(?:don'?t|do\s+not|no\s+longer)\s+need\s+(?P<b>[^,.;]+?)(?:\s+any\s?more)?(?=[,.;]|$)|\bno\s+(?:more\s+)?need\s+for\s+(?P<c>[^,.;]+)|\bwithout\s+the\s+(?P<d>\w+\s+(?:task|step|trigger|alert))"
)


def remove(c: Change) -> bool:
    """A task, trigger, input or label goes."""
    match = _REMOVE.search(c.low)
    if not match:
        return False
    what = next(g for g in match.groups() if g)
    words = c.words[match.start() : match.end()]
    if re.search(r"\bdocker\b|\bretr|\btimeout\b", what):
        return False
    pool = c.doc.items()
    if re.search(r"\btask|\bstep", what):
        pool = c.doc.tasks()
    elif re.search(r"\bschedule|\btrigger", what):
        pool = c.doc.items("triggers")
    elif re.search(r"\binput", what):
        pool = c.doc.items("inputs")
    found = mentioned(pool, words)
    if not found:
        return _remove_member(c, what)
    c.doc.remove_item(found[0].path)
    c.notes.append(f"Removed {found[0].id}.")
    return True


def _remove_member(c: Change, what: str) -> bool:
    """One value of a list ('remove Lima')."""
    name = c.words[c.low.find(what) : c.low.find(what) + len(what)].strip().split()[-1]
    text = re.sub(rf"(?m)^\s*-\s+['\"]?{re.escape(name)}['\"]?\s*\n", "", c.doc.text, count=1)
    if text == c.doc.text:
        text = re.sub(rf"(?<=[\[,])\s*['\"]?{re.escape(name)}['\"]?\s*(?=[,\]])", "", c.doc.text, count=1)
        text = re.sub(r"\[\s*,\s*", "[", re.sub(r",\s*,", ",", re.sub(r",\s*\]", "]", text)))
    changed = text != c.doc.text
    if changed:
        c.doc.write(text)
    return changed


def runner(c: Change) -> bool:
    """Docker or not, and which image."""
    done = False
    image = re.search(r"\bimage\s+(?:to\s+|is\s+|=\s*)?`?([\w./-]+:[\w.-]+)", c.words)
    scripts = [t for t in c.doc.tasks() if "scripts." in t.short_type or "containerImage" in t.values]
    if image and scripts:
        item = (mentioned(scripts, c.low) or scripts)[0]
        c.doc.set(item.path, "containerImage", image[1])
        done = True
    without = re.search(r"\b(?:without|no|not\s+in)\s+docker\b|\bprocess\s+runner\b", c.low)
    inside = re.search(r"\b(?:in|with|inside)\s+(?:a\s+)?(?:docker|container)\b", c.low)
    if (without or inside) and scripts:
        name = PREFIX + ("core.runner.Process" if without else "scripts.runner.docker.Docker")
        for item in mentioned(scripts, c.low)[:1] or scripts[:1]:
            if isinstance(item.values.get("taskRunner"), dict):
                c.doc.set((*item.path, "taskRunner"), "type", name)
            else:
                c.doc.set(item.path, "taskRunner", {"type": name})
            if without and "containerImage" in item.values:
                c.doc.remove_key(item.path, "containerImage")
        done = True
    return done


def plugin_defaults(c: Change) -> bool:
    """What several tasks repeat goes to one place."""
    if not re.search(
        r"\bplugin\s?defaults?\b|\b(?:in|to)\s+one\s+place\b|\bonly\s+once\b|\brepeated\b|\bwritten\s+(?:\w+\s+)?times\b|\bduplicat",
        c.low,
    ):
        return False
    groups: dict[str, list[Item]] = {}
    for item in c.doc.tasks():
        groups.setdefault(item.type.rsplit(".", 1)[0], []).append(item)
    best: tuple[int, str, dict[str, object]] | None = None
    for prefix, items in groups.items():
        if len(items) < 2:
            continue
        first = items[0].values
        shared = {
            k: v
            for k, v in first.items()
            if k not in ("id", "type", "sql", "description") and all(i.values.get(k) == v for i in items)
        }
        if shared and (best is None or len(items) * len(shared) > best[0]):
            best = (len(items) * len(shared), prefix, shared)
    if best is None:
        return False
    _, prefix, shared = best
    for key in shared:
        for item in c.doc.tasks():
            if item.type.startswith(prefix + ".") and key in item.values:
                c.doc.remove_key(item.path, key)
    c.doc.add_section("pluginDefaults", [{"type": prefix, "values": shared}])
    return True


def labels(c: Change) -> bool:
    """Labels, description, variables of the flow."""
    done = False
    label = re.search(r"\blabels?\s+`?([\w.-]+)`?\s*(?:=|:|with\s+(?:the\s+)?value|to)\s*`?([\w.-]+)`?", c.words)
    if label and not re.search(r"\bexecution\b", c.low):
        existing = c.doc.flow.get("labels")
        if isinstance(existing, dict):
            c.doc.set(("labels",), label[1], label[2])
        else:
            c.doc.add_section("labels", {label[1]: label[2]})
        done = True
    description = re.search(r"\b(?:description|beschreibung|descripci\w+)\b[^'\"`]*", c.low)
    quoted = next((one.value for one in c.text.literals if description and one.start >= description.start()), None)
    if description and quoted:
        c.doc.set((), "description", quoted) if "description" in c.doc.flow else c.doc.add_section(
            "description", quoted
        )
        done = True
    return done


RULES: tuple[tuple[str, Rule, tuple[str, ...]], ...] = (
    ("explain", explain, ()),
    ("migrate", migrate, ()),
    ("rename", rename, ()),
    ("address", new_address, ()),
    ("replace_text", replace_text, ("address",)),
    ("enable", enable, ()),
    ("plugin_defaults", plugin_defaults, ()),
    ("truncate", truncate_first, ()),
    ("secrets", secrets_for, ()),
    ("remove", remove, ("truncate",)),
    ("runner", runner, ("remove",)),
    ("case", add_case, ()),
    ("input", change_input, ("case",)),
    ("concurrency", concurrency, ()),
    ("branches", limit_branches, ("concurrency",)),
    ("polling", polling, ()),
    ("retry", retry, ("polling",)),
    ("timeout", timeout, ("polling",)),
    ("schedule", reschedule, ("replace_text", "retry", "timeout", "concurrency", "polling")),
    ("instead", instead_of, ("schedule", "replace_text", "runner")),
    ("order", turn_order, ("instead", "truncate")),
    ("sql", change_sql, ("instead", "truncate")),
    ("level", log_level, ()),
    ("leave_out", leave_out, ("*",)),
    ("alert", add_alert, ("instead",)),
    ("log", add_log, ("alert", "case", "level")),
    ("out", write_out, ("alert", "log")),
    ("labels", labels, ()),
    ("only_files", extra_conditions, ()),
    ("output", add_output, ()),
    ("forbid_failure", forbid_failure, ()),
    ("allow_failure", allow_failure, ("log", "alert", "forbid_failure")),
    ("method", change_method, ()),
    ("pass_inputs", pass_inputs, ()),
    ("member", add_member, ("alert", "log", "case", "input", "sql")),
    ("same_kind", same_kind, ("instead", "runner", "schedule", "migrate")),
    ("property", property_said, ("*",)),
    ("inner", inner_value, ("*",)),
    ("step", add_step, ("*",)),
)
