"""Inputs that the words name: "input `name` (default Ada)", "two integer inputs a and b", "url and table as inputs"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from copilot.draft.offline.input_rules import with_rules
from copilot.draft.offline.input_words import (
    AFTER,
    ANY_OF,
    ASK,
    BEFORE,
    CHOICES,
    CHOOSE,
    DEFAULT,
    FORM,
    FROM_URL,
    GIVEN,
    IN_PAREN,
    KIND,
    KIND_BESIDE,
    KIND_OF_NAMED,
    LISTED,
    OF_ANOTHER_FLOW,
    PASTES,
    STOP,
    USER_PICKS,
    WITH_FIELDS,
    kind_of,
    kind_of_name,
)
from copilot.draft.offline.ir import InputSpec
from copilot.draft.offline.text import CODE, LIST, NAME, QUOTED, Text


def _in_parentheses(text: Text, found: dict[str, InputSpec]) -> None:
    """'a business_date (DATE input)', 'top N (max_stories input, default 10)'."""
    for match in IN_PAREN.finditer(text.masked):
        group = "before" if match["before"] else "inside"
        rest = _original(text, *match.span("rest" if match["before"] else "rest2"))
        name = _name_at(text, match, group)
        if name not in STOP and not (
            group == "before" and re.match(rf"\s*(?:called\s+|named\s+)?{NAME}", match["rest"] or "")
        ):
            _add(found, _described(name, kind_of(match["kind"] or match["kind2"] or ""), rest.strip(" ,"), text))


def _spelled_out(text: Text, found: dict[str, InputSpec]) -> None:
    """Inputs whose kind, members or values are spelled out beside them."""
    for match in CHOICES.finditer(text.masked):
        values = tuple(
            v
            for v in re.split(
                r"\s*[,/|]\s*(?:and\s+|or\s+)?|\s+(?:and|or|und|oder)\s+", _original(text, *match.span("values"))
            )
            if v
        )
        if len(values) > 1:
            _add(
                found,
                InputSpec(
                    _name_at(text, match, "id"),
                    "MULTISELECT" if match["many"] else "SELECT",
                    _default_near(text, match.end(), values),
                    values,
                ),
            )
    _in_parentheses(text, found)
    for match in ANY_OF.finditer(text.masked):
        values = tuple(
            v
            for v in re.split(
                r"\s*[,/|]\s*(?:and\s+|or\s+)?|\s+(?:and|or|und|oder)\s+", _original(text, *match.span("values"))
            )
            if v
        )
        name = _name_at(text, match, "id")
        if len(values) > 1 and name not in STOP:
            _add(found, InputSpec(name, "SELECT", _default_near(text, match.end(), values), values))
    for match in FROM_URL.finditer(text.masked):
        if literal := text.literal_at(match.start("url")):
            name = _name_at(text, match, "id")
            found[name] = InputSpec(
                name, "SELECT", None, ("*",), True, {"expression": f"{{{{ http(uri='{literal.value}') }}}}"}
            )
    for match in KIND_BESIDE.finditer(text.masked):
        _add(found, InputSpec(_name_at(text, match, "id"), kind_of(match.group())))
    for match in KIND_OF_NAMED.finditer(text.masked):
        _add(found, InputSpec(_name_at(text, match, "id"), kind_of(match["kind"])))
    for match in LISTED.finditer(text.masked):
        for piece in re.finditer(r"([a-z]\w*)\s*\(([^)]*)\)|([a-z]\w*)(?=\s*(?:,|$))", match["list"]):
            name = piece[1] or piece[3]
            if name not in STOP:
                _add(found, _described(_identifier(name), "", piece[2] or "", text))


def _name_at(text: Text, match: re.Match[str], group: str) -> str:
    literal = text.literal_at(match.start(group))
    return _identifier(literal.value if literal else text.plain[match.start(group) : match.end(group)])


def find_inputs(text: Text) -> list[InputSpec]:
    """The inputs in order of first mention, merged by id."""
    found: dict[str, InputSpec] = {}
    _spelled_out(text, found)
    for match in CHOOSE.finditer(text.masked):
        values = tuple(
            v
            for v in re.split(
                r"\s*[,/|]\s*|\s+or\s+|\s+and\s+", _original(text, match.start("values"), match.end("values"))
            )
            if v
        )
        default = _default_near(text, match.end(), values) or _default_near(text, match.start(), values)
        _add(
            found, InputSpec(_identifier(match["id"]), "MULTISELECT" if match["several"] else "SELECT", default, values)
        )
    for match in AFTER.finditer(text.masked):
        end = match.end("prefix") if match["prefix"] else match.start()
        if OF_ANOTHER_FLOW.search(text.masked, max(0, match.start() - 70), end):
            continue
        _from_list(found, text, match, (match["prefix"] or "") + " " + (match["oftype"] or ""))
    for match in BEFORE.finditer(text.masked):
        _from_list(found, text, match, match["kind"] or "")
    for match in ASK.finditer(text.masked):
        _asked(found, text, match)
    for match in WITH_FIELDS.finditer(text.masked):
        for name in (match["a"], match["b"]):
            if name:
                _add(found, InputSpec(name))
    for match in USER_PICKS.finditer(text.masked):
        several = match["id"].endswith("s") and "enter" not in match["how"]
        said = re.match(r"\s*\(default\s+([\w\s,]+)\)", text.plain[match.end() :])
        listed = [v for v in re.split(r"\s*,\s*|\s+and\s+", said[1]) if v] if said else None
        if match["id"] not in STOP:
            _add(found, InputSpec(match["id"], "ARRAY" if several else "STRING", listed))
    if form := FORM.search(text.masked):
        chosen = _identifier(form["id"])
        _add(found, InputSpec(chosen, "SELECT", None, ("small", "large", "other")))
        depends = {"dependsOn": {"inputs": [chosen], "condition": f"{{{{ inputs.{chosen} == 'other' }}}}"}}
        found["details"] = InputSpec("details", "STRING", None, (), True, depends)
    for match in re.finditer(
        rf"\bupload\w*\s+(?:an?\s+|the\s+)?[\w\s]{{0,16}}?\(input\s+({NAME}|[a-z]\w*)\)", text.masked
    ):
        if literal := text.literal_at(match.start(1)):
            found[_identifier(literal.value)] = InputSpec(_identifier(literal.value), "FILE")
    for pattern in (PASTES, GIVEN):
        for match in pattern.finditer(text.masked):
            word = next(v for v in match.groupdict().values() if v)
            if word not in STOP and word not in ("run", "default", "choice"):
                _add(found, InputSpec(word, "JSON" if word == "schema" else "STRING"))
    _asked_list(text, found)
    _dates_asked(text, found)
    return with_rules(text, _named_as_output(text, list(found.values())))


_PAIR = re.compile(
    r"\b(?:the\s+|an?\s+)?(?P<a>start|from|begin(?:ning)?|first)(?:[\s_-]+(?P<kind>date|day|time|timestamp|datetime))?\s+(?:date\s+)?(?:and|to|until|-|/|,)\s+(?:the\s+|an?\s+)?(?P<b>end|to|until|last)[\s_-]+(?P<kind2>date|day|time|timestamp|datetime)s?\b"
    r"|\bstart\s*(?:and|/|-)\s*end\s+dates?\b"
)
_ASKS = re.compile(
    r"\b(?:ask\w*|inputs?|prompt\w*|enters?|given|takes?|accepts?|provides?|pick\w*|choos\w*|select\w*|pass\w*|parameters?|with|between|user)\b"
)


def _dates_asked(text: Text, found: dict[str, InputSpec]) -> None:
    """'ask for a start date and an end date': both, as dates."""
    match = _PAIR.search(text.masked)
    if match is None or not _ASKS.search(text.masked):
        return
    kind = "DATETIME" if (match["kind2"] or "").startswith(("time", "datetime")) else "DATE"
    for name in ("start_date", "end_date"):
        short = name.split("_")[0]
        had = found.pop(short, None)
        if name not in found or found[name].type == "STRING":
            found[name] = InputSpec(name, kind, had.default if had else None)


def date_pair(inputs: Mapping[str, InputSpec]) -> tuple[str, str] | None:
    """The names of a first and a last date among the inputs."""
    dates = [n for n, s in inputs.items() if s.type in ("DATE", "DATETIME")]
    first = next((n for n in dates if re.search(r"start|from|begin|first|since", n)), None)
    last = next((n for n in dates if re.search(r"end|to\b|until|last|till", n)), None)
    return (first, last) if first and last and first != last else None


def _named_as_output(text: Text, specs: list[InputSpec]) -> list[InputSpec]:
    """'choose the environment ... give the choice back as output `env`': the short name is the input's too."""
    names = [
        one.value
        for m in re.finditer(rf"\boutputs?\s+(?:called\s+|named\s+)?({NAME})", text.masked)
        if (one := text.literal_at(m.start(1)))
    ]
    short = {s.id: n for s in specs for n in names if s.id != n and s.id.startswith(n)}
    return [replace(s, id=short.get(s.id, s.id)) for s in specs]


