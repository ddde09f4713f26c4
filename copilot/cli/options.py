"""Options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")]
Target = Annotated[str | None, typer.Option("--target", metavar="VERSION", help="Kestra version, 1.1 by default.")]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input; NAME=@PATH for a file.")
]
ProviderName = Annotated[
    str | None, typer.Option("--provider", metavar="NAME", help="offline (no key needed) or gemini.")
]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Also write the flow to this file.")]
FlowFile = Annotated[Path, typer.Argument(metavar="FILE", help="A flow; - reads standard input.")]
On = Annotated[
    str | None,
    typer.Option("--on", metavar="kestra", help="On the server of FLOWWRIGHT_KESTRA_URL, or on one by address."),
]
