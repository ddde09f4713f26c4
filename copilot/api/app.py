"""The application: who may call, what a call may weigh, and the routes."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import metadata

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from copilot.api import errors
from copilot.api.routes import router
from copilot.api.service import Service
from copilot.settings import LOOPBACK, Settings

MAX_BODY = 8_000_000
OPEN_PATHS = ("/api/v1/health",)


def create_app(settings: Settings) -> FastAPI:
    """The service for these settings. With a token set, every path but health asks for it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = Service(settings)
        app.state.service = service
        try:
            yield
        finally:
            service.close()

    app = FastAPI(
        title="flowwright",
        version=metadata.version("flowwright"),
        summary="Plain words in, a Kestra flow that is proven to run out, with the evidence beside it.",
        lifespan=lifespan,
    )
    errors.install(app)
    app.include_router(router, prefix="/api/v1")
    _guard(app, settings)
    return app


def _guard(app: FastAPI, settings: Settings) -> None:
    expected = settings.token.get_secret_value() if settings.token else None

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length")
        if length is None and "transfer-encoding" in request.headers:
            return _refusal(411, "length-missing", "the body has no length", "send Content-Length")
        if int(length or 0) > MAX_BODY:
            return _refusal(413, "too-large", "the body is too large", f"at most {MAX_BODY // 1_000_000} MB")
        if expected is None:
            # Without a token only this machine may call, also not through a page that rebinds a name to it.
            if (request.url.hostname or "") not in (*LOOPBACK, "testserver"):
                return _refusal(403, "wrong-host", "this service answers on loopback only", "set FLOWWRIGHT_TOKEN")
        elif request.url.path not in OPEN_PATHS:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), expected.encode()):
                return _refusal(401, "token-missing", "a token is needed", "send Authorization: Bearer <token>")
        return await call_next(request)


def _refusal(status: int, code: str, message: str, hint: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "hint": hint}}, status)
