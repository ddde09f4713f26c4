"""Values made to fit an Avro schema, as Kestra fits them: texts become numbers, booleans, dates, or null."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.ion import to_json
from engine.tasks.props import Props, as_text
from engine.tasks.serdes.moments import zone_of

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_TRUE = ("t", "true", "enabled", "1", "on", "yes")
_FALSE = ("f", "false", "disabled", "0", "off", "no", "")
_NULL = ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "1.#IND", "1.#QNAN", "NA", "n/a", "nan", "null")
_ON_BAD = ("ERROR", "WARN", "SKIP")
_INT, _LONG = 2**31, 2**63
Named = dict[str, Any]


class Unfit(ValueError):
    """A value that the schema does not take."""


@dataclass(frozen=True, slots=True)
class AvroValues:
    """How the texts of one task are read. ``named`` holds the schema's named types by name."""

    true: frozenset[str]
    false: frozenset[str]
    null: frozenset[str]
    date_format: str
    time_format: str
    date_time_format: str
    decimal_sign: str
    zone: tzinfo
    strict: bool
    infer_all: bool
    on_bad: str
    named: Named

    def record(self, task: RunContext, schema: Mapping[str, Any], row: Any) -> dict[str, Any] | None:
        """A row as a record; None where it is left out. TaskFailed for a bad one when ``on_bad`` is ERROR."""
        fields = schema["fields"]
        if isinstance(row, list):
            row = {field["name"]: value for field, value in zip(fields, row, strict=False)} | {
                f"more{index}": value for index, value in enumerate(row[len(fields) :])
            }
        if not isinstance(row, Mapping):
            raise TaskFailed(f"a row is {as_text(row)[:80]} and no record", code="not-avro")
        if self.strict and len(row) > len(fields):
            self._bad(task, f"a row has {len(row)} fields, the schema {len(fields)}", row)
        out: dict[str, Any] = {}
        for field in fields:
            try:
                out[field["name"]] = self.fitted(field["type"], _named_value(field, row))
            except Unfit as error:
                self._bad(task, f"field '{field['name']}': {error}", row)
                if not _takes_null(field["type"]):
                    return None
                out[field["name"]] = None
        return out

    def _bad(self, task: RunContext, why: str, row: Any) -> None:
        message = f"the row {as_text(to_json(row))[:200]} does not fit the schema: {why}"
        if self.on_bad == "ERROR":
            raise TaskFailed(message, code="bad-line", hint="set onBadLines to WARN or SKIP to leave such values out")
        if self.on_bad == "WARN":
            task.log("WARN", message)

    def fitted(self, schema: Any, value: Any) -> Any:
        """The value in the kind the schema wants. Unfit when it is not of it and cannot be read as it."""
        if self.infer_all and isinstance(value, str):
            folded = value.casefold()
            if folded in self.null:
                return None
            if folded in self.true or folded in self.false:
                return folded in self.true
        if isinstance(schema, list):
            return self._any_of(schema, value)
        if isinstance(schema, str):
            return self._primitive(schema, value) if schema in _PRIMITIVES else self.fitted(self.named[schema], value)
        logical = schema.get("logicalType")
        if logical in _LOGICAL:
            return _LOGICAL[logical](self, schema, value)
        return self._complex(schema, value)

    def _any_of(self, schemas: list[Any], value: Any) -> Any:
        for schema in schemas:
            try:
                return self.fitted(schema, value)
            except Unfit:
                continue
        raise Unfit(f"{_shown(value)} is none of {', '.join(map(_name, schemas))}")

    def _complex(self, schema: Mapping[str, Any], value: Any) -> Any:
        kind = schema["type"]
        if kind in ("record", "error"):
            if not isinstance(value, Mapping):
                raise Unfit(f"{_shown(value)} is no map")
            return {f["name"]: self.fitted(f["type"], _named_value(f, value)) for f in schema.get("fields") or ()}
        if kind == "array":
            if not isinstance(value, list):
                raise Unfit(f"{_shown(value)} is no list")
            return [self.fitted(schema["items"], item) for item in value]
        if kind == "map":
            if not isinstance(value, Mapping):
                raise Unfit(f"{_shown(value)} is no map")
            return {as_text(key): self.fitted(schema["values"], item) for key, item in value.items()}
        if kind == "enum":
            text = self._primitive("string", value)
            if text not in schema["symbols"]:
                raise Unfit(f"'{text}' is none of {', '.join(schema['symbols'])}")
            return text
        if kind == "fixed":
            content: bytes = self._primitive("bytes", value)
            if len(content) != schema["size"]:
                raise Unfit(f"{len(content)} bytes and not {schema['size']}")
            return content
        return self.fitted(kind, value)

    def _primitive(self, kind: str, value: Any) -> Any:
        try:
            return _PRIMITIVES[kind](self, value)
        except (ValueError, TypeError, OverflowError, InvalidOperation):
            raise Unfit(f"{_shown(value)} is no {kind}") from None

    def _null(self, value: Any) -> None:
        if value is not None and not (isinstance(value, str) and value.casefold() in self.null):
            raise ValueError

    def _boolean(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        folded = value.casefold() if isinstance(value, str) else str(value) if value in (0, 1) else None
        if folded is None or folded not in self.true | self.false:
            raise ValueError
        return folded in self.true

    def _whole(self, value: Any, bound: int) -> int:
        number = int(value) if isinstance(value, str) else value
        if isinstance(number, Decimal) and number == number.to_integral_value():
            number = int(number)
        if not isinstance(number, int) or isinstance(number, bool) or not -bound <= number < bound:
            raise ValueError
        return number

    def _double(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise ValueError
        return float(self.pointed(value) if isinstance(value, str) else value)

    def _string(self, value: Any) -> str:
        if value is None:
            raise ValueError
        return as_text(to_json(value)) if isinstance(value, list | Mapping) else as_text(_iso(value))

    def pointed(self, text: str) -> str:
        """The text of a number with a point where the task says another decimal separator is."""
        return text if self.decimal_sign == "." else text.replace(self.decimal_sign, ".", 1)

    def moment(self, value: Any) -> datetime:
        """A time with zone. Unfit."""
        if isinstance(value, str) and not value.lstrip("-").isdecimal():
            value = self.read(value, self.date_time_format)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(value))
        if not isinstance(value, datetime):
            raise Unfit(f"{_shown(value)} is no time")
        return value if value.tzinfo else value.replace(tzinfo=self.zone)

    def day(self, value: Any) -> date:
        """A date. Unfit."""
        if isinstance(value, str):
            value = self.read(value, self.date_format)
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, date):
            raise Unfit(f"{_shown(value)} is no date")
        return value

    def clock(self, value: Any) -> time:
        """A time of day. Unfit."""
        if isinstance(value, str):
            value = self.read(f"1970-01-01 {value}", f"yyyy-MM-dd {self.time_format}").time()
        if not isinstance(value, time):
            raise Unfit(f"{_shown(value)} is no time of day")
        return value

    def read(self, text: str, pattern: str) -> datetime:
        """A date in a text by a Java pattern, or in ISO form. Unfit."""
        from engine.expressions.errors import ExpressionError
        from engine.expressions.java_dates import read_iso
        from engine.expressions.java_dates import zone_of as named_zone
        from engine.expressions.java_patterns import read

        try:
            return read(text, pattern, "en_US", named_zone)
        except ExpressionError as error:
            try:
                found = read_iso(text.replace(" ", "T", 1))
            except ExpressionError:
                raise Unfit(error.message) from None
        return found if isinstance(found, datetime) else datetime.combine(found, time())


