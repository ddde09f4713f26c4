"""Vectors that ship with the corpus, so that the first start need not embed it: half precision, keyed by text hash."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.embedders import Vectors

log = logging.getLogger(__name__)

FOLDER = "vectors"
_KEY = 16
"""Hex digits of a text's SHA-256 that are kept: 64 bits are plenty for some thousand texts."""


def file_name(model: str) -> str:
    return f"{model.replace('/', '-').replace('@', '-')}.npz"


def read_bundled(corpus: Path, model: str, digests: Iterable[str]) -> dict[str, Vectors]:
    """The shipped vectors of these texts for this model; none when the corpus ships none or the file is unreadable."""
    import numpy as np

    path = corpus / FOLDER / file_name(model)
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, ValueError, KeyError) as error:
        log.warning("the bundled vectors %s cannot be read (%s); the corpus is embedded instead", path.name, error)
        return {}
    place = {key.decode(): row for row, key in enumerate(keys.tolist())}
    out: dict[str, Vectors] = {}
    for digest in digests:
        row = place.get(digest[:_KEY])
        if row is not None:
            vector = vectors[row].astype(np.float32)
            out[digest] = vector / np.linalg.norm(vector)
    return out


def write_bundled(corpus: Path, model: str, vectors: Mapping[str, Vectors]) -> Path:
    """Writes them in the order of their keys: the same vectors give the same file."""
    import numpy as np

    path = corpus / FOLDER / file_name(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    digests = sorted(vectors)
    keys = np.array([d[:_KEY].encode() for d in digests], dtype=f"S{_KEY}")
    with path.open("wb") as stream:
        np.savez_compressed(stream, keys=keys, vectors=np.stack([vectors[d] for d in digests]).astype(np.float16))
    return path
