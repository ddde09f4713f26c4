"""Commands about flows that exist: validate, trial, upgrade, schema, catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from copilot.cli.options import AsJson, FlowFile, Inputs, Target
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say, show_findings
from copilot.errors import Usage
from copilot.versions import DEFAULT_TARGET, known_version


def add_to(app: typer.Typer) -> None:
    app.command("validate")(validate)
    app.command("trial")(trial)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Flows, or folders of flows.")],
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Check flows against types, properties, expressions and data flow of a Kestra version."""
    with boundary(as_json):
        from engine.flow.check import check_flow, runs_here
        from engine.flow.findings import errors

        version = _version(target)
        results: list[dict[str, Any]] = []
        for file in _flow_files(files):
            text = read_flow(file)
            findings = check_flow(text, version)
            valid = not errors(findings)
            can_run, missing = runs_here(text)
            results.append(
                {
                    "file": str(file),
                    "valid": valid,
                    "runs_here": valid and can_run,
                    "cannot_run": missing,
                    "findings": [f.as_dict() for f in findings],
                }
            )
            if not as_json:
                show_findings(findings, str(file))
                here = "runs here" if valid and can_run else f"cannot run here: {', '.join(missing)}" if missing else ""
                say(f"{file}: {'valid' if valid else 'invalid'} for {version}" + (f", {here}" if here else ""))
        if as_json:
            emit({"target": version, "flows": results})
        finish(all(r["valid"] for r in results))


def trial(file: FlowFile, inputs: Inputs = None, target: Target = None, as_json: AsJson = False) -> None:
    """Run a flow with typed stand-ins for everything that would touch the world outside."""
    with boundary(as_json):
        from copilot.settings import load_settings
        from copilot.wiring import Workbench
        from engine.flow.check import check_flow
        from engine.flow.findings import errors

        settings = load_settings(target=target)
        text = read_flow(file)
        wrong = errors(check_flow(text, settings.target))
        if wrong:
            show_findings(wrong, str(file), progress)
            raise Usage("the flow is not valid, so there is nothing to try", hint="correct the findings first")
        values, _ = read_inputs(inputs or [])
        outcome = Workbench(settings, progress).trial(text, values)
        if as_json:
            emit(outcome)
        else:
            say(f"trial: {outcome['verdict']}")
            for task in outcome["tasks"]:
                say(f"  {task['id']}: {task['how'].replace('_', ' ')}, {task['state']} {task['why']}".rstrip())
        finish(outcome["verdict"] != "failed")


def _version(target: str | None) -> str:
    """The target version, without loading the settings machinery when none is named."""
    import os

    named = target or os.environ.get("FLOWWRIGHT_TARGET")
    if named is None:
        return DEFAULT_TARGET
    return known_version(named)


def _flow_files(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
        else:
            found.append(path)
    if not found:
        raise Usage("no flow files there", hint="a folder is searched for .yaml and .yml files")
    return found
