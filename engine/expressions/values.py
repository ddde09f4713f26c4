"""The language's own values: what they are, how they print, compare and become JSON.

Values are str, bool, None, numbers (``numbers``), list, dict, datetime, date, time and timedelta. A datetime
whose zone is ``datetime.timezone.utc`` is an instant; with another zone a zoned time; without one a local time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any

from engine.durations import format_duration
from engine.expressions.errors import ExpressionError, LimitExceeded
from engine.expressions.limits import Budget
from engine.expressions.numbers import BigInteger, Float32, Long, Number, class_name, is_number, kind_of, number_text

_MAX_NESTING = 100


def to_text(value: Any, budget: Budget) -> str:
    """As printed: maps and lists as JSON, null as nothing, dates as ISO."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (list, dict)):
        return to_json(value, budget)
    return scalar_text(value)


def is_empty(value: Any) -> bool:
    """null, a blank text, or a list or map without items."""
    if isinstance(value, str):
        return value.strip() == ""
    return value is None or (isinstance(value, (list, dict)) and not value)


def java_text(value: Any, budget: Budget, depth: int = 0) -> str:
    """As Java turns a value into text where the language joins texts: ``[1, 2]``, ``{a=1}``, ``null``."""
    if isinstance(value, str):
        return value
    value = own(value)
    if value is None:
        return "null"
    if not isinstance(value, (list, dict)):
        return scalar_text(value)
    if depth > _MAX_NESTING:
        raise LimitExceeded(f"A value nested more than {_MAX_NESTING} levels deep cannot be printed")
    parts: list[str] = []
    size = 0
    for entry in value:
        text = java_text(entry, budget, depth + 1)
        if isinstance(value, dict):
            text += "=" + java_text(value[entry], budget, depth + 1)
        size += len(text) + 2
        budget.length(size)
        parts.append(text)
    inner = ", ".join(parts)
    return f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}"


def scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return number_text(value)
    if isinstance(value, datetime):
        return datetime_text(value)
    if isinstance(value, (date, time)):
        return time_text(value) if isinstance(value, time) else value.isoformat()
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, str):
        return value
    raise ExpressionError(f"A value of type {type(value).__name__} cannot be used in an expression")


def _fraction(microsecond: int) -> str:
    if not microsecond:
        return ""
    return f".{microsecond // 1000:03d}" if microsecond % 1000 == 0 else f".{microsecond:06d}"


def time_text(value: time | datetime, *, seconds: bool = False) -> str:
    text = f"{value.hour:02d}:{value.minute:02d}"
    if seconds or value.second or value.microsecond:
        text += f":{value.second:02d}{_fraction(value.microsecond)}"
    return text


