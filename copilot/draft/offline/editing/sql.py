"""Queries that are there: their order, their limit."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned


def change_sql(c: Change) -> bool:
    """ORDER BY, LIMIT and simple filters in a query that is there."""
    limit = re.search(
        r"\b(\d+)\s+(?:rows?|records?)\s+(?:per|a|each|at\s+once)\b|\blimit(?:ed)?\s+(?:[\w]+\s+){0,4}?to\s+(\d+)\s*(?:rows?|records?|results?|entries|lines|$)|\b(?:take|show|return|fetch|process|read|get|only)\s+(?:only\s+)?(\d+)\s+(?:rows?|records?|results?|entries|lines)\b|\b(?:at\s+most|no\s+more\s+than|maximum(?:\s+of)?|max)\s+(\d+)\s+(?:rows?|records?|results?)",
        c.low,
    ) or re.search(
        r"\b(?:top|first|limit(?:\s+to)?|only\s+(?:show\s+|keep\s+|take\s+)?(?:the\s+)?(?:top\s+|first\s+|best\s+)?)\s*(\d+)\b",
        c.low,
    )
    order = re.search(
        r"\b(?:sort|order)(?:ed)?\s+(?:the\s+\w+\s+|it\s+|them\s+|rows\s+|result\s+)?by\s+(?P<column>[\w.]+)(?P<rest>[^.;]*)",
        c.low,
    )
    if limit and re.match(
        r"\s*(?:at\s+(?:a|the\s+same)\s+time|at\s+once|in\s+parallel|times|concurrent)", c.low[limit.end() :]
    ):
        limit = None
    if filtered := re.search(
        r"\bwhere\s+(?:clause\s+|condition\s+)?(?:should\s+be\s+|to\s+be\s+|be\s+|to\s+|is\s+|=\s+|:\s*)?(?P<column>[a-z_]\w*)\s*(?P<sign>[<>]=?|=|!=)\s*(?P<value>[\w.']+)$",
        c.low,
    ):
        return _filter(c, filtered)
    if not limit and not order:
        return False
    pool = [t for t in c.doc.tasks() if isinstance(t.values.get("sql"), str)]
    if not pool:
        return False
    item = (mentioned(pool, c.low) or pool)[0]
    if len(pool) > 1 and re.search(r"select", str(item.values["sql"]), re.I) is None:
        item = next((p for p in pool if re.search(r"\bselect\b", str(p.values["sql"]), re.I)), item)
    sql = str(item.values["sql"])
    if limit and re.search(r"(?i)\blimit\s+\{\{", sql):
        return False
    stripped = sql.rstrip()
    semicolon = stripped.endswith(";")
    body = stripped.removesuffix(";").rstrip()
    if order:
        column = order["column"] + (
            " DESC" if re.search(r"\bdesc|high\s+to\s+low|largest|newest", order["rest"]) else ""
        )
        body = (
            re.sub(r"(?is)\border\s+by\b[^;]*?(?=\blimit\b|$)", f"ORDER BY {column} ", body).rstrip()
            if re.search(r"(?i)\border\s+by\b", body)
            else _before_limit(body, f"ORDER BY {column}")
        )
    if limit:
        body = (
            re.sub(r"(?i)\blimit\s+\d+", f"LIMIT {_first(limit)}", body)
            if re.search(r"(?i)\blimit\s+\d+", body)
            else body + _joint(body) + f"LIMIT {_first(limit)}"
        )
    _set_text(c, item, "sql", sql, body + (";" if semicolon else ""))
    return True


def _filter(c: Change, said: re.Match[str]) -> bool:
    """Another value for the comparison of a column that is there."""
    pattern = re.compile(rf"(?i)\b({re.escape(said['column'])}\s*)(?:[<>]=?|=|!=)(\s*)[\w.']+")
    spots = [
        (t, m)
        for t in c.doc.tasks()
        if isinstance(t.values.get("sql"), str)
        for m in pattern.finditer(str(t.values["sql"]))
    ]
    if len(spots) != 1:
        return False
    node = c.doc.source.node((*spots[0][0].path, "sql"))
    if node is None:
        return False
    start, end = c.doc.source.range_of(node)
    value = c.words[said.start("value") : said.end("value")]
    c.doc.write(
        c.doc.text[:start] + pattern.sub(rf"\g<1>{said['sign']}\g<2>{value}", c.doc.text[start:end]) + c.doc.text[end:]
    )
    return True


def _first(match: re.Match[str]) -> str:
    return next(g for g in match.groups() if g)


def _joint(body: str) -> str:
    return "\n" if "\n" in body else " "


def _before_limit(body: str, clause: str) -> str:
    match = re.search(r"(?i)\s+limit\s+\d+", body)
    joint = _joint(body)
    return body[: match.start()] + joint + clause + body[match.start() :] if match else body + joint + clause


def _set_text(c: Change, item: Item, key: str, old: str, new: str) -> None:
    """Only the part of a text that differs is written, so that its style and indentation stay."""
    node = c.doc.source.node((*item.path, key))
    assert node is not None
    start, end = c.doc.source.range_of(node)
    raw = c.doc.text[start:end]
    if "\n" not in new and "\n" not in raw:
        c.doc.set(item.path, key, new)
        return
    lines = raw.splitlines()
    indent = next((len(x) - len(x.lstrip()) for x in lines[1:] if x.strip()), 6)
    header = lines[0] if raw[:1] in "|>" else "|"
    body = "\n".join((" " * indent + line) if line else "" for line in new.splitlines())
    c.doc.write(c.doc.text[:start] + header + "\n" + body + c.doc.text[end:])


def turn_order(c: Change) -> bool:
    """'from low to high': the direction of an ORDER BY that is there."""
    up = re.search(
        r"\b(?:low(?:est)?\s+to\s+high|smallest\s+first|lowest\s+first|ascending|asc|oldest\s+first)\b", c.low
    )
    down = re.search(
        r"\b(?:high(?:est)?\s+to\s+low|largest\s+first|biggest\s+first|highest\s+first|descending|desc|newest\s+first|reverse)\b",
        c.low,
    )
    if not (up or down) or re.search(r"\b(?:sort|order)\w*\s+(?:\w+\s+)?by\s+\w", c.low):
        return False
    pool = [t for t in c.doc.tasks() if re.search(r"(?i)\border\s+by\b", str(t.values.get("sql", "")))]
    for item in (mentioned(pool, c.low) or pool)[:1]:
        node = c.doc.source.node((*item.path, "sql"))
        assert node is not None
        start, end = c.doc.source.range_of(node)
        sql = c.doc.text[start:end]
        word = r"\1" if up else r"\1 DESC"
        turned = re.sub(r"(?i)(\border\s+by\s+[\w.]+(?:\s*\([^)]*\))?)(?:\s+(?:asc|desc)\b)?", word, sql, count=1)
        c.doc.write(c.doc.text[:start] + turned + c.doc.text[end:])
        return turned != sql
    return False
