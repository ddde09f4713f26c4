"""Steps on rows that no service is named for: keep these rows, check that a field is there; and which step comes first.

'download X, keep active users and store them' has a filter between source and destination; 'set the key after the
download' names the later step first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from copilot.draft.offline.compute import parse
from copilot.draft.offline.ir import Step
from copilot.draft.offline.step_checks import second_look

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding

_FILTERS = re.compile(
    r"\b(?:keep(?:s|ing)?|filter(?:s|ing)?|only|drop(?:s|ping)?|remove|removing|exclude|excluding|discard|skip|ignore"
    r"|dedup\w*|de-dup\w*|sort|order(?:ed)?\s+by|select|take|insert|load|store|write|save|upload|renam\w+|add\w*|without|average|avg|mean|sum|total|count|aggregat\w+|calculate|compute|per|whose|where|top\s+\d+|from\s+the\s+last|older\s+than)\b"
)
_REQUIRES = re.compile(
    r"\b(?:validat\w*|check\w*|verif\w*|ensur\w*|make\s+sure|assert\w*)\s+(?:that\s+)?(?:it|the\s+(?:\w+\s+)?(?:payload|body|request|event|message)|there)\s+"
    r"(?:has|have|contains?|includes?|is|comes\s+with)\s+(?:an?\s+|the\s+|both\s+)?(?:fields?\s+)?(?P<names>[a-z_]\w*(?:\s*,\s*[a-z_]\w*)*(?:\s*,?\s+and\s+(?:an?\s+|the\s+)?[a-z_]\w*)?)"
)
_LATER_FIRST = re.compile(r"\b(?:after|once|as\s+soon\s+as|when)\s+(?:the\s+|that\s+)?")
_BEFORE = re.compile(r"^\W*(?:but\s+|and\s+)?before\s+")
_SOURCES = frozenset(["http_download", "http_request", "unzip", "gunzip", "split_file"])
_ROW_WORK = frozenset(["compute", "python", "shell", "python_file", "jq"])


def with_row_steps(seen: Understanding, steps: list[Step]) -> list[Step]:
    """The steps with those on rows between them, in the order the words give."""
    steps = second_look(seen, steps)
    steps = _asked_of_database(seen, [_batched(seen, _listed(seen, s), steps) for s in steps])
    batched = any(s.what == "subflow_batch" for s in steps)
    steps = [s for s in steps if not _moved_by_trigger(seen, s) and not (batched and s.what == "split_file")]
    out = list(steps)
    for index in range(len(seen.clauses)):
        out += _required_fields(seen, index, out)
        for step in _row_filter(seen, index, out):
            out = _one_question(seen, out, step)
        out += _shown(seen, index, out)
    out.sort(key=lambda s: (s.clause, steps.index(s) if s in steps else -1))
    return in_said_order(seen, _compared(seen, _before_use(out)))


_SHOWS = re.compile(r"\b(?:show|display)\b(?!\s+(?:up|that))")


def _shown(seen: Understanding, index: int, steps: list[Step]) -> list[Step]:
    """'show the top 10 rows': what was worked out goes into the log, where nothing else tells it."""
    match = _SHOWS.search(_clause_words(seen, index))
    here = [s for s in steps if s.clause == index]
    worked_out = any(_asks_database(s) or s.what in ("keep_rows", "compute") for s in steps if s.clause <= index)
    if match is None or not worked_out or any(s.what in ("log", "return") or _kind(s) == "notify" for s in here):
        return []
    clause = seen.clauses[index]
    args = {"literals": (), "quoted": ()}
    return [Step("log", args, seen.text.plain[clause.start : clause.end], clause.end - 1, clause.end, index)]


def _clause_words(seen: Understanding, index: int) -> str:
    return seen.text.masked[seen.clauses[index].start : seen.clauses[index].end]


def _required_fields(seen: Understanding, index: int, steps: list[Step]) -> list[Step]:
    words = _clause_words(seen, index)
    match = _REQUIRES.search(words)
    webhook = any(e.kind == "webhook" for e in seen.events)
    if match is None or not webhook or any(s.clause == index and s.what == "assert" for s in steps):
        return []
    names = tuple(re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+(?:an?\s+|the\s+)?", match["names"]))
    start = seen.clauses[index].start + match.start()
    plain = seen.text.plain[seen.clauses[index].start : seen.clauses[index].end]
    return [Step("require_fields", {"names": names, "literals": (), "quoted": ()}, plain, start, start + 1, index)]


def _row_filter(seen: Understanding, index: int, steps: list[Step]) -> list[Step]:
    """A filter, projection or order on a file or answer at hand; what a database does itself is left to it."""
    words = _clause_words(seen, index)
    match = _FILTERS.search(words)
    here = [s for s in steps if s.clause == index]
    if match is None or seen.scopes[index].where != "tasks" or seen.scopes[index].condition:
        return []
    if any(
        s.what in _ROW_WORK or s.what in ("pause", "purge_executions", "purge_logs", "subflow", "kv_set") for s in here
    ):
        return []
    if any(_asks_database(s) or _kind(s) in ("llm", "agent", "notify", "saas", "tool") for s in here):
        return []
    handed = any(i.type == "FILE" for i in seen.inputs)
    if not (handed or any(_is_source(s) for s in steps if s.clause <= index)) or any(
        s.what in _ROW_WORK for s in steps
    ):
        return []
    if any(_asks_database(s) and _near(seen, s, index) for s in steps):
        return []
    plain = seen.text.plain[seen.clauses[index].start : seen.clauses[index].end]
    said = parse(re.sub(r"[\ue000-\ue005]+", " ", words))
    if said.function and not (said.group and _goes_somewhere(steps)):
        return []
    if not (said.function or said.where or said.columns or said.unique or said.order):
        return []
    if _fills_a_place(seen, said.assumed):
        return []
    start = seen.clauses[index].start + match.start()
    return [Step("keep_rows", {"literals": (), "quoted": ()}, plain, start, start + 1, index)]


def _listed(seen: Understanding, step: Step) -> Step:
    """'list the files in the folder and upload each': the listing is there to go through the files."""
    kind = str(step.args.get("type", "")) or ("x.List" if step.args.get("role") in ("list", "run") else "")
    nearby = range(step.clause + 1, min(step.clause + 3, len(seen.clauses)))
    if _kind(step) != "store" or not kind.endswith(".List") or not any(seen.scopes[i].each for i in nearby):
        return step
    return replace(step, args={**{k: v for k, v in step.args.items() if k != "type"}, "role": "read", "many": True})


_BATCH = re.compile(r"\b(?:each|every|per)\s+(?:batch|chunk|row|line|record|piece)\b")
_MOVES = re.compile(
    r"\bmov(?:e|es|ing)\s+(?:it|them|the\s+files?|that\s+file|each(?:\s+file)?)\s+(?:in)?to\s+(?:the\s+)?(?:folder\s+|directory\s+)?/"
)


def _batched(seen: Understanding, step: Step, steps: list[Step]) -> Step:
    """'run flow x for each batch' of a file: one task that splits the file and starts the flow."""
    source = any(_is_source(s) and s.start < step.start for s in steps)
    if step.what != "subflow" or not source or not _BATCH.search(_clause_words(seen, step.clause)):
        return step
    return replace(step, what="subflow_batch")


def moved_by_trigger(seen: Understanding, index: int) -> bool:
    """A trigger on files moves what it has taken itself: 'move it to /done' is no step."""
    event = next((e for e in seen.events if e.kind == "service" and e.args["service"].kind == "store"), None)
    watched = event is not None and event.args["service"].key in ("sftp", "ftp", "ftps", "smb")
    return watched and bool(_MOVES.search(_clause_words(seen, index)))


def _moved_by_trigger(seen: Understanding, step: Step) -> bool:
    moves = _kind(step) in ("store", "saas") or step.what == "archive_file"
    return moves and moved_by_trigger(seen, step.clause)


def _near(seen: Understanding, step: Step, index: int) -> bool:
    """Whether a database is asked in this sentence or the one before: the words are part of that question."""
    return step.clause <= index and 0 <= seen.clauses[index].sentence - seen.clauses[step.clause].sentence <= 1


def _asked_of_database(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'query postgres for orders, keep only the paid ones': one question; no step of its own for its second half."""
    out = list(steps)
    for index in range(len(seen.clauses)):
        words = _clause_words(seen, index)
        asked = next(
            (s for s in reversed(out) if _asks_database(s) and s.clause < index and _near(seen, s, index)), None
        )
        if asked is None or not _FILTERS.match(words.lstrip(" ,")) or seen.scopes[index].condition:
            continue
        said = parse(re.sub(r"[\ue000-\ue005]+", " ", words))
        if said.function or not (said.where or said.columns or said.unique or said.order):
            continue
        # "keep" is a word for writing too; where no database is named, nothing is written to one here.
        named = any(m.service and m.service.kind == "sql" for m in seen.mentions if m.clause == index)
        out = [s for s in out if named or not (s.clause == index and _kind(s) == "sql")]
        spot = out.index(asked)
        more = f"{asked.args.get('more_words', '')} {words}".strip()
        out[spot] = replace(asked, args={**asked.args, "more_words": more})
    return out


