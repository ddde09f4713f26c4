"""German, French and Spanish words as the English ones of the documentation, which model and full text know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from rag.words import table

_PART = re.compile(r"\w+(?:-\w+)*|\s+|.", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*$")
_ELISION = re.compile(r"\b(?:[dljsnmtc]|qu)['\u2019](?=\w)", re.IGNORECASE)
_TURNED = str.maketrans("", "", "\u00bf\u00a1")
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_LEAST = 2
"""Foreign words from which a text is foreign."""

Counted = Callable[[Sequence[str]], Mapping[str, int]]
"""In how many chunks of the index each word stands."""


@cache
def _known() -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    """(whole words, beginnings, small words): each without accents, with its English."""
    whole: dict[str, str] = {}
    beginnings: dict[str, str] = {}
    rows = table("languages")
    for english, sides in rows.items():
        if english == "-":
            continue
        for word in re.split(r"[|,]", sides):
            key = word.strip()
            if key.endswith("*"):
                beginnings.setdefault(key[:-1], english)
            elif key:
                whole.setdefault(key, english)
    return whole, beginnings, frozenset(rows["-"].replace("|", " ").split())


def plain(word: str) -> str:
    """Lower case, without accents."""
    split = unicodedata.normalize("NFD", word.lower().replace("\u00df", "ss"))
    return "".join(c for c in split if not unicodedata.combining(c))


def _translated(word: str) -> str | None:
    """English for one word; None when it is not known."""
    whole, beginnings, _ = _known()
    forms = [plain(word)]
    for written, letter in _UMLAUTS:
        if written in forms[0]:
            forms.append(forms[0].replace(written, letter))
    for form in forms:
        if form in whole:
            return whole[form]
        for length in range(len(form), 2, -1):
            if form[:length] in beginnings:
                return beginnings[form[:length]]
    return None


def in_english(text: str, counted: Counted) -> str | None:
    """The words of a German, French or Spanish text in English, in their order; None when it is none of these.

    A word is foreign when the lists know it and the index does not; so pages in another language that were taken in
    are still found in their own words. Names and words that nobody knows stay as they are. It is a word list, not a
    translation: enough to search with.
    """
    _, _, small = _known()
    parts = _PART.findall(_ELISION.sub("", text.translate(_TURNED)))
    english = {w: _translated(w) for w in parts if _LETTERS.match(w)}
    listed = [w for w, found in english.items() if found or plain(w) in small]
    there = counted([w.lower() for w in listed])
    foreign = {w for w in listed if not there[w.lower()]}
    if len(foreign) < _LEAST:
        return None
    out = [
        part if part not in foreign else english[part] or ""
        for part in parts
        if plain(part) not in small or english.get(part)
    ]
    return " ".join("".join(out).split())
