"""The ``jq`` filter. Plain paths are followed here; every other program runs in a separate process.

A jq program can loop for ever and can read the environment, and the library cannot be interrupted. So programs
run in one worker process that has no environment, no files to import and bounded memory, and that is ended and
started anew when a program takes too long.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.formats import json_value
from engine.expressions.limits import Budget
from engine.expressions.numbers import is_number, kind_of
from engine.expressions.values import json_scalar, own, to_json

_PATH = re.compile(r"\s*\.?(?:\s*(?:\.[A-Za-z_]\w*|\.?\[\d{1,9}\]|\.?\[\]|\.?\[\"[^\"\\]*\"\]|\.\"[^\"\\]*\"|\?))*\s*")
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\.?\[(\d+)\]|\.?(\[\])|\.?\[\"([^\"\\]*)\"\]|\.\"([^\"\\]*)\"|(\?)")


def run_jq(value: Any, program: str, budget: Budget) -> list[Any]:
    """All results of a program over a value (a text is read as JSON), in order.

    ExpressionError when the program is wrong or fails.
    """
    if isinstance(value, str):
        value = json_value(value, budget)
    parts = program.split("|")
    if all(_PATH.fullmatch(part) and part.strip().startswith(".") for part in parts):
        results = [_plain(value)]
        for part in parts:
            results = _follow(results, part, budget)
        return [_plain(item) for item in results]
    from engine.expressions.jq_process import JqFailed, evaluate

    begin = time.monotonic()
    try:
        text = evaluate(program, to_json(value, budget), budget.limits.jq_seconds)
    except JqFailed as error:
        raise ExpressionError(f"Unable to resolve the jq expression '{program[:200]}': {error}") from error
    budget.elapsed(time.monotonic() - begin)
    found = json.loads(text)
    budget.items(len(found))
    return list(found)


def _plain(value: Any) -> Any:
    """As JSON would hold it: dates become texts."""
    value = own(value)
    if value is None or isinstance(value, (str, bool, list, dict)) or is_number(value):
        return value
    return json.loads(json_scalar(value) or "null")


def _follow(values: list[Any], path: str, budget: Budget) -> list[Any]:
    steps = list(_STEP.finditer(path))
    for index, step in enumerate(steps):
        if step.group(6):
            continue
        lenient = index + 1 < len(steps) and steps[index + 1].group(6) is not None
        out: list[Any] = []
        for value in values:
            try:
                out.extend(_step(own(value), step))
            except ExpressionError:
                if not lenient:
                    raise
        budget.items(len(out))
        values = out
    return values


def _step(value: Any, step: re.Match[str]) -> list[Any]:
    if step.group(3):
        if isinstance(value, dict):
            return list(value.values())
        if isinstance(value, list):
            return value
        raise ExpressionError(f"jq: Cannot iterate over {kind_of(value)}")
    if value is None:
        return [None]
    if step.group(2) is not None:
        if not isinstance(value, list):
            raise ExpressionError(f"jq: Cannot index {kind_of(value)} with a number")
        index = int(step.group(2))
        return [value[index] if index < len(value) else None]
    name = next(g for g in (step.group(1), step.group(4), step.group(5)) if g is not None)
    if not isinstance(value, dict):
        raise ExpressionError(f'jq: Cannot index {kind_of(value)} with "{name}"')
    return [value.get(name)]
