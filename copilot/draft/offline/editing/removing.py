"""What goes: tasks, triggers, inputs, properties, entries of maps, members of lists. What others still need is asked about."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.references import lists_of_names, owner, uses
from copilot.draft.offline.editing.slots import Slot, called, slots
from copilot.draft.offline.editing.structure import drop_member
from copilot.draft.offline.editing.targets import Found, plural, rank
from engine.flow.findings import Path

_REMOVE = re.compile(
    r"(?:^|,|\band|\bplease|\bto|\bcan|\bthen|\balso|\bjust|\bshould|\bmust)\s*(?:remove|delete|drop|get\s+rid\s+of|take\s+out|kick\s+out|throw\s+(?:out|away)|strip|unset|clear|eliminate|erase|exclude|omit|leave\s+out|forget(?:\s+about)?|skip)\s+(?P<a>[^;]+)"
    r"|\b(?:don'?t|do\s+not|no\s+longer|doesn'?t)\s+(?:really\s+)?(?:need|want|have)\s+(?P<b>[^;]+?)(?:\s+any\s?more)?$"
    r"|\bno\s+(?:more\s+)?need\s+for\s+(?P<c>[^,;]+)|(?:^\W*(?:please\s+|but\s+|and\s+|with\s+)*|\bhas\s+|\bhave\s+|\bwants?\s+|\bneeds?\s+)(?:without|no\s+more|no)\s+(?P<d>(?:the\s+|a\s+|an\s+|any\s+)?[\w-]+(?:\s+[\w-]+){0,2}?)(?:\s+(?:any\s?more|please|needed))?$"
    r"|^(?P<e>[^;]+?)\s+(?:is|are)\s+(?:not|no\s+longer|n't)\s+(?:needed|necessary|required|used)(?:\s+any\s?more)?|^(?P<f>[^;]+?)\s+(?:can|should|must|has\s+to)\s+(?:go(?:\s+away)?(?=\s*$|\s*[,;.])|be\s+(?:removed|deleted|dropped)|disappear)\b|^(?P<g>[^;]+?)\s+(?:isn'?t|aren'?t)\s+needed"
    r"|\bthrow\s+(?P<h>[^;]+?)\s+(?:out|away)\b|\btake\s+(?P<i>[^;]+?)\s+(?:out|away)\b"
)  # fmt: skip
_SECTIONS = (
    (r"error\s*(?:handl\w+|block|section|branch|tasks?)|errors?\s+(?:block|section|handl\w+|part)|errors", "errors"), (r"finally(?:\s+(?:block|section|tasks?))?", "finally"), (r"after\s?execution\b.*", "afterExecution"),
    (r"(?:all\s+)?(?:the\s+)?triggers|(?:the\s+)?(?:only\s+)?trigger", "triggers"), (r"(?:all\s+)?(?:the\s+)?inputs", "inputs"), (r"(?:all\s+)?(?:the\s+)?(?:flow\s+)?outputs", "outputs"), (r"(?:all\s+)?(?:the\s+)?labels", "labels"), (r"(?:all\s+)?(?:the\s+)?variables", "variables"),
    (r"concurrency(?:\s+(?:limit|block|setting))?", "concurrency"), (r"plugin\s?defaults", "pluginDefaults"), (r"(?:flow(?:'s)?\s+)?description(?:\s+of\s+the\s+flow)?", "description"), (r"slas?", "sla"),
)  # fmt: skip


def remove(c: Change) -> bool:
    """A thing goes that the words name."""
    if re.search(
        r"\bmanual(?:ly)?\s+only\b|\bonly\s+(?:be\s+)?(?:started\s+|run\s+|triggered\s+)?manually\b|\b(?:no|not)\s+(?:longer\s+)?automatic(?:ally)?\b",
        c.low,
    ):
        return "triggers" in c.doc.flow and _gone(c, (), "triggers")
    match = _REMOVE.search(c.low)
    if not match:
        return False
    group = next(g for g, v in match.groupdict().items() if v)
    if re.search(r"\b(?:that|which|where|older\s+than|if|when|without|unless|until)\b", match[group].split(",")[0]):
        return False
    if re.match(r"(?:skip|exclude|omit)\b", match.group()):
        return _member(c, match, group)
    words = re.sub(r"^\s*(?:the|an?|any|all\s+the|its|our|this)\s+(?=\w)", "", match[group]).strip(" ,.")
    if re.search(r"\bdocker\b|\b(?:rows?|records|duplicates|columns?)\b", words) or re.search(
        r"\b(?:rows|files|records)\s+(?:older|that|where|from)\b", c.low
    ):
        return False
    if re.search(r"\s+from\s+", words) and _member(c, match, group):
        return True
    if _part_of_list(c, words):
        return True
    if re.search(r"\b(?:options?|choices?|values?|entry|item)\b", words) and _member(c, match, group):
        return True
    return _section(c, words) or _entry(c, words) or _things(c, words) or _member(c, match, group)


def _section(c: Change, words: str) -> bool:
    """A whole part of the flow."""
    for said, name in _SECTIONS:
        if re.fullmatch(rf"(?:{said})(?:\s+(?:of|from)\s+the\s+flow)?", words) and name in c.doc.flow:
            if name == "triggers" and "all" not in c.low and len(c.doc.flow[name]) > 1 and not words.endswith("s"):
                return False
            c.doc.remove_key((), name)
            return True
    return False


def _entry(c: Change, words: str) -> bool:
    """One label, variable or output of the flow by its name."""
    for section in ("labels", "variables"):
        keys = c.doc.flow.get(section)
        for key in keys if isinstance(keys, dict) else ():
            said = re.search(rf"(?<![\w-]){re.escape(str(key).lower())}(?![\w-])", words)
            if said and re.search(section[:-1], words):
                used = uses(c.doc, section, str(key)) if section == "variables" else []
                return _asked(c, str(key), used) or _gone(c, (section,), str(key))
    entries = c.doc.flow.get("outputs")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = str(entry.get("id", "")).lower() if isinstance(entry, dict) else ""
        if name and re.search(rf"\boutput\b.*\b{re.escape(name)}\b|\b{re.escape(name)}\b.*\boutput\b", words):
            c.doc.remove_item(("outputs", index))
            return True
    return False


def _gone(c: Change, path: Path, key: str) -> bool:
    c.doc.remove_key(path, key)
    return True


def _asked(c: Change, name: str, used: list[tuple[Path, str]]) -> bool:
    """A question when something else still reads what is to go."""
    if not used:
        return False
    where = sorted({(o.id if (o := owner(c.doc, path)) else str(path[0])) for path, _ in used})
    c.ask(
        f"`{name}` is still used by {', '.join(f'`{w}`' for w in where)} ({used[0][1]}). What should stand there instead?"
    )
    return True


def _things(c: Change, words: str) -> bool:
    """Properties and items; for 'the timeout of the load' the property, for 'the load' the task."""
    places = [] if re.match(r"disabled\s+(?:task|step|trigger|schedule|one)", words) else _places(c, words)
    pool = _pool(c, words)
    found = rank(pool, words)
    best = found[0].score if found else 0.0
    if places and (places[0][0] >= 0.9 or best < 2):
        if words_say_not(c.low) and places[0][1].facts.kind == "boolean":
            c.doc.set_path(places[0][1].path, False)
            return True
        return _take_places(c, places)
    if not found or best < 0.6:
        return False
    items = (
        [f.item for f in found if f.score >= best - 0.3]
        if plural(words) or _named_two(found, words)
        else [found[0].item]
    )
    if (
        len(items) == 1
        and len(found) > 1
        and found[1].score == best
        and best < 8
        and found[1].item.path[:1] == found[0].item.path[:1]
    ):
        tied = [f.item.id for f in found if f.score == best]
        c.ask(f"Which one should be removed: {', '.join(f'`{t}`' for t in tied)}?")
        return True
    done = [_take(c, item.id, item.section) for item in items]
    return any(done)


def words_say_not(words: str) -> bool:
    """'has no header', 'without header': a switch is turned, not taken away."""
    return not re.search(r"\b(?:remove|delete|drop|unset|clear|strip|get\s+rid|take\s+out)\b", words)


def _named_two(found: list[Found], words: str) -> bool:
    return len([f for f in found if f.score >= 8]) > 1 and " and " in words


def _pool(c: Change, words: str) -> list[Item]:
    if re.search(r"\b(?:tasks?|steps?)\b", words):
        return c.doc.tasks()
    if re.search(r"\b(?:schedule|triggers?|cron|webhook)\b", words):
        return c.doc.items("triggers")
    return c.doc.items("inputs") if re.search(r"\binputs?\b", words) else c.doc.items()


def _places(c: Change, words: str) -> list[tuple[float, Slot]]:
    """Written properties that the words name, best first."""
    head = re.split(r"\s+(?:from|of|in|for|on)\s+", words)[0]
    meant = rank(c.doc.items(), words)
    top = meant[0].score if meant else 0.0
    scores = {f.item.path: f.score for f in meant}
    out = []
    for slot in slots(c.doc, c.types):
        if not slot.present or slot.name in ("id", "namespace", "type", "tasks"):
            continue
        clear, start, end = called(slot.name, head)
        if clear < 0.7 or (
            slot.item is not None
            and slot.item.id.lower() in words[: end + 1]
            and end - start < len(slot.item.id)
            and start >= words.find(slot.item.id.lower())
            and end <= words.find(slot.item.id.lower()) + len(slot.item.id)
        ):
            continue
        ahead = top - scores.get(slot.item.path, 0.0) if slot.item else top
        out.append((clear - (0.5 if ahead > 0.5 and top >= 2 else 0.0) - 0.05 * slot.depth, slot))
    return sorted((o for o in out if o[0] >= 0.6), key=lambda o: -o[0])


def _take_places(c: Change, places: list[tuple[float, Slot]]) -> bool:
    best = places[0][0]
    same = [s for score, s in places if score >= best - 0.02]
    if len(same) > 1 and not plural(c.low):
        focus = [s for s in same if s.item is not None and s.item.id in c.focus]
        names = {s.item.id for s in same if s.item}
        if len(names) > 1 and not focus:
            c.ask(
                f"`{same[0].name}` stands in {', '.join(f'`{n}`' for n in sorted(names))}. In which one should it be removed?"
            )
            return True
        same = focus[:1] or same[:1]
    if same[0].facts.required:
        c.ask(f"`{same[0].name}` is required there. Which value should it have instead?")
        return True
    for slot in sorted(same, key=lambda s: str(s.path), reverse=True):
        c.doc.remove_key(slot.path[:-1], slot.name)
        c.focus_on(slot.item)
    return True


def _take(c: Change, name: str, section: str) -> bool:
    """One item goes, with the entries that only named it."""
    item = c.doc.item(name, section) or c.doc.item(name)
    if item is None:
        return False
    used = uses(c.doc, item.section, item.id, item.path)
    outputs = [p for p, _ in used if p[0] == "outputs"]
    rest = [u for u in used if u[0][0] != "outputs"]
    if _asked(c, item.id, rest):
        return True
    for index in sorted({int(p[1]) for p in outputs}, reverse=True):
        gone = c.doc.value(("outputs", index, "id"))
        c.doc.remove_item(("outputs", index))
        c.notes.append(f"The output `{gone}` went with it, since only `{item.id}` gave its value.")
    for path, member in sorted(lists_of_names(c.doc, item.section), key=lambda p: str(p[0]), reverse=True):
        if member == item.id:
            drop_member(c.doc, path[:-1], int(path[-1]))
    if item.section == "inputs":
        for trigger in c.doc.items("triggers"):
            if item.id in (trigger.values.get("inputs") or {}):
                c.doc.remove_key((*trigger.path, "inputs"), item.id)
    _without_empty_parent(c, item)
    c.notes.append(f"Removed {item.id}.")
    return True


def _without_empty_parent(c: Change, item: Item) -> None:
    """A branch or loop whose last task goes is taken away as a whole."""
    siblings = c.doc.value(item.entry[:-1])
    parent = owner(c.doc, item.path[:-2]) if len(item.path) > 2 else None
    if len(siblings) == 1 and parent is not None and item.entry[-2] in ("tasks", "then"):
        c.notes.append(f"`{parent.id}` held nothing else and went as well.")
        c.doc.remove_item(parent.entry)
    else:
        c.doc.remove_item(item.entry)


def _member(c: Change, match: re.Match[str], group: str) -> bool:
    """One value of a list or one entry of a map: 'remove Lima', 'drop pandas from the dependencies'."""
    words = c.words[match.start(group) : match.end(group)].strip()
    literal = next(iter(c.text.within(match.start(group), match.end(group))), None)
    names = (
        [literal.value]
        if literal
        else re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", re.split(r"\s+(?:from|in|of)\s+", words)[0])
    )
    names = [
        re.sub(
            r"^(?:the|an?)\s+|\s+(?:city|file|one|value|choice|entry|item|option|package|column|dependency|state|header|variable|tag)$",
            "",
            n.strip(),
            flags=re.I,
        )
        for n in names
    ]
    done = False
    for name in names:
        for path, members in plain_lists(c):
            index = next((i for i, m in enumerate(members) if str(m).lower() == name.lower()), None)
            if index is None and len(name) > 3:
                part = re.compile(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])")
                close = [i for i, m in enumerate(members) if part.search(str(m).lower())]
                index = close[0] if len(close) == 1 and len(members) > 1 else None
            if index is not None:
                gone = str(members[index])
                drop_member(c.doc, path, index)
                _only_for(c, path, gone)
                done = True
                break
    return done


def _part_of_list(c: Change, words: str) -> bool:
    """'no more shop check': a word that stands in one member of a list, and no task is clearly meant."""
    found = rank(c.doc.items(), words)
    if found and found[0].score >= 4:
        return False
    for word in re.findall(r"[a-z0-9]{4,}", words):
        part = re.compile(rf"(?<![a-z0-9]){word}(?![a-z0-9])")
        spots = [
            (p, i)
            for p, m in plain_lists(c)
            if len(m) > 1
            for i, v in enumerate(m)
            if "://" in str(v) and part.search(str(v).lower())
        ]
        if len(spots) == 1:
            drop_member(c.doc, *spots[0])
            return True
    return False


def _only_for(c: Change, path: Path, gone: str) -> None:
    """Tasks that run for one choice of an input go with that choice."""
    if path[-1] != "values" or path[0] != "inputs":
        return
    while item := next(
        (t for t in c.doc.tasks() if re.search(rf"['\"]{re.escape(gone)}['\"]", str(t.values.get("runIf", "")))), None
    ):
        if uses(c.doc, "tasks", item.id, item.path) or len(re.findall(r"'[^']*'", str(item.values["runIf"]))) > 1:
            return
        c.doc.remove_item(item.entry)
        c.notes.append(f"`{item.id}` ran only for {gone} and went as well.")


def plain_lists(c: Change) -> list[tuple[Path, list[object]]]:
    """Every list of plain values in the flow, with its place."""
    out: list[tuple[Path, list[object]]] = []

    def walk(value: object, path: Path) -> None:
        if isinstance(value, dict):
            for key, child in value.items():
                walk(child, (*path, key))
        elif isinstance(value, list):
            if value and all(isinstance(v, str | int | float) for v in value):
                out.append((path, value))
            for index, child in enumerate(value):
                walk(child, (*path, index))

    walk(dict(c.doc.flow), ())
    return out
