"""Credentials in the words: taken out before anything reads them, with a note where they go."""

from __future__ import annotations

from copilot.redact import redact


def hide_credentials(words: str) -> tuple[str, tuple[str, ...]]:
    """(words with secret() in place of each credential, notes for the reader)."""
    clean, notes = redact(words)
    return clean, tuple(notes)