_FORMATS = frozenset(["csv", "json", "excel", "xml", "parquet", "rows", "data", "records", "all", "every", "only"])
_THING = r"(?:an?|the)\s+(?:[a-z]+\s+){0,2}[a-z]+"
_ASKED_LIST = re.compile(
    r"\bask(?:s|ing)?\s+(?:me\s+|the\s+users?\s+|users?\s+)?for\s+"
    rf"(?P<list>{_THING}(?:\s*,\s*{_THING})*\s*,?\s+and\s+{_THING})(?=\s*(?:[,.;:]|$|\sthen\b|\sand\b|\sbefore\b))"
)


def _asked_list(text: Text, found: dict[str, InputSpec]) -> None:
    """'ask for a customer id and a date': each with its whole name."""
    match = _ASKED_LIST.search(text.masked)
    if match is None or _PAIR.search(text.masked):
        return
    for piece in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match["list"]):
        name = _identifier(re.sub(r"^(?:an?|the)\s+", "", piece))
        found.pop(name.split("_")[0], None)
        kind = kind_of_name(name)
        found[name] = InputSpec(name, "FILE" if name.endswith("file") else kind)


def _asked(found: dict[str, InputSpec], text: Text, match: re.Match[str]) -> None:
    word = match["id"]
    after = text.masked[match.end() : match.end() + 60]
    if (literal := text.literal_at(match.start("id"))) is not None:
        identifier = _identifier(literal.value)
        if literal.kind == LIST:
            return
    elif word in STOP or word in _FORMATS or re.match(r"\s*(?:approval|list\b|json|ages|place|care)", " " + word):
        return
    else:
        identifier = _identifier(word + ("_name" if match["noun"] else ""))
    if re.search(r"\b(?:upload|file)\b", text.masked[max(0, match.start() - 10) : match.end() + 6]):
        kind_hint = "FILE"
    else:
        kind_hint = ""
    follow = re.match(rf"\s*(?:in\s+an?\s+)?\(?input\s+(?:called\s+)?({NAME})", after)
    if follow:
        literal = text.literal_at(match.end() + follow.start(1))
        kind = kind_hint or kind_of(word) or "STRING"
        return _add(found, InputSpec(_identifier(literal.value if literal else identifier), kind))
    if identifier in ("approval", "confirmation", "permission") or re.match(r"\s*(?:words?|list|of)\b", after):
        return
    if match.group().startswith(("take", "accept")) and not re.search(r"input|param", after):
        return
    options = re.match(r"\s*\(([\w\s-]+(?:/[\w\s-]+)+)\)", after)
    values = tuple(v.strip() for v in options[1].split("/")) if options else ()
    default = _default_near(text, match.end(), values)
    _add(
        found,
        InputSpec(
            identifier,
            "SELECT" if values else (kind_of(identifier) if identifier in ("date", "file") else None) or "STRING",
            default,
            values,
        ),
    )
    more = re.match(r"\s*(?:\([^)]*\))?\s*(?:,|and)\s+(?:the\s+)?([a-z]\w*)(?=\s+when|\s+before|[,.]|$)", after)
    if more and match.group().startswith("user") and more[1] not in STOP:
        _add(found, InputSpec(_identifier(more[1])))


