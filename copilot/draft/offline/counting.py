"""Whether a mention is a step of its own: one rule a kind of mention, by what stands around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.roles import role_of
from copilot.draft.offline.text import QUOTED
from copilot.draft.offline.verbs import first_verb

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding


_STORES = ("store", "sql", "nosql", "queue")


def _same_clause(mention: Mention, mentions: list[Mention]) -> list[Mention]:
    return [m for m in mentions if m.clause == mention.clause and m is not mention]


def _same_sentence(seen: Understanding, mention: Mention, mentions: list[Mention]) -> list[Mention]:
    sentence = seen.clauses[mention.clause].sentence
    return [m for m in mentions if seen.clauses[m.clause].sentence == sentence and m is not mention]


def _words(seen: Understanding, clause: int) -> str:
    return seen.text.masked[seen.clauses[clause].start : seen.clauses[clause].end]


def counts(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    """Whether a mention is a step of its own."""
    rule = _RULES.get("service" if m.service else m.what)
    if _in_event(seen, m) or _is_about_schedule(seen, m):
        return False
    return rule(seen, m, mentions) if rule else True


def _in_event(seen: Understanding, m: Mention) -> bool:
    spans = [e.args["span"] for e in seen.events if "span" in e.args]
    notify = m.service is not None and m.service.kind == "notify"
    return any(s <= m.start < e for s, e in spans) and not notify


def _is_about_schedule(seen: Understanding, m: Mention) -> bool:
    return any(s <= m.start and m.end <= e for one in seen.schedules for s, e in one.spans)


def _service(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    service, words, beside = m.service, _words(seen, m.clause), _same_clause(m, mentions)
    assert service is not None
    before = seen.text.masked[max(0, m.start - 40) : m.start]
    after = seen.text.masked[m.end : m.end + 40]
    if re.search(
        (
            r"\b(?:no|not|without|instead\s+of|rather\s+than|don'?t\s+(?:use|want|need)"
            r"|kein\w*)\s+(?:an?\s+|the\s+|any\s+)?$"
        ),
        before,
    ):
        return False
    clones = [b for b in beside if b.what == "git_clone"]
    if any(
        b.service
        and b.service.key == service.key
        and b.start < m.start
        and not _separate(seen, b, m)
        and not any(g.start <= b.start < g.end for g in clones)
        for b in beside
    ):
        return False
    if (
        service.key == "mail"
        and re.search(r"(?:\+|&|,|\band)\s*$", before)
        and first_verb(words) not in ("tell", "write", "")
    ):
        return False
    if service.key == "mail" and re.match(r"\s+(?:address\s+)?inputs?\b", after):
        return False
    if service.kind == "saas" and not service.roles and any(_calls_it(seen, m, b) for b in beside):
        return False
    if service.key == "tika" and any(b.what in _SCRIPTS for b in beside):
        return False
    if service.kind == "store" and seen.text.literal_at(m.start) and any(_takes_address(b) for b in beside):
        return False
    if service.kind == "llm" and any(b.service and b.service.kind == "agent" for b in beside):
        return False
    if service.kind == "llm" and any(
        b.what in ("rag_ingest", "rag_chat") for b in [*beside, *_same_sentence(seen, m, mentions)]
    ):
        return False
    if service.kind == "llm" and re.match(r"\s*(?:embeddings?|api\s+key|key)\b", after):
        return False
    if (
        service.kind == "notify"
        and service.key == "mail"
        and re.search(
            r"\b(?:smtp|mail)\b[^.;]{0,30}\b(?:details|credentials|settings|server)\b[^.;]{0,20}(?:secret|from)",
            words[max(0, m.start - seen.clauses[m.clause].start - 2) :],
        )
    ):
        return not re.match(r"smtp", seen.text.masked[m.start : m.end])
    if service.kind == "notify" and re.match(
        r"'?s?\s+(?:channel|webhook\s+url)?\s*(?:secret|is\s+the\s+secret|address(?:es)?\b)", after
    ):
        return False
    if (
        service.key == "mail"
        and re.search(r"\b(?:an?|the|their|his|her|each|valid|invalid|of)\s+$", before)
        and re.match(r"\s+(?:column|field|domain|address|list)", after)
    ):
        return False
    if (
        service.key == "mail"
        and re.search(r"\b(?:input|column|field)\s+(?:called\s+|named\s+)?$", before)
        and not re.search(r"\b(?:send|mail|by|via|as|an|to)\s+(?:an?\s+|the\s+)?$", before)
    ):
        return False
    if service.key == "github" and any(
        b.what in ("git_clone", "git_sync", "git_push_flows", "http_call", "download")
        or (b.service and b.service.key == "graphql")
        for b in beside
    ):
        return False
    if service.key in ("docker_compose",) or service.kind in ("agent",):
        return True
    if service.key == "spark" and any(b.service and b.service.key in ("dataproc", "emr", "databricks") for b in beside):
        return False
    if service.key == "dbt" and any(b.what == "git_clone" and b.start <= m.start < b.end for b in beside):
        return False
    if service.key in ("postgres", "bigquery", "snowflake", "redshift", "duckdb") and any(
        b.service and b.service.key in ("dbt", "sqlmesh", "dlt") for b in _chain(seen, m, mentions)
    ):
        return bool(re.search(r"\bquery\b", words) and service.key == "duckdb")
    if service.key == "kubernetes" and re.search(r"\bpods?\s+use|prometheus", words):
        return False
    return not (service.kind == "store" and service.key == "local" and "runner" in words)


_JOBS = ("dataproc", "emr", "databricks", "spark", "glue", "synapse", "dataflow", "lambda")


def _calls_it(seen: Understanding, m: Mention, call: Mention) -> bool:
    """'Todoist over their REST api' is called by HTTP; 'from HubSpot to the Mailchimp api' names two."""
    if call.what != "http_call":
        return False
    between = seen.text.masked[m.end : call.start]
    return not (m.end <= call.start and re.match(r"to\b|into\b", seen.text.masked[call.start :])) or "rest" in between


def _takes_address(m: Mention) -> bool:
    """A job is handed the address of its program or data; that is no step of its own."""
    return m.service is not None and (m.service.key in _JOBS or (m.service.kind == "saas" and not m.service.roles))


def _chain(seen: Understanding, m: Mention, mentions: list[Mention]) -> list[Mention]:
    return [
        b
        for b in mentions
        if abs(b.clause - m.clause) <= 1
        and b is not m
        and seen.clauses[b.clause].sentence == seen.clauses[m.clause].sentence
    ]


def _separate(seen: Understanding, a: Mention, b: Mention) -> bool:
    between = seen.text.masked[a.end : b.start]
    if a.service and a.service.kind == "nosql":
        return bool(re.search(r"\b(?:and|look|search|query|then|,)\b", between))
    return bool(a.service and a.service.kind == "llm" and re.search(r"\bfor\b", between) and len(between) > 4)


def _download(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    beside, words = _same_clause(m, mentions), _words(seen, m.clause)
    if any(b.what == "download" and b.start < m.start for b in beside):
        return False
    urls = [b for b in beside if b.what == "http_url"]
    hooks = [e.args["span"][0] for e in seen.events if e.kind == "webhook" and "span" in e.args]
    clause = seen.clauses[m.clause]
    if not urls and any(clause.start <= at < m.start for at in hooks):
        return False
    if re.match(r"\W*(?:\w+\s+)?(?:re-?try|retries|wait|repeat)\b", words) and not urls:
        return False
    if any(
        b.service
        and b.service.kind in _STORES
        and b.service.key not in ("duckdb", "sqlite", "postgres")
        and not urls
        and _reads(seen, b)
        for b in beside
    ):
        return False
    if (
        any(b.what == "http_call" and b.start <= m.end + 30 and _http_call(seen, b, mentions) for b in beside)
        and not urls
        and not re.search(r"\bdownload|\bfetch\s+all", words)
    ):
        return False
    if (
        any(b.what in ("git_clone", "rag_ingest", "kv_get", "unzip", "git_sync", "docker_pull") for b in beside)
        and not urls
    ):
        return False
    web = bool(urls) or bool(
        re.search(
            r"\b(?:download|urls?|https?|web|internet|website|web\s+page|huggingface|api|online)\b",
            seen.text.masked[m.start : m.end + 40],
        )
    )
    if not web and re.search(r"\b(?:sql|database|table|collection|queue|topic|kv|secret|redis|query)\b", words):
        return False
    if not web and any(b.service and b.service.kind in (*_STORES, "saas") for b in beside):
        return False
    return web or _asks_for_file(seen, m)


def _asks_for_file(seen: Understanding, m: Mention) -> bool:
    """'Get the csv and ...' at the very beginning names a file that has to come from somewhere."""
    return not any(
        b.clause < m.clause for b in seen.mentions if b.start != m.start and b.what not in ("log",)
    ) and bool(re.search(r"\b(?:csv|json|excel|parquet|xml|zip|pdf)\b", seen.text.masked[m.start : m.end + 30]))


def _reads(seen: Understanding, b: Mention) -> bool:
    clause = seen.clauses[b.clause]
    return role_of(b, seen.text.masked, clause.start, clause.end, clause.lead, b.clause == 0) in ("read", "run")


REPOSITORY = re.compile(r"https?://(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)/[\w.-]+/[\w.-]+/?")


def _url(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    literal = seen.text.literal_at(m.start)
    if (
        literal is None
        or not literal.value.lower().startswith("http")
        or re.search(r"hooks?\.slack|webhook\.office|discord(?:app)?\.com/api/webhooks|\.git$", literal.value)
    ):
        return False
    beside = _same_clause(m, mentions)
    if REPOSITORY.fullmatch(literal.value):
        return not any(b.what.startswith("git_") for b in seen.mentions)
    if any(
        b.what in ("download", "http_check", "http_call") and b.start < m.start and counts(seen, b, mentions)
        for b in beside
        if b.what != "http_url"
    ):
        earlier = [b for b in beside if b.what == "http_url" and b.start < m.start]
        return bool(earlier)
    return not any(b.what in ("git_clone", "rag_ingest") for b in beside)


def _compute(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    """A computation is a step of its own only when no database, script or model in its clause does it."""
    beside = _same_clause(m, mentions)
    if any(b.what == "compute" and b.start < m.start for b in beside):
        return False
    if any(
        (b.service and b.service.kind in ("sql", "llm", "tool", "saas", "nosql", "agent"))
        or b.what in ("python", "shell", "node")
        for b in beside
    ):
        return False
    around = [
        b
        for b in mentions
        if seen.clauses[b.clause].sentence == seen.clauses[m.clause].sentence or abs(b.clause - m.clause) <= 1
    ]
    if any(b.service and b.service.kind == "sql" for b in around if abs(b.clause - m.clause) <= 2):
        return False
    if any(b.what == "compute" and b.clause == m.clause - 1 for b in mentions):
        return False
    if any(b.what in ("python", "shell") for b in around):
        return False
    return any(
        b.what in ("download", "http_url", "http_call", "unzip") or (b.service and b.service.kind in ("store", "queue"))
        for b in mentions
    )


def _log(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    words, beside = _words(seen, m.clause), _same_clause(m, mentions)
    said = seen.text.masked[m.start : m.end]
    after = seen.text.masked[m.end : m.end + 30]
    before = seen.text.masked[max(0, m.start - 24) : m.start]
    if any(b.what == "log" and b.start < m.start and _same_log(seen, b, m) for b in beside):
        return False
    if any(b.service and b.service.kind == "notify" for b in beside) and re.match(
        r"(?:tell|show|escribe|schreib)", said
    ):
        return False
    if re.match(r"logs?\b", said) and re.search(r"\b(?:purge|delete|clean|remove|ship|forward|export)\b", words):
        return False
    if re.search(r"\b(?:never|not|don'?t|without|no)\s+$", before) or re.match(
        r"\s*(?:level|s?\s+older|retention|file)\b", after
    ):
        return False
    if (
        re.search(r"\b(?:the|a|execution|error|activity|audit|git|server|access|catalina)\s+$", before)
        and re.match(r"logs?$", said)
        and not re.search(r"\b(?:in|to)\s+the\s+$", before)
    ):
        return bool(re.search(r"\b(?:just|only)\s+a\s+$", before)) and not re.search(r"shipper|export", words)
    if re.match(r"a?\s*(?:say|hello)", said):
        return not any(
            b.what in ("shell", "python", "log") or (b.service and b.service.kind in ("notify", "tool"))
            for b in beside
            if b.start != m.start
        )
    if re.match(r"logs$", said) and re.search(r"\b(?:our|server|application|app|access|web|ship|the)\s+$", before):
        return False
    return not any(
        (b.service and b.service.kind == "tool") or b.what in _SCRIPTS for b in beside if said.startswith("print")
    )


_SCRIPTS = frozenset(["python", "node", "shell", "powershell", "rscript", "julia", "ruby", "perl", "golang", "php"])


def _same_log(seen: Understanding, a: Mention, b: Mention) -> bool:
    between = seen.text.masked[a.end : b.start]
    if QUOTED in between and re.match(rf"\s*{QUOTED}", seen.text.masked[b.end :]):
        return False
    return not re.search(r"\b(?:sleep|then|and\s+log)\b", between) or "line" in seen.text.masked[b.start : b.end]


def _python(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    beside = _same_clause(m, mentions)
    if any(b.what == "python" and b.start < m.start for b in beside) or any(
        b.service and b.service.key == "dlt" for b in beside
    ):
        return False
    return not re.search(r"\b(?:no|not|without|than)\s+$", seen.text.masked[max(0, m.start - 12) : m.start])


def _shell(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    if re.search(r"\b(?:no|not|without|than)\s+$", seen.text.masked[max(0, m.start - 12) : m.start]):
        return False
    return not any(b.what == "shell" and b.start < m.start for b in _same_clause(m, mentions))


def _http_call(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    beside = _same_clause(m, mentions)
    if re.search(
        r"\b(?:zip|csv|pdf|parquet|excel|xml|archive|file)s?\s+(?:files?\s+)?(?:of\s+\w+\s+)?(?:from|over|via|by)\b",
        _words(seen, m.clause),
    ):
        return False
    if any(b.service and b.service.key in ("graphql", "zapier") for b in beside) or any(
        b.service and b.service.roles and b.service.kind == "saas" for b in beside
    ):
        return False
    return not any(b.what in ("http_call", "http_check") and b.start < m.start for b in beside)


def _fail(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    words = _words(seen, m.clause)
    if seen.scopes[m.clause].where == "errors" and not re.search(r"always|purpose", words):
        return False
    return not re.search(
        r"\bmay\s+fail\b|\bshould\s+fail\)|\bextra\s+ones|\bmark\s+the\s+execution\s+as\s+failed|\bif\s+it\s+takes",
        words,
    )


def _subflow(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    """'There is a flow X. Call it with 1': one call, where it is asked for."""
    said = seen.text.masked[m.start : m.end]
    told = re.match(r"(?:there|already)\b", said) is not None
    return not (told and any(b.what == "subflow" and b is not m for b in mentions))


def _pause(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    return not any(b.what == "pause" and b.start < m.start and b.clause >= m.clause - 1 for b in mentions)


def _convert(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    before = seen.text.masked[max(0, m.start - 30) : m.start]
    return not (
        m.what == "to_json"
        and re.search(r"\b(?:turn|post|send|answer)\s+(?:\w+\s+)*$", before)
        and any(b.service and b.service.kind == "llm" for b in _same_clause(m, mentions))
    )


def _generic(seen: Understanding, m: Mention, mentions: list[Mention]) -> bool:
    return not _same_clause(m, mentions) and not any(b.what in ("python_file", "git_clone") for b in mentions)


_RULES: dict[str, Any] = {
    "service": _service, "download": _download, "http_url": _url, "compute": _compute, "log": _log, "python": _python, "shell": _shell,
    "http_call": _http_call, "fail": _fail, "pause": _pause, "subflow": _subflow, "table": lambda *a: False, "namespace_files": lambda *a: False,
    "python_file": lambda seen, m, mentions: not any(b.what == "python" for b in _same_clause(m, mentions)),
    "generic_run": lambda *a: False, "to_csv": _convert, "to_json": _convert, "to_excel": _convert,
}  # fmt: skip
