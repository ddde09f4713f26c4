"""The command line, ``flowwright``. Each file holds the commands of one theme; heavy parts load inside commands."""

from __future__ import annotations


def main() -> None:
    """Entry point of the console script."""
    from copilot.cli.app import app

    app()
