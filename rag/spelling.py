"""Words that the index does not hold, as the word that was probably meant."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence

from rag.index.lexical import TOKENIZER, LexicalReader
from rag.words import synonyms

_LEAST_LETTERS = 5
_LONG = 8
"""Letters of a stem from which two slips are forgiven instead of one."""
_PLAIN = re.compile(r"(?<![\w.$/-])[a-z]+(?![\w./-])")
"""Lower-case words only: what is written otherwise is a name, and names are not guessed."""
_CANDIDATES = 12
_CHUNKS = 20
"""Chunks that are looked through for a whole word."""


class Spelling:
    """Corrects slips by the words of one index. Safe to share between threads."""

    def __init__(self, lexical: LexicalReader, real: Callable[[str], bool]) -> None:
        """``real``: whether a word is one of the language, though the index does not hold it."""
        self._lexical = lexical
        self._real = real
        self._lock = threading.Lock()
        self._stems: Mapping[str, int] | None = None
        self._stemmer = _Stemmer()
        self._known: dict[str, str] = {}

    def corrected(self, text: str) -> str:
        """The text with words that stand nowhere in the index replaced by near ones that do."""
        words = [w for w in dict.fromkeys(_PLAIN.findall(text)) if len(w) >= _LEAST_LETTERS]
        counted = self._lexical.frequencies(words)
        wrong = [w for w in words if not counted[w] and not synonyms([w]) and not self._real(w)]
        if not wrong:
            return text
        found = {w: self._nearest(w) for w in wrong}
        return _PLAIN.sub(lambda m: found.get(m[0]) or m[0], text)

    def _nearest(self, word: str) -> str:
        """A word of the index that differs in a slip or two; empty when there is none."""
        with self._lock:
            if word not in self._known:
                self._known[word] = self._word_of(self._nearest_stem(self._stemmer.stem(word)), word)
            return self._known[word]

    def _nearest_stem(self, stem: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if self._stems is None:
            self._stems = self._lexical.stems()
        slips = 2 if len(stem) >= _LONG else 1
        near = process.extract(
            stem, list(self._stems), scorer=OSA.distance, score_cutoff=slips, limit=_CANDIDATES
        )  # fmt: skip
        likely = [(distance, -self._stems[found], found) for found, distance, _ in near if found[0] == stem[0]]
        if likely:
            return min(likely)[2]
        # The ending is wrong, so that another stem came out of it.
        begun = [s for s in self._stems if stem.startswith(s) and len(s) >= max(_LEAST_LETTERS + 1, 0.4 * len(stem))]
        return max(begun, key=len, default="")

    def _word_of(self, stem: str, written: str) -> str:
        """The whole word with this stem that is nearest to what was written, as some chunk has it."""
        from rapidfuzz.distance import OSA

        if not stem:
            return ""
        texts = [row.text for row in self._lexical.rows(self._lexical.beginning(stem, _CHUNKS)).values()]
        words = set(re.findall(rf"\b{re.escape(stem[:-1])}[a-z]*", " ".join(texts).lower()))
        same = [w for w in words if self._stemmer.stem(w) == stem]
        return min(same, key=lambda w: (OSA.distance(w, written), w), default="")


class _Stemmer:
    """The stems that the full-text index makes, by its own tokenizer."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.executescript(
            f'CREATE VIRTUAL TABLE one USING fts5 (word, tokenize="{TOKENIZER}");'
            "CREATE VIRTUAL TABLE stems USING fts5vocab (one, 'row');"
        )

    def stem(self, word: str) -> str:
        self._connection.execute("DELETE FROM one")
        self._connection.execute("INSERT INTO one VALUES (?)", (word,))
        found: Sequence[tuple[str]] = self._connection.execute("SELECT term FROM stems").fetchall()
        return found[0][0] if found else word
