"""Numbers, patterns and values that no property name leads to: they are found by what stands around them."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.targets import mentioned, plural
from copilot.draft.offline.text import NAME

_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}


def swap_number(c: Change) -> bool:
    """'two months back instead of three': a number that stands once in the flow."""
    match = re.search(
        r"(?P<new>[^.;,]+?)\s+(?:instead\s+of|rather\s+than|in\s+place\s+of|not)\s+(?P<old>[^.;,]+)", c.low
    ) or re.search(r"\bfrom\s+(?P<old>\S+)\s+to\s+(?P<new>\S+)", c.low)
    if not match:
        return _threshold(c)
    old, new = match["old"], match["new"]
    numbers = [
        next((str(_NUMBER_WORDS.get(w, w)) for w in re.findall(r"\d+|" + "|".join(_NUMBER_WORDS), side)), "")
        for side in (old, new)
    ]
    if not all(numbers) or numbers[0] == numbers[1]:
        return False
    pattern = re.compile(rf"(?<![\w.]){numbers[0]}(?![\w.])")
    spots = list(pattern.finditer(c.doc.text))
    unit = re.search(r"\b(month|day|week|hour|minute|year)s?\b", c.low)
    if unit:
        near = [
            m for m in spots if re.match(rf"\s*,\s*['\"]{unit[1]}s?['\"]", c.doc.text[m.end() : m.end() + 16], re.I)
        ]
        spots = near or spots
    word = re.search(r"([a-z]+)\s+\S+\s+(?:instead|rather)", c.low)
    if len(spots) > 1 and word:
        spots = [
            m
            for m in spots
            if re.search(rf"\b{word[1]}\W{{1,3}}$", c.doc.text[max(0, m.start() - 40) : m.start()], re.I)
        ] or spots
    if len(spots) != 1:
        return False
    c.doc.write(c.doc.text[: spots[0].start()] + numbers[1] + c.doc.text[spots[0].end() :])
    return True


def days_back(c: Change) -> bool:
    """'4 months ago', 'two days back': the one shift of a date in that unit."""
    said = re.search(
        r"\b(?P<n>\d+|"
        + "|".join(_NUMBER_WORDS)
        + r")\s+(?P<unit>second|minute|hour|day|week|month|year)s?\s+(?:ago|back|earlier|before)\b",
        c.low,
    )
    if said is None:
        return False
    number = _NUMBER_WORDS.get(said["n"], said["n"])
    spots = list(re.finditer(rf"dateAdd\(\s*-(?P<n>\d+)\s*,\s*['\"]{said['unit']}s?['\"]", c.doc.text, re.I))
    if len({m["n"] for m in spots}) != 1:
        return False
    for spot in reversed(spots):
        c.doc.write(c.doc.text[: spot.start("n")] + str(number) + c.doc.text[spot.end("n") :])
    return True


def kept_days(c: Change) -> bool:
    """'keep backups 30 days': the one number of days that a command goes by."""
    said = re.search(
        r"\b(?:keep|retain|retention|older\s+than|delete\s+after|for)\b[^,;]*?\b(?P<n>\d+)\s+days?\b", c.low
    )
    spots = list(
        re.finditer(r"(?:-mtime\s+\+?|older\s+than\s+|retention\w*\W{1,3}|keep\w*\W{1,3})(\d+)\b", c.doc.text, re.I)
    )
    if not said or len(spots) != 1:
        return False
    c.doc.write(c.doc.text[: spots[0].start(1)] + said["n"] + c.doc.text[spots[0].end(1) :])
    return True


def _threshold(c: Change) -> bool:
    """'the limit is 500 now': the one number that something is compared with."""
    said = re.search(r"\b(?:threshold|limit|cut-?off|boundary|minimum|maximum)\b\D*(\d+(?:\.\d+)?)\s*$", c.low)
    spots = list(re.finditer(r"(?:[<>]=?|[!=]=)\s*(\d+(?:\.\d+)?)\b", c.doc.text))
    if not said or len(spots) != 1:
        return False
    c.doc.write(c.doc.text[: spots[0].start(1)] + said[1] + c.doc.text[spots[0].end(1) :])
    return True


def value_of_noun(c: Change) -> bool:
    """'my bucket is taxi-lake-77': the value of the task or variable the noun names."""
    match = re.search(
        rf"\b(?:(?:my|our|the)\s+|^\W*)([a-z][\w ]{{1,24}}?)\s+(?:is|=|should\s+be|becomes)\s+(?P<value>{NAME}|[\w./:-]+)",
        c.low,
    )
    if not match:
        return False
    noun = match[1].split()[-1]
    literal = c.text.literal_at(match.start("value"))
    value = literal.value if literal else c.words[match.start("value") : match.end("value")].rstrip(".,")
    for item in c.doc.tasks():
        if noun in item.id.lower() and "value" in item.values:
            c.doc.set(item.path, "value", value)
            return True
    for item in c.doc.tasks() + c.doc.items("triggers"):
        key = next((k for k in item.values if noun in k.lower() and isinstance(item.values[k], str)), None)
        if key:
            c.doc.set(item.path, key, value)
            return True
    variables = c.doc.flow.get("variables")
    key = next((k for k in variables if noun in k.lower()), None) if isinstance(variables, dict) else None
    if key:
        c.doc.set(("variables",), key, value)
        return True
    item_ = next((i for i in c.doc.items("inputs") if noun in i.id.lower()), None)
    if item_:
        c.doc.set(item_.path, "defaults", value)
    return item_ is not None


def only_files(c: Change) -> bool:
    """'only .csv files' for something that lists or watches files."""
    match = re.search(
        r"\bonly\s+(?:at\s+|for\s+|take\s+)?(?:the\s+)?\.?(csv|json|parquet|xml|xlsx|txt|pdf|zip|gz)s?\b", c.low
    )
    if not match:
        return False
    for item in c.doc.items("triggers") + c.doc.tasks():
        definition = c.types.get(item.type)
        key = next(
            (
                k
                for k in ("regexp", "regExp", "filter")
                if definition and k in definition.properties and not definition.properties[k].enum
            ),
            None,
        )
        if key:
            c.doc.set(item.path, key, rf".*\.{match[1]}$")
            return True
    return False


def start_at(c: Change) -> bool:
    """'start counting at 100': the number a missing value falls back to."""
    match = re.search(r"\bstart\w*\s+(?:counting\s+)?(?:at|from|with)\s+(-?\d+)\b", c.low)
    if not match:
        return False
    spot = re.search(r"\?\?\s*(-?\d+)(?P<close>\s*\))(?P<add>\s*\+\s*1\b)?", c.doc.text)
    if not spot:
        return False
    value = f"({match[1]} - 1)" if spot["add"] else match[1]
    c.doc.write(c.doc.text[: spot.start(1)] + value + c.doc.text[spot.end(1) :])
    return True


def pass_inputs(c: Change) -> bool:
    """Values for the inputs of a subflow."""
    pairs = re.findall(r"\b([A-Za-z_]\w*)\s*=\s*[`'\"]?([\w./:-]+)", c.words)
    calls = [t for t in c.doc.tasks() if t.short_type.endswith("flow.subflow")]
    if not pairs or not calls or not re.search(r"\binputs?\b|\bpass\b|\bwith\b", c.low):
        return False
    meant = calls if plural(c.low) else (mentioned(calls, c.low) or calls)[:1]
    known = {i.id for i in c.doc.items("inputs")}
    for item in meant:
        for name, value in pairs:
            c.doc.set_path((*item.path, "inputs", name), f"{{{{ inputs.{value} }}}}" if value in known else value)
    return True