def _goes_somewhere(steps: list[Step]) -> bool:
    """Whether what is worked out is written to a database, a store or a sheet."""
    return any(_kind(s) in ("sql", "store", "nosql", "saas") and s.args.get("role") == "write" for s in steps)


def _fills_a_place(seen: Understanding, columns: tuple[str, ...]) -> bool:
    """'https://.../{month}.csv where month is ...' speaks of the address, not of rows."""
    return any(re.search(rf"[<{{$]{re.escape(c)}[>}}]?", seen.text.plain) for c in columns)


def _one_question(seen: Understanding, steps: list[Step], step: Step) -> list[Step]:
    """'filter the German ones and insert id and email': two clauses of a sentence are one query over the rows."""
    sentence = seen.clauses[step.clause].sentence
    had = next((s for s in steps if s.what == "keep_rows" and seen.clauses[s.clause].sentence == sentence), None)
    between = [s for s in steps if had and had.clause < s.clause < step.clause and not s.what.startswith("to_")]
    if had is None or between:
        return [*steps, step]
    return [replace(s, words=f"{s.words} {step.words}") if s is had else s for s in steps]


def _kind(step: Step) -> str:
    return getattr(step.args.get("service"), "kind", "")


def _asks_database(step: Step) -> bool:
    """Whether a step puts a question itself; DuckDB and SQLite do so with what is loaded into them."""
    service = step.args.get("service")
    local = service is not None and service.key in ("duckdb", "sqlite", "motherduck")
    return _kind(step) == "sql" and (local or step.args.get("role") in ("read", "run"))