def _from_list(found: dict[str, InputSpec], text: Text, match: re.Match[str], prefix: str) -> None:
    group = "list" if match["list"] else "list2"
    start, end = match.span(group)
    paren = re.match(r"\s*\(([a-z_]\w*(?:\s*,\s*[a-z_]\w*)+)\)", text.masked[match.end() :])
    if paren:
        for name in re.split(r"\s*,\s*", paren[1]):
            _add(found, InputSpec(_identifier(name), kind_of_name(name)))
        return
    kind = kind_of(prefix)
    literal_first = text.masked[start] in NAME
    for piece in re.finditer(
        r"((?:[^,;+/&()]|(?<=\w)/(?=\w{0}))+?)(\s*\([^)]*\))?\s*(?=[,;+/&]|\band\b|\bor\b|\bund\b|$)",
        text.masked[start:end],
    ):
        spot = start + piece.start(1)
        words = re.sub(r"^\s*(?:and|or|und|the|an?|my|our|its?)\s+|^\s*(?:and|or|und)\s*$", "", piece[1]).strip()
        spot += len(piece[1]) - len(piece[1].lstrip())
        literal = next(iter(text.within(spot, start + piece.end(1), QUOTED + CODE)), None)
        if literal is None:
            if not words or (literal_first and not piece[2]):
                continue
            name, own = _bare_name(words), kind_of(words) if " " in words else ""
            if name in (
                "drop",
                "keep",
                "filter",
                "remove",
                "convert",
                "load",
                "upload",
                "read",
                "write",
                "send",
                "store",
            ):
                break
        else:
            name, own = literal.value, kind_of(re.sub(r"[^a-z/ ]", "", words))
        if (
            not name
            or (literal is None and len(name) > 1 and name in STOP)
            or (re.match(r"\s+[\ue001\ue002]", text.masked[start + piece.end(1) :]) and literal is None)
        ):
            continue
        note = (piece[2] or "").strip(" ()") and text.plain[start + piece.start(2) : start + piece.end(2)].strip(" ()")
        note = note or _paren_after(text, start + piece.end(1))
        if re.fullmatch(r"\w+(?:\s*,\s*\w+){1,}", note) and not kind_of(note.lower()) and "default" not in note:
            note = re.sub(r"\s*,\s*", "/", note)
        typed = re.match(
            rf"\s*,?\s*(?:as\s+an?|is\s+an?|\(an?)\s+({KIND})(?:\s*\(([^)]*)\))?", text.masked[start + piece.end(1) :]
        )
        if typed and not kind:
            own = kind_of(typed[1])
            note = (
                text.plain[start + piece.end(1) + typed.start(2) : start + piece.end(1) + typed.end(2)]
                if typed[2]
                else note
            )
        shared = re.match(
            rf"[^()]{{0,40}}\(\s*(?:both|all|each)\s+(?:are\s+|an?\s+)?({KIND})", text.masked[start + piece.end(1) :]
        )
        if shared and not kind:
            kind = kind_of(shared[1])
        spec = _described(_identifier(name), kind or own, note, text)
        _add(found, spec if spec.default is not None else _with_default(spec, text, start + piece.end(1)))


