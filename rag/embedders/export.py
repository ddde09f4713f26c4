"""The two steps that need torch: loading a sentence-transformers model, and exporting it to ONNX."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import Any

from rag.errors import EmbedderMissing


def load_sentence_transformer(source: str) -> Any:
    """The model on the CPU, without touching the network when ``source`` is a folder."""
    local = Path(source).is_dir()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if local:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(source, device="cpu", local_files_only=local)
    except (ImportError, OSError, ValueError) as error:
        raise EmbedderMissing(
            f"the embedding model {source} cannot be loaded: {error}", hint="check its name or folder, or use minilm"
        ) from error


def export_onnx(model: Any, target: Path) -> None:
    """Writes encoder, mean pooling and normalisation as one graph: ids and mask in, vectors of length 1 out.

    ValueError for a model whose modules are anything else.
    """
    import torch

    if getattr(model[1], "pooling_mode", None) != "mean" or len(model) > 3:
        raise ValueError("only transformer, mean pooling, normalise can be exported")

    class Sentence(torch.nn.Module):
        def __init__(self, encoder: Any) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weights = attention_mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    ids = torch.ones((2, 8), dtype=torch.int64)
    dynamic = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Sentence(model[0].auto_model).eval(),
            (ids, torch.ones_like(ids)),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": dynamic, "attention_mask": dynamic, "vectors": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
