"""The value an instruction gives, in the kind its place takes: numbers with units, durations, lists, references."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from copilot.draft.offline import features
from copilot.draft.offline.editing.slots import Slot
from copilot.draft.offline.text import CODE, EMAIL, QUOTED, URL, Text
from copilot.draft.offline.timezones import find_zone
from engine.flow.catalog import Property

_ISO = re.compile(r"\bP(?=\d|T\d)(?:\d+[YMWD])*(?:T(?:\d+(?:\.\d+)?[HMS])+)?\b", re.I)
_LONG = re.compile(
    rf"{features.DURATION}(?:\s*(?:,|and)?\s*(?P<amount2>\d+|a|an|half)\s*(?:an?\s+)?(?P<unit2>seconds?|secs?|s|minutes?|mins?|m|hours?|h|half)\b)?"
)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d_]*(?:[.,]\d+)?(?:\s*(?:k|thousand|million|mio|percent|%))?(?![\w.]*\d)", re.I)
_SCALE = {"k": 1_000, "thousand": 1_000, "million": 1_000_000, "mio": 1_000_000}
_TRUE = re.compile(r"\b(?:true|on|yes|enabled?|required|mandatory|active)\b")
_FALSE = re.compile(r"\b(?:false|off|no|not|disabled?|optional|inactive|never)\b")
_SIGNS = {"comma": ",", "a comma": ",", "semicolon": ";", "tab": "\t", "a tab": "\t", "pipe": "|", "colon": ":", "space": " "}  # fmt: skip
_ARTICLE = re.compile(r"^(?:(?:the|an?|exactly|now|only|just|always|value|literal|text|string|of|to|be|is|say)\s+)+")
_TAIL = re.compile(
    r"\s+(?:instead|now|please|from\s+now\s+on|only|as\s+well|too|everywhere|in\s+future|in\s+the\s+flow|by\s+default)$"
)
_SECRET = re.compile(
    r"\bsecrets?\s+(?:called\s+|named\s+)?[`'\"]?(?P<name>[A-Za-z][A-Za-z0-9_]{2,})[`'\"]?|\b(?P<first>[A-Z][A-Z0-9_]{2,})\s+secret\b"
)
_NONE = object()


@dataclass(frozen=True, slots=True)
class Names:
    """What expressions may refer to: ids of inputs, names of variables, ids of tasks with their outputs."""

    inputs: frozenset[str]
    variables: frozenset[str]
    tasks: Mapping[str, tuple[str, ...]]


def value_for(slot: Slot, text: Text, start: int, end: int, names: Names) -> Any:
    """The value between two offsets as the slot takes it; None when what stands there does not fit."""
    if slot.name.lower().replace("_", "") == "timezone" and (zone := find_zone("in " + text.masked[start:end].strip())):
        return zone[0]
    reference = _reference(text, start, end, names)
    kind = slot.facts.kind
    if reference is not None and kind not in ("array", "map", "object"):
        return reference
    words = text.masked[start:end]
    if slot.facts.enum:
        return _enum(slot.facts, text.plain[start:end])
    reader = _READERS.get(kind) or (_READERS["duration"] if _is_duration(slot) else None)
    if slot.value is not None and kind in ("any", "string") and isinstance(slot.value, bool):
        reader = _boolean
    elif slot.value is not None and kind in ("any", "string") and isinstance(slot.value, int | float):
        reader = _number
    if reader is not None:
        found = reader(words, text.plain[start:end])
        return found if found is not None or not slot.facts.dynamic else _template(text, start, end)
    if slot.name.lower() in ("to", "cc", "bcc", "recipients") and (mails := addresses(text, start, end)):
        return mails
    if kind == "array" or isinstance(slot.value, list):
        listed = members(text, start, end)
        alone = len(listed) == 1 and slot.value and not text.within(start, end)
        return None if alone else listed or None
    if kind in ("map", "object") or isinstance(slot.value, dict):
        return pairs(text.plain[start:end]) or None
    value = _string(text, start, end)
    return value if fits(slot, value) else None


def _is_duration(slot: Slot) -> bool:
    return slot.facts.format == "duration" or (
        isinstance(slot.value, str)
        and bool(re.fullmatch(r"P(?:\d+[YMWD])*(?:T(?:\d+(?:\.\d+)?[HMS])+)?", slot.value))
        and len(slot.value) > 2
    )


def duration_in(words: str) -> str | None:
    """ISO 8601 of the first duration: 'an hour and a half', '90 s', 'PT5M'."""
    if iso := _ISO.search(words):
        return iso.group().upper()
    match = _LONG.search(words)
    if match is None:
        return None
    first = features.duration(match["amount"], match["unit"])
    if not match["amount2"]:
        return first
    second = match["unit2"]
    if match["amount2"] == "half" or second == "half":
        unit = match["unit"]
        second_part = "30M" if unit.startswith("h") else "30S"
    else:
        amount = "1" if match["amount2"] in ("a", "an") else match["amount2"]
        second_part = features.duration(amount, second).removeprefix("PT")
    return first + second_part if first.startswith("PT") and not first.endswith("S") else first


def _duration(low: str, plain: str) -> Any:
    return duration_in(plain if _ISO.search(plain) else low)


def number_in(words: str) -> int | float | None:
    """The first number, in digits or words, scaled by 'k', 'million'."""
    match = _NUMBER.search(words)
    if match is None:
        word = next(
            (w for w in re.findall(r"[a-z]+", words) if w in features.NUMBER_WORDS and w not in ("a", "an")), None
        )
        return None if word is None else int(features.NUMBER_WORDS[word])
    raw = re.match(r"-?[\d_]+(?:[.,]\d+)?", match.group())
    assert raw is not None
    grouped = re.fullmatch(r"-?\d{1,3}(?:,\d{3})+", raw.group())
    value = float(raw.group().replace("_", "").replace(",", "" if grouped else "."))
    unit = re.search(r"[a-z]+$", match.group(), re.I)
    value *= _SCALE.get(unit.group().lower(), 1) if unit else 1
    return int(value) if value == int(value) else value


def _number(low: str, plain: str) -> Any:
    return number_in(low)


def _integer(low: str, plain: str) -> Any:
    found = number_in(low)
    return int(found) if found is not None and found == int(found) else None


def _boolean(low: str, plain: str) -> Any:
    if _FALSE.search(low):
        return False
    return True if _TRUE.search(low) else None


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "duration": _duration,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}


def _enum(facts: Property, words: str) -> str | None:
    """The member of an enum that the words name, written in any way."""
    low = re.sub(r"[^a-z0-9]+", "", words.lower())
    spoken = [re.sub(r"[^a-z0-9]+", "", w.lower()) for w in re.findall(r"[\w-]+", words)]
    for member in sorted(facts.enum, key=len, reverse=True):
        plain = re.sub(r"[^a-z0-9]+", "", str(member).lower())
        if plain in spoken or (len(plain) > 5 and plain in low):
            return str(member)
    for member in facts.enum:
        plain = str(member).lower()
        if any(len(w) > 3 and (plain.startswith(w) or w.startswith(plain)) for w in spoken if len(plain) > 3):
            return str(member)
    return None


def _reference(text: Text, start: int, end: int, names: Names) -> str | None:
    """An expression where the words name one: a secret, an input, a variable, the output of a task."""
    plain = text.plain[start:end]
    if whole := _template(text, start, end):
        return whole
    if "{{" in plain:
        return None
    if (secret := secret_in(plain)) and "," not in re.split(r"(?i)\bsecret", plain)[0]:
        return secret
    low = plain.lower()
    if match := re.search(r"\b(?:the\s+)?(?:new\s+)?input\s+[`'\"]?([\w-]+)|[`'\"]?([\w-]+)[`'\"]?\s+input\b", low):
        name = next((n for n in names.inputs if n.lower() in (match[1], match[2])), None)
        if name:
            return f"{{{{ inputs.{name} }}}}" if "-" not in name else f"{{{{ inputs['{name}'] }}}}"
    if match := re.search(r"\bvariable\s+[`'\"]?([\w-]+)|[`'\"]?([\w-]+)[`'\"]?\s+variable\b", low):
        name = next((n for n in names.variables if n.lower() in (match[1], match[2])), None)
        if name:
            return f"{{{{ vars.{name} }}}}"
    if re.search(r"\boutputs?\b|\bresults?\b", low):
        task = next(
            (
                t
                for t in sorted(names.tasks, key=len, reverse=True)
                if re.search(rf"(?<![\w-]){re.escape(t.lower())}(?![\w-])", low)
            ),
            None,
        )
        field = next(
            (f for f in names.tasks.get(task or "", ()) if re.search(rf"\b{re.escape(f.lower())}\b", low)), None
        )
        if task and (field or names.tasks[task]):
            ref = f"outputs.{task}" if re.fullmatch(r"\w+", task) else f"outputs['{task}']"
            return f"{{{{ {ref}.{field or names.tasks[task][0]} }}}}"
    return None


def secret_in(words: str) -> str | None:
    """The expression for a secret that is named: 'the secret PG_PASS'."""
    match = _SECRET.search(words)
    name = (match["name"] or match["first"]) if match else ""
    return f"{{{{ secret('{name}') }}}}" if name and re.search(r"[A-Z_]", name) else None


def _template(text: Text, start: int, end: int) -> str | None:
    words = text.plain[start:end].strip(" '\"`.,;")
    match = re.search(r"\{\{.*\}\}", words)
    if match is None:
        return None
    beside = re.findall(r"\w+", words[: match.start()] + words[match.end() :])
    return match.group() if len(beside) == 0 or (text.literal_at(start) is None and len(beside) > 8) else None


def members(text: Text, start: int, end: int) -> list[Any]:
    """The members of a list that is spelled out: 'a, b and c', quoted or not."""
    inside = [one for one in text.within(start, end) if one.kind in (QUOTED, CODE, URL)]
    listed = next((one for one in text.within(start, end) if one.kind not in (QUOTED, CODE, URL)), None)
    if inside and not listed:
        return [one.value for one in inside]
    words = listed.value if listed else text.plain[start:end]
    words = _TAIL.sub("", _ARTICLE.sub("", words.strip(" .:[]")))
    names = [n.strip(" `'\"") for n in re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+|\s*&\s*", words)]
    return [int(n) if re.fullmatch(r"-?\d+", n) else n for n in names if n]


def pairs(words: str) -> dict[str, Any]:
    """Entries of a map: 'a=1, b: x'."""
    found = re.findall(r"[`'\"]?([A-Za-z_][\w.-]*)[`'\"]?\s*(?:=|:\s)\s*[`'\"]?([^\s,;`'\"]+(?:\{\{.*?\}\})?)", words)
    return dict(found)


def _string(text: Text, start: int, end: int) -> str | None:
    words = re.split(r"\s{4,}", text.plain[start:end].strip())[0]
    if secret_in(words) and "," in words:
        words = words.split(",")[0]
    if "{{" in words:
        return _TAIL.sub("", _ARTICLE.sub("", words)).strip().strip("\"'`") or None
    literal = next((one for one in text.within(start, end) if one.kind in (QUOTED, CODE, URL)), None)
    literal = literal or next(iter(text.within(start, end)), None)
    if literal is not None:
        outside = text.masked[start : literal.start] + text.masked[literal.end : end]
        if literal.kind in (QUOTED, CODE) or len(re.findall(r"\w+", outside)) <= 3:
            return literal.value
    words = _first_value(_TAIL.sub("", _ARTICLE.sub("", words)).strip(" \t"))
    words = words.rstrip(".,;") if len(words) > 1 else words
    if words.lower() in _SIGNS:
        return _SIGNS[words.lower()]
    return words or None


def _first_value(words: str) -> str:
    """'data/orders.csv in bucket acme': what is plainly a value ends where the sentence goes on."""
    tokens = words.split()
    if not tokens or not looks_like_value(tokens[0]):
        return words
    kept = 1
    while kept < len(tokens) and (looks_like_value(tokens[kept]) or tokens[kept][0].isupper()):
        kept += 1
    return " ".join(tokens[:kept])


def looks_like_value(word: str) -> bool:
    """A word no sentence would hold: with digits, capitals inside, slashes, dots."""
    return bool(re.search(r"\d|[A-Z]{2,}|[a-z][A-Z]|[/_:@.-]\w|^\W+$", word.rstrip(".,")))


_SHAPES = (
    (r"(?:.*)(?i:sql)|query|statement", r"(?is)\s*(?:select|insert|update|delete|with|create|truncate|merge|drop|alter|copy|call|begin|--|\{[{%]).*"),
    (r"runIf|condition|when", r".*\{\{.*"),
    (r"cron", r"\s*(?:@\w+|\S+(?:\s+\S+){4,5}|\{\{.*)\s*"),
    (r"uri|url|.*(?:Url|Uri)", r".*(?:://|/|\{\{|:).*|[\w-]+(?:\.[\w-]+)+"),
    (r"script|commands?|beforeCommands", r".*[^a-z ].*"),
)  # fmt: skip


def fits(slot: Slot, value: Any) -> bool:
    """Whether a text can be what such a property holds; a text of several lines only gives way to a quoted one."""
    if not isinstance(value, str):
        return True
    if isinstance(slot.value, str) and "\n" in slot.value.strip() and "{{" not in value and len(value.split()) < 3:
        return False
    if re.search(r"\ban?\s+(?:input|variable|secret|parameter)$", value):
        return False
    shape = next((s for n, s in _SHAPES if re.fullmatch(n, slot.name)), None)
    return shape is None or bool(re.fullmatch(shape, value, re.S))


def addresses(text: Text, start: int, end: int) -> str:
    """'cfo and controlling@acme.example': addresses in a row; a bare name belongs to the same domain."""
    found = text.within(start, end, EMAIL)
    if not found:
        return ""
    domain = found[-1].value.split("@")[1]
    before = re.findall(r"[\w.+-]+(?=\s*(?:,|\band\b))", text.masked[start : found[0].start])
    if (
        not before
        and not re.search(r"\b(?:to|mail|send|recipient|address|go|goes|receive)", text.masked[start : found[0].start])
        and start == 0
    ):
        return ""
    names = [f"{name}@{domain}" for name in before if name not in ("to", "the", "both", "mail", "send", "it")]
    return ", ".join([*names, *(one.value for one in found)])


def unquoted(words: str) -> str:
    """Words without the articles and endings that belong to the sentence."""
    return _TAIL.sub("", _ARTICLE.sub("", words.strip())).strip(" .,;`'\"")
