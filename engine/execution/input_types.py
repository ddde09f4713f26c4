"""The types of inputs and flow outputs: how a given value is read, and the rules each type may carry.

Everything comes out as a JSON value: dates, times and durations as ISO text in Java's spelling, files as URIs,
secrets sealed (see ``engine.storage.encryption``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from engine.durations import format_duration, parse_duration
from engine.expressions.numbers import Float32
from engine.expressions.values import scalar_text
from engine.patterns import full_match
from engine.storage.encryption import is_sealed, no_key

PutFile = Callable[[str, str, Path | bytes], str]
"""Stores the file given for an input (input id, file name, content); gives its URI."""
Seal = Callable[[str], Mapping[str, str]]
"""Encrypts a secret text into the map that stands for it."""
Declaration = Mapping[str, Any]

URI = re.compile(
    r"[a-z]+://(?:www\.)?[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b(?:[-a-zA-Z0-9()@:%_+.~#?&/=]*)"
)
_EMAIL = re.compile(r"(?:[a-zA-Z0-9_!#$%&\u2019*+/=?`{|}~^.-]+@[a-zA-Z0-9.-]+)?")
"""As lenient as Kestra's: nothing at all is fine, and so is a host without a dot."""
_FILE_SCHEMES = ("kestra://", "nsfile://", "file://")


class BadValue(ValueError):
    """Why a value does not fit; ``hint`` says what would."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FileUpload:
    """A file given for a FILE input, with the name it had where it came from."""

    name: str
    content: Path | bytes


@dataclass(frozen=True, slots=True)
class Places:
    """Where files and secrets go; None where the caller has no such place."""

    put_file: PutFile | None = None
    seal: Seal | None = None


def read_value(declaration: Declaration, value: Any, places: Places) -> Any:
    """The value as its declared type (BadValue), rules not yet checked. A missing type takes it as it is."""
    kind = declaration.get("type")
    return value if kind is None else _read(str(kind), declaration, value, places)


def check_rules(declaration: Declaration, value: Any) -> None:
    """The rules a declaration carries beside its type, against a value already read. BadValue."""
    rule = _RULES.get(str(declaration.get("type")))
    if rule is not None:
        rule(declaration, value)


def as_text(value: Any) -> str:
    """A value as text, the way Kestra prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _instant(value)
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))


def _read(kind: str, declaration: Declaration, value: Any, places: Places) -> Any:
    if kind == "FILE":
        return _file(declaration, value, places)
    if kind in ("ARRAY", "MULTISELECT"):
        return _array(kind, declaration, value, places)
    reader = _READERS.get(kind)
    if reader is None:
        raise BadValue(f"`{kind}` is not an input type", f"use one of {', '.join(sorted(TYPES))}")
    try:
        return reader(value)
    except BadValue:
        raise
    except ValueError as error:
        raise BadValue(f"Expected `{kind}` but received `{_short(value)}`", _HINTS.get(kind, str(error))) from error


