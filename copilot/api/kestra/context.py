"""What the handlers of Kestra's paths share: the service, its engine, and answers without secrets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import JSONResponse

from engine.errors import EngineError
from engine.storage.encryption import unseal
from engine.storage.masking import Masker

if TYPE_CHECKING:
    from copilot.api.service import Service
    from engine import Engine

_log = logging.getLogger(__name__)


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def engine_of(request: Request) -> Engine:
    return service_of(request).engine


def masked(engine: Engine, document: Any) -> Any:
    """Without the values of secrets, nor of SECRET inputs in it: a flow may have put one into an output or a label."""
    masker = Masker(engine.stores.secrets.values())
    if engine.stores.encryption_key is not None:
        try:
            unseal(engine.stores.encryption_key, document, masker.add)
        except EngineError as error:
            _log.warning("something sealed in an answer cannot be opened to be masked: %s", error)
    return masker.mask_all(document)


def answer(request: Request, document: Any, status: int = 200) -> JSONResponse:
    """A document about executions as an answer, secrets masked."""
    return JSONResponse(masked(engine_of(request), document), status)


async def text_of(request: Request) -> str:
    """The body as text. UTF-8 is all that Kestra's clients send."""
    return (await request.body()).decode("utf-8", "replace")
