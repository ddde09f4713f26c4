"""Reaching into a value: keys of maps, places of lists, and the few methods of Java's values that flows use.

Methods are rows of a table over the language's own values; no attribute of a Python object is ever read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.errors import ExpressionError, MissingVariable, near
from engine.expressions.numbers import is_number, kind_of, number_text
from engine.expressions.values import equal, key_text, scalar_text

_MISSING = object()
_FARTHEST = 2**53


def attribute(holder: Any, key: Any, root: str | None) -> Any:
    """``holder.key`` or ``holder[key]``; ``root`` is how the text names the holder. MissingVariable when absent."""
    if holder is None:
        name, of = key_text(key), f"`{root}`" if root else "what it is read from"
        raise MissingVariable(f"Unable to find `{name}`", name=name, hint=f"{of} is null; ?? gives another value")
    found = _lookup(holder, key)
    if found is not _MISSING:
        return found
    name = key_text(key) if not isinstance(key, (list, dict)) else kind_of(key)
    subject = f"`{root}`" if root else "what it is read from"
    if isinstance(holder, list):
        hint = f"{subject} is a list of {len(holder)} items, the first at [0]"
        raise MissingVariable(f"Unable to find `{name}`", name=name, hint=hint)
    hint = f"{subject} is an empty map" if holder == {} else ""
    hint = hint if isinstance(holder, dict) else f"{subject} is {kind_of(holder)}"
    error = MissingVariable(f"Unable to find `{name}`", name=name, hint=hint)
    error.known, error.holder = (holder, root or "") if isinstance(holder, dict) else ((), "")
    raise error


def _lookup(holder: Any, key: Any) -> Any:
    if isinstance(holder, dict):
        return _from_map(holder, key)
    if isinstance(holder, list) and (is_number(key) or isinstance(key, str)):
        text = key if isinstance(key, str) else number_text(key)
        if text.lstrip("-").isdecimal() and len(text) < 10:
            index = int(text)
            return holder[index] if 0 <= index < len(holder) else _MISSING
    if isinstance(key, str) and key in _PROPERTIES:
        kinds, read = _PROPERTIES[key]
        if isinstance(holder, kinds):
            return read(holder)
    return _MISSING


def _from_map(holder: dict[Any, Any], key: Any) -> Any:
    if isinstance(key, (list, dict)):
        return _MISSING
    if key in holder:
        return holder[key]
    if is_number(key):
        return holder.get(number_text(key), _MISSING)
    if isinstance(key, str):
        # a map read from JSON has text keys, one made in an expression may have numbers
        return next((value for k, value in holder.items() if not isinstance(k, str) and key_text(k) == key), _MISSING)
    return holder.get(scalar_text(key), _MISSING) if key is not None else _MISSING


_PROPERTIES: dict[str, tuple[tuple[type, ...], Callable[[Any], Any]]] = {
    "size": ((list,), len),
    "length": ((str,), len),
    "empty": ((str, list), lambda v: len(v) == 0),
}

_METHODS: dict[tuple[type, str], Callable[..., Any]] = {
    (str, "length"): len,
    (str, "isEmpty"): lambda v: v == "",
    (str, "isBlank"): lambda v: v.strip() == "",
    (str, "toUpperCase"): lambda v: v.upper(),
    (str, "toLowerCase"): lambda v: v.lower(),
    (str, "trim"): lambda v: v.strip(),
    (str, "strip"): lambda v: v.strip(),
    (str, "contains"): lambda v, part: _text(part) in v,
    (str, "startsWith"): lambda v, part: v.startswith(_text(part)),
    (str, "endsWith"): lambda v, part: v.endswith(_text(part)),
    (str, "indexOf"): lambda v, part: v.find(_text(part)),
    (str, "lastIndexOf"): lambda v, part: v.rfind(_text(part)),
    (str, "equals"): lambda v, other: v == other,
    (str, "equalsIgnoreCase"): lambda v, other: v.lower() == _text(other).lower(),
    (str, "substring"): lambda v, *span: v[slice(*_span(span, len(v)))],
    (list, "size"): len,
    (list, "isEmpty"): lambda v: not v,
    (list, "contains"): lambda v, item: any(equal(one, item) for one in v),
    (list, "get"): lambda v, index: v[_index(index, len(v))],
    (list, "indexOf"): lambda v, item: next((i for i, one in enumerate(v) if equal(one, item)), -1),
    (dict, "size"): len,
    (dict, "isEmpty"): lambda v: not v,
    (dict, "containsKey"): lambda v, key: _from_map(v, key) is not _MISSING,
    (dict, "containsValue"): lambda v, item: any(equal(one, item) for one in v.values()),
    (dict, "get"): lambda v, key: None if (found := _from_map(v, key)) is _MISSING else found,
    (dict, "getOrDefault"): lambda v, key, other: other if (found := _from_map(v, key)) is _MISSING else found,
    (dict, "keySet"): list,
    (dict, "values"): lambda v: list(v.values()),
    (dict, "entrySet"): lambda v: [{"key": k, "value": item} for k, item in v.items()],
}


def call_method(frame: Any, holder: Any, name: str, arguments: list[Any]) -> Any:
    """``holder.name(arguments)`` for the methods above. MissingVariable for any other."""
    kind = next((k for k in (str, list, dict) if isinstance(holder, k)), None)
    method = _METHODS.get((kind, name)) if kind else None
    if holder is None or method is None:
        hint = near(name, [m for k, m in _METHODS if k is kind]) if kind else ""
        raise MissingVariable(f"Unable to find the method `{name}` of {kind_of(holder)}", name=name, hint=hint)
    if isinstance(holder, (list, dict)):
        frame.budget.items(len(holder))
    try:
        return method(holder, *arguments)
    except TypeError as error:
        raise ExpressionError(f"Could not call '{name}': its arguments do not fit") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"a text expected, not {kind_of(value)}")
    return value


def _index(value: Any, length: int) -> int:
    if not is_number(value) or not 0 <= value < length:
        raise ExpressionError(f"Index {key_text(value)} is outside a list of {length} items")
    return int(value)


def _span(span: tuple[Any, ...], length: int) -> tuple[int, int]:
    if not 1 <= len(span) <= 2 or not all(is_number(s) and -_FARTHEST <= s <= _FARTHEST for s in span):
        raise ExpressionError("'substring' expects one or two numbers")
    begin, end = int(span[0]), int(span[1]) if len(span) > 1 else length
    if not 0 <= begin <= end <= length:
        raise ExpressionError(f"'substring' {begin} to {end} is outside a text of {length} characters")
    return begin, end
