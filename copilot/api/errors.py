"""One error shape for every way a call can go wrong."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

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


def install(app: FastAPI) -> None:
    """Handlers for our errors, for bodies that do not fit, for paths that do not exist, and for the unexpected."""

    @app.exception_handler(RequestValidationError)
    async def bad_body(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return JSONResponse(
            _body("bad-request", f"{where or 'body'}: {first['msg']}", "see /docs for what it takes"), 422
        )

    @app.exception_handler(HTTPException)
    async def no_such_path(request: Request, error: HTTPException) -> JSONResponse:
        code = "not-found" if error.status_code == 404 else "http-error"
        return JSONResponse(_body(code, str(error.detail), "see /docs for the paths"), error.status_code)

    @app.exception_handler(EngineError)
    @app.exception_handler(CopilotError)
    @app.exception_handler(KnowledgeError)
    @app.exception_handler(Exception)
    async def anything(request: Request, error: Exception) -> JSONResponse:
        status, body = answer_to(error)
        return JSONResponse(body, status)


def _body(code: str, message: str, hint: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint}}
