"""Commands about a real Kestra server: deploy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, Inputs
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say, show_findings
from copilot.errors import Usage
from copilot.executions import GOOD

if TYPE_CHECKING:
    from copilot.kestra.client import Kestra
    from copilot.kestra.deploy import Deployment, Planned
    from copilot.settings import Settings

_DONE = {"create": "created", "update": "updated", "delete": "deleted", "unchanged": "unchanged"}
_TO_DO = {"create": "would create", "update": "would update", "delete": "would delete", "unchanged": "unchanged"}


def add_to(app: typer.Typer) -> None:
    app.command("deploy")(deploy)


def deploy(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Flows, or folders of flows.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="The server; FLOWWRIGHT_KESTRA_URL by default.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", help="Deploy every flow into this namespace instead of its own.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="User; the password comes from FLOWWRIGHT_KESTRA_PASSWORD.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="API token; better given as FLOWWRIGHT_KESTRA_TOKEN.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show the changes; send nothing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also delete what else these namespaces hold on the server.")
    ] = False,
    run: Annotated[bool, typer.Option("--run", help="Then run it there and follow it to its end (one flow).")] = False,
    inputs: Inputs = None,
    as_json: AsJson = False,
) -> None:
    """Create or update flows on a Kestra server, after checking them for its version. Deletes only with --prune."""
    with boundary(as_json):
        from copilot.kestra import deploy as deploying
        from copilot.settings import load_settings

        settings = load_settings()
        sources = _sources(files)
        if run and len(sources) != 1:
            raise Usage("--run runs one flow", hint="name one file")
        values, uploads = read_inputs(inputs or [])
        with server_of(settings, to, user=user, token=token) as server:
            planned = deploying.plan(server, sources, namespace=namespace, default_target=settings.target, prune=prune)
            go = not planned.refused and not dry_run
            done = deploying.carry_out(server, planned) if go else planned
            if not as_json:
                _show(done)
            ran = deploying.run(server, done.flows[0], values, uploads, follow) if go and run else None
        if as_json:
            emit({**done.as_dict(), **({"run": ran} if ran else {})})
        elif ran:
            from copilot.cli.executions import show_execution

            show_execution(ran)
        finish(not planned.refused and (ran is None or ran["state"] in GOOD))


def server_of(settings: Settings, to: str | None, *, user: str | None = None, token: str | None = None) -> Kestra:
    """The Kestra server named, or that of the settings; Usage error when none is."""
    from copilot.kestra.client import Kestra

    url = to or settings.kestra_url
    if not url:
        raise Usage("no Kestra server is named", hint="--to http://host:8080, or set FLOWWRIGHT_KESTRA_URL")
    return Kestra.of(settings, url, user=user, token=token)


def run_there(
    server: Kestra, default_target: str, source: str, name: str, inputs: Mapping[str, Any], files: Mapping[str, Path]
) -> dict[str, Any]:
    """Deploy one flow to a Kestra server, run it there and follow it; the document of a local run.

    InvalidFlow with the first finding when it is not valid for the server's version; KestraError.
    """
    from copilot.kestra import deploy as deploying

    done = deployed_for_run(server, default_target, source, name)
    return deploying.run(server, done, inputs, files, follow)


def deployed_for_run(server: Kestra, default_target: str, source: str, name: str) -> Planned:
    """One flow as it is on the server once it was deployed there. InvalidFlow, KestraError."""
    from copilot.kestra import deploy as deploying
    from copilot.kestra.errors import Rejected
    from engine.errors import InvalidFlow
    from engine.flow.findings import errors

    planned = deploying.plan(server, [(name, source)], namespace=None, default_target=default_target, prune=False)
    (flow,) = planned.flows
    if wrong := errors(list(flow.findings)):
        message = f"line {wrong[0].line}: {wrong[0].message} (checked for Kestra {planned.target})"
        raise InvalidFlow(message, hint=wrong[0].hint)
    if flow.refused:
        raise Rejected(f"the server refuses the flow: {flow.refused[0]}", violations=flow.refused)
    (done,) = deploying.carry_out(server, planned).flows
    progress(f"{_DONE[done.action or 'unchanged']} {done.namespace}.{done.flow_id} (revision {done.revision})")
    return done


def follow(event: Mapping[str, Any]) -> None:
    """One line for each change of state, on stderr."""
    if event["kind"] == "execution":
        progress(f"  execution {event['execution']} {event['state']}")
    elif event["kind"] == "task_run":
        progress(f"    {event['task_id']} {event['state']}")


def _sources(paths: list[Path]) -> list[tuple[str, str]]:
    """(file, text) of every flow named; Usage error for what is not there."""
    from engine.flow.folder import flow_files

    if paths == [Path("-")]:
        return [("-", read_flow(Path("-")))]
    found = [(str(path), read_flow(path)) for path in flow_files(paths)]
    if not found:
        raise Usage("there is no flow in what was named", hint="name .yaml files, or folders that hold some")
    return found


def _show(done: Deployment) -> None:
    say(f"{done.url}: Kestra {done.version or 'of a version it does not tell'}, checked for {done.target}")
    for flow in done.flows:
        _show_flow(flow, done.done)


def _show_flow(flow: Planned, done: bool) -> None:
    name = f"{flow.namespace}.{flow.flow_id}"
    if flow.wrong:
        say(f"refused {name} ({flow.file})")
        show_findings([f for f in flow.findings if f.severity == "error"], flow.file)
        for words in flow.refused:
            say(f"  the server says: {words}")
        return
    revision = f" (revision {flow.revision})" if done and flow.action != "delete" else ""
    say(f"{(_DONE if done else _TO_DO)[flow.action or 'unchanged']} {name}{revision}")
    if flow.diff:
        say(flow.diff.rstrip("\n"))
