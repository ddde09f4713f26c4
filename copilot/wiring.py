"""Puts the rooms together: settings in, a pipeline's tools out. The only place that knows every concrete part."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from copilot.draft.contract import Drafter, Source
from copilot.draft.text_model import TextModel
from copilot.pipeline import Limits, Tools
from copilot.redact import redact
from copilot.settings import Settings

if TYPE_CHECKING:
    from copilot.ownership import Presence
    from engine import Engine
    from engine.execution.attempts import RunTask
    from engine.execution.clock import Clock
    from engine.flow.findings import Finding
    from rag import Hit, Knowledge

Progress = Callable[[str], None]
Claim = Callable[["Engine", "Presence"], None]


class Workbench:
    """Everything one process needs, made on first use. ``progress`` hears of slow first steps."""

    def __init__(self, settings: Settings, progress: Progress = lambda text: None) -> None:
        self.settings = settings
        self._progress = progress
        self._opening = threading.Lock()
        self._knowledge: Knowledge | None = None

    @property
    def knowledge(self) -> Knowledge:
        """The index of the corpus; built at the first start, by one thread while the others wait for it."""
        with self._opening:
            if self._knowledge is None:
                from rag import Knowledge

                self._knowledge = Knowledge.open(self.settings.home / "knowledge", progress=self._progress)
            return self._knowledge

    @contextmanager
    def engine(
        self,
        *,
        model_written: bool = False,
        clock: Clock | None = None,
        claim: Claim | None = None,
        run_task: RunTask | None = None,
    ) -> Iterator[Engine]:
        """The local engine on this home, for running. ``model_written``: its scripts came from a model.

        ``claim`` is told before any other process may run something here, and whether none does: the moment to take
        up what a crash cut short. ``run_task`` replaces what runs a task.
        """
        from copilot.ownership import present

        with (
            present(self.settings.home / "engine", alone=claim is not None) as presence,
            self._engine(model_written, clock, run_task) as engine,
        ):
            if claim is not None:
                claim(engine, presence)
                presence.share()
            yield engine

    @contextmanager
    def records(self) -> Iterator[Engine]:
        """The local engine for looking only: it runs nothing, so it is in nobody's way."""
        with self._engine(False) as engine:
            yield engine

    def _engine(self, model_written: bool, clock: Clock | None = None, run_task: RunTask | None = None) -> Engine:
        from engine import Engine

        settings = {**self.engine_settings, "scripts.written_by_model": model_written}
        home, more = self.settings.home / "engine", {} if run_task is None else {"run_task": run_task}
        return Engine(home, durability=self.settings.durability, settings=settings, clock=clock, **more)

    @property
    def engine_settings(self) -> Mapping[str, Any]:
        key = self.settings.encryption_key
        return {
            **({"encryption.key": key.get_secret_value()} if key else {}),
            "kestra.version": self.settings.target,
            "fence.network": self.settings.script_network,
            "fence.allow_unfenced": self.settings.allow_unfenced,
            "jdbc.databases_dir": self.settings.home / "databases",
            "files.allowed_roots": self.settings.allowed_roots,
        }

    def drafter_name(self, provider: str | None) -> str:
        """Who drafts: the provider named, or the one the settings choose."""
        return provider or self.settings.chosen_provider

    def drafter(self, provider: str | None = None, on_text: Callable[[str], None] | None = None) -> Drafter:
        """The drafter of this name, or the one the settings choose. ProviderKeyMissing without a key."""
        if model := self.text_model(provider):
            from copilot.draft.model_drafter import ModelDrafter

            return ModelDrafter(model, new_fence=new_fence, on_text=on_text)
        from copilot.draft.offline import OfflineDrafter

        return OfflineDrafter(search=self.retrieve)

    def retrieve(self, words: str, target: str) -> list[Source]:
        """What the corpus says about the words, within the prompt's budget."""
        hits = self.knowledge.gather(words, target=target, budget_tokens=self.settings.context_tokens)
        return [as_source(hit) for hit in hits]

    def reference(self, type_name: str, target: str) -> list[Source]:
        """The reference chunk of exactly this type."""
        hits = self.knowledge.search(type_name, k=1, target=target, kinds=["reference"])
        return [as_source(hit) for hit in hits if type_name in hit.types]

    def text_model(self, provider: str | None = None) -> TextModel | None:
        """The language model of this name, or the one the settings choose; None where none is asked."""
        if self.drafter_name(provider) != "gemini":
            return None
        from copilot.draft.gemini import Gemini

        return Gemini(self.settings)

    def tools(self, drafter: Drafter) -> Tools:
        return Tools(
            drafter=drafter,
            retrieve=self.retrieve,
            reference=self.reference,
            redact=redact,
            check=check_draft,
            runs_here=runs_here,
            try_out=self.trial,
            tasks_of=tasks_of,
            clock=time.monotonic,
            limits=Limits(self.settings.max_attempts, self.settings.max_seconds, self.settings.max_tokens),
        )

    def trial(self, flow: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The flow run with typed stand-ins for every side effect."""
        from engine import load_flow
        from engine.trial import trial

        return trial(load_flow(flow), inputs, settings=self.engine_settings).as_dict()


def check(flow: str, target: str) -> list[Finding]:
    from engine.flow.check import check_flow

    return check_flow(flow, target)


def check_draft(flow: str, target: str) -> list[Finding]:
    """What is wrong with a drafted flow: the rules, and where they see no error, the schemas of its types."""
    from engine.flow.findings import errors
    from engine.flow.second_look import second_look

    findings = check(flow, target)
    return findings if errors(findings) else [*findings, *second_look(flow, target)]


def runs_here(flow: str) -> tuple[bool, list[str]]:
    from engine.flow.runs_here import runs_here as judge

    return judge(flow)


def tasks_of(flow: str) -> Sequence[tuple[str, str]]:
    """(id, type) of every task and trigger at any depth, in the order written."""
    from engine.flow.source import parse

    found: list[tuple[str, str]] = []
    stack: list[Any] = [parse(flow).value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if isinstance(item.get("type"), str) and isinstance(item.get("id"), str) and "." in item["type"]:
                found.append((item["id"], item["type"]))
            stack.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            stack.extend(reversed(item))
    return found


def as_source(hit: Hit) -> Source:
    kind = hit.kind if hit.kind in ("reference", "example") else "prose"
    return Source(
        hit.chunk, kind, hit.title, hit.text, hit.origin, hit.version_since or "", tuple(hit.types), hit.score
    )


def new_fence() -> str:
    return f"source-{secrets.token_hex(6)}"
