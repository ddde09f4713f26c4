"""Choosing among the rows of an Ion file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, TaskFailed
from engine.expressions.values import truthy
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, to_json, write_rows
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable(
    "io.kestra.plugin.core.storage.FilterItems", effects="files", aliases=("io.kestra.core.tasks.storages.FilterItems",)
)
def filter_items(task: RunContext) -> Outputs:
    """Keeps (INCLUDE) or drops (EXCLUDE) the rows for which ``filterCondition`` is true."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    include = props.choice("filterType", "INCLUDE", ("INCLUDE", "EXCLUDE")) == "INCLUDE"
    on_error = props.choice("errorOrNullBehavior", "FAIL", ("FAIL", "INCLUDE", "EXCLUDE"))
    condition = as_text(props.raw("filterCondition"))
    total = 0

    def kept() -> Iterator[Any]:
        nonlocal total
        for row in read_rows(source):
            total += 1
            holds = _holds(task, condition, row, on_error)
            holds = on_error == "INCLUDE" if holds is None else holds is include
            if holds:
                yield row

    target = own_file(task, "filtered.ion")
    count = write_rows(target, kept())
    return {
        "uri": task.files.put(target, target.name),
        "processedItemsTotal": total,
        "droppedItemsTotal": total - count,
    }


def _holds(task: RunContext, condition: str, row: Any, on_error: str) -> bool | None:
    """Whether the condition is true for a row; None where it cannot be said and that is no failure."""
    try:
        value = task.render(condition, _variables(row))
    except EngineError as error:
        if on_error == "FAIL":
            raise TaskFailed(f"filterCondition fails for a row: {error.message}", hint=error.hint) from error
        return None
    if value is None or value == "":
        if on_error == "FAIL":
            raise TaskFailed("filterCondition gives nothing for a row", code="null-condition")
        return None
    return truthy(value)


def _variables(row: Any) -> dict[str, Any]:
    plain = to_json(row)
    return plain if isinstance(plain, dict) else {"item": plain}


@runnable(
    "io.kestra.plugin.core.storage.DeduplicateItems",
    effects="files",
    aliases=("io.kestra.core.tasks.storages.DeduplicateItems",),
)
def deduplicate_items(task: RunContext) -> Outputs:
    """Keeps the last row of each value of ``expr``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    last, total = _last_of_each(task, source, as_text(props.raw("expr")))
    target = own_file(task, "deduplicated.ion")
    count = write_rows(target, (row for index, row in enumerate(read_rows(source)) if index in last))
    return {
        "uri": task.files.put(target, target.name),
        "numKeys": len(last),
        "processedItemsTotal": total,
        "droppedItemsTotal": total - count,
    }


def _last_of_each(task: RunContext, source: Path, expression: str) -> tuple[set[int], int]:
    places: dict[str, int] = {}
    total = 0
    for index, row in enumerate(read_rows(source)):
        key = task.render_text(expression, _variables(row))
        if not key:
            raise TaskFailed(f"expr gives nothing for row {index + 1}", code="null-key")
        places[key] = index
        total += 1
    return set(places.values()), total
