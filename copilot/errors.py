"""The copilot's errors, and the one place that turns any of ours into an exit code or an HTTP status."""

from __future__ import annotations

from typing import ClassVar

EXIT = {"invalid": 1, "refused": 1, "not_found": 1, "failed": 1, "usage": 2, "environment": 3, "unexpected": 4}
STATUS = {
    "invalid": 422,
    "refused": 403,
    "not_found": 404,
    "failed": 500,
    "usage": 400,
    "environment": 503,
    "unexpected": 500,
}


def described(error: Exception) -> tuple[str, str, str, str] | None:
    """(kind, code, message, hint) of an error of any of our packages; None for one that is not ours."""
    kind = getattr(error, "kind", None)
    if not isinstance(kind, str) or kind not in EXIT:
        return None
    return (
        kind,
        str(getattr(error, "code", "error")),
        str(getattr(error, "message", error)),
        str(getattr(error, "hint", "")),
    )


class CopilotError(Exception):
    """``code`` (kebab-case, stable), ``message``, ``hint``; ``kind`` as in EXIT and STATUS."""

    kind: ClassVar[str] = "failed"
    code: str = "copilot-error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class Usage(CopilotError):
    """The call itself is wrong: an option, a file, a value."""

    kind = "usage"
    code = "usage"


class NotFound(CopilotError):
    """Something named does not exist."""

    kind = "not_found"
    code = "not-found"


class ProviderError(CopilotError):
    """A language model could not answer."""

    kind = "environment"
    code = "provider-error"


class ProviderKeyMissing(ProviderError):
    code = "provider-key-missing"


class ProviderKeyInvalid(ProviderError):
    code = "provider-key-invalid"


class ProviderQuota(ProviderError):
    """Too many requests; ``retry_after`` in seconds when the service said so."""

    code = "provider-quota"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    code = "provider-unavailable"


class ProviderTimeout(ProviderError):
    code = "provider-timeout"


class ProviderBlocked(ProviderError):
    """The service declined to answer for safety reasons."""

    kind = "refused"
    code = "provider-blocked"


class ProviderEmpty(ProviderError):
    """An answer without text."""

    kind = "failed"
    code = "provider-empty"


class ProviderCut(ProviderError):
    """The answer ended before its end (a cut stream, or the output limit)."""

    kind = "failed"
    code = "provider-cut"
