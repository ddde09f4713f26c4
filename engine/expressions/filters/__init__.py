"""Filters, by theme. Importing this package fills ``registry.FILTERS``."""

from __future__ import annotations

from engine.expressions.filters import dates, encoding, lists, numeric, structured, text

__all__ = ["dates", "encoding", "lists", "numeric", "structured", "text"]
