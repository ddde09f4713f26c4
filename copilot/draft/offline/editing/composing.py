"""The composer at work inside a flow that exists: it knows its ids, inputs and what its tasks leave behind."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.ir import InputSpec, Plan, Step
from copilot.draft.offline.services import Service
from copilot.draft.offline.writer import Data, Writer


def writer(c: Change) -> Writer:
    """A writer that knows the flow's ids, inputs and what its last tasks leave behind."""
    w = Writer(c.types, c.text, Plan("edit", ()), str(c.doc.flow.get("namespace", "company.team")))
    w.ids = {i.id for i in c.doc.items()}
    w.inputs = {i.id: InputSpec(i.id, i.type or "STRING") for i in c.doc.items("inputs")}
    w.extra["sentences"] = {0: c.words}
    w.extra["clause_words"] = {0: c.low}
    for item in c.doc.items("tasks"):
        data = left_by(item)
        if data is not None:
            w.data.append(data)
    return w


def left_by(item: Item) -> Data | None:
    """What a task leaves, by its type."""
    kind, ref = item.short_type, reference(item.id)
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


def reference(identifier: str) -> str:
    """How expressions read a task's outputs."""
    return f"outputs.{identifier}" if re.fullmatch(r"\w+", identifier) else f"outputs['{identifier}']"


def message_task(c: Change, service: Service, text: str, identifier: str = "") -> dict[str, Any] | None:
    """A notification of a service that says ``text``."""
    from copilot.draft.offline.blocks import find_block

    w = writer(c)
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
