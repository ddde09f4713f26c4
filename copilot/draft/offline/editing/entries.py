"""One more entry: labels, variables, headers, environment, outputs of the flow."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.slots import Slot, properties_of
from copilot.draft.offline.editing.targets import rank, task_meant
from copilot.draft.offline.editing.wanted import value_for
from copilot.draft.offline.text import NAME
from engine.flow.catalog import Property
from engine.flow.findings import Path

_MAPS = (
    (r"labels?|tags?", "labels"), (r"env(?:ironment)?[\s-]*(?:var(?:iable)?s?)?", "env"), (r"(?:http\s+|request\s+)?headers?", "headers"),
    (r"(?:flow\s+)?variables?", "variables"), (r"(?:query\s+)?param(?:eter)?s?", "params"), (r"form\s+(?:data|fields?)", "formData"), (r"inputs?", "inputs"), (r"options?", "options"),
)  # fmt: skip
_KEY = rf"(?P<key>{NAME}|[A-Za-z_][\w.-]*)"
_VALUE = r"(?P<value>.+)"
_ENTRY = r"\b(?P<kind>{kind})\s+(?:(?:called|named|with\s+(?:the\s+)?(?:name|key))\s+)?{key}\s*(?:=|:|\s(?:with|and)\s+(?:the\s+)?value\s*(?:of\s+)?|\bset\s+to\b|\bto\b|\bwith\b|\bas\b|\bis\b|\bshould\s+be\b|\s)\s*{value}$"
_PAIR = re.compile(
    rf"(?P<key>{NAME}|[A-Za-z_][\w.-]*)\s*(?:=|:)\s*(?P<value>\S.*?)(?:\s+(?:as\s+)?(?:to|as|in)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?(?P<kind>labels?|tags?|env\w*(?:\s+var\w*)?|headers?|variables?)\b.*)?$"
)
_NOUN_LAST = re.compile(
    rf"(?P<key>{NAME}|[A-Za-z_][\w.-]*)\s+(?P<kind>labels?|headers?|variables?|env\w*)\s*(?::|=|\bto\b|\bis\b|\bshould\s+be\b)\s*(?P<value>\S.*)$"
)
_NO_KEY = frozenset(["to", "with", "for", "of", "in", "on", "default", "the", "from", "should", "must", "is", "as", "instead", "and", "or", "by", "at", "it", "that", "a", "an"])  # fmt: skip
_STRING = Property(kind="string", dynamic=True)


def add_entry(c: Change) -> bool:
    """'add label team=data', 'set env var DEBUG to 1 on the script', 'send the header X-Run with value 7'."""
    low = re.sub(
        r"\b(?:label|tag)\s+(?:it|this|(?:the\s+|this\s+)?flow)\s+(?:with\s+|as\s+)?",
        lambda m: "label".ljust(len(m.group())),
        c.low,
    )
    for said, name in _MAPS:
        match = re.search(_ENTRY.format(kind=said, key=_KEY, value=_VALUE), low)
        if match is None:
            pair = _PAIR.search(c.low)
            match = pair if pair and pair["kind"] and re.fullmatch(said, pair["kind"]) else None
            last = _NOUN_LAST.search(c.low)
            match = match or (last if last and re.fullmatch(said, last["kind"]) else None)
        if match is None or match["key"] in _NO_KEY:
            continue
        owner = _owner(c, name)
        if owner is None and name not in ("labels", "variables"):
            continue
        return _put(c, match, name, owner)
    return False


def _owner(c: Change, name: str) -> Item | None:
    """Whose map it is; None for the flow's own."""
    if name in ("labels", "variables") and not re.search(r"\bexecution\b", c.low):
        return None
    pool = [t for t in (*c.doc.tasks(), *c.doc.items("triggers")) if name in properties_of(t, c.types)]
    found = [f.item for f in rank(pool, c.low)]
    return found[0] if found else next((t for t in pool if name in t.values), pool[0] if len(pool) == 1 else None)


