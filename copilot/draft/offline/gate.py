"""A flow that loses data waits for a person first."""

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
