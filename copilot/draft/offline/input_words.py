"""The words of inputs: their kinds, their lists, their defaults and choices."""

from __future__ import annotations

import re

from copilot.draft.offline.text import NAME

_KINDS: tuple[tuple[str, str], ...] = (
    ("DATETIME", r"date\s?times?|timestamps?"), ("DATE", r"dates?|datum"), ("DURATION", r"durations?"), ("TIME", r"times?\s+of\s+day"),
    ("INT", r"int(?:eger)?s?|whole\s+numbers?|ganzzahl\w*|enteros?|entiers?"), ("FLOAT", r"floats?|decimals?|numbers?|numeric|zahl(?:en)?|números?"), ("BOOLEAN", r"bool(?:ean)?s?|flags?|yes/no|true/false|checkbox(?:es)?"),
    ("MULTISELECT", r"multi-?select|several\s+of"), ("SELECT", r"drop-?downs?|select(?:able)?s?|choices?|enums?|pick\s?lists?|one\s+of"), ("FILE", r"files?|uploads?"),
    ("JSON", r"json(?:\s+(?:list|array|object|document))?"), ("ARRAY", r"arrays?|lists?"), ("EMAIL", r"e-?mail\s+address(?:es)?|e-?mails?(?=\s+inputs?\b)"), ("URI", r"ur[il]s?|links?"), ("SECRET", r"secrets?|passwords?"),
    ("YAML", r"yaml"), ("STRING", r"strings?|te(?:x|xt|xto|xte)s?"),
)  # fmt: skip


KIND = "|".join(p for _, p in _KINDS)


_ID = rf"(?:{NAME}|[a-z][\w-]*)"


_PAREN = r"(?:\s*\((?P<paren>[^)]*)\))?"


STOP = frozenset(
    [
        "is",
        "are",
        "the",
        "a",
        "an",
        "of",
        "for",
        "with",
        "and",
        "or",
        "to",
        "in",
        "as",
        "it",
        "its",
        "that",
        "which",
        "when",
        "from",
        "be",
        "so",
        "if",
        "called",
        "named",
        "input",
        "inputs",
        "will",
        "should",
        "must",
        "each",
        "every",
        "run",
        "starts",
        "starting",
        "default",
        "defaults",
        "amount_",
        "task",
        "flow",
        "user",
        "given",
        "where",
        "then",
        "true",
        "false",
        "not",
        "no",
        "by",
        "on",
        "via",
        "at",
        "form",
        "forms",
        "being",
        "using",
        "can",
        "may",
    ]
)


_ITEM = rf"(?:(?:an?\s+|the\s+)?(?:(?!and\b|or\b)[a-z][\w-]*\s+){{0,2}}{_ID}{_PAREN.replace('?P<paren>', '?:')})"


_LIST = rf"(?P<list>{_ITEM}(?:\s*(?:,|;|\+|/|and|und|y|et|&)\s*(?:and\s+)?{_ITEM})*)"


AFTER = re.compile(
    r"(?P<prefix>(?:\b(?:one|two|three|four|a|an|the|my|another|optional"
    rf"|required)\s+)*(?:\b(?:{KIND})\s+)*)\binputs?\b(?:\s+(?:parameters?|fields?|variables?))?"
    rf"(?:\s+of\s+type\s+(?P<oftype>{KIND}))?\s*(?:called|named|:|are|is"
    rf"|=)?\s*(?:the\s+)?(?P<list>{NAME}{_PAREN}(?:\s*(?:,|and|&|\+|/|or)\s*(?:and\s+)?(?:{NAME}"
    r"|[a-z]\w*)(?:\s*\([^)]*\))?)*|(?:[a-z]\w*(?:\s*\([^)]*\))?)(?:\s*(?:,|and|&"
    r"|\+)\s*(?:and\s+)?[a-z]\w*(?:\s*\([^)]*\))?)*)"
)


