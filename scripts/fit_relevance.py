"""Fit the model that tells a question about Kestra from one about anything else; see rag/relevance.py.

    python scripts/fit_relevance.py [--home FOLDER]

Learns from scripts/data/relevance_in.txt and relevance_out.txt and from the questions that head the corpus's own
guides. The threshold is set so that 1 % of the known good queries are lost in cross-validation.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from rag import Knowledge, relevance
from rag.relevance import features

DATA = Path(__file__).parent / "data"
TARGET = "1.1"
LOST = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "flowwright-fit")
    knowledge = Knowledge.open(parser.parse_args().home)
    retriever = knowledge.retriever
    good = lines("relevance_in.txt")
    bad = lines("relevance_out.txt")
    headings = sorted(set(knowledge.headings()))
    rows, labels = [], []
    for text, label in [*((t, 1) for t in [*good, *headings]), *((t, 0) for t in bad)]:
        signals = retriever.signals(text, TARGET)
        rows.append([*map(float, signals.vector), *features(signals)])
        labels.append(label)
    x, y = np.array(rows), np.array(labels)
    weights = np.where(np.arange(len(y)) < len(good), 1.0, np.where(y == 1, 0.3, 1.0))
    held = np.zeros(len(y))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=1).split(x, y):
        held[test] = fit(x[train], y[train], weights[train]).decision_function(x[test])
    own = np.arange(len(y)) < len(good)
    threshold = float(np.quantile(held[own], LOST))
    print(f"{len(good)} good queries, {len(headings)} headings, {len(bad)} others; threshold {threshold:.3f}")
    print(f"cross-validated: {np.mean(held[own] < threshold):.3f} of the good lost,"
          f" {np.mean(held[y == 0] < threshold):.3f} of the others recognised by the model alone")  # fmt: skip
    model = fit(x, y, weights)
    path = Path(relevance.__file__).parent / "words" / "relevance.json"
    path.write_text(
        json.dumps(
            {
                "embedder": knowledge.embedder.name,
                "bias": round(float(model.intercept_[0]), 4),
                "threshold": round(threshold, 4),
                "weights": [round(float(w), 4) for w in model.coef_[0]],
            }
        )
        + "\n",
        encoding="utf-8",
    )


def fit(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=3.0, max_iter=2000, class_weight="balanced").fit(x, y, sample_weight=weights)


def lines(name: str) -> list[str]:
    return [line for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
