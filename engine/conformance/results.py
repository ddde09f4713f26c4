"""What replaying a case gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Result = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: ``why`` says what differed, or why it was skipped; empty when passed."""

    id: str
    result: Result
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "result": self.result, "why": self.why}
