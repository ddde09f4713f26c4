"""Inputs of the flow: values to choose from, defaults, whether they are needed, new ones."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.targets import input_meant
from copilot.draft.offline.inputs import find_inputs
from copilot.draft.offline.ir import InputSpec
from copilot.draft.offline.text import NAME

_DROPDOWN = re.compile(
    r"\b(?:drop-?down|select(?:\s+box)?|list\s+to\s+choose)\b(?:\s+(?:with|of|between))?\s*:?\s*(?P<values>[\w.-]+(?:\s*(?:,|/|\||\band\b|\bor\b)\s*(?!default)[\w.-]+)+)"
)


_DEFAULT = re.compile(
    rf"\b(?:use|take|set|with)\s+(?P<value4>{NAME}|[\w-]+)\s+as\s+(?:the\s+)?default\b|\bdefault\s+\w+\s+(?:should\s+be|is|=|becomes|must\s+be)\s+(?:now\s+)?(?:an?\s+|the\s+)?(?P<value5>{NAME}|[\w./:-]+)|\bdefaults?\s+(?:value\s+)?(?:of\s+\S+\s+)?(?:should\s+be|is|to|=|:|becomes|must\s+be)?\s*(?P<value>{NAME}|[\w./:-]+)$|\bdefaults?\s+(?:should\s+be|to|is|must\s+be)\s+(?P<value2>{NAME}|[\w./:-]+)|\b(?P<value3>[\w-]+)\s+(?:should\s+be\s+the|as(?:\s+the)?|by)\s+default\b"
)


_BRACKETS = re.compile(
    r"\bdefaults?\s+(?:value\s+)?(?:should\s+be\s+|is\s+|to\s+|of\s+|=\s*|:\s*)?(?P<brackets>\([^)]+\))"
)
_SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "colon": ":"}


_REQUIRED = re.compile(
    r"\b(?:must|has\s+to|needs?\s+to)\s+be\s+(?P<must>given|provided|set|filled(?:\s+in)?|entered)\b|\b(?:is|are|be|becomes?|made)\s+(?P<state>required|mandatory|optional|not\s+required)\b|\bcan\s+be\s+(?P<empty>(?:left\s+)?(?:empty|out|blank))\b|\brequired\s+(?:to\s+)?(?P<flag>true|false)\b|\b(?:make|mark)\s+(?:the\s+)?(?:input\s+)?\S+\s+(?P<made>optional|required|mandatory|not\s+required)\b"
)


_NEW_INPUT = re.compile(r"\badd\s+(?:an?\s+|another\s+|the\s+)*(?:\w+\s+){0,3}?input\b|\bnew\s+(?:\w+\s+){0,2}?input\b")


def change_input(c: Change) -> bool:
    """Values, range, default, need of an input, as many as are said; a new input."""
    if _NEW_INPUT.search(c.low) and not _DROPDOWN.search(c.low):
        return _new_inputs(c)
    done = [_dropdown(c), _range(c), _offered_defaults(c) or _default(c), _required(c)]
    return any(done)


def _dropdown(c: Change) -> bool:
    match = _DROPDOWN.search(c.low)
    item = input_meant(c.doc, c.low) if match else None
    if match is None or item is None:
        return False
    start, end = match.span("values")
    values = [v for v in re.split(r"\s*[,/|]\s*(?:and\s+)?|\s+and\s+|\s+or\s+", c.words[start:end]) if v]
    c.doc.set(item.path, "type", "SELECT")
    c.doc.set(item.path, "values", values)
    c.focus_on(item)
    return True


def _default(c: Change) -> bool:
    match = _DEFAULT.search(c.low) or _BRACKETS.search(c.low)
    if match is None or re.search(r"\balso\b[^.]*\bby\s+default|\badd\s+\S+\s+(?:to|in)\b|plugin default", c.low):
        return False
    group = next(g for g, v in match.groupdict().items() if v)
    said = c.said(match, group)
    value: object = _SIGNS.get(said.lower(), said)
    words = c.low[: match.start(group)] + c.low[match.end(group) :]
    offering = [i for i in c.doc.items("inputs") if value in (i.values.get("values") or ())]
    focused = next((i for i in c.doc.items("inputs") if i.id in c.focus), None)
    item = offering[0] if len(offering) == 1 else input_meant(c.doc, words) or focused
    if item is None:
        return False
    if item.type == "INT" and said.lstrip("-").isdigit():
        value = int(said)
    if item.type in ("BOOLEAN", "BOOL") and said.lower() in ("true", "false"):
        value = said.lower() == "true"
    c.doc.set(item.path, "defaults", value)
    if item.values.get("required") is False:
        c.doc.remove_key(item.path, "required")
        c.notes.append(f"`{item.id}` has a default now, so it needs no `required: false`.")
    c.focus_on(item)
    return True


def _required(c: Change) -> bool:
    match = _REQUIRED.search(c.low)
    item = input_meant(c.doc, c.low) if match else None
    if match is None or item is None:
        return False
    if not _is_required(match) and re.search(r"\bdefaults?\b", c.low):
        c.notes.append(f"`{item.id}` may be left out because it has a default.")
        return False
    if not _is_required(match) and "defaults" in item.values:
        c.doc.rename_key((*item.path, "defaults"), "prefill")
        c.notes.append(f"`{item.id}` had a default, which makes an input required; it is a prefill now.")
    c.doc.set(item.path, "required", _is_required(match))
    c.focus_on(item)
    return True


def _range(c: Change) -> bool:
    """'top must be between 1 and 10': the least and the most of a number."""
    said = re.search(r"\b(?:between|from)\s+(?P<min>-?\d+(?:\.\d+)?)\s+(?:and|to)\s+(?P<max>-?\d+(?:\.\d+)?)\b", c.low)
    item = input_meant(c.doc, c.low[: said.start()]) if said else None
    if not said or item is None or item.type not in ("INT", "FLOAT"):
        return False
    for key in ("min", "max"):
        c.doc.set(item.path, key, float(said[key]) if "." in said[key] else int(said[key]))
    c.focus_on(item)
    return True


def _offered_defaults(c: Change) -> bool:
    """'default green and 2020', 'make vm the default': values that inputs offer, each for its own input."""
    if not re.search(r"\bdefaults?\b", c.low) or re.search(r"\b(?:add|remove|drop|new)\b", c.low):
        return False
    spoken = re.findall(r"[\w.-]+", c.words)
    found: dict[str, object] = {}
    for item in c.doc.items("inputs"):
        values = item.values.get("values")
        offered = [v for v in values if str(v) in spoken] if isinstance(values, list) else []
        if len(offered) == 1:
            found[item.id] = offered[0]
    if len(set(map(str, found.values()))) != len(found) or (len(found) > 1 and not re.search(r"\band\b|,", c.low)):
        return False
    for name, value in found.items():
        place = c.doc.item(name, "inputs")
        if place is not None:
            c.doc.set(place.path, "defaults", value)
            c.focus_on(place)
    return bool(found)


def _is_required(match: re.Match[str]) -> bool:
    if match["flag"]:
        return match["flag"] == "true"
    if match["empty"]:
        return False
    return bool(match["must"]) or (match["state"] or match["made"]) in ("required", "mandatory")


_TYPES = {"boolean": "BOOLEAN", "bool": "BOOLEAN", "integer": "INT", "int": "INT", "number": "INT", "float": "FLOAT", "date": "DATE", "datetime": "DATETIME",
          "file": "FILE", "json": "JSON", "url": "URI", "uri": "URI", "email": "EMAIL", "duration": "DURATION", "list": "ARRAY", "array": "ARRAY", "secret": "SECRET"}  # fmt: skip


def _spelled_out(c: Change, known: set[str]) -> list[InputSpec]:
    """'an optional boolean input dry_run'."""
    said = re.search(r"\b(?P<words>(?:[a-z]+\s+){0,4})input\s+(?:called\s+|named\s+)?[`'\"]?(?P<name>[a-z_]\w*)", c.low)
    if said is None or said["name"] in known or said["name"] in ("for", "with", "to", "of", "that", "which", "and"):
        return []
    kind = next((_TYPES[w] for w in said["words"].split() if w in _TYPES), "STRING")
    return [InputSpec(said["name"], kind)]


def _offered(c: Change) -> list[str]:
    """The values a new input offers: 'with values dev, prod'."""
    said = re.search(r"\b(?:values?|options?|choices?)\s*:?\s*(?P<list>[\w.-]+(?:\s*(?:,|and|or)\s*[\w.-]+)+)", c.low)
    if said is None:
        return []
    words = c.words[said.start("list") : said.end("list")]
    return [v for v in re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", words) if v]


def _new_inputs(c: Change) -> bool:
    known = {i.id for i in c.doc.items("inputs")}
    specs = [s for s in find_inputs(c.text) if s.id not in known] or _spelled_out(c, known)
    for spec in specs:
        entry: dict[str, object] = {"id": spec.id, "type": spec.type}
        if spec.type == "ARRAY":
            entry["itemType"] = "STRING"
        if spec.values:
            entry["values"] = list(spec.values)
        if not spec.values and len(specs) == 1 and (offered := _offered(c)):
            entry |= {"type": "SELECT", "values": offered}
        if re.search(r"\boptional\b|\bnot\s+required\b", c.low) and spec.default is None:
            entry["required"] = False
        if spec.default is not None:
            entry["defaults"] = spec.default
        c.doc.add_section("inputs", [entry])
    return bool(specs)
