"""Taking in the events that a server sends one after the other (Server-Sent Events), until it ends the stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, TaskFailed
from engine.tasks.core.http.client import UNREAD, Call, answer, call_of, log_call
from engine.tasks.props import Props, bytes_of
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect
from engine.tasks.waiting import interruptible

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_MOST_BYTES = 10 * 1024 * 1024


@runnable(
    "io.kestra.plugin.core.http.SseRequest",
    effects="network",
    unread={**UNREAD, "options.defaultCharset": no_effect("events are UTF-8 by their definition", "UTF-8")},
)
def sse_request(task: RunContext) -> Outputs:
    """``events`` as they came, data read as JSON where it is, with their number as ``size`` and the ``uri``; with
    ``concatJqExpression`` what it finds in each, joined, as ``result`` instead of the events."""
    props = Props(task)
    call = call_of(task)
    limit = bytes_of(props.within("options").text("maxContentLength", str(_MOST_BYTES)))
    events = interruptible(task, lambda: _events(task, call, limit))
    task.metric("size", "counter", len(events))
    found = _joined(task, props, events)
    outputs: dict[str, Any] = {"uri": call.url, "size": len(events)}
    return outputs | ({"result": found} if found is not None else {"events": events})


def _events(task: RunContext, call: Call, limit: int) -> list[dict[str, Any]]:
    with answer(call) as response:
        log_call(task, call, response)
        return list(read_events(_bounded(response.iter_lines(), limit)))


def _bounded(lines: Iterable[str], limit: int) -> Iterator[str]:
    length = 0
    for line in lines:
        length += len(line)
        if length > limit:
            raise TaskFailed(f"the events are longer than {limit} bytes", code="body-too-long", hint="ask for fewer")
        yield line


def read_events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Events of a stream: ``data``, and ``id``, ``name``, ``comment`` and ``retry`` where they were sent. One that is
    not closed by an empty line is not complete and left out, as the format wants it."""
    fields: dict[str, list[str]] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name or "comment", []).append(value.removeprefix(" "))
        elif fields:
            if "data" in fields:
                yield _event(fields)
            fields = {}


def _event(fields: dict[str, list[str]]) -> dict[str, Any]:
    event: dict[str, Any] = {"data": _value("\n".join(fields["data"]))}
    for sent, name in (("id", "id"), ("event", "name"), ("comment", "comment"), ("retry", "retry")):
        if sent in fields:
            event[name] = fields[sent][-1]
    return event


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _joined(task: RunContext, props: Props, events: list[dict[str, Any]]) -> str | None:
    expression = props.text("concatJqExpression")
    if not expression:
        return None
    strict = props.flag("failedOnMissingJq", True)
    found: list[str] = []
    for event in events:
        try:
            results = task.render("{{ event | jq(expression) }}", {"event": event, "expression": expression})
            value = results[-1] if results else None
            if not isinstance(value, str | int | float):
                raise TaskFailed(f"it gives {json.dumps(value)[:80]}, not a text, number or boolean", code="wrong-kind")
            found.append(value if isinstance(value, str) else json.dumps(value))
        except EngineError as error:
            if strict:
                shown = json.dumps(event)[:200]
                raise TaskFailed(
                    f"'{expression}' finds nothing in {shown}: {error.message}", code="no-match"
                ) from error
            task.log("DEBUG", f"'{expression}' finds nothing in an event: {error.message}")
    return "".join(found) if found else None
