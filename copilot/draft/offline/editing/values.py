"""Rules that change values where they stand: texts, numbers, SQL, models, properties that are named in words."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline import features
from copilot.draft.offline.editing import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, task_meant
from copilot.draft.offline.services import SERVICES, Service
from copilot.draft.offline.text import NAME
from copilot.draft.offline.types import words_of

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


def replace_text(c: Change) -> bool:
    """'X should be Y', 'replace X by Y', 'change X to Y' where X stands in the flow word for word."""
    token = rf"(?:{NAME}|[\w./:@-]+)"
    for pattern in (
        rf"\((?P<old>[^)\s]+)\)\s*,?\s*(?:it\s+)?should\s+be\s+(?P<new>{token})",
        rf"\b(?:replace|change|swap)\s+(?:all\s+)?(?:the\s+)?(?:\w+\s+)?(?P<old>{token})\s+(?:by|with|to|into|for)\s+(?P<new>{token})",
        rf"(?P<old>{token})\s+(?:should|must|has\s+to)\s+(?:be|become|read)\s+(?P<new>{token})",
        rf"\b(?:use\s+|with\s+)?(?P<new>{token})\s+(?:instead\s+of|rather\s+than|not)\s+(?P<old>{token})",
    ):
        for match in re.finditer(pattern, c.low):
            old, new = _text(c, match, "old"), _text(c, match, "new")
            if (
                len(old) < 3
                or old == new
                or old.lower() in ("the", "default", "region", "value", "type", "docker", "slack", "teams", "daily")
                or (re.fullmatch(r"\d+|[a-z]{1,8}", old) and old not in _scalars(c))
            ):
                continue
            if c.doc.text.count(old) and not _is_service(old):
                c.doc.write(c.doc.text.replace(old, new))
                return True
    return False


def _text(c: Change, match: re.Match[str], group: str) -> str:
    literal = c.text.literal_at(match.start(group))
    return (literal.value if literal else c.words[match.start(group) : match.end(group)]).strip(".,;")


def _scalars(c: Change) -> set[str]:
    """Values of the flow that are a whole scalar."""
    out: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for child in value.values():
                walk(child)
        elif isinstance(value, list):
            for child in value:
                walk(child)
        elif isinstance(value, str):
            out.add(value)

    walk(dict(c.doc.flow))
    return out


def _is_service(word: str) -> bool:
    return any(re.fullmatch(s.pattern, word.lower()) for s in SERVICES)


def _service(words: str, c: Change) -> Service | None:
    return next((s for s in SERVICES if re.search(s.pattern, words)), None)


def instead_of(c: Change) -> bool:
    """'Teams rather than Slack', 'two months back instead of three'."""
    match = re.search(
        r"(?P<new>[^.;,]+?)\s+(?:instead\s+of|rather\s+than|in\s+place\s+of|not)\s+(?P<old>[^.;,]+)", c.low
    )
    swap = re.search(
        r"\b(?:replace|switch|change)\s+(?:from\s+)?(?P<old>[\w ]+?)\s+(?:to|by|with|for)\s+(?P<new>[\w ]+)", c.low
    )
    match = match or swap
    if not match:
        return False
    old, new = match["old"], match["new"]
    before, after = _service(old, c), _service(new, c)
    if before is not None and after is not None and before.key != after.key:
        return _swap_service(c, before, after)
    return _swap_number(c, old, new)


def _swap_service(c: Change, before: Service, after: Service) -> bool:
    from copilot.draft.offline.editing.additions import message_task

    tasks = [
        t
        for t in c.doc.tasks()
        if any(
            t.type.endswith(name.split(".", 1)[-1]) or name in t.type
            for names in before.roles.values()
            for name in names
        )
        or before.key in t.short_type
    ]
    if not tasks or after.kind != "notify":
        return False
    item = tasks[0]
    text = str(
        item.values.get("messageText")
        or item.values.get("payload")
        or item.values.get("htmlTextContent")
        or "{{ flow.id }}: execution {{ execution.id }}"
    )
    name = re.sub(before.key, after.key, item.id, flags=re.I)
    new = _execution_report(c, item, after, name) or message_task(c, after, text, identifier=name)
    if new is None:
        return False
    start, end, indent = c.doc.item_lines(item.path)
    from copilot.draft.offline.emit import task_yaml

    c.doc.replace_lines(start, end, task_yaml([new], indent))
    return True


def _execution_report(c: Change, item: Item, after: Service, name: str) -> dict[str, Any] | None:
    """A task that reports another execution keeps doing so with the new service."""
    from copilot.draft.offline.editing.additions import message_task

    kept = {k: item.values[k] for k in ("executionId", "customMessage", "customFields") if k in item.values}
    type_name = c.types.pick(after.roles.get("execution", ())) if "executionId" in kept else None
    definition = c.types.get(type_name) if type_name else None
    if definition is None or "executionId" not in definition.properties:
        return None
    sample = message_task(c, after, "", identifier=name) or {}
    address = {k: v for k, v in sample.items() if k in definition.properties and k in definition.required}
    return {"id": name, "type": type_name, **address, **kept}


def _swap_number(c: Change, old: str, new: str) -> bool:
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
    if len(spots) != 1:
        return False
    c.doc.write(c.doc.text[: spots[0].start()] + numbers[1] + c.doc.text[spots[0].end() :])
    return True


def change_sql(c: Change) -> bool:
    """ORDER BY, LIMIT and simple filters in a query that is there."""
    limit = re.search(
        r"\b(?:top|first|limit(?:\s+to)?|only\s+(?:show\s+|keep\s+|take\s+)?(?:the\s+)?(?:top\s+|first\s+|best\s+)?)\s*(\d+)\b",
        c.low,
    )
    order = re.search(
        r"\b(?:sort|order)(?:ed)?\s+(?:the\s+\w+\s+|it\s+|them\s+|rows\s+|result\s+)?by\s+(?P<column>[\w.]+)(?P<rest>[^.;]*)",
        c.low,
    )
    if not limit and not order:
        return False
    pool = [t for t in c.doc.tasks() if isinstance(t.values.get("sql"), str)]
    if not pool:
        return False
    item = (mentioned(pool, c.low) or pool)[0]
    if len(pool) > 1 and re.search(r"select", str(item.values["sql"]), re.I) is None:
        item = next((p for p in pool if re.search(r"\bselect\b", str(p.values["sql"]), re.I)), item)
    sql = str(item.values["sql"])
    stripped = sql.rstrip()
    semicolon = stripped.endswith(";")
    body = stripped.removesuffix(";").rstrip()
    if order:
        column = order["column"] + (
            " DESC" if re.search(r"\bdesc|high\s+to\s+low|largest|newest", order["rest"]) else ""
        )
        body = (
            re.sub(r"(?is)\border\s+by\b[^;]*?(?=\blimit\b|$)", f"ORDER BY {column} ", body).rstrip()
            if re.search(r"(?i)\border\s+by\b", body)
            else _before_limit(body, f"ORDER BY {column}")
        )
    if limit:
        body = (
            re.sub(r"(?i)\blimit\s+\d+", f"LIMIT {limit[1]}", body)
            if re.search(r"(?i)\blimit\s+\d+", body)
            else body + _joint(body) + f"LIMIT {limit[1]}"
        )
    _set_text(c, item, "sql", sql, body + (";" if semicolon else ""))
    return True


def _joint(body: str) -> str:
    return "\n" if "\n" in body else " "


def _before_limit(body: str, clause: str) -> str:
    match = re.search(r"(?i)\s+limit\s+\d+", body)
    joint = _joint(body)
    return body[: match.start()] + joint + clause + body[match.start() :] if match else body + joint + clause


def _set_text(c: Change, item: Item, key: str, old: str, new: str) -> None:
    """Only the part of a text that differs is written, so that its style and indentation stay."""
    node = c.doc.source.node((*item.path, key))
    assert node is not None
    start, end = c.doc.source.range_of(node)
    raw = c.doc.text[start:end]
    if "\n" not in new and "\n" not in raw:
        c.doc.set(item.path, key, new)
        return
    lines = raw.splitlines()
    indent = next((len(x) - len(x.lstrip()) for x in lines[1:] if x.strip()), 6)
    header = lines[0] if raw[:1] in "|>" else "|"
    body = "\n".join((" " * indent + line) if line else "" for line in new.splitlines())
    c.doc.write(c.doc.text[:start] + header + "\n" + body + c.doc.text[end:])


def same_kind(c: Change) -> bool:
    """'use gemini-2.5-pro': a word that looks like one value in the flow takes its place."""
    for match in re.finditer(r"\b(?:use|take|with|to|pin\s+\w+\s+to)\s+`?([A-Za-z][\w.-]*[-:][\w.:-]*\w)`?", c.words):
        new = match[1]
        family = re.split(r"[-:]", new)[0].lower()
        near = [
            s
            for s in _scalars(c)
            if re.split(r"[-:]", s)[0].lower() == family
            and s != new
            and " " not in s
            and "/" not in s
            and not s.startswith("io.")
        ]
        keyed = [
            s
            for s in near
            if re.search(
                rf"(?m)^\s*(?:-\s+)?(?:modelName|model|containerImage|image|version|branch|modelId)\s*:\s*['\"]?{re.escape(s)}['\"]?\s*(?:#.*)?$",
                c.doc.text,
            )
        ]
        if len(set(keyed)) >= 1:
            for old in set(keyed):
                c.doc.write(
                    re.sub(
                        rf"(?m)^(\s*(?:-\s+)?(?:modelName|model|containerImage|image|version|branch|modelId)\s*:\s*['\"]?){re.escape(old)}(?=['\"]?\s*(?:#.*)?$)",
                        rf"\g<1>{new}",
                        c.doc.text,
                    )
                )
            return True
    return False


_DURATIONS = ("duration", "interval", "timeout", "delay", "ttl", "pollDuration", "maxDuration")


def property_said(c: Change) -> bool:
    """A property named in words, with its value: 'storage class STANDARD', 'log level WARN', 'sleep 5 seconds'."""
    return _negated_flag(c) or _duration(c) or _named_property(c) or _placeholder_value(c) or _regexp(c) or _start_at(c)


def _negated_flag(c: Change) -> bool:
    match = re.search(r"\b(?:don'?t|do\s+not|never|no\s+longer|stop)\s+(\w+?)(?:ing)?\b", c.low)
    positive = re.search(r"\b(?:do|please|should|must|let\s+it)\s+(wait|fail|transmit|inherit)\b", c.low)
    found = match or positive
    if not found:
        return False
    verb = found[1]
    for item in mentioned(c.doc.tasks(), c.low) or c.doc.tasks():
        definition = c.types.get(item.type)
        facts = definition.properties.get(verb) if definition else None
        if facts is not None and facts.kind == "boolean":
            c.doc.set(item.path, verb, match is None)
            return True
    return False


def _duration(c: Change) -> bool:
    match = re.search(features.DURATION, c.low)
    if not match:
        return False
    value = features.duration(match["amount"], match["unit"])
    pool = [i for i in (*c.doc.tasks(), *c.doc.items("triggers")) if any(k in i.values for k in _DURATIONS)]
    found = mentioned(pool, c.low) or (pool if len(pool) == 1 else [])
    if not found:
        return False
    key = next(
        (k for k in _DURATIONS if k in found[0].values and k.lower() in c.low),
        next(k for k in _DURATIONS if k in found[0].values),
    )
    c.doc.set(found[0].path, key, value)
    return True


def _named_property(c: Change) -> bool:
    best: tuple[float, Item, str, Any] | None = None
    pool = [*c.doc.tasks(), *c.doc.items("triggers")]
    order = mentioned(pool, c.low)
    for item in order + [i for i in pool if i not in order]:
        definition = c.types.get(item.type)
        for name, facts in (definition.properties if definition else {}).items():
            said = " ".join(words_of(name)) if name[:1].islower() else name.lower()
            match = re.search(rf"\b(?:{re.escape(said)}|{re.escape(name.lower())})\b", c.low)
            if not match and " " in said:
                continue
            if not match:
                continue
            value = _value_after(c, match, facts)
            if value is None:
                continue
            score = len(said) + (5 if item in order[:1] else 0) + (2 if name in item.values else 0)
            if best is None or score > best[0]:
                best = (score, item, name, value)
    if best is None:
        return False
    c.doc.set(best[1].path, best[2], best[3])
    return True


def _value_after(c: Change, match: re.Match[str], facts: Any) -> Any:
    """The value said for a property: the next token that fits its kind, or the one before it."""
    tail = c.words[match.end() : match.end() + 60]
    if facts.enum:
        known = {str(e).lower(): e for e in facts.enum}
        return next(
            (known[w.lower()] for w in re.findall(r"[A-Za-z_]+", c.words) if w.lower() in known and w.isupper()),
            next((known[w.lower()] for w in re.findall(r"[A-Za-z_]+", tail) if w.lower() in known), None),
        )
    literal = next(iter(c.text.within(match.end(), match.end() + 40)), None)
    if facts.kind in ("string", "any") and literal is not None:
        return literal.value
    if facts.kind in ("integer", "number"):
        number = re.search(r"-?\d+", tail)
        return int(number.group()) if number else None
    if facts.kind == "boolean":
        word = re.search(r"\b(true|false|on|off)\b", tail)
        return word[1] in ("true", "on") if word else None
    if facts.kind == "string":
        sign = re.match(r"\s*(?:should\s+be|is|to|=|:)?\s*([;|,\t])\s*$", tail)
        if sign:
            return sign[1]
        token = re.match(r"\s*(?:should\s+be|is|to|=|:|as|of)?\s*([\w./:-]*[\d_A-Z/.:-][\w./:-]*|[A-Z]{2,}\w*)", tail)
        return token[1] if token else None
    return None


def _placeholder_value(c: Change) -> bool:
    """'my bucket is taxi-lake-77': the value of the task or variable the noun names."""
    match = re.search(
        rf"\b(?:my|our|the)\s+([a-z][\w ]{{1,24}}?)\s+(?:is|=|should\s+be|becomes)\s+(?P<value>{NAME}|[\w./:-]+)", c.low
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


def _regexp(c: Change) -> bool:
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


def _start_at(c: Change) -> bool:
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


def extra_conditions(c: Change) -> bool:
    """'and only at .csv files' beside another change."""
    return _regexp(c)


__all__ = ["change_sql", "instead_of", "property_said", "replace_text", "same_kind", "task_meant"]
