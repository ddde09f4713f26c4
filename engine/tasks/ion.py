"""Rows in Amazon Ion text, one value a line: how Kestra's tasks hand rows to each other.

Python values here are None, bool, int, float, Decimal, str, bytes, date, datetime, list and dict. A date is an Ion
timestamp of day precision; a time of day and a duration are text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.durations import format_duration
from engine.errors import TaskFailed

_AS_THEY_ARE = frozenset((str, int, float, bool, Decimal, bytes, type(None)))
_DAY = 2
"""Ion's number for the precision of a date: 0 is a year, 1 a month."""


def read_rows(path: Path) -> Iterator[Any]:
    """Every value of an Ion file, one after the other. TaskFailed when it is not Ion."""
    from amazon.ion import simpleion
    from amazon.ion.exceptions import IonException

    with path.open("rb") as file:
        try:
            for value in simpleion.load(file, single_value=False, parse_eagerly=False):
                yield _python(value)
        except (IonException, ValueError, TypeError) as error:
            raise TaskFailed(
                f"{path.name} is not an Ion file: {str(error)[:200]}",
                code="not-ion",
                hint="convert it first, for example with serdes.csv.CsvToIon or serdes.json.JsonToIon",
            ) from error


def _python(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime):
        if getattr(value, "precision", None) is not None and value.precision <= _DAY:  # type: ignore[attr-defined]
            return date(value.year, value.month, value.day)
        return datetime.fromisoformat(datetime.isoformat(value))
    if type(value).__name__ == "IonPyNull":
        return None
    if isinstance(value, Mapping):
        return {str(key): _python(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_python(item) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    """Scalars as Python's own: the reader gives subclasses of them where a value carries annotations."""
    if type(value).__name__ == "IonPyBool":
        return bool(value)
    if isinstance(value, bool | Decimal | bytes):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def write_rows(path: Path, rows: Iterable[Any]) -> int:
    """Write values, one a line; gives how many."""
    from amazon.ion.simpleion import dumps

    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(dumps(_ion(row), binary=False, omit_version_marker=True) + "\n")
            count += 1
    return count


def to_line(value: Any) -> str:
    """One value as Ion text without line breaks."""
    from amazon.ion import simpleion

    return str(simpleion.dumps(_ion(value), binary=False, omit_version_marker=True))


def _ion(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, bool | int | float | str | bytes | Decimal):
        return value
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        from amazon.ion.core import Timestamp, TimestampPrecision

        return Timestamp(value.year, value.month, value.day, precision=TimestampPrecision.DAY)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Mapping):
        return {str(key): _ion(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_ion(item) for item in value]
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return str(value)


def to_json(value: Any) -> Any:
    """The value in JSON's own kinds, as it appears in outputs: dates and times as ISO text, decimals as numbers."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, datetime):
        text = value.isoformat()
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        import base64

        return base64.b64encode(bytes(value)).decode()
    return str(value)
