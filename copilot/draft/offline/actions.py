"""From mentions to steps: which of several readings of a clause counts, and what each step was told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from copilot.draft.offline.choosing import more_fitting
from copilot.draft.offline.counting import REPOSITORY, counts
from copilot.draft.offline.ir import Step
from copilot.draft.offline.mentions import Mention
from copilot.draft.offline.referring import is_heading, referring_back, with_connections
from copilot.draft.offline.roles import role_of
from copilot.draft.offline.text import LIST, QUOTED, URL, Literal
from copilot.draft.offline.types import Types, short

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding


_ONE_A_CLAUSE = frozenset(
    {
        "python",
        "log",
        "shell",
        "compute",
        "pause",
        "fail",
        "git_clone",
        "http_check",
        "http_call",
        "kv_set",
        "kv_get",
        "rag_ingest",
        "unzip",
        "to_csv",
        "to_excel",
    }
)


_MERGED = frozenset({"http_url", "table", "namespace_files", "generic_run", "python_file", "cosign"})


def settle(seen: Understanding, types: Types) -> list[Step]:
    """The steps in order of place; each says its clause, words and arguments."""
    mentions = [m for m in seen.mentions if m.start not in seen.event_starts]
    kept = [m for m in mentions if counts(seen, m, mentions)]
    steps = [s for s in (_step(seen, m, kept, types) for m in kept) if s is not None]
    steps = with_connections(seen, [s for s in steps if s.what])
    more = referring_back(seen, mentions, steps, types)
    return _tidy(seen, [s for s in steps if not is_heading(seen, s, [*steps, *more], types)] + more)


def _step(seen: Understanding, m: Mention, kept: list[Mention], types: Types) -> Step | None:
    clause = seen.clauses[m.clause]
    words = seen.text.plain[clause.start : clause.end]
    args: dict[str, Any] = dict(m.args)
    args["literals"] = tuple(seen.text.within(clause.start, clause.end))
    what = m.what
    if m.service:
        what = "use"
        args |= {
            "service": m.service,
            "role": role_of(m, seen.text.masked, clause.start, clause.end, clause.lead, m is kept[0] and m.clause == 0),
        }
        args |= _exact_type(seen, m, args["role"], kept, types)
    elif what == "python_file":
        what = "python"
    elif what in ("download", "http_url", "http_call", "http_check"):
        what, more = _http(seen, m, kept)
        args |= more
    if seen.scopes[m.clause].where == "errors" and _is_cause(seen, m):
        args["cause"] = True
    return Step(what, args, words, m.start, m.end, m.clause)


def _exact_type(seen: Understanding, m: Mention, role: str, kept: list[Mention], types: Types) -> dict[str, str]:
    """The type that the words around a service name, where it is not the usual one for its role."""
    service = m.service
    if service is None or service.kind in ("llm", "agent"):
        return {}
    usual = types.pick(service.roles.get(role, ()) or next(iter(service.roles.values()), ()))
    chosen = more_fitting(service, _around(seen, m, kept), role, short(usual) if usual else None, types)
    elsewhere = any(
        o.service and o.service.kind in ("store", "sql", "nosql") and o.service is not service
        for o in kept
        if o.clause == m.clause
    )
    if chosen is None or (elsewhere and chosen.endswith((".Copy", ".Move"))):
        return {}
    return {"type": chosen}


def _around(seen: Understanding, m: Mention, kept: list[Mention]) -> str:
    """The words of a mention's clause that no other service in it has nearer."""
    clause = seen.clauses[m.clause]
    others = [o for o in kept if o.clause == m.clause and o.service and o.service is not m.service]
    start = max([clause.start, *(o.end for o in others if o.end <= m.start)])
    end = min([clause.end, *(o.start for o in others if o.start >= m.end)])
    spans = [span for one in seen.schedules for span in one.spans]
    return "".join(
        " " if any(s <= i < e for s, e in spans) else letter
        for i, letter in enumerate(seen.text.masked[start:end], start)
    )


def _is_cause(seen: Understanding, m: Mention) -> bool:
    """'If my python task fails, ...', 'a shell command; slack on failure': what fails is a step of the main list."""
    words = seen.text.masked[seen.clauses[m.clause].start : seen.clauses[m.clause].end]
    position = m.start - seen.clauses[m.clause].start
    if m.service and m.service.kind in ("notify",):
        return False
    if m.what == "fail":
        return True
    if re.search(r"fail|error|wrong|exit", words[:position]):
        return False
    return bool(
        re.search(r"\b(?:if|when|wenn|falls)\s+(?:\w+\s+){0,3}\(?$", words[:position])
        and re.search(r"fail|error|wrong", words[position:])
    )


