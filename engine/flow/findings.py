"""What checking a flow says: one list, used by the command line, HTTP, the page, MCP and the repair prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "hint"]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the text from (line, column) up to, not including, (end_line, end_column); all from 1."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One located statement about a flow.

    ``code`` is snake_case and stable, ``path`` leads from the document's root to the value,
    ``line`` and ``column`` count from 1, ``hint`` says what to do and is never empty for an error.
    """

    code: str
    severity: Severity
    path: Path
    line: int
    column: int
    message: str
    hint: str = ""
    end_line: int = 0
    end_column: int = 0
    edit: Edit | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape shown at every door."""
        out: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity,
            "path": list(self.path),
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
        }
        if self.end_line:
            out |= {"end_line": self.end_line, "end_column": self.end_column}
        if self.edit:
            out["edit"] = {
                "line": self.edit.line,
                "column": self.edit.column,
                "end_line": self.edit.end_line,
                "end_column": self.edit.end_column,
                "text": self.edit.text,
                "safe": self.edit.safe,
            }
        return out


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that make a flow invalid."""
    return [f for f in findings if f.severity == "error"]
