"""Conditions in words to expressions, and choices between several branches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from copilot.draft.offline.comparing import comparison
from copilot.draft.offline.ir import Group, Node
from copilot.draft.offline.naming import slug
from copilot.draft.offline.text import CODE, QUOTED
from copilot.draft.offline.writer import Task, Writer

_SIGNS = (
    (r"(?:is\s+)?(?:not\s+equal\s+to|not|isn'?t|!=|<>|other\s+than|different\s+from)", "!="), (r"(?:is\s+)?(?:at\s+least|>=)", ">="), (r"(?:is\s+)?(?:at\s+most|<=)", "<="),
    ((r"(?:is\s+)?(?:over|above|greater\s+than|more\s+than|larger\s+than|higher\s+than|exceeds"
        r"|bigger\s+than|>)"), ">"), (r"(?:is\s+)?(?:below|under|less\s+than|smaller\s+than|lower\s+than|<)", "<"),
    (r"(?:is\s+)?negative", "< 0"), (r"(?:is\s+)?positive", "> 0"), (r"(?:is\s+|equals?\s+(?:to\s+)?|==?|was\s+|=\s*)", "=="),
)  # fmt: skip


def expression(w: Writer, words: str) -> str:
    """A Pebble condition for the words; where nothing at hand decides it, a boolean input does."""
    low = words.lower().strip()
    if compared := comparison(low, w.extra.get("compared", ())):
        return f"{{{{ {compared} }}}}"
    if low == "so":
        low = next((one.value.lower() for one in w.text.literals if one.kind == QUOTED), low)
    if (compared := _of_the_body(w, low)) or (compared := _of_the_size(w, low)):
        return f"{{{{ {compared} }}}}"
    return f"{{{{ {_of_inputs(w, low) or _of_results(w, low) or _asked(w, low)} }}}}"


def _literal_in(w: Writer, low: str) -> str:
    """The last quoted value inside a condition, as it was written."""
    start = w.text.masked.find(low)
    found = w.text.within(start, start + len(low), QUOTED + CODE) if start >= 0 else []
    return found[-1].value if found else ""


def _of_the_body(w: Writer, low: str) -> str:
    """'the body's field status is "failed"' where a webhook starts the flow."""
    if not any(e.kind == "webhook" for e in w.plan.events):
        return ""
    field = re.search(
        (
            r"\b(?:field|property|key)\s+[`'\"]?([a-z_]\w*)|\b([a-z_]\w*)\s+(?:field\s+)?(?:in"
            r"|of)\s+the\s+(?:body|payload)"
        ),
        low,
    )
    if field is None:
        return ""
    rest = re.sub(r"^\s*(?:in|of)\s+the\s+(?:body|payload)\s*", "", low[field.end() :].strip())
    return _comparison(rest, f"trigger.body.{field[1] or field[2]}", w, _literal_in(w, low))


def _of_the_size(w: Writer, low: str) -> str:
    """'has less than 10 rows' about what was queried last."""
    said = re.search(
        (
            r"\b(less|fewer|more|at\s+least|at\s+most|over|under)\s*(?:th[ae]n)?\s+(\d+)\s+(?:rows"
            r"|records|entries|lines|results)\b"
        ),
        low,
    )
    size = w.extra.get("size")
    if not said or not size:
        return ""
    sign = {"less": "<", "fewer": "<", "under": "<", "more": ">", "over": ">"}.get(
        said[1], ">=" if "least" in said[1] else "<="
    )
    return f"{size} {sign} {said[2]}"


