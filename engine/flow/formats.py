"""Findings in the shapes other programs read: the Language Server Protocol and SARIF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.flow.findings import Finding
from engine.flow.source import Source

_LSP_SEVERITY = {"error": 1, "warning": 2, "hint": 4}
_SARIF_LEVEL = {"error": "error", "warning": "warning", "hint": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def _end(finding: Finding) -> tuple[int, int]:
    if finding.end_line:
        return finding.end_line, finding.end_column
    return finding.line, finding.column + 1


def lsp(findings: Iterable[Finding], text: str) -> list[dict[str, Any]]:
    """Diagnostics of the Language Server Protocol; lines from 0, characters from 0 in UTF-16 units of ``text``."""
    source = Source(text)
    out = []
    for finding in findings:
        diagnostic: dict[str, Any] = {
            "range": _range(source, finding.line, finding.column, *_end(finding)),
            "severity": _LSP_SEVERITY[finding.severity],
            "code": finding.code,
            "source": "flowwright",
            "message": finding.message + (f"\n{finding.hint}" if finding.hint else ""),
        }
        if finding.edit is not None:
            edit = finding.edit
            place = _range(source, edit.line, edit.column, edit.end_line, edit.end_column)
            diagnostic["data"] = {"edit": {"range": place, "newText": edit.text}, "safe": edit.safe}
        out.append(diagnostic)
    return out


def _range(source: Source, line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {"start": _place(source, line, column), "end": _place(source, end_line, end_column)}


def _place(source: Source, line: int, column: int) -> dict[str, int]:
    before = source.line_text(line)[: column - 1]
    astral = sum(ord(char) > 0xFFFF for char in before)
    return {"line": line - 1, "character": column - 1 + astral}


def sarif(files: Mapping[str, Sequence[Finding]], version: str = "") -> dict[str, Any]:
    """A SARIF 2.1.0 log of the findings by file; lines and columns from 1."""
    codes = sorted({finding.code for findings in files.values() for finding in findings})
    results = [_result(file, finding, codes) for file, findings in files.items() for finding in findings]
    driver: dict[str, Any] = {
        "name": "flowwright",
        "rules": [{"id": code, "name": _title(code)} for code in codes],
    }
    if version:
        driver["version"] = version
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _title(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))


def _result(file: str, finding: Finding, codes: list[str]) -> dict[str, Any]:
    end_line, end_column = _end(finding)
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    place = {"artifactLocation": {"uri": file.replace("\\", "/")}, "region": region}
    text = finding.message + (f". {finding.hint}" if finding.hint else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }
    edit = finding.edit
    if edit is not None:
        deleted = {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        }
        replacement = {"deletedRegion": deleted, "insertedContent": {"text": edit.text}}
        change = {"artifactLocation": place["artifactLocation"], "replacements": [replacement]}
        result["fixes"] = [{"description": {"text": finding.hint or finding.message}, "artifactChanges": [change]}]
    return result
