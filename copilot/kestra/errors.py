"""What can go wrong with a Kestra server, each with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from copilot.errors import CopilotError


class KestraError(CopilotError):
    """Root of what a Kestra server can refuse or fail at."""

    kind = "environment"
    code = "kestra-error"


class ServerUnreachable(KestraError):
    """Nothing answers at the address, or not in time."""

    code = "kestra-unreachable"


class Unauthorized(KestraError):
    """The server wants other credentials (401), or these may not do that (403)."""

    code = "kestra-unauthorized"


class TenantMissing(KestraError):
    """The server has no such tenant."""

    code = "kestra-tenant"


class ServerFailed(KestraError):
    """The server answered with 5xx, again and again."""

    code = "kestra-failed"


class NotKestra(KestraError):
    """Something answers that does not speak like Kestra."""

    code = "not-kestra"


class Missing(KestraError):
    """The server does not have what was named (404)."""

    kind = "not_found"
    code = "kestra-not-found"


class Conflict(KestraError):
    """The state of things forbids it (409)."""

    kind = "refused"
    code = "kestra-conflict"


class Rejected(KestraError):
    """The server finds the request wrong (400, 422); ``violations`` are its own words."""

    kind = "invalid"
    code = "kestra-rejected"

    def __init__(self, message: str, *, hint: str = "", violations: Sequence[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.violations = tuple(violations)
