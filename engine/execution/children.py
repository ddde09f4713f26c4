"""Tasks that start executions: Subflow, the batches of a ForEachItem, the iterations of a Loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, NotFound, Refused
from engine.execution.attempts import plain, said
from engine.execution.flowables import PREFIX
from engine.execution.inputs import unknown
from engine.execution.lifecycle import CORRELATION, Lifecycle, Request
from engine.execution.live import Live
from engine.execution.retries import Outcome
from engine.execution.state import TERMINAL, Execution, TaskRun
from engine.expressions.values import truthy
from engine.flow.load import labels_of
from engine.flow.model import Flow, Task

if TYPE_CHECKING:
    from engine.execution.actions import Actions
    from engine.execution.executor import Executor

CARRIED = ("FAILED", "KILLED", "CANCELLED", "PAUSED", "WARNING")


class Children:
    """Starts executions for task runs and takes their ends in."""

    def __init__(self, executor: Executor) -> None:
        from engine.execution.items import Items
        from engine.execution.loops import Loops

        self.executor = executor
        self.lifecycle = Lifecycle(executor)
        self.actions: Actions | None = None
        """Set by the engine: what restarts executions."""
        self.items = Items(self)
        self.loops = Loops(self)

    def start(self, live: Live, run: TaskRun) -> None:
        """Begin an attempt of an executable task."""
        executor, task = self.executor, live.plan.task(run)
        executor.record(live, {"e": "run", "id": run.id, "s": "RUNNING", "attempt": True, "at": executor.now()})
        again = run.state == "RESTARTED"
        run = live.execution.runs[run.id]
        try:
            if task.run_if is not None and not truthy(executor.render_text(live, run)(task.run_if)):
                return executor.ended(live, run.id, None, Outcome("SKIPPED"))
            if task.type == PREFIX + "Loop":
                self.loops.start(live, run, again=again)
            elif task.type == PREFIX + "Subflow":
                if not (again and self._restarted(live, run)):
                    self.subflow(live, run)
            else:
                self.items.start(live, run, again=again)
        except EngineError as error:
            self.fail(live, run, error)

    def fail(self, live: Live, run: TaskRun, error: EngineError) -> None:
        """The attempt failed before or after its executions ran."""
        self.executor.log(live, run, "ERROR", said(error))
        self.executor.ended(live, run.id, None, Outcome("FAILED", live.execution.runs[run.id].outputs))

    # -- Subflow -------------------------------------------------------------------------------------

    def subflow(self, live: Live, run: TaskRun) -> None:
        """Start the flow a Subflow names; without ``wait`` the task run has ended with that."""
        task = live.plan.task(run)
        render = self.executor.render(live, run)
        inputs = render(dict(task.properties.get("inputs") or {}))
        wait = truthy(self.text(live, run, task.properties.get("wait", True)))
        child = self.launch(live, run, inputs, wait=wait)
        outputs = {"executionId": child.execution.id}
        if not wait:
            return self.executor.ended(live, run.id, None, Outcome("SUCCESS", outputs))
        self.executor.record(live, {"e": "run", "id": run.id, "at": self.executor.now(), "out": outputs})

    def _restarted(self, live: Live, run: TaskRun) -> bool:
        """Restart the execution that failed before instead of starting another."""
        child = (run.outputs or {}).get("executionId")
        if child is None or self.actions is None or not self.restarts_failed(live, run):
            return False
        return self.taken_up(self.actions.revive(child).execution, None)

    def restarts_failed(self, live: Live, run: TaskRun) -> bool:
        """Whether restartBehavior is RETRY_FAILED."""
        behavior = self.text(live, run, live.plan.task(run).properties.get("restartBehavior", "RETRY_FAILED"))
        return behavior.upper() == "RETRY_FAILED"

    def taken_up(self, execution: Execution, ended_well: Callable[[Execution], None] | None) -> bool:
        """Restart an execution of an earlier attempt that failed; ``ended_well`` hears of one that need not run again.
        False when it cannot be made use of, so that another has to be started."""
        if execution.state not in ("FAILED", "KILLED", "CANCELLED"):
            if ended_well is not None and execution.terminal:
                ended_well(execution)
            return ended_well is not None and execution.terminal
        try:
            if self.actions is None:
                return False
            self.actions.restart(execution.id)
        except Refused:
            return False
        return True

    def launch(
        self,
        live: Live,
        run: TaskRun,
        inputs: Mapping[str, Any],
        *,
        wait: bool,
        variables: Mapping[str, Any] | None = None,
    ) -> Live:
        """Create the execution of the flow that a task names. NotFound, InvalidInputs, Refused."""
        executor, task = self.executor, live.plan.task(run)
        flow = self.flow_of(live, run)
        text = executor.render_text(live, run, **(variables or {}))
        own = {text(k): text(v) for k, v in labels_of(task.properties.get("labels")).items()}
        inherits = truthy(text(task.properties.get("inheritLabels", False)))
        labels = {**inherited_labels(live.execution, flow, everything=inherits), **own}
        request = Request(
            inputs={k: v for k, v in inputs.items() if v is not None},
            labels=labels,
            trigger=_trigger(live, run, variables or {}),
            parent_run=run.id if wait else None,
            readable=(live.ref, *live.readable),
            not_before=self.schedule_date(live, run),
            on_event=live.on_event,
            more=self.lifecycle.below(live),
        )
        child = self.lifecycle.create(flow, request, executor.new_id())
        live.readable.append(child.ref)
        for name in unknown(flow.inputs, inputs):
            message = f"Input {name} is given to {flow.namespace}.{flow.id} but isn't declared there"
            executor.log(live, run, "WARN", message)
        return child

    def schedule_date(self, live: Live, run: TaskRun) -> float | None:
        given = live.plan.task(run).properties.get("scheduleDate") or live.plan.task(run).properties.get("scheduleOn")
        if not given:
            return None
        from datetime import UTC, datetime

        try:
            date = datetime.fromisoformat(self.text(live, run, given))
        except ValueError as cause:
            raise EngineError(f"scheduleDate is not a date: {cause}", code="bad-date") from cause
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()

    def text(self, live: Live, run: TaskRun, value: Any) -> str:
        return self.executor.render_text(live, run)(value)

    def flow_of(self, live: Live, run: TaskRun) -> Flow:
        """The flow a Subflow or ForEachItem names. NotFound."""
        properties = live.plan.task(run).properties
        namespace = self.text(live, run, properties.get("namespace"))
        flow_id = self.text(live, run, properties.get("flowId"))
        revision = self.text(live, run, properties.get("revision")).strip()
        flow = self.executor.find_flow(namespace, flow_id, int(revision) if revision.isdigit() else None)
        if flow is None:
            raise NotFound(
                f"Unable to find flow '{namespace}'.'{flow_id}' with revision '{revision or 0}'",
                hint="register the flow first",
                code="flow-not-found",
            )
        if flow.disabled:
            raise Refused("Cannot execute a flow which is disabled", hint="enable the flow first", code="disabled")
        return flow

    def on_end(self, child: Live) -> None:
        """An execution is over, its afterExecution tasks too: let the next in, and tell the task run that waits."""
        execution = child.execution
        self.lifecycle.release(child)
        if execution.parent_run is None or execution.again_at is not None:
            return
        caller = (
            execution.parent_id if execution.kind == "LOOP" else (execution.trigger or {})["variables"]["executionId"]
        )
        live = self.executor.runner.live.get(str(caller))
        run = live.execution.runs.get(execution.parent_run) if live else None
        if live is None or run is None or run.state in TERMINAL:
            if self.actions is not None and execution.tried("RESTARTED"):
                self.actions.carry_up(child, str(caller))
            return
        kind = live.plan.task(run).type
        try:
            if execution.kind == "LOOP":
                self.loops.on_end(live, run, child)
            elif kind == PREFIX + "Subflow":
                self._subflow_ended(live, run, child)
            else:
                self.items.on_end(live, run, child)
        except EngineError as error:
            self.fail(live, run, error)

    def _subflow_ended(self, live: Live, run: TaskRun, child: Live) -> None:
        execution, task = child.execution, live.plan.task(run)
        if (run.outputs or {}).get("executionId") != execution.id:
            return
        outputs: dict[str, Any] = {"executionId": execution.id, "state": execution.state}
        wanted = task.properties.get("outputs")
        if wanted and not child.flow.outputs:
            executor = self.executor
            executor.record(
                live, {"e": "run", "id": run.id, "at": executor.now(), "out": {"executionId": execution.id}}
            )
            outputs["outputs"] = plain(executor.render(child)(dict(wanted)))
        elif execution.outputs is not None:
            outputs["outputs"] = execution.outputs
        state = self.carried(live, run, execution.state)
        if state in ("FAILED", "WARNING"):
            link = f'[[link execution="{execution.id}" flowId="{execution.flow_id}" namespace="{execution.namespace}"]]'
            level = "ERROR" if state == "FAILED" else "WARN"
            self.executor.log(live, run, level, f"Subflow execution {link} ends in {state} state")
        self.executor.ended(live, run.id, None, Outcome(state, outputs))

    def carried(self, live: Live, run: TaskRun, state: str) -> str:
        """The state a task run takes over from an execution it waited for."""
        transmit = truthy(self.text(live, run, live.plan.task(run).properties.get("transmitFailed", True)))
        return state if transmit and state in CARRIED else "SUCCESS"

    def cancel(self, live: Live, run: TaskRun, state: str) -> None:
        """Kill the executions of a task run; it ends when they have."""
        children = [
            child
            for child in self.executor.runner.live.values()
            if child.execution.parent_run == run.id and not child.execution.terminal
        ]
        for child in children:
            self.kill(child)
        if not children:
            self.executor.ended(live, run.id, None, Outcome(state))

    def kill(self, live: Live) -> None:
        """Ask an execution to end: KILLING, then KILLED once nothing runs any more."""
        execution, now = live.execution, self.executor.now()
        if execution.terminal or execution.killing:
            return
        self.executor.record(live, {"e": "state", "s": "KILLING", "at": now})
        for child in list(self.executor.runner.live.values()):
            if (child.execution.trigger or {}).get("variables", {}).get("executionId") == execution.id:
                self.kill(child)

    def finish(self, live: Live, state: str) -> None:
        self.lifecycle.finish(live, state)

    def loop_variables(self, live: Live, found: dict[str, Any]) -> None:
        """What an iteration of a Loop sees beyond its own."""
        self.loops.variables(live, found)

    # -- retry as a new execution --------------------------------------------------------------------

    def finished(self, live: Live) -> None:
        """Nothing is left to do, but for another attempt of the whole: until that exists the execution is not done,
        so that a crash cannot lose it."""
        execution = live.execution
        if execution.again_at is None:
            return self.executor.record(live, {"e": "finished", "at": self.executor.now()})
        self.executor.runner.at(execution.again_at, lambda: self._run_again(live))

    def _run_again(self, live: Live) -> None:
        execution = live.execution
        if execution.finished is not None:
            return
        more = {
            "original": execution.original_id,
            "attempt": execution.attempt + 1,
            "first_created": execution.first_created,
            "depth": execution.depth,
        }
        request = Request(
            labels=dict(execution.labels),
            trigger=execution.trigger,
            parent_run=execution.parent_run,
            readable=(live.ref, *live.readable),
            ready_inputs=execution.inputs,
            on_event=live.on_event,
            more=more,
        )
        self.executor.record(live, {"e": "finished", "at": self.executor.now()})
        following = self.lifecycle.create(live.flow, request, self.executor.new_id())
        if execution.parent_run is not None:
            self._waits_now_for(following)

    def _waits_now_for(self, following: Live) -> None:
        """The Subflow task run that waited for an attempt waits for the next one."""
        execution = following.execution
        live = self.executor.runner.live.get(str((execution.trigger or {})["variables"]["executionId"]))
        run = live.execution.runs.get(str(execution.parent_run)) if live else None
        if live is not None and run is not None and "executionId" in (run.outputs or {}):
            out = {**(run.outputs or {}), "executionId": execution.id}
            self.executor.record(live, {"e": "run", "id": run.id, "at": self.executor.now(), "out": out})


def inherited_labels(execution: Execution, flow: Flow, *, everything: bool) -> dict[str, str]:
    """Labels an execution hands on to one it starts: those of the system, and with ``everything`` the others that
    ``flow`` does not set itself."""
    found = {CORRELATION: execution.id}
    for key, value in execution.labels.items():
        if key.startswith("system.") or (everything and key not in flow.labels):
            found[key] = value
    return found


def _trigger(live: Live, run: TaskRun, shown: Mapping[str, Any]) -> dict[str, Any]:
    """What the started execution knows of the task run that started it; a batch of a ForEachItem its number too."""
    task, execution = live.plan.task(run), live.execution
    variables = {
        "executionId": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.revision,
        "taskRunId": run.id,
        "taskId": run.task_id,
        "taskRunValue": run.value,
        "taskRunIteration": shown["taskrun"]["iteration"] if "taskrun" in shown else run.iteration,
    }
    variables = {name: value for name, value in variables.items() if value is not None}
    kind = task.type.partition("$")[0]
    return {"id": task.properties.get("container", task.id), "type": kind, "variables": variables}


def derived_flow(flow: Flow, task: Task) -> Flow:
    """The flow that one iteration of a Loop runs: the loop's own tasks in the flow's surroundings."""
    return replace(
        flow,
        tasks=task.properties.get("tasks") or (),
        errors=task.properties.get("errors") or (),
        finally_=task.properties.get("finally") or (),
        after_execution=(),
        listeners=(),
        triggers=(),
        outputs=tuple(task.properties.get("outputs") or ()),
        concurrency=None,
        retry=None,
        sla=(),
        checks=(),
        source=f"{flow.source}\n# {task.id}" if flow.source else "",
    )
