"""Embed the bundled corpus and keep the vectors in docs_corpus/vectors, so that a first start need not do it.

    python scripts/build_vectors.py [--check]

Only texts that have no vector yet are embedded. ``--check`` writes nothing and exits 1 when any is missing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from docs_corpus import ROOT
from rag.chunk import Chunker
from rag.embedders import open_embedder
from rag.index.bundled import read_bundled, write_bundled
from rag.settings import KnowledgeSettings
from rag.sources.corpus import CorpusSource


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say how many are missing")
    parser.add_argument("--models", type=Path, help="folder for the exported model")
    arguments = parser.parse_args()
    models = arguments.models or Path(tempfile.gettempdir()) / "flowwright-models"
    embedder = open_embedder(KnowledgeSettings(), models)
    chunker = Chunker.of(embedder.count_tokens, embedder.max_tokens)
    texts = {c.digest: c.embedded for d in CorpusSource(ROOT).documents() for c in chunker.cut(d)}
    vectors = read_bundled(ROOT, embedder.name, texts)
    missing = sorted((d for d in texts if d not in vectors), key=lambda d: len(texts[d]))
    print(f"{len(texts)} texts, {len(missing)} without a vector")
    if arguments.check:
        return 1 if missing else 0
    for start in range(0, len(missing), 256):
        part = missing[start : start + 256]
        vectors.update(zip(part, embedder.embed([texts[d] for d in part]), strict=True))
        print(f"\r{start + len(part)} of {len(missing)}", end="", flush=True)
    path = write_bundled(ROOT, embedder.name, vectors)
    print(f"\n{path.relative_to(ROOT.parent)}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
