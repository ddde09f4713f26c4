"""Steps that a second look takes back or moves: columns named like an action, addresses nobody gave, 'them' that are rows.

Each look is one function from steps to steps; they run in the order of ``LOOKS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from copilot.draft.offline.ir import Step

if TYPE_CHECKING:
    from copilot.draft.offline.plan import Understanding

_COLUMN_BEFORE = re.compile(
    r"(?:,|\band|\bwhere|\bwhose|\bif|\bwith\s+(?:the|their|its|an?)|\bcolumns?|\bselect|\binsert|\bhash\w*|\bmask\w*|\bon|\bper|\b(?:duplicate\w*|customers|rows|users|group\w*|sort\w*|order\w*)\s+by|\bdrop|\btheir|\bkeep(?:\s+only)?|\blog(?:\s+the)?)\s+$"
)
_COLUMN_AFTER = re.compile(
    r"^s?\s*(?:,\s*\w+(?:\s*,\s*\w+)*\s*,?\s+and\s+\w+\s|and\s+\w+\s+(?:from|of|into|in|to)\b|(?:from|of|into|in)\s+(?:the|postgres|mysql|table|it|each)\b|is\b|are\b|column|field|=|contains|ends|starts|has\b|keep\w*|,?\s*keep\w*|$)"
)


def _kind(step: Step) -> str:
    return getattr(step.args.get("service"), "kind", "")


def _columns_are_no_mail(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'insert id and email into': a column, nobody is written to."""

    def column(step: Step) -> bool:
        if _kind(step) != "notify" or step.args["service"].key != "mail":
            return False
        word = seen.text.masked[step.start : step.end]
        before, after = seen.text.masked[: step.start], seen.text.masked[step.end :]
        return (
            re.fullmatch(r"e-?mails?", word) is not None
            and _COLUMN_BEFORE.search(before) is not None
            and _COLUMN_AFTER.match(after) is not None
        )

    return [s for s in steps if not column(s)]