BEFORE = re.compile(
    rf"{_LIST}\s+(?:(?:are|is|as|should\s+be|must\s+be|will\s+be|come\s+(?:in\s+)?as|given\s+as"
    r"|passed\s+as|sind|als|como|selectable|comes?\s+as)\s+)+(?:an?\s+|the\s+|my\s+|flow\s+"
    rf"|user\s+)*(?:(?P<kind>{KIND})\s+)?(?:inputs?|parameters?|entradas?|eingaben?|configurable"
    rf"|selectable)\b(?!\s*(?:called\s+|named\s+|,\s*)?{NAME})"
    rf"|(?P<list2>{_ID}(?:/{_ID})+)\s+(?:selectable|configurable|as\s+inputs?)"
)


DEFAULT = re.compile(
    r"\b(?:default(?:s|ing)?(?:\s+(?:to|is|value|=))*|standard(?:wert)?"
    rf"|defecto)\s*:?\s*(?P<value>{NAME}|[\ue000]+|-?\d+(?:\.\d+)?|[\w-]+(?:\s+[\w-]+)?)"
    r"|(?P<value2>[\w.-]+)\s+is\s+(?:the\s+)?default|(?P<value3>[\w-]+)\s+(?:by|as)\s+default"
)


CHOOSE = re.compile(
    r"\b(?:choose|pick|select|picks|chooses|selects)\s+(?P<several>several\s+|many\s+"
    r"|one\s+or\s+more\s+|multiple\s+)?(?:the\s+"
    r"|an?\s+)?(?P<id>[a-z]\w*)(?:\s+from\s+(?:a\s+)?(?:drop-?down|list|menu))?\s*(?::"
    r"|\((?:[a-z-]+:)?|from|between|out\s+of)\s*(?P<values>[\w-]+(?:(?:\s*[,/|]\s*|\s+or\s+"
    r"|\s+and\s+)[\w-]+)+)"
)


ASK = re.compile(
    r"\b(?:ask\s+(?:for|me\s+for|the\s+user\s+for)|takes?|accepts?|prompt\s+for|let\s+me\s+enter"
    r"|i\s+(?:pass|give|enter|type)(?:\s+in)?|user\s+(?:enters|gives|picks|passes|provides"
    rf"|selects))\s+(?:an?\s+|the\s+|my\s+)?(?P<id>{NAME}|[a-z][\w-]*)(?P<noun>\s+name)?(?!\s+(?:to"
    r"|about)\b)"
)


PASTES = re.compile(r"\b(?:pastes?|enters?|provides?|types?)\s+(?:in\s+)?(?:the|a|his|her|their)\s+(?P<id>[a-z]\w*)")


GIVEN = re.compile(
    r"\b(?:an?|the|my)\s+(?P<id>[a-z]\w*)\s+(?:that\s+)?i\s+(?:pass|give|enter|type)(?:\s+in)?\b"
    r"|\bthe\s+user's\s+(?P<id2>[a-z]\w*)\b|\b(?P<id3>schema)\s+i\s+give\b"
    r"|\bclassify\s+the\s+(?P<id4>question|text|ticket|message|email)\b|\b(?:hash|answer)\s+(?:the"
    r"|a)\s+(?P<id5>question)\b"
)


_PLACE = re.compile(r"<([a-z][\w ]*)>")


OF_ANOTHER_FLOW = re.compile(
    r"\b(?:(?:there(?:'s|\s+is)\s+|already\s+)+a\s+flow|(?:call|start|run|trigger|invoke"
    r"|execute)\w*\s+(?:my|the|our|a|it|another)?\s*(?:child|sub-?flow|flow)|calls\s+child"
    r"|for\s+each\s+batch)\b[^.;]*(?:with|and|its?|takes?|takes\s+(?:one|two|an?)|,)\s*(?:an?\s+"
    r"|its\s+|the\s+)*$"
)


WITH_FIELDS = re.compile(r"\bwith\s+(?P<a>[a-z]+_[a-z_]+)(?:\s+and\s+(?P<b>[a-z]\w*))?")


USER_PICKS = re.compile(
    r"\b(?P<id>[a-z]\w*)\s+(?:that\s+|which\s+)?(?:the\s+users?|i|people)\s+(?P<how>selects?|picks?"
    r"|chooses?|enters?|can\s+(?:select|pick|choose))\b"
)


FORM = re.compile(
    r"\bform\b.{0,40}\bfields?\s+(?:that\s+)?depends?\s+on\s+(?:the\s+)?(?:chosen\s+"
    r"|selected\s+)?(?P<id>[a-z]+(?:\s+type)?)"
)