def _bare_name(words: str) -> str:
    """'the end date' is end_date, 'image tag given' is image_tag; '' when nothing usable is left."""
    if len(words) == 1:
        return words
    parts = list(re.findall(r"[a-z][\w-]*", re.sub(r"\x27s\b", "", words)))
    usable: list[str] = []
    for word in reversed(parts):
        if word in STOP:
            break
        usable.insert(0, word)
    kept = [w for w in usable if not (len(usable) > 2 and re.fullmatch(KIND, w) and w is usable[0])]
    return (
        "_".join(kept[-2:]) if kept and kept[-1] not in ("output", "outputs", "log", "fail", "python", "task") else ""
    )


def _paren_after(text: Text, position: int) -> str:
    match = re.match(r"\s*\(([^)]*)\)", text.plain[position:])
    return match[1] if match else ""


def _with_default(spec: InputSpec, text: Text, position: int) -> InputSpec:
    window = text.masked[position : position + 60]
    match = re.match(r"[^.;]{0,22}?(?=\bdefault|\bdefecto|,?\s*[\w]+\s+is\s+default)", window)
    value = _default_near(text, position, ()) if match else _only_default(text, spec)
    return InputSpec(spec.id, spec.type, _typed(spec.type, value), spec.values, spec.required, spec.more)


