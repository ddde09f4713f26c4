"""The engine's error tree. Every error has a stable code, a message and a hint.

``kind`` says whose turn it is, and is all that a command line or an HTTP service needs
to choose an exit code or a status:

- ``invalid``: the flow, the expression or the input is wrong; its author corrects it
- ``refused``: understood, but not allowed (a fence, a permission, a state that forbids it)
- ``not_found``: the thing named does not exist
- ``environment``: something outside is missing (a program, a server, a file system)
- ``failed``: it was tried and did not work out
"""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal["invalid", "refused", "not_found", "environment", "failed"]


class EngineError(Exception):
    """Root of the tree: ``code`` (kebab-case, stable), ``message``, ``hint`` (what to do now)."""

    kind: ClassVar[Kind] = "failed"
    code: str = "engine-error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InvalidFlow(EngineError):
    """A flow that cannot be read or does not hold together."""

    kind = "invalid"
    code = "invalid-flow"


class InvalidInputs(EngineError):
    """Inputs that do not fit what the flow declares."""

    kind = "invalid"
    code = "invalid-inputs"


class NotFound(EngineError):
    """An execution, flow, file, key or secret that does not exist."""

    kind = "not_found"
    code = "not-found"


class Refused(EngineError):
    """Understood, and not allowed."""

    kind = "refused"
    code = "refused"


class EnvironmentMissing(EngineError):
    """Something outside the engine that a task needs is missing."""

    kind = "environment"
    code = "environment-missing"


class TaskFailed(EngineError):
    """A task run that did not work out; ``outputs`` are kept, as Kestra keeps those of a failing script."""

    code = "task-failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        outputs: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.outputs = outputs or {}
