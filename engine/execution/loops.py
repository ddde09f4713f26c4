"""Loop: every iteration is an execution of its own, numbered, below the one the loop stands in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, TaskFailed
from engine.execution import steps
from engine.execution.attempts import plain
from engine.execution.flowables import compact, whole
from engine.execution.live import Live, source_key
from engine.execution.retries import Outcome
from engine.execution.state import Execution, TaskRun
from engine.expressions.values import truthy
from engine.storage.masking import Masker

if TYPE_CHECKING:
    from engine.execution.children import Children


@dataclass(eq=False)
class _Progress:
    """How far a loop has come."""

    values: list[tuple[str | None, str]]
    limit: int
    transmit: bool
    store: bool
    started: int = 0
    running: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    outputs: dict[int, dict[str, Any]] = field(default_factory=dict)


class Loops:
    """Starts iterations and counts their ends."""

    def __init__(self, children: Children) -> None:
        self.children = children
        self.executor = children.executor
        self._progress: dict[str, _Progress] = {}

    def start(self, live: Live, run: TaskRun, *, again: bool = False) -> None:
        """Evaluate the values and start as many iterations as may run at once; ``again``: those that ended well need
        not run once more."""
        progress = self._progress[run.id] = self._begin(live, run)
        if again:
            self._take_up(live, run, progress)
        if not progress.running and progress.started == len(progress.values):
            return self._end(live, run, progress)
        self._more(live, run, progress)

    def _take_up(self, live: Live, run: TaskRun, progress: _Progress) -> None:
        """Go on with the iterations of an earlier attempt: those that failed are restarted."""
        actions = self.children.actions
        if actions is None:
            return
        before: dict[int, Execution] = {}
        for summary in self.executor.runner.journal.summaries(parent=live.execution.id, limit=1_000_000):
            execution = actions.revive(summary.id).execution
            if execution.parent_run == run.id:
                before.setdefault((execution.loop or {}).get("index", 0), execution)
        for index, execution in sorted(before.items()):
            progress.started = index + 1
            if execution.terminal and execution.state not in ("FAILED", "KILLED", "CANCELLED"):
                self._count(actions.revive(execution.id), progress)
                continue
            progress.running += 1
            if execution.terminal and not self.children.taken_up(execution, None):
                self._iterate(live, run, progress, index)

    def _begin(self, live: Live, run: TaskRun) -> _Progress:
        properties = live.plan.task(run).properties
        values, from_file = self._values(live, run, properties.get("values"))
        task, written = live.plan.task(run), properties.get("concurrencyLimit", 1)
        limit = whole(task, "concurrencyLimit", self.children.text(live, run, written), 1)
        fetch = str(properties.get("fetchType", "AUTO")).upper()
        return _Progress(
            values=values,
            limit=limit or len(values),
            transmit=truthy(self.children.text(live, run, properties.get("transmitFailed", True))),
            store=fetch == "STORE" or (fetch == "AUTO" and from_file),
        )

    def _values(self, live: Live, run: TaskRun, given: Any) -> tuple[list[tuple[str | None, str]], bool]:
        """Key and value of each iteration, and whether they came from a file."""
        rendered = self.executor.render(live, run)(given)
        from_file = False
        if isinstance(rendered, str) and "://" in rendered.split("\n", 1)[0][:12]:
            rendered, from_file = self._from_file(live, run, rendered), True
        elif isinstance(rendered, str):
            try:
                rendered = json.loads(rendered)
            except json.JSONDecodeError as cause:
                raise TaskFailed(f"the values are not a list: {cause}", code="bad-values") from cause
        if isinstance(rendered, Mapping):
            pairs: list[tuple[str | None, Any]] = [(str(key), value) for key, value in rendered.items()]
        elif isinstance(rendered, list):
            pairs = [(None, value) for value in rendered]
        else:
            raise TaskFailed("the values are neither a list nor a map", code="bad-values")
        if any(value is None for _, value in pairs):
            raise TaskFailed("Found a null value inside the iteration values", code="null-value")
        return [(key, value if isinstance(value, str) else compact(plain(value))) for key, value in pairs], from_file

    def _from_file(self, live: Live, run: TaskRun, uri: str) -> list[Any]:
        from amazon.ion import simpleion
        from amazon.ion.exceptions import IonException

        path = self.executor.files(live, run, None).open(uri)
        try:
            loaded = simpleion.loads(path.read_text(encoding="utf-8"), single_value=False)
        except (IonException, UnicodeDecodeError) as cause:
            raise TaskFailed(f"the file of values is not Ion: {cause}", code="bad-values") from cause
        return [plain(item) for item in loaded]

    def _more(self, live: Live, run: TaskRun, progress: _Progress) -> None:
        while progress.running < progress.limit and progress.started < len(progress.values):
            if progress.transmit and any(progress.ended[s] for s in ("FAILED", "KILLED", "CANCELLED")):
                return
            self._iterate(live, run, progress, progress.started)
            progress.started += 1
            progress.running += 1
        outputs = self._counts(progress)
        self.executor.record(live, {"e": "run", "id": run.id, "at": self.executor.now(), "out": outputs})

    def _iterate(self, live: Live, run: TaskRun, progress: _Progress, index: int) -> None:
        key, value = progress.values[index]
        loop: dict[str, Any] = {"task": run.task_id, "index": index, "value": value}
        if key is not None:
            loop["key"] = key
        execution = live.execution
        child = self.live_of(live, run.task_id)
        created = {
            "e": "created",
            "id": self.executor.new_id(),
            "kind": "LOOP",
            "namespace": execution.namespace,
            "flow": execution.flow_id,
            "revision": execution.revision,
            "labels": execution.labels,
            "inputs": execution.inputs,
            "trigger": execution.trigger,
            "vars": execution.variables,
            "parent": execution.id,
            "parent_run": run.id,
            "original": execution.original_id,
            "loop": loop,
            "depth": execution.depth,
            "at": self.executor.now(),
        }
        self.executor.record(child, created)
        self.executor.runner.add(child, live.flow.source)

    def live_of(self, live: Live, task_id: str) -> Live:
        """A place for an iteration, sharing what the execution around it knows."""
        from engine.execution.children import derived_flow

        flow = derived_flow(live.flow, live.plan.tasks[task_id])
        child = Live(Execution(), self.children.lifecycle.plan(flow), source_key(live.flow.source), Masker())
        child.masker = live.masker
        child.parent = live
        child.inputs = live.inputs
        child.readable = live.readable
        child.on_event = live.on_event
        return child

    def on_end(self, live: Live, run: TaskRun, child: Live) -> None:
        """An iteration has ended: start the next, or end the loop."""
        progress = self._progress.get(run.id)
        if progress is None:
            return
        progress.running -= 1
        self._count(child, progress)
        if not live.execution.halting:
            self._more(live, run, progress)
        if progress.running == 0:
            self._end(live, run, progress)

    def state_changed(self, child: Live) -> None:
        """An iteration waits, or does so no longer: the loop and its execution wait with it."""
        live, execution = child.parent, child.execution
        run = live.execution.runs.get(str(execution.parent_run)) if live is not None else None
        if live is None or run is None or run.terminal or live.execution.halting:
            return
        now = self.executor.now()
        if execution.state == "PAUSED" and run.state == "RUNNING":
            self.executor.record(live, *steps.paused(live.execution, run, now))
        elif execution.state != "PAUSED" and run.state == "PAUSED" and not self.paused(run):
            self.executor.record(live, *steps.resumed(live.execution, run, now))

    def paused(self, run: TaskRun) -> list[Live]:
        """The iterations of a loop that wait."""
        known = list(self.executor.runner.live.values())
        return [c for c in known if c.execution.parent_run == run.id and c.execution.state == "PAUSED"]

    def _count(self, child: Live, progress: _Progress) -> None:
        progress.ended[child.execution.state] += 1
        progress.outputs[(child.execution.loop or {}).get("index", 0)] = self._entry(child, progress)

    def _entry(self, child: Live, progress: _Progress) -> dict[str, Any]:
        loop = child.execution.loop or {}
        item = {name: loop[name] for name in ("value", "index", "key") if name in loop}
        outputs: dict[str, Any] = child.execution.outputs or {}
        if progress.store and child.flow.outputs:
            from amazon.ion import simpleion

            text = simpleion.dumps(outputs, binary=False)
            name = f"loop-{loop.get('index', 0)}.ion"
            outputs = {"uri": self.executor.files(child, None, None).put_bytes(str(text).encode(), name)}
        return {"item": item, "outputs": outputs}

    def _counts(self, progress: _Progress) -> dict[str, Any]:
        return {
            "iterationCount": len(progress.values),
            "runningIterations": progress.running,
            "terminatedIterations": {state: n for state, n in progress.ended.items() if n},
        }

    def _end(self, live: Live, run: TaskRun, progress: _Progress) -> None:
        del self._progress[run.id]
        outputs = self._counts(progress)
        if any(entry["outputs"] for entry in progress.outputs.values()):
            outputs["outputs"] = [progress.outputs[n] for n in sorted(progress.outputs)]
        worst = next((s for s in ("KILLED", "FAILED", "CANCELLED", "WARNING") if progress.ended[s]), "SUCCESS")
        state = "KILLED" if live.execution.killing else worst if progress.transmit else "SUCCESS"
        self.executor.ended(live, run.id, None, Outcome(state, outputs))

    def variables(self, live: Live, found: dict[str, Any]) -> None:
        """``item`` with its parents, and everything the surrounding execution has."""
        chain: list[dict[str, Any]] = []
        place: Live | None = live
        outputs: dict[str, Any] = {}
        while place is not None:
            outputs = {**place.execution.output_tree, **outputs}
            if place.execution.loop is None:
                break
            loop = place.execution.loop
            chain.append({name: loop[name] for name in ("value", "index", "key") if name in loop})
            place = place.parent
        if place is not None and place.execution.loop is None:
            found["execution"] = {**found["execution"], "id": place.execution.id}
        item: dict[str, Any] = dict(chain[0])
        if len(chain) > 1:
            item["parent"] = chain[1]
            item["parents"] = list(reversed(chain[1:]))
        else:
            item["parents"] = []
        found["item"] = item
        found["outputs"] = outputs

    def resume(self, live: Live, run: TaskRun, done: list[Execution], running: list[Live]) -> None:
        """After a crash: count the iterations that are known and start those that are missing."""
        progress = self._progress[run.id] = self._begin(live, run)
        for execution in done:
            progress.ended[execution.state] += 1
            loop = execution.loop or {}
            item = {name: loop[name] for name in ("value", "index", "key") if name in loop}
            progress.outputs[loop.get("index", 0)] = {"item": item, "outputs": execution.outputs or {}}
        progress.running = len(running)
        progress.started = len(done) + len(running)
        try:
            self._more(live, run, progress)
        except EngineError as error:
            return self.children.fail(live, run, error)
        if progress.running == 0:
            self._end(live, run, progress)
