"""Measure retrieval: what each step is worth, speed of ingest, and how latency grows; written to docs/retrieval.md.

    python scripts/bench_retrieval.py CASES.jsonl [--sizes 1000,10000,50000] [--out docs/retrieval.md]
    python scripts/bench_retrieval.py CASES.jsonl --only-speed | --only-growth | --only-quality

Runs on the bundled corpus with the packaged model. Takes some minutes, most of them for the corpus without breadcrumbs
and the larger indexes. Figures of time are those of the machine it runs on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from docs_corpus import ROOT
from rag import Document, Knowledge, KnowledgeSettings
from rag.chunk import Chunker
from rag.embedders import Embedder, open_embedder
from rag.evaluate import Outcome, intervals, run, scores
from rag.retrieve import Stages
from rag.sources.corpus import CorpusSource

TOP = Path(__file__).resolve().parents[1]
LADDER = {
    "full text": (False, Stages(vectors=False, exact=False, steps=False, synonyms=False, links=False, priors=False)),
    "vectors": (False, Stages(full_text=False, exact=False, steps=False, synonyms=False, links=False, priors=False)),
    "fused": (False, Stages(exact=False, steps=False, synonyms=False, links=False, priors=False)),
    "+ breadcrumb": (True, Stages(exact=False, steps=False, synonyms=False, links=False, priors=False)),
    "+ names of types": (True, Stages(steps=False, synonyms=False, links=False, priors=False)),
    "+ synonyms": (True, Stages(steps=False, links=False, priors=False)),
    "+ decomposition": (True, Stages(links=False, priors=False)),
    "+ links from pages to types": (True, Stages(priors=False)),
    "+ likelihood (rerank)": (True, Stages()),
}
SHOWN = ["recall_at_5", "recall_at_10", "type_recall_at_10", "mrr_at_10", "ndcg_at_10", "p50_ms", "p95_ms"]
FINAL = [*SHOWN[:5], "wrong_version_at_5", "abstained_right", "answerable_lost", "tokens_at_10"]
TARGET = "1.1"
SPEED = ["what", "texts", "chunks per second", "bare", "of bare", "of bare (processor time)"]
ROUNDS = 5
UNSEEN = TOP / "tests" / "rag" / "questions"
UNSEEN_SHOWN = ["recall_at_10", "mrr_at_10", "abstained_right", "answerable_lost"]
UNSEEN_HEAD = [
    "Written in three portions, in hurried words, with slips, in four languages, before it was known how they fare.",
    "Each portion was tried once; then word lists, guides and ranking were mended by what it showed, and the next one",
    "was tried. So the first try of the last portion is the honest estimate; later figures are not. Answers are those",
    "of `ask` without a language model, over twenty further questions a portion (first try only).",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--sizes", default="1000,10000,50000")
    parser.add_argument("--out", type=Path, default=TOP / "docs" / "retrieval.md")
    parser.add_argument("--only-speed", action="store_true", help="print the speed of ingest and write nothing")
    parser.add_argument("--only-quality", action="store_true", help="print the tables of quality and write nothing")
    parser.add_argument("--only-growth", action="store_true", help="print the growth table and write nothing")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "flowwright-bench")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.cases.read_text("utf-8").splitlines() if line.strip()]
    models = arguments.work / "models"
    queries = [str(row["query"]) for row in rows]
    if arguments.only_speed:
        print("\n".join(ingest_speed(models)))
        return
    if arguments.only_growth:
        print("\n".join(growth(queries, [int(n) for n in arguments.sizes.split(",")], models)))
        return
    if arguments.only_quality:
        print("\n".join([*ladder(rows, models, arguments.work), *unseen(models, arguments.work)]))
        return
    parts = [
        *ladder(rows, models, arguments.work),
        *unseen(models, arguments.work),
        *ingest_speed(models),
        *growth(queries, [int(n) for n in arguments.sizes.split(",") if n], models),
    ]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("\n".join([*HEAD, *parts]) + "\n", encoding="utf-8")
    print(f"written to {arguments.out}")


HEAD = [
    "# How good and how fast retrieval is",
    "",
    "Made by `python scripts/bench_retrieval.py CASES.jsonl`; do not edit by hand. Quality is measured over queries",
    "with known relevant types and topics. A type counts as found when its reference is among the hits, not when a",
    "page merely mentions it. Brackets hold 95 % bootstrap intervals.",
    "",
]


def ladder(rows: list[dict[str, Any]], models: Path, work: Path) -> Iterator[str]:
    opened = {
        breadcrumb: Knowledge.open(
            work / f"ladder-{breadcrumb}", KnowledgeSettings(models=models, breadcrumb=breadcrumb), progress=heard
        )
        for breadcrumb in (True, False)
    }
    for knowledge in opened.values():
        knowledge.ingest([CorpusSource(ROOT)], heard)
    answerable = [row for row in rows if row["type"] != "unanswerable"]
    full = opened[True]
    yield f"Corpus: {full.manifest.documents} documents, {full.manifest.chunks} chunks. Model: {full.manifest.model}."
    yield f"Queries: {len(rows)}, of which {len(answerable)} have an answer. Cores: {os.cpu_count()}."
    yield from ["", "## What each step is worth", "", "Over the queries that have an answer, without abstaining.", ""]
    yield from table_head(["step", *SHOWN])
    by_type: dict[str, dict[str, float]] = {}
    for name, (breadcrumb, stages) in LADDER.items():
        outcomes = measured(opened[breadcrumb], answerable, Stages(**{**as_dict(stages), "abstain": False}))
        found = scores(outcomes)
        yield row_of(name, [found[s] for s in SHOWN])
        by_type[name] = {kind: scores(own)["recall_at_10"] for kind, own in grouped(outcomes).items()}
        print(name, {s: round(found[s], 3) for s in SHOWN})
    yield from ["", "A cross-encoder can follow (setting `cross_encoder`); none ships, so none is measured.", ""]
    kinds = list(next(iter(by_type.values())))
    yield from ["## Recall at ten by type of query", "", *table_head(["step", *kinds])]
    yield from (row_of(name, [own[k] for k in kinds]) for name, own in by_type.items())
    yield from final(measured(full, rows, Stages()))


def final(outcomes: list[Outcome]) -> Iterator[str]:
    found, spread = scores(outcomes), intervals(outcomes)
    yield from ["", "## As it is used", "", *table_head(["measure", "score", "interval"])]
    for name in FINAL:
        low_high = spread.get(name)
        yield f"| {name} | {found[name]:.3f} | {f'[{low_high[0]:.3f}, {low_high[1]:.3f}]' if low_high else ''} |"
    yield ""


def unseen(models: Path, work: Path) -> Iterator[str]:
    """Questions that were written before anybody saw how they fare: at the first try, as recorded, and today."""
    knowledge = Knowledge.open(work / "ladder-True", KnowledgeSettings(models=models), progress=heard)
    rows = [json.loads(line) for line in (UNSEEN / "unseen_retrieval.jsonl").read_text("utf-8").splitlines()]
    tries = json.loads((UNSEEN / "first_tries.json").read_text("utf-8"))
    yield from ["## Questions nobody tuned for", "", *UNSEEN_HEAD, ""]
    yield from table_head(["portion", "when", "questions", *UNSEEN_SHOWN, "answers right"])
    for portion in tries:
        yield row_of(f"{portion['portion']} | first try", [portion["questions"], *portion["scores"].values()])
    for portion in tries:
        own = [row for row in rows if row["portion"] == portion["portion"]]
        found = scores(measured(knowledge, own, Stages()))
        cells = row_of(f"{portion['portion']} | now", [len(own), *[found[s] for s in UNSEEN_SHOWN]])
        yield f"{cells} |"
    yield ""


def ingest_speed(models: Path) -> Iterator[str]:
    """The same texts by bare sentence-transformers and by ingests, in one run: all at once, and added to an index.

    Bare is timed before and after each ingest, since other work on the machine comes and goes; processor time, which
    other work hardly touches, is shown beside the clock's.
    """
    from sentence_transformers import SentenceTransformer

    from rag.embedders.local import packaged_minilm

    embedder = open_embedder(KnowledgeSettings(), models)
    chunker = Chunker.of(embedder.count_tokens, embedder.max_tokens)
    pages = [d for d in CorpusSource(ROOT).documents() if d.kind != "reference"]
    bare = SentenceTransformer(packaged_minilm(), device="cpu")
    texts = texts_of(list(CorpusSource(ROOT).documents()), chunker)
    bare.encode(texts[:16], batch_size=16)
    with tempfile.TemporaryDirectory() as home:
        settings = KnowledgeSettings(models=models, corpus=ROOT, bundled_vectors=False)
        opened: list[Knowledge] = []
        whole = paired(bare, texts, lambda: opened.append(Knowledge.open(Path(home), settings)))
        knowledge = opened[0]
        yield from ["## Speed of ingest", "", *table_head(SPEED)]
        yield speed_row("a first ingest (read, cut, embed, index, check)", len(texts), [whole])
        for share, what in ((1, "pages added to that index"), (8, "one in eight of these pages added")):
            rounds = []
            for number in range(ROUNDS):
                fresh = [renamed(d, f"{share}-{number}-{n}") for n, d in enumerate(pages[::share])]
                own = texts_of(fresh, chunker)
                source = Listed(f"bench-{share}-{number}", fresh)
                rounds.append(paired(bare, own, lambda source=source: knowledge.ingest([source])))  # type: ignore[misc]
            yield speed_row(f"{what}, median of {ROUNDS} rounds", len(own), rounds)
    yield ""


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of an ingest and of bare for the same texts, by the clock and by the processor."""

    ours: float
    bare: float
    ours_cpu: float
    bare_cpu: float