def _int(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[-+]?[0-9]+", as_text(value)):
        raise ValueError
    number = int(as_text(value))
    if not -(2**31) <= number < 2**31:
        raise ValueError
    return number


def _float(value: Any) -> float:
    if isinstance(value, bool) or "_" in as_text(value):
        raise ValueError
    number = float(as_text(value))
    if not math.isfinite(number):
        raise ValueError
    return number


def _bool(value: Any) -> bool:
    return value if isinstance(value, bool) else as_text(value).lower() == "true"


def _instant(value: datetime) -> str:
    moment = value.astimezone(UTC)
    spec = "seconds" if not moment.microsecond else "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def _datetime(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(as_text(value))
    if moment.tzinfo is None:
        raise ValueError
    return _instant(moment)


def _date(value: Any) -> str:
    text = as_text(value)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError
    return date.fromisoformat(text).isoformat()


def _time(value: Any) -> str:
    text = as_text(value)
    if not re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", text):
        raise ValueError
    return time.fromisoformat(text).isoformat()


def _duration(value: Any) -> str:
    return format_duration(parse_duration(as_text(value)))


def _json(value: Any) -> Any:
    return json.loads(value, parse_constant=_no_constant) if isinstance(value, str) else value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _yaml(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    import yaml

    try:
        return yaml.load(value, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _uri(value: Any) -> str:
    if not URI.fullmatch(as_text(value)):
        raise ValueError
    return as_text(value)


def _check_email(declaration: Declaration, value: Any) -> None:
    if not _EMAIL.fullmatch(str(value)):
        raise BadValue("The input must be a valid email", "give an address such as name@example.com")


def _array(kind: str, declaration: Declaration, value: Any, places: Places) -> list[Any]:
    if isinstance(value, str):
        try:
            value = _json(value)
        except ValueError as error:
            raise BadValue(f"Expected `{kind}` but received `{_short(value)}`", "give a JSON list") from error
    if not isinstance(value, list | tuple):
        raise BadValue(f"Expected `{kind}` but received `{_short(value)}`", "give a JSON list")
    item_type = declaration.get("itemType") or ("STRING" if kind == "MULTISELECT" else None)
    if item_type is None:
        return list(value)
    items = []
    for item in value:
        try:
            items.append(_read(str(item_type), {"id": declaration.get("id"), "type": item_type}, item, places))
        except BadValue as error:
            reason = f"Unable to parse array element as `{item_type}` on `{_short(item)}`"
            raise BadValue(reason, error.hint) from error
    return items


def _file(declaration: Declaration, value: Any, places: Places) -> str:
    if isinstance(value, str) and value.startswith(_FILE_SCHEMES):
        return value
    if isinstance(value, Path):
        value = FileUpload(value.name, value)
    if isinstance(value, bytes):
        value = FileUpload(str(declaration.get("id")), value)
    if not isinstance(value, FileUpload) or places.put_file is None:
        raise BadValue(
            f"Expected `FILE` but received `{_short(value)}`", "send the file itself, or a kestra:// or nsfile:// URI"
        )
    _check_extension(declaration, value.name)
    return places.put_file(str(declaration.get("id")), value.name, value.content)


def seal_secret(text: Any, places: Places) -> Mapping[str, str]:
    """A secret text as the map that stands for it; one already sealed stays. EnvironmentMissing without a key."""
    if is_sealed(text):
        return dict(text)
    if places.seal is None:
        raise no_key()
    return places.seal(as_text(text))


def _check_pattern(declaration: Declaration, value: Any) -> None:
    pattern = declaration.get("validator")
    if pattern is None or is_sealed(value):
        return
    try:
        fits = full_match(str(pattern), str(value))
    except ValueError as error:
        raise BadValue(f"its validator cannot be used: {error}", "correct the validator of the input") from error
    if not fits:
        raise BadValue(f"it must match the pattern `{pattern}`", "the whole value has to match")


def _check_bounds(read: Callable[[Any], Any], low: str, high: str, show: Callable[[Any], str]) -> Callable[..., None]:
    more, less = ("more than", "less than") if low == "min" else (low, high)
    subject = "It" if read is _length else "it"

    def check(declaration: Declaration, value: Any) -> None:
        lowest, highest = declaration.get(low), declaration.get(high)
        if lowest is not None and read(value) < read(lowest):
            raise BadValue(f"{subject} must be {more} `{show(read(lowest))}`", f"{low} is {lowest}")
        if highest is not None and read(value) > read(highest):
            raise BadValue(f"{subject} must be {less} `{show(read(highest))}`", f"{high} is {highest}")

    return check


def allowed_values(declaration: Declaration) -> list[str]:
    """The values of a choice, whether written as texts or as label and value; old ``options`` count too."""
    values = declaration.get("values") or declaration.get("options") or []
    return [as_text(item["value"] if isinstance(item, Mapping) and "value" in item else item) for item in values]


def _check_choice(declaration: Declaration, value: Any) -> None:
    if declaration.get("allowCustomValue"):
        return
    if declaration.get("values") and declaration.get("options"):
        raise BadValue("you can't define both `values` and `options`", "write values, options is its older name")
    allowed = allowed_values(declaration)
    for item in value if isinstance(value, list) else [value]:
        if as_text(item) not in allowed:
            raise BadValue(f"it must match the values `[{', '.join(allowed)}]`", "choose one of them")


def _check_extension(declaration: Declaration, name: str) -> None:
    allowed = declaration.get("allowedFileExtensions")
    if allowed and not any(name.lower().endswith(str(extension).lower()) for extension in allowed):
        raise BadValue(f"its file name must end in one of `[{', '.join(map(str, allowed))}]`", "send such a file")


def _check_array(declaration: Declaration, value: Any) -> None:
    for item in value:
        check_rules({**declaration, "type": declaration.get("itemType"), "values": None}, item)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(as_text(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(value: Any) -> timedelta:
    return parse_duration(str(value))


_READERS: dict[str, Callable[[Any], Any]] = {
    "STRING": as_text,
    "ENUM": as_text,
    "SELECT": as_text,
    "SECRET": lambda value: value if is_sealed(value) else as_text(value),
    "EMAIL": as_text,
    "INT": _int,
    "FLOAT": _float,
    "BOOLEAN": _bool,
    "BOOL": _bool,
    "DATETIME": _datetime,
    "DATE": _date,
    "TIME": _time,
    "DURATION": _duration,
    "JSON": _json,
    "YAML": _yaml,
    "URI": _uri,
}
TYPES = frozenset({*_READERS, "FILE", "ARRAY", "MULTISELECT", "FORM"})
"""Every input type this engine knows, of all Kestra versions."""
_HINTS = {
    "INT": "give a whole number between -2147483648 and 2147483647",
    "FLOAT": "give a number",
    "DATETIME": "give a date and time with zone, such as 2024-05-31T12:00:00Z",
    "DATE": "give a date such as 2024-05-31",
    "TIME": "give a time such as 12:30:00",
    "DURATION": "give an ISO 8601 duration such as PT1H30M",
    "JSON": "give JSON",
    "YAML": "give YAML",
    "URI": "give an address such as https://example.com/data.csv",
}
_RULES: dict[str, Callable[[Declaration, Any], None]] = {
    "STRING": _check_pattern,
    "SECRET": _check_pattern,
    "EMAIL": _check_email,
    "ENUM": _check_choice,
    "SELECT": _check_choice,
    "MULTISELECT": _check_choice,
    "ARRAY": _check_array,
    "INT": _check_bounds(int, "min", "max", str),
    "FLOAT": _check_bounds(float, "min", "max", lambda v: scalar_text(Float32(v))),
    "DATETIME": _check_bounds(_moment, "after", "before", _instant),
    "DATE": _check_bounds(lambda v: date.fromisoformat(str(v)), "after", "before", scalar_text),
    "TIME": _check_bounds(lambda v: time.fromisoformat(str(v)), "after", "before", scalar_text),
    "DURATION": _check_bounds(_length, "min", "max", format_duration),
}


def _short(value: Any) -> str:
    text = value.name if isinstance(value, FileUpload) else as_text(value)
    return text if len(text) <= 200 else text[:200] + "…"
