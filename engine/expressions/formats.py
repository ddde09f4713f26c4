"""JSON and Ion text to values, values to Ion, and YAML text to values; ``yaml_writer`` writes YAML."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.expressions.errors import ExpressionError, LimitExceeded
from engine.expressions.limits import Budget
from engine.expressions.numbers import Float32, is_number, number_text
from engine.expressions.values import (
    datetime_json,
    java_class,
    json_scalar,
    key_text,
    own,
    scalar_text,
)

_MAX_NESTING = 100


def json_value(text: str, budget: Budget) -> Any:
    """The value of a JSON text. ExpressionError where it cannot be read."""
    budget.step(1 + len(text) // 1000)
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ExpressionError(f"The text is not JSON: {error}") from error
    _bounded(value, budget)
    return value


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _bounded(value: Any, budget: Budget, depth: int = 0) -> None:
    """LimitExceeded when a read value is too deep or has too many items."""
    if isinstance(value, (list, dict)):
        if depth > _MAX_NESTING:
            raise LimitExceeded(f"The text holds values nested more than {_MAX_NESTING} levels deep")
        budget.items(len(value))
        for item in value.values() if isinstance(value, dict) else value:
            _bounded(item, budget, depth + 1)


def yaml_value(text: str, budget: Budget) -> Any:
    """The value of a YAML text; dates stay texts and keys are texts. ExpressionError where it cannot be read."""
    import yaml

    budget.step(1 + len(text) // 100)
    try:
        return _from_yaml(yaml.load(text, Loader=_yaml_loader()), budget, 0)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise ExpressionError(f"The text is not YAML: {error}") from error


def _yaml_loader() -> Any:
    import yaml

    class Loader(yaml.CSafeLoader):
        """Without dates and base-60 numbers, as Kestra reads YAML."""

    dropped = ("tag:yaml.org,2002:timestamp",)
    Loader.yaml_implicit_resolvers = {
        sign: [(tag, pattern) for tag, pattern in rows if tag not in dropped]
        for sign, rows in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader


def _from_yaml(value: Any, budget: Budget, depth: int) -> Any:
    if depth > _MAX_NESTING:
        raise LimitExceeded(f"The text holds values nested more than {_MAX_NESTING} levels deep")
    if isinstance(value, (dict, list)):
        budget.items(len(value))
    if isinstance(value, dict):
        return {key_text(own(key)): _from_yaml(item, budget, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_yaml(item, budget, depth + 1) for item in value]
    return own(value)


def ion_text(value: Any, budget: Budget) -> str:
    """Ion text; dates and durations carry their Java class as annotation."""
    parts: list[str] = []
    size = 0

    def add(text: str) -> None:
        nonlocal size
        size += len(text)
        budget.length(size)
        parts.append(text)

    _ion(value, add, 0)
    return "".join(parts)


def _ion(value: Any, add: Any, depth: int) -> None:
    value = own(value)
    if depth > _MAX_NESTING:
        raise LimitExceeded(f"A value nested more than {_MAX_NESTING} levels deep cannot be printed")
    if isinstance(value, list):
        add("[")
        for index, item in enumerate(value):
            add("," if index else "")
            _ion(item, add, depth + 1)
        add("]")
    elif isinstance(value, dict):
        add("{")
        for index, (key, item) in enumerate(value.items()):
            add(("," if index else "") + _ion_symbol(key_text(key)) + ":")
            _ion(item, add, depth + 1)
        add("}")
    else:
        add(_ion_scalar(value))


def _ion_symbol(text: str) -> str:
    plain = text.isascii() and text.isidentifier() and text not in ("null", "true", "false", "nan")
    return text if plain else "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _ion_scalar(value: Any) -> str:
    if isinstance(value, str):
        return _ion_string(value)
    if isinstance(value, (datetime, date, time, timedelta)):
        name = (java_class(value) or "").rsplit(".", 1)[-1]
        text = datetime_json(value) if isinstance(value, datetime) else scalar_text(value)
        if name == "Instant":
            return text
        zone = getattr(value.tzinfo, "key", None) if isinstance(value, datetime) else None
        return f'{name}::"{text}[{zone}]"' if isinstance(zone, str) else f'{name}::"{text}"'
    if isinstance(value, float):
        return _ion_float(value)
    if isinstance(value, Decimal):
        text = number_text(value)
        return text if "." in text or "E" in text else text + "."
    return json_scalar(value) or "null"


def _ion_float(value: float) -> str:
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "+inf" if value > 0 else "-inf"
    text = repr(float(value)) if isinstance(value, Float32) else repr(value)
    if "e" in text:
        base, _, power = text.partition("e")
        return f"{base}e{int(power)}"
    return text.removesuffix(".0") + "e0" if text.endswith(".0") else text + "e0"


def _ion_string(text: str) -> str:
    out = ['"']
    for sign in text:
        if sign in '"\\':
            out.append("\\" + sign)
        elif sign in "\n\r\t":
            out.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}[sign])
        elif ord(sign) < 32:
            out.append(f"\\x{ord(sign):02x}")
        else:
            out.append(sign)
    return "".join([*out, '"'])


def ion_value(text: str, budget: Budget) -> list[Any]:
    """The values of an Ion text. ExpressionError where it cannot be read."""
    from amazon.ion import simpleion
    from amazon.ion.exceptions import IonException

    budget.step(1 + len(text) // 1000)
    try:
        found = simpleion.loads(text, single_value=False)
        return [_from_ion(item, budget, 0) for item in found]
    except (IonException, ValueError, TypeError, RecursionError, EOFError, OverflowError) as error:
        raise ExpressionError(f"The text is not Ion: {error}") from error


def _from_ion(value: Any, budget: Budget, depth: int) -> Any:
    """An Ion library value as one of the language's own."""
    from amazon.ion.simple_types import IonPyNull

    if depth > _MAX_NESTING:
        raise LimitExceeded(f"The text holds values nested more than {_MAX_NESTING} levels deep")
    if value is None or isinstance(value, IonPyNull):
        return None
    if hasattr(value, "items") and not isinstance(value, str):
        pairs = list(value.items())
        budget.items(len(pairs))
        return {str(key): _from_ion(item, budget, depth + 1) for key, item in pairs}
    if isinstance(value, list):
        budget.items(len(value))
        return [_from_ion(item, budget, depth + 1) for item in value]
    if type(value).__name__ == "IonPyBool":
        return bool(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode(errors="replace")
    if isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, value.hour, value.minute, value.second,
                        value.microsecond, value.tzinfo)  # fmt: skip
    if isinstance(value, Decimal):
        return Decimal(value)
    if type(value).__name__ == "IonPySymbol" or hasattr(value, "text"):
        return str(getattr(value, "text", value))
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return own(value) if is_number(value) else str(value)
