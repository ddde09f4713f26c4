"""A question to a database in words as one statement: which table, which rows, read, counted or deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from copilot.draft.offline.compute import Calculation, parse
from copilot.draft.offline.filters import STATE
from copilot.draft.offline.inputs import date_pair
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import SERVICES
from copilot.draft.offline.tables import table as words_table
from copilot.draft.offline.writer import Writer

_NAME = r"[`'\"]?(?P<name>[a-zA-Z_][\w$-]*(?:\.[\w$-]+){0,2})[`'\"]?"
_AFTER = re.compile(
    rf"\s*(?:database\s+|db\s+|server\s+)?(?:the\s+|our\s+|my\s+)?(?:table|view)\s+(?:called\s+|named\s+)?{_NAME}", re.I
)
_BEFORE = re.compile(
    rf"\b(?:table|view)\s+(?:called\s+|named\s+)?{_NAME}\s+(?:in|of|from|on|at|to|into)\s+(?:the\s+|our\s+|my\s+|a\s+)?$"
    rf"|\b(?P<name2>[a-z_]\w*(?:\.\w+)?)\s+table\s+(?:in|of|from|on|at)\s+(?:the\s+|our\s+|my\s+|a\s+)?$",
    re.I,
)
_NO_NAME = frozenset(words_table("rows")["no_name"])
_OBJECT = re.compile(
    rf"\b(?:query|queries|select|read|reads|fetch|get|export|exports|load|pull|extract|take|delete|deleting|remove|removing|purge|purging|count|find|list|dump|all|the|new|their|from|for|of|{STATE})\s+"
    rf"(?:postgres\w*\s+for\s+|\w+\s+for\s+)?(?:all\s+|the\s+|our\s+|new\s+|any\s+|every\s+|old\s+|(?:{STATE})\s+)*(?P<noun>[a-z][a-z_]*s)\b"
)
_GENERIC = frozenset(words_table("rows")["no_table"])


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and how its result is wanted: FETCH_ONE for one row, NONE where it has none, '' for rows."""

    sql: str
    fetch: str = ""
    value: str = ""
    """Column of the one value it gives."""


def table_beside(w: Writer, step: Step) -> str:
    """The table named right beside the database: 'postgres table a and mysql table b'; '' without one."""
    after = _AFTER.match(w.text.plain, step.end)
    if after and after["name"].lower() not in _NO_NAME and not w.text.literal_at(after.start("name")):
        return after["name"].rstrip(".")
    before = _BEFORE.search(w.text.plain[: step.start])
    name = (before["name"] or before["name2"]) if before else ""
    return name if name and name.lower() not in _NO_NAME and name.lower() not in _GENERIC else ""


def belongs_elsewhere(w: Writer, step: Step) -> bool:
    """Whether the only table named stands beside another database: 'from postgres to bigquery table dwh.orders'."""
    key = step.args["service"].key
    owners = set()
    for match in re.finditer(r"\b([a-z]\w+(?:\s[a-z]\w+)?)\s+table\b|\btable\b", w.text.masked):
        owner = next((s.key for s in SERVICES if match[1] and s.kind == "sql" and re.search(s.pattern, match[1])), "")
        owners.add(owner)
    return bool(owners) and "" not in owners and key not in owners


def rows_named(w: Writer, step: Step) -> str:
    """A plural noun that says which rows are meant, taken for the table's name: 'query postgres for orders'."""
    low = step.words.lower()
    for match in _OBJECT.finditer(low):
        noun = match["noun"]
        if noun not in _GENERIC and not noun.endswith("ss") and noun != step.args["service"].key:
            w.note(f"No table was named; `{noun}` is taken for the table of the {noun}.")
            return noun
    return ""


_DELETES = re.compile(
    r"\b(?:delet(?:e|es|ing)|remov(?:e|es|ing)|purg(?:e|es|ing)|drop(?:s|ping)?|clean(?:ing)?\s+(?:up|out))\s", re.I
)


def deletes(step: Step) -> bool:
    """Whether rows are to go."""
    return bool(step.args.get("deletes")) or bool(
        re.search(
            r"\b(?:delet(?:e|es|ing)|remov(?:e|es|ing)|purg(?:e|es|ing)|clean(?:ing)?\s+(?:up|out))\b",
            step.words.lower(),
        )
        and not re.search(r"\bduplicat|\bfiles?\b|\bcolumns?\b|\bif\s+exist", step.words.lower())
    )


def delete_statement(w: Writer, step: Step, name: str, calculation: Calculation) -> Statement:
    """DELETE with the rows the words mean; without any words for them, a condition is asked for."""
    where = calculation.where
    if not where and re.search(
        r"\b(?:all|every)\s+(?:the\s+)?(?:rows|records|entries|data|\w+s\b)|\beverything\b", step.words.lower()
    ):
        return Statement(f"DELETE FROM {name}", "NONE")
    if not where:
        w.questions.append(f"Which rows of `{name}` are to be deleted? The input `condition` holds it for now.")
        return Statement(f"DELETE FROM {name}\nWHERE {w.ask('condition', note='which rows to delete, as SQL')}", "NONE")
    return Statement(f"DELETE FROM {name}\nWHERE " + " AND ".join(where), "NONE")


