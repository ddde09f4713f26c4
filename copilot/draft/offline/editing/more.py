"""More rules of editing: flow outputs, failures that are allowed, HTTP methods and addresses, inputs of subflows."""

from __future__ import annotations

import re

from copilot.draft.offline.editing import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, task_meant
from copilot.draft.offline.text import NAME, URL

_ATTRIBUTES = (
    ("size", r"size|number\s+of\s+rows|row\s+count|count"),
    ("uri", r"uri|file|path"),
    ("rows", r"rows|records"),
    ("row", r"row"),
    ("body", r"body|answer|response"),
    ("code", r"status(?:\s+code)?|code"),
    ("value", r"value|text"),
)


def add_output(c: Change) -> bool:
    """A flow output: 'add an output `n` with the size of the query'."""
    match = re.search(
        rf"\b(?:add|give|return|expose|new)\b[^.;]*\b(?:flow\s+)?outputs?\s+(?:called\s+|named\s+)?(?P<name>{NAME}|[a-z]\w*)(?P<rest>[^.;]*)",
        c.low,
    )
    if not match or re.search(r"\blogs?\b", c.low[: match.start("name")]):
        return False
    literal = c.text.literal_at(match.start("name"))
    name = literal.value if literal else match["name"]
    source = task_meant(c.doc, match["rest"]) or next(iter(c.doc.items("tasks")[-1:]), None)
    if source is None or name in ("with", "of", "that"):
        return False
    definition = c.types.get(source.type)
    known = definition.outputs if definition else {}
    said = [a for a, words in _ATTRIBUTES if re.search(rf"\b(?:{words})\b", match["rest"]) and a in known]
    attribute = (said or [a for a, _ in _ATTRIBUTES if a in known] or list(known))[:1]
    if not attribute:
        return False
    reference = f"outputs.{source.id}" if re.fullmatch(r"\w+", source.id) else f"outputs['{source.id}']"
    kind = {"size": "INT", "code": "INT", "uri": "FILE", "rows": "JSON", "row": "JSON"}.get(attribute[0], "STRING")
    c.doc.add_section("outputs", [{"id": name, "type": kind, "value": f"{{{{ {reference}.{attribute[0]} }}}}"}])
    return True


def allow_failure(c: Change) -> bool:
    """A step that may fail without failing the run."""
    if not re.search(
        r"\b(?:may|can|is\s+allowed\s+to)\s+fail\b|\bcontinue\s+(?:anyway|even|with\s+the)|\b(?:ignore|tolerate)\b[^.;]*\b(?:errors?|failures?)|\ballow\s+failure|\bfails?\b[^.;]*\b(?:go\s+on|continue|carry\s+on)",
        c.low,
    ):
        return False
    item = task_meant(c.doc, c.low)
    if item is None:
        return False
    c.doc.set(item.path, "allowFailure", True)
    return True


def change_method(c: Change) -> bool:
    """GET, POST and the like."""
    match = re.search(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD)\b", c.words)
    requests = [t for t in c.doc.tasks() if t.short_type.endswith("http.request")]
    if not match or not requests:
        return False
    c.doc.set((mentioned(requests, c.low) or requests)[0].path, "method", match[1])
    return True


def pass_inputs(c: Change) -> bool:
    """Values for the inputs of a subflow."""
    pairs = re.findall(r"\b([A-Za-z_]\w*)\s*=\s*[`'\"]?([\w./:-]+)", c.words)
    calls = [t for t in c.doc.tasks() if t.short_type.endswith("flow.subflow")]
    if not pairs or not calls or not re.search(r"\binputs?\b|\bpass\b|\bwith\b", c.low):
        return False
    item = (mentioned(calls, c.low) or calls)[0]
    known = {i.id for i in c.doc.items("inputs")}
    for name, value in pairs:
        said = f"{{{{ inputs.{value} }}}}" if value in known else value
        if isinstance(item.values.get("inputs"), dict):
            c.doc.set((*item.path, "inputs"), name, said)
        else:
            c.doc.set(item.path, "inputs", {name: said})
            item = next(t for t in c.doc.tasks() if t.id == item.id)
    return True


def new_address(c: Change) -> bool:
    """'download from https://... instead': the address of the one task that has one, or of the task that is meant."""
    url = next((one.value for one in c.text.literals if one.kind == URL and one.value.startswith("http")), None)
    if url is None or re.search(r"\b(?:add|also|then|append|after|before)\b", c.low):
        return False
    pool: list[Item] = [t for t in c.doc.tasks() if str(t.values.get("uri", "")).startswith(("http", "{{"))]
    found = mentioned(pool, c.low) or (pool if len(pool) == 1 else [])
    if not found:
        return False
    c.doc.set(found[0].path, "uri", url)
    return True
