"""The command backfill: run the dates that a schedule has missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, Inputs, On
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say
from copilot.errors import Usage
from copilot.executions import must_be_valid

if TYPE_CHECKING:
    from copilot.backfill import Change, Span
    from copilot.kestra.client import Kestra
    from copilot.wiring import Workbench


def add_to(app: typer.Typer) -> None:
    app.command("backfill")(backfill)


def backfill(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A flow; - reads standard input.")],
    trigger: Annotated[str, typer.Argument(metavar="TRIGGER", help="The id of its Schedule trigger.")],
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first date, included.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last date, included.")] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Show the dates; run nothing.")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="Pause the backfill that runs.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="Let a paused one go on.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the backfill that runs.")] = False,
    inputs: Inputs = None,
    labels: Annotated[
        list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="A label of its executions.")
    ] = None,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Run the dates of a past range: here one after another, or by the service or server that runs the flow."""
    with boundary(as_json):
        from copilot.places import server_for
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        bench = Workbench(load_settings(), progress)
        source = read_flow(file)
        key = _key(source, bench.settings.target, trigger)
        chosen = [how for how, yes in (("pause", pause), ("unpause", go_on), ("delete", stop)) if yes]
        if len(chosen) + only_list > 1:
            raise Usage("one thing at a time", hint="one of --list, --pause, --continue, --stop")
        server = None if only_list else server_for(bench.settings, on)
        if chosen:
            found = _changed(bench, server, key, chosen[0])
        else:
            values, files = read_inputs(inputs or [])
            if files:
                raise Usage("a backfill takes values, no files", hint="--input name=value")
            span = _span(start, end, values, labels or [])
            if only_list:
                found = _listed(bench, source, trigger, span)
            else:
                found = _run(bench, server, source, str(file), key, span)
        if as_json:
            emit(found)
        else:
            _show(found)
        finish(bool(found["good"]))


def _key(source: str, target: str, trigger: str) -> tuple[str, str, str]:
    from engine.flow.load import load_flow

    must_be_valid(source, target)
    flow = load_flow(source)
    return flow.namespace, flow.id, trigger


def _span(start: str | None, end: str | None, inputs: Mapping[str, Any], labels: Sequence[str]) -> Span:
    from copilot.backfill import Span, date_of

    if start is None or end is None:
        raise Usage("a backfill needs a range", hint="--from 2025-01-01 --to 2025-01-31")
    pairs = [label.partition("=") for label in labels]
    if any(not equals or not key for key, equals, _ in pairs):
        raise Usage("a label is key=value", hint="--label kind=backfill")
    return Span(date_of(start), date_of(end), inputs, {key: value for key, _, value in pairs})


def _listed(bench: Workbench, source: str, trigger: str, span: Span) -> dict[str, Any]:
    from copilot.backfill import planned
    from engine.flow.load import load_flow

    with bench.records() as engine:
        dates = planned(engine.scheduler().schedule_of(load_flow(source), trigger), span)
    return {"trigger": trigger, "dates": dates, "good": True}


def _run(
    bench: Workbench, server: Kestra | None, source: str, name: str, key: tuple[str, str, str], span: Span
) -> dict[str, Any]:
    from copilot import backfill as backfilling
    from copilot.cli.deploying import deployed_for_run
    from engine.flow.load import load_flow

    if server is not None:
        with server:
            deployed_for_run(server, bench.settings.target, source, name)
            state = backfilling.run_there(server, key, span)
            return {"trigger": key[2], "on": server.url, "backfill": state.get("backfill"), "good": True}
    with bench.engine() as engine:
        schedule = engine.scheduler().schedule_of(load_flow(source), key[2])
        done = backfilling.run_here(engine, schedule, span, _follow)
    return {"trigger": key[2], "executions": done, "good": backfilling.good(done)}


def _changed(bench: Workbench, server: Kestra | None, key: tuple[str, str, str], how: Any) -> dict[str, Any]:
    from copilot.backfill import change

    wanted: Change = how
    try:
        state = change(bench, server, key, wanted)
    finally:
        if server is not None:
            server.close()
    return {"trigger": key[2], "backfill": state.get("backfill"), "good": True}


def _follow(one: Mapping[str, Any]) -> None:
    progress(f"  {one['date']} {one['state']} {one['id'] or one['why']}")


def _show(found: Mapping[str, Any]) -> None:
    for date in found.get("dates", ()):
        say(date)
    for one in found.get("executions", ()):
        say(f"{one['date']}  {one['state']:<10} {one['id'] or one['why']}")
    if "backfill" in found:
        state = found["backfill"]
        where = f" on {found['on']}" if "on" in found else ""
        if state is None:
            say(f"{found['trigger']} has no backfill now")
        else:
            paused = ", paused" if state.get("paused") else ""
            say(f"backfill of {found['trigger']}{where}: {state['start']} to {state.get('end')}{paused}")
