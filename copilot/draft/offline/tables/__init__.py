"""The composer's words as data: one TOML file a subject, read once.

Code asks for a table by name; what stands in it is known words of people and of Kestra's plugins, never behaviour.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """The table of this name. Callers must not change what they get."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def words(name: str, key: str) -> str:
    """The phrases of one key of a table as an alternative for use in a pattern (not capturing)."""
    found: Any = table(name)
    for part in key.split("."):
        found = found[part]
    return alternatives(tuple(found))


@cache
def alternatives(phrases: tuple[str, ...]) -> str:
    """Phrases as one alternative, longest first.

    In a phrase ``[the|a]`` may be left out, ``arriv~`` stands for every ending, ``_`` for any word, ``{n}`` for a
    number, ``{name}`` for something quoted, ``{id}`` for an identifier, ``...`` for a stretch within a sentence,
    and ``a|b`` for either.
    """
    return "(?:" + "|".join(_phrase(p) for p in sorted(phrases, key=len, reverse=True)) + ")"


def _phrase(phrase: str) -> str:
    out, joint = "", ""
    for token in phrase.split(" "):
        if token == "...":
            out, joint = out + r"\b[^.;]{0,60}?", r"\b"
            continue
        inner = "|".join(_word(w) for w in token.strip("[]").split("|"))
        piece = f"(?:{inner})" if "|" in inner else inner
        if not token.startswith("["):
            out, joint = out + joint + piece, _GAP
        elif joint == _GAP:
            out += f"(?:{_GAP}{piece})?"
        else:
            out += f"{joint}(?:{piece}{_GAP})?"
            joint = ""
    return out


_GAP = r"\s+"


_PLACES = {
    "_": r"[\w'/-]+",
    "{n}": r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|several|some)",
    "{name}": "[\ue001\ue002]+",
    "{id}": r"(?:[\w-]+/[\w-]+|[a-z]\w*_\w+|\w+\.\w+)",
}


def _word(word: str) -> str:
    if word in _PLACES:
        return _PLACES[word]
    return re.escape(word).replace(r"\~", r"\w*").replace("~", r"\w*")
