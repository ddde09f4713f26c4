"""What can be done to an execution from outside: pause, resume, kill, restart, replay, and going on after a crash.

Every method is called as the leader of the runner; what it gives back is how things stood before the engine went on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import NotFound, Refused
from engine.execution import advance as core
from engine.execution import reopen, steps
from engine.execution.approvals import APPROVAL, check_comment
from engine.execution.attempts import plain
from engine.execution.executor import Executor
from engine.execution.flowables import PREFIX
from engine.execution.inputs import resolve_declared
from engine.execution.live import Live, error_entry, source_key
from engine.execution.state import TERMINAL, Event, Execution, TaskRun, fold, iso
from engine.flow.load import load_flow
from engine.flow.model import Flow
from engine.storage.files import ExecutionRef
from engine.storage.masking import Masker

_RESUMED_TO = {"WARN": "WARNING", "FAIL": "FAILED", "CANCEL": "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody says with a decision: why, who it is, and the inputs asked for."""

    comment: str | None = None
    by: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


class Actions:
    """Acts on executions, whether they are in progress here or only recorded."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.runner = executor.runner
        self.lifecycle = executor.children.lifecycle
        executor.children.actions = self

    # -- bringing back -------------------------------------------------------------------------------

    def revive(self, execution_id: str, flow: Flow | None = None) -> Live:
        """An execution with what it takes to work on it. NotFound."""
        live = self.runner.live.get(execution_id)
        if live is not None:
            return live
        execution = self.recorded(execution_id)
        summary = self.runner.journal.summary(execution_id)
        text = self.runner.journal.source(summary.source) if summary and summary.source else None
        if flow is None and execution.kind == "LOOP":
            return self._revive_iteration(execution)
        if flow is None:
            if text is None:
                raise NotFound(f"the flow of execution {execution_id} is not recorded", hint="run the flow anew")
            flow = load_flow(text, revision=execution.revision)
        masker = Masker(self.executor.stores.secrets.values())
        live = Live(execution, self.lifecycle.plan(flow), source_key(flow.source), masker)
        live.inputs = self.lifecycle.opened_inputs(live, execution.inputs)
        self._remember(live)
        return live

    def _revive_iteration(self, execution: Execution) -> Live:
        around = self.revive(str(execution.parent_id))
        live = self.executor.children.loops.live_of(around, (execution.loop or {})["task"])
        live.execution = execution
        self._remember(live)
        return live

    def _remember(self, live: Live) -> None:
        """Errors logged so far, and whose files may be read."""
        execution, journal = live.execution, self.runner.journal
        live.errors.extend(error_entry(line) for line in journal.logs(execution.id, min_level="ERROR"))
        variables = (execution.trigger or {}).get("variables") or {}
        if variables.get("executionId"):
            live.readable.append(ExecutionRef(variables["namespace"], variables["flowId"], variables["executionId"]))
        for child in journal.summaries(caller=execution.id, limit=100_000):
            live.readable.append(ExecutionRef(child.namespace, child.flow, child.id))
        execution.take_touched()

    def recorded(self, execution_id: str) -> Execution:
        """The execution as the journal has it. NotFound."""
        events = self.runner.journal.events(execution_id)
        if not events:
            raise NotFound(f"there is no execution {execution_id}", hint="list them with `executions`")
        return fold(events)

    def care_for(self, live: Live) -> None:
        """Let the runner go on with an execution."""
        if live.execution.id not in self.runner.live:
            live.done.clear()
            self.runner.add(live, live.flow.source)

    # -- after a crash -------------------------------------------------------------------------------

    def resume_after_crash(self, execution_id: str) -> Live:
        """Go on where the journal ends. Tasks that had ended stay as they are; one that was running is tried again."""
        live = self.revive(execution_id)
        if execution_id in self.runner.live or live.execution.finished is not None:
            live.done.set() if live.execution.finished is not None else None
            return live
        execution, now = live.execution, self.executor.now()
        self.care_for(live)
        self.executor.record(live, *steps.interrupted(live.plan, execution, now))
        execution.touch_all()
        for run in [r for r in execution.runs.values() if core.is_executable(live.plan.task(r))]:
            if run.state in ("RUNNING", "PAUSED"):
                self._resume_children(live, run)
        if execution.state == "QUEUED":
            self.executor.record(live, {"e": "state", "s": "CREATED", "at": now})
        elif execution.state != "CREATED" and not execution.terminal:
            self.lifecycle.takes_slot(live)
            self.lifecycle.watch(live)
        self.runner.touch(live)
        return live

    def _resume_children(self, live: Live, run: TaskRun) -> None:
        """Bring back the executions a task run waits for."""
        journal, kind = self.runner.journal, live.plan.task(run).type
        loop = kind == PREFIX + "Loop"
        known = journal.summaries(
            parent=live.execution.id if loop else None, caller=None if loop else live.execution.id, limit=1_000_000
        )
        done: list[Execution] = []
        running: list[Live] = []
        for summary in reversed(known):
            execution = self.recorded(summary.id)
            if execution.parent_run != run.id:
                continue
            if execution.terminal:
                done.append(execution)
            else:
                running.append(self.resume_after_crash(summary.id))
        if loop:
            self.executor.children.loops.resume(live, run, done, running)
        elif kind == PREFIX + "Subflow":
            if not running and done:
                self.executor.children.on_end(self.revive(done[-1].id))
        else:
            self.executor.children.items.resume(live, run, done, running)

    # -- pausing and stopping ------------------------------------------------------------------------

    def _running(self, execution_id: str, *states: str) -> Live:
        live = self.runner.live.get(execution_id) or self.revive(execution_id)
        if live.execution.state not in states:
            raise Refused(
                f"the execution is {live.execution.state}, not {' or '.join(states)}",
                hint="look at its state first",
                code="bad-state",
            )
        return live

    def pause(self, execution_id: str) -> Execution:
        """Start no further task until it is resumed; those that run go on. Refused unless RUNNING."""
        live = self._running(execution_id, "RUNNING")
        self.executor.record(live, {"e": "state", "s": "PAUSED", "at": self.executor.now()})
        return live.execution.snapshot()

    def resume(self, execution_id: str, inputs: Mapping[str, Any], behavior: str = "RESUME") -> Execution:
        """Go on after a pause, with the inputs the Pause asks for. Refused unless PAUSED; InvalidInputs."""
        live = self._running(execution_id, "PAUSED")
        if execution_id not in self.runner.live:
            live = self.resume_after_crash(execution_id)
        execution, now = live.execution, self.executor.now()
        run = next((r for r in execution.runs.values() if r.state == "PAUSED"), None)
        if run is None:
            self.executor.record(live, {"e": "state", "s": "RUNNING", "at": now})
        elif core.is_executable(live.plan.task(run)):
            for iteration in self.executor.children.loops.paused(run):
                self.resume(iteration.execution.id, inputs, behavior)
        else:
            self._resume_run(live, run, inputs, behavior)
        return execution.snapshot()

    def decide(self, execution_id: str, decision: str, given: Decision, run_id: str | None = None) -> Execution:
        """Approve or deny what an Approval asks: the first that waits, or that of a task run. Refused unless PAUSED or
        without a comment where one is wanted; InvalidInputs."""
        live = self._running(execution_id, "PAUSED")
        if execution_id not in self.runner.live:
            live = self.resume_after_crash(execution_id)
        runs = [r for r in live.execution.runs.values() if live.plan.task(r).type == APPROVAL]
        run = next((r for r in runs if r.state == "PAUSED" and run_id in (None, r.id)), None)
        if run is None:
            raise Refused("the approval is not paused", hint="look at its state first", code="bad-state")
        self._decide_run(live, run, decision, given)
        return live.execution.snapshot()

    def _decide_run(self, live: Live, run: TaskRun, decision: str, given: Decision) -> None:
        if decision not in ("APPROVED", "DENIED"):
            raise Refused(f"{decision} is no decision", hint="use APPROVED or DENIED", code="bad-decision")
        check_comment(run.detail, decision, given.comment)
        declared = live.plan.task(run).properties.get("inputs") or ()
        said = {"comment": given.comment, "by": given.by}
        more = {name: value for name, value in said.items() if value}
        if declared:
            more["inputs"] = self._given(live, run, declared, given.inputs)
        self._go_on(live, core.decided(live.execution, run, decision, self.executor.now(), more))

    def _resume_run(self, live: Live, run: TaskRun, inputs: Mapping[str, Any], behavior: str = "RESUME") -> None:
        """The end of one Pause. To resume an Approval is to approve it."""
        if live.plan.task(run).type == APPROVAL:
            decision = "DENIED" if behavior in ("FAIL", "CANCEL") else "APPROVED"
            return self._decide_run(live, run, decision, Decision(inputs=inputs))
        outputs = self._resumed_outputs(live, run, inputs, _RESUMED_TO.get(behavior, "RUNNING"))
        self._go_on(live, core.resume_pause(live.plan, live.execution, run, self.executor.now(), behavior, outputs))

    def _go_on(self, live: Live, events: list[Event]) -> None:
        """Record the end of a wait; an execution that somebody let go on is RESTARTED first."""
        changed = [{**e, "s": "RESTARTED"} if e["e"] == "state" and e["s"] == "RUNNING" else e for e in events]
        self.executor.record(live, *changed)

    def _resumed_outputs(self, live: Live, run: TaskRun, given: Mapping[str, Any], to: str) -> dict[str, Any]:
        """What was given on resuming, when that was and to which state (as newer versions of Kestra show it)."""
        declared = live.plan.task(run).properties.get("onResume") or ()
        resumed = {"resumed": {"on": iso(self.executor.now()), "to": to}}
        return {"onResume": self._given(live, run, declared, given), **resumed} if declared else resumed

    def _given(self, live: Live, run: TaskRun, declared: Any, given: Mapping[str, Any]) -> Any:
        """What somebody gave for the inputs that a waiting task run declares. InvalidInputs."""
        files = self.executor.files(live, run, None)
        values = resolve_declared(
            declared,
            given,
            render=lambda value, extra: self.executor.render(live, run, **extra)(value),
            put_file=files.put_input,
            encrypt=self.executor.stores.seal,
            dialect=self.executor.dialect,
        )
        return plain(values)

    def kill(self, execution_id: str) -> Execution:
        """End it: running tasks are stopped, no other starts, executions it started are killed too."""
        live = self.runner.live.get(execution_id)
        if live is None:
            live = self.revive(execution_id)
            if not live.execution.terminal:
                live = self.resume_after_crash(execution_id)
        if live.execution.terminal:
            raise Refused(f"the execution has ended already: {live.execution.state}", code="bad-state")
        self.executor.children.kill(live)
        return live.execution.snapshot()

    def force_run(self, execution_id: str) -> Execution:
        """Run what waits for its date, its turn or a resume; one that runs goes on. Refused when it has ended."""
        live = self.runner.live.get(execution_id) or self.resume_after_crash(execution_id)
        state = live.execution.state
        if state in TERMINAL:
            raise Refused(f"the execution has ended already: {state}", hint="restart or replay it", code="bad-state")
        if state == "PAUSED":
            return self.resume(execution_id, {})
        if state in ("CREATED", "QUEUED"):
            self.lifecycle.let_go(live)
        return live.execution.snapshot()

    def unqueue(self, execution_id: str) -> Execution:
        """Run a queued execution whatever the limit. Refused unless QUEUED."""
        live = self._running(execution_id, "QUEUED")
        if execution_id not in self.runner.live:
            live = self.resume_after_crash(execution_id)
        self.lifecycle.let_go(live)
        return live.execution.snapshot()

    # -- opening again -------------------------------------------------------------------------------

    def _ended(self, execution_id: str) -> Live:
        live = self.runner.live.get(execution_id) or self.revive(execution_id)
        if live.execution.state not in TERMINAL and live.execution.state != "PAUSED":
            raise Refused(
                f"the execution is {live.execution.state}; it must have ended", hint="kill it first", code="bad-state"
            )
        return live

    def restart(self, execution_id: str, revision: int | None = None) -> Live:
        """Run what failed again, in the same execution; with a ``revision`` of the flow, in a new one."""
        live = self._ended(execution_id)
        reopening = reopen.restart(live.plan, live.execution)
        if revision is not None:
            return self._anew(live, reopening, revision, reopen.RESTARTED)
        self.care_for(live)
        now = self.executor.now()
        marked = reopen.labelled(reopen.RESTARTED, now)
        self.executor.record(live, marked, *reopen.in_place(live.execution, reopening, now))
        return live

    def replay(self, execution_id: str, run_id: str | None = None, revision: int | None = None) -> Live:
        """A new execution: from the start, or from a task run with what came before it taken over."""
        live = self.runner.live.get(execution_id) or self.revive(execution_id)
        reopening = None if run_id is None else reopen.replay(live.plan, live.execution, run_id)
        new = self._anew(live, reopening, revision, reopen.REPLAY)
        self.executor.record(live, reopen.labelled(reopen.REPLAYED, self.executor.now()))
        return new

    def _anew(self, live: Live, reopening: reopen.Reopening | None, revision: int | None, label: str) -> Live:
        old, now = live.execution, self.executor.now()
        flow = live.flow
        if revision is not None:
            found = self.executor.find_flow(flow.namespace, flow.id, revision)
            if found is None:
                raise NotFound(f"the flow has no revision {revision}", hint="list its revisions")
            flow = found
        created: Event = {
            "e": "created",
            "id": self.executor.new_id(),
            "namespace": flow.namespace,
            "flow": flow.id,
            "revision": revision or old.revision,
            "labels": {**old.labels, label: "true"},
            "inputs": old.inputs,
            "trigger": old.trigger,
            "vars": old.variables,
            "parent": old.id,
            "original": old.original_id,
            "at": now,
        }
        events = reopen.as_new(old, reopening, created, self.executor.new_id, now)
        new = Live(Execution(), self.lifecycle.plan(flow), source_key(flow.source), live.masker, live.on_event)
        new.inputs = live.inputs
        new.readable = [live.ref, *live.readable]
        self.executor.record(new, *events)
        self.runner.add(new, flow.source)
        return new

    def change_task_run_state(self, execution_id: str, run_id: str, state: str) -> Live:
        """Give a task run another state and go on from there; RUNNING lets a Pause that asks for nothing go on."""
        if state == "RUNNING":
            return self._let_on(execution_id, run_id)
        if state not in ("SUCCESS", "WARNING", "FAILED"):
            raise Refused(
                f"a task run cannot be set to {state}", hint="use SUCCESS, WARNING or FAILED", code="bad-state"
            )
        live = self._ended(execution_id)
        reopening = reopen.mark(live.plan, live.execution, run_id, state)
        self.care_for(live)
        self.executor.record(live, *reopen.in_place(live.execution, reopening, self.executor.now()))
        return live

    def _let_on(self, execution_id: str, run_id: str) -> Live:
        live = self._running(execution_id, "PAUSED")
        if execution_id not in self.runner.live:
            live = self.resume_after_crash(execution_id)
        run = live.execution.runs.get(run_id)
        if run is None or run.state != "PAUSED":
            raise Refused("only a task run that is PAUSED can be set to RUNNING", hint="restart it", code="bad-state")
        self._resume_run(live, run, {})
        return live

    def carry_up(self, child: Live, caller: str) -> None:
        """An execution that had failed came to another end: the task run that had waited for it goes along."""
        run_id = child.execution.parent_run
        try:
            live = self.revive(caller)
        except NotFound:
            return
        run = live.execution.runs.get(str(run_id))
        if run is None or not live.execution.terminal or live.plan.task(run).type != PREFIX + "Subflow":
            return
        state = self.executor.children.carried(live, run, child.execution.state)
        if state in ("SUCCESS", "WARNING") and run.state in ("FAILED", "KILLED", "CANCELLED"):
            self.care_for(live)
            reopening = reopen.mark(live.plan, live.execution, run.id, state)
            self.executor.record(live, *reopen.in_place(live.execution, reopening, self.executor.now()))

    def set_labels(self, execution_id: str, labels: Mapping[str, str]) -> Execution:
        """Give an ended execution more labels."""
        live = self._ended(execution_id)
        self.executor.record(live, {"e": "labels", "at": self.executor.now(), "labels": dict(labels)})
        return live.execution.snapshot()

    def change_status(self, execution_id: str, state: str) -> Execution:
        """Give an ended execution another final state."""
        if state not in TERMINAL:
            raise Refused(f"{state} is not a final state", hint="use SUCCESS, WARNING, FAILED ...", code="bad-state")
        live = self._ended(execution_id)
        self.care_for(live)
        now = self.executor.now()
        self.executor.record(live, {"e": "state", "s": state, "at": now}, {"e": "finished", "at": now})
        return live.execution.snapshot()
