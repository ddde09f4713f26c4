"""The Kestra versions flows can be written and checked for."""

from __future__ import annotations

from copilot.errors import Usage

VERSIONS = ("0.21", "0.22", "0.23", "0.24", "1.0", "1.1", "1.2", "1.3", "2.0")
DEFAULT_TARGET = "1.1"


def known_version(target: str) -> str:
    """The version as the catalog names it (``1.1.4`` is ``1.1``); Usage error otherwise."""
    short = ".".join(target.strip().lstrip("v").split(".")[:2])
    if short not in VERSIONS:
        raise Usage(f"Kestra version {target!r} is not known", hint=f"one of {', '.join(VERSIONS)}")
    return short
