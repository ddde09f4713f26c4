"""Collects what a prompt needs: a share for each step of a request, within quotas of kinds and a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag.model import Found, Hit, Kind
from rag.query import steps_of
from rag.retrieve import Retriever


def gather(
    retriever: Retriever,
    words: str,
    *,
    target: str,
    budget: int,
    quotas: Mapping[Kind, int],
    count: Callable[[str], int],
) -> Found:
    """Hits in the order of their use: each kind takes turns between the steps, best first."""
    whole = retriever.search(words, k=sum(quotas.values()) * 2, target=target)
    if not whole:
        return whole
    lists = [list(whole)]
    lists += [list(retriever.search(step, k=8, target=target)) for step in steps_of(words)]
    taken: dict[str, Hit] = {}
    left = dict(quotas)
    spent = 0
    for rank in range(max(len(hits) for hits in lists)):
        for hits in lists:
            if rank >= len(hits):
                continue
            hit = hits[rank]
            if hit.chunk in taken or left.get(hit.kind, 0) <= 0:
                continue
            cost = count(hit.text)
            if spent + cost > budget:
                continue
            taken[hit.chunk] = hit
            left[hit.kind] -= 1
            spent += cost
    return Found(list(taken.values()))
