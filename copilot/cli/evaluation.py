"""`flowwright eval`: scores against case files, with 95 % intervals and every failure named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, ProviderName
from copilot.cli.output import boundary, emit, finish, progress, say
from copilot.errors import Usage

if TYPE_CHECKING:
    from copilot.answer import Answer
    from copilot.draft.contract import Request
    from copilot.evaluate.report import Report
    from copilot.wiring import Workbench

Cases = Annotated[Path, typer.Argument(metavar="CASES.jsonl", help="One case a line.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many cases.")]
Rows = list[dict[str, Any]]

evaluation = typer.Typer(
    no_args_is_help=True, help="Score retrieval, drafting, editing, refusing, answering, repairing."
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(evaluation, name="eval")


def _command(kind: str, explain: str) -> Callable[[Callable[[Rows, Workbench], Report]], None]:
    """Registers ``score`` as `flowwright eval KIND`; all kinds take the same options and print the same shape."""

    def register(score: Callable[[Rows, Workbench], Report]) -> None:
        @evaluation.command(kind, help=explain)
        def command(cases: Cases, provider: ProviderName = None, limit: Limit = None, as_json: AsJson = False) -> None:
            _scored(kind, score, cases, provider, limit, as_json)

    return register


def _scored(
    kind: str,
    score: Callable[[Rows, Workbench], Report],
    cases: Path,
    provider: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    with boundary(as_json):
        from copilot.cli.words import settings_for
        from copilot.wiring import Workbench

        report = score(_rows(cases)[:limit], Workbench(settings_for(provider, None, None), progress))
        _show(kind, report.as_dict(), as_json)
        finish(True)


def _rows(path: Path) -> Rows:
    try:
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
        return [json.loads(line) for line in lines]
    except FileNotFoundError:
        raise Usage(f"there is no file {path}", hint="a file with one JSON case a line", code="no-such-file") from None
    except (OSError, ValueError) as error:
        raise Usage(f"{path} is not a file of JSON lines: {error}", hint="one JSON object a line") from None


def _show(kind: str, report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(report)
        return
    say(f"{kind}: {report['n']} cases")
    for name, value in report["scores"].items():
        if isinstance(value, dict):
            continue
        low_high = report["intervals"].get(name)
        interval = f"  [{low_high[0]:.3f}, {low_high[1]:.3f}]" if low_high else ""
        say(f"  {name:<22} {value:.3f}{interval}" if isinstance(value, float) else f"  {name:<22} {value}")
    for failure in report["failures"]:
        say(f"  - {failure['id']}: {failure['why']}")


@evaluation.command("generate")
def generate(
    cases: Cases,
    provider: ProviderName = None,
    limit: Limit = None,
    run: Annotated[
        bool, typer.Option("--run", help="Also run what can run here, and compare with run_expect.")
    ] = False,
    server: Annotated[
        str, typer.Option("--server", help="File server of the cases that run.")
    ] = "http://localhost:18000",
    dsn: Annotated[str, typer.Option("--dsn", help="PostgreSQL of the cases that run, as libpq takes it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Requests: valid, nothing invented, what was asked for; with --run also what the flows do."""

    def score(rows: Rows, bench: Workbench) -> Report:
        from tempfile import TemporaryDirectory

        from copilot.evaluate.generate import evaluate
        from copilot.evaluate.run_expect import EngineStage

        with TemporaryDirectory() as home:
            stage = EngineStage(Path(home), server=server, dsn=dsn) if run else None
            return evaluate(rows, _answers(bench), run=run, stage=stage)

    _scored("generate", score, cases, provider, limit, as_json)


@_command("edit", "Instructions on flows: the right change and nothing else.")
def _edit(rows: Rows, bench: Workbench) -> Report:
    from copilot.editing import edit_flow
    from copilot.evaluate.edit import evaluate

    return evaluate(rows, lambda flow, words, target: edit_flow(flow, words, bench, target=target))


@_command("refuse", "Requests that must not simply be answered with a flow.")
def _refuse(rows: Rows, bench: Workbench) -> Report:
    from copilot.evaluate.refuse import evaluate

    return evaluate(rows, _answers(bench))


@_command("repair", "Seeded faults: found, on the right line, with the right code; false alarms on controls.")
def _repair(rows: Rows, bench: Workbench) -> Report:
    from copilot.evaluate.repair import evaluate

    return evaluate(rows)


@_command("retrieval", "Queries with known relevant types and topics.")
def _retrieval(rows: Rows, bench: Workbench) -> Report:
    from copilot.evaluate.retrieval import evaluate

    return evaluate(rows, bench.knowledge)


@_command("ask", "Questions with checkable facts; quotes must be verbatim.")
def _ask(rows: Rows, bench: Workbench) -> Report:
    from copilot.evaluate.ask import evaluate

    return evaluate(rows, bench.knowledge)


def _answers(bench: Workbench) -> Callable[[Request], Answer]:
    """The whole pipeline, as a user gets it."""
    from copilot.pipeline import generate

    tools = bench.tools(bench.drafter())
    return lambda request: generate(request, tools)