def _put(c: Change, match: re.Match[str], name: str, owner: Item | None) -> bool:
    key = c.said(match, "key")
    start, end = match.span("value")
    if re.match(r"(?:to|for|in|on|of|from)\s", c.low[start:end]):
        return False
    tail = re.search(r"\s+(?:for|in|of|on|to)\s+(?:the\s+)?[\w -]+$", c.low[start:end])
    stop = start + tail.start() if tail and owner is not None and tail.start() > 0 else end
    path: Path = (*owner.path, name) if owner else (name,)
    value: Any = value_for(Slot(owner, (*path, key), _STRING, None, False), c.text, start, stop, c.names)
    if name == "labels" and isinstance(value, str) and c.text.literal_at(start) is None and "{{" not in value:
        rest = re.search(
            r"\s+and\s+(?:one\s+|another\s+)?(?:for\s+|label\s+)?([\w.-]+)(?:\s*[=:]\s*|\s+)([\w.-]+)$", value
        )
        value = value.split()[0] + (f", {rest[1]}={rest[2]}" if rest else "")
    if value is None or (isinstance(value, str) and len(value.split()) > 6 and c.text.literal_at(start) is None):
        return False
    more = re.findall(r",?\s*(?:\band\b|,)\s*([A-Za-z_][\w.-]*)\s*(?:=|:)\s*([^\s,]+)", str(value))
    if more:
        value = re.split(r"\s*(?:,|\band\b)", str(value))[0].strip()
    for one, said in [(key, value), *more]:
        current = c.doc.value(path)
        if isinstance(current, list) and name == "labels":
            c.doc.insert_items([{"key": one, "value": said}], after=(*path, len(current) - 1))
        else:
            c.doc.set_path((*path, one), said)
    c.focus_on(owner)
    return True


# --- outputs of the flow

_ATTRIBUTES = (
    ("rowCount", r"rows?|row\s+count|number\s+of\s+rows"), ("size", r"size|number\s+of\s+rows|row\s+count|count"), ("uri", r"uri|file|path"), ("rows", r"rows|records"), ("row", r"row"), ("body", r"body|answer|response"),
    ("code", r"status(?:\s+code)?|code"), ("value", r"value|text|result"),
)  # fmt: skip


def add_output(c: Change) -> bool:
    """A flow output: 'add an output `n` with the size of the query'."""
    match = re.search(
        rf"\b(?:add|give|return|expose|new|create|define)\b[^.;]*?\b(?:flow\s+)?outputs?\s+(?:called\s+|named\s+)?(?P<name>{NAME}|[a-z]\w*)(?P<rest>[^;]*)",
        c.low,
    ) or re.search(
        rf"\b(?:expose|return|publish|output|give\s+back)\s+(?P<rest>.+?)\s+as\s+(?:an?\s+|the\s+|flow\s+)*output(?:\s+(?:called\s+|named\s+)?(?P<name>{NAME}|[a-z]\w*))?$",
        c.low,
    )
    if not match or re.search(r"\blogs?\b", c.low[: match.start()]):
        return False
    name = c.said(match, "name") if match["name"] else "result"
    if name in ("with", "of", "for"):
        words = re.findall(r"[a-z0-9]+", re.sub(r"\b(?:the|an?|its|of)\b", " ", match["rest"]))
        name = "_".join(words[:3]) or "result"
    elif name in ("that", "to", "from", "file", "files"):
        return False
    value = next((o.value for o in c.text.literals if "{{" in o.value), None)
    template = re.search(r"\{\{.*?\}\}", c.words)
    if value or template:
        return _output(c, name, "STRING", value or (template.group() if template else ""))
    rest = c.low[match.start() : match.start("name") if match["name"] else match.end()] + " " + match["rest"]
    source = task_meant(c.doc, match["rest"]) or _giver(c, rest) or next(iter(c.doc.items("tasks")[-1:]), None)
    if source is None:
        return False
    definition = c.types.get(source.type)
    known = definition.outputs if definition else {}
    exact = [a for a in known if re.search(rf"\b{re.escape(a.lower())}\b", rest)]
    said = exact or [a for a, words in _ATTRIBUTES if re.search(rf"\b(?:{words})\b", rest) and a in known]
    attribute = (said or [a for a, _ in _ATTRIBUTES if a in known] or list(known))[:1]
    if not attribute:
        return False
    reference = f"outputs.{source.id}" if re.fullmatch(r"\w+", source.id) else f"outputs['{source.id}']"
    kind = {"size": "INT", "rowCount": "INT", "code": "INT", "uri": "FILE", "rows": "JSON", "row": "JSON"}.get(
        attribute[0], "STRING"
    )
    return _output(c, name, kind, f"{{{{ {reference}.{attribute[0]} }}}}")


def _giver(c: Change, words: str) -> Item | None:
    """The last task that gives what is asked for."""
    for item in reversed(c.doc.items("tasks")):
        definition = c.types.get(item.type)
        if definition and any(
            re.search(rf"\b(?:{said})\b", words) and a in definition.outputs for a, said in _ATTRIBUTES
        ):
            return item
    return None


def _output(c: Change, name: str, kind: str, value: str) -> bool:
    c.doc.add_section("outputs", [{"id": name, "type": kind, "value": value}])
    return True
