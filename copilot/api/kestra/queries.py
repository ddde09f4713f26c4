"""What a list is asked for: page, order and filters, in Kestra's new form and in the one it still takes.

New: ``filters[namespace][PREFIX]=company``, ``filters[labels][EQUALS][team]=data``. Older: ``namespace=company``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from copilot.api.kestra.errors import BadRequest
from engine.durations import parse_duration

T = TypeVar("T")
_FILTER = re.compile(r"filters\[(\w+)\]\[(\w+)\](?:\[([^\]]+)\])?")
_OPERATIONS = (
    "EQUALS",
    "NOT_EQUALS",
    "IN",
    "NOT_IN",
    "CONTAINS",
    "STARTS_WITH",
    "ENDS_WITH",
    "REGEX",
    "PREFIX",
    "GREATER_THAN",
    "LESS_THAN",
    "GREATER_THAN_OR_EQUAL_TO",
    "LESS_THAN_OR_EQUAL_TO",
)
_LARGEST_PAGE = 10_000
_LARGEST_NUMBER = 2**31 - 1
_REGEX_SECONDS = 0.5
_OLDER = {
    "q": ("q", "EQUALS"),
    "namespace": ("namespace", "PREFIX"),
    "flowId": ("flowId", "EQUALS"),
    "state": ("state", "IN"),
    "labels": ("labels", "EQUALS"),
    "startDate": ("startDate", "GREATER_THAN_OR_EQUAL_TO"),
    "endDate": ("endDate", "LESS_THAN_OR_EQUAL_TO"),
    "timeRange": ("timeRange", "EQUALS"),
    "triggerExecutionId": ("triggerExecutionId", "EQUALS"),
    "triggerId": ("triggerId", "EQUALS"),
    "executionId": ("executionId", "EQUALS"),
    "minLevel": ("level", "GREATER_THAN_OR_EQUAL_TO"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """``key`` is that of a label."""

    field: str
    operation: str
    value: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """``number`` counts from 1; ``sort`` holds (field, descending)."""

    number: int
    size: int
    sort: tuple[tuple[str, bool], ...]

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        start = (self.number - 1) * self.size
        return rows[start : start + self.size]

    def order(self, rows: Sequence[T], fields: Mapping[str, Callable[[T], Any]]) -> list[T]:
        """Sorted as asked; fields that are not known are passed over."""
        ordered = list(rows)
        for name, descending in reversed(self.sort):
            if (key := fields.get(name)) is not None:
                ordered.sort(key=partial(_nothing_first, key), reverse=descending)
        return ordered


def _nothing_first(key: Callable[[T], Any], row: T) -> tuple[bool, Any]:
    value = key(row)
    return (value is not None, value)


def page_of(params: QueryParams) -> Page:
    """``page``, ``size`` and ``sort=field:desc``. BadRequest."""
    sort = []
    for text in params.getlist("sort"):
        for one in text.split(","):
            name, _, direction = one.partition(":")
            sort.append((name.strip(), direction.strip().lower() == "desc"))
    return Page(whole(params, "page", 1), min(whole(params, "size", 10), _LARGEST_PAGE), tuple(sort))


def whole(params: QueryParams, name: str, default: int) -> int:
    """A number from 1. BadRequest."""
    text = params.get(name)
    if text is None or text == "":
        return default
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_NUMBER:
        raise BadRequest(f"{name}: must be greater than or equal to 1, not '{text}'", hint="give a whole number from 1")
    return int(text)


def flag(params: QueryParams, name: str, default: bool = False) -> bool:
    text = params.get(name)
    return default if text is None else text.lower() in ("true", "1", "yes", "on", "")


def filters_of(params: QueryParams) -> list[Filter]:
    """Every filter of a request. BadRequest for an operation that does not exist."""
    found: list[Filter] = []
    for name, value in params.multi_items():
        written = _FILTER.fullmatch(name)
        if written:
            field, operation, key = written.groups()
            if operation not in _OPERATIONS:
                raise BadRequest(f"the filter operation {operation} does not exist", hint=", ".join(_OPERATIONS))
            found.append(Filter(_field(field), operation, value, key))
        elif name in _OLDER:
            found.extend(_older(name, value, params))
    return found


def _older(name: str, value: str, params: QueryParams) -> Iterable[Filter]:
    field, operation = _OLDER[name]
    if name == "state":
        if value == params.getlist("state")[0]:
            yield Filter(field, operation, ",".join(params.getlist("state")))
    elif name == "labels":
        key, _, wanted = value.partition(":")
        yield Filter(field, operation, wanted, key)
    else:
        yield Filter(field, operation, value)


def _field(name: str) -> str:
    return {"query": "q", "minLevel": "level"}.get(name, name)


def keeps(filters: Iterable[Filter], row: Mapping[str, Any], now: float) -> bool:
    """Whether a row passes every filter. A filter on a field that this list does not have is a BadRequest.

    ``q`` in a row is the text searched; ``startDate`` and ``endDate`` are seconds since the epoch, ``labels`` a map.
    """
    return all(_holds(one, row, now) for one in filters)


def _holds(one: Filter, row: Mapping[str, Any], now: float) -> bool:
    if one.field == "timeRange" and "startDate" in row:
        return bool(row["startDate"] >= now - _duration(one.value))
    if one.field in ("scope", "childFilter", "kind"):
        return _kind_of_row(one, row)
    if one.field not in row:
        raise BadRequest(f"'{one.field}' cannot be filtered on here", hint=f"use {', '.join(sorted(row))}")
    value = row[one.field]
    if one.field == "q":
        return (one.value.lower() in str(value).lower()) is (one.operation != "NOT_EQUALS")
    if one.field == "labels":
        return _label(one, value)
    if one.field in ("startDate", "endDate", "timestamp"):
        return value is not None and _compared(one.operation, value, _time(one.value))
    if one.field == "level":
        return bool(_level(str(value)) >= _level(one.value))
    return _text(one, "" if value is None else str(value))


def _kind_of_row(one: Filter, row: Mapping[str, Any]) -> bool:
    if one.field == "scope":
        system = row.get("namespace") == "system"
        return ("SYSTEM" if system else "USER") in one.value.split(",")
    if one.field == "childFilter":
        return (row.get("triggerExecutionId") is not None) is (one.value == "CHILD")
    return one.value in ("NORMAL", "null") or one.operation.startswith("NOT")


def _label(one: Filter, found: Mapping[str, str]) -> bool:
    key, value = one.key, one.value
    if key is None:
        key, _, value = value.partition(":")
    negated = one.operation in ("NOT_EQUALS", "NOT_IN")
    return (str(found.get(key)) in value.split(",") or found.get(key) == value) is not negated


def _text(one: Filter, value: str) -> bool:
    import regex

    wanted = one.value
    match one.operation:
        case "EQUALS":
            return value == wanted
        case "NOT_EQUALS":
            return value != wanted
        case "IN":
            return value in wanted.split(",")
        case "NOT_IN":
            return value not in wanted.split(",")
        case "CONTAINS":
            return wanted.lower() in value.lower()
        case "STARTS_WITH":
            return value.startswith(wanted)
        case "ENDS_WITH":
            return value.endswith(wanted)
        case "PREFIX":
            return value == wanted or value.startswith(f"{wanted}.")
        case "REGEX":
            try:
                return regex.search(wanted, value, timeout=_REGEX_SECONDS) is not None
            except (regex.error, TimeoutError) as error:
                raise BadRequest(f"the pattern '{wanted}' cannot be used: {error}", hint="simplify it") from None
    return _compared(one.operation, value, wanted)


def _compared(operation: str, value: Any, wanted: Any) -> bool:
    match operation:
        case "GREATER_THAN":
            return bool(value > wanted)
        case "LESS_THAN":
            return bool(value < wanted)
        case "GREATER_THAN_OR_EQUAL_TO":
            return bool(value >= wanted)
        case "LESS_THAN_OR_EQUAL_TO":
            return bool(value <= wanted)
        case "NOT_EQUALS":
            return bool(value != wanted)
    return bool(value == wanted)


def _time(text: str) -> float:
    return when(text).timestamp()


def when(text: str) -> datetime:
    """A time; without zone it is UTC. BadRequest."""
    try:
        # a plus sign that was not escaped in an address arrives as a space
        read = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise BadRequest(f"'{text}' is not a date", hint="for example 2025-01-31T00:00:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _duration(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        raise BadRequest(f"'{text}' is not a duration", hint="for example PT5M or P1D") from None


def _level(name: str) -> int:
    from engine.storage.journal import LEVELS

    if name not in LEVELS:
        raise BadRequest(f"'{name}' is not a log level", hint=", ".join(LEVELS))
    return LEVELS.index(name)