def _only_default(text: Text, spec: InputSpec) -> str | None:
    """'default region eu', or the only default in the whole request when there is only one input so far."""
    named = re.search(rf"\bdefault\s+{re.escape(spec.id.replace('_', ' '))}\s+(?:is\s+)?([\w.-]+)", text.masked)
    if named:
        return text.plain[named.start(1) : named.end(1)]
    after = re.search(
        rf"\b(?:is|=)?\s*{re.escape(spec.id)}[^.;]{{0,30}}\.\s*default\s+(?:is\s+)?([\w.-]+)", text.masked
    )
    return text.plain[after.start(1) : after.end(1)] if after else None


def _described(identifier: str, kind: str, note: str, text: Text) -> InputSpec:
    """An input with what stands in parentheses behind it."""
    low = note.lower()
    values: tuple[str, ...] = ()
    default = None
    if match := re.search(r"default(?:s|\s+(?:is|to|value))?\s*[:=]?\s*['\"`]?([^'\"`,;]+)", note, re.I):
        default = re.sub(r"\s+or\s+so$", "", match[1].strip())
    if re.fullmatch(r"[\w-]+(?:\s*,\s*[\w-]+)*\s*,?\s+or\s+[\w-]+", note.strip()) and not default:
        values = tuple(v for v in re.split(r"\s*,\s*(?:or\s+)?|\s+or\s+", note.strip()) if v)
    elif "/" in note and not default:
        values = tuple(v.strip() for v in note.split("/"))
    kind = kind_of(low) or kind or ("SELECT" if values else kind_of_name(identifier))
    more: dict[str, Any] = {}
    return InputSpec(identifier, kind or "STRING", _typed(kind, default), values, True, more)


def _typed(kind: str, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if kind == "INT" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "FLOAT" and re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return float(value)
    if kind in ("BOOLEAN", "BOOL"):
        return value.lower() in ("true", "yes", "on")
    return value


def _default_near(text: Text, position: int, values: tuple[str, ...]) -> str | None:
    end = min(len(text.masked), position + 70)
    stop = re.search(r"[;\n]|\.\s+(?!\w+\s+is\s+default|default)", text.masked[position:end])
    match = DEFAULT.search(text.masked, position, position + stop.start() if stop else end)
    if not match:
        return None
    group = next(g for g in ("value", "value2", "value3") if match[g])
    literal = text.literal_at(match.start(group))
    value = literal.value if literal else text.plain[match.start(group) : match.end(group)].strip()
    if values:
        return next((v for v in values if v.lower() == value.lower().split()[0]), None)
    return re.sub(r"\s+(?:and|or|so|it|the)\b.*$", "", value).rstrip(".,;")


def _original(text: Text, start: int, end: int) -> str:
    return text.plain[start:end]


def _identifier(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip()).strip("_")


def _add(found: dict[str, InputSpec], spec: InputSpec) -> None:
    if not spec.id or len(spec.id) > 40:
        return
    had = found.get(spec.id)
    if had is None:
        found[spec.id] = spec
    else:
        kind = spec.type if had.type == "STRING" else had.type
        found[spec.id] = InputSpec(
            spec.id, kind, had.default if had.default is not None else spec.default, had.values or spec.values
        )


KINDS = (CODE, LIST, QUOTED)
