"""The composer's words as data: one TOML file a subject, read once.

Code asks for a table by name; what stands in it is known words of people and of Kestra's plugins, never behaviour.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """The table of this name. Callers must not change what they get."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))
