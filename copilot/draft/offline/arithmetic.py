"""Small computations on inputs, in words, as expressions: the square of n, x plus y, the length of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from copilot.draft.offline.ir import InputSpec
from copilot.draft.offline.tables import table

_ONE = (
    (r"square(?:d)?", "{0} * {0}", "INT"),
    (r"cube(?:d)?", "{0} * {0} * {0}", "INT"),
    (r"double(?:d)?|twice|two\s+times", "{0} * 2", "INT"),
    (r"triple(?:d)?|three\s+times", "{0} * 3", "INT"),
    (r"half", "{0} / 2", "FLOAT"),
    (r"absolute\s+value", "{0} | abs", "INT"),
    (r"(?:number\s+of\s+)?(?:characters|letters)|length|how\s+long", "{0} | length", "INT"),
    (r"upper[\s-]?case|capital\s+letters|in\s+capitals", "{0} | upper", "STRING"),
    (r"lower[\s-]?case|small\s+letters", "{0} | lower", "STRING"),
    (r"capitali[sz]ed?|first\s+letter\s+(?:big|upper)", "{0} | capitalize", "STRING"),
    (r"revers\w+|backwards", "{0} | reverse", "STRING"),
    (r"trim\w*|without\s+(?:leading|spaces)", "{0} | trim", "STRING"),
    (r"slug\w*", "{0} | slugify", "STRING"),
    (r"first\s+(?:element|item|word|entry)", "{0} | first", "STRING"),
    (r"last\s+(?:element|item|word|entry)", "{0} | last", "STRING"),
    (r"(?:number\s+of|how\s+many)\s+(?:elements|items|entries)", "{0} | length", "INT"),
)  # fmt: skip
_TWO = (
    (r"product|multipl\w+|times", " * ", "INT"),
    (r"difference|subtract\w*|minus", " - ", "INT"),
    (r"quotient|divid\w+|ratio|divided", " / ", "FLOAT"),
    (r"remainder|modulo", " % ", "INT"),
    (r"sum|add(?:ed|s)?\b|plus|total|together", " + ", "INT"),
)  # fmt: skip


_FORMULA = re.compile(
    r"\(?\s*[a-z_]\w*(?:\s*[-+*/]\s*\(?\s*(?:[a-z_]\w*|\d+(?:\.\d+)?)\s*\)?)+"
    r"|\d+(?:\.\d+)?(?:\s*[-+*/]\s*\(?\s*(?:[a-z_]\w*|\d+(?:\.\d+)?)\s*\)?)+"
)


def formula(low: str, inputs: Mapping[str, InputSpec]) -> str | None:
    """A formula written out over number inputs ('celsius * 9 / 5 + 32') as an inner expression; None without one."""
    numbers = {n for n, s in inputs.items() if s.type in ("INT", "FLOAT")}
    for match in _FORMULA.finditer(low):
        names = re.findall(r"[a-z_]\w*", match.group())
        text = match.group().strip()
        while text.count("(") > text.count(")"):
            text = text.replace("(", "", 1)
        while text.count(")") > text.count("("):
            text = text[: text.rindex(")")] + text[text.rindex(")") + 1 :]
        if names and set(names) <= numbers and re.search(r"\s[-+*/]\s|[*/]", text):
            return re.sub(r"[a-z_]\w*", lambda m: f"inputs.{m.group()}", text).strip()
    return None


def converted(name: str, inputs: Mapping[str, InputSpec]) -> str | None:
    """The expression of a unit from the one number input of another unit: fahrenheit from celsius."""
    for known, spec in inputs.items():
        if spec.type not in ("INT", "FLOAT"):
            continue
        for row in table("conversions")["conversion"]:
            if _unit_in(row["from"], known) and _unit_in(row["to"], name):
                return re.sub(r"\bx\b", f"inputs.{known}", row["value"])
    return None


def _unit_in(units: list[str], name: str) -> bool:
    words = name.lower().split("_")
    return any(u in words or u.removesuffix("s") in words for u in units)


def by_choice(plain: str, inputs: Mapping[str, InputSpec]) -> str | None:
    """'S=5 M=8 L=12' where an input has the values S, M and L: one question after the other."""
    pairs = dict(re.findall(r"\b([A-Za-z][\w-]*)\s*(?:=|:|→|->)\s*(-?\d+(?:\.\d+)?)\b", plain))
    for name, spec in inputs.items():
        if len(spec.values) > 1 and set(spec.values) <= set(pairs):
            *asked, last = spec.values
            return " : ".join([*(f"inputs.{name} == '{v}' ? {pairs[v]}" for v in asked), pairs[last]])
    return None


def computed(low: str, inputs: Mapping[str, InputSpec]) -> tuple[str, str] | None:
    """(inner expression, kind) of what the words compute from the inputs; None when they compute nothing."""
    numbers = [n for n, s in inputs.items() if s.type in ("INT", "FLOAT")]
    if len(numbers) >= 2:
        for words, sign, kind in _TWO:
            if re.search(rf"\b(?:{words})\b", low):
                whole = all(inputs[n].type == "INT" for n in numbers) and kind == "INT"
                return sign.join(f"inputs.{n}" for n in numbers), "INT" if whole else "FLOAT"
        if re.search(r"\baverage|\bmean\b", low):
            return f"({' + '.join(f'inputs.{n}' for n in numbers)}) / {len(numbers)}", "FLOAT"
        for word in ("max", "min"):
            if re.search(rf"\b{word}(?:imum)?\b|\b{'larg|bigg|high' if word == 'max' else 'small|low'}\w*", low):
                return f"{word}({', '.join(f'inputs.{n}' for n in numbers)})", "INT"
    for name, spec in inputs.items():
        for words, shape, kind in _ONE:
            fits = (
                spec.type in ("INT", "FLOAT")
                if "*" in shape or "/" in shape or "abs" in shape
                else spec.type not in ("INT", "FLOAT", "BOOLEAN", "DATE")
            )
            if fits and re.search(rf"\b(?:{words})\b", low):
                return shape.format(f"inputs.{name}"), "FLOAT" if spec.type == "FLOAT" and kind == "INT" else kind
    return None