_BETWEEN = re.compile(
    r"\bbetween\s+(?:them|these|those|the\s+two|both|the\s+(?:given\s+|two\s+)?dates?|start\w*\s+and\s+end\w*|the\s+start\w*(?:\s+date)?\s+and\s+(?:the\s+)?end\w*(?:\s+date)?)"
    r"|\b(?:in|within|for|of|from)\s+(?:that|this|the\s+given|the\s+chosen)\s+(?:range|period|interval|window|dates)\b"
)


def input_filters(w: Writer, words: str) -> list[tuple[str, str]]:
    """(condition, column) for what the words compare with inputs: 'between them', 'for the customer given'."""
    low = words.lower()
    out: list[tuple[str, str]] = []
    pair = date_pair(w.inputs)
    if pair and _BETWEEN.search(low):
        column = re.search(r"\b([a-z]\w*(?:_at|_date|_on))\b\s+(?:is\s+|are\s+)?between", low)
        name = column[1] if column and column[1] not in pair else "created_at"
        out.append((f"{name} BETWEEN '{{{{ inputs.{pair[0]} }}}}' AND '{{{{ inputs.{pair[1]} }}}}'", name))
    for name, spec in w.inputs.items():
        if (
            name in w.placeholders
            or (pair and name in pair)
            or spec.type not in ("STRING", "SELECT", "INT", "DATE", "FLOAT", "EMAIL")
        ):
            continue
        spoken = re.escape(re.sub(r"_(?:id|name|no|number|code)$", "", name)).replace("_", r"[\s_]")
        if re.search(
            rf"\b(?:for|of|with|in|from|by|matching)\s+(?:that|this|the\s+(?:given|chosen|selected|entered)|the)\s+{spoken}\b(?!\s+(?:table|column|database))",
            low,
        ):
            value = f"{{{{ inputs.{name} }}}}"
            out.append((f"{name} = {value if spec.type in ('INT', 'FLOAT') else repr(value)}", name))
    return out


def with_dates(w: Writer, sql: str) -> str:
    """A statement that goes on in words, 'select * from sales where day between them', with the two dates asked for."""
    pair = date_pair(w.inputs)
    at = w.text.plain.find(sql)
    more = re.match(
        r"\s+where\s+([a-z_]\w*)\s+(?:is\s+|are\s+)?(?=between\b|in\b)", w.text.plain[at + len(sql) :], re.I
    )
    if pair is None or at < 0 or more is None or not _BETWEEN.search(w.text.masked):
        return sql
    return f"{sql} WHERE {more[1]} BETWEEN '{{{{ inputs.{pair[0]} }}}}' AND '{{{{ inputs.{pair[1]} }}}}'"


_ONE_VALUE = re.compile(
    r"^\s*select\s+(?:count|sum|avg|min|max)\s*\([^()]*\)(?:\s+as\s+(\w+))?\s+from\b(?!.*\bgroup\s+by\b)", re.I | re.S
)


def gives_one_value(sql: str) -> bool:
    """Whether a given statement answers with a single number."""
    return bool(_ONE_VALUE.match(sql))


def statement(w: Writer, step: Step, name: str) -> Statement:
    """The statement for a database step that no SQL was given for."""
    dialect = step.args["service"].key
    words = f"{step.words} {step.args.get('more_words', '')}".strip()
    if deletes(step):
        # "delete the cancelled ones" names the rows that go: the verb turns no condition around here.
        words = _DELETES.sub("select ", words)
    calculation = parse(words, dialect)
    more = input_filters(w, w.extra["sentences"].get(step.clause, words))
    if not calculation.where and not calculation.function and not more:
        whole = parse(w.extra["sentences"].get(step.clause, words), dialect)
        calculation = whole if whole.function or whole.where or whole.order else calculation
    where = tuple(dict.fromkeys((*calculation.where, *(sql for sql, _ in more))))
    calculation = replace(
        calculation, where=where, assumed=tuple(dict.fromkeys((*calculation.assumed, *(c for _, c in more))))
    )
    w.extra["calculation"] = calculation
    if step.args.get("counts"):
        counted = Calculation("COUNT", "", "", where)
        w.extra["calculation"] = replace(
            counted, assumed=tuple(c for c in calculation.assumed if any(c in f for f in where))
        )
        return Statement(counted.sql(name), "FETCH_ONE", "n")
    if deletes(step):
        return delete_statement(w, step, name, calculation)
    single = calculation.function and not calculation.group
    return Statement(calculation.sql(name), "FETCH_ONE" if single else "", calculation.name if single else "")
