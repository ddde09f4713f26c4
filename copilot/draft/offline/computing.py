"""Calculations as tasks: which file is read, what is logged of the result."""

from __future__ import annotations

import re

from copilot.draft.offline.compute import Calculation, parse, status_words
from copilot.draft.offline.ir import Step
from copilot.draft.offline.questions import json_answer
from copilot.draft.offline.writer import Data, Task, Writer


def reader(name: str, format: str) -> str:
    """DuckDB's table function for a file."""
    if format in ("json", "jsonl"):
        return f"read_json_auto('{name}')"
    if format == "parquet":
        return f"read_parquet('{name}')"
    return f"read_csv_auto('{name}')"


def file_name(data: Data) -> str:
    return f"data.{data.format if data.format in ('csv', 'json', 'jsonl', 'parquet') else 'csv'}"


def count_task(w: Writer, data: Data, calculation: Calculation, hint: str = "compute") -> Task:
    """A DuckDB query over a file that yields one row."""
    name = file_name(data)
    task = w.task(
        hint,
        "jdbc.duckdb.Query",
        inputFiles={name: f"{{{{ {data.expression} }}}}"},
        sql=calculation.sql(reader(name, data.format)),
        fetchType="FETCH_ONE",
    )
    w.yields(task, "value", f"row.{calculation.name}")
    note_columns(w, calculation)
    return task


def note_columns(w: Writer, calculation: Calculation) -> None:
    w.extra["columns"] = tuple(c for c in (calculation.group, calculation.name if calculation.function else "") if c)
    if calculation.assumed:
        names = ", ".join(f"`{c}`" for c in calculation.assumed)
        w.note(f"Assumed column names: {names}. Change them in the SQL if the data names them otherwise.")


_BEST = re.compile(
    r"\b(?:the\s+)?(?P<field>[a-z_]\w*)\s+of\s+the\s+(?P<which>most\s+expensive|cheapest|highest"
    "|largest|biggest|oldest|newest|smallest|lowest|longest|best[- ]rated|top[- "
    r"]rated)\s*(?P<noun>[a-z]+)?"
)


_WHICH = {
    "most expensive": ("price", "max_by"),
    "cheapest": ("price", "min_by"),
    "oldest": ("age", "max_by"),
    "newest": ("created", "max_by"),
    "best rated": ("rating", "max_by"),
    "top rated": ("rating", "max_by"),
}


_REFERS = re.compile(r"\b(?:its?|that|this|the\s+(?:answer|result|name|value|number|winner))\b")


def computed_log(w: Writer, step: Step, said: str | None) -> tuple[list[Task], str] | None:
    """A log line that shows something worked out from a file; None when it does not."""
    if w.loops or w.where != "tasks":
        return None
    sentence = w.extra["sentences"].get(step.clause, step.words).lower()
    asked = w.extra["sentences"].get(step.clause - 1, "").lower()
    for words in (sentence, f"{asked} {sentence}" if _REFERS.search(sentence) else ""):
        if words and said is None and (answer := json_answer(w, step, words)) is not None:
            w.extra["computed"] = True
            return [], answer
    data = w.last_of("file")
    if data is None:
        return None
    best = _BEST.search(sentence)
    if best and data.format == "json":
        column, how = _WHICH.get(best["which"].replace("-", " "), (best["noun"] or "value", "max_by"))
        w.note(f"Assumed that each object has `{best['field']}` and `{column}`.")
        return (
            [],
            (
                f'{{{{ fromJson(read({data.expression})) | jq(\'[.. | objects | select(has("{column}"))] '
                f"| {how}(.{column}) | .{best['field']}') | first }}}}"
            ),
        )
    field = re.search(
        (
            r"\b(?:the|its|all)\s+([a-z_]\w*?)\s+(?:that'?s?\s+in|in\s+(?:it|there|the\s+file)"
            r"|from\s+(?:it|the\s+file)|inside|of\s+it)"
        ),
        sentence,
    )
    if field and data.format in ("yaml", "json"):
        parsed = f"yaml(read({data.expression}))" if data.format == "yaml" else f"fromJson(read({data.expression}))"
        return [], f"{{{{ {parsed} | jq('.. | objects | select(has(\"{field[1]}\")) | .{field[1]}') | first }}}}"
    if data.format == "xml":
        return _from_xml(w, data, sentence)
    return _counted(w, step, data, sentence, said)


def _single_number(w: Writer, step: Step, data: Data) -> tuple[list[Task], str] | None:
    """'log the sum of net': one aggregate over the file, where nothing computed it before."""
    if w.last is not data or w.extra.get("computed") or data.format not in ("csv", "jsonl", "parquet"):
        return None
    calculation = parse(w.extra["sentences"].get(step.clause, step.words))
    if calculation.function not in ("SUM", "AVG", "MAX", "MIN") or calculation.group or not calculation.measure:
        return None
    w.extra["computed"] = True
    task = count_task(w, data, calculation, "compute")
    return [task], f"{{{{ {w.data[-1].expression} }}}}"


def _from_xml(w: Writer, data: Data, sentence: str) -> tuple[list[Task], str]:
    field = re.search(r"\b(?:the\s+)?(?:\w+\s+)?(titles?|names?|authors?|prices?|ids?)\b", sentence)
    name = field[1].rstrip("s") if field else "title"
    ion = w.task("xml_to_ion", "serdes.xml.XmlToIon", **{"from": f"{{{{ {data.expression} }}}}"})
    w.yields(ion, "file", "uri", "ion")
    as_json = w.task(
        "to_json", "serdes.json.IonToJson", **{"from": f"{{{{ outputs.{ion['id']}.uri }}}}", "newLine": False}
    )
    made = w.yields(as_json, "file", "uri", "json")
    return [
        ion,
        as_json,
    ], f"{{{{ fromJson(read({made.expression})) | jq('[.. | objects | .{name} // empty]') | first | join(', ') }}}}"


def _counted(w: Writer, step: Step, data: Data, sentence: str, said: str | None) -> tuple[list[Task], str] | None:
    asks = re.search(
        (
            r"\bhow\s+many|\bnumber\s+of|\bcount\b|\brows?\b.*\bhas\b|\bcombien|\bnombre\s+de\b"
            r"|\bcuánt[ao]s|\bnúmero\s+de\b|\bwie\s+viele|\banzahl\b"
        ),
        sentence,
    )
    if not asks and not said:
        return _single_number(w, step, data)
    if (
        not asks
        or (w.last_of("rows") and not status_words(sentence))
        or data.format not in ("csv", "json", "jsonl", "parquet", "zip", "txt")
    ):
        return None
    if w.last and w.last.kind == "value":
        task_list: list[Task] = []
        value = w.last.expression
    else:
        calculation = parse(w.extra["sentences"].get(step.clause, step.words))
        calculation = (
            calculation
            if calculation.distinct
            else Calculation(
                "COUNT",
                "",
                "",
                calculation.where,
                assumed=tuple(c for c in calculation.assumed if any(c in f for f in calculation.where)),
            )
        )
        task_list = [count_task(w, data, calculation, "count_rows")]
        value = w.last.expression if w.last else ""
    if said:
        shown = re.sub(r"<\w+>|\{\{.*?\}\}|\b\d+\b", f"{{{{ {value} }}}}", said, count=1)
        return task_list, shown if "{{" in shown else f"{said}: {{{{ {value} }}}}"
    return task_list, f"{{{{ {value} }}}}"
