"""Gemini embeddings through google-genai. Costs a network call for each batch and each query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import EmbedderMissing
from rag.settings import KnowledgeSettings

if TYPE_CHECKING:
    from rag.embedders import Vectors

_BATCH = 100
_LIMIT = 2048


class GeminiEmbedder:
    """``gemini_dimension`` may be lower than the model's own; shortened vectors are brought back to length 1."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        if not settings.gemini_api_key:
            raise EmbedderMissing("Gemini embeddings need a key", hint="set GEMINI_API_KEY, or use the minilm embedder")
        self._settings = settings
        self._client: Any = None
        self.name = f"{settings.gemini_model}/{settings.gemini_dimension}"
        self.dimension = settings.gemini_dimension
        self.max_tokens = _LIMIT

    def count_tokens(self, text: str) -> int:
        """An upper estimate, since the model's tokenizer is not public: three characters a token."""
        return len(text) // 3 + 2

    def prepare(self, texts: int) -> None:
        """Nothing to choose: few or many, they go in batches."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        out: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            out += self._call(texts[start : start + _BATCH], "RETRIEVAL_DOCUMENT")
        return _normal(np.asarray(out, dtype=np.float32).reshape(len(texts), self.dimension))

    def embed_query(self, text: str) -> Vectors:
        import numpy as np

        vector: Vectors = _normal(np.asarray(self._call([text], "RETRIEVAL_QUERY"), dtype=np.float32))[0]
        return vector

    def _call(self, texts: Sequence[str], task: str) -> list[list[float]]:
        from google.genai import errors, types

        # One Content a text: a plain list of strings becomes a single embedding with newer models.
        contents = [types.Content(parts=[types.Part(text=t)]) for t in texts]
        config = types.EmbedContentConfig(task_type=task, output_dimensionality=self.dimension)
        try:
            answer = self._opened().models.embed_content(
                model=self._settings.gemini_model, contents=contents, config=config
            )
        except (errors.APIError, OSError, ValueError) as error:
            raise EmbedderMissing(f"Gemini did not embed the texts: {error}", hint="try again later") from error
        except Exception as error:
            # The transport's errors have no base of their own that both of its flavours share.
            raise EmbedderMissing(f"Gemini cannot be reached: {error}", hint="check the network") from error
        found = [list(e.values or ()) for e in answer.embeddings or ()]
        if len(found) != len(texts) or any(len(v) != self.dimension for v in found):
            raise EmbedderMissing(
                f"Gemini gave {len(found)} vectors for {len(texts)} texts, or of another dimension",
                hint=f"check that {self._settings.gemini_model} can give {self.dimension} dimensions",
            )
        return found

    def _opened(self) -> Any:
        if self._client is None:
            from google import genai
            from google.genai import types

            retry = types.HttpRetryOptions(attempts=4, initial_delay=1.0, max_delay=20.0)
            options = types.HttpOptions(base_url=self._settings.gemini_base_url, timeout=60_000, retry_options=retry)
            self._client = genai.Client(api_key=self._settings.gemini_api_key, http_options=options)
        return self._client


def _normal(vectors: Vectors) -> Vectors:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return result
