"""Places that the words leave open in an address, a path or a statement are filled: <country>, {date}, YYYY-MM-DD.

The value is the loop's where its noun says so, an input of that name, a date of the run, and otherwise a new input:
never the empty place itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from copilot.draft.offline.naming import slug
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Writer

_OPEN = re.compile(
    r"<(?P<angle>[a-zA-Z][\w -]{0,30})>|(?<![{$])\{(?P<brace>[a-zA-Z][\w-]{0,30})\}(?!\})"
    r"|\{\{\s*(?P<double>[a-zA-Z][\w-]{0,30})\s*\}\}|\$\{?(?P<dollar>[a-zA-Z]\w{0,30})\}?"
    r"|(?P<pattern>(?<![A-Za-z])(?:YYYY|yyyy)([-/_]?)(?:MM|mm)(?:\6(?:DD|dd))?(?![A-Za-z]))"
)
_KEEPS = frozenset(["id", "type", "description", "displayName", "script", "condition", "regExp", "cron", "prompt"])
_ADDRESS = frozenset(["uri", "url", "key", "prefix", "from", "to", "bucket", "sql", "query", "path", "destinationTable", "table"])  # fmt: skip
_HTML = frozenset(["p", "b", "i", "br", "div", "span", "html", "body", "h1", "h2", "h3", "ul", "li", "table", "tr", "td", "a", "strong", "em", "pre", "code"])  # fmt: skip
_DATES = {
    "today": (0, "yyyy-MM-dd"), "date": (0, "yyyy-MM-dd"), "day": (0, "yyyy-MM-dd"), "now": (0, "yyyy-MM-dd"),
    "ds": (0, "yyyy-MM-dd"), "todays_date": (0, "yyyy-MM-dd"), "current_date": (0, "yyyy-MM-dd"), "current_day": (0, "yyyy-MM-dd"), "run_date": (0, "yyyy-MM-dd"),
    "execution_date": (0, "yyyy-MM-dd"), "date_of_the_run": (0, "yyyy-MM-dd"), "yesterday": (-1, "yyyy-MM-dd"),
    "yesterdays_date": (-1, "yyyy-MM-dd"), "tomorrow": (1, "yyyy-MM-dd"), "month": (0, "yyyy-MM"), "current_month": (0, "yyyy-MM"),
    "year": (0, "yyyy"), "hour": (0, "HH"), "timestamp": (0, "yyyyMMdd_HHmmss"), "yyyy": (0, "yyyy"), "mm": (0, "MM"), "dd": (0, "dd"),
}  # fmt: skip


def fill_places(w: Writer, flow: dict[str, Any]) -> None:
    """Fill every open place in the flow's tasks and in what follows them, in place."""
    for part in ("tasks", "errors", "finally", "triggers"):
        if flow.get(part):
            flow[part] = _walk(w, flow[part], (), "")


def day_of_run(w: Writer, shift: int, pattern: str) -> str:
    """An inner expression: the day the run is for, so that a backfill reads its own day, shifted by days."""
    base = "(trigger.date ?? now())" if w.plan.schedules else "now()"
    moved = f" | dateAdd({shift}, 'DAYS')" if shift else ""
    return f"{base}{moved} | date('{pattern}')"


def _walk(w: Writer, value: Any, loops: tuple[str, ...], key: str) -> Any:
    if isinstance(value, Mapping):
        kind = str(value.get("type", ""))
        inner = loops
        if kind.endswith((".ForEach", ".Loop")):
            inner = (*loops, re.sub(r"^for_each_|_\d+$", "", str(value.get("id"))))
        return {
            k: v if k in _KEEPS else _walk(w, v, inner if k == "tasks" else loops, str(k)) for k, v in value.items()
        }
    if isinstance(value, list):
        return [_walk(w, v, loops, key) for v in value]
    if isinstance(value, str):
        return _filled(w, value, loops, key)
    return value


def _filled(w: Writer, value: str, loops: tuple[str, ...], key: str) -> str:
    address = key in _ADDRESS or "://" in value

    def one(match: re.Match[str]) -> str:
        if match.group() not in w.text.plain and match.group().lower() not in w.text.plain.lower():
            return match.group()
        if match["pattern"]:
            shown = match["pattern"].replace("YYYY", "yyyy").replace("mm", "MM").replace("DD", "dd")
            return f"{{{{ {day_of_run(w, _shift_said(w, match.group()), shown)} }}}}" if address else match.group()
        name = slug(match["angle"] or match["brace"] or match["double"] or match["dollar"])
        if match["dollar"] and not address:
            return match.group()
        inner = _meant(w, name, value, loops)
        if not inner and (address or match["double"]) and name not in _HTML:
            inner = w.ask(name, note=f"value for {match.group()}").strip("{} ")
        return f"{{{{ {inner} }}}}" if inner else match.group()

    return _OPEN.sub(one, value)


def _meant(w: Writer, name: str, value: str, loops: tuple[str, ...]) -> str:
    item = "taskrun.value" if before(w.target, "2.0") else "item.value"
    same = {name, name.removesuffix("s"), name.split("_")[0], name.split("_")[-1]}
    if loops and (loops[-1] in same or loops[-1].removesuffix("s") in same):
        return item
    known = next((n for n in w.inputs if n.lower() == name), "")
    if known and known not in w.placeholders:
        return f"inputs.{known}"
    if name in _DATES:
        shift, pattern = _DATES[name]
        if name == "month" and re.search(r"[<{]\s*year", value, re.I):
            pattern = "MM"
        if name == "day" and re.search(r"[<{]\s*month", value, re.I):
            pattern = "dd"
        return day_of_run(w, shift or _shift_said(w, name), pattern)
    if known:
        return f"inputs.{known}"
    return item if loops else ""


def _shift_said(w: Writer, name: str) -> int:
    """'{date} is yesterday', 'YYYY-MM-DD of the day before'."""
    plain = re.escape(name.lower())
    said = re.search(
        rf"{plain}[>}})]*\S{{0,12}}\s+(?:\w+\s+)?(?:\(?\s*(?:is|being|=|means|where\s+\w+\s+is|for|of)?\s*(?:the\s+)?)(?P<day>yesterday|previous\s+day|day\s+before)"
        rf"|\bwhere\s+<?{{?{plain}}}?>?\s+is\s+(?:the\s+)?(?P<day2>yesterday|previous\s+day|day\s+before)",
        w.text.plain.lower(),
    )
    alone = re.search(
        r"\bdate\s+(?:is|being|=|of)\s+(?:that\s+of\s+)?yesterday|\bfor\s+yesterday\b|\byesterday'?s\s+(?:date|day)\b",
        w.text.masked,
    )
    return -1 if said or alone else 0
