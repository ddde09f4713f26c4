"""Carrying out: what each command of the core means for the world. All of it is called by whoever leads the runner."""

from __future__ import annotations

import logging
import random
import secrets as entropy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.execution import advance as core
from engine.execution import steps, variables
from engine.execution.approvals import APPROVAL
from engine.execution.attempts import FileLog, RunTask, attempt, said
from engine.execution.children import Children
from engine.execution.clock import Clock
from engine.execution.context import TaskContext, rendered_text
from engine.execution.dialect import dialect_of
from engine.execution.durations import clock_time, seconds_or_none
from engine.execution.flowables import FLOWABLES, LoopUntil
from engine.execution.live import Live, Token
from engine.execution.retries import Outcome, settle
from engine.execution.runner import Job, Runner
from engine.execution.services import EngineServices
from engine.execution.state import Event, TaskRun
from engine.execution.stores import Stores
from engine.execution.workdir import WorkingDirectories
from engine.expressions.values import truthy
from engine.flow.catalog import DEFAULT_TARGET
from engine.flow.model import Flow, Task
from engine.storage.journal import Journal, LogLine

_log = logging.getLogger(__name__)


def new_id() -> str:
    """An id as long as Kestra's."""
    return entropy.token_hex(11)


class Executor:
    """The engine's hands. ``run_task`` runs a runnable task; a trial puts stand-ins there."""

    def __init__(
        self,
        journal: Journal,
        stores: Stores,
        clock: Clock,
        settings: Mapping[str, Any],
        base: Mapping[str, Any],
        run_task: RunTask,
        find_flow: Callable[[str, str, int | None], Flow | None],
        changed: Callable[[Live, Event], None],
    ) -> None:
        self.stores = stores
        self.clock = clock
        self.settings = settings
        self.base = base
        self.dialect = dialect_of(str(settings.get("kestra.version") or DEFAULT_TARGET))
        self.run_task = run_task
        self.find_flow = find_flow
        self.new_id = new_id
        self.random = random.Random()
        self.runner = Runner(journal, clock, int(settings.get("workers", 32)), self.carry_out, changed)
        self.children = Children(self)
        self.working_directories = WorkingDirectories(self)
        self._handlers: dict[type, Callable[[Live, Any], None]] = {
            core.Create: self._create,
            core.Open: self._open,
            core.Start: self._start,
            core.Check: self._check,
            core.Close: self._close,
            core.Wait: self._wait,
            core.Cancel: self._cancel,
            core.SetState: lambda live, c: self.children.lifecycle.begin(live),
            core.Halt: lambda live, c: self._halt(live, c),
            core.Finish: lambda live, c: self.children.finish(live, c.state),
            core.Finished: lambda live, c: self.children.finished(live),
        }

    def now(self) -> float:
        return self.clock.now()

    def record(self, live: Live, *events: Event) -> None:
        self.runner.record(live, events)

    def carry_out(self, live: Live, command: Any) -> None:
        """One command. A flow that cannot be carried out fails its execution, never the engine."""
        try:
            self._handlers[type(command)](live, command)
        except EngineError as error:
            self.give_up(live, command, said(error))
        except Exception as error:  # noqa: BLE001 - the boundary around the loop: a bug ends one execution, not all
            _log.exception("carrying out %s of execution %s", command, live.execution.id)
            self.give_up(live, command, f"internal error: {type(error).__name__}: {error}")

    def give_up(self, live: Live, command: Any, why: str) -> None:
        """Fail the task run a command was about, or the execution."""
        run = live.execution.runs.get(getattr(command, "run", ""))
        self.log(live, run, "ERROR", why)
        if run is not None and not run.terminal:
            self.record(
                live, {"e": "run", "id": run.id, "s": core.forgiven(live.plan.task(run), "FAILED"), "at": self.now()}
            )
        elif not live.execution.terminal:
            self.record(live, {"e": "end", "s": "FAILED", "at": self.now()}, {"e": "finished", "at": self.now()})

    # -- rendering and logging -----------------------------------------------------------------------

    def services(self, live: Live, run: TaskRun | None = None) -> EngineServices:
        """What expressions of an execution may ask for."""
        return EngineServices(
            namespace=live.execution.namespace,
            now=self.clock.now,
            files=lambda: self.files(live, run, None),
            kv=self.stores.kv,
            secrets=self.stores.secrets,
            masker=live.masker,
            error_logs=lambda: list(live.errors),
            settings=self.settings,
        )

    def plain_services(self) -> Any:
        """What expressions outside an execution may ask for: secrets and keys, no files."""
        from engine.execution.services import TriggerServices

        return TriggerServices(self.clock.now, self.stores.kv, self.stores.secrets)

    def files(self, live: Live, run: TaskRun | None, working_dir: Path | None) -> Any:
        """The files a task run (None: the execution) sees."""
        return self.stores.files.execution(
            live.ref,
            task_id=run.task_id if run else "",
            task_run_id=run.id if run else "",
            readable=live.readable,
            working_dir=working_dir,
            allowed_file_roots=[Path(p) for p in self.settings.get("files.allowed_roots") or ()],
        )

    def variables(self, live: Live, run: TaskRun | None = None, *, frozen: bool = True) -> dict[str, Any]:
        """The render variables of an execution, or of a task run."""
        found = variables.of_execution(live.plan, live.execution, live.inputs, self.base, self.dialect, frozen=frozen)
        if run is None or live.plan.reads_states(run.task_id):
            found["tasks"] = variables.task_states(live.execution)
        if live.parent is not None:
            self.children.loop_variables(live, found)
        if run is not None:
            variables.of_run(live.plan, live.execution, run, found, self.dialect)
        return found

    def render_text(self, live: Live, run: TaskRun | None = None, **more: Any) -> Callable[[Any], str]:
        """A function that renders to text, for evaluating a flowable."""
        shown = {**self.variables(live, run, frozen=False), **more}
        services = self.services(live, run)
        return lambda value: rendered_text(value, shown, services)

    def render(self, live: Live, run: TaskRun | None = None, **more: Any) -> Callable[[Any], Any]:
        """A function that renders values, keeping the type of a lone expression."""
        from engine.expressions.render import render_value

        shown = {**self.variables(live, run, frozen=False), **more}
        services = self.services(live, run)
        return lambda value: render_value(value, shown, services)

    def log(self, live: Live, run: TaskRun | None, level: str, message: str) -> None:
        """A line of the engine's own in the execution's log."""
        attempt_number = len(run.attempts) - 1 if run and run.attempts else None
        live.log(
            LogLine(
                live.execution.id,
                run.task_id if run else None,
                run.id if run else None,
                attempt_number,
                self.now(),
                level,
                live.masker.mask(message),
            )
        )
        self.runner.touch(live)

    # -- commands ------------------------------------------------------------------------------------

    def _create(self, live: Live, command: core.Create) -> None:
        self.record(live, steps.created(live.plan, live.execution, command, new_id(), self.now()))

    def _open(self, live: Live, command: core.Open) -> None:
        run = live.execution.runs[command.run]
        task = live.plan.task(run)
        if run.id in live.busy:
            return
        try:
            if run.state != "RUNNING" and not self._wanted(live, run, task):
                return self.record(live, {"e": "run", "id": run.id, "s": "SKIPPED", "at": self.now()})
            if task.type.endswith(".WorkingDirectory"):
                return self.working_directories.open(live, run)
            opened = FLOWABLES[task.type].open(task, self.render_text(live, run))
        except EngineError as error:
            self.log(live, run, "ERROR", said(error))
            state = core.forgiven(task, "FAILED")
            return self.record(live, {"e": "run", "id": run.id, "s": state, "at": self.now()})
        self.record(live, *steps.opened(live.plan, live.execution, run, opened, self.now()))

    def _wanted(self, live: Live, run: TaskRun, task: Task) -> bool:
        return task.run_if is None or truthy(self.render_text(live, run)(task.run_if))

    def _start(self, live: Live, command: core.Start) -> None:
        run = live.execution.runs[command.run]
        task = live.plan.task(run)
        if core.is_executable(task):
            return self.children.start(live, run)
        self.record(live, {"e": "run", "id": run.id, "s": "RUNNING", "attempt": True, "at": self.now()})
        run = live.execution.runs[command.run]
        token = live.tokens[run.id] = Token(self.clock.event())
        frozen = live.plan.reads_outputs(task.id)
        shown = self.variables(live, run, frozen=frozen)
        timeout = self._timeout(live, run, task, shown)
        file_log = FileLog([]) if task.log_to_file else None
        context = self.context(live, run, task, token, shown, timeout, file_log)
        self.runner.start_job(self._job(live, run.id, token, context, file_log), alone=timeout is not None)
        if timeout is not None:
            self.runner.at(self.now() + timeout, lambda: self._timed_out(live, run.id, token, timeout))

    def context(
        self,
        live: Live,
        run: TaskRun,
        task: Task,
        token: Token,
        shown: Mapping[str, Any],
        timeout: float | None,
        file_log: FileLog | None,
    ) -> TaskContext:
        number = len(run.attempts) - 1

        def log(level: str, message: str) -> None:
            now = self.now()
            if file_log is not None:
                file_log(level, message, now)
            else:
                live.log(LogLine(live.execution.id, task.id, run.id, number, now, level, message))
                self.runner.keep_up(live)

        return TaskContext(
            task=task,
            run_id=run.id,
            variables=shown,
            namespace=live.execution.namespace,
            files=lambda working_dir: self.files(live, run, working_dir),
            kv=self.stores.kv,
            services=self.services(live, run),
            cancelled=token.cancelled,
            timeout_seconds=timeout,
            settings=self.settings,
            log=log,
            masker=live.masker,
            shared_dir=live.shared_dir(run),
        )

    def _job(self, live: Live, run_id: str, token: Token, context: TaskContext, file_log: FileLog | None) -> Job:
        def job() -> None:
            outcome = attempt(context, self.run_task, self.stores.task_cache, live.flow.id, file_log)
            self.runner.post(lambda: self.ended(live, run_id, token, outcome))

        return job

    def _timeout(self, live: Live, run: TaskRun, task: Task, shown: Mapping[str, Any]) -> float | None:
        if task.timeout is None:
            return None
        return seconds_or_none(rendered_text(task.timeout, shown, self.services(live, run)))

    def _timed_out(self, live: Live, run_id: str, token: Token, timeout: float) -> None:
        if live.tokens.get(run_id) is not token:
            return
        token.cancelled.set()
        self.log(live, live.execution.runs[run_id], "ERROR", f"Timeout after {clock_time(timeout)}")
        self.ended(live, run_id, token, Outcome("FAILED"))

    def ended(self, live: Live, run_id: str, token: Token | None, outcome: Outcome) -> None:
        """An attempt is over: record what becomes of it, unless somebody else has decided that before."""
        if token is not None:
            if live.tokens.get(run_id) is not token or token.abandoned:
                return
            del live.tokens[run_id]
        run = live.execution.runs.get(run_id)
        if run is None or run.terminal:
            return
        if token is not None and token.state is not None:
            event: Event = {"e": "run", "id": run_id, "s": token.state, "ended": token.state, "at": self.now()}
            return self.record(live, event)
        events = settle(live.plan, live.execution, run, outcome, self.now(), self.random.random())
        self.record(live, *events)
        if live.flow.sla:
            self.children.lifecycle.assertions(live)

    def _check(self, live: Live, command: core.Check) -> None:
        run = live.execution.runs[command.run]
        task = live.plan.task(run)
        if task.type == APPROVAL:
            return self.record(live, *steps.asked(live.execution, run, self.now()))
        try:
            opened = LoopUntil.check(task, self.render_text(live, run), run.outputs or {}, run.start, self.now())
        except EngineError as error:
            self.log(live, run, "ERROR", said(error))
            return self.record(
                live, {"e": "run", "id": run.id, "at": self.now(), "detail": {"over": True, "failed": True}}
            )
        if opened.warning:
            self.log(live, run, "WARN", opened.warning)
        self.record(live, steps.checked(run, opened, self.now()))

    def _close(self, live: Live, command: core.Close) -> None:
        run = live.execution.runs[command.run]
        live.plan.forget(run.id)
        if run.id in live.dirs:
            return self.working_directories.close(live, run, command.state)
        self.record(live, {"e": "run", "id": run.id, "s": command.state, "at": self.now()})

    def _halt(self, live: Live, command: core.Halt) -> None:
        if command.state == "KILLED":
            return self.children.kill(live)
        self.record(live, {"e": "stop", "to": command.state, "at": self.now()})

    def _wait(self, live: Live, command: core.Wait) -> None:
        run = live.execution.runs[command.run]
        if run.due is not None:
            self.runner.at(run.due, lambda: self._due(live, run.id))

    def _due(self, live: Live, run_id: str) -> None:
        self.record(live, *core.due(live.plan, live.execution, run_id, self.now()))

    def _cancel(self, live: Live, command: core.Cancel) -> None:
        token = live.tokens.get(command.run)
        run = live.execution.runs[command.run]
        execution = live.execution
        state = command.state or ("KILLED" if execution.killing else execution.stopping or "KILLED")
        if token is not None and token.state is None:
            token.state = state
            token.cancelled.set()
            grace = float(self.settings.get("kill.grace_seconds", 10.0))
            self.runner.at(self.now() + grace, lambda: self.ended(live, run.id, token, Outcome(state)))
        elif token is None and core.is_executable(live.plan.task(run)):
            self.children.cancel(live, run, state)