def _is_source(step: Step) -> bool:
    return step.what in _SOURCES or (
        step.args.get("role") == "read" and _kind(step) in ("store", "sql", "nosql", "saas", "queue")
    )


def _before_use(steps: list[Step]) -> list[Step]:
    """Rows are kept before they are written: after the sources of their clause, before everything else in it."""
    out: list[Step] = []
    for step in steps:
        out.append(step)
    for step in [s for s in out if s.what == "keep_rows"]:
        out.remove(step)
        spot = next((i for i, s in enumerate(out) if s.clause == step.clause and not _is_source(s)), None)
        if spot is None:
            spot = next((i for i, s in enumerate(out) if s.clause > step.clause), len(out))
        out.insert(spot, step)
    return out


_COMPARES = re.compile(r"\b(?:compar\w+|differ\w*|mismatch\w*|reconcil\w+|(?:not\s+)?(?:the\s+same|match\w*|equal))\b")
_COUNTS = re.compile(r"\b(?:row\s+counts?|counts?|number\s+of\s+(?:rows|records)|how\s+many\s+(?:rows|records))\b")


def _compared(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'compare the row counts of A and B': each is counted, and what follows depends on whether they differ."""
    asked = [s for s in steps if _asks_database(s)]
    words = " ".join(_clause_words(seen, i) for i in sorted({s.clause for s in asked}))
    if len(asked) != 2 or not _COMPARES.search(seen.text.masked) or not _COUNTS.search(words or seen.text.masked):
        return steps
    counted = [replace(s, args={**s.args, "counts": True, "role": "read"}) for s in asked]
    return [counted[asked.index(s)] if s in asked else s for s in steps]


def in_said_order(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'A after B' is B, then A; 'before A, B' is B, then A."""
    out = list(steps)
    for index in range(len(seen.clauses)):
        here = [s for s in out if s.clause == index]
        words = _clause_words(seen, index)
        base = seen.clauses[index].start
        for match in _LATER_FIRST.finditer(words):
            spot = base + match.start()
            later = [s for s in here if s.start < spot]
            sooner = [s for s in here if s.start >= spot]
            if later and sooner and words[: match.start()].strip():
                rest = [s for s in out if s.clause != index]
                at = next((i for i, s in enumerate(rest) if s.clause > index), len(rest))
                out = [*rest[:at], *sooner, *later, *rest[at:]]
                break
        if _BEFORE.match(words) and here and index + 1 < len(seen.clauses):
            out = _swapped(seen, out, index)
    return out


def _swapped(seen: Understanding, steps: list[Step], index: int) -> list[Step]:
    """The steps of a clause and the next one change places, where neither has a scope of its own."""
    there = [s for s in steps if s.clause == index + 1]
    plain = all(
        s.where == "tasks" and not s.condition and not s.each and not s.otherwise and not s.parallel
        for s in seen.scopes[index : index + 2]
    )
    if not there or not plain or seen.clauses[index].sentence != seen.clauses[index + 1].sentence:
        return steps
    moved = {index: index + 1, index + 1: index}
    out = [replace(s, clause=moved.get(s.clause, s.clause)) for s in steps]
    return sorted(out, key=lambda s: s.clause)