def _of_inputs(w: Writer, low: str) -> str:
    booleans = [n for n, s in w.inputs.items() if s.type in ("BOOLEAN", "BOOL")]
    if both := _two_inputs(w, low):
        return both
    if re.fullmatch(r"(?:(?:it|that|this)\s*(?:is|'?s)\s+)?(?:true|yes|so|set|on)", low) and booleans:
        return f"inputs.{booleans[-1]}"
    if re.fullmatch(r"(?:(?:it|that|this)\s*(?:is|'?s)\s+)?(?:false|no|off)", low) and booleans:
        return f"not inputs.{booleans[-1]}"
    for name, spec in w.inputs.items():
        said = re.escape(name).replace("_", r"[_\s]")
        match = re.search(rf"(?:\b{said}\b|[\ue001\ue002]{{{len(name) + 2}}})", low)
        if not match:
            continue
        rest = re.sub(r"^\s*\([^)]*\)", "", low[match.end() :]).strip()
        if spec.type in ("BOOLEAN", "BOOL"):
            return f"not inputs.{name}" if re.search(r"\bfalse|\bnot\b|\bno\b", rest) else f"inputs.{name}"
        comparison = _comparison(
            rest, f"inputs.{name}", w, _literal_in(w, low) if "\ue001" in rest or "\ue002" in rest else ""
        )
        if comparison:
            return comparison
    numbers = [n for n, s in w.inputs.items() if s.type in ("INT", "FLOAT")]
    if len(numbers) == 1 and w.last is None:
        bare = re.sub(r"^(?:it|that|this|the\s+(?:number|value))\s*(?:is|'s)?\s*", "", low)
        span = re.match(r"(?:from|between)\s+(-?\d+(?:\.\d+)?)\s+(?:to|and|up\s+to)\s+(-?\d+(?:\.\d+)?)", bare)
        if span:
            return f"inputs.{numbers[0]} >= {span[1]} and inputs.{numbers[0]} <= {span[2]}"
        return _comparison(bare, f"inputs.{numbers[0]}", w) if re.search(r"\d|negative|positive", bare) else ""
    return ""


def _two_inputs(w: Writer, low: str) -> str:
    """'end is before start', 'amount is more than limit'."""
    names = [n for n in w.inputs if re.search(rf"\b{re.escape(n)}\b", low)]
    if len(names) != 2:
        return ""
    first, second = sorted(names, key=lambda n: low.index(n))
    between = low[low.index(first) + len(first) : low.index(second)]
    signs = (
        (r"before|earlier|less|smaller|lower|below|under", "<"),
        (r"after|later|more|greater|larger|higher|above|over", ">"),
    )
    sign = next(
        (s for p, s in signs if re.search(rf"\b(?:{p})\b", between)),
        "==" if "same" in between or "equal" in between else "",
    )
    return f"inputs.{first} {sign} inputs.{second}" if sign else ""


def _comparison(rest: str, left: str, w: Writer, quoted: str = "") -> str:
    for pattern, sign in _SIGNS:
        match = re.match(pattern, rest)
        if not match:
            continue
        if sign in ("< 0", "> 0"):
            return f"{left} {sign}"
        right = rest[match.end() :].strip().strip("'\"`. ")
        number = re.match(r"-?\d+(?:\.\d+)?", right)
        if number:
            return f"{left} {sign} {number.group()}"
        if quoted and sign in ("==", "!="):
            return f"{left} {sign} '{quoted}'"
        word = re.match(r"[\w.-]+", right)
        if word and sign in ("==", "!="):
            return f"{left} {sign} '{word.group()}'"
    return ""


