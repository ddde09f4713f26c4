"""Rules for inputs: bounds and shapes that the words give."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from copilot.draft.offline.ir import InputSpec
from copilot.draft.offline.text import CODE, QUOTED, Text


def with_rules(text: Text, specs: list[InputSpec]) -> list[InputSpec]:
    """'minimum 0 and maximum 120', 'must match [A-Z]+': rules for the one input of a fitting kind."""
    compared = (
        r"(?:is\s+|was\s+)?(?:not\s+)?(?:larger|greater|bigger|higher|more|less|smaller|lower|above|below"
        r"|over|under|at\s+least|at\s+most|negative|positive|[<>]=?)"
    )
    specs = [
        replace(s, type="INT")
        if s.type == "STRING"
        and not s.values
        and re.search(rf"(?:\b{re.escape(s.id)}\b|[{QUOTED}{CODE}]{{{len(s.id) + 2}}})\s+{compared}", text.masked)
        else s
        for s in specs
    ]
    numbers = [s for s in specs if s.type in ("INT", "FLOAT")]
    texts = [s for s in specs if s.type == "STRING"]
    low, out = text.masked, {s.id: s for s in specs}
    if len(numbers) == 1:
        rules: dict[str, Any] = {}
        for key, words in (
            ("min", r"min(?:imum)?(?:\s+(?:of|is|value))?|at\s+least"),
            ("max", r"max(?:imum)?(?:\s+(?:of|is|value))?|at\s+most"),
        ):
            if bound := re.search(rf"\b(?:{words})\s+(-?\d+)\b(?!\s*(?:tries|times|attempts|seconds|items|at\b))", low):
                rules[key] = int(bound[1])
        if between := re.search(r"\bbetween\s+(-?\d+)\s+and\s+(-?\d+)\b", low):
            rules = rules or {"min": int(between[1]), "max": int(between[2])}
        out[numbers[0].id] = replace(numbers[0], more={**numbers[0].more, **rules})
    if (shape := _shape(low)) and len(texts) == 1:
        out[texts[0].id] = replace(texts[0], more={**texts[0].more, "validator": shape})
    pattern = re.search(
        r"\bmatch(?:es|ing)?\s+(?:the\s+)?(?:regex|pattern|expression)?\s*[`'\"]?([^\s,`'\"]*[\[\\^(][^\s,`'\"]*)",
        text.plain,
    )
    if pattern and len(texts) == 1:
        out[texts[0].id] = replace(texts[0], more={**texts[0].more, "validator": pattern[1]})
    return list(out.values())


_COUNT_WORDS = {
    "one": 1,
    "a": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}


_PIECE = re.compile(
    rf"\b(?:(?P<n>\d+|{'|'.join(_COUNT_WORDS)})\s+)?(?P<case>capital|upper-?case|lower-?case"
    r"|small)?\s*(?P<what>letters?|digits?|numbers?)\b"
)


def _shape(low: str) -> str:
    """'3 capital letters followed by 2 digits' as a regular expression; '' when the words describe none."""
    said = re.search(
        (
            r"\b(?:must|should|has\s+to)\s+(?:be|have|consist\s+of|look\s+like"
            r"|start\s+with)\s+([^.;]*?\b(?:letters?|digits?)\b[^.;]*)"
        ),
        low,
    )
    pieces = [m for m in _PIECE.finditer(said[1]) if m["n"]] if said else []
    if not pieces:
        return ""
    out = ""
    for piece in pieces:
        kind = "[0-9]" if piece["what"].startswith(("digit", "number")) else "[A-Za-z]"
        if kind == "[A-Za-z]" and piece["case"]:
            kind = "[A-Z]" if piece["case"].startswith(("cap", "upper")) else "[a-z]"
        n = int(piece["n"]) if piece["n"].isdigit() else _COUNT_WORDS[piece["n"]]
        out += f"{kind}{{{n}}}"
    return f"^{out}{'.*' if said and 'start with' in said.group() else ''}$"
