"""Another frame: tasks side by side, in a loop, in a group, or only under a condition."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline import features
from copilot.draft.offline.conditions import expression
from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.composing import reference, writer
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.structure import wrap_items
from copilot.draft.offline.editing.targets import Found, rank
from copilot.draft.offline.editing.wanted import members
from copilot.draft.offline.services import PREFIX

_PARALLEL = re.compile(
    r"\b(?:in\s+parallel|at\s+the\s+same\s+time|concurrently|simultaneously|side\s+by\s+side|paralleli[sz]e|parallel\s+(?:block|task|group))\b"
)
_SEQUENCE = re.compile(
    r"\b(?:sequential(?:ly)?|one\s+after\s+(?:the\s+other|another)|in\s+sequence|sequential\s+(?:block|task|group))\b"
)
_LOOP = re.compile(
    r"\b(?:for\s+(?:each|every|all)(?:\s+of)?|for|loop\s+over|iterate\s+over|foreach(?:\s+(?:of|over|with))?|once\s+(?:per|for\s+each(?:\s+of)?))\s+(?:the\s+)?(?:values?\s+|cities\s+|names\s+|countries\s+|\w+s\s+)?(?P<values>.+)$"
)
_GROUP = re.compile(r"\b(?:wrap|put|group|place|run|execute|do|move|nest|make|start|download|load)\b")


def arrange(c: Change) -> bool:
    """'run a and b in parallel', 'put a and b in a Sequential', 'wrap a in a ForEach over x, y'."""
    if re.search(
        r"\b(?:max(?:imum)?|at\s+most|only|limit|no\s+more|not\s+more|runs|executions)\b", c.low
    ) or not _GROUP.search(c.low):
        return False
    if _COUNT.search(c.low):
        return False
    loop = re.search(r"\bfor\s?-?each\b|\bloop\b|\bonce\s+(?:per|for)\b", c.low)
    parallel, sequence = _PARALLEL.search(c.low), _SEQUENCE.search(c.low)
    if loop and re.search(r"\b(?:wrap|put|run|execute|do|nest|repeat)\b", c.low):
        return _loop(c)
    named = [f for f in rank(c.doc.items("tasks"), c.low) if f.score >= 8]
    if sequence and len(named) < 2 and _out_of_parallel(c):
        return True
    if not (parallel or sequence):
        return False
    items = _several(c, c.low)
    if len(items) < 2:
        return False
    kind = "Parallel" if parallel else "Sequential"
    name = c.doc.new_id("in_parallel" if parallel else "in_sequence")
    task = {"id": name, "type": f"{PREFIX}core.flow.{kind}"}
    if not wrap_items(c.doc, items, task):
        c.ask(
            f"{', '.join(f'`{i.id}`' for i in items)} do not stand next to each other. Should they be moved together first?"
        )
        return True
    c.notes.append(f"Put {', '.join(i.id for i in items)} below `{name}`.")
    c.focus[:] = [name]
    return True


def _out_of_parallel(c: Change) -> bool:
    """'run them one after the other': a Parallel becomes a Sequential."""
    found = [t for t in c.doc.tasks() if t.short_type.endswith("flow.parallel")]
    if len(found) != 1:
        return False
    c.doc.set(found[0].path, "type", f"{PREFIX}core.flow.Sequential")
    item = c.doc.item(found[0].id)
    if item is not None and "concurrent" in item.values:
        c.doc.remove_key(item.path, "concurrent")
    return True


def _several(c: Change, words: str) -> list[Item]:
    """The tasks named, in the order of the flow; all of a kind for 'the downloads'."""
    pool = c.doc.items("tasks")
    found = rank(pool, words)
    named = [f.item for f in found if f.score >= 8]
    if len(named) < 2:
        pieces = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", words)
        best = [rank(pool, p)[:1] for p in pieces]
        named = [b[0].item for b in best if b and b[0].score >= 1.5]
    if len({i.id for i in named}) < 2 and found:
        named = [f.item for f in found if f.score >= max(found[0].score - 0.5, 1.5)]
    if len({i.id for i in named}) < 2 and re.search(r"\b(?:all|every|everything|both)\b", words):
        named = [i for i in pool if len(i.path) == 2]
    unique = {i.path: i for i in named}
    return sorted(unique.values(), key=lambda i: [str(p).zfill(4) for p in i.path])


def _loop(c: Change) -> bool:
    """One task or several, once for each of the values that are given."""
    match = _LOOP.search(c.low)
    items = _several(c, c.low[: match.start()] if match else c.low) or []
    if not items:
        found = rank(c.doc.items("tasks"), c.low[: match.start()] if match else c.low)
        items = [found[0].item] if found and found[0].score >= 1.5 else []
    if not match or not items:
        return False
    values: Any = members(c.text, match.start("values"), match.end("values"))
    named = next(
        (i.id for i in c.doc.items("inputs") if len(values) == 1 and str(values[0]).lower().startswith(i.id.lower())),
        None,
    )
    values = f"{{{{ inputs.{named} }}}}" if named else values
    if not named and len(values) < 2:
        c.ask("Which values should it run for?")
        return True
    name = c.doc.new_id("for_each_value")
    return wrap_items(c.doc, items, {"id": name, "type": f"{PREFIX}core.flow.ForEach", "values": values})


_ONLY_IF = re.compile(
    r"\b(?:only\s+)?(?:run|execute|send|do|start|call|use|perform|let|trigger|upload|load|log|post|make)?\s*(?P<what>.+?)\s*,?\s*\b(?:only\s+(?:run\s+|be\s+run\s+|execute\s+)?(?P<sign>if|when)|(?P<sign2>if|when|unless))\s+(?P<condition>.+)$"
)
_FRONT = re.compile(
    r"^\s*(?:only\s+)?(?P<sign>if|when|unless)\s+(?P<condition>.+?),\s*(?:then\s+)?(?P<what>(?:skip|run|execute)\s+.+)$"
)
_FAILS = re.compile(r"\bfail\w*|\berrors?\b|\bbreaks\b|\bgoes\s+wrong\b")


def only_if(c: Change) -> bool:
    """'run the upload only if the input publish is true'."""
    match = _FRONT.search(c.low) or _ONLY_IF.search(c.low)
    if not match or re.search(r"\b(?:add|retry|also|append|insert|notify|alert|tell|not\s+possible)\b", c.low):
        return False
    condition = match["condition"]
    if _FAILS.search(condition) or not re.search(r"\bonly\b|\bunless\b|\bskip\b|\brunif\b", c.low):
        return False
    found = rank(c.doc.tasks(), match["what"])
    item = (
        found[0].item if found and found[0].score >= 1.0 else next((t for t in c.doc.tasks() if t.id in c.focus), None)
    )
    if item is None:
        return False
    said = re.search(r"\{\{.*?\}\}", c.words[match.start("condition") :])
    test = said.group() if said else _expression(c, c.words[match.start("condition") : match.end("condition")])
    if not test:
        c.ask(f"Which value decides whether `{item.id}` runs?")
        return True
    negated = bool(re.search(r"\bunless\b", c.low)) != bool(re.search(r"\bskip\b", match["what"]))
    if negated:
        inner = test.removeprefix("{{").removesuffix("}}").strip()
        test = f"{{{{ not ({inner}) }}}}"
    c.doc.set(item.path, "runIf", test)
    c.focus_on(item)
    return True


def _anything(c: Change, words: str) -> str:
    """'there were orders at all', 'the query finds rows': from the number of things a task found."""
    said = re.search(
        r"\bthere\s+(?:is|are|was|were)\s+(?P<no>no\s+|not\s+)?(?:any\s+|some\s+|at\s+least\s+one\s+|new\s+)*(?P<what>.+)$|^(?P<what2>.+?)\s+(?:is|are|was|were|has|have|finds?|found|returns?|returned)\s+(?P<no2>no\s+|nothing\b|empty\b)?(?P<some>something|anything|rows?|results?|records?|not\s+empty)?",
        words,
    )
    if not said or (said["what2"] and not (said["no2"] or said["some"])):
        return ""
    what = said["what"] or said["what2"]
    spoken = rank(c.doc.items("tasks"), what)
    if re.fullmatch(r"(?:any\s+)?(?:new\s+)?(?:rows?|results?|records?|data|anything|something|it)", what):
        spoken = [Found(t, 1.0) for t in reversed(c.doc.items("tasks")) if "quer" in t.short_type]
    for found in spoken:
        definition = c.types.get(found.item.type)
        field = next(
            (f for f in ("size", "count", "rowCount", "messagesCount") if definition and f in definition.outputs), None
        )
        if field and found.score >= 0.5:
            sign = "== 0" if said["no"] or said["no2"] else "> 0"
            return f"{{{{ {reference(found.item.id)}.{field} {sign} }}}}"
    return ""


def _expression(c: Change, words: str) -> str:
    """The condition in Kestra's language, '' where nothing in the flow decides it."""
    if any_found := _anything(c, words.lower()):
        return any_found
    given = re.search(
        r"\b(?:the\s+)?(?:input\s+)?[`'\"]?(?P<name>[\w-]+)[`'\"]?\s+(?:input\s+)?(?:is|was|has\s+been)\s+(?P<no>not\s+)?(?:set|given|provided|filled|empty)\b",
        words.lower(),
    )
    name = next((n for n in c.names.inputs if given and n.lower() == given["name"]), None)
    if given and name:
        absent = bool(given["no"]) != given.group().endswith("empty")
        return f"{{{{ inputs.{name} is {'' if absent else 'not '}empty }}}}"
    w = writer(c)
    known = set(w.inputs)
    made = expression(w, words)
    return made if set(w.inputs) <= known else ""


