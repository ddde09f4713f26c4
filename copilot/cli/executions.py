"""Commands that run flows here and look at what ran: run, executions, logs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, Inputs
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say
from copilot.errors import Usage
from copilot.executions import GOOD, document, log_lines, must_be_valid, summaries

if TYPE_CHECKING:
    from copilot.wiring import Workbench


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
        if (file is None) == (resume is None):
            raise Usage("name a flow file, or --resume with an execution's id", hint="flowwright run flow.yaml")
        bench = _bench()
        if resume is not None:
            execution = resume_here(resume, bench)
        else:
            values, files = read_inputs(inputs or [])
            execution = run_here(read_flow(file or Path("-")), bench, values, files)
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
        with _bench().engine() as engine:
            rows = summaries(engine, limit)
        if as_json:
            emit({"executions": rows})
        for row in [] if as_json else rows:
            say(f"{row['id']}  {row['state']:<10} {row['start']}  {row['namespace']}.{row['flow_id']}")


def logs(
    execution: Annotated[str, typer.Argument(metavar="ID", help="An execution's id.")], as_json: AsJson = False
) -> None:
    """Show the log of an execution."""
    with boundary(as_json):
        with _bench().engine() as engine:
            lines = log_lines(engine, execution)
        if as_json:
            emit({"id": execution, "logs": lines})
        for line in [] if as_json else lines:
            say(_log_line(line))


def run_here(
    flow: str, bench: Workbench, inputs: Mapping[str, Any], files: Mapping[str, Path], *, model_written: bool = False
) -> dict[str, Any]:
    """Check, then run; the JSON shape of `flowwright run`. InvalidFlow when it is not valid."""
    must_be_valid(flow, bench.settings.target)
    with bench.engine(model_written=model_written) as engine:
        execution = engine.run(flow, inputs, files=files, on_event=_follow)
        return document(engine, execution.id)


def resume_here(execution_id: str, bench: Workbench) -> dict[str, Any]:
    """Finish an execution that a crash cut short; finished task runs are not run again. NotFound, Refused."""
    with bench.engine() as engine:
        engine.resume_after_crash(execution_id, on_event=_follow)
        return document(engine, execution_id)


def _bench() -> Workbench:
    from copilot.settings import load_settings
    from copilot.wiring import Workbench

    return Workbench(load_settings(), progress)


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
        progress(f"  execution {event['execution']} {event['state']}")
    elif event["kind"] == "task_run":
        progress(f"    {event['task_id']} {event['state']}")