def paired(bare: Any, texts: list[str], ingest: Callable[[], Any]) -> Round:
    before, before_cpu = timed_twice(lambda: encode(bare, texts))
    ours, ours_cpu = timed_twice(ingest)
    after, after_cpu = timed_twice(lambda: encode(bare, texts))
    return Round(ours, (before + after) / 2, ours_cpu, (before_cpu + after_cpu) / 2)


def timed_twice(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds by the clock, and of all processors together."""
    started, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - busy


def speed_row(what: str, texts: int, rounds: list[Round]) -> str:
    """The median of the rounds, by their ratio."""
    own = sorted(rounds, key=lambda r: r.bare / r.ours)[len(rounds) // 2]
    cpu = sorted(r.bare_cpu / r.ours_cpu for r in rounds)[len(rounds) // 2]
    return row_of(what, [texts, texts / own.ours, texts / own.bare, own.bare / own.ours, cpu])


def texts_of(documents: Sequence[Document], chunker: Chunker) -> list[str]:
    return list({c.embedded for d in documents for c in chunker.cut(d)})


def encode(model: Any, texts: list[str]) -> None:
    """What bare sentence-transformers do with the texts."""
    model.encode(texts, batch_size=16, show_progress_bar=False)


def growth(queries: list[str], sizes: list[int], models: Path) -> Iterator[str]:
    """Latency over growing indexes: pages of shuffled words of the corpus, vectors near those of real chunks."""
    if not sizes:
        return
    real = open_embedder(KnowledgeSettings(), models)
    yield from [
        "## Latency as the index grows",
        "",
        "Made-up pages beside the bundled corpus; warm, one query at a time.",
    ]
    yield from ["", *table_head(["chunks", "open (s)", "p50 (ms)", "p95 (ms)"])]
    for size in sizes:
        with tempfile.TemporaryDirectory() as home:
            knowledge = Knowledge.open(Path(home), KnowledgeSettings(models=models), embedder=Sampled(real))
            if size > knowledge.manifest.chunks:
                knowledge.ingest([Listed("made-up", made_up(size - knowledge.manifest.chunks))], heard)
            else:
                knowledge.ingest([Listed("corpus", made_up(size))], heard)
            started = time.perf_counter()
            opened = Knowledge.open(Path(home), KnowledgeSettings(models=models), embedder=Sampled(real))
            seconds = time.perf_counter() - started
            times = timed(opened, queries)
            yield row_of(f"{opened.manifest.chunks}", [seconds, times[len(times) // 2], times[int(len(times) * 0.95)]])
            print(size, opened.manifest.chunks, f"p50 {times[len(times) // 2]:.1f} ms")


def timed(knowledge: Knowledge, queries: list[str]) -> list[float]:
    for query in queries[:20]:
        knowledge.search(query)
    times = []
    for query in queries * 3:
        started = time.perf_counter()
        knowledge.search(query, target=TARGET)
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


class Listed:
    """Documents as a source."""

    def __init__(self, key: str, documents: Sequence[Document]) -> None:
        self.key = key
        self._documents = documents

    def documents(self) -> Iterator[Document]:
        yield from self._documents


class Sampled:
    """Real vectors for queries and the corpus; for made-up pages a real vector with noise, since 50,000 real ones would
    take half an hour and say nothing about latency."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.dimension, self.max_tokens = real.name, real.dimension, real.max_tokens
        self.count_tokens, self.embed_query = real.count_tokens, real.embed_query
        self._base = real.embed([d.title for d in CorpusSource(ROOT).documents()])
        self._chance = np.random.default_rng(3)

    def prepare(self, texts: int) -> None:
        pass

    def embed(self, texts: Sequence[str]) -> Any:
        rows = self._base[self._chance.integers(len(self._base), size=len(texts))]
        noisy = rows + self._chance.normal(scale=0.03, size=rows.shape)
        return (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)


def made_up(count: int) -> list[Document]:
    """Pages of words drawn as often as the corpus itself uses them."""
    chance = random.Random(5)
    words = [w for d in CorpusSource(ROOT).documents() if d.kind == "prose" for w in d.body.split()]
    return [
        Document(
            id=f"page-{n}", kind="prose", title=" ".join(chance.choices(words, k=3)),
            body=" ".join(chance.choices(words, k=80)).replace("#", ""), origin=f"page-{n}",
        )
        for n in range(count)
    ]  # fmt: skip


def measured(knowledge: Knowledge, rows: list[dict[str, Any]], stages: Stages) -> list[Outcome]:
    knowledge.search("warm up", k=1)
    return run(
        rows,
        lambda words, target: knowledge.search(words, k=10, target=target, stages=stages),
        knowledge.embedder.count_tokens,
    )


def grouped(outcomes: list[Outcome]) -> dict[str, list[Outcome]]:
    return {kind: [o for o in outcomes if o.kind == kind] for kind in dict.fromkeys(o.kind for o in outcomes)}


def as_dict(stages: Stages) -> dict[str, bool]:
    return {name: getattr(stages, name) for name in Stages.__dataclass_fields__}


def document_fields(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in Document.__dataclass_fields__}


def renamed(document: Document, mark: str) -> Document:
    """Under another title, so that no vector is known yet."""
    return Document(**{**document_fields(document), "id": f"b{mark}", "title": f"{document.title} ({mark})"})


def table_head(names: list[str]) -> list[str]:
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]


def row_of(name: str, values: list[float]) -> str:
    cells = [str(v) if isinstance(v, int) else f"{v:.3f}" if v < 1.5 else f"{v:.1f}" for v in values]
    return f"| {name} | {' | '.join(cells)} |"


def heard(text: str) -> None:
    print(f"\r{text}   ", end="", flush=True)


if __name__ == "__main__":
    main()
