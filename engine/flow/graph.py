"""Circles in a graph of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def find_cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The first circle in order of the graph, starting at its first member; empty when there is none.

    Names that are no key of the graph are leaves. Works without recursion, so any depth is fine.
    """
    done: set[str] = set()
    for start in graph:
        trail: list[str] = []
        on_trail: dict[str, int] = {}
        stack: list[tuple[str, list[str]]] = []
        if start not in done:
            stack.append((start, [n for n in graph[start] if n in graph]))
            trail.append(start)
            on_trail[start] = 0
        while stack:
            name, ahead = stack[-1]
            if not ahead:
                stack.pop()
                done.add(name)
                on_trail.pop(trail.pop())
                continue
            following = ahead.pop(0)
            if following in on_trail:
                return _in_order(trail[on_trail[following] :], list(graph))
            if following not in done:
                stack.append((following, [n for n in graph[following] if n in graph]))
                on_trail[following] = len(trail)
                trail.append(following)
    return []


def _in_order(cycle: list[str], order: list[str]) -> list[str]:
    first = min(range(len(cycle)), key=lambda i: order.index(cycle[i]))
    return cycle[first:] + cycle[:first]
