"""Runs Kestra flows on one machine, faithful to Kestra's semantics.

    from engine import Engine, load_flow, check_flow, render

Names are loaded when first used, so that a light command stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.expressions import render
    from engine.flow.check import check_flow
    from engine.flow.load import load_flow

__all__ = ["Engine", "check_flow", "load_flow", "render"]

_PLACES = {
    "Engine": "engine.engine",
    "check_flow": "engine.flow.check",
    "load_flow": "engine.flow.load",
    "render": "engine.expressions",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    return getattr(import_module(_PLACES[name]), name)
