"""What an evaluation looks at: drafts and answers have these members in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from copilot.draft.contract import Request


class Reply(Protocol):
    """A draft or an answer."""

    @property
    def status(self) -> str: ...
    @property
    def flow(self) -> str | None: ...
    @property
    def questions(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def reason(self) -> str: ...


MakeAnswer = Callable[[Request], Reply]


def delivered(reply: Reply) -> bool:
    """Whether the reply hands a flow over as done."""
    return reply.flow is not None and reply.status in ("ok", "drafted")


def said(reply: Reply) -> str:
    """Everything the reader gets to see, for looking for what must not be there."""
    return "\n".join([reply.flow or "", reply.reason, *reply.questions, *reply.notes])
