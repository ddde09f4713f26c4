"""Questions to JSON at hand, answered by one expression: the best one, a list by a condition, a total."""

from __future__ import annotations

import re

from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Data, Writer

_HIGH = r"(?:highest|most|largest|biggest|greatest|longest|oldest|maximum|max)"
_LOW = r"(?:lowest|least|smallest|fewest|shortest|youngest|minimum|min|cheapest)"
_BEST = re.compile(
    rf"\bwhich\s+(?P<noun>[a-z_]\w*)\s+(?:has|had|is|shows?|with|got)\s+(?:the\s+)?(?P<which>{_HIGH}|{_LOW})\s+(?P<field>[a-z_]\w*)"
    rf"|\b(?P<noun2>[a-z_]\w*)\s+(?:of\s+the\s+\w+\s+)?(?:with|that\s+has|having)\s+the\s+(?P<which2>{_HIGH}|{_LOW})\s+(?P<field2>[a-z_]\w*)"
)
_ALL = r"(?:everybody|everyone|all(?:\s+(?:the\s+)?[a-z]+)?|those|people|the\s+[a-z]+s|[a-z]+s|each\s+[a-z]+|every\s+[a-z]+)"
_WHERE = r"(?:in|from|with|of|whose|where|who\s+(?:is|are)\s+in|that\s+have|having)\s+(?:the\s+)?(?P<key>[a-z_]\w*)(?:\s*(?:==?|:)\s*|\s+(?:is\s+|equals\s+)?)(?P<value>[\w-]+)"
_LIST = re.compile(rf"\b(?P<field>[a-z_]\w*?)s?\s+of\s+{_ALL}\s+{_WHERE}")
_TOTAL = re.compile(
    r"\b(?P<how>average|avg|mean|sum|total|highest|maximum|max|lowest|minimum|min)\s+(?:of\s+(?:all\s+)?(?:the\s+)?)?(?P<field>[a-z_]\w*)"
)
_HOW = {
    "average": "add / length", "avg": "add / length", "mean": "add / length", "sum": "add", "total": "add",
    "highest": "max", "maximum": "max", "max": "max", "lowest": "min", "minimum": "min", "min": "min",
}  # fmt: skip
_NO_FIELD = frozenset(["number", "amount_of", "of", "the", "all", "per", "by", "and", "value", "values", "one", "it"])


def parsed(data: Data) -> str:
    """The inner expression of JSON data: a body, or a file that is read."""
    return f"fromJson({data.expression})" if data.kind == "body" else f"fromJson(read({data.expression}))"


def json_answer(w: Writer, step: Step, sentence: str) -> str | None:
    """An expression for what the sentence asks of the JSON at hand; None when it asks nothing of it."""
    data = w.last
    if data is None or data.format != "json" or data.kind not in ("file", "body"):
        return None
    low = re.sub(r"https?://\S+|[\ue000-\ue005]+", " ", sentence)
    if best := _BEST.search(low):
        noun, which, field = (best[n] or best[n + "2"] for n in ("noun", "which", "field"))
        pick = "max_by" if re.fullmatch(_HIGH, which) else "min_by"
        w.note(f"Assumed that each object has `{field}`.")
        return _jq(
            data, f'[.. | objects | select(has("{field}"))] | {pick}(.{field}) | .{noun} // .name // .title // .id'
        )
    if listed := _LIST.search(low):
        value = listed["value"] if listed["value"].isdigit() else f'"{_as_written(w, listed["value"])}"'
        w.note(f"Assumed that each object has `{listed['key']}` and `{listed['field']}`.")
        rule = f"select(.{listed['key']}? == {value}) | .{listed['field']}"
        return _jq(data, f'[.. | objects | {rule}] | join(", ")')
    total = _TOTAL.search(low)
    if total and total["field"] not in _NO_FIELD and not re.search(r"\bper\b|\bfor\s+each\b|\bduckdb\b|\bsql\b", low):
        w.note(f"Assumed that each object has `{total['field']}`.")
        return _jq(data, f"[.. | objects | .{total['field']}? // empty] | {_HOW[total['how']]}")
    return None


def _as_written(w: Writer, word: str) -> str:
    """A value in the reader's own capitals."""
    found = re.search(rf"\b{re.escape(word)}\b", w.text.plain, re.I)
    return found.group() if found else word


def _jq(data: Data, query: str) -> str:
    return f"{{{{ {parsed(data)} | jq('{query}') | first }}}}"
