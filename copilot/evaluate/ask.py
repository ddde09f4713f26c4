"""`flowwright eval ask`: questions with facts that a right answer contains, and some that have no answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from copilot.ask import Answer, ask
from copilot.draft.text_model import TextModel
from copilot.evaluate.report import Report, shares
from rag import Knowledge

DEFAULT_TARGET = "1.1"


def evaluate(rows: Sequence[Mapping[str, Any]], knowledge: Knowledge, provider: TextModel | None = None) -> Report:
    """``answered``: the facts asked for are there, over answerable rows; ``declined_right``: over the others.
    ``quotes_verbatim``: over all citations."""
    answered: list[bool] = []
    declined: list[bool] = []
    verbatim: list[bool] = []
    failures: list[dict[str, Any]] = []
    for row in rows:
        target = str(row.get("target_version") or DEFAULT_TARGET)
        answer = ask(str(row["question"]), knowledge, target=target, provider=provider)
        quotes = [c.quote in (knowledge.chunk_text(c.chunk) or "") for c in answer.citations]
        verbatim += quotes
        why = _why(row, answer)
        (declined if row.get("type") == "unanswerable" else answered).append(not why)
        if not all(quotes):
            why = f"{why}; a quote does not stand in its chunk".lstrip("; ")
        if why:
            failures.append({"id": row["id"], "why": why})
    scores, intervals = shares(
        {
            "answered": (sum(answered), len(answered)),
            "quotes_verbatim": (sum(verbatim), len(verbatim)),
            "declined_right": (sum(declined), len(declined)),
        }
    )
    return Report(len(rows), scores, intervals, failures)


def _why(row: Mapping[str, Any], answer: Answer) -> str:
    """What is wrong with an answer; empty when nothing is."""
    unanswerable = row.get("type") == "unanswerable"
    if unanswerable and answer.confident:
        return f"{row['question']!r} was answered though it has no answer"
    if not unanswerable and not answer.confident:
        return f"{row['question']!r} was declined though it has an answer"
    missing = [group for group in row.get("answer_contains") or [] if not any(_said(answer.answer, w) for w in group)]
    if missing:
        return f"the answer to {row['question']!r} lacks " + "; ".join(" or ".join(map(repr, g)) for g in missing)
    forbidden = [text for text in row.get("must_not") or [] if text in answer.answer]
    return f"the answer to {row['question']!r} holds {forbidden[0]!r}" if forbidden else ""


def _said(text: str, words: str) -> bool:
    """Whether the words stand in the text, as words, whatever their case."""
    start = r"(?<!\w)" if words[:1].isalnum() else ""
    end = r"(?!\w)" if words[-1:].isalnum() else ""
    return re.search(start + re.escape(words) + end, text, re.IGNORECASE) is not None