def avro_values_of(props: Props, named: Named) -> AvroValues:
    """What a task says of its values. TaskFailed for an unknown zone or policy."""

    def words(name: str, default: tuple[str, ...]) -> frozenset[str]:
        found = props.strings(name) if props.has(name) else default
        return frozenset(word.casefold() for word in found)

    return AvroValues(
        true=words("trueValues", _TRUE),
        false=words("falseValues", _FALSE),
        null=words("nullValues", _NULL),
        date_format=props.text("dateFormat", "yyyy-MM-dd[XXX]"),
        time_format=props.text("timeFormat", "HH:mm[:ss][.SSSSSS][XXX]"),
        date_time_format=props.text("datetimeFormat", "yyyy-MM-dd'T'HH:mm[:ss][.SSSSSS][XXX]"),
        decimal_sign=props.text("decimalSeparator", "."),
        zone=zone_of(props.text("timeZoneId")),
        strict=props.flag("strictSchema"),
        infer_all=props.flag("inferAllFields"),
        on_bad=props.choice("onBadLines", "ERROR", _ON_BAD),
        named=named,
    )


def _named_value(field: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    """The value of a field by its name or one of its aliases."""
    names = (field["name"], *(field.get("aliases") or ()))
    return next((row[name] for name in names if row.get(name) is not None), None)


def _takes_null(schema: Any) -> bool:
    return schema == "null" or (isinstance(schema, list) and "null" in schema)


def _name(schema: Any) -> str:
    return schema if isinstance(schema, str) else str(schema.get("logicalType") or schema.get("type"))


def _shown(value: Any) -> str:
    return f"'{as_text(to_json(value))[:80]}'" if value is not None else "null"


def _iso(value: Any) -> Any:
    return to_json(value) if isinstance(value, date | time | Decimal | bytes | timedelta) else value


def _decimal(values: AvroValues, schema: Mapping[str, Any], value: Any) -> Decimal:
    try:
        text = values.pointed(value) if isinstance(value, str) else str(value)
        return Decimal(text).quantize(Decimal(1).scaleb(-int(schema.get("scale", 0))), rounding=ROUND_HALF_EVEN)
    except (InvalidOperation, ValueError):
        raise Unfit(f"{_shown(value)} is no decimal") from None


def _uuid(values: AvroValues, schema: Mapping[str, Any], value: Any) -> str:
    try:
        return str(uuid.UUID(as_text(value)))
    except ValueError:
        raise Unfit(f"{_shown(value)} is no UUID") from None


def _local(values: AvroValues, schema: Mapping[str, Any], value: Any) -> datetime:
    return values.moment(value).astimezone(values.zone).replace(tzinfo=None)


_LOGICAL: dict[str, Callable[[AvroValues, Mapping[str, Any], Any], Any]] = {
    "decimal": _decimal,
    "uuid": _uuid,
    "date": lambda values, schema, value: values.day(value),
    "time-millis": lambda values, schema, value: values.clock(value),
    "time-micros": lambda values, schema, value: values.clock(value),
    "timestamp-millis": lambda values, schema, value: values.moment(value),
    "timestamp-micros": lambda values, schema, value: values.moment(value),
    "local-timestamp-millis": _local,
    "local-timestamp-micros": _local,
}
_PRIMITIVES: dict[str, Callable[[AvroValues, Any], Any]] = {
    "null": AvroValues._null,
    "boolean": AvroValues._boolean,
    "int": lambda values, value: values._whole(value, _INT),
    "long": lambda values, value: values._whole(value, _LONG),
    "float": AvroValues._double,
    "double": AvroValues._double,
    "string": AvroValues._string,
    "bytes": lambda values, value: value if isinstance(value, bytes) else values._string(value).encode(),
}
