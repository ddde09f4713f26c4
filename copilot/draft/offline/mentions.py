"""What a request speaks of: every service and every kind of action, with its place in the words.

Two tables are searched, the services and the actions below; the catalog's own plugin words are the third source.
Longer matches win over shorter ones at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from copilot.draft.offline.naming import slug
from copilot.draft.offline.services import SERVICES, Service
from copilot.draft.offline.tables import alternatives, table
from copilot.draft.offline.text import CODE, JDBC, QUOTED, URL, Clause, Text
from copilot.draft.offline.types import Types


@dataclass(frozen=True, slots=True)
class Mention:
    """A service (``service`` set) or an action named ``what``, at its offsets in the text."""

    start: int
    end: int
    what: str
    clause: int
    service: Service | None = None
    args: dict[str, Any] = field(default_factory=dict)


_FILE_WORDS = (
    r"(?:csvs?|json(?:l|\s+lines)?|xml|yaml|excel|xlsx|parquet|avro|files?|document|pdf|zip|archive|data\s?set|orders|"
    r"products|numbers|logs)"
)
_FETCH = r"(?:download|fetch|pull|grab|get|take|read|load|lade|descarga|t[ée]l[ée]charge)(?:s|ed|ing)?"
_DOWNLOAD = (
    rf"\b{_FETCH}\b(?=[^.;]{{0,50}}?(?:{URL}|\b(?:urls?|http|https|web|internet|website|{_FILE_WORDS})\b))"
    r"|\bdownload(?:s|ed|ing)?\b"
    r"|\b(?:from|of)\s+an?\s+(?:csv|json|zip|parquet|xml|excel)\s+ur[li]\b"
    rf"|\b(?:{_FILE_WORDS}|article|web\s+page)s?(?:\s+file)?\s+(?:of\s+\w+\s+|[a-z]+\s+)?(?:from|over"
    r"|by|on|via|at)\s+(?:an?\s+|the\s+|our\s+)?"
    r"(?:https?(?:\s+api)?|rest\s+api|api|urls?|web|internet|web\s?site)\b"
    r"|\bturn\s+a\s+web\s+page\b|\barticle\s+by\s+url\b|\bi\s+have\s+a\s+json\s+api\b|\blist\s+of\s+csv\s+urls\b"
)
_AMOUNT = r"(?P<n>\d+(?:\.\d+)?|a|an|one|two|three|four|five|ten)"
_UNIT = r"(?P<unit>milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?)\b"
_SLEEP = rf"\b(?:sleep(?:s|ing)?|wait(?:s|ing)?|pause)\s+(?:for\s+|only\s+|about\s+)?{_AMOUNT}\s*{_UNIT}"
_TAKES = rf"\btakes\s+{_AMOUNT}\s*{_UNIT}(?:\s*\(sleep\))?"
_PYTHON_FILE = r"\b(?:run\s+)?(?:the\s+|a\s+)?(?:[\w]+\s+)?scripts?\s+(?P<file>[\w/]+\.py)\b|\b(?P<file2>[\w/]+\.py)\b"
_PATTERNS = (
    ("sleep", _SLEEP),
    ("sleep", _TAKES),
    ("python_file", _PYTHON_FILE),
    ("download", _DOWNLOAD),
    ("http_url", rf"{URL}+"),
    ("docker_push", r"(?<=-> )push(?= ->)|(?<=→ )push(?= →)"),
)


def _conversion(words: str, more: str = "") -> str:
    """Words that ask for a format: 'to csv', '-> csv', 'as a csv', 'give me the csv'."""
    unless = r"(?!\s*(?:files?\s+(?:in|from|over|on)|api|from|url|http|body|request|\{|following|payload))"
    makes = (
        r"\b(?:give\s+me|gives?\s+back|make|want|produce|write|save\s+as|export|as)\s+(?:it\s+(?:as\s+)?"
        r"|them\s+(?:as\s+)?|me\s+)?"
    )
    return (
        rf"(?:→|->|=>)\s+(?:an?\s+)?{words}\b(?!\s+(?:from|in|on|api|body))"
        r"|\b(?:to|as|into|in|back\s+(?:as|to)|nach|als)\s+(?:an?\s+|one\s+"
        rf"|1\s+)?{words}(?:\s+(?:file|attachment|sheet|workbook))?\b{unless}"
        rf"|(?:^|[,→>])\s*(?:an?\s+)?{words}\s+file\b(?=\s*(?:,|→|->|$))"
        rf"|{makes}(?:an?\s+|the\s+|one\s+|1\s+)?{words}\b{unless}|\ban?\s+{words}\s+(?:file\s+)?out\s+of\b{more}"
    )


_CONVERSIONS = {
    "to_excel": _conversion(
        r"(?:excel|xlsx)(?:\s+(?:file|sheet|workbook))?",
        r"|\b(?:an?|1|one|create)\s+(?:excel|xlsx)\s+(?:file|sheet|workbook)\b",
    ),
    "to_parquet": _conversion("parquet"),
    "to_avro": _conversion("avro"),
    "to_xml": _conversion("xml", r"|\banswers?\s+with\s+xml\b"),
    "to_json": _conversion(r"(?:jsonl?|json\s+lines|ndjson)(?:\s+file)?"),
    "to_yaml": _conversion("yaml"),
    "to_csv": _conversion(r"csv(?:\s+file)?"),
}


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One way to ask for an action: its words, and words that must not stand right before or after them."""

    what: str
    pattern: re.Pattern[str]
    preceded: re.Pattern[str] | None = None
    followed: re.Pattern[str] | None = None

    def find(self, masked: str) -> Iterator[re.Match[str]]:
        for match in self.pattern.finditer(masked):
            if self.followed and self.followed.match(masked, match.end()):
                continue
            if self.preceded and self.preceded.search(masked[max(0, match.start() - 24) : match.start()]):
                continue
            yield match


