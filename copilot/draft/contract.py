"""What every drafter is given and gives back. ``gemini``, ``offline`` and the scripted test drafter all fit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from engine.flow.findings import Finding


@dataclass(frozen=True, slots=True)
class Source:
    """A retrieved chunk as the drafter sees it: data, never instructions."""

    chunk: str
    kind: Literal["reference", "example", "prose"]
    title: str
    text: str
    origin: str
    version: str
    types: tuple[str, ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """Words in, with everything the drafter may use. ``flow`` is the flow to change, when there is one;
    ``answers`` are what the reader replied to earlier questions."""

    words: str
    target: str = "1.1"
    namespace: str = "company.team"
    flow: str | None = None
    sources: Sequence[Source] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    documents: Sequence[Source] = ()
    """Documents handed in with the request (never trusted)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a draft cost. ``seconds`` is time waited for the model; zero everywhere for keyless drafters."""

    model_calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.model_calls + other.model_calls,
            self.prompt_tokens + other.prompt_tokens,
            self.output_tokens + other.output_tokens,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """One attempt. ``status``: ``drafted`` (flow is there), ``needs_input`` (questions are), ``refused`` (reason is).

    A draft may carry a flow and questions together: placeholders it marked. ``not_understood`` holds the parts
    of the words that changed nothing, verbatim; ``notes`` are remarks for the reader (a warning about what is lost,
    a secret moved out of the text); ``grounds`` maps a task id to chunk ids that led to it.
    """

    status: Literal["drafted", "needs_input", "refused"]
    flow: str | None = None
    questions: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""
    grounds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    usage: Usage = Usage()


class Drafter(Protocol):
    """Drafts a flow, and repairs one from located findings."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> str:
        """Model name, or '' for keyless drafters."""
        ...

    def draft(self, request: Request) -> Draft: ...
    def repair(self, request: Request, flow: str, findings: Sequence[Finding]) -> Draft:
        """The smallest change that removes the findings. An unchanged flow means: nothing more to try."""
        ...
