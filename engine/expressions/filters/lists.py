"""Filters over lists and maps."""

from __future__ import annotations

from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.filters.text import as_text, whole
from engine.expressions.numbers import kind_of
from engine.expressions.registry import filter_
from engine.expressions.runtime import Frame
from engine.expressions.values import is_empty, java_class, json_scalar, key_text, own, sort_key, to_json


def only_list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ExpressionError(f"The '{name}' filter can only be applied to a list, not to {kind_of(value)}")
    return value


@filter_("default", reads_missing=True)
def default(frame: Frame, value: Any, default: Any) -> Any:
    """Another value where there is none: missing, null, '', or an empty list or map."""
    return default if is_empty(value) else value


@filter_("first")
def first(frame: Frame, value: Any) -> Any:
    """The first item of a list (null when it has none) or character of a text."""
    return None if value == [] else _end("first", value, 0)


@filter_("last")
def last(frame: Frame, value: Any) -> Any:
    """The last item of a list or character of a text."""
    return _end("last", value, -1)


def _end(name: str, value: Any, index: int) -> Any:
    if value is None:
        return None
    if not isinstance(value, (list, str)):
        raise ExpressionError(f"The '{name}' filter can only be applied to a list or a text, not to {kind_of(value)}")
    if not value:
        raise ExpressionError(f"The '{name}' filter has nothing to take: the {kind_of(value)[2:]} is empty")
    return value[index]


@filter_("length")
def length(frame: Frame, value: Any) -> int:
    """How many items, entries or characters; 0 for null and for anything else."""
    return len(value) if isinstance(value, (str, list, dict)) else 0


@filter_("join")
def join(frame: Frame, value: Any, separator: Any = "") -> Any:
    """The items of a list as one text."""
    if value is None:
        return None
    items = only_list("join", value)
    mark = "" if separator is None else as_text(frame, separator)
    texts = []
    size = 0
    for item in items:
        text = as_text(frame, own(item))
        size += len(text) + len(mark)
        frame.budget.length(size)
        texts.append(text)
    return mark.join(texts)


@filter_("sort")
def sort(frame: Frame, value: Any) -> Any:
    """A list from the smallest to the largest."""
    return _sorted(frame, "sort", value, reverse=False)


@filter_("rsort")
def rsort(frame: Frame, value: Any) -> Any:
    """A list from the largest to the smallest."""
    return _sorted(frame, "rsort", value, reverse=True)


def _sorted(frame: Frame, name: str, value: Any, *, reverse: bool) -> Any:
    if value is None:
        return None
    items = only_list(name, value)
    frame.budget.items(len(items))
    try:
        return sorted((own(item) for item in items), key=sort_key, reverse=reverse)
    except TypeError as error:
        raise ExpressionError(f"The '{name}' filter needs items of one kind") from error


@filter_("reverse")
def reverse(frame: Frame, value: Any) -> Any:
    """A list from its end."""
    return None if value is None else only_list("reverse", value)[::-1]


@filter_("slice")
def slice_(frame: Frame, value: Any, fromIndex: Any = None, toIndex: Any = None) -> Any:
    """Part of a list or text, from a place (0 is the first) up to another, not included."""
    if value is None:
        return None
    if not isinstance(value, (list, str)):
        raise ExpressionError(f"The 'slice' filter can only be applied to a list or a text, not to {kind_of(value)}")
    start = 0 if fromIndex is None else whole("fromIndex", fromIndex)
    end = len(value) if toIndex is None else whole("toIndex", toIndex)
    if start < 0 or start > len(value):
        raise ExpressionError(f"fromIndex must be between 0 and the size: {len(value)}")
    if end > len(value):
        raise ExpressionError(f"toIndex must be smaller than the size: {len(value)}")
    if toIndex is not None and start >= end:
        raise ExpressionError("toIndex must be greater than fromIndex")
    return value[start:end]


@filter_("merge")
def merge(frame: Frame, value: Any, items: Any) -> Any:
    """Two lists, or two maps (the second wins), as one."""
    if value is None and items is None:
        raise ExpressionError("The two arguments to be merged are null")
    if value is None or items is None:
        return items if value is None else value
    if isinstance(value, dict) and isinstance(items, (dict, list)):
        frame.budget.items(len(value) + len(items))
        return value | (items if isinstance(items, dict) else {key_text(own(item)): item for item in items})
    if isinstance(value, list) and isinstance(items, (dict, list)):
        frame.budget.items(len(value) + len(items))
        return value + (items if isinstance(items, list) else [{"key": k, "value": v} for k, v in items.items()])
    raise ExpressionError(f"The 'merge' filter needs two lists or two maps, not {kind_of(value)} and {kind_of(items)}")


@filter_("keys")
def keys(frame: Frame, value: Any) -> Any:
    """The keys of a map, or the places of a list."""
    if value is None:
        return None
    if isinstance(value, dict):
        return list(value)
    return list(range(len(only_list("keys", value))))


@filter_("values")
def values(frame: Frame, value: Any) -> Any:
    """The values of a map; a list as it is."""
    if value is None:
        return None
    if isinstance(value, dict):
        return list(value.values())
    return list(only_list("values", value))


@filter_("chunk")
def chunk(frame: Frame, value: Any, size: Any) -> Any:
    """A list cut into lists of a size."""
    if value is None:
        return None
    items, width = only_list("chunk", value), whole("size", size)
    if width < 1:
        raise ExpressionError("The argument 'size' must be at least 1")
    return [items[start : start + width] for start in range(0, len(items), width)]


@filter_("flatten")
def flatten(frame: Frame, value: Any) -> Any:
    """Lists within a list opened, one level."""
    if value is None:
        return None
    out: list[Any] = []
    for item in only_list("flatten", value):
        more = item if isinstance(item, list) else [item]
        frame.budget.items(len(out) + len(more))
        out.extend(more)
    return out


@filter_("distinct", since="0.22")
def distinct(frame: Frame, value: Any) -> Any:
    """A list without repeats, the first of each kept."""
    if value is None:
        return None
    items = only_list("distinct", value)
    frame.budget.items(len(items))
    seen: set[str] = set()
    out = []
    for item in items:
        item = own(item)
        mark = f"{java_class(item)}:{json_scalar(item) or to_json(item, frame.budget)}"
        if mark not in seen:
            seen.add(mark)
            out.append(item)
    return out


@filter_("className")
def class_name(frame: Frame, value: Any) -> Any:
    """The Java class Kestra holds the value in."""
    return java_class(value)
