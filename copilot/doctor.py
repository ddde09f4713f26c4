"""What this installation has and what is missing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

from pydantic import AliasChoices, SecretStr

from copilot.settings import Settings

PARTS = ("chromadb", "duckdb", "fastapi", "google-genai", "psycopg", "sentence-transformers")


@dataclass(frozen=True, slots=True)
class Check:
    """``needed`` tells a missing necessity from a missing extra."""

    name: str
    ok: bool
    found: str
    hint: str = ""
    needed: bool = False


def examine(settings: Settings) -> dict[str, Any]:
    """``{ready, checks: [{name, ok, found, hint, needed}], settings: [{name, value, description}]}``, no secrets."""
    checks = list(_checks(settings))
    return {
        "ready": all(c.ok for c in checks if c.needed),
        "version": metadata.version("flowwright"),
        "checks": [asdict(c) for c in checks],
        "settings": list(_settings(settings)),
    }


def _checks(settings: Settings) -> Iterator[Check]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield Check("Python", sys.version_info >= (3, 11), python, "Python 3.11 or newer is needed", needed=True)
    for part in PARTS:
        try:
            yield Check(part, True, metadata.version(part), needed=True)
        except metadata.PackageNotFoundError:
            yield Check(part, False, "not installed", f"pip install {part}", needed=True)
    yield _home(settings)
    yield _fence()
    yield Check(
        "Gemini",
        settings.gemini_api_key is not None,
        f"key present, model {settings.gemini_model}"
        if settings.gemini_api_key
        else "no key: the offline composer answers",
        "set GEMINI_API_KEY to draft with Gemini",
    )
    yield Check("git", shutil.which("git") is not None, shutil.which("git") or "not found", "git tasks need it")


def _home(settings: Settings) -> Check:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        probe = settings.home / ".probe"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Check("home", False, f"{settings.home}: {error.strerror}", "set FLOWWRIGHT_HOME", needed=True)
    return Check("home", True, str(settings.home), needed=True)


def _fence() -> Check:
    from engine.fence import fence_for

    found = fence_for({}).level
    return Check("fence", found == "bwrap", found, "install bubblewrap; until then model-written scripts are refused")


def _settings(settings: Settings) -> Iterator[dict[str, str]]:
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "(set)" if isinstance(value, SecretStr) else "" if value is None else str(value)
        alias = field.validation_alias
        variable = str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"FLOWWRIGHT_{name.upper()}"
        yield {"name": variable, "value": shown, "description": field.description or ""}
