"""The engine's front door: run flows on one machine, look at what ran, and act on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from engine.errors import NotFound, Refused
from engine.execution.actions import Actions, Decision
from engine.execution.attempts import RunTask, run_registered
from engine.execution.clock import Clock, SystemClock
from engine.execution.executor import Executor
from engine.execution.inputs import FileUpload
from engine.execution.lifecycle import Request
from engine.execution.live import Live, OnEvent
from engine.execution.state import Event, Execution, fold, iso
from engine.execution.stores import Stores
from engine.execution.triggering import Triggering
from engine.execution.variables import envs
from engine.flow.load import load_flow
from engine.flow.model import Flow
from engine.storage.files import ExecutionRef
from engine.storage.journal import LEVELS, Durability, Journal, LogLine, Summary

if TYPE_CHECKING:
    from engine.triggers.registry import Fire
    from engine.triggers.scheduler import Scheduler
    from engine.triggers.webhook import WebhookRequest


class Engine:
    """One engine on one home directory. Use it as a context manager.

    ``settings`` by dotted name: ``workers`` (32), ``encryption.key``, ``globals``, ``environment`` (default: the
    process's), ``kill.grace_seconds`` (10), ``kestra.version`` (the one whose ways it follows where they differ, 1.1),
    and those that tasks read. ``run_task`` replaces what runs a task.
    """

    def __init__(
        self,
        home: Path,
        *,
        clock: Clock | None = None,
        durability: Durability = "full",
        settings: Mapping[str, Any] | None = None,
        run_task: RunTask = run_registered,
    ) -> None:
        self.home = Path(home)
        self.settings = dict(settings or {})
        self.clock = clock or SystemClock()
        environment = self.settings.get("environment") or os.environ
        self.journal = Journal(self.home / "journal.sqlite", durability=durability)
        self.stores = Stores.open(
            self.home,
            now=self.clock.now,
            durable=durability == "full",
            environment=environment,
            encryption_key=self.settings.get("encryption.key"),
        )
        base = {
            "envs": envs(environment),
            "globals": self.settings.get("globals") or {},
            "kestra": {
                "environment": self.settings.get("kestra.environment"),
                "url": self.settings.get("kestra.url"),
            },
        }
        self.settings.setdefault("logs.reader", self._log_entries)
        self.settings.setdefault("jdbc.databases_dir", self.home / "databases")
        self.settings.setdefault("engine", self)
        self._loaded: dict[str, Flow] = {}
        self.executor = Executor(
            self.journal, self.stores, self.clock, self.settings, base, run_task, self.find_flow, self._changed
        )
        self.runner = self.executor.runner
        self.children = self.executor.children
        self.actions = Actions(self.executor)
        self.triggers = Triggering(self.executor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop working. Executions that have not ended go on with ``resume_after_crash``."""
        self.triggers.close()
        self.runner.close()
        self.journal.close()
        self.stores.close()

    # -- flows ---------------------------------------------------------------------------------------

    def register(self, flow: Flow | str | Path) -> Flow:
        """Make a flow known by namespace and id, as a new revision when its text changed."""
        loaded = flow if isinstance(flow, Flow) else load_flow(flow)
        stored = self.stores.flows.put(loaded.source)
        self.triggers.forget()
        return self._load(stored.source, stored.revision)

    def register_template(self, source: str) -> None:
        """Keep a template for the Template tasks of old flows: id, namespace and tasks. InvalidFlow."""
        self.stores.templates.put(source)

    def find_flow(self, namespace: str, flow_id: str, revision: int | None = None) -> Flow | None:
        """A registered flow, the newest revision by default."""
        stored = self.stores.flows.find(namespace, flow_id, revision)
        return None if stored is None else self._load(stored.source, stored.revision)

    def _load(self, source: str, revision: int | None) -> Flow:
        key = f"{revision}:{source}"
        found = self._loaded.get(key)
        if found is None:
            if len(self._loaded) > 256:
                self._loaded.clear()
            found = self._loaded[key] = load_flow(source, revision=revision)
        return found

    # -- running -------------------------------------------------------------------------------------

    def run(
        self,
        flow: Flow | str | Path,
        inputs: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Path | FileUpload] | None = None,
        labels: Mapping[str, str] | None = None,
        on_event: OnEvent | None = None,
        wait: bool = True,
        trigger: Mapping[str, Any] | None = None,
        not_before: float | None = None,
    ) -> Execution:
        """Run a flow to its end, or only start it with ``wait=False``.

        ``files`` for FILE inputs by input id. ``on_event`` hears of each state change once it is recorded and of each
        log line; it must not call the engine. Raises InvalidFlow, InvalidInputs, Refused: then nothing was created.
        """
        loaded = flow if isinstance(flow, Flow) else load_flow(flow)
        uploads = {
            name: file if isinstance(file, FileUpload) else FileUpload(Path(file).name, Path(file))
            for name, file in (files or {}).items()
        }
        request = Request(
            inputs=inputs or {},
            files=uploads,
            labels=labels or {},
            trigger=trigger,
            not_before=not_before,
            on_event=on_event,
        )
        return self.start(loaded, request, wait=wait)

    def start(self, flow: Flow, request: Request, *, wait: bool = False) -> Execution:
        """Run a flow from a full request; ``ready_inputs`` in it are taken as they are."""
        live = self.runner.call(lambda: self.children.lifecycle.create(flow, request, self.executor.new_id()))
        if wait:
            self._wait(live)
        return live.execution

    def _wait(self, live: Live) -> None:
        live.done.wait()
        if self.runner.broken is not None:
            raise self.runner.broken

    def wait(self, execution_id: str, timeout: float | None = None) -> Execution:
        """Wait until an execution has ended, at most so many (real) seconds; its state as it is then."""
        live = self.runner.live.get(execution_id)
        if live is not None:
            live.done.wait(timeout)
            return live.execution
        return self.execution(execution_id)

    # -- acting --------------------------------------------------------------------------------------

    def resume_after_crash(self, execution_id: str, *, wait: bool = True, on_event: OnEvent | None = None) -> Execution:
        """Finish an execution that a crash cut off; tasks that had ended do not run again. NotFound."""
        live = self.runner.call(lambda: self._hearing(self.actions.resume_after_crash(execution_id), on_event))
        if wait:
            self._wait(live)
        return live.execution

    def recover(self) -> list[str]:
        """Go on with every execution that had not ended when its process did; gives their ids. Does not wait."""
        unfinished = [s.id for s in reversed(self.journal.summaries(finished=False, limit=1_000_000))]
        for execution_id in unfinished:
            self.resume_after_crash(execution_id, wait=False)
        return unfinished

    @staticmethod
    def _hearing(live: Live, on_event: OnEvent | None) -> Live:
        live.on_event = on_event or live.on_event
        return live

    def pause(self, execution_id: str) -> Execution:
        """Start no further task until ``resume``. Refused unless RUNNING."""
        return self.runner.call(lambda: self.actions.pause(execution_id))

    def resume(
        self, execution_id: str, inputs: Mapping[str, Any] | None = None, *, behavior: str = "RESUME"
    ) -> Execution:
        """Go on after a pause; ``behavior`` RESUME, WARN, FAIL or CANCEL. Refused unless PAUSED; InvalidInputs."""
        return self.runner.call(lambda: self.actions.resume(execution_id, inputs or {}, behavior))

    def decide(
        self, execution_id: str, decision: str, given: Decision | None = None, *, task_run: str | None = None
    ) -> Execution:
        """Decide what an Approval asks, APPROVED or DENIED: the first that waits, or that of a task run. Refused unless
        it is PAUSED, or without a comment where one is wanted; InvalidInputs."""
        said = given or Decision()
        return self.runner.call(lambda: self.actions.decide(execution_id, decision, said, task_run))

    def kill(self, execution_id: str) -> Execution:
        """End an execution and those it started. Refused when it has ended."""
        return self.runner.call(lambda: self.actions.kill(execution_id))

    def force_run(self, execution_id: str) -> Execution:
        """Run what waits for its date, its turn or a resume. Refused when it has ended."""
        return self.runner.call(lambda: self.actions.force_run(execution_id))

    def unqueue(self, execution_id: str) -> Execution:
        """Run a queued execution whatever the concurrency limit. Refused unless QUEUED."""
        return self.runner.call(lambda: self.actions.unqueue(execution_id))

    def restart(self, execution_id: str, *, revision: int | None = None, wait: bool = False) -> Execution:
        """Run what failed again in the same execution, or on another ``revision`` in a new one.

        Without ``wait`` the answer is how the execution stood before the engine went on.
        """
        return self._opened(lambda: self.actions.restart(execution_id, revision), wait)

    def replay(
        self, execution_id: str, task_run: str | None = None, *, revision: int | None = None, wait: bool = False
    ) -> Execution:
        """A new execution from the start, or from a task run. Without ``wait`` as for ``restart``."""
        return self._opened(lambda: self.actions.replay(execution_id, task_run, revision), wait)

    def change_task_run_state(self, execution_id: str, task_run: str, state: str, *, wait: bool = False) -> Execution:
        """Set a task run to SUCCESS, WARNING or FAILED and go on from there. Without ``wait`` as for ``restart``."""
        return self._opened(lambda: self.actions.change_task_run_state(execution_id, task_run, state), wait)

    def set_labels(self, execution_id: str, labels: Mapping[str, str]) -> Execution:
        """Add labels to an ended execution, replacing those of the same names. Refused unless it has ended."""
        return self.runner.call(lambda: self.actions.set_labels(execution_id, labels))

    def change_status(self, execution_id: str, state: str) -> Execution:
        """Set the final state of an ended execution."""
        return self.runner.call(lambda: self.actions.change_status(execution_id, state))

    def _opened(self, action: Callable[[], Live], wait: bool) -> Execution:
        def act() -> tuple[Live, Execution]:
            live = action()
            return live, live.execution.snapshot()

        live, before = self.runner.call(act)
        if not wait:
            return before
        self._wait(live)
        return live.execution

    def delete(self, execution_id: str, *, logs: bool = True, files: bool = True) -> None:
        """Forget an ended execution, with its log and its files unless told otherwise. NotFound, Refused."""
        execution = self.execution(execution_id)
        if execution.finished is None and execution_id in self.runner.live:
            raise Refused("the execution has not ended", hint="kill it first", code="bad-state")
        if files:
            self.delete_files(execution_id)
        self.runner.call(lambda: self.journal.delete(execution_id, logs=logs))

    def delete_files(self, execution_id: str) -> int:
        """Remove the stored files of an execution; gives how many. NotFound."""
        execution = self.execution(execution_id)
        return self.stores.files.delete_execution(ExecutionRef(execution.namespace, execution.flow_id, execution_id))

    def delete_logs(
        self, executions: Iterable[str], *, since: float, until: float, levels: Iterable[str] = LEVELS
    ) -> int:
        """Remove log lines of these executions written between two times; gives how many."""
        wanted, kept = list(executions), list(levels)
        return self.runner.call(lambda: self.journal.delete_logs(wanted, since=since, until=until, levels=kept))

    # -- looking -------------------------------------------------------------------------------------

    def execution(self, execution_id: str) -> Execution:
        """An execution as it is recorded, or as it is now while it runs here. NotFound."""
        live = self.runner.live.get(execution_id)
        if live is not None:
            return live.execution
        events = self.journal.events(execution_id)
        if not events:
            raise NotFound(f"there is no execution {execution_id}", hint="list them with `executions`")
        return fold(events)

    def snapshot(self, execution_id: str) -> Execution:
        """How an execution stands now, for reading while it goes on: later events do not change it. NotFound."""
        live = self.runner.live.get(execution_id)
        return self.execution(execution_id) if live is None else self.runner.call(live.execution.snapshot)

    def executions(
        self,
        namespace: str | None = None,
        flow: str | None = None,
        *,
        states: Iterable[str] = (),
        caller: str | None = None,
        parent: str | None = None,
        limit: int = 1000,
    ) -> list[Summary]:
        """Summaries, newest first. ``caller``: those started by this execution; ``parent``: iterations of its loops."""
        return self.journal.summaries(
            namespace=namespace, flow=flow, states=states, caller=caller, parent=parent, limit=limit
        )

    def logs(self, execution_id: str | None = None, *, min_level: str = "TRACE") -> list[LogLine]:
        """Log lines in order, of one execution or of all."""
        return self.journal.logs(execution_id, min_level=min_level)

    def _log_entries(self, execution_id: str) -> list[dict[str, Any]]:
        """The log of an execution as the Fetch task reads it."""
        return [
            {
                "taskId": line.task,
                "taskRunId": line.task_run,
                "executionId": line.execution,
                "attemptNumber": line.attempt,
                "timestamp": iso(line.at),
                "level": line.level,
                "message": line.message,
            }
            for line in self.logs(execution_id)
        ]

    def webhook(self, namespace: str, flow_id: str, request: WebhookRequest, *, wait: bool = False) -> Execution | None:
        """Start a registered flow through its webhook; None when the trigger's conditions say no. NotFound."""
        flow = self.find_flow(namespace, flow_id)
        if flow is None:
            raise NotFound(f"there is no flow {namespace}.{flow_id}", hint="register it first")
        live = self.runner.call(lambda: self.triggers.webhook(flow, request))
        if live is not None and wait:
            self._wait(live)
        return None if live is None else live.execution

    def scheduler(self) -> Scheduler:
        """The scheduler of the registered flows; run it with ``run(stop)`` or step it with ``tick()``."""
        return self.triggers.make_scheduler()

    def fire(self, fire: Fire, *, wait: bool = False) -> Execution:
        """The execution that a trigger asks for, as the scheduler starts it. InvalidInputs, Refused."""
        live = self.runner.call(lambda: self.triggers.start(fire))
        if wait:
            self._wait(live)
        return live.execution

    def _changed(self, live: Live, event: Event) -> None:
        if event["e"] == "finished":
            self.children.on_end(live)
        if event["e"] in ("state", "end"):
            if live.execution.kind == "LOOP":
                self.children.loops.state_changed(live)
            self.triggers.state_changed(live)
