"""Keeps secret values out of whatever is logged, stored or shown."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"
"""The same for every value, so that it does not tell its length."""
_SHORTEST = 3
"""Shorter values would blank out ordinary text, and guessing them is easy anyway."""


class Masker:
    """Knows secret values and replaces them in text, also in their base64, URL and JSON forms. Threads may share it."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*values)

    def add(self, *values: str) -> None:
        """Learn values; those shorter than three characters are left alone."""
        fresh = {value for value in values if len(value.strip()) >= _SHORTEST}
        with self._lock:
            if fresh <= self._values:
                return
            self._values |= fresh
            forms = {form for value in self._values for form in _forms(value)}
            longest_first = sorted(forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    @property
    def values(self) -> tuple[str, ...]:
        """The values known, sorted."""
        return tuple(sorted(self._values))

    def mask(self, text: str) -> str:
        """The text with every known value replaced by ``MASK``."""
        pattern = self._pattern
        return text if pattern is None else pattern.sub(MASK, text)

    def mask_all(self, value: Any) -> Any:
        """Every text within maps (keys too) and lists masked."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {self.mask_all(key): self.mask_all(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask_all(item) for item in value]
        return value


def _forms(value: str) -> set[str]:
    """How a value shows up in text: as it is, line by line, and encoded."""
    raw = value.encode()
    stripped = value.strip()
    encoded = base64.b64encode(raw).decode()
    forms = {value, stripped, encoded, encoded.rstrip("="), base64.urlsafe_b64encode(raw).decode()}
    forms |= {quote(value), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
    forms |= {json.dumps(value, ensure_ascii=False)[1:-1]}
    forms |= {line.strip() for line in value.splitlines() if len(line.strip()) >= 2 * _SHORTEST}
    return {form for form in forms if len(form) >= _SHORTEST}
