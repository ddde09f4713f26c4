"""One error shape for every way a call can go wrong."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from copilot.api.kestra import errors as kestra
from copilot.api.kestra.tenants import TENANT_PATH
from copilot.errors import STATUS, CopilotError, described
from engine.errors import EngineError
from rag.errors import KnowledgeError

log = logging.getLogger(__name__)


def answer_to(error: Exception) -> tuple[int, dict[str, Any]]:
    """(HTTP status, body) of any error; one that is not ours is logged and kept out of the answer."""
    if ours := described(error):
        kind, code, message, hint = ours
        return STATUS[kind], _body(code, message, hint)
    log.error("unexpected error", exc_info=error)
    return STATUS["unexpected"], _body(
        "unexpected", "something went wrong in flowwright itself", "see the service's log"
    )


def respond(request: Request, error: Exception) -> JSONResponse:
    """The answer to any error, in Kestra's shape on Kestra's paths."""
    if not on_kestra_path(request):
        status, document = answer_to(error)
        return JSONResponse(document, status)
    ours = described(error)
    if ours is None:
        status, document = answer_to(error)
        return _said(request, status, document["error"]["message"])
    kind, code, message, hint = ours
    status = kestra.status_of(error, kind, code)
    return JSONResponse(kestra.body_of(error, status, message, hint, str(request.url)), status)


def refusal(request: Request, status: int, code: str, message: str, hint: str) -> JSONResponse:
    """A call that is turned away before it is looked at."""
    if on_kestra_path(request):
        return _said(request, status, f"{message} ({hint})")
    return JSONResponse(_body(code, message, hint), status)


def on_kestra_path(request: Request) -> bool:
    return request.url.path.startswith(TENANT_PATH)


def _said(request: Request, status: int, message: str) -> JSONResponse:
    return JSONResponse(kestra.body(status, message, str(request.url)), status)


def install(app: FastAPI) -> None:
    """Handlers for our errors, for bodies that do not fit, for paths that do not exist, and for the unexpected."""

    @app.exception_handler(RequestValidationError)
    async def bad_body(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        if on_kestra_path(request):
            return _said(request, 422, f"{where or 'body'}: {first['msg']}")
        return JSONResponse(
            _body("bad-request", f"{where or 'body'}: {first['msg']}", "see /docs for what it takes"), 422
        )

    @app.exception_handler(HTTPException)
    async def no_such_path(request: Request, error: HTTPException) -> JSONResponse:
        if on_kestra_path(request):
            return _said(request, error.status_code, str(error.detail))
        code = "not-found" if error.status_code == 404 else "http-error"
        return JSONResponse(_body(code, str(error.detail), "see /docs for the paths"), error.status_code)

    @app.exception_handler(EngineError)
    @app.exception_handler(CopilotError)
    @app.exception_handler(KnowledgeError)
    @app.exception_handler(Exception)
    async def anything(request: Request, error: Exception) -> JSONResponse:
        return respond(request, error)


def _body(code: str, message: str, hint: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint}}
