"""CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, write_rows
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.moments import moments_of
from engine.tasks.unread import no_effect

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]*")
_LARGEST_FIELD = 16 * 1024 * 1024


@runnable(
    "io.kestra.plugin.serdes.csv.CsvToIon",
    effects="files",
    aliases=("io.kestra.plugin.serdes.csv.CsvReader",),
    unread={
        "maxBufferSize": no_effect("lines are read as long as they are; maxFieldSize bounds a field"),
        "errorOnDifferentFieldCount": no_effect("onBadLines says what happens to lines of another length"),
    },
)
def csv_to_ion(task: RunContext) -> Outputs:
    """Every line as a map of texts by the header (or a list of texts without one); ``uri`` and ``size``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    target = own_file(task, "rows.ion")
    csv.field_size_limit(props.integer("maxFieldSize", _LARGEST_FIELD))
    charset = props.text("charset", "UTF-8")
    try:
        with source.open(encoding="utf-8-sig" if charset.upper() == "UTF-8" else charset, newline="") as file:
            size = write_rows(target, _read(task, props, file))
    except (csv.Error, UnicodeError, LookupError) as error:
        raise TaskFailed(f"{source.name} cannot be read as CSV: {error}", code="not-csv") from error
    return _stored(task, target, size)


def _stored(task: RunContext, target: Any, size: int) -> dict[str, Any]:
    task.metric("records", "counter", size)
    return {"uri": task.files.put(target, target.name), "size": size}


def _read(task: RunContext, props: Props, file: IO[str]) -> Iterator[Any]:
    for _ in range(props.integer("skipRows")):
        next(file, None)
    delimiter, quote = props.text("fieldSeparator", ","), props.text("textDelimiter", '"')
    strict = not props.flag("allowExtraCharsAfterClosingQuote")
    on_bad = props.choice("onBadLines", "ERROR", ("ERROR", "WARN", "SKIP"))
    reader = csv.reader(file, delimiter=delimiter or ",", quotechar=quote or '"', strict=strict)
    lines: Iterator[list[str]] = _readable(task, reader, on_bad)
    if props.flag("skipEmptyRows"):
        lines = filter(None, lines)
    if not props.flag("header", True):
        yield from ([_cell(text) for text in line or [""]] for line in lines)
        return
    header = _header(next(lines, []), props.choice("onEmptyHeader", "DROP", ("DROP", "RENAME")) == "RENAME")
    for number, line in enumerate(lines, start=2):
        line = line or [""]
        if len(line) != len(header):
            _leave_out(task, on_bad, number, len(line), len(header))
            continue
        yield {name: _cell(line[index]) for index, name in header_places(header)}


def _cell(text: str) -> str | None:
    """A field's text; ``\\N`` is how databases write null."""
    return None if text == "\\N" else text


def _readable(task: RunContext, lines: Iterator[list[str]], on_bad: str) -> Iterator[list[str]]:
    """The lines, without those whose quotes are wrong unless that is an error."""
    while True:
        try:
            line = next(lines, None)
        except csv.Error as error:
            if on_bad == "ERROR":
                raise
            if on_bad == "WARN":
                task.log("WARN", f"A line cannot be read: {error}")
            continue
        if line is None:
            return
        yield line


def _header(names: list[str], rename: bool) -> list[str]:
    return [name or (f"column_{index}" if rename else "") for index, name in enumerate(names)]


def header_places(header: list[str]) -> list[tuple[int, str]]:
    """Index and name of every column that has a name."""
    return [(index, name) for index, name in enumerate(header) if name]


def _leave_out(task: RunContext, on_bad: str, number: int, found: int, wanted: int) -> None:
    """A line with another number of fields is left out. TaskFailed where it is an error."""
    message = f"Line {number} has {found} fields, the header has {wanted}"
    if on_bad == "ERROR":
        raise TaskFailed(message, code="bad-line", hint="set onBadLines to WARN or SKIP to leave such lines out")
    if on_bad == "WARN":
        task.log("WARN", message)


@runnable("io.kestra.plugin.serdes.csv.IonToCsv", effects="files", aliases=("io.kestra.plugin.serdes.csv.CsvWriter",))
def ion_to_csv(task: RunContext) -> Outputs:
    """Rows as lines, with a header of the first row's keys; ``uri`` and ``size``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    target = own_file(task, "rows.csv")
    with target.open("w", encoding=props.text("charset", "UTF-8"), newline="") as file:
        size = _write(props, file, read_rows(source))
    return _stored(task, target, size)


def _write(props: Props, file: IO[str], rows: Iterator[Any]) -> int:
    moments, writer = moments_of(props), _Lines(props, file)
    names: list[str] | None = None
    size = 0
    for row in rows:
        if isinstance(row, Mapping):
            if names is None:
                names = list(row)
                if props.flag("header", True):
                    writer.write(names)
            values = [row.get(name) for name in names]
        else:
            if size == 0 and props.flag("header", True):
                raise TaskFailed(
                    "rows are lists, so there is no header to write", code="no-header", hint="header: false"
                )
            values = list(row) if isinstance(row, list) else [row]
        writer.write([moments.text(value) for value in values])
        size += 1
    return size


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and text not in ("", "+", "-")


class _Lines:
    """Lines of CSV, quoted as the task says: Python's own writer cannot quote by what a text looks like."""

    def __init__(self, props: Props, file: IO[str]) -> None:
        self._file = file
        self._separator = props.text("fieldSeparator", ",")
        self._quote = props.text("textDelimiter", '"')
        self._end = props.text("lineDelimiter") or "\n"
        always = props.flag("alwaysDelimitText")
        self._mode = props.choice(
            "quoteMode", "ALWAYS" if always else "REQUIRED", ("ALWAYS", "REQUIRED", "NON_NUMERIC")
        )
        self._special = re.compile("|".join(map(re.escape, (self._separator, self._quote, "\n", "\r"))))

    def write(self, cells: list[str]) -> None:
        """One line of cells; a # at its start is quoted, so that it is no comment."""
        first = bool(cells) and cells[0].startswith("#")
        self._file.write(self._separator.join(self._cell(text, first and not at) for at, text in enumerate(cells)))
        self._file.write(self._end)

    def _cell(self, text: str, must: bool) -> str:
        quoted = self._mode == "ALWAYS" or (self._mode == "NON_NUMERIC" and not _is_number(text))
        if must or quoted or self._special.search(text):
            return self._quote + text.replace(self._quote, self._quote * 2) + self._quote
        return text
