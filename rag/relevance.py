"""Whether anything can be relevant to a query at all: names nobody knows, versions yet to come, other subjects.

The last is judged by a small linear model over the query's vector and how well its words and its nearest chunk fit.
It was fitted by ``scripts/fit_relevance.py`` on queries of our own and holds for one embedding model only; with another
model the rules on names and versions still apply.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.query import asks_for_change, words_of
from rag.versions import version_number
from rag.words import is_foreign, stop_words

if TYPE_CHECKING:
    from rag.embedders import Vectors

NEWEST = "2.0"
"""The newest version that the bundled corpus knows."""

_ASKED_VERSION = re.compile(r"\b(?:kestra|version|v)\s*(\d+(?:\.\d+)+|\d+)\b", re.IGNORECASE)
_COMPOUND = re.compile(r"\b[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+\b")
_ASKED_THING = re.compile(
    r"(?:(?:the|a|an|any)\s+)?(?:kestra\s+)?((?:[\w-]+\s+){1,3})(?:plugins?|tasks?|triggers?|connector|integration|operator)"
    r"(?:\s+(?:for|in)\s+kestra)?[.?!]?$",
    re.IGNORECASE,
)
"""Asks for one thing by the name of a product, with nothing else said."""
_COMPLAINT = re.compile(r"\b(?:invalid type|no plugin found|unrecognized|unknown type|\w*exception)\b", re.IGNORECASE)
"""An error message quotes names that do not exist; the message is the matter then, not the name."""
_COMPANY = re.compile(
    r"\b(?:pric(?:e|es|ing)|costs?|expensive|fees?|discount|billing|stock|shares?|ceo|founders?|founded|salary|investors?"
    r"|headquarters|office|employees|careers|jobs|sales team|roadmap)\b",
    re.IGNORECASE,
)
_OURSELVES = re.compile(r"\bkestra\b|\benterprise (?:edition|plan|licen[cs]e)\b", re.IGNORECASE)
_ARTEFACT = frozenset(
    ["plugin", "plugins", "task", "tasks", "trigger", "triggers", "connector", "integration", "operator", "type"]
)
_OWN = 0.8
"""The model knows the bundled corpus; a user's own page that holds nearly all the words is relevant all the same."""
_NEAR = 0.7
"""Cosine of a passage that says the very thing; of the queries about other matters none that bears no unknown name or
version comes near it."""
_FILE = Path(__file__).parent / "words" / "relevance.json"


@dataclass(frozen=True, slots=True)
class Signals:
    """What retrieval saw of a query. ``frequencies``: chunks each word, or a word for the same, stands in;
    ``subjects``: words that name or head something; ``best``: the highest cosine; ``covered`` (0 to 1): share of the
    words, by rarity, that one of the best hits holds; ``covered_by_own``: the same for hits outside the corpus."""

    words: Sequence[str]
    frequencies: Mapping[str, int]
    subjects: Set[str]
    best: float
    covered: float
    vector: Vectors
    covered_by_own: float = 0.0

    @property
    def about(self) -> bool:
        """Whether all words but those that ask for a change name or head something."""
        return all(w in self.subjects or asks_for_change([w]) for w in self.words)

    @property
    def unknown(self) -> list[str]:
        return [w for w in self.words if not self.frequencies.get(w)]


@dataclass(frozen=True, slots=True)
class Model:
    """``weights``: one a dimension of the vector, then those of ``features``; at ``threshold`` and above: relevant."""

    embedder: str
    weights: tuple[float, ...]
    bias: float
    threshold: float


@cache
def fitted() -> Model | None:
    """The committed model; None when the file is not there."""
    if not _FILE.is_file():
        return None
    loaded = json.loads(_FILE.read_text(encoding="utf-8"))
    return Model(loaded["embedder"], tuple(loaded["weights"]), loaded["bias"], loaded["threshold"])


def features(signals: Signals) -> list[float]:
    """What is known beside the vector, each about 0 to 1."""
    words = len(signals.words)
    return [signals.best, signals.covered, len(signals.unknown) / words if words else 0.0]


def score(model: Model, signals: Signals) -> float:
    """The model's log-odds that something relevant exists."""
    values = [*(float(v) for v in signals.vector), *features(signals)]
    return model.bias + sum(w * v for w, v in zip(model.weights, values, strict=True))


def unknown_names(text: str, unknown_types: Sequence[str], signals: Signals) -> list[str]:
    """Names in the query that nothing in the index bears, when the query is about little else."""
    compounds = [w for w in _COMPOUND.findall(text) if w.lower() in signals.unknown]
    names = [*unknown_types, *compounds]
    others = [w for w in signals.words if signals.frequencies.get(w)]
    rest = [w for w in others if not any(w in n.lower() for n in names) and w not in _ARTEFACT]
    if names and len(rest) <= 4:
        return names
    asked = _ASKED_THING.match(text.strip())
    if asked:
        things = [w for w in words_of(asked[1]) if w not in signals.subjects]
        return things if not any(w in stop_words() for w in asked[1].lower().split()) else []
    return []


def unknown_version(text: str) -> str | None:
    """A version after the newest that is known."""
    for version in _ASKED_VERSION.findall(text):
        if version_number(version) > version_number(NEWEST):
            return str(version)
    return None


def objection(text: str, unknown_types: Sequence[str], signals: Signals, embedder: str) -> str:
    """Why nothing can be relevant; empty when something may be."""
    complaint = _COMPLAINT.search(text) is not None
    if not complaint and (names := unknown_names(text, unknown_types, signals)):
        return f"nothing is known under the name {', '.join(names)}"
    if version := unknown_version(text):
        return f"version {version} is not known; the newest known one is {NEWEST}"
    if _COMPANY.search(text) and _OURSELVES.search(text) and len(signals.words) <= 5:
        return "the documentation says nothing of prices or of the company"
    if complaint or is_foreign(text) or _ASKED_VERSION.search(text):
        return ""
    if asks_for_change(signals.words) and signals.about:
        return ""
    model = fitted()
    if model is None or model.embedder != embedder or signals.covered_by_own >= _OWN or signals.best >= _NEAR:
        return ""
    if score(model, signals) < model.threshold:
        return "nothing in the documentation fits these words"
    return ""
