"""A written value becomes an input, a variable or a secret; every place that held it reads it from there."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.references import turn
from copilot.draft.offline.editing.slots import Slot, called, slots
from copilot.draft.offline.editing.targets import rank
from copilot.draft.offline.naming import slug
from copilot.draft.offline.text import NAME

_INTO = re.compile(
    rf"\b(?:make|turn|move|put|extract|convert|pull|factor|take)\s+(?P<what>.+?)\s+(?:out\s+)?(?:in|into|to|as)?\s*(?:(?:an?|the)\s+)?(?:new\s+|flow\s+|configurable\s+)?(?P<kind>input|parameter|variable|secret)s?\b(?:\s+(?:called|named)?\s*[`'\"]?(?P<name>{NAME}|[A-Za-z_]\w*)[`'\"]?)?"
    rf"|\b(?P<kind2>parametri[sz]e|parameteri[sz]e)\s+(?P<what2>.+?)(?:\s+(?:as|with)\s+(?:an?\s+)?input\s+(?P<name2>{NAME}|\w+))?$"
    rf"|^(?P<what3>.+?)\s+(?:should|must)\s+(?:be|become|come\s+from)\s+(?:an?|the)\s+(?:new\s+|flow\s+)?(?P<kind3>input|parameter|variable)s?\b(?:\s+(?:called|named)?\s*[`'\"]?(?P<name3>{NAME}|[A-Za-z_]\w*)[`'\"]?)?"
)
_NO_NAME = frozenset(
    ["with", "and", "so", "instead", "of", "that", "which", "for", "default", "the", "in", "to", "please"]
)
_KINDS = {"integer": "INT", "number": "FLOAT", "boolean": "BOOLEAN", "duration": "DURATION"}


def extract(c: Change) -> bool:
    """'make the url an input', 'move the table name into a variable called target_table'."""
    match = _INTO.search(c.low)
    if match is None:
        return False
    n = next(s for s in ("", "2", "3") if match[f"what{s}"])
    kind = "input" if n == "2" else match[f"kind{n}"]
    name = c.said(match, f"name{n}") if match[f"name{n}"] and match[f"name{n}"] not in _NO_NAME else ""
    if kind in ("input", "parameter") and _variables(c, match[f"what{n}"]):
        return True
    slot = _place(c, match[f"what{n}"])
    if slot is None:
        return False
    if name and kind != "secret" and (c.doc.item(name, "inputs") is not None):
        c.doc.set_path(slot.path, f"{{{{ inputs.{name} }}}}")
        return True
    value = slot.value
    if kind == "secret":
        reference = f"secret('{(name or slug(slot.name)).upper()}')"
        c.notes.append(f"Set the secret {(name or slug(slot.name)).upper()} before running.")
    elif kind == "variable":
        name = name or slug(_snake(slot.name))
        reference = f"vars.{name}"
        _variable(c, name, value)
    else:
        name = _free(c, name or slug(_snake(slot.name)))
        reference = f"inputs.{name}"
        kind_ = {"type": "ARRAY", "itemType": "STRING"} if isinstance(value, list) else {"type": _type_of(slot)}
        c.doc.add_section("inputs", [{"id": name, **kind_, "defaults": value}])
    _everywhere(c, slot, value, reference)
    return True


def _variables(c: Change, words: str) -> bool:
    """Variables that become inputs of the same name, with their values as defaults."""
    known = c.doc.flow.get("variables")
    if not isinstance(known, dict):
        return False
    spoken = set(re.findall(r"[\w-]+", words))
    meant = [k for k in known if str(k).lower() in spoken] or (list(known) if "variables" in spoken else [])
    for name in meant:
        value = known[name]
        if isinstance(value, dict | list) or "{{" in str(value) or c.doc.item(name, "inputs"):
            return False
    for name in meant:
        value = known[name]
        kind = "BOOLEAN" if isinstance(value, bool) else "INT" if isinstance(value, int) else "STRING"
        c.doc.add_section("inputs", [{"id": name, "type": kind, "defaults": value}])
        c.doc.remove_key(("variables",), name)
        turn(c.doc, "variables", name, f"inputs.{name}")
    return bool(meant)


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) and not all(isinstance(v, str | int | float) for v in value)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _free(c: Change, name: str) -> str:
    taken = {i.id for i in c.doc.items("inputs")}
    return name if name not in taken else next(f"{name}_{n}" for n in range(2, 99) if f"{name}_{n}" not in taken)


def _type_of(slot: Slot) -> str:
    if isinstance(slot.value, bool):
        return "BOOLEAN"
    if isinstance(slot.value, int):
        return "INT"
    return _KINDS.get(slot.facts.kind, "STRING")


def _variable(c: Change, name: str, value: Any) -> None:
    if isinstance(c.doc.flow.get("variables"), dict):
        c.doc.set(("variables",), name, value)
    else:
        c.doc.add_section("variables", {name: value})


def _place(c: Change, words: str) -> Slot | None:
    """The written value that is meant: by the name of its property, or by the value itself."""
    meant = {f.item.path: f.score for f in rank(c.doc.items(), words)}
    top = max(meant.values(), default=0.0)
    best: tuple[float, Slot] | None = None
    for slot in slots(c.doc, c.types):
        if (
            not slot.present
            or isinstance(slot.value, dict | list)
            or "{{" in str(slot.value)
            or slot.name in ("id", "type")
        ):
            continue
        if slot.item is not None and slot.item.section == "inputs":
            continue
        clear = called(slot.name, words)[0]
        if len(str(slot.value)) > 2 and str(slot.value).lower() in words:
            clear = max(clear, 1.2)
        own = meant.get(slot.item.path, 0.0) if slot.item else 0.0
        score = clear + (0.3 if own and own >= top - 0.1 else -0.4 if top >= 2 else 0.0)
        if clear >= 0.5 and (best is None or score > best[0]):
            best = (score, slot)
    return best[1] if best and best[0] >= 0.5 else None


def _everywhere(c: Change, slot: Slot, value: Any, reference: str) -> None:
    """The same value in the same property of other tasks is the same thing."""
    for other in slots(c.doc, c.types):
        own = slot.item is not None and other.item is not None and other.item.section == "inputs"
        if (
            other.present
            and other.name == slot.name
            and other.value == value
            and not own
            and other.path[0] != "variables"
        ):
            c.doc.set_path(other.path, f"{{{{ {reference} }}}}")
