"""SQL that stands in the words without quotes or backticks: 'run query select count(*) from users on trino'.

Only what cannot be prose is taken: a select list of names and calls, a table name, and clauses with operators. An
article or a noun where SQL has a name ("select the rows from the table") makes it prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PROSE = (
    r"(?:the|all|every|each|an|any|only|some|those|these|rows|records|data|new|active|its|our|my|it|them|and|to|on|in"
    r"|into|with|then|for|by|as|at|of|a|my|columns?|top|last|first|latest|everything|whatever|what)"
)
_WORD = r"(?:<[a-z]\w*>|\{\{?\s*[a-z]\w*\s*\}?\}|\$[a-z]\w*|[a-z_\"`])[\w.$\"`{}]*"
_SMALL = r"(?:the|a|an|and|or|to|on|in|into|with|then|for|by|as|at|of|where|group|order|limit|set|from|every)"
_SERVICE = r"(?:postgres\w*|my\s?sql|maria\w*|snowflake|big\s?query|redshift|oracle|trino|click\s?house|duck\s?db|s3|gcs|kafka|mongo\w*|sqlite)"
_COLUMN = rf"(?!{_SMALL}\b){_WORD}"
_NAME = rf"(?!(?:{_PROSE}|{_SERVICE})\b){_WORD}"
_CALL = r"[a-z_]\w*\s*\([^()]*(?:\([^()]*\)[^()]*)*\)"
_ITEM = rf"(?:\*|[a-z_]\w*\.\*|{_CALL}|{_NAME}|-?\d+(?:\.\d+)?)(?:\s+as\s+[a-z_]\w*)?"
_LIST = rf"(?:distinct\s+)?{_ITEM}(?:\s*,\s*{_ITEM})*"
_VALUE = rf"(?:'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?%?|{_CALL}|:\w+|\?|\{{\{{.*?\}}\}}|{_COLUMN})"
_OPERATOR = r"(?:=|<>|!=|<=|>=|<|>|\s(?:not\s+)?like\s|\s(?:not\s+)?in\s(?=\s*\())"
_TERM = (
    rf"(?:{_CALL}|{_COLUMN})\s*(?:{_OPERATOR}\s*(?:\([^()]*\)|{_VALUE}(?:\s*[-+*/]\s*(?:interval\s+)?{_VALUE})*)"
    rf"|\s+is\s+(?:not\s+)?null|\s+between\s+(?!them\b|these\b|those\b|the\b){_VALUE}\s+and\s+{_VALUE})"
)
_WHERE = rf"\s+where\s+{_TERM}(?:\s+(?:and|or)\s+{_TERM})*"
_JOIN = rf"(?:\s+(?:left\s+|inner\s+|right\s+)?join\s+{_NAME}(?:\s+{_NAME})?\s+(?:on\s+{_TERM}|using\s*\([^)]*\)))"
_TAIL = rf"(?:\s+group\s+by\s+{_LIST})?(?:\s+having\s+{_TERM})?(?:\s+order\s+by\s+{_ITEM}(?:\s+(?:asc|desc))?(?:\s*,\s*{_ITEM}(?:\s+(?:asc|desc))?)*)?(?:\s+limit\s+\d+)?"
_STATEMENTS = re.compile(
    rf"\b(?:select\s+{_LIST}\s+from\s+{_NAME}{_JOIN}*(?:{_WHERE})?{_TAIL}"
    rf"|select\s+(?:\d+|{_CALL})(?=\s*(?:$|[,.;]|on\b|in\b|against\b|and\b|every\b|with\b|from\b))"
    rf"|delete\s+from\s+{_NAME}{_WHERE}"
    rf"|update\s+{_NAME}\s+set\s+{_COLUMN}\s*=\s*{_VALUE}(?:\s*,\s*{_COLUMN}\s*=\s*{_VALUE})*(?:{_WHERE})?"
    rf"|insert\s+into\s+{_NAME}\s*\([^()]*\)\s*values\s*\([^()]*\)"
    rf"|insert\s+into\s+{_NAME}\s+select\s+{_LIST}\s+from\s+{_NAME}(?:{_WHERE})?"
    rf"|truncate\s+table\s+(?!in\b|the\b|of\b){_WORD}|drop\s+table\s+(?:if\s+exists\s+)?{_NAME}"
    r"|vacuum(?:\s+analyze)?\s+(?!the\b|all\b)[a-z_][\w.]*|call\s+[a-z_][\w.]*\([^()]*\)"
    r"|refresh\s+materialized\s+view\s+(?:concurrently\s+)?(?!the\b)[a-z_][\w.]*)",
    re.I,
)
_SURE = re.compile(
    r"[*()=<>_]|\bselect\s+\d|'|\bselect\b.*\bfrom\b|\blimit\s+\d|\btable\b|\bvacuum\b|\bview\b", re.I | re.S
)


def bare_sql(text: str) -> Iterator[tuple[int, int]]:
    """Spans of statements written out in running words."""
    for match in _STATEMENTS.finditer(text):
        if _SURE.search(match.group()):
            end = match.start() + len(match.group().rstrip(" .,;"))
            yield match.start(), end