def _addresses_are_given(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'load s3://... into': what is read from a store, a queue or a database is not downloaded from an address too."""

    def idle(step: Step) -> bool:
        if step.what != "http_download" or step.args.get("uri"):
            return False
        reads = [s for s in steps if s.args.get("role") == "read" and _kind(s) in ("store", "queue", "sql", "nosql")]
        same = [s for s in reads if seen.clauses[s.clause].sentence == seen.clauses[step.clause].sentence]
        named = any(re.search(r"\burls?\b|\bhttps?\b|\bweb\b|\bapi\b", w) for w in [step.words.lower()])
        handed = any(i.type == "FILE" for i in seen.inputs) and re.search(r"\binput|\bupload", step.words.lower())
        return (bool(same) or bool(handed)) and not named

    return [s for s in steps if not idle(s)]


def _formats_before_they_go(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'mail the result as excel': the file is made before it is sent."""
    out = list(steps)
    for step in [s for s in steps if s.what in ("to_csv", "to_excel", "to_json", "to_parquet", "to_avro", "to_xml")]:
        goes = [
            s
            for s in out
            if s.clause == step.clause
            and (
                _kind(s) == "notify"
                or (_kind(s) in ("store", "queue", "sql", "nosql") and s.args.get("role") == "write")
            )
        ]
        if goes and out.index(goes[0]) < out.index(step):
            out.remove(step)
            out.insert(out.index(goes[0]), step)
    return out


_THEM = re.compile(
    r"\b(?:delete|remove|purge|drop)\s+(?:them|those|these|that\s+data|the\s+(?:same\s+|archived\s+|exported\s+|old\s+)?(?:rows|records|orders|entries|data))\b"
)


def _them_are_rows(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'archive old orders to S3, then delete them': the rows that were read go, not the file."""
    out: list[Step] = []
    for step in steps:
        words = seen.text.masked[seen.clauses[step.clause].start : seen.clauses[step.clause].end]
        asked = [
            s for s in out if _kind(s) == "sql" and s.args.get("role") in ("read", "run") and s.clause < step.clause
        ]
        named = any(m.service and m.service.kind != "saas" for m in seen.mentions if m.clause == step.clause)
        if asked and not named and _THEM.search(words) and _kind(step) in ("store", "sql", "saas"):
            args = {**{k: v for k, v in asked[-1].args.items() if k != "type"}, "role": "run", "deletes": True}
            step = replace(step, args=args, words=asked[-1].words, start=asked[-1].start, end=asked[-1].end)
        out.append(step)
    return out


def _kept_where_it_is_said(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'count the rows and set the key to that number': the key is set in the clause that says so."""

    def placed(step: Step) -> Step:
        if step.what != "kv_set":
            return step
        last = max((i for i, c in enumerate(seen.clauses) if c.start < step.end), default=step.clause)
        clause = seen.clauses[last]
        if last <= step.clause:
            return step
        literals = tuple(seen.text.within(clause.start, clause.end))
        words = seen.text.plain[clause.start : clause.end]
        return replace(step, args={**step.args, "literals": literals}, words=words, start=clause.start, clause=last)

    moved = [placed(s) for s in steps]
    return sorted(moved, key=lambda s: s.clause) if moved != steps else steps


def _reads_are_no_loads(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'copy the orders from postgres': what is read is asked for, not copied in."""

    def read(step: Step) -> Step:
        wrong = str(step.args.get("type", "")).endswith((".CopyIn", ".Batch")) and step.args.get("role") == "read"
        return replace(step, args={k: v for k, v in step.args.items() if k != "type"}) if wrong else step

    return [read(s) for s in steps]


_EXTRACTS = re.compile(r"\b(?:extract|take\s+out|pull\s+out|get)\s+(?:the\s+file\s+)?[\w-]+\.\w{2,5}\b")


def _entries_are_unpacked(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'download x.zip, extract errors.txt': the archive is unpacked for its entry."""
    archive = next((s for s in steps if re.search(r"\.(?:zip|tar|tgz|tar\.gz)$", str(s.args.get("uri") or ""))), None)
    if archive is None or any(s.what in ("unzip", "gunzip") for s in steps):
        return steps
    for index, clause in enumerate(seen.clauses):
        words = seen.text.masked[clause.start : clause.end]
        if index >= archive.clause and (match := _EXTRACTS.search(words)):
            start = clause.start + match.start()
            step = Step(
                "unzip",
                {"literals": (), "quoted": ()},
                seen.text.plain[clause.start : clause.end],
                start,
                start + 1,
                index,
            )
            at = next((i for i, s in enumerate(steps) if s is not archive and s.clause >= index), len(steps))
            return [*steps[:at], step, *steps[at:]]
    return steps


def _kept_after_it_is_there(seen: Understanding, steps: list[Step]) -> list[Step]:
    """'store the response of X in the key rates': the response first."""
    out = list(steps)
    for step in [s for s in steps if s.what == "kv_set"]:
        later = [
            s
            for s in out[out.index(step) + 1 :]
            if s.clause == step.clause
            and (s.what in ("http_request", "http_download") or s.args.get("role") in ("read", "run"))
        ]
        if later:
            out.remove(step)
            out.insert(out.index(later[-1]) + 1, step)
    return out


Look = Callable[["Understanding", list[Step]], list[Step]]
LOOKS: tuple[Look, ...] = (
    _columns_are_no_mail, _addresses_are_given, _formats_before_they_go, _them_are_rows, _kept_where_it_is_said,
    _reads_are_no_loads, _entries_are_unpacked, _kept_after_it_is_there,
)  # fmt: skip


def second_look(seen: Understanding, steps: list[Step]) -> list[Step]:
    """The steps after every look."""
    for look in LOOKS:
        steps = look(seen, steps)
    return steps
