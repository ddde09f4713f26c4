"""Commands that run flows here and look at what ran: run, executions, logs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, Inputs
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say
from copilot.errors import Usage

if TYPE_CHECKING:
    from copilot.settings import Settings

GOOD = ("SUCCESS", "WARNING")


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("executions")(executions)
    app.command("logs")(logs)


def run(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A flow; - reads standard input.")] = None,
    inputs: Inputs = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Finish an execution that a crash cut short.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a flow on this machine; every state change is recorded before the next step."""
    with boundary(as_json):
        from copilot.settings import load_settings

        if (file is None) == (resume is None):
            raise Usage("name a flow file, or --resume with an execution's id", hint="flowwright run flow.yaml")
        settings = load_settings()
        if resume is not None:
            execution = resume_here(resume, settings)
        else:
            values, files = read_inputs(inputs or [])
            execution = run_here(read_flow(file or Path("-")), settings, values, files)
        if as_json:
            emit(execution)
        else:
            show_execution(execution)
        finish(execution["state"] in GOOD)


def executions(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20, as_json: AsJson = False
) -> None:
    """List what ran here, newest first."""
    with boundary(as_json):
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        with Workbench(load_settings(), progress).engine() as engine:
            rows = [dict(row) for row in engine.executions(limit=limit)]
        if as_json:
            emit({"executions": rows})
        for row in [] if as_json else rows:
            say(f"{row['id']}  {row['state']:<10} {row['namespace']}.{row['flow_id']}  {row.get('start') or ''}")


def logs(
    execution: Annotated[str, typer.Argument(metavar="ID", help="An execution's id.")], as_json: AsJson = False
) -> None:
    """Show the log of an execution."""
    with boundary(as_json):
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        with Workbench(load_settings(), progress).engine() as engine:
            engine.execution(execution)
            lines = [dict(line) for line in engine.logs(execution)]
        if as_json:
            emit({"id": execution, "logs": lines})
        for line in [] if as_json else lines:
            say(_log_line(line))


def run_here(
    flow: str,
    settings: Settings,
    inputs: Mapping[str, Any],
    files: Mapping[str, Path],
    *,
    model_written: bool = False,
) -> dict[str, Any]:
    """Check, then run; the JSON shape of `flowwright run`. InvalidFlow with the first finding when it is not valid."""
    from copilot.wiring import Workbench, check
    from engine.errors import InvalidFlow
    from engine.flow.findings import errors

    wrong = errors(check(flow, settings.target))
    if wrong:
        first = wrong[0]
        raise InvalidFlow(f"line {first.line}: {first.message}", hint=first.hint or "see `flowwright validate`")
    with Workbench(settings, progress).engine() as engine:
        execution = engine.run(flow, inputs, files=files, on_event=_follow, model_written=model_written)
        return {**execution.as_dict(), "logs": [dict(line) for line in engine.logs(execution.id)]}


def resume_here(execution_id: str, settings: Settings) -> dict[str, Any]:
    """Finish an execution that a crash cut short; finished task runs are not run again. NotFound, Refused."""
    from copilot.wiring import Workbench

    with Workbench(settings, progress).engine() as engine:
        execution = engine.resume_after_crash(execution_id, on_event=_follow)
        return {**execution.as_dict(), "logs": [dict(line) for line in engine.logs(execution.id)]}


def show_execution(execution: Mapping[str, Any]) -> None:
    say(f"execution {execution['id']}: {execution['state']}")
    for task_run in execution["task_runs"]:
        value = f" [{task_run['value']}]" if task_run["value"] is not None else ""
        say(f"  {task_run['task_id']}{value}: {task_run['state']} ({len(task_run['attempts'])} attempt(s))")
    for line in execution["logs"]:
        say(f"  {_log_line(line)}")
    for name, value in (execution["outputs"] or {}).items():
        say(f"  output {name} = {value}")


def _log_line(line: Mapping[str, Any]) -> str:
    return f"{line['level']:<5} {line.get('task_id') or '-'}: {line['message']}"


def _follow(event: Mapping[str, Any]) -> None:
    """One line for each change of state, on stderr."""
    if event["kind"] == "execution":
        progress(f"  execution {event['id']} {event['state']}")
    elif event["kind"] == "task_run":
        progress(f"    {event['task_id']} {event['state']}")
