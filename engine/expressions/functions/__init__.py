"""Functions, by theme. Importing this package fills ``registry.FUNCTIONS``."""

from __future__ import annotations

from engine.expressions.functions import calendar, files, generators, outputs, rendering, stores, structured

__all__ = ["calendar", "files", "generators", "outputs", "rendering", "stores", "structured"]
