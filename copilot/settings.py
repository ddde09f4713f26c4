"""All settings, read from ``FLOWWRIGHT_*`` environment variables (keys also from Google's own names).

Nothing below reads the environment: settings are made once at the edge and handed in.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from copilot.errors import Usage
from copilot.versions import DEFAULT_TARGET, known_version

LOOPBACK = ("127.0.0.1", "::1", "localhost")
Provider = Literal["offline", "gemini"]


class Settings(BaseSettings):
    """Durations in seconds, budgets in tokens. ``provider`` is chosen by whether a key is there, unless set."""

    model_config = SettingsConfigDict(env_prefix="FLOWWRIGHT_", extra="ignore", populate_by_name=True)

    home: Path = Field(default=Path("~/.flowwright"), description="where executions, files and the index live")
    target: str = Field(default=DEFAULT_TARGET, description="Kestra version that flows are written and checked for")
    namespace: str = Field(default="company.team", description="namespace of new flows")
    provider: Provider | None = Field(default=None, description="offline or gemini; by default gemini with a key")

    gemini_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("FLOWWRIGHT_GEMINI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"),
        description="key of the Gemini API",
    )
    gemini_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("FLOWWRIGHT_GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"),
        description="another address of the Gemini API",
    )
    gemini_model: str = Field(default="gemini-3.8-flash", description="model that drafts and repairs")
    gemini_temperature: float = Field(default=0.2, ge=0, le=2, description="low: flows are code")
    gemini_timeout: float = Field(default=60, gt=0, description="limit of one model call")
    gemini_retries: int = Field(default=4, ge=1, description="tries of one model call on 429, 5xx and time-outs")
    gemini_backoff: float = Field(default=1.0, ge=0, description="first pause between those tries; doubles")
    gemini_max_output_tokens: int = Field(default=8192, gt=0, description="output limit of one model call")

    max_attempts: int = Field(default=3, ge=1, le=10, description="drafts and repairs of one request in all")
    max_seconds: float = Field(default=180, gt=0, description="no further repair starts after this")
    max_tokens: int = Field(default=60_000, gt=0, description="no further repair starts after this many tokens")
    context_tokens: int = Field(default=4_000, gt=0, description="budget of retrieved text in one prompt")

    token: SecretStr | None = Field(default=None, description="bearer token the service asks for")
    encryption_key: SecretStr | None = Field(
        default=None, description="32 random bytes in base64; SECRET inputs and outputs need it"
    )
    max_upload: int = Field(
        default=100_000_000, gt=0, description="largest form with files the service takes, in bytes"
    )
    allow_unfenced: bool = Field(default=False, description="run model-written scripts without a full fence")
    allowed_roots: list[Path] = Field(default_factory=list, description="folders that flows may reach, as a JSON list")
    script_network: bool = Field(default=False, description="let script tasks reach the network")
    durability: Literal["full", "process"] = Field(default="full", description="what a committed change survives")
    kestra_url: str | None = Field(default=None, description="address of a Kestra server to deploy to")
    kestra_tenant: str = Field(default="main", description="tenant on that server; main in the open-source edition")
    kestra_user: str | None = Field(default=None, description="user on that server")
    kestra_password: SecretStr | None = Field(default=None, description="password of that user")
    kestra_token: SecretStr | None = Field(default=None, description="API token of that server, instead of a user")
    kestra_tries: int = Field(default=4, ge=1, le=20, description="tries of one request when the server is busy")
    kestra_backoff: float = Field(default=0.5, ge=0, description="first pause between those tries; doubles")
    kestra_timeout: float = Field(default=30, gt=0, description="limit of one answer of that server")

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("encryption_key")
    @classmethod
    def _key_of_32_bytes(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                size = len(base64.b64decode(key.get_secret_value(), validate=True))
            except binascii.Error:
                size = 0
            if size != 32:
                raise ValueError("must be 32 bytes in base64, as `openssl rand -base64 32` gives them")
        return key

    @field_validator("target")
    @classmethod
    def _known_version(cls, target: str) -> str:
        return known_version(target)

    @property
    def chosen_provider(self) -> Provider:
        """What answers when the caller names no provider."""
        if self.provider:
            return self.provider
        return "gemini" if self.gemini_api_key else "offline"


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment; ``overrides`` that are not None win. Usage error when a value does not fit."""
    from pydantic import ValidationError

    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Usage(f"setting {name}: {first['msg']}", hint="see `flowwright doctor` for every setting") from None
