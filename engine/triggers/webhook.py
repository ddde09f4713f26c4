"""The Webhook trigger: a request with the right key starts an execution."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import NotFound
from engine.flow.model import Flow, Trigger
from engine.triggers.conditions import ConditionContext, all_hold
from engine.triggers.kinds.webhook import WEBHOOK
from engine.triggers.registry import Fire, Render, labels_of


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What a caller sent. Headers and parameters keep every value given for a name."""

    method: str
    key: str
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""


def receive(flow: Flow, request: WebhookRequest, render: Render, variables: Mapping[str, Any]) -> Fire | None:
    """The execution a request starts; None when the trigger's conditions are not met. NotFound when no enabled
    webhook of the flow has this key; EngineError when an expression fails."""
    trigger = _with_key(flow, request.key, render, variables)
    output = {
        "body": body_of(request.body),
        "headers": {name: list(values) for name, values in request.headers.items()},
        "parameters": {name: list(values) for name, values in request.parameters.items()},
    }
    seen = {**variables, "trigger": output}
    if not all_hold(trigger.conditions, ConditionContext(flow, render, seen), trigger.properties.get("when")):
        return None
    inputs = trigger.properties.get("inputs") or {}
    return Fire(
        flow,
        trigger,
        output,
        inputs={name: render(value, seen) for name, value in inputs.items()},
        labels=labels_of(trigger.properties.get("labels"), render, seen),
    )


def body_of(body: bytes) -> Any:
    """A JSON object or list as such, anything else as text, nothing as None."""
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict | list) else text


def _with_key(flow: Flow, key: str, render: Render, variables: Mapping[str, Any]) -> Trigger:
    found = None
    for trigger in _webhooks(flow):
        own = render(trigger.properties.get("key"), variables)
        # every key is compared, and in constant time, so that the answer's delay tells nothing about it
        if own and hmac.compare_digest(str(own).encode(), key.encode()):
            found = trigger
    if found is None or flow.disabled:
        raise NotFound(
            f"no webhook of '{flow.namespace}.{flow.id}' has this key",
            hint="check the flow, its Webhook trigger and the key in the address",
            code="webhook-not-found",
        )
    return found


def _webhooks(flow: Flow) -> Iterable[Trigger]:
    names = (WEBHOOK.type, *WEBHOOK.aliases)
    return (trigger for trigger in flow.triggers if trigger.type in names and not trigger.disabled)
