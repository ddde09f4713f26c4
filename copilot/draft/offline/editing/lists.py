"""Members of lists of plain values: one more city, package, column, or a task beside its siblings."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.removing import plain_lists
from copilot.draft.offline.editing.slots import called, properties_of
from copilot.draft.offline.editing.structure import add_member
from copilot.draft.offline.editing.targets import mentioned, rank, stem
from copilot.draft.offline.editing.wanted import members
from copilot.draft.offline.text import CODE, NAME, QUOTED, URL
from engine.flow.findings import Path

_OF_A_KIND = re.compile(
    r"^(?:the\s+|an?\s+)?(?:city|value|option|choice|package|column|dependency|state|country|name|region|item|entry|extension)\s+"
)
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
    if _one_more_choice(c):
        return True
    match = _ADD.search(c.low) or _NEW.search(c.low) or _ANOTHER.search(c.low)
    if match is None:
        return False
    to = _TO.search(c.low, match.start("what"))
    stop = to.start() if to else len(c.low)
    what, where = c.low[match.start("what") : stop], to["list"] if to else ""
    if named := _literal_for(c, what):
        add_member(c.doc, *named)
        return True
    names = _names(c, match.start("what"), stop)
    if not names:
        return False
    if _sibling(c, str(names[0])):
        return True
    noun, names = _without_noun(c, what, names)
    place = _list_for(c, where, least, names)
    if place is not None and noun and not _speaks_of(c, place, noun):
        return False
    if place is None:
        return (least <= 0.5 or to is not None) and _new_list(c, names, where)
    _append(c, place, names)
    return True


def _one_more_choice(c: Change) -> bool:
    """'new prio "blocker"': a value more that an input offers."""
    choice = _NEW_CHOICE.search(c.low)
    offering = c.doc.item(choice["noun"], "inputs") if choice else None
    if choice is None or offering is None or not isinstance(offering.values.get("values"), list):
        return False
    add_member(c.doc, (*offering.path, "values"), c.said(choice, "what"))
    return True


def _names(c: Change, start: int, stop: int) -> list[Any]:
    """The members that are named; none where the words are no members but a sentence."""
    names = [n for n in members(c.text, start, stop) if str(n).lower() not in _NO_MEMBER]
    names = [_OF_A_KIND.sub("", n) if isinstance(n, str) else n for n in names]
    for name in names:
        words = str(name).split()
        if not _quoted(c, str(name)) and (len(words) > 2 or words[0].lower() in _NO_MEMBER):
            return []
    return names


def _without_noun(c: Change, what: str, names: list[Any]) -> tuple[str, list[Any]]:
    """('category', ['sports']) for 'a category sports'."""
    said = re.match(r"(?:an?|another|the)\s+(?P<noun>[a-z]+)\s+\S+", what) or re.match(r"(?P<noun>[a-z]+)\s+\S+$", what)
    if said and isinstance(names[0], str) and " " in names[0]:
        names = [names[0].split()[-1], *names[1:]]
    elif said and _quoted(c, str(names[0])):
        return "", names
    return said["noun"] if said else "", names


def _append(c: Change, place: Path, names: list[Any]) -> None:
    for name in names:
        if name in c.doc.value(place):
            c.answered_by(f"`{name}` is in the list already; nothing was changed.")
        else:
            add_member(c.doc, place, str(name) if all(isinstance(m, str) for m in c.doc.value(place)) else name)


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
