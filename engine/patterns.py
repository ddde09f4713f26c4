"""Regular expressions written in flows: Java's classes are known, and one that never ends is stopped."""

from __future__ import annotations

_SECONDS = 1.0


def full_match(pattern: str, text: str) -> bool:
    """Whether the whole text matches. ValueError when the pattern is none, or takes longer than a second."""
    import regex

    try:
        return regex.fullmatch(pattern, text, timeout=_SECONDS) is not None
    except regex.error as error:
        raise ValueError(f"`{pattern}` is not a regular expression: {error}") from error
    except TimeoutError:
        raise ValueError(f"`{pattern}` takes longer than {_SECONDS:g} s on this text") from None
