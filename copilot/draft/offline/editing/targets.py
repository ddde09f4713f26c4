"""Which task, trigger or input an instruction means: by id, by the words of its id, by kind, by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copilot.draft.offline.editing.document import Document, Item
from copilot.draft.offline.text import CODE, QUOTED, Text
from copilot.draft.offline.types import words_of

_KINDS = (
    (r"downloads?|fetch\w*", r"http\.download|download"), (r"requests?|api|calls?|check|http|endpoint", r"http\.request"), (r"sleep\w*|waits?|waiting", r"flow\.sleep|flow\.pause"), (r"pauses?|approv\w*", r"flow\.pause"),
    (r"logs?|logging|messages?|prints?|logger", r"log\.log"), (r"python|script", r"scripts\.python"), (r"shell|bash|commands?|script", r"scripts\.shell"), (r"node|javascript|js", r"scripts\.node"), (r"dbt", r"dbt"),
    (r"quer(?:y|ies)|sql|select", r"jdbc\..*quer|bigquery\.query|\.query|queries"), (r"database|db|postgres\w*|mysql|duckdb", r"jdbc"), (r"subflows?|child", r"flow\.subflow"), (r"uploads?", r"upload"), (r"load\w*|cop(?:y|ies)", r"copyin|load|batch"),
    (r"slack", r"slack"), (r"teams", r"teams"), (r"e-?mails?|mails?", r"mail"), (r"excel", r"excel"), (r"csv", r"csv"), (r"json", r"json"), (r"parquet", r"parquet"),
    (r"loops?|each|foreach|iterations?", r"flow\.(?:foreach|loop|each)"), (r"parallel", r"flow\.parallel"), (r"switch", r"flow\.switch"), (r"(?:the|an)\s+if|condition", r"flow\.if"), (r"bucket", r"createbucket"), (r"dataset", r"createdataset"),
    (r"unzip\w*|unpack\w*|archive", r"archive|decompress"), (r"chat|model|llm|gemini|gpt|prompt|agent", r"chatcompletion|agent|rag|completion|openai"), (r"webhook", r"trigger\.webhook"), (r"schedule|cron|timer", r"trigger\.schedule"), (r"clone|git|checkout", r"git\."),
    (r"labels?", r"labels"), (r"alerts?|notif\w+|notification", r"slack|teams|mail|discord|telegram|notif|pagerduty|opsgenie"), (r"purge|clean\w*", r"purge"), (r"kv", r"\.kv\."), (r"returns?", r"debug\.return"), (r"fail\w*", r"execution\.fail"),
)  # fmt: skip
_POSITION = re.compile(
    r"\b(?P<at>first|1st|second|2nd|third|3rd|fourth|4th|last|final|initial|very\s+last|very\s+first|second[-\s]to[-\s]last|penultimate)\s+(?P<noun>(?:[\w-]+\s+)?[\w-]+)"
)
_AT = {"first": 0, "1st": 0, "initial": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1, "final": -1, "penultimate": -2}  # fmt: skip
_ALL = re.compile(r"\b(?:all|every|each|both|any|the\s+(?:two|three|four|\d))\b")
_STEP = re.compile(r"\b(?:tasks?|steps?|ones?)\b")
_PARTS = frozenset(["the", "and", "for", "with", "from", "into", "not", "its", "set", "add", "get", "task", "step", "run", "data", "file", "use"])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """An item the words may mean, and how strongly they say so: 10 and more by its id, below 2 by hints only."""

    item: Item
    score: float


def stem(word: str) -> str:
    """A word without its usual endings, so that *uploading*, *uploads* and *upload* are one."""
    for ending in ("ing", "ers", "ies", "ed", "er", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def revealed(text: Text, names: Iterable[str]) -> str:
    """The masked words, with quoted pieces shown where they are names of something in the flow."""
    known = {n.lower() for n in names}
    out = list(text.masked)
    for one in text.literals:
        if one.kind in (QUOTED, CODE) and one.value.lower() in known:
            width = one.end - one.start
            out[one.start : one.end] = list((" " + one.value.lower()).ljust(width)[:width])
    return "".join(out)


def rank(items: Sequence[Item], words: str) -> list[Found]:
    """Items the words speak of, best first."""
    low = words.lower()
    if re.search(r"\b(?:disabled|inactive|switched[\s-]off)\s+(?:task|step|trigger|schedule|one)s?\b", low):
        return [Found(i, 9.0) for i in items if i.values.get("disabled") is True]
    spoken = {stem(w) for w in re.findall(r"[a-z0-9]+", low)}
    scored = [(index, Found(item, _score(item, low, spoken))) for index, item in enumerate(items)]
    found = sorted((s for s in scored if s[1].score > 0.4), key=lambda s: (-s[1].score, s[0]))
    best = [f for _, f in found]
    if best and best[0].score >= 10:
        return best
    placed = _by_place(items, best, low)
    return [Found(placed, 9.0)] if placed is not None else best


def _score(item: Item, low: str, spoken: set[str]) -> float:
    name = item.id.lower()
    if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", low):
        return (10 if len(name) > 2 else 4) + len(name) / 100
    parts = [p for p in re.split(r"[_\-\s]+|(?<=[a-z])(?=[A-Z])", item.id) if p]
    stems = [stem(p.lower()) for p in parts]
    if len(stems) > 1 and all(s in spoken for s in stems):
        return 8 + len(name) / 100
    score = sum(
        2.0 for p, s in zip(parts, stems, strict=True) if s in spoken and len(s) > 2 and p.lower() not in _PARTS
    )
    score += _near(stems, spoken)
    last = [stem(w) for w in words_of(item.type.rsplit(".", 1)[-1])]
    if last and all(w in spoken for w in last) and (last != ["if"] or re.search(r"\b(?:the|an)\s+if\b", low)):
        score += 2.2
    score += sum(
        1.6 for said, kind in _KINDS if re.search(rf"\b(?:{said})\b", low) and re.search(kind, item.short_type)
    )
    return score + 0.3 * len({stem(w) for w in words_of(item.type)} & spoken)


def _near(stems: Sequence[str], spoken: set[str]) -> float:
    return 0.6 * sum(
        1
        for p in stems
        for s in spoken
        if p not in spoken and min(len(p), len(s)) > 3 and (p.startswith(s[:5]) or s.startswith(p[:5]))
    )


def _by_place(items: Sequence[Item], found: Sequence[Found], low: str) -> Item | None:
    """'the last log', 'the second task': by order among those of the kind that is named."""
    match = _POSITION.search(low)
    if match is None:
        return None
    index = _AT.get(re.sub(r"^very\s+", "", match["at"]), -2)
    noun = match["noun"]
    pool: list[Item] = list(items)
    if not _STEP.search(noun):
        kind = [s for s in items if _score(s, noun, {stem(w) for w in re.findall(r"[a-z0-9]+", noun)}) > 0.5]
        if not kind and re.search(r"\b(?:trigger|input)", noun):
            kind = pool
        pool = kind
    elif pool and len(found) != 1:
        top = [i for i in pool if len(i.path) == 2]
        pool = top or pool
    pool = sorted(pool, key=items.index)
    return pool[index] if -len(pool) <= index < len(pool) else None


def mentioned(items: Sequence[Item], words: str) -> list[Item]:
    """Items the words speak of, best first."""
    return [f.item for f in rank(items, words)]


def plural(words: str) -> bool:
    """Whether more than one item is meant."""
    return bool(_ALL.search(words))


def group(items: Sequence[Item], words: str) -> list[Item]:
    """The items that are meant when the words say *all*, *both*, *every*: as alike as the best one."""
    found = rank(items, words)
    if not found:
        return list(items) if _STEP.search(words) else []
    if not plural(words):
        return [found[0].item]
    return [f.item for f in found if f.score >= found[0].score - 0.7]


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
    exact = [i for i in pool if re.search(rf"(?<![\w-]){re.escape(i.id.lower())}(?![\w-])", words.lower())]
    if exact:
        return max(exact, key=lambda i: len(i.id))
    found = rank(pool, words)
    if found and found[0].score >= 2:
        return found[0].item
    return pool[0] if len(pool) == 1 else None
