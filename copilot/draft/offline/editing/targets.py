"""Which task, trigger or input an instruction means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.draft.offline.editing.document import Document, Item
from copilot.draft.offline.types import words_of

_KINDS = (
    (r"download|fetch", r"http\.download|download"), (r"request|api|call|check", r"http\.request"), (r"sleep|wait|pause", r"flow\.sleep|flow\.pause"), (r"log|message|print", r"log\.log"),
    (r"python|script", r"scripts\.python"), (r"shell|bash|command", r"scripts\.shell"), (r"dbt", r"dbt"), (r"query|sql|select", r"jdbc\..*quer|bigquery\.query|\.query"), (r"subflow|child", r"flow\.subflow"),
    (r"upload", r"upload"), (r"load|copy", r"copyin|load|batch"), (r"slack", r"slack"), (r"teams", r"teams"), (r"mail|e-?mail", r"mail"), (r"excel", r"excel"), (r"csv", r"csv"), (r"json", r"json"), (r"parquet", r"parquet"),
    (r"loop|each|foreach", r"flow\.(?:foreach|loop)"), (r"parallel|them", r"flow\.parallel|flow\.foreach"), (r"switch|case", r"flow\.switch"), (r"if\b|condition", r"flow\.if"), (r"bucket", r"gcs\.createbucket|createbucket"), (r"dataset", r"createdataset"),
    (r"unzip|unpack|archive", r"archive|decompress"), (r"chat|model|llm|gemini|gpt", r"chatcompletion|agent|rag"), (r"webhook", r"trigger\.webhook"), (r"schedule|cron", r"trigger\.schedule"), (r"clone|git", r"git\."), (r"label", r"labels"), (r"alert|notif", r"slack|teams|mail|discord|telegram|notif"),
)  # fmt: skip


def mentioned(items: Sequence[Item], words: str) -> list[Item]:
    """Items the words speak of, best first: by id, by a word of the id, by kind, by place."""
    low = words.lower()
    exact = [i for i in items if len(i.id) > 1 and re.search(rf"(?<![\w-]){re.escape(i.id.lower())}(?![\w-])", low)]
    if exact:
        return sorted(exact, key=lambda i: -len(i.id))
    spoken = set(re.findall(r"[a-z0-9]+", low))
    scored = []
    for index, item in enumerate(items):
        parts = {p for p in re.split(r"[_\-\s]+", item.id.lower()) if len(p) > 2}
        score = 2.0 * len(parts & spoken) + 0.6 * sum(
            1
            for p in parts
            for s in spoken
            if p not in spoken and len(s) > 3 and (p.startswith(s[:5]) or s.startswith(p[:5]))
        )
        score += sum(
            1.6 for said, kind in _KINDS if re.search(rf"\b(?:{said})s?\b", low) and re.search(kind, item.short_type)
        )
        score += 0.3 * len(set(words_of(item.type)) & spoken)
        if score:
            scored.append((-score, index, item))
    found = [item for _, _, item in sorted(scored, key=lambda s: s[:2])]
    place = re.search(r"\b(first|second|third|last)\b", low)
    if place and len(found) != 1:
        pool = (
            found
            if len(found) > 1 and place[1] != "last"
            else [i for i in items if not found or i in found] or list(items)
        )
        index = {"first": 0, "second": 1, "third": 2, "last": -1}[place[1]]
        pool = sorted(pool, key=lambda i: items.index(i))
        if -len(pool) <= index < len(pool):
            return [pool[index]]
    return found


def task_meant(doc: Document, words: str, having: str = "") -> Item | None:
    """The one task the words mean; with ``having``, only tasks whose type matches that pattern."""
    pool = [t for t in doc.tasks() if not having or re.search(having, t.short_type)]
    found = mentioned(pool, words)
    if found:
        return found[0]
    return pool[0] if len(pool) == 1 else None


def trigger_meant(doc: Document, words: str, kind: str = "") -> Item | None:
    """The trigger the words mean, or the only one."""
    pool = [t for t in doc.items("triggers") if not kind or kind in t.short_type]
    found = mentioned(pool, words) if len(pool) > 1 else pool
    return found[0] if found else None


def input_meant(doc: Document, words: str) -> Item | None:
    """The input the words mean, or the only one."""
    pool = doc.items("inputs")
    exact = [i for i in pool if re.search(rf"\b{re.escape(i.id.lower())}\b", words.lower())]
    return exact[0] if exact else (pool[0] if len(pool) == 1 else None)