def _of_results(w: Writer, low: str) -> str:
    if w.http and re.search(
        (
            r"\bstatus|\bcode\b|\b(?:answers?|responds?|returns?|gives?)\b.*\b\d{3}\b|\bis\s+down\b"
            r"|\bup\b|\bunreachable|\bnot\s+available"
        ),
        low,
    ):
        code = w.out(w.http, "code")
        number = re.search(r"\b(\d{3})\b", low)
        value = number[1] if number else "200"
        equal = re.search(
            r"\b(?:is|equals|=|==|answers?|responds?|returns?|with)\s*(?:with\s+)?\d", low
        ) and not re.search(r"\bnot\b|isn|!=|down|\b(?:else|other)\s+than", low)
        return f"{code} {'==' if equal else '!='} {value}"
    day = _of_the_date(low)
    if day:
        return day
    if w.approvals and re.search(r"\bapprov|\breject|\bdenied|\byes\b|\bok\b", low):
        field = w.extra["approval_fields"][0]
        return f"{'not ' if re.search(r'reject|denied|not', low) else ''}outputs.{w.approvals[-1]}.onResume.{field}"
    if w.extra.get("lookup") and re.search(
        r"\bnot\s+there|\bmissing|\bnot\s+found|\bnot\s+in\b|\bnothing|\bmiss\b", low
    ):
        return f"{w.extra['lookup']} is null"
    if (size := w.extra.get("size")) and re.search(
        r"\brows?\b|\bsome\b|\bany\b|\bempty|\bresults?\b|\bnothing\b|\bdata\b|\brecords?\b", low
    ):
        return (
            f"{size} == 0"
            if re.search(r"\bno\b|\bempty|\bnothing|\bnone", low) and not _starts(w, low)
            else f"{size} > 0"
        )
    data = w.last
    if (
        data is not None
        and data.kind in ("rows",)
        and re.search(r"\brows?\b|\bsome\b|\bany\b|\bempty|\bresults?\b", low)
    ):
        return f"({data.expression} | length) {'==' if re.search(r'no|empty', low) else '>'} 0"
    if data is not None and data.kind == "body" and re.search(r"\bsome\b|\bany\b|\bresults?\b", low):
        return (
            f"(fromJson({data.expression}).data.result ?? []) | length > 0"
            if "prometheus" in w.text.masked
            else f"({data.expression} | length) > 2"
        )
    if data is not None and data.kind == "value":
        comparison = _comparison(
            re.sub(r"^.*?(?=\bis\b|\bover\b|\babove\b|\bmore\b|\bless\b|\bbelow\b|\bunder\b|[<>=])", "", low),
            f"({data.expression} | number)",
            w,
        )
        if comparison:
            return comparison
    if data is not None and data.kind == "answer":
        word = next(
            (one for one in re.findall(r"\b(yes|no|go|true|high|low|spam|urgent|positive|negative|critical)\b", low)),
            "yes",
        )
        return f"({data.expression} | lower) contains '{'yes' if word == 'go' else word}'"
    return ""


def _of_the_date(low: str) -> str:
    """'it is the first day of the month', 'it is Monday', 'it is the weekend'."""
    if re.search(r"\bfirst\s+(?:day\s+)?of\s+(?:the\s+)?month", low):
        return "(now() | date('d')) == '1'"
    if re.search(r"\blast\s+(?:day\s+)?of\s+(?:the\s+)?month", low):
        return "(now() | dateAdd(1, 'DAYS') | date('d')) == '1'"
    if re.search(r"\bweekend\b", low):
        return "(now() | date('e') | number) > 5"
    named = re.search(r"\b(monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b", low)
    return f"(now() | date('EEEE')) == '{named[1].capitalize()}'" if named else ""


def _starts(w: Writer, low: str) -> bool:
    """'don't start ... if there are no rows': the branch is what happens otherwise."""
    return bool(re.search(r"\b(?:don'?t|do\s+not|never)\s+(?:start|run|send|load)\b[^.;]*\bif\b", w.text.masked))


def _asked(w: Writer, low: str) -> str:
    name = (
        slug(
            "_".join(
                x
                for x in re.findall(r"[a-z]+", low)
                if x not in ("the", "a", "an", "is", "are", "it", "there", "s", "one", "will", "to", "of")
            )[:30]
        )
        or "proceed"
    )
    events = [e for e in w.plan.events if e.kind == "webhook"]
    if events:
        return f"trigger.body.{name} ?? false"
    w.questions.append(f"What decides whether “{low}”? The boolean input `{name}` does for now.")
    return w.ask(name, "BOOLEAN", default=False, note=f"whether {low}").strip("{} ")


def switch_cases(w: Writer, group: Group, nodes: Callable[[Writer, Sequence[Node]], list[Task]]) -> list[Task]:
    """One value, several branches."""
    value = group.args["value"]
    if value == "answer":
        data = w.last_of("answer")
        value = f"({data.expression} | trim | lower)" if data else "inputs.kind"
    mark = list(w.data)
    cases: dict[str, list[Task]] = {}
    for name, steps in group.cases:
        w.data[:] = mark
        made = nodes(w, steps)
        if made:
            cases[name] = made
    w.data[:] = mark
    defaults = nodes(w, group.otherwise)
    w.data[:] = mark
    if not cases:
        return defaults
    extra: dict[str, Any] = {"defaults": defaults} if defaults else {}
    return [w.task("switch", "core.flow.Switch", value=f"{{{{ {value} }}}}", cases=cases, **extra)]
