"""Commands that run flows and show what they said: run, logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, Inputs, On
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say
from copilot.errors import Usage
from copilot.executions import GOOD, document, log_lines, must_be_valid

if TYPE_CHECKING:
    from copilot.wiring import Workbench
    from engine import Engine


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("logs")(logs)


def run(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A flow; - reads standard input.")] = None,
    inputs: Inputs = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Finish an execution that a crash cut short.")
    ] = None,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Run a flow on this machine, or on a Kestra server; every state change is recorded before the next step."""
    with boundary(as_json):
        if (file is None) == (resume is None) or (resume is not None and on is not None):
            raise Usage("name a flow file, or --resume with an execution's id", hint="flowwright run flow.yaml")
        bench = _bench()
        if on is not None:
            execution = _run_on(on, file or Path("-"), bench, inputs or [])
        elif resume is not None:
            execution = resume_here(resume, bench)
        else:
            values, files = read_inputs(inputs or [])
            execution = run_here(read_flow(file or Path("-")), bench, values, files)
        if as_json:
            emit(execution)
        else:
            show_execution(execution)
        finish(execution["state"] in GOOD)


def _run_on(place: str, file: Path, bench: Workbench, inputs: Sequence[str]) -> dict[str, Any]:
    from copilot.cli.deploying import run_there
    from copilot.places import server_named

    values, files = read_inputs(inputs)
    with server_named(bench.settings, place) as server:
        return run_there(server, bench.settings.target, read_flow(file), str(file), values, files)


def logs(
    execution: Annotated[str, typer.Argument(metavar="ID", help="An execution's id.")],
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Show the log of an execution."""
    with boundary(as_json):
        lines = _logs_on(on, execution) if on is not None else _logs_here(execution)
        if as_json:
            emit({"id": execution, "logs": lines})
        for line in [] if as_json else lines:
            say(_log_line(line))


def _logs_here(execution: str) -> list[dict[str, Any]]:
    with _bench().records() as engine:
        return log_lines(engine, execution)


def _logs_on(place: str, execution: str) -> list[dict[str, Any]]:
    from copilot.kestra.document import document as as_document
    from copilot.places import server_named

    with server_named(_bench().settings, place) as server:
        found: list[dict[str, Any]] = as_document(server.execution(execution), server.logs(execution))["logs"]
    return found


def run_here(
    flow: str, bench: Workbench, inputs: Mapping[str, Any], files: Mapping[str, Path], *, model_written: bool = False
) -> dict[str, Any]:
    """Check, then run; the JSON shape of `flowwright run`. InvalidFlow when it is not valid."""
    must_be_valid(flow, bench.settings.target)
    with bench.engine(model_written=model_written) as engine:
        execution = engine.run(flow, inputs, files=files, on_event=_follow)
        return document(engine, execution.id)


def resume_here(execution_id: str, bench: Workbench) -> dict[str, Any]:
    """Finish an execution that a crash cut short; finished task runs are not run again. NotFound, Refused, Busy."""
    from copilot.ownership import Presence, must_be_alone

    def unless_run_elsewhere(engine: Engine, presence: Presence) -> None:
        if engine.execution(execution_id).finished is None:
            must_be_alone(presence, execution_id)

    with bench.engine(claim=unless_run_elsewhere) as engine:
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
