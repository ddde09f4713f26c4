"""A flow that loses data waits for a person first, and a person's no is heeded."""

from __future__ import annotations

from typing import Any

from copilot.draft.offline.writer import Writer


def behind_approval(writer: Writer, flow: dict[str, Any]) -> None:
    """Put a Pause before the tasks; a schedule then only asks, it does not delete."""
    if not flow.get("tasks") or any(t["type"].endswith(".Pause") for t in flow["tasks"]):
        return
    pause = writer.task(
        "approve_deletion", "core.flow.Pause", description="Resume only when what follows may be deleted for good."
    )
    flow["tasks"] = [pause, *flow["tasks"]]


def heed_decisions(writer: Writer, flow: dict[str, Any]) -> None:
    """What stands after a Pause that asks for approval runs only when it was given, unless something looks at the
    answer already."""
    if isinstance(flow.get("tasks"), list):
        _heed(writer, flow["tasks"], str(flow))


def _heed(writer: Writer, tasks: list[Any], whole: str) -> list[str]:
    """Gives the answers that nothing in this list heeds: those of a Pause at its end, for the list around it."""
    for index, task in enumerate(tasks):
        inside = [a for name in ("tasks", "then", "else") for a in _heed(writer, task.get(name) or [], whole)]
        if inside and tasks[index + 1 :]:
            _behind(writer, tasks, index, f"{inside[0]} ?? true")  # a branch that was not taken asked nobody
            return []
        if inside:
            return inside
        if task["type"].endswith(".Pause") and any(f["id"] == "approved" for f in task.get("onResume", ())):
            answer = f"outputs.{task['id']}.onResume.approved"
            if answer in whole:
                _divide(tasks, index, answer)
                return []
            if not tasks[index + 1 :]:
                return [answer]
            _behind(writer, tasks, index, answer)
            return []
    return []


def _behind(writer: Writer, tasks: list[Any], index: int, answer: str) -> None:
    condition = f"{{{{ {answer} }}}}"
    tasks[index + 1 :] = [writer.task("if_approved", "core.flow.If", condition=condition, then=tasks[index + 1 :])]


def _divide(tasks: list[Any], index: int, answer: str) -> None:
    """Where only the no has a branch, what lies between it and the question is its ``else``."""
    after = tasks[index + 1 :]
    refused = next((n for n, t in enumerate(after) if t.get("condition") == f"{{{{ not {answer} }}}}"), 0)
    if refused and "else" not in after[refused]:
        tasks[index + 1 :] = [{**after[refused], "else": after[:refused]}, *after[refused + 1 :]]


def starts_itself(flow: dict[str, Any]) -> str:
    """The flow whose end starts this one and that this one starts again, for ever; "" where there is none."""
    heard = {
        (c.get("namespace", flow["namespace"]), c["flowId"])
        for trigger in flow.get("triggers", ())
        if trigger["type"].endswith(".trigger.Flow")
        for c in (*trigger.get("conditions", ()), *(trigger.get("preconditions") or {}).get("flows", ()))
        if c.get("flowId")
    }
    started = ((t.get("namespace"), t.get("flowId")) for t in flow.get("tasks", ()) if t["type"].endswith(".Subflow"))
    return next((str(flow_id) for namespace, flow_id in started if (namespace, flow_id) in heard), "")
