"""The service as a process: one a home, its address told to the command line, an orderly end on SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from socket import socket
from types import FrameType
from typing import Any

import uvicorn

from copilot.api.app import create_app
from copilot.api.service import Duties
from copilot.ownership import serving_in
from copilot.settings import Settings

GRACE_SECONDS = 10
"""How long open connections may take to end once the service stops."""


class Server(uvicorn.Server):
    """Tells its address once it listens, and lets those who follow an execution go when it is to stop."""

    def __init__(self, config: uvicorn.Config, started: Callable[[str], None], stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = started
        self._stopping = stopping

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._told(_address(host, port))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping()
        super().handle_exit(sig, frame)


def _address(host: str, port: int) -> str:
    """Where this machine reaches a service bound to a host."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"


def serve(settings: Settings, host: str, port: int, *, scheduler: bool, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``started`` hears of the address. HomeTaken when the home has a service."""
    with serving_in(settings.home / "engine") as tell:
        app = create_app(settings, duties=Duties(scheduler=scheduler, recover=True))

        def told(url: str) -> None:
            tell(url)
            started(url)

        def stopping() -> None:
            app.state.service.stopping.set()

        config = uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS)
        # uvicorn raises the signal again at its end; by then everything is in order, so SIGTERM is no failure
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _nothing)
        Server(config, told, stopping).run()


def _nothing(signum: int, frame: Any) -> None:
    """Everything that a signal asks for has been done."""
