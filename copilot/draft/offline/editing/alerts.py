"""Messages to people: when something fails, at the end, beside an alert that is there, through another service."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.composing import message_task
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.logging import ANYWAY
from copilot.draft.offline.editing.targets import rank
from copilot.draft.offline.editing.wanted import secret_in
from copilot.draft.offline.emit import task_yaml
from copilot.draft.offline.services import PREFIX, SERVICES, Service
from copilot.draft.offline.text import EMAIL, QUOTED

_FAILS = re.compile(r"\b(?:fail\w*|errors?|goes\s+wrong|breaks?|broken?|crash\w*|problems?|trouble|down)\b")


_ASKED = re.compile(
    r"^\W*(?:(?:please|also|then|finally|and|just|now|can\s+you|could\s+you|we\s+want|i\s+want|let's|afterwards|(?:after|before|when|if|once|whenever|at)\s+[^,]+,?)\s+)*(?:add|send|notify|alert|tell|post|ping|message|mail|e-?mail|inform|page|let|write|give|warn|have|use)\b"
    r"|\balso\b|\b(?:should|must|want|need|needs|get|gets|be|to\s+be)\s+(?:\w+\s+)?(?:sent|notified|alerted|told|informed|pinged|an?\s+(?:\w+\s+)?(?:e-?mail|mail|message|alert|notification))\b|\b(?:alert|message|e-?mail|mail|notification|ping)\s+(?:\w+\s+){0,4}(?:if|when|on|to|with|by|via)\b"
    r"|\b(?:if|when|after|before|once|afterwards|at\s+the\s+end|in\s+case|on\s+(?:error|failure)s?)\b.*\b(?:send|notify|alert|tell|post|ping|message|mail|e-?mail|inform|page|write)\b"
)


def channels(c: Change) -> list[Service]:
    return [s for s in SERVICES if s.kind == "notify" and re.search(s.pattern, c.low)]


def add_alert(c: Change) -> bool:
    """A message when something fails (errors), beside an alert that is there, or at the end."""
    if not _ASKED.search(c.low):
        return False
    services = [
        s
        for s in channels(c)
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
    anchor = re.search(r"\b(after|before)\s+(?:the\s+)?([\w -]+)", c.low)
    near = rank(c.doc.items("tasks"), anchor[2]) if anchor else []
    if beside is not None:
        c.doc.insert_items([task], after=beside.path)
    elif ANYWAY.search(c.low):
        c.doc.add_section("finally", [task])
    elif near and anchor and near[0].score >= 1.5 and not failing:
        c.doc.insert_items([task], **{anchor[1]: near[0].item.entry})
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


def post_json(c: Change) -> bool:
    """'post {"text": "failed"} to the url in secret ALERT_URL when something breaks': a request of its own."""
    body = re.search(r"\{\s*\".*\}", c.words)
    address = secret_in(c.words) or next((o.value for o in c.text.literals if o.value.startswith("http")), None)
    if not body or not address or not re.search(r"\b(?:post|send|put|call)\b", c.low):
        return False
    task = {
        "id": c.doc.new_id("post_message"),
        "type": f"{PREFIX}core.http.Request",
        "uri": address,
        "method": "POST",
        "contentType": "application/json",
        "body": body.group(),
    }
    if _FAILS.search(c.low[: body.start()] + c.low[body.end() :]):
        c.doc.add_section("errors", [task])
    else:
        c.doc.insert_items([task], after=("tasks", len(c.doc.flow.get("tasks", [])) - 1))
    return True


def add_recipient(c: Change) -> bool:
    """'mail also to sre@x': one more address where a mail is sent already."""
    address = next((one.value for one in c.text.literals if one.kind == EMAIL), None)
    said = re.search(r"\b(?:also|too|as\s+well|in\s+addition|additionally|cc)\b", c.low)
    if not address or not said or _FAILS.search(c.low) or re.search(r"\b(?:when|if|add\s+a)\b", c.low):
        return False
    mails = [t for t in c.doc.items("tasks") if "mail" in t.short_type and isinstance(t.values.get("to"), str)]
    for item in mails:
        if address not in item.values["to"] and not item.values["to"].startswith("{{"):
            sign = ";" if ";" in item.values["to"] else ", "
            c.doc.set(item.path, "to", f"{item.values['to']}{sign}{address}")
    return bool(mails)


def swap_service(c: Change) -> bool:
    """'Teams rather than Slack': the same message through another service."""
    match = re.search(
        r"(?P<new>[^.;,]+?)\s+(?:instead\s+of|rather\s+than|in\s+place\s+of|not)\s+(?P<old>[^.;,]+)", c.low
    ) or re.search(
        r"\b(?:replace|switch|change|move|migrate)\s+(?:the\s+)?(?:from\s+)?(?P<old>[\w ]+?)\s+(?:to|by|with|for)\s+(?P<new>[\w ]+)",
        c.low,
    )
    if not match:
        return _only_new(c)
    before, after = _service(match["old"], c), _service(match["new"], c)
    return before is not None and after is not None and before.key != after.key and _swap_service(c, before, after)


def _only_new(c: Change) -> bool:
    """'use teams for the alarm', 'announce in teams instead': the one message that goes another way now."""
    said = re.search(
        r"\binstead\s*$|\b(?:use|take|with|via|by|on|in|to)\s+\w+\s+for\s+(?:the\s+|all\s+)?(?:alarms?|alerts?|messages?|notifications?|announcements?)\b",
        c.low,
    )
    new = next(iter(channels(c)), None)
    if not said or new is None:
        return False
    known = [s for s in SERVICES if s.kind == "notify" and s.key != new.key]
    there = {t.path: s for t in c.doc.tasks() for s in known if re.search(rf"(?<![a-z]){s.key}", t.short_type)}
    return len(there) == 1 and _swap_service(c, next(iter(there.values())), new)


def _service(words: str, c: Change) -> Service | None:
    return next((s for s in SERVICES if re.search(s.pattern, words)), None)


def _swap_service(c: Change, before: Service, after: Service) -> bool:
    tasks = [
        t
        for t in c.doc.tasks()
        if any(
            t.type.endswith(name.split(".", 1)[-1]) or name in t.type
            for names in before.roles.values()
            for name in names
        )
        or before.key in t.short_type
    ]
    if not tasks or after.kind != "notify":
        return False
    item = tasks[0]
    text = str(
        item.values.get("messageText")
        or item.values.get("payload")
        or item.values.get("htmlTextContent")
        or "{{ flow.id }}: execution {{ execution.id }}"
    )
    inner = re.search(r'"(?:text|content)"\s*:\s*"((?:[^"\\\\]|\\\\.)*)"', text)
    text = inner[1] if inner and text.strip()[:1] == "{" and not text.strip().startswith("{{") else text
    name = re.sub(before.key, after.key, item.id, flags=re.I)
    new = _execution_report(c, item, after, name) or message_task(c, after, text, identifier=name)
    if new is None:
        return False
    start, end, indent = c.doc.item_lines(item.path)
    c.doc.replace_lines(start, end, task_yaml([new], indent))
    return True


def _execution_report(c: Change, item: Item, after: Service, name: str) -> dict[str, Any] | None:
    """A task that reports another execution keeps doing so with the new service."""
    kept = {k: item.values[k] for k in ("executionId", "customMessage", "customFields") if k in item.values}
    type_name = c.types.pick(after.roles.get("execution", ())) if "executionId" in kept else None
    definition = c.types.get(type_name) if type_name else None
    if definition is None or "executionId" not in definition.properties:
        return None
    sample = message_task(c, after, "", identifier=name) or {}
    address = {k: v for k, v in sample.items() if k in definition.properties and k in definition.required}
    return {"id": name, "type": type_name, **address, **kept}
