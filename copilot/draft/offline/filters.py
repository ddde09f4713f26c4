"""Which rows the words mean, as SQL conditions: 'active users', 'older than 90 days', 'in the last hour', 'only DE'.

Column names come from the words where they name one; else the usual one is taken, and the caller notes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from copilot.draft.offline.tables import table

STATE = (
    "open|closed|paid|unpaid|overdue|active|inactive|pending|cancell?ed|shipped|unshipped|delivered|failed|completed"
    "|returned|refunded|expired|approved|rejected|deleted|archived|draft|published|blocked|verified|unverified"
    "|confirmed|unprocessed|processed|resolved|unresolved"
)
_KEEP = r"(?:keep(?:ing|s)?|only|just|filter(?:ing|s)?(?:\s+(?:for|on|to|by|it|them|the\s+\w+))*|that\s+are|who\s+are|which\s+are|that\s+is|whose\s+status\s+is)"
_DROP = r"(?:drop(?:ping|s)?|remov(?:e|ing|es)|exclud(?:e|ing|es)|skip(?:ping|s)?|ignor(?:e|ing|es)|discard(?:ing|s)?|filter(?:ing)?\s+out|without|leave\s+out|except(?:\s+for)?|that\s+are\s+not|who\s+are\s+not)"
_FEW = r"(?:only\s+|the\s+|all\s+|any\s+|just\s+|those\s+|for\s+)*"
_ROWS = r"(?:rows?|users?|customers?|orders?|invoices?|records?|entries|items?|products?|accounts?|subscriptions?|tickets?|payments?|employees?|members?|contracts?|jobs?|shipments?|ones|transactions?|clients?|leads|deals|tasks|events?|messages?)"
_KEPT = re.compile(rf"\b{_KEEP}\s+{_FEW}({STATE})\b")
_DROPPED = re.compile(rf"\b{_DROP}\s+{_FEW}({STATE})\b")
_OF_ROWS = re.compile(rf"\b({STATE})\s+{_ROWS}\b")
_UNIT = r"(?P<unit>minute|hour|day|week|month|quarter|year)s?"
_COLUMN = r"(?:(?P<column>[a-z]\w*(?:_at|_date|_time|_on|_ts)|date|timestamp|ts)\s+(?:is\s+|was\s+|are\s+)?)?"
_NUMBER = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twelve": 12, "thirty": 30}  # fmt: skip
_N = rf"(?P<n>\d+|{'|'.join(_NUMBER)})"
_OLDER = re.compile(rf"\b{_COLUMN}(?:older\s+than|more\s+than\s+(?=\S+\s+\S+\s+(?:ago|old)))\s*{_N}\s+{_UNIT}\b")
_RECENT = re.compile(
    rf"\b{_COLUMN}(?:(?:in|from|of|within|during|over|for|since)\s+(?:the\s+)?(?:last|past|previous)\s+(?:{_N}\s+)?{_UNIT}\b"
    rf"|(?:newer|younger)\s+than\s+(?P<n2>\d+|{'|'.join(_NUMBER)})\s+(?P<unit2>minute|hour|day|week|month|quarter|year)s?\b)"
)
_DAY = re.compile(
    r"\b(?:from|of|for|created|placed|made)\s+(?P<day>yesterday|today)\b|\b(?P<day2>yesterday|today)'?s\s+(?!date)\w+"
)
_ISO = r"\d{4}-\d\d-\d\d"
_SPAN = re.compile(rf"\b{_COLUMN}(?:between|from)\s+(?P<a>{_ISO})\s+(?:and|to|until)\s+(?P<b>{_ISO})")
_SINCE = re.compile(
    rf"\b{_COLUMN}(?P<how>since|after|before|until)\s+(?P<a>{_ISO})(?!\s*(?:,|and)?\s*(?:start|stop|backfill))"
)
_AGE = re.compile(
    r"\b(?P<how>older|younger)\s+than\s+(?P<n>\d+)\b(?!\s*(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?)\b)"
    r"(?P<years>\s+years?)?"
)
_GROWN = 13
"""From so many years on it is people that are older, not rows."""
_LIKE = re.compile(
    r"\b(?:whose|where|with|if)?\s*(?:the\s+|an?\s+|their\s+)?(?P<column>[a-z]\w*)\s+(?P<how>contain(?:s|ing)?|starts?\s+with|starting\s+with|begins?\s+with|ends?\s+with|ending\s+with)\s+[`'\"]?(?P<value>[\w@.%-]+)"
)
_NO_COLUMN = frozenset(
    [
        "rows",
        "row",
        "lines",
        "line",
        "that",
        "which",
        "it",
        "file",
        "files",
        "body",
        "subject",
        "name_",
        "records",
        "and",
        "message",
        "messages",
        "response",
        "email",
        "mail",
        "output",
        "log",
        "logs",
        "url",
        "text",
        "page",
        "table",
        "bucket",
        "folder",
        "prefix",
        "key",
        "keys",
        "objects",
    ]
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition and the columns it takes for granted."""

    sql: str
    columns: tuple[str, ...]


