"""The page: its built files, under a policy that lets it talk to this service and to nobody else."""

from __future__ import annotations

import secrets
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

BUILT = Path(__file__).resolve().parents[1] / "ui"
NONCE = "__NONCE__"
MISSING = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>flowwright</title>"
    "<p>The page was not built when flowwright was installed. Build it with <code>make page</code>; "
    'everything it does is also at <a href="/docs">/docs</a> and on the command line.'
)


def is_built(folder: Path = BUILT) -> bool:
    """Whether there is a page to serve; an installation without npm works without one."""
    return (folder / "index.html").is_file()


def is_open(path: str) -> bool:
    """The page itself needs no token: it holds nothing, and it is where a person gives the token."""
    return path == "/" or path.startswith("/assets/")


def install(app: FastAPI, folder: Path = BUILT) -> None:
    """Serves the page at ``/``; where it was not built, a text that says so, with status 503."""

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        if not is_built(folder):
            return HTMLResponse(MISSING, 503, headers=_headers("style-src 'none'"))
        nonce = secrets.token_urlsafe(16)
        text = (folder / "index.html").read_text("utf-8").replace(NONCE, nonce)
        # Style attributes are how the diagram places its boxes; style sheets need the nonce.
        styles = f"style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'"
        return HTMLResponse(text, headers=_headers(styles))

    if is_built(folder):
        app.mount("/assets", StaticFiles(directory=folder / "assets"), name="assets")


def _headers(styles: str) -> dict[str, str]:
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        f"{styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
