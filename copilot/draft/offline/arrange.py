"""Steps in their order: loops and parallel groups around the steps of a clause, conditions across clauses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from copilot.draft.offline.branches import choice
from copilot.draft.offline.ir import Group, Node, Step
from copilot.draft.offline.scopes import Scope, describe
from copilot.draft.offline.text import QUOTED

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding


def arrange(seen: Understanding, steps: Sequence[Step], lists: list[tuple[str, tuple[str, ...]]]) -> list[Node]:
    """Clause by clause: loops and parallel groups around the steps of a clause, then conditions across clauses."""
    by_clause: dict[int, list[Step]] = {}
    for step in steps:
        by_clause.setdefault(step.clause, []).append(step)
    entries: list[tuple[int, Scope, list[Node]]] = []
    for index in sorted(by_clause):
        scope = seen.scopes[index]
        entries.append(
            (index, scope, _wrapped(seen, _with_neighbours(seen, index, set(by_clause)), by_clause[index], lists))
        )
    return _conditions(seen, _loops(seen, _side_by_side(seen, entries), lists))


def _side_by_side(
    seen: Understanding, entries: list[tuple[int, Scope, list[Node]]]
) -> list[tuple[int, Scope, list[Node]]]:
    """'two branches in parallel: one calls A, the other logs B': what follows in the sentence is one parallel group."""
    out: list[tuple[int, Scope, list[Node]]] = []
    own = {index for index, _, _ in entries}
    heads = {
        c.sentence
        for i, (c, s) in enumerate(zip(seen.clauses, seen.scopes, strict=True))
        if s.parallel and i not in own and seen.text.masked[c.end : c.end + 1] == ":"
    }
    for index, scope, nodes in entries:
        sentence = seen.clauses[index].sentence
        last = out[-1] if out else None
        if sentence not in heads or not nodes:
            out.append((index, scope, nodes))
        elif last and seen.clauses[last[0]].sentence == sentence and isinstance(group := last[2][0], Group):
            out[-1] = (last[0], last[1], [replace(group, steps=group.steps + tuple(nodes))])
        else:
            out.append((index, scope, [Group("parallel", tuple(nodes), {"limit": None}, start=nodes[0].start)]))
    return out


def _with_neighbours(seen: Understanding, index: int, with_steps: set[int]) -> Scope:
    """'Airbyte: run three connections side by side': a clause without steps speaks about the one before it."""
    scope, follow = seen.scopes[index], index + 1
    if (
        follow < len(seen.clauses)
        and follow not in with_steps
        and seen.clauses[follow].sentence == seen.clauses[index].sentence
    ):
        other = seen.scopes[follow]
        if other.parallel and not scope.parallel:
            return replace(scope, parallel=True, count=scope.count or other.count)
    return scope


def _wrapped(
    seen: Understanding, scope: Scope, steps: list[Step], lists: list[tuple[str, tuple[str, ...]]]
) -> list[Node]:
    chosen = choice(seen, steps)
    if chosen is not None:
        return chosen
    if not scope.parallel:
        return list(steps)
    if scope.each:
        return list(steps)
    doing = [s for s in steps if s.what not in ("log",)] or _one_log_each(steps)
    rest = [] if doing and doing[0].what == "log" else [s for s in steps if s not in doing]
    if scope.count > 1 and len(doing) == 1:
        doing = [replace(doing[0], args={**doing[0].args, "number": n + 1}) for n in range(min(scope.count, 8))]
    elif len(doing) == 1:
        doing = (
            [replace(doing[0], args={**doing[0].args, "number": n + 1}) for n in range(2)]
            if scope.limit is None
            else doing
        )
    return [Group("parallel", tuple(doing), {"limit": None}, start=steps[0].start), *rest] if doing else list(steps)


def _one_log_each(steps: list[Step]) -> list[Step]:
    """'three logs at the same time: A, B, C': one step a quoted text; none when there are fewer than two."""
    texts = [(s, one) for s in steps for one in s.args["literals"] if one.kind == QUOTED and one.start > s.start]
    logs = [
        replace(s, args={**s.args, "literals": (one,), "quoted": (one.value,)})
        for s, one in {o: (s, o) for s, o in texts}.values()
    ]
    return logs if len(logs) > 1 else []


def _loops(
    seen: Understanding, entries: list[tuple[int, Scope, list[Node]]], lists: list[tuple[str, tuple[str, ...]]]
) -> list[tuple[int, Scope, list[Node]]]:
    """A clause with 'for each' wraps its own steps, and the following clauses of its sentence when it leads them."""
    out: list[tuple[int, Scope, list[Node]]] = []
    listing: tuple[int, Scope] | None = None
    for position, (index, scope, nodes) in enumerate(entries):
        sentence = seen.clauses[index].sentence
        before = seen.scopes[index - 1] if index else scope
        handed = False
        alone = index > 0 and not any(e[0] == index - 1 for e in entries)
        if (
            alone
            and before.each
            and not scope.each
            and _leads(seen, index - 1)
            and seen.clauses[index - 1].sentence == sentence
        ):
            scope, handed = before, True
        open_loop = out and out[-1][2] and isinstance(out[-1][2][-1], Group) and out[-1][2][-1].kind == "foreach"
        if open_loop and out[-1][2][-1].args.get("leading") == sentence and not scope.each:
            group = out[-1][2][-1]
            assert isinstance(group, Group)
            out[-1][2][-1] = replace(group, steps=group.steps + tuple(nodes))
            continue
        if listing is not None and listing[0] == sentence and not scope.each:
            scope = replace(scope, each=True, noun=listing[1].noun, limit=scope.limit or listing[1].limit)
            handed = True
        elif listing is not None and listing[0] == sentence:
            scope, handed = replace(scope, noun=listing[1].noun, limit=scope.limit or listing[1].limit), True
        listing = None
        if scope.each and all(isinstance(n, Step) and n.what == "subflow_batch" for n in nodes):
            scope = replace(scope, each=False)
        if scope.each:
            clause = seen.clauses[index]
            inside, outside = _inside(nodes, seen.text.masked[clause.start : clause.end])
            if lists_files(scope.noun, nodes) and _leads(seen, index):
                inside, outside, listing = [], nodes, (sentence, scope)
            if inside:
                nested = [v for n, v in lists if n == "inner"]
                args = describe(scope) | {
                    "lists": [v for _, v in lists],
                    "nested": nested[0] if nested else (),
                    "parallel": _parallel_near(seen, entries, position),
                }
                args["leading"] = sentence if handed or _leads(seen, index) else -1
                nodes = [*outside, Group("foreach", tuple(inside), args, start=_start(inside[0]))]
        out.append((index, scope, nodes))
    return out


def _parallel_near(seen: Understanding, entries: list[tuple[int, Scope, list[Node]]], position: int) -> bool:
    index = entries[position][0]
    sentence = seen.clauses[index].sentence
    return any(s.parallel for c, s in zip(seen.clauses, seen.scopes, strict=True) if abs(c.sentence - sentence) <= 0)


def _leads(seen: Understanding, index: int) -> bool:
    clause = seen.clauses[index]
    return bool(
        re.match(
            r"\W*(?:\w+\s+)?(?:for\s+(?:each|every|all)|go\s+through|loop|iterate|monitor)",
            seen.text.masked[clause.start : clause.end],
        )
        or (seen.scopes[index].each and seen.text.masked[clause.end : clause.end + 1] == ":")
    )


def lists_files(noun: str, nodes: list[Node]) -> bool:
    """'loop over the files in the bucket': the clause only says where they are; what is done with each comes after."""
    return bool(nodes) and all(
        isinstance(n, Step)
        and getattr(n.args.get("service"), "kind", "") == "store"
        and n.args.get("role") in ("read", "run", "list")
        for n in nodes
    )


_SOURCES = ("http_download", "git_clone")


_FILES_IN = re.compile(
    r"\b(?:each|every|all|over|through)\s+(?:of\s+)?(?:the\s+)?(?:new\s+)?(?:\w+\s+)?(?:files?|csvs?|parquets?|jsons?|objects?|blobs?|images?|pdfs?|xmls?|documents?|keys|invoices?|reports?|exports?)\s+(?:that\s+(?:is|are)\s+|stored\s+|lying\s+)?(?:in|from|on|under|inside|of)\b"
)


_ROWS_OF = re.compile(r"\b(?:each|every|all)\s+(?:row|record|line|result|entry)s?\s+(?:of|from|in|returned\s+by)\b")


def _inside(nodes: list[Node], words: str = "") -> tuple[list[Node], list[Node]]:
    """Steps of a clause that the loop repeats, and those that only feed it."""
    inside: list[Node] = []
    outside: list[Node] = []
    for node in nodes:
        reads = isinstance(node, Step) and (
            node.args.get("role") in ("read", "run")
            and getattr(node.args.get("service"), "kind", "") in ("sql", "nosql", "agent")
        )
        if _FILES_IN.search(words) and lists_files("", [node]) and isinstance(node, Step):
            reads, node = True, replace(node, args={**node.args, "role": "read", "many": True})
        rows = reads and _ROWS_OF.search(words) is not None
        (outside if reads and len(nodes) > 1 and (rows or not inside) else inside).append(node)
    return inside, outside


def _start(node: Node) -> int:
    return node.start


_WHATEVER_HELD = re.compile(r"\W*(?:always|anyway|in\s+(?:both|any|every|either|all)\s+cases?|either\s+way)\b")


def _conditions(seen: Understanding, entries: list[tuple[int, Scope, list[Node]]]) -> list[Node]:
    out: list[Node] = []
    open_if: int | None = None
    sentence = -1
    pending: tuple[str, int, bool] | None = None
    handled: set[int] = set()
    for index, scope, nodes in entries:
        for skipped in range(index):
            if skipped not in handled and seen.scopes[skipped].condition and not any(e[0] == skipped for e in entries):
                pending = (seen.scopes[skipped].condition, seen.clauses[skipped].sentence, seen.scopes[skipped].negated)
                handled.add(skipped)
        here = seen.clauses[index].sentence
        condition = (scope.condition, scope.negated) if scope.condition else None
        if condition is None and pending and pending[1] == here:
            condition = (pending[0], pending[2])
        pending = None if condition else pending
        near = open_if is not None and here - sentence <= 1
        if (
            scope.otherwise
            and open_if is None
            and out
            and not isinstance(out[-1], Group)
            and nodes
            and not scope.condition
        ):
            text = seen.text.masked[seen.clauses[index - 1].start : seen.clauses[index - 1].end] if index else ""
            out[-1] = Group(
                "if",
                (out[-1],),
                {
                    "condition": re.split(r"\b(?:should|go|goes|must|are)\b", text)[0].strip()[-40:] or "condition",
                    "negated": False,
                },
                tuple(nodes),
                start=out[-1].start,
            )
            open_if, sentence = len(out) - 1, here
        elif scope.otherwise and near and open_if is not None:
            group = out[open_if]
            assert isinstance(group, Group)
            out[open_if] = replace(group, otherwise=group.otherwise + tuple(nodes))
            sentence = here
        elif condition:
            before, inner = _split_at_condition(seen, index, nodes)
            out += before
            if before and not inner:
                pending = (condition[0], here, condition[1])
            if inner:
                out.append(
                    Group(
                        "if", tuple(inner), {"condition": condition[0], "negated": condition[1]}, start=_start(inner[0])
                    )
                )
                open_if, sentence = len(out) - 1, here
        elif (
            open_if is not None
            and here == sentence
            and seen.clauses[index].lead in (",", "and", "then")
            and not _WHATEVER_HELD.match(seen.text.masked, seen.clauses[index].start)
        ):
            group = out[open_if]
            assert isinstance(group, Group)
            if group.otherwise:
                out[open_if] = replace(group, otherwise=group.otherwise + tuple(nodes))
            else:
                out[open_if] = replace(group, steps=group.steps + tuple(nodes))
        else:
            out += nodes
            open_if = None
    return out


def _split_at_condition(seen: Understanding, index: int, nodes: list[Node]) -> tuple[list[Node], list[Node]]:
    """Steps named inside the condition itself come before it: 'if the bigquery table has no rows' must be looked up."""
    clause = seen.clauses[index]
    words = seen.text.masked[clause.start : clause.end]
    at = re.search(r"\b(?:if|unless|wenn|falls|when)\b", words)
    if at is None:
        return [], list(nodes)
    condition = seen.scopes[index].condition
    spot = words.find(condition)
    begin, end = clause.start + spot, clause.start + spot + len(condition)
    inside = [n for n in nodes if begin <= n.start < end and not (isinstance(n, Step) and n.what in ("log", "fail"))]
    return inside, [n for n in nodes if n not in inside]
