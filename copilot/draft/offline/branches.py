"""Choices that the words spell out, each a Switch; and steps repeated for each file or table."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from copilot.draft.offline.ir import Group, Node, Step

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding


_OWN_BRANCH = re.compile(
    r"\b(?P<a>\w+)\s+and\s+(?P<b>\w+)\s+(?:each\s+)?(?:get|have|has)\s+(?:each\s+)?(?:their|its"
    r"|an?)\s+own\s+(?:branch|case|path)"
)


_ON_VALUE = re.compile(r"^\W*(?:on|for|if\s+(?:it\s+is|it's)|when\s+(?:it\s+is|it's))\s+([\w-]+)\b")


_VALUE_BEFORE = re.compile(
    r"(?:\b(?:on|for|if|is|when|case)\s+|^|[\s,;:])['\"`]?([\w-]+)['\"`]?\s*(?:,|:|=|->|→"
    r"|=>)?\s*(?:only\s+|just\s+|should\s+|then\s+)?$"
)


def per_value(seen: Understanding, steps: list[Step]) -> tuple[list[Step], Group | None]:
    """'on mon log A, on tue log B, otherwise log C': a Switch over the input that has these values."""
    chosen = next((i for i in seen.inputs if i.values), None)
    if chosen is None:
        return steps, None
    cases: list[tuple[str, tuple[Node, ...]]] = []
    used: list[Step] = []
    for step in steps:
        before = seen.text.masked[max(0, step.start - 32) : step.start]
        said = _VALUE_BEFORE.search(before)
        if said and said[1] in chosen.values:
            cases.append((said[1], (step,)))
            used.append(step)
    if len(cases) < 2:
        return steps, None
    rest = [s for s in steps if s not in used and seen.scopes[s.clause].otherwise]
    group = Group("switch", (), {"value": f"inputs.{chosen.id}"}, tuple(rest), tuple(cases), start=used[0].start)
    return [s for s in steps if s not in used and s not in rest], group


def own_branches(seen: Understanding, nodes: list[Node]) -> list[Node]:
    """'A and B each get their own branch': a Switch over the one input."""
    match = _OWN_BRANCH.search(seen.text.masked)
    if not match or not seen.inputs:
        return nodes
    steps = [n for n in nodes if isinstance(n, Step)] or [
        Step("return", {"literals": (), "quoted": ()}, "", match.start(), match.end(), 0)
    ]
    names = [seen.text.plain[match.start(g) : match.end(g)] for g in ("a", "b")]
    cases = tuple(
        (name, (replace(steps[0], args={**steps[0].args, "quoted": (f"This is {name}",)}),)) for name in names
    )
    default = replace(steps[0], args={**steps[0].args, "quoted": ("Anything else",)})
    return [Group("switch", (), {"value": f"inputs.{seen.inputs[0].id}"}, (default,), cases, start=match.start())]


_TABLES = re.compile(r"\b(?P<names>[a-z]\w*(?:\s*,\s*[a-z]\w*)*\s*,?\s+and\s+[a-z]\w*)\s+tables\b")


def per_table(seen: Understanding, nodes: list[Node]) -> list[Node]:
    """'copy orders, customers and products tables': the same steps for each table."""
    match = _TABLES.search(seen.text.masked)
    if not match or not nodes or any(isinstance(n, Group) and n.kind == "foreach" for n in nodes):
        return nodes
    names = tuple(re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match["names"]))
    inside: list[Node] = []
    for node in nodes:
        inside += list(node.steps) if isinstance(node, Group) and node.kind == "parallel" else [node]
    unique = [
        n
        for i, n in enumerate(inside)
        if not (isinstance(n, Step) and any(isinstance(o, Step) and o.start == n.start for o in inside[:i]))
    ]
    parallel = any(s.parallel for s in seen.scopes)
    args: dict[str, Any] = {
        "noun": "table",
        "items": names,
        "limit": None,
        "count": 0,
        "lists": [],
        "nested": (),
        "parallel": parallel,
    }
    return [Group("foreach", tuple(unique), args, start=nodes[0].start)]


def per_file(seen: Understanding, nodes: list[Node]) -> list[Node]:
    """A trigger on files hands over a list: what is done with a file is done for each."""
    event = next((e for e in seen.events if e.kind == "service"), None)
    if event is None or event.args["service"].kind != "store" or event.args["service"].key == "sheets":
        return nodes
    if any(isinstance(n, Group) and n.kind == "foreach" for n in nodes) or not any(_uses_file(n) for n in nodes):
        return nodes
    inside = [
        n
        for n in nodes
        if not (isinstance(n, Step) and n.args.get("service") and n.args["service"].kind == "notify" and n is nodes[-1])
    ]
    outside = [n for n in nodes if n not in inside]
    return [
        Group(
            "foreach",
            tuple(inside),
            {"noun": "file", "items": (), "limit": None, "count": 0, "lists": [], "nested": (), "parallel": False},
            start=nodes[0].start,
        ),
        *outside,
    ]


def _uses_file(node: Node) -> bool:
    if isinstance(node, Group):
        return any(_uses_file(n) for n in (*node.steps, *node.otherwise))
    service = node.args.get("service")
    return node.what in ("archive_file", "python", "unzip", "to_csv", "to_json", "compute") or bool(
        service and service.kind in ("sql", "store", "nosql")
    )


_FOR = re.compile(
    r"\s+for\s+(?:the\s+|an?\s+|anything\s+(?:that\s+)?(?:is\s+|needs\s+)?)?(?:the\s+)?([a-z]+)(?:\s+([a-z]+))?"
)


def choice(seen: Understanding, steps: list[Step]) -> list[Node] | None:
    """'A for code, B for long docs, C otherwise': one branch each; 'different message for each': by the event's action."""
    cases: list[tuple[str, tuple[Node, ...]]] = []
    rest: list[Node] = []
    for step in steps:
        match = _FOR.match(seen.text.masked, step.end)
        if step.what == "use" and match:
            cases.append((match[2] or match[1] if match[1] in ("long", "short", "big", "small") else match[1], (step,)))
        else:
            rest.append(step)
    if len(cases) >= 2:
        return [Group("switch", (), {"value": "answer"}, tuple(rest), tuple(cases), start=steps[0].start)]
    clause = seen.clauses[steps[0].clause]
    words = seen.text.masked[clause.start : clause.end]
    either = re.search(r"\b([a-z]+)\s+or\s+([a-z]+)\b", words)
    differs = re.search(r"\bdifferent\s+\w+\s+for\s+(?:each|both)", seen.text.masked)
    if either and differs and any(e.kind == "webhook" for e in seen.events):
        both = tuple(
            (
                name,
                tuple(
                    replace(s, args={**s.args, "quoted": (f"{name}: {{{{ trigger.body | toJson }}}}",)}) for s in steps
                ),
            )
            for name in either.groups()
        )
        return [Group("switch", (), {"value": "trigger.body.action"}, (), both, start=steps[0].start)]
    return None
