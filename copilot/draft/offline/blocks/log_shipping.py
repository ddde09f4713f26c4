"""The block that ships the logs of Kestra to where a company keeps its logs."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Task, Writer


@block("ship_logs")
def ship_logs(w: Writer, step: Step) -> list[Task]:
    """A log shipper with the exporter that the words name; a file where they name none."""
    audit = re.search(r"\baudit\b", w.text.masked)
    return [
        w.task(
            "ship_logs",
            "ee.core.log.AuditLogShipper" if audit else "ee.core.log.LogShipper",
            logLevelFilter="INFO",
            lookbackPeriod="P1D",
            logExporters=[_exporter(w)],
        )
    ]


def _exporter(w: Writer) -> dict[str, Any]:
    names = w.types.catalog.types("log_exporter", w.target)
    named = [n for n in names if re.search(rf"\b{n.split('.')[-2]}\b", w.text.masked)]
    chosen = next(iter(named), None) or next(n for n in names if n.endswith("FileLogExporter"))
    out: dict[str, Any] = {"id": chosen.split(".")[-2].replace("log", "file"), "type": chosen}
    definition = w.types.get(chosen)
    for key, facts in (definition.properties if definition else {}).items():
        if key in ("id", "type") or (facts.has_default and facts.required):
            continue
        if facts.secret or facts.required or re.search(r"(?i)apiKey|token|basePath|host$|region", key):
            out[key] = w.placeholder(chosen, key, facts)
    return {k: v for k, v in out.items() if v is not None}