_COUNT = re.compile(
    rf"\b(?:max(?:imum)?(?:\s+of)?|at\s+most|only|not\s+more\s+than|no\s+more\s+than|up\s+to|limit(?:\s+\w+){{0,4}}\s+to)?\s*(?P<n>\d+|{'|'.join(w for w in features.NUMBER_WORDS if len(w) > 2 and w not in ('once', 'twice', 'half'))})\s+(?:(?:[a-z]+\s+){{0,2}}(?=at\s+(?:a|the\s+same)\s+time|at\s+once|in\s+parallel|concurrently|simultaneously)|of\s+(?:them|these)|at\s+most|items?|iterations?|branches|tasks?|subflows?|values?|at\s+a\s+time|in\s+parallel|at\s+once|at\s+the\s+same\s+time|parallel)"
)


def at_once(c: Change) -> bool:
    """How many branches or iterations run side by side."""
    one = re.search(
        r"\bnever\s+(?:run\s+)?(?:it\s+)?twice\b|\bnot\s+(?:more\s+than\s+)?one\s+at\s+once\b|\bnever\s+more\s+than\s+one\b|\bone\s+(?:\w+\s+)?(?:by\s+one|after\s+(?:the\s+other|another)|at\s+a\s+time)\b|\bsequentially\b|\bnot\s+in\s+parallel\b",
        c.low,
    )
    match = _COUNT.search(c.low)
    if not (match or one) or re.search(r"\b(?:runs|executions|retry|retries|attempts)\b", c.low):
        return False
    if match and not re.search(r"\b(?:time|once|parallel|concurren\w*|simultaneous\w*|them|these)\b", c.low):
        return False
    n = 1 if one or match is None else int(features.number(match["n"]))
    pool = [
        t
        for t in c.doc.tasks()
        if t.short_type.endswith(("flow.parallel", "flow.foreach", "flow.loop", "flow.foreachitem"))
    ]
    found = rank(pool, c.low)
    whole = r"\b(?:never\s+(?:run\s+)?(?:it\s+)?twice|the\s+second(?:\s+(?:one|run))?|two\s+runs|overlap\w*)\b"
    if not pool or re.search(whole, c.low):
        c.doc.set_path(("concurrency", "limit"), n)
        said = re.search(
            r"\b(?P<CANCEL>cancel\w*)\b|\b(?P<FAIL>fail\w*|reject\w*)\b|\b(?P<QUEUE>wait\w*|queue\w*)\b", c.low
        )
        if said:
            c.doc.set_path(("concurrency", "behavior"), said.lastgroup)
        return True
    for item in [found[0].item] if found and found[0].score >= 2 else pool[:1]:
        key = "concurrent" if item.short_type.endswith("flow.parallel") else "concurrencyLimit"
        c.doc.set(item.path, key, n)
        c.focus_on(item)
    return bool(pool)
