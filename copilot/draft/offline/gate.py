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


def _heed(writer: Writer, tasks: list[Any], whole: str) -> None:
    for index, task in enumerate(tasks):
        for inner in (task.get(name) for name in ("tasks", "then", "else")):
            if isinstance(inner, list):
                _heed(writer, inner, whole)
        if task["type"].endswith(".Pause") and any(f["id"] == "approved" for f in task.get("onResume", ())):
            return _divide(writer, tasks, index, f"outputs.{task['id']}.onResume.approved", whole)


def _divide(writer: Writer, tasks: list[Any], index: int, answer: str, whole: str) -> None:
    """What comes after the question at ``index``: behind a yes; where only the no has a branch, in its ``else``."""
    after = tasks[index + 1 :]
    if after and answer not in whole:
        given = writer.task("if_approved", "core.flow.If", condition=f"{{{{ {answer} }}}}", then=after)
        tasks[index + 1 :] = [given]
        return
    refused = next((n for n, t in enumerate(after) if t.get("condition") == f"{{{{ not {answer} }}}}"), 0)
    if refused and "else" not in after[refused]:
        tasks[index + 1 :] = [{**after[refused], "else": after[:refused]}, *after[refused + 1 :]]
