"""The drafter that asks a language model: one call a draft, one call a repair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from copilot.draft import prompt as prompts
from copilot.draft.contract import Draft, Request, Usage
from copilot.draft.text_model import TextModel
from engine.flow.findings import Finding


class ModelDrafter:
    """``new_fence`` gives an unguessable tag for each call, so that reference data cannot close its own fence."""

    def __init__(
        self, model: TextModel, *, new_fence: Callable[[], str], on_text: Callable[[str], None] | None = None
    ) -> None:
        self._model = model
        self._new_fence = new_fence
        self._on_text = on_text

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def model(self) -> str:
        return self._model.model

    def draft(self, request: Request) -> Draft:
        """One model call. ProviderError when the model does not answer."""
        fence = self._new_fence()
        return self._ask(prompts.system_prompt(request, fence), prompts.draft_prompt(request, fence))

    def repair(self, request: Request, flow: str, findings: Sequence[Finding]) -> Draft:
        """One model call with the located findings. ProviderError when the model does not answer."""
        fence = self._new_fence()
        return self._ask(prompts.system_prompt(request, fence), prompts.repair_prompt(request, flow, findings, fence))

    def _ask(self, system: str, prompt: str) -> Draft:
        reply = self._model.generate_text(system, prompt, self._on_text)
        usage = Usage(1, reply.prompt_tokens, reply.output_tokens, reply.seconds)
        return replace(prompts.parse_answer(reply.text), usage=usage)
