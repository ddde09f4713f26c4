"""Flow outputs: what the words want back, and from which task it comes."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.arithmetic import by_choice, computed, converted, formula
from copilot.draft.offline.writer import Writer


def flow_outputs(w: Writer) -> list[dict[str, Any]]:
    out = []
    for name, _ in w.plan.outputs:
        value, kind = _output_value(w, name)
        if value:
            out.append({"id": name, "type": kind, "value": value})
    return out


def _output_value(w: Writer, name: str) -> tuple[str, str]:
    if name in w.inputs:
        return f"{{{{ inputs.{name} }}}}", "STRING"
    numbers = [n for n, s in w.inputs.items() if s.type in ("INT", "FLOAT")]
    low = w.text.masked
    if w.last is None and (written := formula(low, w.inputs)) is not None:
        return f"{{{{ {written} }}}}", "FLOAT" if any(
            w.inputs[n].type == "FLOAT" for n in numbers
        ) or "/" in written else "INT"
    if w.last is None and (chosen := by_choice(w.text.plain, w.inputs)):
        return f"{{{{ {chosen} }}}}", "FLOAT" if re.search(r"\d\.\d", chosen) else "INT"
    if w.last is None and (unit := converted(name, w.inputs)):
        return f"{{{{ {unit} }}}}", "FLOAT"
    worked_out = computed(f"{low} {name}", w.inputs) if w.last is None else None
    if worked_out is not None:
        return f"{{{{ {worked_out[0]} }}}}", worked_out[1]
    if len(numbers) >= 2 and w.last is None:
        sign = (
            "*"
            if re.search(r"\bproduct|\bmultipl|\btimes\b", low + name)
            else "-"
            if re.search(r"\bdifference|\bsubtract|\bminus", low + name)
            else "/"
            if re.search(r"\bquotient|\bdivid|\bratio", low + name)
            else "+"
        )
        kind = "INT" if all(w.inputs[n].type == "INT" for n in numbers) and sign != "/" else "FLOAT"
        return "{{ " + f" {sign} ".join(f"inputs.{n}" for n in numbers) + " }}", kind
    dates = [n for n, s in w.inputs.items() if s.type in ("DATE", "DATETIME")]
    if dates and w.last is None:
        pattern = date_pattern(low)
        return f"{{{{ inputs.{dates[0]} | date('{pattern}') }}}}", "STRING"
    data = w.last_of("value", "row", "rows", "answer", "file", "body")
    if data is not None:
        if data.kind == "row":
            return f"{{{{ {data.expression} }}}}", "JSON"
        if data.kind == "rows":
            return f"{{{{ {data.expression} | toJson }}}}", "JSON"
        if (
            data.kind == "file"
            and data.format in ("csv", "json", "jsonl", "parquet")
            and re.search(r"rows|count|n\b|total|orders", name)
        ):
            return "", "STRING"
        return f"{{{{ {data.expression} }}}}", "FILE" if data.kind == "file" else _number_kind(data.expression)
    texts = [n for n, s in w.inputs.items() if s.type in ("STRING", "SELECT", "JSON", "ARRAY")]
    if texts:
        inner = f"inputs.{texts[0]}"
        for word, filter_ in (
            ("upper", "upper"),
            ("lower", "lower"),
            ("revers", "reverse"),
            ("length", "length"),
            ("trim", "trim"),
            ("capital", "capitalize"),
            ("slug", "slugify"),
        ):
            if word in low:
                inner += f" | {filter_}"
        return f"{{{{ {inner} }}}}", "INT" if inner.endswith("length") else "STRING"
    return "", "STRING"


def _number_kind(expression: str) -> str:
    """What a computed value is: a count is whole, a sum or mean need not be."""
    if expression.endswith(".row | values | first"):
        return "INT"
    if ".row." not in expression:
        return "STRING"
    return "INT" if expression.endswith(".n") else "FLOAT"


def date_pattern(low: str) -> str:
    if shown := re.search(r"\b(\d{4})([-/.])(\d\d)\2(\d\d)\b|\b(\d\d)([-/.])(\d\d)\6(\d{4})\b", low):
        return f"yyyy{shown[2]}MM{shown[2]}dd" if shown[1] else f"dd{shown[6]}MM{shown[6]}yyyy"
    if re.search(r"\byear\s+and\s+month|\d{4}-\d{2}(?!-)", low):
        return "yyyy-MM"
    if re.search(r"\bweekday\b|\bday\s+of\s+(?:the\s+)?week", low):
        return "EEEE"
    if re.search(r"\byear\b", low) and "month" not in low:
        return "yyyy"
    if re.search(r"\bmonth\b", low):
        return "MM"
    return "dd.MM.yyyy" if re.search(r"german|dd\.mm", low) else "yyyy-MM-dd"
