"""The runner carries out what the core says and records every change before it acts on the next.

There is no loop thread. Whoever has news (a worker whose task ended, a caller, the timer) puts it into the inbox
and tries to take the lead; whoever leads works through the inbox, asks ``advance`` what follows, writes all of it
in one transaction, and only then hands the tasks that became ready to workers, keeping one for itself. So a chain
of tasks needs no hand-over between threads, and tasks that end together share a commit.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine.errors import EngineError, Refused
from engine.execution.advance import advance
from engine.execution.clock import Clock
from engine.execution.live import Live
from engine.execution.pool import Pool
from engine.execution.state import Event
from engine.storage.journal import Journal

T = TypeVar("T")
Message = Callable[[], None]
Job = Callable[[], None]
_log = logging.getLogger(__name__)
LOG_SECONDS = 1.0
"""How long a line may wait to be written while its task still runs."""


@dataclass(eq=False)
class _Reply(Generic[T]):
    """The answer to a call, given once what it did is recorded."""

    ready: threading.Event = field(default_factory=threading.Event)
    value: T | None = None
    error: BaseException | None = None


class Runner:
    """The loop and its journal. ``carry_out`` handles one command of the core for one execution."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        workers: int,
        carry_out: Callable[[Live, Any], None],
        changed: Callable[[Live, Event], None],
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.pool = Pool(workers)
        self.live: dict[str, Live] = {}
        self._carry_out = carry_out
        self._changed = changed
        self._inbox: deque[Message] = deque()
        self._lead = threading.Lock()
        self._dirty: dict[str, Live] = {}
        self._jobs: list[Job] = []
        self._others: list[Job] = []
        self._told: list[tuple[Live, dict[str, Any]]] = []
        self._replies: list[_Reply[Any]] = []
        self._ended: list[Live] = []
        self._sources: dict[str, str] = {}
        self._known_sources: set[str] = set()
        self._timers = _Timers(self)
        self._closed = False
        self.broken: EngineError | None = None

    # -- from any thread -----------------------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Put news into the inbox; follow with ``pump``."""
        self._inbox.append(message)

    def pump(self) -> Job | None:
        """Lead as long as there is news and nobody else does; gives a job to run, if one is left."""
        while self._inbox and not self._closed and self._lead.acquire(blocking=False):
            try:
                jobs = self._turn()
            finally:
                self._lead.release()
            if jobs:
                for job in jobs[1:]:
                    self.hand_over(job)
                return jobs[0]
        return None

    def hand_over(self, job: Job) -> None:
        """Give a job to a worker."""
        self.clock.enter()
        self.pool.submit(lambda: self._work(job))

    def _work(self, job: Job | None) -> None:
        while job is not None:
            job()
            job = self.pump()
        self.clock.leave()

    def call(self, what: Callable[[], T]) -> T:
        """Do something as the leader and wait until it is recorded. What it raises comes back to the caller."""
        if self._closed:
            raise Refused("the engine is closed", hint="open another on the same home", code="engine-closed")
        reply: _Reply[T] = _Reply()

        def message() -> None:
            try:
                reply.value = what()
            except Exception as error:  # noqa: BLE001 - carried over to the caller, who waits for an answer
                reply.error = error
            self._replies.append(reply)

        self.clock.enter()
        self.post(message)
        job = self.pump()
        if job is not None:
            self.hand_over(job)
        self.clock.leave()
        reply.ready.wait()
        if reply.error is not None:
            raise reply.error
        return reply.value  # type: ignore[return-value]

    def keep_up(self, live: Live) -> None:
        """Write the log lines of a task that runs on and on, so that others can follow it."""
        now = time.monotonic()
        if now - live.kept < LOG_SECONDS:
            return
        live.kept = now
        self.post(lambda: self.touch(live))
        job = self.pump()
        if job is not None:
            self.hand_over(job)

    def at(self, due: float, message: Message) -> None:
        """Post a message when its time has come."""
        self._timers.add(due, message)

    def close(self) -> None:
        """Stop workers and the timer; what has not ended can be resumed from the journal."""
        self._timers.close()
        self.pool.close()
        with self._lead:
            self._closed = True
            self._refuse_waiting()
            for live in list(self.live.values()):
                for token in list(live.tokens.values()):
                    token.abandoned = True
                    token.cancelled.set()
            self.live.clear()

    # -- as the leader -------------------------------------------------------------------------------

    def record(self, live: Live, events: Iterable[Event]) -> None:
        """Take events into the projection now and into the journal with the next commit."""
        for event in events:
            live.execution.apply(event)
            live.pending.append(event)
            kind = event["e"]
            if kind in ("state", "end", "created", "labels", "finished"):
                live.changed = True
            if live.on_event is not None and (kind != "run" or "s" in event):
                self._told.append((live, event))
            if kind == "finished":
                self._ended.append(live)
            if kind in ("state", "end", "created", "finished"):
                self._changed(live, event)
        self._dirty[live.execution.id] = live

    def add(self, live: Live, text: str) -> None:
        """Take an execution into care; its flow's text is kept beside it."""
        self.live[live.execution.id] = live
        if live.source not in self._known_sources:
            self._known_sources.add(live.source)
            self._sources[live.source] = text

    def touch(self, live: Live, *, root: bool = False) -> None:
        """Have an execution looked at with the next commit; ``root``: also what its own scope has to do."""
        if root:
            live.execution.touch_root()
        self._dirty[live.execution.id] = live

    def start_job(self, job: Job, *, alone: bool = False) -> None:
        """Run a job once what is pending has been recorded; ``alone``: never on a caller's own thread."""
        (self._others if alone else self._jobs).append(job)

    def _turn(self) -> list[Job]:
        """Work through the inbox, record, and give the jobs that became ready."""
        while self._inbox:
            message = self._inbox.popleft()
            try:
                message()
                self._settle()
            except Exception:  # noqa: BLE001 - the boundary of the loop: one bad piece of news must not stop all others
                _log.exception("a message could not be handled")
        try:
            self._commit()
        except EngineError as error:
            self._break(error)
        self._deliver()
        jobs, self._jobs = self._jobs, []
        others, self._others = self._others, []
        for job in others:
            self.hand_over(job)
        return jobs

    def _settle(self) -> None:
        """Let every execution that changed go on until nothing is left to do."""
        waiting = list(self._dirty.values())
        while waiting:
            live = waiting.pop()
            while touched := live.execution.take_touched():
                for command in advance(live.plan, live.execution, touched):
                    self._carry_out(live, command)
            if not waiting:
                waiting = [x for x in self._dirty.values() if x.execution.has_touched]

    def _commit(self) -> None:
        if not self._dirty:
            return
        changed, self._dirty = list(self._dirty.values()), {}
        events = [(live.execution.id, live.pending) for live in changed if live.pending]
        lines = [line for live in changed for line in live.take_lines()]
        summaries = [live.summary() for live in changed if live.changed]
        sources, self._sources = self._sources, {}
        if events or lines:
            self.journal.write(events, summaries, lines, sources)
        now = time.monotonic()
        for live in changed:
            live.pending = []
            live.changed = False
            live.kept = now

    def _deliver(self) -> None:
        """Tell those who listen, now that it is recorded."""
        told, self._told = self._told, []
        for live, event in told:
            if live.on_event is not None:
                live.tell(notice(live, event))
        replies, self._replies = self._replies, []
        for reply in replies:
            if self.broken is not None and reply.error is None:
                reply.error = self.broken
            reply.ready.set()
        ended, self._ended = self._ended, []
        for live in ended:
            self.live.pop(live.execution.id, None)
            live.done.set()

    def _refuse_waiting(self) -> None:
        """Callers whose request was not reached get an answer, not silence."""
        self._inbox.clear()
        for live in self.live.values():
            live.done.set()

    def _break(self, error: EngineError) -> None:
        """The journal cannot be written: nothing may go on, since it could not be recorded."""
        _log.error("the journal cannot be written: %s", error)
        self.broken = error
        self._jobs.clear()
        self._others.clear()
        self._dirty.clear()
        for live in self.live.values():
            for token in live.tokens.values():
                token.cancelled.set()
            live.done.set()
        self.live.clear()