_GENERIC = frozenset(
    ["data", "text", "file", "json", "list", "array", "number", "string", "date", "name", "value", "url"]
)


KIND_BESIDE = re.compile(rf"\b(?:{KIND})\s+inputs?\s+(?:called\s+|named\s+)?(?P<id>{NAME})")


KIND_OF_NAMED = re.compile(
    rf"\b(?P<kind>{KIND})\s+inputs?\s+of\s+(?P<items>{KIND})\s+(?:called|named)\s+(?P<id>{NAME}|[a-z]\w*)"
)


CHOICES = re.compile(
    r"\b(?:drop-?down|(?P<many>multi-?select)|select|choice|enum)\s+(?:input\s+)?(?:called\s+"
    rf"|named\s+)?(?P<id>{NAME}|[a-z]\w*)\s*(?:with\s+(?:the\s+)?(?:values?\s+|options?\s+"
    r"|choices?\s+)?|:|of|from|between|\()\s*(?P<values>[\w.-]+(?:\s*[,/"
    r"|]\s*[\w.-]+)*(?:\s*,?\s*(?:and|or|und|oder)\s+[\w.-]+)?)"
)


LISTED = re.compile(
    r"\b(?:inputs?|parameters?|eingaben?|entradas?"
    rf"|entrées?)\s*:\s*(?P<list>[a-z]\w*\s*(?:\(\s*(?:{KIND}|zahl|número|nombre|fecha"
    r"|texte?o?)[^)]*\))(?:\s*(?:,|and|und|y|et)\s*[a-z]\w*\s*(?:\([^)]*\))?)*)"
)


IN_PAREN = re.compile(
    rf"(?P<before>{NAME}|[a-z]\w*)\s*\(\s*(?:an?\s+|the\s+|as\s+)?(?:(?P<kind>{KIND})\s+)?inputs?\b(?P<rest>[^)]*)\)"
    rf"|\(\s*(?:the\s+)?(?:(?P<kind2>{KIND})\s+)?(?P<inside>{NAME}|[a-z]\w*_\w+)\s+inputs?\b(?P<rest2>[^)]*)\)"
)


ANY_OF = re.compile(
    rf"\binputs?\s+(?:called\s+|named\s+)?(?P<id>{NAME}|[a-z]\w*)\s+(?:is|can\s+be|may\s+be"
    r"|must\s+be)\s+(?:one\s+of\s+|either\s+)?"
    r"(?P<values>[\w-]+(?:\s*[,/|]\s*[\w-]+)*\s*,?\s+or\s+[\w-]+)"
)


FROM_URL = re.compile(
    rf"\b(?:drop-?down|select|input|choice)\s+(?:input\s+)?(?P<id>{NAME}"
    rf"|[a-z]\w*)[^.;]{{0,40}}?\b(?:values?|options?|choices?|list)\s+"
    r"(?:(?:is|are|comes?)\s+)?(?:loaded\s+|taken\s+|read\s+)?(?:from|of)\s+(?P<url>\ue000+)"
)


def kind_of(words: str) -> str:
    for kind, pattern in _KINDS:
        if re.search(rf"\b(?:{pattern})\b", words):
            return kind
    return ""


def kind_of_name(name: str) -> str:
    low = name.lower()
    if re.fullmatch(r"(?:.*_)?(?:uri|url|link)", low):
        return "URI"
    if re.fullmatch(r"(?:(?!send|is|has|use|do)\w+_)?e?_?mail(?:_address)?", low):
        return "EMAIL"
    if re.fullmatch(r"(?:.*_)?date|day", low):
        return "DATE"
    if re.fullmatch(r"(?:.*_)?(?:count|limit|days|port|batch_size|amount|number|n|quantity|age|max_\w+|min_\w+)", low):
        return "INT"
    if re.fullmatch(r"(?:is|has|send|do|use|dry|enable|should)_\w+|dry_?run|force|verbose|debug|enabled|approved", low):
        return "BOOLEAN"
    if low in ("file", "input_file", "uploaded_file"):
        return "FILE"
    return "STRING"


def placeholders(text: str) -> list[str]:
    """Names in angle brackets, as in 'Hello, <name>!'."""
    return _PLACE.findall(text)
