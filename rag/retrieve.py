"""Finds chunks: exact type names, full text and vectors, fused by rank; or says that nothing is relevant."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.embedders import Embedder
from rag.index.generation import Generation
from rag.index.lexical import Row
from rag.model import Found, Hit
from rag.query import (
    SUPERSEDED,
    Named,
    TypeNames,
    asks_for_change,
    reports_error,
    steps_of,
    versions_in,
    words_of,
)
from rag.relevance import Signals, objection
from rag.rerank import Reranker, reordered
from rag.spelling import Spelling
from rag.versions import covers, version_number
from rag.words import is_common, package_words, product_words, synonyms
from rag.words.languages import in_english

if TYPE_CHECKING:
    from rag.embedders import Vectors

_RERANKED = 24
_RANK = 20
"""Reciprocal rank fusion adds 1 / (rank + this); small, since the first few ranks of either list are what counts."""
_NAMED = 6.0
"""Enough that nothing comes before a type that is named."""
_SYNONYMS = 0.4
_LINKS = 0.9
_LINKING = 12
"""Pages whose types are followed."""
_ONE_TOKEN = 3
"""Tokens of a word that the model holds whole, with the two that it puts around each text: a common English word."""
_SCORED = 6000
"""Chunks that one full-text search may have to score, unless its rarest word alone stands in more."""
_REFERENCE = 1.25
_SPECIAL = 0.7
"""For a type of a product that the query does not name."""
_PRODUCT = 1.3
"""For a type of a product that the query names."""
_PAID_NAMED = 0.9
_ERROR_REFERENCE = 0.85
_CHANGE_BONUS = 1.25
_VERSION_BONUS = 1.6


@dataclass(frozen=True, slots=True)
class Stages:
    """What takes part in a search; switched off one by one to measure what each is worth."""

    understanding: bool = True
    full_text: bool = True
    vectors: bool = True
    exact: bool = True
    steps: bool = True
    synonyms: bool = True
    links: bool = True
    priors: bool = True
    rerank: bool = True
    abstain: bool = True


@dataclass(slots=True)
class _Candidate:
    ranks: dict[str, int] = field(default_factory=dict)
    score: float = 0.0
    cosine: float = 0.0


class Retriever:
    """Searches one opened generation. Safe to share between threads."""

    def __init__(self, generation: Generation, embedder: Embedder, reranker: Reranker | None = None) -> None:
        self._reranker = reranker
        self._lexical = generation.lexical
        self._vectors = generation.vectors
        self._embedder = embedder
        self._chunks = generation.manifest.chunks
        self._ranges = {n: (kind, since, removed, doc) for n, kind, since, removed, doc in self._lexical.ranges()}
        self._own = self._lexical.beside("corpus")
        self.types = TypeNames.of(self._lexical.references())
        self._mentions = self._lexical.mentions()
        spoken = Counter(name for names in self._mentions.values() for name in set(names))
        pages = len(self._mentions)
        self._spelling = Spelling(self._lexical, lambda word: embedder.count_tokens(word) <= _ONE_TOKEN)
        self._rarity = {name: math.log(1 + pages / n) / math.log(1 + pages) for name, n in spoken.items()}

    def search(
        self,
        words: str,
        *,
        k: int,
        target: str,
        kinds: Sequence[str] | None = None,
        stages: Stages = Stages(),
    ) -> Found:
        """At most ``k`` hits for the target version, best first, at most one a type."""
        named = self.types.named_in(words) if stages.exact else Named()
        if stages.understanding:
            words = self.understood(words)
        vector = self._embedder.embed_query(words)
        candidates = self._candidates(words, vector, named, target, kinds, stages)
        rows = self._lexical.rows(list(candidates))
        if stages.abstain and not named.certain:
            signals = self._signals(words, vector, candidates, rows)
            if reason := objection(words, named.unknown, signals, self._embedder.name):
                return Found(reason=reason)
        if stages.links:
            self._follow(candidates, version_number(target), kinds)
            rows |= self._lexical.rows([n for n in candidates if n not in rows])
        ranked = self._ranked(words, candidates, rows, stages)
        chosen = self._spread(ranked, rows, max(k, _RERANKED) if self._reranker else k)
        if self._reranker is not None and stages.rerank:
            chosen = self._second_look(words, chosen, rows, self._reranker)
        return Found([self._hit(rows[n], c, target) for n, c in chosen[:k]])

    @staticmethod
    def _second_look(
        words: str, chosen: list[tuple[int, _Candidate]], rows: dict[int, Row], reranker: Reranker
    ) -> list[tuple[int, _Candidate]]:
        """The best by the cross-encoder and by rank; types that were named stay first."""
        named = [item for item in chosen if "name" in item[1].ranks]
        rest = {n: c for n, c in chosen if "name" not in c.ranks}
        scores = reranker.scores(words, [f"{rows[n].facts['title']}\n{rows[n].text}" for n in rest])
        order = reordered(list(rest), scores)
        for place, number in enumerate(order, 1):
            rest[number].ranks["rerank"] = place
        return [*named, *((n, rest[n]) for n in order)]

    def _candidates(
        self,
        words: str,
        vector: Vectors,
        named: Named,
        target: str,
        kinds: Sequence[str] | None,
        stages: Stages,
    ) -> dict[int, _Candidate]:
        at = version_number(target)
        found: dict[int, _Candidate] = {}
        if stages.exact:
            self._add(found, "name", _NAMED, [n for n in named.certain if self._wanted(n, None, kinds)])
            self._add(found, "name?", 1.0, [n for n in named.likely if self._wanted(n, at, kinds)])
        asked = [(words, 1.0), *((s, 0.5) for s in (steps_of(words) if stages.steps else []))]
        for index, (text, weight) in enumerate(asked):
            suffix = f" of step {index}" if index else ""
            if stages.full_text:
                self._add(found, f"words{suffix}", weight, self._holding(words_of(text), at, kinds, 60))
                others = synonyms(words_of(text)) if stages.synonyms else []
                self._add(found, f"synonyms{suffix}", weight * _SYNONYMS, self._holding(others, at, kinds, 40))
            if stages.vectors:
                near = self._near(self._embedder.embed_query(text) if index else vector, at, kinds)
                self._add(found, f"meaning{suffix}", weight, [n for n, _ in near])
                for number, cosine in near:
                    found[number].cosine = max(found[number].cosine, cosine)
        return found

    def understood(self, words: str) -> str:
        """The words in English and without slips, as far as word lists and the index go."""
        return self._spelling.corrected(in_english(words, self._lexical.frequencies) or words)

    def signals(self, words: str, target: str) -> Signals:
        """What the judgement on relevance is made of."""
        vector = self._embedder.embed_query(words)
        candidates = self._candidates(words, vector, Named(), target, None, Stages(steps=False))
        return self._signals(words, vector, candidates, self._lexical.rows(list(candidates)))

    def _signals(self, words: str, vector: Vectors, candidates: dict[int, _Candidate], rows: dict[int, Row]) -> Signals:
        asked = words_of(words)
        meant = {w: [w, *synonyms([w])] for w in asked}
        counted = self._lexical.frequencies([x for forms in meant.values() for x in forms])
        frequencies = {w: max(counted[x] for x in forms) for w, forms in meant.items()}
        rarity = {w: math.log(1 + self._chunks / (1 + counted[w])) for w in asked}
        best = sorted(candidates, key=lambda n: -candidates[n].score)[:5]
        total = sum(rarity.values()) or 1.0
        covered = dict.fromkeys(best, 0.0)
        for number in best:
            text = f"{rows[number].facts['title']} {rows[number].text}".lower()
            held = (rarity[w] for w in asked if any(x[:5] in text for x in meant[w]))
            covered[number] = sum(held) / total
        return Signals(
            words=asked,
            frequencies=frequencies,
            subjects=self._lexical.subjects(asked) if len(asked) <= 5 else set(),
            best=max((c.cosine for c in candidates.values()), default=0.0),
            covered=max(covered.values(), default=0.0),
            covered_by_own=max((c for n, c in covered.items() if n in self._own), default=0.0),
            vector=vector,
        )

    def _holding(self, words: Sequence[str], at: int, kinds: Sequence[str] | None, want: int) -> list[int]:
        """Chunks with any of the words that the target may see. Filtering here is faster than a join, as long as most
        chunks pass; it asks for more until there are enough."""
        limit = want * 2
        words = self._telling(words)
        while True:
            hits = self._lexical.search(words, limit)
            kept = [n for n in hits if self._wanted(n, at, kinds)]
            if len(kept) >= want or len(hits) < limit:
                return kept[:want]
            limit *= 4

    def _telling(self, words: Sequence[str]) -> Sequence[str]:
        """The rarest of the words, as many as can be ranked in time: every chunk that holds one of them is scored, and
        in a large index the words that stand everywhere cost the most and tell the least."""
        counted = self._lexical.frequencies(words)
        chosen: set[str] = set()
        scored = 0
        for word in sorted(words, key=lambda w: counted[w]):
            if scored and scored + counted[word] > _SCORED:
                break
            scored += counted[word]
            chosen.add(word)
        return [w for w in words if w in chosen]

    def _near(self, vector: Vectors, at: int, kinds: Sequence[str] | None, want: int = 60) -> list[tuple[int, float]]:
        """The nearest chunks that the target may see; asks for more until there are enough of them."""
        k = min(want * 2, self._chunks)
        while True:
            near = self._vectors.query(vector, k)
            kept = [(n, c) for n, c in near if self._wanted(n, at, kinds)]
            if len(kept) >= want or k >= self._chunks:
                return kept[:want]
            k = min(k * 4, self._chunks)

    def _wanted(self, number: int, at: int | None, kinds: Sequence[str] | None) -> bool:
        kind, since, removed, _ = self._ranges[number]
        return (kinds is None or kind in kinds) and (at is None or since <= at < removed)

    @staticmethod
    def _add(found: dict[int, _Candidate], name: str, weight: float, numbers: Iterable[int]) -> None:
        for rank, number in enumerate(numbers, 1):
            candidate = found.setdefault(number, _Candidate())
            candidate.ranks.setdefault(name, rank)
            candidate.score += weight / (rank + _RANK)

    def _follow(self, candidates: dict[int, _Candidate], at: int, kinds: Sequence[str] | None) -> None:
        """Pages and examples that were found speak for the types they use; the more, the rarer the type is."""
        if kinds is not None and "reference" not in kinds:
            return
        votes: dict[int, float] = {}
        pages = sorted((n for n in candidates if n in self._mentions), key=lambda n: -candidates[n].score)
        for number in pages[:_LINKING]:
            names = self._mentions[number]
            for name in names:
                for reference in self.types.full.get(name.lower(), [])[:1]:
                    vote = candidates[number].score * self._rarity[name] / math.sqrt(len(names))
                    votes[reference] = votes.get(reference, 0.0) + vote
        best = sorted((n for n in votes if self._wanted(n, at, kinds)), key=lambda n: -votes[n])
        strongest = candidates[pages[0]].score if pages else 1.0
        for rank, number in enumerate(best[:20], 1):
            candidate = candidates.setdefault(number, _Candidate())
            candidate.ranks["used"] = rank
            candidate.score += _LINKS * min(1.0, votes[number] / strongest) / (1 + _RANK)

    def _ranked(
        self, words: str, candidates: dict[int, _Candidate], rows: dict[int, Row], stages: Stages
    ) -> list[tuple[int, _Candidate]]:
        if stages.priors:
            query = _Query.of(words)
            for number, candidate in candidates.items():
                candidate.score *= _prior(rows[number], query, "name" in candidate.ranks)
        return sorted(candidates.items(), key=lambda item: (-item[1].score, item[0]))

    def _spread(
        self, ranked: Sequence[tuple[int, _Candidate]], rows: dict[int, Row], k: int
    ) -> list[tuple[int, _Candidate]]:
        """One hit a reference document and two a page, so that ten hits are not ten parts of one thing."""
        taken: dict[str, int] = {}
        out = []
        for number, candidate in ranked:
            document = self._ranges[number][3]
            allowed = 1 if rows[number].kind == "reference" else 2
            if taken.get(document, 0) < allowed:
                taken[document] = taken.get(document, 0) + 1
                out.append((number, candidate))
            if len(out) == k:
                break
        return out

    def _hit(self, row: Row, candidate: _Candidate, target: str) -> Hit:
        facts = row.facts
        outside = not covers(facts["since"], facts["removed"], target)
        why = ", ".join(f"{name} #{rank}" for name, rank in sorted(candidate.ranks.items(), key=lambda x: x[1]))
        return Hit(
            chunk=row.id,
            kind=row.kind,  # type: ignore[arg-type]
            title=str(facts["title"]),
            text=row.text,
            origin=str(facts["origin"]),
            version_since=facts["since"],
            version_removed=facts["removed"],
            types=tuple(facts["types"]),
            heading_path=tuple(facts["path"]),
            score=round(candidate.score, 6),
            why=f"{why}; not in {target}" if outside else why,
            topics=tuple(facts.get("topics") or ()),
            mentions=tuple(facts["mentions"]),
            aliases=tuple(facts["aliases"]),
            ranks={**candidate.ranks, "cosine": round(candidate.cosine, 4)},
        )


@dataclass(frozen=True, slots=True)
class _Query:
    """What a query says about the kind of answer that it wants."""

    words: frozenset[str]
    versions: frozenset[str]
    changes: bool
    error: bool

    @classmethod
    def of(cls, text: str) -> _Query:
        words = words_of(text)
        joined = [a + b for a, b in pairwise(words)]
        return cls(frozenset([*words, *joined]), versions_in(text), asks_for_change(words), reports_error(text))


def _prior(row: Row, query: _Query, named: bool) -> float:
    """How likely a chunk is meant, whatever its words: references before pages, the usual before the special."""
    if row.kind != "reference":
        topics = row.facts.get("topics") or ()
        if any(f"release notes {v}" in topics for v in query.versions):
            return row.weight * _VERSION_BONUS
        about_change = any(t.startswith(("migration", "release notes")) for t in topics)
        return row.weight * (_CHANGE_BONUS if query.changes and about_change else 1.0)
    if named:
        return 1.0
    name = row.types[0]
    package = package_words(name) & query.words
    meant = is_common(name) or bool(package) or bool(product_words(name) & query.words)
    superseded = row.weight < SUPERSEDED and query.changes
    # Who names the product of a paid plugin means it.
    weight = max(row.weight, _PAID_NAMED) if package and row.weight >= SUPERSEDED else row.weight
    likelihood = (1.0 if superseded else weight) * (1.0 if meant else _SPECIAL)
    if query.error:
        return likelihood * _ERROR_REFERENCE
    return likelihood * _REFERENCE * (_PRODUCT if package else 1.0)
