"""What this instance is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from copilot.api.kestra.context import service_of

router = APIRouter(tags=["Kestra: instance"])


@router.get("/configs", summary="What this instance is")
def configs(request: Request) -> dict[str, Any]:
    """`version` is the version of Kestra whose language and paths are spoken here."""
    return {
        "version": f"{service_of(request).settings.target}.0",
        "edition": "OSS",
        "isAiEnabled": True,
        "isBasicAuthInitialized": True,
        "isAnonymousUsageEnabled": False,
        "isTemplateEnabled": False,
        "isTutorialEnabled": False,
        "server": "flowwright",
    }