def conditions(low: str, plain: str, dialect: str = "") -> list[Condition]:
    """What the words ask of a row, in the order of the looks below. ``low`` and ``plain`` have the same offsets."""
    found = [*_states(low), *_times(low, dialect), *_patterns(low, plain)]
    return list(dict.fromkeys(found))


def _states(low: str) -> list[Condition]:
    out = [Condition(f"status <> '{m[1]}'", ("status",)) for m in _DROPPED.finditer(low)]
    gone = [m.span(1) for m in _DROPPED.finditer(low)]
    for pattern in (_KEPT, _OF_ROWS):
        for match in pattern.finditer(low):
            if match.span(1) not in gone and not re.search(
                r"\b(?:if|when|mark|set|as|to|how\s+many)\s+$", low[: match.start(1)]
            ):
                out.append(Condition(f"status = '{match[1]}'", ("status",)))
    return out


def _times(low: str, dialect: str) -> list[Condition]:
    out: list[Condition] = []
    for match in _OLDER.finditer(low):
        if match["unit"] == "year" and _count(match["n"]) >= _GROWN:
            continue
        column = match["column"] or "created_at"
        out.append(Condition(f"{column} < {ago(_count(match['n']), match['unit'], dialect)}", (column,)))
    for match in _RECENT.finditer(low):
        column = match["column"] or "created_at"
        amount, unit = _count(match["n"] or match["n2"] or "1"), match["unit"] or match["unit2"]
        out.append(Condition(f"{column} >= {ago(amount, unit, dialect)}", (column,)))
    for match in _DAY.finditer(low):
        day = match["day"] or match["day2"]
        shown = "CURRENT_DATE" if day == "today" else _days_before(dialect)
        out.append(Condition(f"CAST(created_at AS DATE) = {shown}", ("created_at",)))
    for match in _SPAN.finditer(low):
        column = match["column"] or "created_at"
        out.append(Condition(f"{column} BETWEEN '{match['a']}' AND '{match['b']}'", (column,)))
    for match in _SINCE.finditer(low):
        column = match["column"] or "created_at"
        sign = {"since": ">=", "after": ">", "before": "<", "until": "<="}[match["how"]]
        if not any(match["a"] in one.sql for one in out):
            out.append(Condition(f"{column} {sign} '{match['a']}'", (column,)))
    for match in _AGE.finditer(low):
        if match["years"] and int(match["n"]) < _GROWN:
            continue
        out.append(Condition(f"age {'>' if match['how'] == 'older' else '<'} {match['n']}", ("age",)))
    return out


def _patterns(low: str, plain: str) -> list[Condition]:
    out = []
    for match in _LIKE.finditer(low):
        column = match["column"]
        owned = re.search(r"\bwhose\s+(?:the\s+)?$", low[: match.start("column")])
        if (column in _NO_COLUMN and not owned) or not re.search(
            r"\b(?:whose|where|with|keep|filter|only)\b", low[: match.end()]
        ):
            continue
        value = plain[match.start("value") : match.end("value")].rstrip(".")
        shape = f"%{value}%" if "contain" in match["how"] else f"{value}%" if "end" not in match["how"] else f"%{value}"
        out.append(Condition(f"{column} LIKE '{shape}'", (column,)))
    return out


def _count(word: str) -> int:
    return _NUMBER.get(word, 0) or int(word)


def _days_before(dialect: str) -> str:
    if dialect in ("bigquery",):
        return "DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY)"
    if dialect in ("sqlserver",):
        return "CAST(DATEADD(DAY, -1, GETDATE()) AS DATE)"
    if dialect in ("sqlite",):
        return "date('now', '-1 day')"
    if dialect in ("snowflake", "redshift"):
        return "DATEADD(DAY, -1, CURRENT_DATE)"
    return "CURRENT_DATE - INTERVAL '1' DAY"


def ago(amount: int, unit: str, dialect: str = "") -> str:
    """A moment in the past in the SQL of a database (its service key); standard SQL for those not listed."""
    if unit == "quarter":
        amount, unit = amount * 3, "month"
    if unit == "week" and dialect in ("trino", "oracle", "sqlite", "hana", "db2", "vertica", ""):
        amount, unit = amount * 7, "day"
    name = unit.upper()
    if dialect in ("snowflake", "redshift", "sqlserver", "databricks_sql"):
        return f"DATEADD({name}, -{amount}, {'GETDATE()' if dialect in ('sqlserver', 'redshift') else 'CURRENT_TIMESTAMP'})"
    if dialect == "bigquery":
        return (
            f"TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL {amount} {name})"
            if unit in ("minute", "hour", "day")
            else f"TIMESTAMP(DATE_SUB(CURRENT_DATE(), INTERVAL {amount} {name}))"
        )
    if dialect in ("mysql", "mariadb", "clickhouse"):
        return f"now() - INTERVAL {amount} {name}"
    if dialect in ("postgres", "duckdb", "cockroach", "timescale"):
        return f"now() - INTERVAL '{amount} {unit}s'"
    if dialect == "sqlite":
        return f"datetime('now', '-{amount} {unit}s')"
    return f"CURRENT_TIMESTAMP - INTERVAL '{amount}' {name}"


