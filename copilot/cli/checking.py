"""Commands about flows that exist: validate, trial, upgrade, schema, catalog."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, FlowFile, Inputs, Out, Target
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say, show_findings, write_whole
from copilot.errors import Usage
from copilot.versions import DEFAULT_TARGET, known_version

if TYPE_CHECKING:
    from engine.flow.folder import FileReport

MANY = 20


def add_to(app: typer.Typer) -> None:
    app.command("validate")(validate)
    app.command("trial")(trial)
    app.command("upgrade")(upgrade)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Flows, or folders of flows.")],
    target: Target = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the safe corrections; every other byte stays.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes for a folder of many flows.")] = 1,
    catalog: Annotated[
        Path | None, typer.Option("--catalog", metavar="FOLDER", help="Types that `catalog pull` wrote.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="FORM", help="text, json, lsp or sarif.")] = "text",
    as_json: AsJson = False,
) -> None:
    """Check flows against types, properties, expressions and data flow of a Kestra version."""
    with boundary(as_json):
        from engine.flow.folder import check_folder

        form = "json" if as_json else form
        if form not in ("text", "json", "lsp", "sarif"):
            raise Usage(f"there is no format {form!r}", hint="text, json, lsp or sarif")
        version = _version(target)
        flows = _flow_files(files)
        if fix:
            _fix_in_place(flows, version)
        reports = []
        for report in _with_bar(check_folder(flows, version, workers, catalog_folder=_known(catalog)), len(flows)):
            reports.append(report)
            if form == "text":
                _show_report(report, version)
        if form != "text":
            emit(_document(reports, form, version))
        finish(all(report.valid for report in reports))


def _known(catalog: Path | None) -> Path:
    """The catalog to check against, the bundled one when none is named."""
    if catalog is None:
        from docs_corpus import CATALOG

        return CATALOG
    if not (catalog / "index.json").is_file():
        raise Usage(f"{catalog} holds no catalog", hint="flowwright catalog pull --from URL --out FOLDER")
    return catalog


def _fix_in_place(flows: Sequence[Path], version: str) -> None:
    from engine.flow.edits import fix_all

    for file in flows:
        text = read_flow(file)
        fixed, _ = fix_all(text, version)
        if fixed != text:
            write_whole(file, fixed)
            progress(f"corrected {file}")


def _with_bar(reports: Iterable[FileReport], count: int) -> Iterable[FileReport]:
    """A progress bar on stderr where there is something to wait for."""
    if count < MANY:
        return reports
    from rich.console import Console
    from rich.progress import track

    return track(reports, "checking", total=count, console=Console(stderr=True))


def _show_report(report: FileReport, version: str) -> None:
    show_findings(report.findings, str(report.file))
    here = ""
    if report.valid:
        here = ", runs here" if report.runs_here else f", cannot run here: {', '.join(report.cannot_run)}"
    say(f"{report.file}: {'valid' if report.valid else 'invalid'} for {version}{here}")


def _document(reports: Sequence[FileReport], form: str, version: str) -> dict[str, Any]:
    from engine.flow.formats import lsp, sarif

    if form == "sarif":
        return sarif({str(r.file): r.findings for r in reports}, metadata.version("flowwright"))
    if form == "lsp":
        return {str(r.file): lsp(r.findings, read_flow(r.file)) for r in reports}
    return {"target": version, "flows": [report.as_dict() for report in reports]}


def trial(file: FlowFile, inputs: Inputs = None, target: Target = None, as_json: AsJson = False) -> None:
    """Run a flow with typed stand-ins for everything that would touch the world outside."""
    with boundary(as_json):
        from copilot.executions import must_be_valid
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        settings = load_settings(target=target)
        text = read_flow(file)
        must_be_valid(text, settings.target)
        values, _ = read_inputs(inputs or [])
        outcome = Workbench(settings, progress).trial(text, values)
        if as_json:
            emit(outcome)
        else:
            say(f"trial: {outcome['verdict']}")
            for task in outcome["tasks"]:
                say(f"  {task['id']}: {task['how'].replace('_', ' ')}, {task['state']} {task['why']}".rstrip())
        finish(outcome["verdict"] != "failed")


def upgrade(
    file: FlowFile,
    target: Annotated[str, typer.Option("--target", metavar="VERSION", help="The version to upgrade to.")],
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Rewrite what changed up to a Kestra version and show the difference; the file itself stays."""
    with boundary(as_json):
        from copilot.edit import unified
        from engine.flow.check import must_mend
        from engine.flow.upgrade import upgrade as rewrite

        version = known_version(target)
        before = read_flow(file)
        after, findings = rewrite(before, version)
        diff = unified(before, after)
        valid = not must_mend(findings)
        if out:
            write_whole(out, after)
        if as_json:
            emit({"valid": valid, "flow": after, "diff": diff, "findings": [f.as_dict() for f in findings]})
        else:
            say(diff.rstrip() or "nothing to change")
            show_findings(findings, str(file))
        finish(valid)


def _version(target: str | None) -> str:
    """The target version, without loading the settings machinery when none is named."""
    named = target or os.environ.get("FLOWWRIGHT_TARGET")
    if named is None:
        return DEFAULT_TARGET
    return known_version(named)


def _flow_files(paths: list[Path]) -> list[Path]:
    """The files named and those below the folders named; Usage error for what is not there."""
    from engine.flow.folder import flow_files

    for path in paths:
        if not path.exists():
            raise Usage(f"there is no file {path}", hint="name flows or folders of flows", code="no-such-file")
    found = flow_files(paths)
    if not found:
        raise Usage("no flow files there", hint="a folder is searched for .yaml and .yml files")
    return found
