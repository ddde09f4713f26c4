"""Computations in words to SQL or an expression: counts, totals per group, filters, the best one, joins.

Column names come from the words alone; what the data really holds is not known, so each assumption is noted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from copilot.draft.offline.filters import changed_columns, chosen_columns, conditions, without_columns
from copilot.draft.offline.naming import slug

_ENTITIES = frozenset(
    [
        "orders",
        "order",
        "rows",
        "row",
        "them",
        "it",
        "sales",
        "records",
        "items",
        "data",
        "lines",
        "entries",
        "everything",
        "total",
        "totals",
        "all",
        "numbers",
        "products",
        "customers",
        "events",
        "things",
        "count",
        "value",
        "values",
        "result",
        "results",
        "that",
        "which",
        "big",
        "ones",
    ]
)


_MEASURES = (
    "amount|price|salary|salaries|revenue|quantity|cost|costs|profit|score|age|temperature|duration|size"
    "|fee|fees|fare|distance|weight|rating|stock|budget|hours|income|spend|spending|tax|discount"
)


_FUNCTIONS = (
    ("AVG", r"average|avg|mean|durchschnitt\w*"),
    ("MAX", r"max(?:imum)?\b(?!\s+\d)|highest|largest"),
    ("MIN", r"min(?:imum)?\b(?!\s+\d)|lowest|smallest"),
    ("COUNT", r"count|how\s+many|number\s+of|anzahl"),
    ("SUM", r"sum(?:s|med|me)?|totals?|revenue|profit|gesamt\w*|add\s+up|umsatz"),
)


_COMPARE = (
    (">", (r"(?:is\s+|are\s+|worth\s+|with\s+)?(?:over|above|greater\s+than|more\s+than|bigger\s+than"
        r"|higher\s+than|larger\s+than|exceed\w*|>|über|mehr\s+als|más\s+de|mayor(?:es)?\s+(?:que|a|de))")),
    (">=", r"(?:at\s+least|>=|minimum\s+of|mindestens)"), ("<", (r"(?:below|under|less\s+than|smaller\s+than|lower\s+than|cheaper\s+than|<|unter|weniger\s+als"
        r"|menos\s+de)")), ("<=", r"(?:at\s+most|<=|up\s+to)"),
)  # fmt: skip


_PRODUCT = re.compile(r"\(?\s*([a-z_]\w*)(?:\s*[*×]\s*|\s+(?:times|x|mal|multiplied\s+by)\s+)([a-z_]\w*)\s*\)?")


_GROUP = re.compile(
    r"\b(?:per|by|for\s+each|for\s+every|grouped\s+by|group\s+by|pro|je|por|par)\s+((?:[a-z]+\s+)?[a-z_]+)\b"
)


_EQUALS = re.compile(
    r"\b(?:with|where|have|has|having|whose)\s+(?:an?\s+|the\s+)?([a-z_]\w*)(?:\s*==?\s*|\s+(?:is\s+"
    r"|equals\s+|equal\s+to\s+|of\s+)?)['\"`]?([\w-]+)['\"`]?"
)


@dataclass(frozen=True, slots=True)
class Calculation:
    """A question to a table. ``assumed`` are the columns it takes for granted."""

    function: str
    measure: str
    group: str = ""
    where: tuple[str, ...] = ()
    descending: bool = False
    limit: int | None = None
    assumed: tuple[str, ...] = ()
    distinct: bool = False
    order: str = ""
    columns: tuple[str, ...] = ()
    unique: bool = False

    def sql(self, source: str) -> str:
        """One SELECT statement over a table expression."""
        what = (
            (f"COUNT(DISTINCT {self.measure})" if self.distinct else "COUNT(*)")
            if self.function == "COUNT"
            else f"{self.function}({self.measure})"
            if self.function
            else "*"
        )
        name = self.name
        plain = ("DISTINCT " if self.unique else "") + (", ".join(self.columns) or "*")
        chosen = f"{self.group}, {what} AS {name}" if self.group else (f"{what} AS {name}" if self.function else plain)
        lines = [f"SELECT {chosen}", f"FROM {source}"]
        if self.where:
            lines.append("WHERE " + " AND ".join(self.where))
        if self.group:
            lines.append(f"GROUP BY {self.group}")
        if self.order and not self.function:
            lines.append(f"ORDER BY {self.order}" + (" DESC" if self.descending else ""))
        elif self.group:
            lines.append(f"ORDER BY {name} DESC" if self.descending or self.limit else f"ORDER BY {self.group}")
        elif self.descending and self.measure and not self.function:
            lines.append(f"ORDER BY {self.measure} DESC")
        if self.limit:
            lines.append(f"LIMIT {self.limit}")
        return "\n".join(lines)

    @property
    def name(self) -> str:
        return {
            "COUNT": "n",
            "SUM": "revenue" if "*" in self.measure else "total",
            "AVG": f"average_{slug(self.measure)}",
            "MAX": f"max_{slug(self.measure)}",
            "MIN": f"min_{slug(self.measure)}",
        }.get(self.function, "value")


_ORDER = re.compile(
    r"\b(?:sort(?:ed|ing)?|order(?:ed|ing)?|ranked?)\s+(?:(?:it|them|rows|all|everything|the\s+\w+)\s+)?by\s+"
    r"(?:the\s+|their\s+)?([a-z_]\w*)(\s*,?\s*(?:desc\w*|(?:newest|latest|largest|highest|biggest)\s+first))?"
)


_EMPTY = re.compile(
    r"\b(?:where|whose|if)\s+(?:the\s+|an?\s+)?([a-z_]\w*)\s+(?:is|are)\s+(not\s+)?(?:empty|null|missing|blank)\b"
    r"|\bwith\s+(?:an?\s+)?(?:empty|missing|blank)\s+([a-z_]\w*)"
)


_DROPS = re.compile(
    r"\b(?:drop|remove|exclude|discard|skip|ignore|leave\s+out|throw\s+away|filter\s+out|delete)\b[^.;]*$"
)


_NO_VALUE = frozenset(["the", "a", "an", "that", "this", "its", "their", "empty", "null", "missing", "blank", "not", "none", "ends", "starts", "begins", "contains", "like", "starting", "ending", "older", "newer", "between", "before", "after", "since", "below", "under", "less", "more", "greater"])  # fmt: skip


_ROWS = frozenset(["ones", "lines", "rows", "entries", "values", "records", "words", "there", "elements"])


_DIFFERENT = re.compile(r"\b(?:how\s+many|number\s+of|count(?:\s+the)?)\s+(?:different|distinct|unique)\s+([a-z_]\w*)")


_TOP_ROWS = re.compile(
    r"\b(?:top|first|best|highest|largest|biggest|lowest|bottom|latest|newest|oldest)\s+(?:(\d+)\s+)?"
    r"(?:rows?|records?|entries|lines|orders|sales|items|ones|users|transactions|invoices|payments|events)\s+(?:ordered\s+|sorted\s+|ranked\s+)?by\s+([a-z_]\w*)"
)
_BY_WORD = {
    "cheapest": ("price", False), "most expensive": ("price", True), "oldest": ("created_at", False), "newest": ("created_at", True),
    "latest": ("created_at", True), "most recent": ("created_at", True), "largest": ("amount", True), "biggest": ("amount", True),
    "highest": ("amount", True), "smallest": ("amount", False), "lowest": ("amount", False), "best rated": ("rating", True),
}  # fmt: skip
_SUPERLATIVE = re.compile(rf"\b(\d+)\s+({'|'.join(k.replace(' ', '[ -]') for k in _BY_WORD)})\s+[a-z]+s\b")
_UNIQUE = re.compile(
    r"\b(?:de-?duplicat\w*|dedupe\w*|(?:remove|drop|without|eliminate|skip|filter\s+out)\s+(?:the\s+|all\s+|any\s+)?duplicate\w*|(?:distinct|unique)\s+(?:rows|records|lines))\b"
)


def parse(words: str, dialect: str = "duckdb") -> Calculation:
    """The calculation the words ask for; a plain SELECT when they ask for none. ``dialect``: key of the database."""
    rows = _TOP_ROWS.search(words.lower())
    if rows:
        return _ranked(words, rows, dialect)
    few = _SUPERLATIVE.search(words.lower())
    if few:
        column, downward = _BY_WORD[few[2].replace("-", " ")]
        return Calculation("", "", "", (), downward, int(few[1]), (column,), order=column)
    if dialect == "duckdb" and (items := changed_columns(words.lower())):
        named = tuple(
            dict.fromkeys(re.findall(r"[a-z_]\w*", " ".join(items).replace("EXCLUDE", "").replace(" AS ", " ")))
        )
        return Calculation("", "", assumed=named, columns=items)
    found = _parse(without_columns(words), dialect)
    low = re.sub(r"[\ue000-\ue005]+", " ", words).lower()
    if not found.function and (_UNIQUE.search(low) or (columns := chosen_columns(low))):
        columns = chosen_columns(low)
        known = tuple(dict.fromkeys((*found.assumed, *columns)))
        return replace(found, columns=columns, unique=bool(_UNIQUE.search(low)), assumed=known)
    return found


def _ranked(words: str, rows: re.Match[str], dialect: str) -> Calculation:
    """'the top 10 rows by revenue': whole rows, the greatest first."""
    low = words.lower()
    rest = low[: rows.start()] + " " * (rows.end() - rows.start()) + low[rows.end() :]
    where, assumed = _filters(rest, words, rows[2], dialect)
    upward = re.match(r"lowest|bottom|oldest", rows.group())
    known = tuple(dict.fromkeys((rows[2], *assumed)))
    return Calculation("", "", "", where, not upward, int(rows[1]) if rows[1] else None, known, order=rows[2])


def _parse(words: str, dialect: str) -> Calculation:
    plain = re.sub(r"https?://\S+|[\ue000-\ue005]+", " ", words)
    low = plain.lower()
    product = _PRODUCT.search(low)
    formula = f"{product[1]} * {product[2]}" if product and product[1] not in ("how", "many") else ""
    order = _ORDER.search(low)
    unordered = low[: order.start()] + " " + low[order.end() :] if order else low
    function = next((name for name, pattern in _FUNCTIONS if re.search(rf"\b(?:{pattern})\b", unordered)), "")
    group = _GROUP.search(unordered)
    column = _column(group[1]) if group else ""
    summed = (
        re.fullmatch(rf"(?:the\s+)?(?:total|sum|overall|average|highest)\s+({_MEASURES})", group[1]) if group else None
    )
    column = summed[1] if summed else column
    if re.fullmatch(_MEASURES, column) or column == "revenue":
        ranked = re.search(
            rf"\b(?:top|best|worst|largest|biggest)\s+(?:\d+\s+)?([a-z_]+?)s?\s+by\s+(?:the\s+)?(?:total\s+|sum\s+of\s+|overall\s+)?{column}\b",
            low,
        )
        column = slug(ranked[1]) if ranked else ""
    if re.search(r"\bhow\s+many\b|\bnumber\s+of\b|\brow\s+count\b|\bcount\b", low):
        function = "COUNT"
    measure = formula or _measure(low, function)
    where, assumed = _filters(low, plain, formula or measure or "amount", dialect)
    limit = re.search(r"\btop\s+(\d+)|\bfirst\s+(\d+)\s+rows|\bbest\s+(\d+)", low)
    best = re.search(r"\b(?:best|top|most)\b", low)
    if column and measure and not function:
        function = "SUM"
    if function in ("SUM", "AVG", "MAX", "MIN") and not measure:
        measure = "amount"
    columns = [c for c in (column, *re.findall(r"[a-z_]\w*", measure if function not in ("COUNT", "") else "")) if c]
    descending = bool(order and order[2]) or (
        not order
        and bool(
            re.search(
                (
                    r"\b(?:high(?:est)?\s+to\s+low|descending|sorted|sort|desc|largest\s+first"
                    r"|highest\s+first|top|best|ranking)\b"
                ),
                low,
            )
        )
    )
    n = int(next(g for g in limit.groups() if g)) if limit else None
    different = _DIFFERENT.search(low)
    if different and function == "COUNT" and not column and different[1] not in _ROWS:
        what = slug(re.sub(r"s$", "", different[1]))
        return Calculation("COUNT", what, "", where, False, None, (what, *assumed), True)
    return Calculation(
        function or ("COUNT" if column and not measure else ""),
        measure,
        column,
        where,
        descending or bool(best),
        n,
        tuple(dict.fromkeys([*columns, *assumed, *([order[1]] if order else [])])),
        order=order[1] if order else "",
    )


def _column(words: str) -> str:
    if words.split()[0] in ("and", "or", "the_", "in", "is", "with", "to"):
        return ""
    parts = [p for p in words.split() if p not in ("the", "each", "every", "a", "an")]
    if len(parts) == 2 and parts[1] in (
        "with",
        "from",
        "in",
        "using",
        "and",
        "to",
        "of",
        "into",
        "for",
        "on",
        "as",
        "then",
        "mit",
        "store",
        "desc",
        "sorted",
        "are",
        "is",
        "were",
        "was",
        "have",
        "there",
        "please",
    ):
        parts = parts[:1]
    if len(parts) == 2 and parts[0] not in (
        "job",
        "product",
        "customer",
        "order",
        "user",
        "sales",
        "store",
        "item",
        "event",
        "country",
        "zip",
        "post",
    ):
        parts = parts[:1]
    return slug("_".join(parts))


def _measure(low: str, function: str) -> str:
    if function in ("SUM", "AVG", "MAX", "MIN") and (
        call := re.search(r"\b(?:sum|avg|max|min)\(\s*([a-z_]\w*)\s*\)", low)
    ):
        return call[1]
    named = re.search(rf"\b({_MEASURES})\b", low)
    if named:
        word = named[1]
        return (
            {"salaries": "salary", "costs": "cost", "fees": "fee"}.get(word, word)
            if word not in ("revenue", "profit")
            else ("quantity * price" if word == "revenue" else "revenue - cost")
        )
    if function in ("SUM", "AVG", "MAX", "MIN"):
        after = re.search(
            (
                r"\b(?:average|avg|mean|sum|total|maximum|minimum|highest|lowest"
                r"|add)\s+(?:up\s+)?(?:of\s+)?(?:the\s+)?([a-z_]\w*)"
            ),
            low,
        )
        if after and after[1] not in _ENTITIES and after[1] not in ("per", "by", "of", "for", "and", "them", "the"):
            word = after[1].removesuffix("s")
            return word if re.fullmatch(_MEASURES, word) else slug(after[1])
    return ""


_STATUS = (
    "open|closed|paid|unpaid|overdue|active|inactive|pending|cancell?ed|shipped|delivered|failed"
    "|completed|returned|refunded|expired|approved|rejected"
)


def status_words(low: str) -> list[str]:
    """States that the words count or keep: 'how many are paid', 'the overdue invoices'."""
    found = re.findall(
        (
            r"\b(?:how\s+many(?:\s+\w+)?\s+(?:are|were)|how\s+many|number\s+of"
            r"|count(?:\s+only)?(?:\s+the)?|only(?:\s+the)?|sum\s+of\s+(?:the\s+)?"
            rf"|total\s+of\s+(?:the\s+)?)\s+({_STATUS})\b"
        ),
        low,
    )
    return list(dict.fromkeys(found))


def _named_column(word: str, low: str, start: int) -> bool:
    """'where error_count is over 3': the word before the comparison is a column of its own."""
    if word in _ENTITIES or word in (
        "is",
        "are",
        "has",
        "have",
        "with",
        "where",
        "and",
        "or",
        "than",
        "if",
        "only",
        "keep",
    ):
        return False
    return "_" in word or bool(re.search(r"\b(?:where|whose|with|and)\s+(?:the\s+|an?\s+|their\s+)?$", low[:start]))


def _filters(low: str, plain: str, measure: str, dialect: str = "") -> tuple[tuple[str, ...], list[str]]:
    out: list[str] = []
    assumed: list[str] = []
    for one in conditions(low, plain, dialect):
        out.append(one.sql)
        assumed += one.columns
    for sign, pattern in _COMPARE:
        for match in re.finditer(
            (
                rf"(?:\b([a-z_]\w*)\s+)?(?:\b|(?<=\s))(?:{pattern})\s*[$€£]?\s*(\d+(?:[.,]\d+)?)(?![\d.,]*\d)(?!\s*(?:times"
                r"|attempts|tries|rows|seconds|minutes|hours|days|retries|workers|at\s+a\s+time))"
            ),
            low,
        ):
            word = match[1] or ""
            column = (
                word if word and (re.fullmatch(_MEASURES, word) or _named_column(word, low, match.start())) else measure
            )
            condition = f"{column} {sign} {match[2].replace(',', '.')}"
            out.append(f"NOT {condition}" if _DROPS.search(low[: match.start()]) else condition)
            assumed += re.findall(r"[a-z_]\w*", column)
            break
    for match in _EMPTY.finditer(low):
        name = match[1] or match[3]
        filled = bool(match[2]) != bool(_DROPS.search(low[: match.start()]))
        out.append(f"{name} IS {'NOT ' if filled else ''}NULL")
        assumed.append(name)
    for match in re.finditer(
        r"\b(?:in|from)\s+(?:the\s+)?(team|department|country|city|region|category|group|class)\s+([\w-]+)", low
    ):
        out.append(f"{match[1]} = {plain[match.start(2) : match.end(2)]!r}")
        assumed.append(match[1])
    for state in status_words(low):
        out.append(f"status = '{state}'")
        assumed.append("status")
    for match in _EQUALS.finditer(low):
        name, value = match[1], plain[match.start(2) : match.end(2)] if len(plain) == len(low) else match[2]
        if value.lower() in ("yesterday", "today", "tomorrow", "day", "separator", "delimiter", "separated"):
            continue
        if name in (
            "in",
            "on",
            "from",
            "to",
            "with",
            "at",
            "by",
            "and",
            "the",
            "http",
            "its",
            "it",
            "an",
            "one",
            "all",
            "them",
        ) or (len(value) < 2 and not value.isdigit()):
            continue
        if (
            name
            in (
                "header",
                "headers",
                "the",
                "status_code",
                "row",
                "message",
                "user",
                "default",
                "name",
                "columns",
                "more",
                "duckdb",
                "sql",
                "pandas",
                "python",
                "copy",
                "no",
                "a",
                "field",
            )
            or value in _NO_VALUE
            or name in _NO_VALUE
            or value
            in ("over", "above", "is", "with", "and", "per", "by", "from", "in", "than", "of", "for", "as", "to")
            or name in _ENTITIES
        ):
            continue
        same = "<>" if _DROPS.search(low[: match.start()]) else "="
        out.append(f"{name} {same} {value if value.isdigit() else repr(value)}")
        assumed.append(name)
    return tuple(dict.fromkeys(out)), assumed
