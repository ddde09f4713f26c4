"""What a trigger hands over, by the outputs that the catalog records of its type."""

from __future__ import annotations

from copilot.draft.offline.writer import Writer

_SINGLE = ("value", "data", "body", "payload", "latestEmail", "commentText", "row")
_LISTS = {
    "objects": ".[].uri",
    "blobs": ".[].uri",
    "files": ".[].path",
    "rows": "",
    "emails": "",
    "messages": "",
    "cards": "",
}


def trigger_outputs(w: Writer) -> tuple[str, ...]:
    """Names of the outputs of the trigger that starts the flow; empty without one from a service."""
    event = next((e for e in w.plan.events if e.kind == "service"), None)
    if event is None:
        return ()
    roles = event.args["service"].roles
    name = event.args.get("type") or w.types.pick(roles.get(event.args["role"], ()))
    definition = w.types.get(str(name)) if name else None
    return tuple(definition.outputs) if definition else ()


def event_value(w: Writer) -> str:
    """The one thing that started the flow, as an inner expression: a webhook's body, a message's content."""
    if any(e.kind == "webhook" for e in w.plan.events):
        return "trigger.body"
    there = trigger_outputs(w)
    single = next((n for n in _SINGLE if n in there), "")
    if single:
        return f"trigger.{single}"
    return "trigger | toJson" if w.plan.events else ""


def event_list(w: Writer) -> tuple[str, str] | None:
    """(expression of the list a trigger hands over, noun for one of them); None when it hands over none."""
    there = trigger_outputs(w)
    for name, inner in _LISTS.items():
        if name in there:
            noun = "file" if inner else name.removesuffix("s")
            return (f"{{{{ trigger.{name} | jq('{inner}') }}}}" if inner else f"{{{{ trigger.{name} }}}}"), noun
    return None
