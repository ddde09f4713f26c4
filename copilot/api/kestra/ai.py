"""Words to a flow on Kestra's path of its own copilot."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from copilot.api import models
from copilot.api.kestra.context import service_of
from copilot.api.kestra.errors import InvalidEntity, Violation

router = APIRouter(prefix="/ai", tags=["Kestra: ai"])


class FlowGenerationPrompt(BaseModel):
    """``yaml`` is the flow to change; without it, or when it is empty, a new one is written."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    conversation_id: str | None = Field(None, alias="conversationId", max_length=200)
    user_prompt: str = Field(alias="userPrompt", min_length=1, max_length=models.MAX_WORDS)
    yaml: str | None = Field(None, max_length=models.MAX_FLOW)
    provider_id: str | None = Field(None, alias="providerId", max_length=100)


@router.post("/generate/flow", summary="Words to a flow")
def generate_flow(body: FlowGenerationPrompt, request: Request) -> Response:
    """The flow as YAML and nothing else. 422 with the reason when the answer is no flow."""
    service = service_of(request)
    if body.yaml and body.yaml.strip():
        found = service.edit(models.EditBody(flow=body.yaml, prompt=body.user_prompt))
    else:
        found = service.generate(models.GenerateBody(prompt=body.user_prompt, namespace=None))
    if found["status"] != "ok":
        raise InvalidEntity(_reasons(found))
    return Response(found["flow"], media_type="application/yaml")


def _reasons(found: dict[str, Any]) -> list[Violation]:
    said = [Violation("userPrompt", question) for question in found["questions"]]
    said += [Violation("flow", f["message"]) for f in found["findings"] if f["severity"] == "error"]
    return said or [Violation("userPrompt", found["reason"] or f"no flow came of it ({found['status']})")]


@router.get("/providers", summary="Who drafts")
def providers(request: Request) -> list[dict[str, Any]]:
    chosen = service_of(request).settings.chosen_provider
    return [{"id": name, "displayName": name, "isDefault": name == chosen} for name in ("offline", "gemini")]
