"""The application: who may call, what a call may weigh, and the routes."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import metadata
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response

from copilot.api import errors, page
from copilot.api.kestra.router import router as kestra_router
from copilot.api.kestra.tenants import TENANT_PATH, Tenants
from copilot.api.metrics import Metrics
from copilot.api.routes import router
from copilot.api.service import Duties, Service
from copilot.settings import LOOPBACK, Settings

MAX_BODY = 8_000_000
OPEN_PATHS = ("/api/v1/health",)
Call = Callable[[Request], Awaitable[Response]]


def create_app(settings: Settings, *, duties: Duties | None = None) -> FastAPI:
    """The service for these settings. With a token set, every path but health and the page asks for it.

    ``duties``: what it does unasked; nothing by default.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = Service(settings, duties=duties)
        app.state.service = service
        try:
            service.begin()
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
    app.include_router(kestra_router, prefix="/api/v1/main")
    page.install(app)
    _guard(app, settings)
    app.add_middleware(Tenants)
    return app


def _guard(app: FastAPI, settings: Settings) -> None:
    expected = settings.token.get_secret_value() if settings.token else None

    @app.middleware("http")
    async def guard(request: Request, call_next: Call) -> Response:
        metrics: Metrics = request.app.state.service.metrics
        began = metrics.now()
        answer = _weighed(request, settings.max_upload) or _let_in(request, expected) or await call_next(request)
        metrics.answered(request.method, _declared(request), answer.status_code, began)
        return answer


def _declared(request: Request) -> str:
    """The path as it is declared, so that ids in it make no figure of their own."""
    path = getattr(request.scope.get("route"), "path", None)
    if not isinstance(path, str):
        return "(none)"
    above = TENANT_PATH if errors.on_kestra_path(request) else "/api/v1/"
    inside = request.url.path.startswith(above) and not path.startswith(above)
    return f"{above.rstrip('/')}{path}" if inside else path


def _weighed(request: Request, max_upload: int) -> Response | None:
    """The refusal of a body without a length or beyond measure."""
    length = request.headers.get("content-length")
    if length is None and "transfer-encoding" in request.headers:
        return errors.refusal(request, 411, "length-missing", "the body has no length", "send Content-Length")
    files = errors.on_kestra_path(request) and request.headers.get("content-type", "").startswith("multipart/")
    largest = max(max_upload, MAX_BODY) if files else MAX_BODY
    if length is not None and (not length.isdecimal() or int(length) > largest):
        hint = f"at most {largest // 1_000_000} MB"
        return errors.refusal(request, 413, "too-large", "the body is too large", hint)
    return None


def _let_in(request: Request, expected: str | None) -> Response | None:
    """The refusal of a caller who may not call."""
    path = request.url.path
    shown = page.is_open(path)  # a link from elsewhere may lead to the page, which itself holds nothing
    if not shown and _foreign(request):
        # a form in a page elsewhere can send to this machine without asking; nobody's browser has business here
        hint = "call from a program, or from a page of this service"
        return errors.refusal(request, 403, "foreign-origin", "a page of another origin may not call", hint)
    if expected is None:
        # Without a token only this machine may call, also not through a page that rebinds a name to it.
        if (request.url.hostname or "") not in (*LOOPBACK, "testserver"):
            message = "this service answers on loopback only"
            return errors.refusal(request, 403, "wrong-host", message, "set FLOWWRIGHT_TOKEN")
    elif not shown and path not in OPEN_PATHS and not hmac.compare_digest(_token(request).encode(), expected.encode()):
        hint = "send Authorization: Bearer <token>, or Basic with the token as password"
        return errors.refusal(request, 401, "token-missing", "a token is needed", hint)
    return None


def _foreign(request: Request) -> bool:
    """Whether a browser says that a page of another place makes this call."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    return request.headers.get("sec-fetch-site") == "cross-site"


def _token(request: Request) -> str:
    """The token a caller gives: as bearer, or as the password of Basic, the way Kestra's clients log in."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return given if scheme.lower() == "bearer" else ""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
