"""What is kept of a query's rows: nothing, the first, all of them as an output, or all of them in an Ion file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from engine.tasks.ion import to_json, write_rows
from engine.tasks.props import Props

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

Fetch = Literal["NONE", "FETCH", "FETCH_ONE", "STORE"]
KINDS = ("NONE", "FETCH", "FETCH_ONE", "STORE")


def fetch_of(props: Props) -> Fetch:
    """``fetchType``, or the older flags ``store``, ``fetch`` and ``fetchOne``."""
    for flag, kind in (("store", "STORE"), ("fetch", "FETCH"), ("fetchOne", "FETCH_ONE")):
        if props.flag(flag):
            return cast(Fetch, kind)
    return cast(Fetch, props.choice("fetchType", "NONE", KINDS))


def collect(fetch: Fetch, columns: Sequence[str], rows: Iterable[Sequence[Any]], path: Path) -> dict[str, Any]:
    """``size`` with ``row``, ``rows`` or ``file`` (the path, written); empty for NONE."""
    records = _records(columns, rows)
    if fetch == "NONE":
        return {}
    if fetch == "FETCH_ONE":
        first = next(records, None)
        return {"row": to_json(first), "size": 0 if first is None else 1}
    if fetch == "FETCH":
        found = [to_json(record) for record in records]
        return {"rows": found, "size": len(found)}
    path.parent.mkdir(parents=True, exist_ok=True)
    return {"size": write_rows(path, records), "file": str(path)}


def _records(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    names = [_unique(index, columns) for index in range(len(columns))]
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _unique(index: int, columns: Sequence[str]) -> str:
    """Two columns of one name would hide each other: later ones get a number."""
    before = list(columns[:index]).count(columns[index])
    return f"{columns[index]}_{before}" if before else columns[index]


def stored(task: RunContext, result: dict[str, Any]) -> dict[str, Any]:
    """The result with its file, if any, put into storage: ``uri`` in place of ``file``."""
    if "file" not in result:
        return result
    path = Path(result["file"])
    uri = task.files.put(path, path.name)
    path.unlink()
    return {"uri": uri, "size": result["size"]}


def outputs_of(task: RunContext, results: list[dict[str, Any]], *, many: bool) -> dict[str, Any]:
    """Outputs of a Query (its last result) or of Queries (``outputs``, one for each statement that gave rows)."""
    kept = [stored(task, result) for result in results]
    task.metric("fetch.size", "counter", sum(result.get("size", 0) for result in kept))
    if many:
        return {"outputs": kept}
    return kept[-1] if kept else {}
