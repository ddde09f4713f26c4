"""Known blocks, one file a family. A block turns a step into tasks; files register theirs with ``@block``.

A name is an action ('log'), ``service:role`` ('postgres:write'), a service ('dbt'), ``kind:role`` ('sql:read')
or a kind ('notify'); the most exact one that exists is taken.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Task, Writer

Block = Callable[[Writer, Step], list[Task]]
_BLOCKS: dict[str, Block] = {}


def block(*names: str) -> Callable[[Block], Block]:
    """Register a block under one or more names."""

    def register(function: Block) -> Block:
        for name in names:
            _BLOCKS[name] = function
        return function

    return register


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def find_block(step: Step) -> Block | None:
    """The block for a step, or None when there is none."""
    _load()
    service = step.args.get("service")
    names = [step.what]
    if step.args.get("type"):
        names = ["typed"]
    elif service is not None:
        role = step.args.get("role", "")
        names = [f"{service.key}:{role}", service.key, f"{service.kind}:{role}", service.kind]
    return next((_BLOCKS[n] for n in names if n in _BLOCKS), None)
