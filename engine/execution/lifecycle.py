"""How an execution comes to be and how it ends: inputs, labels, checks, concurrency, service levels, outputs."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.durations import format_duration
from engine.errors import EngineError, Refused
from engine.execution.attempts import said
from engine.execution.durations import seconds
from engine.execution.flow_outputs import render_outputs
from engine.execution.inputs import FileUpload, resolve_inputs
from engine.execution.live import Live, OnEvent, source_key
from engine.execution.plan import Plan
from engine.execution.state import Event, Execution
from engine.expressions.render import render_value
from engine.expressions.values import truthy
from engine.flow.load import labels_of
from engine.flow.model import Flow
from engine.storage.encryption import unseal
from engine.storage.files import ExecutionRef
from engine.storage.masking import Masker

if TYPE_CHECKING:
    from engine.execution.executor import Executor

CORRELATION = "system.correlationId"
MOST_LEVELS = 100
"""How deep executions may start executions. Flows that call each other in a circle would never come to an end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for when a flow is to run. ``inputs`` as given; ``ready_inputs`` have been resolved before.
    ``fails_with``: it has failed before it began, for this reason, and is created to tell so."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, FileUpload] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    trigger: Mapping[str, Any] | None = None
    parent_run: str | None = None
    readable: tuple[ExecutionRef, ...] = ()
    not_before: float | None = None
    on_event: OnEvent | None = None
    ready_inputs: Mapping[str, Any] | None = None
    fails_with: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the created event (original, attempt, first_created)."""


class Lifecycle:
    """Creates executions and ends them. Called by the leader, except ``prepare``."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self._plans: dict[str, Plan] = {}
        self._slots: dict[tuple[str, str], set[str]] = {}
        self._queued: dict[tuple[str, str], deque[str]] = {}

    def plan(self, flow: Flow) -> Plan:
        """The plan of a flow, walked once for all executions of it."""
        if ".Template" in flow.source:
            return Plan(self.executor.stores.templates.expand(flow))
        key = f"{flow.revision}:{flow.source}" if flow.source else ""
        if not key:
            return Plan(flow)
        found = self._plans.get(key)
        if found is None or not (found.flow is flow or found.flow == flow):
            if len(self._plans) > 256:
                self._plans.clear()
            found = self._plans[key] = Plan(flow)
        return found

    def below(self, live: Live) -> Mapping[str, Any]:
        """The ``more`` of a request for an execution that this one starts. Refused beyond ``MOST_LEVELS``."""
        depth = live.execution.depth + 1
        if depth > MOST_LEVELS:
            raise Refused(
                f"executions start each other more than {MOST_LEVELS} levels deep",
                hint="look for flows that call or trigger each other in a circle",
                code="too-deep",
            )
        return {"depth": depth}

    # -- creating ------------------------------------------------------------------------------------

    def create(self, flow: Flow, request: Request, execution_id: str) -> Live:
        """A new execution, inputs resolved and checks passed. InvalidInputs, Refused: nothing is created."""
        executor = self.executor
        if flow.disabled:
            raise Refused(f"the flow {flow.namespace}.{flow.id} is disabled", hint="enable it first", code="disabled")
        masker = Masker(executor.stores.secrets.values())
        live = Live(Execution(), self.plan(flow), source_key(flow.source), masker, request.on_event)
        live.readable.extend(request.readable)
        now = executor.now()
        labels = {k: v for k, v in flow.labels.items() if not k.startswith("system.")} | dict(request.labels)
        labels.setdefault(CORRELATION, execution_id)
        created: Event = {
            "e": "created",
            "id": execution_id,
            "namespace": flow.namespace,
            "flow": flow.id,
            "revision": flow.revision,
            "labels": labels,
            "at": now,
            **request.more,
        }
        if request.trigger is not None:
            created["trigger"] = dict(request.trigger)
        if request.parent_run is not None:
            created["parent_run"] = request.parent_run
        if request.not_before is not None:
            created["not_before"] = request.not_before
        created["inputs"] = self._inputs(live, created, request)
        live.execution = Execution()
        failed = request.fails_with or self._checked(live, created)
        executor.record(live, created)
        executor.runner.add(live, flow.source)
        if failed:
            executor.log(live, None, "ERROR", failed)
            executor.record(live, {"e": "end", "s": "FAILED", "at": now}, {"e": "finished", "at": now})
        return live

    def _inputs(self, live: Live, created: Event, request: Request) -> Mapping[str, Any]:
        """Resolve what was given against what is declared; ``live`` gets them in clear."""
        live.execution.apply(created)
        if request.ready_inputs is not None:
            sealed: Mapping[str, Any] = request.ready_inputs
        else:
            files = self.executor.files(live, None, None)
            sealed = resolve_inputs(
                live.flow,
                {**request.inputs, **request.files},
                render=lambda value, extra: self.executor.render(live, **extra)(value),
                put_file=files.put_input,
                encrypt=self.executor.stores.seal,
                dialect=self.executor.dialect,
            )
        live.inputs = self.opened_inputs(live, sealed)
        return sealed

    def opened_inputs(self, live: Live, sealed: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs with the encrypted ones in clear; their values will be masked from now on."""
        found: dict[str, Any] = unseal(self.executor.stores.encryption_key, dict(sealed), live.masker.add)
        return found

    def _checked(self, live: Live, created: Event) -> str:
        """The flow's checks: Refused when one blocks; the reason when the execution is to be created FAILED."""
        if not live.flow.checks:
            return ""
        live.execution.apply(created)
        render = self.executor.render_text(live)
        failed = [c for c in live.flow.checks if not truthy(render(c.get("condition", c.get("when", True))))]
        live.execution = Execution()
        behaviors = {str(c.get("behavior", "BLOCK_EXECUTION")).upper() for c in failed}
        messages = ", ".join(str(c.get("message", "")) for c in failed)
        if "BLOCK_EXECUTION" in behaviors:
            raise Refused(
                f"Flow execution blocked: one or more condition checks evaluated to false.\nFailed checks: {messages}",
                code="check-failed",
            )
        return f"Failed checks: {messages}" if "FAIL_EXECUTION" in behaviors else ""

    # -- beginning -----------------------------------------------------------------------------------

    def begin(self, live: Live) -> None:
        """CREATED or RESTARTED becomes RUNNING, unless its date has not come or the concurrency limit is reached."""
        execution, now = live.execution, self.executor.now()
        if execution.state == "CREATED" and execution.not_before is not None and now < execution.not_before:
            self.executor.runner.at(execution.not_before, lambda: self.executor.runner.touch(live, root=True))
            return
        if not self.takes_slot(live):
            self._over_limit(live)
            return
        self.executor.record(live, {"e": "state", "s": "RUNNING", "at": now})
        self.watch(live)
        self.assertions(live)

    def _key(self, live: Live) -> tuple[str, str]:
        return (live.flow.namespace, live.flow.id)

    def takes_slot(self, live: Live) -> bool:
        """Count an execution among the running ones of its flow, if the concurrency limit leaves room."""
        if not live.flow.concurrency or live.execution.kind == "LOOP":
            return True
        slots = self._slots.setdefault(self._key(live), set())
        limit = int(live.flow.concurrency.get("limit", 1))
        if live.execution.id not in slots and len(slots) >= limit:
            return False
        slots.add(live.execution.id)
        return True

    def _over_limit(self, live: Live) -> None:
        behavior = str((live.flow.concurrency or {}).get("behavior", "QUEUE")).upper()
        now = self.executor.now()
        if behavior == "QUEUE":
            self._queued.setdefault(self._key(live), deque()).append(live.execution.id)
            self.executor.record(live, {"e": "state", "s": "QUEUED", "at": now})
            return
        state = "CANCELLED" if behavior == "CANCEL" else "FAILED"
        if state == "FAILED":
            self.executor.log(live, None, "ERROR", "Flow is FAILED due to concurrency limit exceeded")
        self.executor.record(live, {"e": "end", "s": state, "at": now}, {"e": "finished", "at": now})

    def let_go(self, live: Live) -> None:
        """Let an execution that waits for its date or its turn run now, whatever the limit."""
        if live.flow.concurrency:
            self._slots.setdefault(self._key(live), set()).add(live.execution.id)
        self.executor.record(live, {"e": "state", "s": "RUNNING", "at": self.executor.now()})
        self.watch(live)

    def release(self, live: Live) -> None:
        """An execution has ended: the next of its flow may run."""
        key = self._key(live)
        slots = self._slots.get(key)
        if slots is not None:
            slots.discard(live.execution.id)
        waiting = self._queued.get(key)
        limit = int((live.flow.concurrency or {}).get("limit", 1))
        while waiting and slots is not None and len(slots) < limit:
            following = self.executor.runner.live.get(waiting.popleft())
            if following is not None and following.execution.state == "QUEUED":
                self.let_go(following)

    # -- service levels ------------------------------------------------------------------------------

    def watch(self, live: Live) -> None:
        """Set the timers of the flow's service levels."""
        for sla in live.flow.sla:
            if str(sla.get("type", "")).upper() == "MAX_DURATION" and live.execution.kind != "LOOP":
                due = live.execution.start + seconds(sla.get("duration"))
                self.executor.runner.at(due, lambda sla=sla: self.violated(live, sla))  # type: ignore[misc]

    def assertions(self, live: Live) -> None:
        """Look at the assertions of the flow's SLA after a task has ended."""
        for sla in live.flow.sla:
            if str(sla.get("type", "")).upper() != "EXECUTION_ASSERTION" or live.execution.terminal:
                continue
            try:
                holds = truthy(self.executor.render_text(live)(sla.get("assert")))
            except EngineError as error:
                self.executor.log(live, None, "WARN", f"SLA '{sla.get('id')}' cannot be evaluated: {said(error)}")
                continue
            if not holds:
                self.violated(live, sla)

    def violated(self, live: Live, sla: Mapping[str, Any]) -> None:
        """A service level was missed: label the execution and, if so asked, end it."""
        execution, now = live.execution, self.executor.now()
        name = str(sla.get("id"))
        over = execution.terminal or execution.stopping or execution.killing
        if over or name in live.violated or execution.id not in self.executor.runner.live:
            return
        live.violated.add(name)
        labels = labels_of(sla.get("labels"))
        if labels:
            self.executor.record(live, {"e": "labels", "at": now, "labels": labels})
        behavior = str(sla.get("behavior", "FAIL")).upper()
        why = f"SLA '{name}' violated: {self._reason(live, sla)}"
        if behavior == "FAIL":
            self.executor.log(live, None, "ERROR", f"Execution failed due to {why}")
        else:
            self.executor.log(live, None, "WARN", why)
        if behavior in ("FAIL", "CANCEL"):
            state = "FAILED" if behavior == "FAIL" else "CANCELLED"
            self.executor.record(live, {"e": "stop", "to": state, "interrupt": True, "at": now})

    def _reason(self, live: Live, sla: Mapping[str, Any]) -> str:
        """Why a service level was missed, in Kestra's words."""
        if "assert" in sla:
            return f"assertion is false: {sla['assert']}."
        passed = format_duration(timedelta(milliseconds=int((self.executor.now() - live.execution.start) * 1000)))
        longest = format_duration(timedelta(seconds=seconds(sla.get("duration"))))
        return f"execution duration of {passed} exceed the maximum duration of {longest}."

    # -- ending --------------------------------------------------------------------------------------

    def finish(self, live: Live, state: str) -> None:
        """The final state is known: render the flow's outputs, choose the listeners, record."""
        execution, flow = live.execution, live.flow
        outputs: dict[str, Any] | None = None
        if flow.outputs and state != "RETRIED":
            try:
                outputs = render_outputs(flow, self.executor.render(live), encrypt=self.executor.stores.seal)
            except EngineError as error:
                self.executor.log(live, None, "ERROR", f"Failed to render output values: {said(error)}")
                state = "FAILED"
        event: Event = {"e": "end", "s": state, "at": self.executor.now()}
        if outputs is not None:
            event["outputs"] = outputs
        valid = [n for n, listener in enumerate(flow.listeners) if self._listens(live, listener, state)]
        if valid:
            event["listeners"] = valid
        self.executor.record(live, event)
        if execution.kind == "LOOP":
            self.executor.record(live, {"e": "finished", "at": self.executor.now()})

    def _listens(self, live: Live, listener: Mapping[str, Any], state: str) -> bool:
        conditions = listener.get("conditions") or ()
        if not conditions:
            return True
        from engine.execution.triggering import summary_of
        from engine.triggers.conditions import ConditionContext, all_hold

        summary = summary_of(live.execution, state)
        shown = self.executor.variables(live, frozen=False)
        services = self.executor.services(live)
        context = ConditionContext(live.flow, lambda value, seen: render_value(value, seen, services), shown, summary)
        return all_hold(conditions, context)
