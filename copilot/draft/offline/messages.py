"""What a log line or a message says: the words given for it, or the result at hand."""

from __future__ import annotations

import re

from copilot.draft.offline.input_words import placeholders
from copilot.draft.offline.ir import Step
from copilot.draft.offline.text import QUOTED
from copilot.draft.offline.writer import Data, Writer

_SAYS = re.compile(r"\b(?:logs?|say|says|print|message|write|escribe|schreib\w*|tell\w*|line(?:\s+like)?|show)\s+")
_PLAIN = re.compile(
    r"\b(?:log|print|say)\s+(?P<words>(?:[A-Z][\w']*|ok|hello|hi|done|started|finished)(?:[ "
    r",]+(?:<\w+>|[\w']+))*[!.]?(?:\s*<\w+>[!.]?)*)\s*$"
)


_INTO_LOG = re.compile(
    r"\b(?:in\s+the|to\s+the|im|ins|in\s+das|en\s+el|dans\s+le|au)\s+(?:log|protokoll|journal|registro)s?\b"
)


def failure_text() -> str:
    return "Flow {{ flow.namespace }}.{{ flow.id }} failed in execution {{ execution.id }}: {{ errorLogs() }}"


def show(data: Data | None) -> str | None:
    """An expression that shows a piece of data."""
    if data is None:
        return None
    if data.kind == "file" and data.format in ("txt", "json", "yaml", "csv", "xml", "jsonl"):
        return f"{{{{ read({data.expression}) }}}}"
    if data.kind == "rows":
        return f"{{{{ {data.expression} | toJson }}}}"
    return f"{{{{ {data.expression} }}}}"


def spoken(w: Writer, step: Step) -> str | None:
    """Text the words give in quotes, or after 'log', with <names> and input values filled in."""
    quoted = list(step.args.get("quoted", ()))
    after = [one.value for one in step.args.get("literals", ()) if one.kind == QUOTED and one.start >= step.start - 3]
    if after or (quoted and step.what != "log"):
        return fill(w, (after or quoted)[0])
    like = re.search(r"\b(?:line|log|it|message)\s+like\s+(?=[\ue001\ue002])", w.text.masked)
    if like and step.what == "log" and (literal := w.text.literal_at(like.end())):
        return fill(w, literal.value)
    if quoted and step.what == "log" and _INTO_LOG.search(step.words.lower()):
        return fill(w, quoted[0])
    plain = _PLAIN.search(step.words.strip())
    if not plain:
        return None
    end = w.text.plain.find(step.words.strip()) + len(step.words.strip())
    return fill(w, plain["words"] + ("!" if w.text.plain[end : end + 1] == "!" else ""))


def fill(w: Writer, message: str) -> str:
    """'Hello, <name>!' and 'buy=<n>': inputs by name, anything else by the result at hand."""
    if w.loops:
        message = re.sub(r"\b(?:NAME|VALUE|ITEM|ELEMENT|X)\b", f"{{{{ {w.extra['loop_value'][-1]} }}}}", message)
    for name, example in _fields_shown(w).items():
        message = re.sub(rf"(?<![\w{{]){re.escape(example)}(?!\w)", f"{{{{ trigger.body.{name} }}}}", message)
    if (counted := value_of(w)) and "{{" not in message:
        message = re.sub(r"\bN\b|<n>", f"{{{{ {counted} }}}}", message)
    for name in placeholders(message.lower()):
        key = name.replace(" ", "_")
        shown = w.last
        variables = w.extra.get("variables") or {}
        inner = (
            f"inputs.{key}"
            if key in w.inputs
            else f"vars.{key}"
            if key in variables
            else (value_of(w) or (shown.expression if shown else ""))
        )
        if inner:
            message = re.sub(rf"<{re.escape(name)}>", f"{{{{ {inner} }}}}", message, flags=re.I)
    return message


def _fields_shown(w: Writer) -> dict[str, str]:
    """Fields of the body a webhook is called with, with the example the words give: {"name": "Zoe"}."""
    if not any(e.kind == "webhook" for e in w.plan.events):
        return {}
    return dict(re.findall(r"[\"'](\w+)[\"']\s*:\s*[\"']?([\w.@-]+)[\"']?(?=\s*[,}])", w.text.words))


def value_of(w: Writer) -> str:
    """The single value at hand, as an inner expression: a computed number, a body, an input."""
    data = w.last
    if data is None:
        return ""
    if data.kind == "value":
        return data.expression
    return ""


def message_for(w: Writer, step: Step, default: str = "") -> str:
    """The text of a notification."""
    if w.where == "errors":
        answer = w.last_of("answer")
        if answer and answer.task in w.extra.get("error_tasks", ()):
            return show(answer) or failure_text()
        return failure_text()
    said = spoken(w, step)
    if said and len(said) > 2:
        return said
    if "message" in w.inputs:
        parts = [f"{{{{ inputs.{n} }}}}" for n in w.inputs if n in ("source_flow", "status", "message")]
        return " ".join(parts)
    flow_event = next((e for e in w.plan.events if e.kind == "flow"), None)
    if flow_event is not None and not w.data:
        return (
            "Flow {{ trigger.namespace }}.{{ trigger.flowId }} ended {{ trigger.state }} (execution {{ "
            "trigger.executionId }})"
        )
    data = w.last
    if data is not None and data.kind in ("answer", "rows", "value", "body"):
        return show(data) or default
    if data is not None and data.kind == "file":
        return f"{{{{ flow.id }}}} is done: {{{{ {data.expression} }}}}"
    return default or "{{ flow.id }} is done (execution {{ execution.id }})"
