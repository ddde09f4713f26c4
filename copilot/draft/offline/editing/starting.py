"""What starts the flow, and which flows it starts: webhooks, other flows, subflows."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.targets import rank
from copilot.draft.offline.editing.wanted import secret_in
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.text import NAME

_STARTS = re.compile(r"\b(?:start\w*|trigger\w*|run|runs|add|launch\w*|call\w*|execute\w*)\b")
_KEY = re.compile(rf"\bkey\s+(?:is\s+|=\s*|:\s*|should\s+be\s+)?(?P<key>{NAME}|[\w-]+)")
_FLOW = re.compile(
    rf"\b(?:whenever|when|once|as\s+soon\s+as|after|if|every\s+time)\s+(?:the\s+)?(?:other\s+)?flow\s+(?P<flow>{NAME}|[\w.-]+)(?:\s+(?:in|of|from)\s+(?:the\s+)?(?:namespace\s+)?(?P<namespace>{NAME}|[\w.-]+))?\s+(?:has\s+|is\s+)?(?P<how>succe\w+|finish\w*|complet\w*|done|ends?|ran|fail\w*)"
)
_CALL = re.compile(
    rf"\b(?:call|run|start|trigger|execute|launch)\s+(?:the\s+|another\s+)?(?:sub-?flow|flow|workflow)\s+(?:called\s+|named\s+)?(?P<flow>{NAME}|[\w.-]+)(?:\s+(?:in|of|from)\s+(?:the\s+)?(?:namespace\s+)?(?P<namespace>{NAME}|[a-z][\w.-]*\.[\w.-]+))?"
)


def add_start(c: Change) -> bool:
    """'start it by webhook with key abc123', 'run it whenever the flow export succeeds'."""
    if not _STARTS.search(c.low) or re.search(r"\binstead\b|\b(?:slack|teams|discord)\s+webhook\b", c.low):
        return False
    if flow := _FLOW.search(c.low):
        return _after_flow(c, flow)
    webhook = re.search(r"\b(?:by|via|with|through|add|on)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?webhook\b", c.low)
    known = any(t.short_type.endswith("trigger.webhook") for t in c.doc.items("triggers"))
    if webhook is None or known or re.search(r"\b(?:message|alert|send|post|notify|tell)\b", c.low):
        return False
    key = _KEY.search(c.low)
    value = secret_in(c.words) or (
        c.said(key, "key") if key and key["key"] not in ("from", "in", "to", "comes") else ""
    )
    if not value:
        c.notes.append("Set the secret WEBHOOK_KEY; it is part of the address that starts the flow.")
    trigger = {"id": c.doc.new_id("webhook"), "type": f"{PREFIX}core.trigger.Webhook"}
    c.doc.add_section("triggers", [trigger | {"key": value or "{{ secret('WEBHOOK_KEY') }}"}])
    return True


def _after_flow(c: Change, said: re.Match[str]) -> bool:
    namespace, flow = _address(c, said)
    states = (
        ["FAILED"]
        if said["how"].startswith("fail")
        else ["SUCCESS"]
        if said["how"].startswith("succ")
        else ["SUCCESS", "WARNING"]
    )
    trigger = {
        "id": c.doc.new_id(f"after_{re.sub(r'[^a-z0-9]+', '_', flow.lower())}"),
        "type": f"{PREFIX}core.trigger.Flow",
        "preconditions": {"id": "flows", "flows": [{"namespace": namespace, "flowId": flow, "states": states}]},
    }
    c.doc.add_section("triggers", [trigger])
    return True


def _address(c: Change, said: re.Match[str]) -> tuple[str, str]:
    """(namespace, id) of a flow; the own namespace where none is said."""
    flow = c.said(said, "flow")
    if said["namespace"]:
        return c.said(said, "namespace"), flow
    head, _, tail = flow.rpartition(".")
    return (head, tail) if head else (str(c.doc.flow.get("namespace", "")), flow)


def add_subflow(c: Change) -> bool:
    """'after all reports call the flow summary': a Subflow at the end, or beside a task that is named."""
    said = _CALL.search(c.low)
    if said is None or re.search(r"\binstead\b|\bevery\b|\bat\s+\d|\bdaily\b|\bhourly\b", c.low):
        return False
    if not re.search(r"\b(?:after\w*|before|then|also|add|finally|at\s+the\s+end|and)\b", c.low):
        return False
    namespace, flow = _address(c, said)
    if flow in ("in", "with", "every", "at", "on", "as", "and", "after", "before", "instead"):
        return False
    task = {
        "id": c.doc.new_id("call_" + re.sub(r"[^a-z0-9]+", "_", flow.lower())),
        "type": f"{PREFIX}core.flow.Subflow",
        "namespace": namespace,
        "flowId": flow,
        "wait": True,
        "transmitFailed": True,
    }
    rest = c.low[: said.start()] + " " + c.low[said.end() :]
    anchor = re.search(r"\b(?P<where>after|before)\s+(?:the\s+)?(?P<what>[\w -]+)", rest)
    found = rank(c.doc.items("tasks"), anchor["what"]) if anchor else []
    if anchor and found and found[0].score >= 2:
        place = found[0].item.entry
        c.doc.insert_items([task], **{anchor["where"]: place})
    else:
        c.doc.insert_items([task], after=("tasks", len(c.doc.flow.get("tasks", [])) - 1))
    return True
