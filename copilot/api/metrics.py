"""Figures of the service for Prometheus: executions, tasks, the queue, retrieval, generation, model calls.

Labels take values from short lists only (states, known types, paths as declared), so their number stays bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from engine import Engine
    from engine.execution.context import TaskContext
    from engine.flow.model import Task

CONTENT_TYPE = CONTENT_TYPE_LATEST
_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_WAITING = ("CREATED", "QUEUED")
OnStage = Callable[[str, Mapping[str, Any]], None]


class Metrics:
    """The figures of one service. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "flowwright_http_requests", "Requests by path and status", ["method", "path", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "flowwright_http_request_seconds", "Until the answer begins", ["path"], buckets=_SLOW, registry=registry
        )
        self._attempts = Counter(
            "flowwright_task_attempts", "Attempts at tasks by type and end", ["type", "end"], registry=registry
        )
        self._task_seconds = Histogram(
            "flowwright_task_seconds", "How long attempts at tasks take", buckets=_SLOW, registry=registry
        )
        self._retrieval = Histogram(
            "flowwright_retrieval_seconds", "How long retrieval takes", ["what"], buckets=_FAST, registry=registry
        )
        self._answers = Counter(
            "flowwright_answers", "Answers to words by what was asked and how it came out", ["what", "status"],
            registry=registry,
        )  # fmt: skip
        self._answer_seconds = Histogram(
            "flowwright_answer_seconds", "How long answers to words take", ["what"], buckets=_SLOW, registry=registry
        )
        self._calls = Counter("flowwright_model_calls", "Calls of language models", ["provider"], registry=registry)
        self._tokens = Counter(
            "flowwright_model_tokens", "Tokens of language models", ["provider", "kind"], registry=registry
        )

    def watch(self, engine: Engine) -> None:
        """Also show the executions of an engine, looked up at each question."""
        self.registry.register(_Executions(engine))

    # -- counting ------------------------------------------------------------------------------------

    def answered(self, method: str, path: str, status: int, began: float) -> None:
        self._requests.labels(method, path, str(status)).inc()
        self._request_seconds.labels(path).observe(self._clock() - began)

    def now(self) -> float:
        return self._clock()

    def run_task(self, task: Task, context: TaskContext) -> Any:
        """What runs a task, counted."""
        from engine.execution.attempts import run_registered
        from engine.tasks.registry import find

        name = task.type if find(task.type) is not None else "(does not run here)"
        began, end = self._clock(), "failed"
        try:
            result = run_registered(task, context)
            end = "success"
            return result
        finally:
            self._attempts.labels(name, end).inc()
            self._task_seconds.observe(self._clock() - began)

    @contextmanager
    def retrieving(self, what: str) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        finally:
            self._retrieval.labels(what).observe(self._clock() - began)

    @contextmanager
    def answering(self, what: str, on_stage: OnStage = lambda stage, data: None) -> Iterator[Heard]:
        """Times an answer to words; what it cost is read from its receipt. ``on_stage`` hears of the stages too."""
        heard = Heard(self._clock, on_stage)
        status = "error"
        try:
            yield heard
            status = str(heard.answer.get("status") or "ok")
        finally:
            self._answers.labels(what, status).inc()
            self._answer_seconds.labels(what).observe(self._clock() - heard.began)
            if heard.retrieved is not None:
                self._retrieval.labels(what).observe(heard.retrieved - heard.began)
            self._spent(heard.answer.get("receipt") or {})

    def _spent(self, receipt: Mapping[str, Any]) -> None:
        provider = str(receipt.get("provider") or "")
        if provider:
            self._calls.labels(provider).inc(int(receipt.get("model_calls") or 0))
            for kind in ("prompt", "output"):
                self._tokens.labels(provider, kind).inc(int(receipt.get(f"{kind}_tokens") or 0))

    # -- showing -------------------------------------------------------------------------------------

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)

    def as_dict(self) -> dict[str, list[dict[str, Any]]]:
        """The same figures as JSON: by name, a list of ``{labels, value}``."""
        found: dict[str, list[dict[str, Any]]] = {}
        for metric in self.registry.collect():
            for sample in metric.samples:
                if not sample.name.endswith("_created"):
                    value = {"labels": dict(sample.labels), "value": sample.value}
                    found.setdefault(sample.name, []).append(value)
        return found


@dataclass(eq=False)
class Heard:
    """What an answer told while it was made."""

    clock: Callable[[], float]
    on_stage: OnStage
    began: float = 0.0
    retrieved: float | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def stage(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "retrieve" and self.retrieved is None:
            self.retrieved = self.clock()
        self.on_stage(name, data)

    def told(self, answer: dict[str, Any]) -> dict[str, Any]:
        self.answer = answer
        return answer


class _Executions(Collector):
    """Executions by state as the journal has them, and what waits or works right now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        counts = self._engine.journal.counts()
        states = GaugeMetricFamily("flowwright_executions", "Executions recorded, by state", labels=["state"])
        for state, count in sorted(counts.items()):
            states.add_metric([state], count)
        waiting = sum(counts.get(state, 0) for state in _WAITING)
        live = len(self._engine.runner.live)
        yield states
        yield GaugeMetricFamily("flowwright_executions_waiting", "Created or queued, not yet running", value=waiting)
        yield GaugeMetricFamily("flowwright_executions_live", "Executions this process works on", value=live)

    def describe(self) -> Iterable[Metric]:
        """Nothing is looked up when it is registered."""
        return []
