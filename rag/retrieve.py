"""Finds chunks: exact type names, full text and vectors, fused by rank; or says that nothing is relevant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.embedders import Embedder
from rag.index.generation import Generation
from rag.index.lexical import Row
from rag.model import Found, Hit
from rag.query import Named, TypeNames, steps_of, words_of
from rag.versions import covers, version_number

if TYPE_CHECKING:
    from rag.embedders import Vectors

_RANK = 20
"""Reciprocal rank fusion adds 1 / (rank + this); small, since the first few ranks of either list are what counts."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What takes part in a search; switched off one by one to measure what each is worth."""

    full_text: bool = True
    vectors: bool = True
    exact: bool = True
    steps: bool = True
    priors: bool = True
    abstain: bool = True


@dataclass(slots=True)
class _Candidate:
    ranks: dict[str, int] = field(default_factory=dict)
    score: float = 0.0
    cosine: float = 0.0


class Retriever:
    """Searches one opened generation. Safe to share between threads."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self._lexical = generation.lexical
        self._vectors = generation.vectors
        self._embedder = embedder
        self._chunks = generation.manifest.chunks
        self._ranges = {n: (kind, since, removed, doc) for n, kind, since, removed, doc in self._lexical.ranges()}
        self.types = TypeNames.of(self._lexical.references())

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
        candidates = self._candidates(words, named, target, kinds, stages)
        rows = self._lexical.rows(list(candidates))
        ranked = self._ranked(candidates, rows, stages)
        return Found([self._hit(rows[n], c, target) for n, c in self._spread(ranked, rows, k)])

    def _candidates(
        self, words: str, named: Named, target: str, kinds: Sequence[str] | None, stages: Stages
    ) -> dict[int, _Candidate]:
        at = version_number(target)
        found: dict[int, _Candidate] = {}
        if stages.exact:
            self._add(found, "name", 3.0, [n for n in named.certain if self._wanted(n, None, kinds)])
            self._add(found, "name?", 1.0, [n for n in named.likely if self._wanted(n, at, kinds)])
        asked = [(words, 1.0), *((s, 0.5) for s in (steps_of(words) if stages.steps else []))]
        for index, (text, weight) in enumerate(asked):
            suffix = f" of step {index}" if index else ""
            if stages.full_text:
                hits = self._lexical.search(words_of(text), limit=60, target=at, kinds=kinds)
                self._add(found, f"words{suffix}", weight, [n for n, _ in hits])
            if stages.vectors:
                near = self._near(self._embedder.embed_query(text), at, kinds)
                self._add(found, f"meaning{suffix}", weight, [n for n, _ in near])
                for number, cosine in near:
                    found[number].cosine = max(found[number].cosine, cosine)
        return found

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

    def _ranked(
        self, candidates: dict[int, _Candidate], rows: dict[int, Row], stages: Stages
    ) -> list[tuple[int, _Candidate]]:
        for number, candidate in candidates.items():
            if stages.priors and "name" not in candidate.ranks:
                candidate.score *= rows[number].weight
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


__all__ = ["Retriever", "Stages", "replace"]
