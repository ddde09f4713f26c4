"""ForEachItem: a file split into batches, a flow run for each, their outputs merged into one file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.execution.live import Live
from engine.execution.retries import Outcome
from engine.execution.state import Execution, TaskRun
from engine.expressions.values import truthy

if TYPE_CHECKING:
    from engine.execution.children import Children


@dataclass(eq=False)
class _Progress:
    total: int
    wait: bool
    ended: Counter[str] = field(default_factory=Counter)
    outputs: dict[int, Any] = field(default_factory=dict)

    @property
    def all_ended(self) -> bool:
        return sum(self.ended.values()) == self.total


class Items:
    """Starts the batches and counts their ends."""

    def __init__(self, children: Children) -> None:
        self.children = children
        self.executor = children.executor
        self._progress: dict[str, _Progress] = {}

    def start(self, live: Live, run: TaskRun, *, again: bool = False) -> None:
        """Run the flow for each batch that the split made; ``again``: those that ended well need not run once more."""
        task = live.plan.task(run)
        uris = self.batches(live, run)
        if not uris:
            return self.executor.ended(live, run.id, None, Outcome("SUCCESS"))
        wait = truthy(self.children.text(live, run, task.properties.get("wait", True)))
        progress = self._progress[run.id] = _Progress(len(uris), wait)
        before = self._before(live, run) if again and wait else {}
        for number, uri in enumerate(uris):
            execution = before.get(number)
            if execution is None or not self.children.taken_up(execution, lambda e: self._count(progress, e)):
                self._launch(live, run, number, uri, wait)
        if wait and progress.all_ended:
            self._end(live, run, progress)
        if not wait:
            del self._progress[run.id]
            iterations = {"RUNNING": 0, "SUCCESS": len(uris)}
            outputs = {"numberOfBatches": len(uris), "iterations": iterations}
            self.executor.ended(live, run.id, None, Outcome("SUCCESS", outputs))

    def _before(self, live: Live, run: TaskRun) -> dict[int, Execution]:
        """The executions of an earlier attempt by number of batch, unless each attempt is to begin anew."""
        if not self.children.restarts_failed(live, run) or self.children.actions is None:
            return {}
        found: dict[int, Execution] = {}
        for summary in self.executor.runner.journal.summaries(caller=live.execution.id, limit=1_000_000):
            execution = self.children.actions.revive(summary.id).execution
            number = (execution.trigger or {}).get("variables", {}).get("taskRunIteration")
            if execution.parent_run == run.id and number is not None:
                found.setdefault(number, execution)
        return found

    def batches(self, live: Live, run: TaskRun) -> list[str]:
        """The URIs that the split run before this one stored."""
        split = next(r for r in live.execution.children(run.parent) if r.task_id.endswith("_split"))
        listed = (split.outputs or {}).get("splits")
        if not listed:
            return []
        text = self.executor.files(live, run, None).open(listed).read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line]

    def _launch(self, live: Live, run: TaskRun, number: int, uri: str, wait: bool) -> None:
        task = live.plan.task(run)
        shown = self.executor.variables(live, run, frozen=False)
        variables = {"taskrun": {**shown["taskrun"], "items": uri, "iteration": number}}
        inputs = self.executor.render(live, run, **variables)(dict(task.properties.get("inputs") or {}))
        self.children.launch(live, run, inputs, wait=wait, variables=variables)

    def on_end(self, live: Live, run: TaskRun, child: Live) -> None:
        """A batch has ended."""
        progress = self._progress.get(run.id)
        if progress is None:
            return
        self._count(progress, child.execution)
        if progress.all_ended:
            self._end(live, run, progress)

    def _count(self, progress: _Progress, execution: Execution) -> None:
        progress.ended[execution.state] += 1
        number = (execution.trigger or {}).get("variables", {}).get("taskRunIteration", 0)
        if execution.outputs:
            progress.outputs[number] = execution.outputs

    def _end(self, live: Live, run: TaskRun, progress: _Progress) -> None:
        del self._progress[run.id]
        iterations = {"CREATED": 0, "RUNNING": 0, **{state: n for state, n in progress.ended.items() if n}}
        outputs: dict[str, Any] = {"numberOfBatches": progress.total, "iterations": iterations}
        if progress.outputs:
            lines = "".join(json.dumps(progress.outputs[n]) + "\n" for n in sorted(progress.outputs))
            outputs["outputs"] = self.executor.files(live, run, None).put_bytes(lines.encode(), "outputs.ion")
        worst = next((s for s in ("KILLED", "FAILED", "CANCELLED", "WARNING") if progress.ended[s]), "SUCCESS")
        state = "KILLED" if live.execution.killing else self.children.carried(live, run, worst)
        self.executor.ended(live, run.id, None, Outcome(state, outputs))

    def resume(self, live: Live, run: TaskRun, done: list[Execution], running: list[Live]) -> None:
        """After a crash: count the batches that are known; all were created in one commit."""
        progress = self._progress[run.id] = _Progress(len(done) + len(running), True)
        for execution in done:
            self._count(progress, execution)
        if not running:
            self._end(live, run, progress)
