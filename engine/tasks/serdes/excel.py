"""Excel workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, write_rows
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.moments import Moments, moments_of
from engine.tasks.unread import no_effect

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_LONGEST_TITLE = 31
_CHARSET = {"charset": no_effect("a workbook says itself how its texts are written")}


@runnable(
    "io.kestra.plugin.serdes.excel.IonToExcel",
    effects="files",
    unread={**_CHARSET, "styles": no_effect("dates are written as texts, in their formats")},
)
def ion_to_excel(task: RunContext) -> Outputs:
    """One sheet of a file's rows, or a sheet for each entry of a map of title to file; ``uri`` and ``size``."""
    from openpyxl import Workbook

    props = Props(task)
    given = props.value("from")
    sheets = given if isinstance(given, Mapping) else {props.text("sheetsTitle", "Sheet"): as_text(given)}
    book = Workbook(write_only=True)
    size = sum(_sheet(task, props, book, title, as_text(uri)) for title, uri in sheets.items())
    target = own_file(task, "rows.xlsx")
    book.save(target)
    return {"uri": task.files.put(target, target.name), "size": size}


def _sheet(task: RunContext, props: Props, book: Any, title: str, uri: str) -> int:
    sheet, moments = book.create_sheet(title[:_LONGEST_TITLE]), moments_of(props)
    header, count = props.flag("header", True), 0
    names: list[str] | None = None
    for row in read_rows(task.files.open(uri)):
        if isinstance(row, Mapping):
            if names is None:
                names = list(row)
                if header:
                    sheet.append(names)
            values = [row.get(name) for name in names]
        else:
            values = list(row) if isinstance(row, list) else [row]
        sheet.append([_cell(sheet, value, moments) for value in values])
        count += 1
    return count


def _cell(sheet: Any, value: Any, moments: Moments) -> Any:
    """Numbers stay numbers; a text that looks like a formula stays a text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return float(value)
    text = moments.text(value)
    if not text.startswith("="):
        return text
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


@runnable("io.kestra.plugin.serdes.excel.ExcelToIon", effects="files", unread=_CHARSET)
def excel_to_ion(task: RunContext) -> Outputs:
    """The rows of every sheet, or of those in ``sheetsTitle``; ``uris`` by title and ``size`` of all."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    props = Props(task)
    source = task.files.open(props.required("from"))
    formulas = props.choice("valueRender", "UNFORMATTED_VALUE", ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"))
    try:
        with source.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=formulas != "FORMULA")
            wanted = props.strings("sheetsTitle")
            uris, size = {}, 0
            for sheet in book.worksheets:
                if wanted and sheet.title not in wanted:
                    continue
                target = own_file(task, f"{sheet.title}.ion".replace("/", "_"))
                size += write_rows(target, _rows(props, sheet))
                uris[sheet.title] = task.files.put(target, target.name)
    except (InvalidFileException, BadZipFile, KeyError) as error:
        raise TaskFailed(f"{source.name} is not an Excel workbook (.xlsx): {error}", code="not-excel") from error
    return {"uris": uris, "size": size}


def _rows(props: Props, sheet: Any) -> Iterator[Any]:
    lines = sheet.iter_rows(min_row=1 + props.integer("skipRows"), values_only=True)
    skip_empty, names = props.flag("skipEmptyRows"), None
    dates = props.choice(
        "dateTimeRender", "UNFORMATTED_VALUE", ("SERIAL_NUMBER", "FORMATTED_STRING", "UNFORMATTED_VALUE")
    )
    for line in lines:
        values = [_read_cell(value, dates) for value in line]
        if skip_empty and not any(value is not None for value in values):
            continue
        if props.flag("header", True):
            if names is None:
                names = [as_text(value) or f"column_{index}" for index, value in enumerate(values)]
                continue
            # Empty cells at the end of a line are left out of the file.
            yield dict(zip(names, [*values, *[None] * (len(names) - len(values))], strict=False))
        else:
            yield values


def _read_cell(value: Any, dates: str) -> Any:
    if dates == "SERIAL_NUMBER" and isinstance(value, date | time):
        from openpyxl.utils.datetime import to_excel

        return to_excel(value)
    if dates == "FORMATTED_STRING" and isinstance(value, date | datetime | time):
        return value.isoformat()
    return value