def notice(live: Live, event: Event) -> dict[str, Any]:
    """An event as ``on_event`` hears of it."""
    base = {"execution": live.execution.id, "at": event.get("at")}
    if event["e"] in ("run", "task"):
        run = live.execution.runs.get(event["id"])
        state = event.get("s", "CREATED")
        task = run.task_id if run else None
        return {
            **base,
            "kind": "task_run",
            "task_run": event["id"],
            "task_id": task,
            "state": state,
            "value": run.value if run else None,
        }
    if event["e"] in ("created", "state", "end"):
        return {**base, "kind": "execution", "state": event.get("s", "CREATED")}
    return {**base, "kind": event["e"]}


class _Timers:
    """Messages for later, kept by one thread that is started with the first of them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._heap: list[tuple[float, int, Message]] = []
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._wake = runner.clock.event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, due: float, message: Message) -> None:
        with self._lock:
            heapq.heappush(self._heap, (due, next(self._count), message))
            first = self._heap[0][0] == due
            if self._thread is None:
                self._runner.clock.enter()
                self._thread = threading.Thread(target=self._run, name="engine-timer", daemon=True)
                self._thread.start()
        if first:
            self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    def _run(self) -> None:
        clock = self._runner.clock
        while not self._closed:
            self._wake.clear()
            for message in self._take_due(clock.now()):
                self._runner.post(message)
            job = self._runner.pump()
            if job is not None:
                self._runner.hand_over(job)
            with self._lock:
                due = self._heap[0][0] if self._heap else None
            self._wake.wait(None if due is None else max(due - clock.now(), 0.0))
        clock.leave()

    def _take_due(self, now: float) -> list[Message]:
        with self._lock:
            found = []
            while self._heap and self._heap[0][0] <= now:
                found.append(heapq.heappop(self._heap)[2])
            return found
