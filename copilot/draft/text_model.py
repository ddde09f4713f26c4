"""What drafting needs of a language model, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete answer. Tokens as billed: output includes thinking; ``seconds`` is time waited."""

    text: str
    prompt_tokens: int
    output_tokens: int
    seconds: float


class TextModel(Protocol):
    """Text in, text out. Raises copilot.errors.ProviderError and its children only."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> str: ...

    def generate_text(self, system: str, prompt: str, on_text: Callable[[str], None] | None = None) -> Reply:
        """``on_text`` receives pieces as they arrive; the reply is whole either way."""
        ...
