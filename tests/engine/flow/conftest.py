"""Flows in few words, and findings as tuples."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding

HEAD = "id: demo\nnamespace: company.team\n"
LOG = "  - id: hello\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"

Places = list[tuple[str, int, int]]


@pytest.fixture
def flow() -> Callable[..., str]:
    """A flow of these tasks (dedented YAML), with other top-level parts before them."""

    def build(tasks: str = "", before: str = "") -> str:
        body = indent(dedent(tasks).strip("\n"), "  ") + "\n" if tasks else LOG
        return HEAD + dedent(before).lstrip("\n") + "tasks:\n" + body

    return build


@pytest.fixture
def places() -> Callable[..., Places]:
    """(code, line, column) of the findings that are no hints; of one code if given."""

    def look(text: str, target: str = "1.1", code: str = "") -> Places:
        found = [f for f in check_flow(text, target) if f.severity != "hint"]
        return [(f.code, f.line, f.column) for f in found if not code or f.code == code]

    return look


@pytest.fixture
def only() -> Callable[..., Finding]:
    """The one finding of a code, whatever its severity."""

    def look(text: str, code: str, target: str = "1.1") -> Finding:
        found = [f for f in check_flow(text, target) if f.code == code]
        assert len(found) == 1, [(f.code, f.line, f.message) for f in check_flow(text, target)]
        return found[0]

    return look
