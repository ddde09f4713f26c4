"""What the routes call: one workbench and one engine for the life of the service."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi.concurrency import run_in_threadpool

from copilot.api import models
from copilot.api.duties import scheduling, take_up
from copilot.api.errors import answer_to
from copilot.api.metrics import Metrics
from copilot.draft.contract import Request, Source
from copilot.errors import NotFound
from copilot.executions import document, must_be_valid, source_of, summaries
from copilot.pipeline import OnStage, generate
from copilot.settings import Settings
from copilot.versions import known_version
from copilot.wiring import Workbench, check, runs_here
from engine.flow.findings import errors as wrong_ones

if TYPE_CHECKING:
    from engine import Engine
    from engine.execution.clock import Clock
    from engine.execution.state import Execution

log = logging.getLogger(__name__)
SHORTEST_PAUSE = 0.02
LONGEST_PAUSE = 0.4
"""Seconds between two looks at an execution that is followed: at first, and when it takes longer."""
LONGEST_WAIT = 3600.0
"""Seconds that an answer waits for an end."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What a service does unasked: ``scheduler`` fires the triggers of registered flows, ``recover`` takes up what a
    crash cut short. ``clock`` and ``longest_wait`` (seconds between two looks for new triggers) come in from tests."""

    scheduler: bool = False
    recover: bool = False
    clock: Clock | None = None
    longest_wait: float = 1.0


class Service:
    """Thread-safe: the routes call it from worker threads. ``model_written``: what it is asked to run came from a
    language model, so its scripts need the full fence."""

    def __init__(self, settings: Settings, *, model_written: bool = False, duties: Duties | None = None) -> None:
        self.settings = settings
        self.duties = duties or Duties()
        self._model_written = model_written
        self.bench = Workbench(settings, log.info)
        self.metrics = Metrics()
        self.stopping = threading.Event()
        self._open = ExitStack()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Take up the duties; without any, the engine is opened when it is first needed."""
        if self.duties.scheduler or self.duties.recover:
            engine = self.engine
            if self.duties.scheduler:
                self._open.enter_context(scheduling(engine, longest_wait=self.duties.longest_wait))

    @cached_property
    def _engine(self) -> Engine:
        claim = take_up if self.duties.recover else None
        opened = self.bench.engine(
            model_written=self._model_written, clock=self.duties.clock, claim=claim, run_task=self.metrics.run_task
        )
        engine = self._open.enter_context(opened)
        self.metrics.watch(engine)
        return engine

    @property
    def engine(self) -> Engine:
        with self._lock:
            return self._engine

    def close(self) -> None:
        self.stopping.set()
        self._open.close()

    async def follow(self, execution_id: str) -> AsyncIterator[Execution]:
        """How an execution stands, now and a few times a second until it has ended or the service stops; no thread is
        held meanwhile, so that many may follow. NotFound."""
        pause = SHORTEST_PAUSE
        while not self.stopping.is_set():
            found = await run_in_threadpool(self.engine.snapshot, execution_id)
            yield found
            if found.finished is not None:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    async def ended(self, execution_id: str) -> None:
        """Until an execution has ended, the service stops, or an hour is over."""
        longest = time.monotonic() + LONGEST_WAIT
        async for _ in self.follow(execution_id):
            if time.monotonic() > longest:
                return

    def target(self, named: str | None) -> str:
        return known_version(named) if named else self.settings.target

    def generate(self, body: models.GenerateBody, on_stage: OnStage = lambda stage, data: None) -> dict[str, Any]:
        documents = [
            Source(f"document-{number}", "prose", document.title, document.text, "handed in", "")
            for number, document in enumerate(body.documents, start=1)
        ]
        request = Request(
            body.prompt,
            target=self.target(body.target),
            namespace=body.namespace or self.settings.namespace,
            answers=body.answers,
            documents=documents,
        )
        tools = self.bench.tools(self.bench.drafter(body.provider))
        with self.metrics.answering("generate", on_stage) as heard:
            return heard.told(generate(request, tools, inputs=body.inputs, on_stage=heard.stage).as_dict())

    def generate_events(self, body: models.GenerateBody) -> Iterator[bytes]:
        """Server-sent events: one a stage, then ``result`` with the answer, or ``error`` in the one error shape."""
        events: queue.Queue[tuple[str, Mapping[str, Any]] | None] = queue.Queue()

        def work() -> None:
            try:
                events.put(("result", self.generate(body, on_stage=lambda stage, data: events.put((stage, data)))))
            except Exception as error:  # noqa: BLE001 - the boundary of a stream; answer_to() logs what is not ours
                events.put(("error", answer_to(error)[1]))
            events.put(None)

        threading.Thread(target=work, daemon=True).start()
        while (event := events.get()) is not None:
            yield f"event: {event[0]}\ndata: {json.dumps(event[1], ensure_ascii=False, default=str)}\n\n".encode()

    def edit(self, body: models.EditBody) -> dict[str, Any]:
        from copilot.editing import edit_flow

        target = self.target(body.target)
        with self.metrics.answering("edit") as heard:
            answer = edit_flow(body.flow, body.prompt, self.bench, provider=body.provider, target=target)
            return heard.told(answer.as_dict())

    def fix(self, body: models.FixBody) -> dict[str, Any]:
        from copilot.editing import fix_flow

        target = self.target(body.target)
        with self.metrics.answering("fix") as heard:
            answer = fix_flow(
                body.flow,
                self.bench,
                provider=body.provider,
                execution=body.execution,
                target=target,
                on_stage=heard.stage,
            )
            return heard.told(answer.as_dict())

    def ask(self, body: models.AskBody) -> dict[str, Any]:
        from copilot.ask import ask

        model = self.bench.text_model(body.provider)
        with self.metrics.answering("ask") as heard:
            answer = ask(body.question, self.bench.knowledge, target=self.target(body.target), provider=model)
            return heard.told(answer.as_dict())

    def search(self, body: models.SearchBody) -> dict[str, Any]:
        target = self.target(body.target)
        with self.metrics.retrieving("search"):
            hits = self.bench.knowledge.search(body.query, k=body.k, target=target)
        found = [hit.as_dict() for hit in hits]
        return {"query": body.query, "target": target, "hits": found, "reason": hits.reason}

    def chunk(self, name: str) -> str:
        """NotFound when there is no such chunk now."""
        text = self.bench.knowledge.chunk_text(name)
        if text is None:
            raise NotFound(f"there is no chunk {name}", hint="the documentation may have changed; search for it")
        return text

    def validate(self, flow: str, target: str) -> dict[str, Any]:
        findings = check(flow, target)
        valid = not wrong_ones(findings)
        can_run, missing = runs_here(flow)
        return {
            "valid": valid,
            "runs_here": valid and can_run,
            "cannot_run": missing,
            "target": target,
            "findings": [f.as_dict() for f in findings],
        }

    def trial(self, body: models.TrialBody) -> Mapping[str, Any]:
        must_be_valid(body.flow, self.target(body.target))
        return self.bench.trial(body.flow, body.inputs)

    def start(self, body: models.RunBody) -> str:
        """The id of an execution that runs from now on. InvalidFlow, InvalidInputs, Refused."""
        must_be_valid(body.flow, self.settings.target)
        return self.engine.run(body.flow, body.inputs, wait=False).id

    def run(self, body: models.RunBody) -> dict[str, Any]:
        """An execution from its start to its end, for a caller who may hold a thread meanwhile."""
        must_be_valid(body.flow, self.settings.target)
        return self.execution(self.engine.run(body.flow, body.inputs, wait=body.wait).id)

    def execution(self, execution_id: str) -> dict[str, Any]:
        """Without the values of secrets: a flow may have put one into an output or a label. NotFound."""
        shown: dict[str, Any] = self._masked(document(self.engine, execution_id))
        return shown

    def flow_of(self, execution_id: str) -> dict[str, Any]:
        return {"flow": source_of(self.engine, execution_id)}

    def executions(self, limit: int) -> dict[str, Any]:
        shown: dict[str, Any] = self._masked({"executions": summaries(self.engine, limit)})
        return shown

    def _masked(self, shown: Any) -> Any:
        from engine.storage.masking import Masker

        return Masker(self.engine.stores.secrets.values()).mask_all(shown)
