"""Commands about the documentation index: search, ingest."""

from __future__ import annotations

from typing import Annotated

import typer

from copilot.cli.options import AsJson, Target
from copilot.cli.output import boundary, emit, finish, progress, say


def add_to(app: typer.Typer) -> None:
    app.command("search")(search)
    app.command("ingest")(ingest)


def search(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="Words, a type name, or an error message.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many chunks.")] = 10,
    target: Target = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show ranks and scores.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find the chunks of documentation that fit, for a Kestra version."""
    with boundary(as_json):
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        settings = load_settings(target=target)
        hits = Workbench(settings, progress).knowledge.search(words, k=k, target=settings.target, explain=explain)
        if as_json:
            found = [hit.as_dict() for hit in hits]
            emit({"query": words, "target": settings.target, "hits": found, "reason": hits.reason})
        for number, hit in enumerate([] if as_json else hits, start=1):
            say(f"{number}. {hit.title} [{hit.kind}] {hit.origin}")
            say(f"   {hit.why}" + (f" {hit.ranks}" if explain else ""))
        if not hits and not as_json:
            say(f"nothing relevant: {hits.reason}")
        finish(bool(hits))


def ingest(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE...]", help="Folders, files or addresses; the bundled corpus when none is named."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take documentation into the index; only what changed is embedded again."""
    with boundary(as_json):
        from copilot.settings import load_settings
        from copilot.wiring import Workbench

        bench = Workbench(load_settings(), progress)
        summary = bench.knowledge.ingest(sources or [], progress=progress)
        if as_json:
            emit(summary.as_dict())
        else:
            say(str(summary))
