"""Commands below `executions`: what ran, and kill, pause, resume, restart, replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from copilot.cli.options import AsJson, Inputs, On
from copilot.cli.output import boundary, emit, finish, progress, read_inputs, say
from copilot.errors import Usage
from copilot.executions import GOOD

executions = typer.Typer(help="List what ran here, newest first; or act on an execution.", rich_markup_mode=None)
Id = Annotated[str, typer.Argument(metavar="ID", help="An execution's id.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended (always, where no service runs).")]
Revision = Annotated[int | None, typer.Option("--revision", min=1, help="On another revision of the flow.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(executions, name="executions")


@executions.callback(invoke_without_command=True)
def listing(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """List what ran here, newest first; or act on an execution."""
    if context.invoked_subcommand is not None:
        return
    with boundary(as_json):
        rows = _rows(limit, on)
        if as_json:
            emit({"executions": rows})
        for row in [] if as_json else rows:
            say(f"{row['id']}  {row['state']:<10} {row['start']}  {row['namespace']}.{row['flow_id']}")


def _rows(limit: int, on: str | None) -> list[dict[str, Any]]:
    from copilot.settings import load_settings
    from copilot.wiring import Workbench

    settings = load_settings()
    if on is None:
        from copilot.executions import summaries

        with Workbench(settings, progress).records() as engine:
            return summaries(engine, limit)
    from copilot.kestra.document import document
    from copilot.places import server_named

    shown = ("id", "namespace", "flow_id", "revision", "state", "start", "end", "labels")
    with server_named(settings, on) as server:
        found = [document(execution, []) for execution in server.executions(limit)]
    return [{name: row[name] for name in shown} for row in found]


@executions.command("kill")
def kill(execution: Id, on: On = None, wait: Wait = True, as_json: AsJson = False) -> None:
    """End an execution, and those it started."""
    _act("kill", execution, on, wait, as_json, good=("KILLED", "KILLING"))


@executions.command("pause")
def pause(execution: Id, on: On = None, as_json: AsJson = False) -> None:
    """Start no further task until it is resumed; those that run go on."""
    _act("pause", execution, on, False, as_json, good=("PAUSED",))


@executions.command("resume")
def resume(execution: Id, inputs: Inputs = None, on: On = None, wait: Wait = True, as_json: AsJson = False) -> None:
    """Go on after a pause, with the inputs that the Pause asks for."""
    with boundary(as_json):
        values, files = read_inputs(inputs or [])
        if files:
            raise Usage("resuming takes values, no files", hint="--input name=value")
    _act("resume", execution, on, wait, as_json, inputs=values)


@executions.command("restart")
def restart(
    execution: Id, revision: Revision = None, on: On = None, wait: Wait = True, as_json: AsJson = False
) -> None:
    """Run what failed again, in the same execution; with --revision in a new one."""
    _act("restart", execution, on, wait, as_json, revision=revision)


@executions.command("replay")
def replay(
    execution: Id,
    task_run: Annotated[
        str | None, typer.Option("--from", metavar="TASK_RUN", help="From this task run instead of the start.")
    ] = None,
    revision: Revision = None,
    on: On = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Run again as a new execution, from the start or from a task run."""
    _act("replay", execution, on, wait, as_json, task_run=task_run, revision=revision)


def _act(
    action: Any,
    execution: str,
    on: str | None,
    wait: bool,
    as_json: bool,
    *,
    good: tuple[str, ...] = GOOD,
    inputs: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    with boundary(as_json):
        from copilot.acting import Wish, act
        from copilot.cli.deploying import follow
        from copilot.cli.executions import show_execution
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        bench = Workbench(load_settings(), progress)
        wish = Wish(action, execution, inputs=inputs or {}, **more)
        found = act(wish, bench, on=on, wait=wait, on_event=follow)
        if as_json:
            emit(found)
        else:
            show_execution(found)
        # without waiting, what was asked for has been taken, and that is the answer
        finish((not wait and action != "pause") or found["state"] in good)
