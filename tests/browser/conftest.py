"""A real Chromium in front of the real service. Nothing but this machine can be reached from it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from copilot.api import create_app
from copilot.api.page import is_built
from copilot.settings import Settings

CHROMIUM = shutil.which("chromium")
SLOW_MACHINE_MS = 120_000
expect.set_options(timeout=SLOW_MACHINE_MS)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@contextmanager
def serving(settings: Settings, port: int = 0) -> Iterator[str]:
    """The address of the service on a free port, or on one that was free, until the end."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed at the end of its module: as long as it lives, no other event loop can run in this process."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    assert is_built(), "the page was not built: make page"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page-home")


@pytest.fixture(scope="session")
def service(home: Path) -> Iterator[str]:
    with serving(Settings(home=home)) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a fresh browser context; at the end, nothing was asked of others and nothing was refused
    by the page's own policy."""
    pages: list[tuple[Page, str, list[str], list[str]]] = []

    def opened(address: str, **context: Any) -> Page:
        page = browser.new_context(**context).new_page()
        page.set_default_timeout(SLOW_MACHINE_MS)
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        pages.append((page, address, asked, said))
        return page

    yield opened
    for page, address, asked, said in pages:
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
        assert [text for text in said if "Content Security Policy" in text or "Error" in text] == []
        page.context.close()


HELLO = """id: hello
namespace: company.team
inputs:
  - id: who
    type: STRING
    defaults: world
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: hello {{ inputs.who }}
"""


def write(page: Page, text: str) -> None:
    """Replaces the editor's text, as a paste does."""
    editor = page.get_by_role("textbox", name="Flow as YAML")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def draft(page: Page, words: str) -> None:
    page.get_by_label("Say what you need").fill(words)
    page.get_by_role("button", name="Draft the flow").click()


def run(page: Page, text: str) -> None:
    """Writes a flow and runs it with the defaults of its inputs."""
    write(page, text)
    page.get_by_role("button", name="Run here").click()
    page.get_by_role("button", name="Run", exact=True).click()


@pytest.fixture
def page(open_page: Callable[..., Page], service: str) -> Page:
    return open_page(service)