def _http(seen: Understanding, m: Mention, kept: list[Mention]) -> tuple[str, dict[str, Any]]:
    clause = seen.clauses[m.clause]
    words = seen.text.plain[clause.start : clause.end]
    urls = [one for one in seen.text.within(clause.start, clause.end, URL) if one.value.startswith("http")]
    mine: Literal | None = None
    if m.what == "http_url" and (whole := seen.text.literal_at(m.start)) and REPOSITORY.fullmatch(whole.value):
        return "git_clone", {}
    if m.what == "http_url":
        mine = seen.text.literal_at(m.start)
    elif urls:
        mine = next((u for u in urls if u.start >= m.start), urls[0])
    uri = mine.value if mine else _url_of_sentence(seen, m)
    method = next(iter(re.findall(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD)\b", words)), "")
    low = words.lower()
    if (
        not method
        and re.search(
            (
                r"\b(?:post|send|submit|push|save|create\w*|call)\b[^.]*\b(?:json|body|back|api|payload"
                r"|decision|comment|draft)\b"
            ),
            low,
        )
        and not re.search(r"\b(?:download|fetch|pull|get)\b", low)
    ):
        method = "POST" if re.search(r"\b(?:post|send|save|create\w*|with\s+(?:the|a)\s+\w+|start)\b", low) else "GET"
    if (
        not method
        and uri
        and (
            said := re.search(
                r"\b(post|put|patch)\b(?!\s+(?:it\s+|the\s+\w+\s+)?(?:in|on|to)\s+(?:slack|discord|teams))", low
            )
        )
    ):
        method = said[1].upper()
    calls = (
        m.what in ("http_call", "http_check")
        or method in ("POST", "PUT", "PATCH", "DELETE", "HEAD")
        or bool(method)
        or re.search(r"\b(?:call|ping|request|hit|query|check|header|answer|respond|ask)s?\b", low)
    )
    files = re.search(r"\.(?:csv|zip|gz|parquet|xlsx?|pdf|jsonl|txt|xml|avro|ya?ml)\b", uri or "") or re.search(
        r"\bdownload", low
    )
    if m.what == "http_check":
        return "http_request", {"uri": uri, "method": "GET", "check": True}
    listed = (
        uri and not re.search(r"\.\w{2,5}(?:$|\?)", uri) and re.search(r"\bjson\s+(?:array|list|object)|\bapi\b", low)
    )
    if (calls or listed) and not (files and method in ("", "GET")):
        return "http_request", {
            "uri": uri,
            "method": method or ("POST" if re.search(r"\bpost\b", low) and uri is None else "GET"),
        }
    return "http_download", {"uri": uri}


def _url_of_sentence(seen: Understanding, m: Mention) -> str | None:
    sentence = seen.clauses[m.clause].sentence
    spans = [c for c in seen.clauses if c.sentence == sentence]
    urls = [u for u in seen.text.within(spans[0].start, spans[-1].end, URL) if u.value.startswith("http")]
    used = [o for o in seen.mentions if o.what == "http_url"]
    return urls[0].value if len(urls) == 1 and len(used) == 1 else None


def _tidy(seen: Understanding, steps: list[Step]) -> list[Step]:
    """One of a kind a clause, sources before what needs them."""
    out: list[Step] = []
    for step in steps:
        if (
            step.what in _ONE_A_CLAUSE
            and any(
                s.what == step.what and s.clause == step.clause and s.args.get("cause") == step.args.get("cause")
                for s in out
            )
            and step.what != "log"
        ):
            continue
        if (
            step.what == "http_download"
            and step.args.get("uri")
            and any(s.args.get("uri") == step.args["uri"] for s in out)
        ):
            continue
        out.append(step)
    return [_placed(seen, s) for s in sorted(out, key=lambda s: _order(seen, s, out))]


def _placed(seen: Understanding, step: Step) -> Step:
    return replace(
        step,
        args={
            **step.args,
            "quoted": tuple(one.value for one in step.args["literals"] if one.kind in (QUOTED,)),
            "lists": tuple(one.value for one in step.args["literals"] if one.kind == LIST),
        },
    )


def _order(seen: Understanding, step: Step, steps: list[Step]) -> tuple[float, int]:
    """Text order; inside a clause 'total per product from a CSV with DuckDB' downloads first, 'dbt build ... in git' clones first."""
    if step.what in ("http_download", "git_clone"):
        same = [s for s in steps if s.clause == step.clause]
        if any(s.start < step.start and _needs_source(s) for s in same):
            return (step.clause, -1)
    if (
        step.what == "use"
        and step.args.get("role") == "read"
        and step.args["service"].kind in ("store", "sql", "nosql", "queue", "saas")
    ):
        same = [s for s in steps if s.clause == step.clause and s.start < step.start]
        if any(s.what == "use" and s.args.get("role") in ("write", "run", "notify") for s in same):
            return (step.clause, 0)
    return (step.clause, step.start)


def _needs_source(step: Step) -> bool:
    return step.what in (
        "python",
        "compute",
        "log",
        "to_csv",
        "to_excel",
        "to_json",
        "to_parquet",
        "shell",
        "unzip",
    ) or (step.what == "use" and step.args["service"].kind in ("sql", "llm", "tool", "nosql", "store", "notify"))
