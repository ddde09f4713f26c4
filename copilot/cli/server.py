"""Commands about the installation: serve, doctor."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from copilot.cli.options import AsJson
from copilot.cli.output import boundary, emit, finish, progress, say
from copilot.errors import Usage


def add_to(app: typer.Typer) -> None:
    app.command("serve")(serve)
    app.command("mcp")(mcp)
    app.command("doctor")(doctor)


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to bind; others than loopback need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8090,
    scheduler: Annotated[
        bool, typer.Option("--scheduler/--no-scheduler", help="Fire the triggers of registered flows.")
    ] = True,
) -> None:
    """Serve the page and the HTTP API (OpenAPI at /docs), fire triggers, finish what a crash cut short."""
    with boundary():
        from copilot.api.page import is_built
        from copilot.api.serving import serve as serve_until_stopped
        from copilot.settings import LOOPBACK, load_settings

        settings = load_settings()
        if host not in LOOPBACK and settings.token is None:
            raise Usage(
                f"binding to {host} lets others reach this machine", hint="set FLOWWRIGHT_TOKEN, or bind to 127.0.0.1"
            )
        if not is_built():
            progress("the page was not built when flowwright was installed; `make page` builds it")

        def started(url: str) -> None:
            progress(f"flowwright serves {url} (API description at /docs)")

        serve_until_stopped(settings, host, port, scheduler=scheduler, started=started)


def mcp(
    allow_run: Annotated[
        bool, typer.Option("--allow-run", help="Also offer a tool that runs flows for real on this machine.")
    ] = False,
) -> None:
    """Serve other assistants over MCP on standard input and output."""
    with boundary():
        from contextlib import closing

        from copilot.api.service import Service
        from copilot.mcp import create_server
        from copilot.settings import load_settings

        with closing(Service(load_settings(), model_written=True)) as service:
            create_server(service, allow_run=allow_run).run("stdio")


def doctor(as_json: AsJson = False) -> None:
    """Say what this installation has and what is missing, with what to do about it."""
    with boundary(as_json):
        from copilot.doctor import examine
        from copilot.settings import load_settings

        report: dict[str, Any] = examine(load_settings())
        if as_json:
            emit(report)
        else:
            for check in report["checks"]:
                say(f"{'ok  ' if check['ok'] else 'miss'} {check['name']}: {check['found']}")
                if check["hint"] and not check["ok"]:
                    say(f"      hint: {check['hint']}")
            say("\nsettings (environment variables):")
            for setting in report["settings"]:
                say(f"  {setting['name']} = {setting['value']}  ({setting['description']})")
        finish(report["ready"])
