"""Request and response bodies, as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

MAX_FLOW = 1_000_000
MAX_WORDS = 20_000


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


FlowText = Annotated[str, Field(description="a flow as YAML text", max_length=MAX_FLOW)]
TargetVersion = Annotated[str | None, Field(description="Kestra version, for example 1.1")]
Words = Annotated[str, Field(description="plain words", min_length=1, max_length=MAX_WORDS)]
ProviderName = Annotated[Literal["offline", "gemini"] | None, Field(description="who drafts; chosen by the settings")]


class Document(Body):
    """A text handed in with a request. It is data: it may inform a draft and can order nothing."""

    title: str = Field(max_length=200)
    text: str = Field(max_length=MAX_WORDS)


class GenerateBody(Body):
    prompt: Words = Field(validation_alias=AliasChoices("prompt", "words"))
    provider: ProviderName = None
    target: TargetVersion = None
    namespace: str | None = Field(None, description="namespace of the new flow", max_length=150)
    inputs: dict[str, Any] = Field(default_factory=dict, description="inputs for the trial")
    answers: dict[str, str] = Field(default_factory=dict, description="answers to earlier questions")
    documents: list[Document] = Field(default_factory=list, max_length=20)


class EditBody(Body):
    flow: FlowText
    prompt: Words = Field(validation_alias=AliasChoices("prompt", "words"))
    provider: ProviderName = None
    target: TargetVersion = None


class FixBody(Body):
    flow: FlowText
    execution: str | None = Field(None, description="a failed execution whose errors are to be mended", max_length=100)
    provider: ProviderName = None
    target: TargetVersion = None


class AskBody(Body):
    question: Words
    provider: ProviderName = None
    target: TargetVersion = None


class ValidateBody(Body):
    flow: FlowText
    target: TargetVersion = None


class TrialBody(Body):
    flow: FlowText
    inputs: dict[str, Any] = Field(default_factory=dict)
    target: TargetVersion = None


class RunBody(Body):
    flow: FlowText
    inputs: dict[str, Any] = Field(default_factory=dict)
    wait: bool = Field(True, description="answer when the execution has ended, or at once with its id")


class SearchBody(Body):
    query: Words
    k: int = Field(10, ge=1, le=100)
    target: TargetVersion = None


class ErrorDetail(BaseModel):
    code: str = Field(description="stable, kebab-case")
    message: str
    hint: str = Field(description="what to do now")


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class FindingBody(BaseModel):
    code: str
    severity: Literal["error", "warning", "hint"]
    path: list[str | int]
    line: int
    column: int
    message: str
    hint: str


class ValidationBody(BaseModel):
    valid: bool = Field(description="valid for the target version")
    runs_here: bool = Field(description="valid, and this engine implements every type used")
    cannot_run: list[str] = Field(description="types that cannot run here")
    target: str
    findings: list[FindingBody]


class TrialTask(BaseModel):
    id: str
    how: Literal["ran", "stood_in", "not_executable"]
    state: str | None
    why: str


class TrialResult(BaseModel):
    verdict: Literal["passed", "partly", "failed"]
    tasks: list[TrialTask]


class HealthBody(BaseModel):
    status: Literal["ok"]
    version: str
    provider: str = Field(description="who drafts when a request names nobody")
    target: str
