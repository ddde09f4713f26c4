"""How many tasks may run at once."""

from __future__ import annotations

from collections.abc import Iterator

from engine.flow.context import Checked
from engine.flow.findings import Finding
from engine.flow.rules import rule

_FLOW = "io.kestra.plugin.core.flow."
_LIMITS = {
    _FLOW + "Parallel": "concurrent",
    _FLOW + "EachParallel": "concurrent",
    _FLOW + "Dag": "concurrent",
    _FLOW + "ForEach": "concurrencyLimit",
    _FLOW + "Loop": "concurrencyLimit",
}


@rule
def limits_of_flowables(ctx: Checked) -> Iterator[Finding]:
    """A limit is 0, for none, or more."""
    for task in ctx.tasks:
        name = _LIMITS.get(ctx.catalog.canonical(str(task.value.get("type"))))
        limit = task.value.get(name) if name else None
        if name and isinstance(limit, int) and not isinstance(limit, bool) and limit < 0:
            yield ctx.finding(
                "out_of_range", (*task.path, name), f"{limit} is below 0", "Write 0 or more; 0 is no limit."
            )
