"""The commands in the order a newcomer meets them."""

from __future__ import annotations

import typer

from copilot.cli import (
    acting,
    backfilling,
    catalog,
    checking,
    deploying,
    evaluation,
    executions,
    keys,
    knowledge,
    server,
    words,
)

app = typer.Typer(
    name="flowwright",
    help="Say what you need in plain words, get a Kestra flow that is proven to run, with the evidence beside it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for group in (
    words,
    checking,
    executions,
    acting,
    deploying,
    backfilling,
    keys,
    catalog,
    knowledge,
    evaluation,
    server,
):
    group.add_to(app)
