"""One more entry: labels, variables, headers, environment, inputs, outputs of the flow, members of lists."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.removing import plain_lists
from copilot.draft.offline.editing.slots import Slot, called, properties_of
from copilot.draft.offline.editing.structure import add_member
from copilot.draft.offline.editing.targets import group, mentioned, rank, stem, task_meant
from copilot.draft.offline.editing.wanted import members, number_in, value_for
from copilot.draft.offline.text import CODE, NAME, QUOTED, URL
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


# --- members of lists

_ADD = re.compile(
    r"\b(?:add|include|append|also\s+(?:collect|return|output|watch|read|keep|take|use|process|install|add|accept|allow|support|list)|put\s+in|insert|install|\w+\s+also)\s+(?:an?\s+|the\s+|another\s+)?(?P<what>.+)$"
)
_NEW_CHOICE = re.compile(rf"\b(?:new|another|additional|extra)\s+(?P<noun>[a-z_]\w*)\s+(?P<what>{NAME}|\S+)")
_ANOTHER = re.compile(
    r"^\W*(?:another|one\s+more|an?\s+(?:additional|extra|further|second))\s+(?:[a-z]+\s*:\s*)?(?P<what>.+)$"
)
_NEW = re.compile(
    r"\bnew\s+(?:[a-z]+\s+)?(?P<what>\S+)(?=\s+(?:in|for|to|on)\s+(?:the\s+)?(?:\w+\s+)?(?:list|dropdown|options|choices|values))"
)
_NO_MEMBER = frozenset(["a", "an", "the", "retry", "timeout", "task", "step", "label", "labels", "alert", "input", "inputs", "output", "schedule", "trigger", "case", "error", "errors", "log", "message", "description", "concurrency", "it", "write", "please", "file", "files", "webhook", "notification", "email", "mail", "check", "condition", "comment", "query"])  # fmt: skip
_TO = re.compile(r"\s+(?:to|in|into|as|for|at)\s+(?P<list>.+)$")


def add_to_named_list(c: Change) -> bool:
    """One more value in a list whose name is said."""
    return add_to_list(c, least=0.85)


def add_to_list(c: Change, least: float = 0.3) -> bool:
    """One more value in a list that is there: a city, a package, a column, a subflow beside its siblings."""
    choice = _NEW_CHOICE.search(c.low)
    offering = c.doc.item(choice["noun"], "inputs") if choice else None
    if choice and offering is not None and isinstance(offering.values.get("values"), list):
        add_member(c.doc, (*offering.path, "values"), c.said(choice, "what"))
        return True
    match = _ADD.search(c.low) or _NEW.search(c.low) or _ANOTHER.search(c.low)
    if match is None:
        return False
    to = _TO.search(c.low, match.start("what"))
    stop = to.start() if to else len(c.low)
    if named := _literal_for(c, c.low[match.start("what") : stop]):
        add_member(c.doc, *named)
        return True
    names = [n for n in members(c.text, match.start("what"), stop) if str(n).lower() not in _NO_MEMBER]
    names = [
        re.sub(
            r"^(?:the\s+|an?\s+)?(?:city|value|option|choice|package|column|dependency|state|country|name|region|item|entry|extension)\s+",
            "",
            n,
        )
        if isinstance(n, str)
        else n
        for n in names
    ]
    if not names or any(
        isinstance(n, str) and (len(n.split()) > 2 or n.split()[0].lower() in _NO_MEMBER)
        for n in names
        if not _quoted(c, n)
    ):
        return False
    if _sibling(c, str(names[0])):
        return True
    noun = re.match(r"(?:an?|another|the)\s+(?P<noun>[a-z]+)\s+\S+", c.low[match.start("what") : stop]) or re.match(
        r"(?P<noun>[a-z]+)\s+\S+$", c.low[match.start("what") : stop]
    )
    if noun and isinstance(names[0], str) and " " in names[0]:
        names = [str(names[0]).split()[-1], *names[1:]]
    elif noun and _quoted(c, str(names[0])):
        noun = None
    place = _list_for(c, to["list"] if to else "", least, names)
    if place is not None and noun and not _speaks_of(c, place, noun["noun"]):
        return False
    if place is None and least > 0.5:
        return to is not None and _new_list(c, names, to["list"])
    if place is None:
        return _new_list(c, names, to["list"] if to else "")
    for name in names:
        if name in c.doc.value(place):
            c.answered_by(f"`{name}` is in the list already; nothing was changed.")
        else:
            add_member(c.doc, place, str(name) if all(isinstance(m, str) for m in c.doc.value(place)) else name)
    return True


def _literal_for(c: Change, noun: str) -> tuple[Path, str] | None:
    """'add another condition to the gate: "..."': the list is named by its kind, the member is quoted."""
    quoted = [o.value for o in c.text.literals if o.kind in (QUOTED, CODE)] or re.findall(r"\{\{.*?\}\}", c.words)
    if len(quoted) != 1 or not re.fullmatch(
        r"(?:an?\s+|another\s+|the\s+|one\s+more\s+|further\s+|new\s+)*[a-z]+(?:\s+[a-z]+)?\s*:?", noun
    ):
        return None
    found = {f.item.id: f.score for f in rank(c.doc.items(), c.low)}
    lists = [
        (called(str(p[-1]), noun)[0] + min(found.get(_owner_id(c, p), 0.0), 10) / 10, p) for p, _ in plain_lists(c)
    ]
    best = max(
        (entry for entry in lists if entry[0] >= 0.7 and called(str(entry[1][-1]), noun)[0] >= 0.7), default=None
    )
    return (best[1], quoted[0]) if best else None


def _quoted(c: Change, name: str) -> bool:
    return any(o.value == name for o in c.text.literals if o.kind in (QUOTED, CODE, URL))


def _sibling(c: Change, name: str) -> bool:
    """'add a flow4' beside flow1, flow2 and flow3."""
    stem = re.sub(r"\d+$", "", name)
    like = next(
        (t for t in c.doc.tasks() if re.search(r"\d$", name) and re.fullmatch(re.escape(stem) + r"\d+", t.id)), None
    )
    if like is None:
        return False
    last = [t for t in c.doc.tasks() if t.entry[:-1] == like.entry[:-1]][-1]
    copy = {k: (v.replace(last.id, name) if isinstance(v, str) else v) for k, v in last.values.items()} | {"id": name}
    c.doc.insert_items([copy], after=last.path)
    return True


def _list_for(c: Change, words: str, least: float, names: list[Any]) -> Path | None:
    """The list of plain values the words mean; the only one when they name none."""
    lists = [path for path, _ in plain_lists(c)]
    found = {f.item.id: f.score for f in rank(c.doc.items(), c.low)}
    scored = []
    for path in lists:
        name = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
        owner = _owner_id(c, path)
        score = called(name, words or c.low)[0] + min(found.get(owner, 0.0), 10) / 10
        score += (
            0.4
            if re.search(r"\b(?:list|values|options|choices|default|dropdown)\b", c.low)
            and name in ("values", "defaults")
            else 0.0
        )
        scored.append((score, path))
    best = max(scored, key=lambda s: s[0], default=None)
    if best and best[0] >= least:
        return best[1]
    if least > 0.5:
        return None
    values = [p for p in lists if p[-1] in ("values", "defaults")]
    return values[0] if len(values) == 1 else lists[0] if len(lists) == 1 else None


def _shape(word: str) -> str:
    """The kind of word: an address, a file, a state in capitals; '' for plain words."""
    if "://" in word:
        return "address"
    if re.fullmatch(r"[\w/*-]*[\w*-]\.\w{2,5}", word):
        return "file"
    return "state" if re.fullmatch(r"[A-Z][A-Z_]+", word) else ""


def _speaks_of(c: Change, path: Path, noun: str) -> bool:
    """Whether 'a category' can be a member of this list: by the list's name, its owner or where it is read."""
    name = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
    owner = [stem(w) for w in re.split(r"[_-]", _owner_id(c, path).lower())]
    general = (
        "city",
        "value",
        "option",
        "choice",
        "entry",
        "item",
        "member",
        "name",
        "file",
        "package",
        "state",
        "country",
        "column",
    )
    return noun in general or bool(called(name, noun)[0]) or stem(noun) in owner


def _owner_id(c: Change, path: Path) -> str:
    """The id of the input or task a list belongs to."""
    for end in range(len(path) - 1, 0, -1):
        value = c.doc.value(path[:end])
        if isinstance(value, dict) and "id" in value:
            return str(value["id"])
    return ""


def _new_list(c: Change, names: list[Any], words: str) -> bool:
    """A list that is not written yet, where its property is named: 'add pandas to the dependencies'."""
    pool = [*c.doc.tasks(), *c.doc.items("triggers")]
    for item in [*mentioned(pool, c.low), *pool]:
        for name, fact in properties_of(item, c.types).items():
            if fact.kind == "array" and name not in item.values and called(name, words)[0] >= 0.7:
                c.doc.set(item.path, name, names)
                return True
    return False


__all__ = ["add_entry", "add_output", "add_to_list", "group", "number_in"]
