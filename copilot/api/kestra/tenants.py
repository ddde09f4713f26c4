"""Addresses with and without a tenant: ``main`` is the only one, and leaving it out means it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi.responses import JSONResponse

from copilot.api.kestra import errors

TENANT_PATH = "/api/v1/main/"
_PARTS = ("flows", "executions", "logs", "kv", "namespaces", "triggers", "plugins", "ai", "configs")
_WITHOUT = re.compile(rf"/api/v1/(?:{'|'.join(_PARTS)})(?:/|$)")
_OTHER = re.compile(rf"/api/v1/(?!main/)([^/]+)/(?:{'|'.join(_PARTS)})(?:/|$)")
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class Tenants:
    """Gives an address without its tenant the one it means, before anything else looks at it."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and _WITHOUT.match(path):
            scope = {**scope, "path": path.replace("/api/v1/", TENANT_PATH, 1)}
            scope["raw_path"] = scope["raw_path"].replace(b"/api/v1/", TENANT_PATH.encode(), 1)
        elif scope["type"] == "http" and _OTHER.match(path):
            document = errors.body(400, "Tenant must be 'main' for OSS version", path)
            await JSONResponse(document, 400)(scope, receive, send)
            return
        await self.app(scope, receive, send)
