"""All of Kestra's paths.

One file a controller of Kestra's: the paths, verbs, field names and statuses are those of Kestra 1.1. Everything
lies below ``/api/v1/main``; as in Kestra's open-source edition a path without the tenant means the same
(see ``tenants``), and any other tenant is refused.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from copilot.api.kestra import (
    ai,
    bulk,
    executions,
    files,
    flow_lists,
    flows,
    instance,
    kv,
    logs,
    namespaces,
    plugins,
    starting,
    triggers,
)
from copilot.api.kestra.errors import KestraErrorBody

_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": KestraErrorBody} for code in (400, 401, 403, 404, 409, 413, 422, 500)
}


class _Answer(JSONResponse):
    """Nothing to say is an empty body, not ``null``."""

    def render(self, content: Any) -> bytes:
        return b"" if content is None else super().render(content)


router = APIRouter(responses=_ERRORS)
# Paths of fixed words come before those with a place for any word.
for part in (
    flow_lists,
    flows,
    bulk,
    executions,
    starting,
    logs,
    kv,
    files,
    namespaces,
    triggers,
    plugins,
    ai,
    instance,
):
    router.include_router(part.router, default_response_class=_Answer)
