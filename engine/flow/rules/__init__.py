"""The rules beyond shape: each a small generator of findings, found by walking this package.

    @rule
    def cron_expressions(ctx: Checked) -> Iterator[Finding]:
        yield ctx.finding("bad_cron", path, "what is wrong", "what to do")

A new rule is one decorated function; there is no list to edit.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache

from engine.flow.context import Checked
from engine.flow.findings import Finding

Rule = Callable[[Checked], Iterator[Finding]]
_rules: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Register a rule under its module and name."""
    _rules[f"{function.__module__}.{function.__name__}"] = function
    return function


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in order of module and name."""
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        importlib.import_module(module.name)
    return tuple(_rules[name] for name in sorted(_rules))
