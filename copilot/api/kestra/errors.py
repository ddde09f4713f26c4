"""Errors on Kestra's paths: Kestra's shape and statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from copilot.errors import CopilotError

_STATUS = {"invalid": 422, "refused": 422, "not_found": 404, "usage": 422, "failed": 500, "environment": 500}
_CONFLICTS = ("bad-state", "disabled", "trigger-not-locked")
_MEANING = {
    400: "Bad Request",
    404: "Not Found",
    409: "Illegal state",
    422: "Invalid entity",
    500: "Internal server error",
}


class KestraLink(BaseModel):
    href: str
    templated: bool = False


class KestraErrorDetail(BaseModel):
    message: str
    path: str | None = None


class KestraErrorBody(BaseModel):
    """The shape of every error on Kestra's paths."""

    model_config = ConfigDict(populate_by_name=True)

    message: str
    links: dict[str, list[KestraLink]] = Field(alias="_links")
    embedded: dict[str, list[KestraErrorDetail]] | None = Field(None, alias="_embedded")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong, and where (``tasks[0].message``)."""

    path: str
    message: str


class InvalidEntity(CopilotError):
    """A flow or a request that breaks rules; every violation is told."""

    kind = "invalid"
    code = "invalid-entity"

    def __init__(self, violations: Sequence[Violation], *, hint: str = "") -> None:
        super().__init__(", ".join(f"{v.path}: {v.message}" if v.path else v.message for v in violations), hint=hint)
        self.violations = tuple(violations)


class BadRequest(CopilotError):
    """A request whose parameters mean nothing."""

    kind = "usage"
    code = "bad-request"
    status: ClassVar[int] = 400


class BulkInvalid(CopilotError):
    """Executions of a list that an action cannot be done to; none of the list is touched."""

    kind = "usage"
    code = "invalid-bulk"
    status: ClassVar[int] = 400

    def __init__(self, message: str, invalids: Sequence[tuple[str, str]]) -> None:
        super().__init__(message, hint="correct the list; nothing was done")
        self.invalids = tuple(invalids)


def status_of(error: Exception, kind: str, code: str) -> int:
    """The status Kestra answers with."""
    own = getattr(error, "status", None)
    if isinstance(own, int):
        return own
    if code in _CONFLICTS:
        return 409
    return _STATUS.get(kind, 500)


def body(status: int, message: str, path: str, errors: Sequence[Violation] = ()) -> dict[str, Any]:
    """A JSON error document as Kestra's server writes it; ``path`` is the address that was asked for."""
    meaning = _MEANING.get(status)
    said = f"{meaning}: {message}" if meaning and message != meaning else message
    document: dict[str, Any] = {"message": said, "_links": {"self": [{"href": path, "templated": False}]}}
    if errors:
        document["_embedded"] = {"errors": [{"message": e.message, "path": e.path} for e in errors]}
    return document


def body_of(error: Exception, status: int, message: str, hint: str, path: str) -> dict[str, Any]:
    """The document for an error of ours; the hint follows the message."""
    if isinstance(error, BulkInvalid):
        invalids = [{"message": why, "invalidValue": name} for name, why in error.invalids]
        return {"message": error.message, "invalids": invalids}
    said = f"{message} ({hint})" if hint else message
    return body(status, said, path, violations_of(error))


def violations_of(error: Exception) -> tuple[Violation, ...]:
    """What is wrong, one by one, of a flow or of inputs."""
    if isinstance(error, InvalidEntity):
        return error.violations
    problems = getattr(error, "problems", ())
    return tuple(Violation(str(p.input), str(p)) for p in problems if hasattr(p, "input"))