_LISTED = re.compile(
    r"\b(?:(?:only|just)\s+(?:the\s+)?(?:columns?|fields?)|(?:the\s+)?(?:columns?|fields?))\s+(?P<a>[a-z_]\w*(?:\s*,\s*[a-z_]\w*)*(?:\s*,?\s+and\s+[a-z_]\w*)?)(?=\s*(?:[.;,)]|$|\s(?:of|from|into|to|in|and|as|for|with|on|out)\b))"
    r"|\b(?:keep|select|take|read|fetch|get)\s+(?:only\s+|just\s+)?(?P<b>[a-z]\w*(?:\s*,\s*[a-z]\w*)+\s*,?\s+and\s+[a-z]\w*|[a-z]+_\w+\s+and\s+[a-z]\w*)(?=\s*(?:[.;)]|$|\s(?:of|from|into|and)\b))"
    r"|\b(?:insert|load|store|write|save|upload)\s+(?:only\s+|just\s+|the\s+)?(?P<c>[a-z]\w*(?:\s*,\s*[a-z]\w*)*\s*,?\s+and\s+[a-z]\w*)\s+(?:in)?to\b"
)
_NO_NAMES = frozenset(table("rows")["no_column"]) | frozenset(table("rows")["no_table"])


_RENAME = re.compile(
    r"\brenam\w+\s+(?:the\s+)?(?:columns?\s+|fields?\s+)?`?([a-z_]\w*)`?\s+(?:in)?to\s+`?([a-z_]\w*)`?|\bcolumn\s+([a-z_]\w*)\s+renamed\s+to\s+([a-z_]\w*)"
)
_DROP_COLUMN = re.compile(
    r"\b(?:drop|remove|delete|exclude|without)\s+(?:the\s+)?(?:columns?\s+(?P<a>[a-z_]\w*(?:\s*,\s*[a-z_]\w*)*(?:\s+and\s+[a-z_]\w*)?)|(?P<b>[a-z_]\w*)\s+column\b)"
)
_ADD_COLUMN = re.compile(
    r"\badd\w*\s+(?:an?\s+|the\s+)?(?:new\s+)?column\s+(?:called\s+|named\s+)?`?(?P<name>[a-z_]\w*)`?\s*(?:=|as|with(?:\s+the)?(?:\s+value)?|:)\s*(?P<value>[a-z_]\w*(?:\s*[-+*/]\s*(?:[a-z_]\w*|\d+(?:\.\d+)?))+)"
)


def changed_columns(low: str) -> tuple[str, ...]:
    """Select items of DuckDB for columns that are renamed, dropped or added; empty where none is."""
    renamed = [(m[1] or m[3], m[2] or m[4]) for m in _RENAME.finditer(low)]
    dropped: list[str] = []
    for match in _DROP_COLUMN.finditer(low):
        dropped += [n for n in re.split(r"\s*,\s*|\s+and\s+", match["a"] or match["b"]) if n]
    added = [(m["value"].strip(), m["name"]) for m in _ADD_COLUMN.finditer(low)]
    gone = [*(old for old, _ in renamed), *dropped]
    if not gone and not added:
        return ()
    whole = f"* EXCLUDE ({', '.join(gone)})" if gone else "*"
    return (whole, *(f"{old} AS {new}" for old, new in renamed), *(f"{value} AS {name}" for value, name in added))


def without_columns(words: str) -> str:
    """The words without the list of columns they name: a column called total is no sum."""
    match = _LISTED.search(words.lower())
    return words[: match.start()] + " " + words[match.end() :] if match and chosen_columns(words.lower()) else words


def chosen_columns(low: str) -> tuple[str, ...]:
    """Columns that the words want and no others: 'keep only the columns id and name'."""
    match = _LISTED.search(low)
    if match is None or re.search(
        r"\b(?:drop|remove|rename|add|without|hash|mask)\s+(?:\w+\s+)?$", low[: match.start()]
    ):
        return ()
    names = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match["a"] or match["b"] or match["c"])
    if match["c"] and any(n in _NO_NAMES or n in ("clean", "convert", "move") for n in names):
        return ()
    return tuple(n for n in names if n) if len(names) > 1 or (match["a"] and "only" in match.group()) else ()
