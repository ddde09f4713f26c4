"""What a step of a case gave, and how values in it are compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.conformance.placeholders import Placeholders
from engine.engine import Engine
from engine.errors import EngineError
from engine.execution.attempts import plain
from engine.execution.state import Execution, TaskRun
from engine.flow.model import Flow
from engine.storage.files import ExecutionRef
from engine.storage.journal import LogLine

Assertion = Mapping[str, Any]
Differences = Iterable[str]


class Observed:
    """What a step gave: the execution, the flow, the engine to look further, and an error if it was refused."""

    def __init__(
        self,
        engine: Engine,
        flow: Flow,
        execution: Execution | None,
        *,
        error: EngineError | None = None,
        setup: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.flow = flow
        self._execution = execution
        self.error = error
        self.setup = setup or {}
        self.around: Observed | None = None
        """The execution under test, when this is one of those it started: placeholders name things of that one."""

    def inside(self, child: Execution) -> Observed:
        """The same step seen from an execution that the one under test started."""
        nested = Observed(self.engine, self.flow, child, setup=self.setup)
        nested.around = self.around or self
        return nested

    @property
    def execution(self) -> Execution:
        if self._execution is None:
            raise AssertionError(f"there is no execution: {self.error}")
        return self._execution

    @property
    def logs(self) -> list[LogLine]:
        return self.engine.logs(self.execution.id)

    def places(self) -> dict[tuple[str, str], int]:
        """Where in the order of events a task run, or the execution, last came into a state. Order is exact where
        times are not: many things happen in one instant of a clock that jumps."""
        found: dict[tuple[str, str], int] = {}
        for place, event in enumerate(self.engine.journal.events(self.execution.id)):
            name = event["id"] if event["e"] in ("task", "run") else self.execution.id
            found[name, event.get("s", "CREATED" if event["e"] in ("task", "created") else "")] = place
        return found

    def children(self, flow_id: str) -> list[Execution]:
        """Executions of another flow, oldest first."""
        found = [s for s in self.engine.executions(limit=100_000) if s.flow == flow_id and s.id != self.execution.id]
        return [self.engine.execution(s.id) for s in reversed(found)]

    def iterations(self, of: str, task: str | None = None) -> list[Execution]:
        """Iterations of the loops of an execution, in order."""
        found = [self.engine.execution(s.id) for s in self.engine.executions(parent=of, limit=100_000)]
        if task is not None:
            found = [e for e in found if (e.loop or {}).get("task") == task]
        return sorted(found, key=lambda e: (e.loop or {}).get("index", 0))

    def fill(self, value: Any) -> Any:
        """Placeholders filled in."""
        if "$" not in str(value) or self._execution is None:
            return value
        if self.around is not None:
            return self.around.fill(value)
        return Placeholders(self.execution, self._child_id, self.setup).fill(value)

    def _child_id(self, flow_id: str) -> str:
        found = self.children(flow_id)
        return found[0].id if found else ""

    def run(self, assertion: Assertion) -> TaskRun | None:
        """The task run an assertion is about."""
        if "index" in assertion:
            runs = self.execution.task_runs
            index = int(assertion["index"])
            return runs[index] if -len(runs) <= index < len(runs) else None
        values = assertion.get("value")
        return self.execution.find(assertion["task"], None if values is None else [str(v) for v in values])

    def content(self, uri: str) -> bytes:
        """The bytes of a stored file of any execution."""
        match = re.match(r"kestra:///(.+?)/([^/]+)/executions/([^/]+)/", uri)
        if match is None:
            return b""
        ref = ExecutionRef(match[1].replace("/", "."), match[2], match[3])
        return self.engine.stores.files.execution(ref).open(uri).read_bytes()


def compare(actual: Any, assertion: Assertion, observed: Observed, what: str) -> Differences:
    """equals, contains, matches and their kind, for one value."""
    shown = f"{what} is {str(actual)[:200]!r}"
    for key, wanted in assertion.items():
        test = _COMPARISONS.get(key)
        if test is None:
            continue
        expected = observed.fill(wanted)
        if not test(actual, expected):
            yield f"{shown}, expected {key} {str(expected)[:200]!r}"


def same(actual: Any, expected: Any) -> bool:
    """Equality as the cases mean it: JSON text equals its value, numbers equal their text."""
    if actual == expected:
        return True
    if isinstance(actual, bool) or isinstance(expected, bool):
        return str(actual).lower() == str(expected).lower()
    if isinstance(actual, int | float | str) and isinstance(expected, int | float | str):
        return str(actual) == str(expected)
    for one, other in ((actual, expected), (expected, actual)):
        if isinstance(one, str) and isinstance(other, list | dict):
            try:
                return bool(json.loads(one) == plain(other))
            except ValueError:
                return False
    return False


def _contains(actual: Any, expected: Any) -> bool:
    text = actual if isinstance(actual, str) else json.dumps(plain(actual), separators=(",", ":"), ensure_ascii=False)
    return str(expected) in text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": same,
    "not_equals": lambda actual, expected: not same(actual, expected),
    "contains": _contains,
    "matches": lambda actual, expected: re.search(expected, _text(actual), re.DOTALL) is not None,
    "greater_than": lambda actual, expected: float(actual) > float(expected),
    "length": lambda actual, expected: len(actual) == expected,
    "equals_any_order": lambda actual, expected: sorted(map(str, actual)) == sorted(map(str, expected)),
}
