"""Kestra versions as numbers that can be compared, and which knowledge a target version may see."""

from __future__ import annotations

import re

_PARTS = re.compile(r"(\d+)(?:\.(\d+))?")


def version_number(version: str) -> int:
    """``1.1`` and ``v1.1.4`` are 1001; a text without a number is 0."""
    found = _PARTS.search(version)
    return int(found[1]) * 1000 + int(found[2] or 0) if found else 0


def covers(since: str | None, removed: str | None, target: str) -> bool:
    """Whether something that exists from ``since`` up to, but not in, ``removed`` exists in ``target``."""
    at = version_number(target)
    return (since is None or version_number(since) <= at) and (removed is None or at < version_number(removed))