def offset_text(value: datetime) -> str:
    offset = value.utcoffset() or timedelta()
    if not offset:
        return "Z"
    total = int(offset.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("+", total)
    text = f"{sign}{total // 3600:02d}:{total // 60 % 60:02d}"
    return text + (f":{total % 60:02d}" if total % 60 else "")


def datetime_text(value: datetime) -> str:
    """An instant and a zoned or local time as Java prints them."""
    day = f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    if value.tzinfo is None:
        return f"{day}T{time_text(value)}"
    if value.tzinfo is UTC:
        return f"{day}T{time_text(value, seconds=True)}Z"
    name = getattr(value.tzinfo, "key", None)
    zone = f"[{name}]" if isinstance(name, str) else ""
    return f"{day}T{time_text(value)}{offset_text(value)}{zone}"


def datetime_json(value: datetime) -> str:
    """As it stands in JSON: seconds always, no zone name."""
    day = f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    offset = "" if value.tzinfo is None else offset_text(value)
    return f"{day}T{time_text(value, seconds=True)}{offset}"


def json_scalar(value: Any) -> str | None:
    """The JSON of a value that holds no others, or None for a map or list."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (list, dict)):
        return None
    if is_number(value):
        text = number_text(value)
        return f'"{text}"' if text in ("NaN", "Infinity", "-Infinity") else text
    if isinstance(value, datetime):
        return f'"{datetime_json(value)}"'
    if isinstance(value, time):
        return f'"{time_text(value, seconds=True)}"'
    return f'"{scalar_text(value)}"'


def to_json(value: Any, budget: Budget) -> str:
    """JSON text, compact. LimitExceeded when it would be too long or too deep."""
    parts: list[str] = []
    size = 0
    allowed = budget.limits.output

    def add(text: str) -> None:
        nonlocal size
        size += len(text)
        if size > allowed:
            raise LimitExceeded(f"The expression would print more than {allowed} characters")
        parts.append(text)

    def write(item: Any, depth: int) -> None:
        item = own(item)
        scalar = json_scalar(item)
        if scalar is not None:
            add(scalar)
            return
        if depth > _MAX_NESTING:
            raise LimitExceeded(f"A value nested more than {_MAX_NESTING} levels deep cannot be printed")
        is_list = isinstance(item, list)
        add("[" if is_list else "{")
        for index, entry in enumerate(item):
            if index:
                add(",")
            if not is_list:
                add(encode_basestring(key_text(entry)) + ":")
                entry = item[entry]
            write(entry, depth + 1)
        add("]" if is_list else "}")

    write(value, 0)
    budget.length(size)
    return "".join(parts)


def key_text(key: Any) -> str:
    """A map key as text."""
    if isinstance(key, str):
        return key
    return "null" if key is None else scalar_text(key)


def plain(value: Any, depth: int = 0) -> Any:
    """Own values only, from what a caller passes in: tuples and sets become lists, enums their names.

    ExpressionError for anything else, so that no object of the host is ever reachable.
    """
    if type(value) in _OWN and not isinstance(value, (list, dict)):
        return value
    if depth > _MAX_NESTING:
        raise LimitExceeded(f"A value nested more than {_MAX_NESTING} levels deep cannot be used")
    if isinstance(value, Enum):
        return value.name
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, (Decimal, datetime, date, time, timedelta)):
        return value
    if isinstance(value, Mapping):
        return {key_text(k) if not isinstance(k, (int, str)) else k: plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v, depth + 1) for v in value]
    raise ExpressionError(f"A value of type {type(value).__name__} cannot be used in an expression")


def check_size(value: Any, budget: Budget) -> None:
    """LimitExceeded for a value that holds too much; what is shared counts as often as it shows."""
    pending, count = [(value, 0)], 0
    while pending:
        item, depth = pending.pop()
        if not isinstance(item, (list, dict)):
            continue
        if depth > _MAX_NESTING:
            raise LimitExceeded(f"The expression makes a value nested more than {_MAX_NESTING} levels deep")
        count += 1 + len(item)
        if count > budget.limits.items:
            raise LimitExceeded(f"The expression makes a value of more than {budget.limits.items} items")
        pending.extend((one, depth + 1) for one in (item.values() if isinstance(item, dict) else item))


_OWN = frozenset(
    (str, int, bool, type(None), float, list, dict, Long, BigInteger, Float32, Decimal, datetime, date, time, timedelta)
)


def own(value: Any) -> Any:
    """The value, if it is of the language's own; what only resembles one is converted (``plain``)."""
    return value if type(value) in _OWN else plain(value)


def equal(left: Any, right: Any) -> bool:
    """``==``: numbers by value, whatever their kind; a boolean never equals a number."""
    if is_number(left) and is_number(right):
        return left == right if type(left) is type(right) else _exact(left) == _exact(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) for k in left)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left.tzinfo is None) == (right.tzinfo is None) and left == right
    return type(left) is type(right) and bool(left == right)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def compare(operator: str, left: Any, right: Any) -> bool:
    """``> >= < <=`` between two numbers or two texts; false when one side is null."""
    if left is None or right is None:
        return False
    if is_number(left) and is_number(right):
        if left != left or right != right:
            return False
        return _COMPARISONS[operator](_exact(left), _exact(right))
    if isinstance(left, str) and isinstance(right, str):
        return _COMPARISONS[operator](left, right)
    raise ExpressionError(
        f"Could not compare {kind_of(left)} with {kind_of(right)} by '{operator}'",
        hint="compare numbers with numbers and texts with texts",
    )


def _exact(value: Number) -> Number:
    """What Kestra compares by: two kinds of number are compared by the decimals they print as."""
    return Decimal(number_text(value)) if isinstance(value, float) else value


def sort_key(value: Any) -> Any:
    """For sorting a list of numbers, of texts or of dates. ExpressionError when two kinds are mixed."""
    if is_number(value):
        return value
    if isinstance(value, (str, date, time, timedelta)):
        return value
    raise ExpressionError(f"{kind_of(value).capitalize()} cannot be sorted")


def java_class(value: Any) -> str | None:
    """The Java class Kestra would hold the value in; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if is_number(value):
        return class_name(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return "java.time.LocalDateTime"
        return "java.time.Instant" if value.tzinfo is UTC else "java.time.ZonedDateTime"
    names: tuple[tuple[type, str], ...] = (
        (str, "java.lang.String"),
        (list, "java.util.ArrayList"),
        (dict, "java.util.LinkedHashMap"),
        (date, "java.time.LocalDate"),
        (time, "java.time.LocalTime"),
        (timedelta, "java.time.Duration"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "java.lang.Object")


def condition(value: Any) -> bool:
    """Within an expression (``?:``): null, 0 and '' are false."""
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    if is_number(value):
        return value == value and value != 0
    if isinstance(value, str):
        return value != ""
    raise ExpressionError(f"{kind_of(value).capitalize()} cannot be used as a condition", hint="compare it first")


def decided(operator: str, value: Any) -> bool:
    """An operand of ``and``, ``or``, ``not``: as ``condition``, but null is an error there."""
    if value is None:
        raise ExpressionError(f"null value given to '{operator}'", hint="use ?? to say what null means")
    return condition(value)


def truthy(value: Any) -> bool:
    """Whether a rendered condition (If, runIf, conditions) holds, as Kestra decides it from its text.

    False for null, '', 'false', '0', '-0' (with any white space around); everything else is true.
    """
    if value is None or value is False:
        return False
    if value is True:
        return True
    text = value if isinstance(value, str) else to_text(value, Budget())
    return text.strip() not in ("", "false", "0", "-0")
