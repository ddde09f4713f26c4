"""What the operators do that are more than arithmetic and comparison."""

from __future__ import annotations

from typing import Any

from engine.expressions.errors import ExpressionError, LimitExceeded
from engine.expressions.numbers import Long, arithmetic, is_number, kind_of
from engine.expressions.runtime import Frame, Run
from engine.expressions.values import equal, java_text, own

MAX_RANGE = 100_000
_BOUND = 2**63


def add(frame: Frame, left: Any, right: Any) -> Any:
    """Numbers are added, texts joined, and a list gets one or several items more (the left list stays as it is)."""
    if isinstance(left, str) or isinstance(right, str):
        one, two = java_text(left, frame.budget), java_text(right, frame.budget)
        frame.budget.length(len(one) + len(two))
        return one + two
    if isinstance(left, list):
        more = right if isinstance(right, list) else [right]
        frame.budget.items(len(left) + len(more))
        return left + more
    return arithmetic("+", left, right)


def same(frame: Frame, left: Any, right: Any) -> bool:
    """``==``; comparing lists and maps costs steps."""
    if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
        frame.budget.items(len(left))
    return equal(left, right)


def subtract(frame: Frame, left: Any, right: Any) -> Any:
    if isinstance(left, list):
        gone = right if isinstance(right, list) else [right]
        frame.budget.items(len(left) * max(1, len(gone)))
        return [item for item in left if not any(equal(item, other) for other in gone)]
    return arithmetic("-", left, right)


def contains(frame: Frame, left: Any, right_run: Run) -> bool:
    """``list contains item`` (or all items of a list), ``map contains key``, ``text contains text``."""
    if left is None:
        return False
    right = right_run(frame)
    if isinstance(left, str):
        return java_text(right, frame.budget) in left
    if isinstance(left, dict):
        return any(equal(key, right) for key in left)
    if isinstance(left, list):
        wanted = right if isinstance(right, list) else [right]
        frame.budget.items(len(left) * max(1, len(wanted)))
        return all(any(equal(own(item), own(one)) for item in left) for one in wanted)
    raise ExpressionError(f"'contains' can only be used on lists, maps and texts, not on {kind_of(left)}")


def is_in(frame: Frame, left: Any, right: Any) -> bool:
    """Whether a value is among the items of a list, or the keys or values of a map, compared as text."""
    if left is None or right is None:
        return False
    budget = frame.budget
    text = java_text(left, budget)
    if isinstance(right, (list, dict)):
        budget.items(len(right))
    if isinstance(right, list):
        return any(java_text(item, budget) == text for item in right)
    if isinstance(right, dict):
        return any(text in (java_text(k, budget), java_text(v, budget)) for k, v in right.items())
    return False


def number_range(frame: Frame, start: Any, end: Any, increment: Any) -> list[Any]:
    """Whole numbers or single letters from start to end, both included."""
    if not is_number(increment) or not -_BOUND < increment < _BOUND or int(increment) == 0:
        raise ExpressionError("The increment of a range must be a number other than 0")
    step = int(increment)
    letters = isinstance(start, str) and isinstance(end, str) and len(start) == 1 and len(end) == 1
    if letters:
        first, last = ord(start), ord(end)
    elif is_number(start) and is_number(end) and -_BOUND < start < _BOUND and -_BOUND < end < _BOUND:
        first, last = int(start), int(end)
    else:
        raise ExpressionError("A range goes between two numbers or two single letters")
    count = max(0, (last - first) // step + 1)
    if count > MAX_RANGE:
        raise LimitExceeded(f"A range cannot produce more than {MAX_RANGE} items, {count} asked for")
    frame.budget.items(count)
    stop = last + (1 if step > 0 else -1)
    return [chr(i) if letters else Long(i) for i in range(first, stop, step)]
