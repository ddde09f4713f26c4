"""Whether one task has run by the time another one reads its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from engine.flow.context import Typed

Order = Literal["before", "after", "itself", "beside", "never"]
_LATE = ("errors", "finally", "afterExecution")
_LOOPS = ("ForEach", "EachSequential", "EachParallel", "Loop", "LoopUntil", "WaitFor", "ForEachItem")
_AT_ONCE = ("Parallel", "EachParallel")
_BRANCHES = ("then", "else", "cases", "defaults")


def chain(task: Typed) -> list[Typed]:
    """The task and its parents, outermost first."""
    return [*reversed(list(task.ancestors())), task]


def loops(task: Typed) -> list[Typed]:
    """The loops a task stands in, outermost first."""
    return [above for above in chain(task)[:-1] if above.short in _LOOPS]


def order(reader: Typed, read: Typed) -> Order:
    """When ``read`` runs, seen from ``reader``.

    ``before`` also where it cannot be told; ``beside``: at the same time, in no set order; ``never``: not in
    the same execution.
    """
    if reader is read:
        return "before" if loops(reader) or reader.short in _LOOPS else "itself"
    a, b = chain(reader), chain(read)
    depth = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x is not y), min(len(a), len(b)))
    if depth == len(b):
        # the one that is read holds the reader: what it knows so far can be read
        return "before"
    if depth == len(a):
        return "before" if reader.short in (*_LOOPS, "Pause", "Subflow") else "after"
    mine, other = a[depth], b[depth]
    parent = a[depth - 1] if depth else None
    if mine.branch == other.branch or (parent is not None and parent.short == "Dag"):
        return _siblings(parent, mine, other)
    return _branches(parent, mine, other, any(t.short in _LOOPS for t in a[:depth]))


def _siblings(parent: Typed | None, mine: Typed, other: Typed) -> Order:
    if parent is not None and parent.short == "Dag":
        return "before" if other.id in _needs(parent, mine.id) else "beside"
    if parent is not None and parent.short in _AT_ONCE and mine.slot == "tasks":
        return "before" if parent.short == "EachParallel" and _index(other) < _index(mine) else "beside"
    if _index(other) < _index(mine):
        return "before"
    in_loop = parent is not None and any(t.short in _LOOPS for t in (parent, *parent.ancestors()))
    return "before" if in_loop else "after"


def _branches(parent: Typed | None, mine: Typed, other: Typed, in_loop: bool) -> Order:
    if mine.slot in _LATE:
        later = other.slot in _LATE and _LATE.index(other.slot) > _LATE.index(mine.slot)
        return "after" if later else "before"
    if other.slot in _LATE:
        return "after"
    exclusive = parent is not None and parent.short in ("If", "Switch")
    return "never" if exclusive and not in_loop else "before"


def _index(task: Typed) -> int:
    return next((step for step in reversed(task.path) if isinstance(step, int)), 0)


def _needs(dag: Typed, task_id: str) -> set[str]:
    """Ids that a task of a Dag waits for, directly or not."""
    waits: dict[str, list[str]] = {}
    entries = dag.value.get("tasks")
    for entry in entries if isinstance(entries, list) else []:
        task = entry.get("task") if isinstance(entry, dict) else None
        if isinstance(task, dict):
            depends = entry.get("dependsOn")
            waits[str(task.get("id"))] = [str(d) for d in depends] if isinstance(depends, list) else []
    return set(_reach(waits, task_id))


def _reach(waits: dict[str, list[str]], start: str) -> Iterator[str]:
    seen: set[str] = set()
    ahead = list(waits.get(start, ()))
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            yield name
            ahead.extend(waits.get(name, ()))
