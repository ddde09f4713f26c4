"""Names for flows and tasks, from the words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.draft.offline.ir import Step
from copilot.draft.offline.text import Text

_SMALL = frozenset(
    ["a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "with", "and", "or", "by", "into", "then", "please", "just", "i", "we", "our", "my", "your", "it", "its", "is", "are", "be", "that", "this", "each", "every", "when", "if", "as", "so", "me", "do", "can", "could", "would", "you", "want", "need", "like", "should", "must", "will", "have", "has", "there", "them", "they", "all", "some", "any", "per", "via", "using", "use", "make", "made", "get", "give", "new", "one", "two", "three", "not", "no", "yes", "up", "out", "only", "also", "after", "before", "until", "once", "run", "runs", "flow", "kestra", "put", "let", "task", "tasks", "plz", "pls", "hi", "hello", "thanks", "thank"]
)  # fmt: skip


def slug(words: str) -> str:
    """snake_case, letters and digits only."""
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", words.lower())).strip("_")


def flow_id(text: Text, steps: Sequence[Step], skip: Sequence[tuple[int, int]] = ()) -> str:
    """A short id from the first telling words of the request."""
    found = [
        m for m in re.finditer(r"[a-zà-ÿ][a-zà-ÿ0-9]+", text.masked) if not any(s <= m.start() < e for s, e in skip)
    ]
    words = [w for w in (m.group() for m in found) if w not in _SMALL and len(w) > 2]
    plain = [slug(w) for w in words if slug(w) == w]
    return "_".join(plain[:4])[:60] or "my_flow"