@lru_cache(maxsize=1)
def _action_patterns() -> tuple[_Spoken, ...]:
    """All actions of tables/actions.toml, and those here that take values out of the words."""
    out = []
    for what, facts in table("actions").items():
        before, after = facts.get("preceded"), facts.get("followed")
        out.append(
            _Spoken(
                what,
                re.compile(rf"\b{alternatives(tuple(facts['say']))}(?!\w)"),
                re.compile(rf"\b{alternatives(tuple(before))}\s+$") if before else None,
                re.compile(rf"\s*{alternatives(tuple(after))}\b") if after else None,
            )
        )
    out += [_Spoken(what, re.compile(pattern)) for what, pattern in (*_PATTERNS, *_CONVERSIONS.items())]
    return tuple(out)


@lru_cache(maxsize=1)
def _service_patterns() -> tuple[tuple[Service, re.Pattern[str]], ...]:
    out = []
    for service in SERVICES:
        pattern = service.pattern if service.pattern.startswith(("\\b", "(?<")) else rf"(?<![\w-])(?:{service.pattern})"
        out.append((service, re.compile(pattern)))
    return tuple(out)


def find_mentions(text: Text, clauses: tuple[Clause, ...], types: Types) -> list[Mention]:
    """Every mention in order of place; services before actions at the same place."""
    found = _services(text, clauses)
    found += _families(text, clauses, types, found)
    for spoken in _action_patterns():
        for match in spoken.find(text.masked):
            args = {k.rstrip("2"): v for k, v in match.groupdict().items() if v}
            clause = _clause_of(clauses, match.start())
            found.append(Mention(match.start(), match.end(), spoken.what, clause, None, args))
    return sorted(_without_overlaps(found), key=lambda m: (m.start, m.end))


def _services(text: Text, clauses: tuple[Clause, ...]) -> list[Mention]:
    found: list[Mention] = []
    for service, pattern in _service_patterns():
        for match in pattern.finditer(text.masked):
            found.append(Mention(match.start(), match.end(), "service", _clause_of(clauses, match.start()), service))
    for literal in text.literals:
        scheme = literal.value.split("://")[0].lower() if literal.kind in (URL, JDBC) else ""
        store = next((s for s in SERVICES if s.key == _SCHEMES.get(scheme)), None)
        clause = _clause_of(clauses, literal.start)
        there = any(m.service is store and (m.clause == clause or literal.kind == JDBC) for m in found)
        if store and not there:
            found.append(Mention(literal.start, literal.end, "service", clause, store))
    return _longest(found)


_SCHEMES = {"s3": "s3", "gs": "gcs", "sftp": "sftp", "ftp": "ftp"} | {
    f"jdbc:{name}": key
    for name, key in (
        ("postgresql", "postgres"), ("mysql", "mysql"), ("mariadb", "mariadb"), ("oracle", "oracle"), ("sqlserver", "sqlserver"),
        ("snowflake", "snowflake"), ("redshift", "redshift"), ("clickhouse", "clickhouse"), ("duckdb", "duckdb"), ("sqlite", "sqlite"),
        ("vertica", "vertica"), ("trino", "trino"), ("db2", "db2"), ("sap", "hana"),
    )
}  # fmt: skip


def _families(text: Text, clauses: tuple[Clause, ...], types: Types, taken: Iterable[Mention]) -> list[Mention]:
    """Plugins of the catalog that no row of the services table names."""
    known = [(m.start, m.end) for m in taken]
    found = []
    for named in types.plugins.named_in(text.masked):
        if any(s < named.end and named.start < e for s, e in known):
            continue
        service = Service(slug(named.word), named.word, "saas", {}, named.word, named.package)
        found.append(Mention(named.start, named.end, "service", _clause_of(clauses, named.start), service))
    return found


def _longest(found: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for one in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if not any(one.start < k.end and k.start < one.end for k in kept):
            kept.append(one)
    return kept


_SOFT = frozenset(
    {"compute", "http_url", "log", "python", "return", "generic_run", "kv_set", "kv_get", "download", "namespace_files"}
)


def _without_overlaps(found: list[Mention]) -> list[Mention]:
    """Actions inside a longer action say the same thing; a service inside an action is kept beside it."""
    services = [m for m in found if m.service]
    actions = _longest([m for m in found if not m.service and m.what not in _SOFT])
    for one in (m for m in found if not m.service and m.what in _SOFT):
        if not any(
            one.start >= a.start and one.end <= a.end and a.what != "http_check" for a in actions if a.what not in _SOFT
        ) and not any(a.what == one.what and a.start == one.start for a in actions):
            actions.append(one)
    return services + actions


def _clause_of(clauses: tuple[Clause, ...], position: int) -> int:
    index = 0
    for number, clause in enumerate(clauses):
        if clause.start <= position:
            index = number
    return index


LITERALS = (URL, QUOTED, CODE, JDBC)
