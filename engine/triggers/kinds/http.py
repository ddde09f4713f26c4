"""The HTTP trigger: asks an address at an interval, and starts an execution when the answer is the wanted one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.flow.model import Trigger
from engine.triggers.registry import Render, TriggerKind, trigger_kind

_SENT = (
    "uri",
    "method",
    "body",
    "formData",
    "contentType",
    "headers",
    "params",
    "options",
    "sslOptions",
    "encryptBody",
)
_WANTED = "{{ response.statusCode < 400 }}"


class _Http:
    """Sends the request as the task of the same name does; a bad status is an answer too."""

    def asks(self, trigger: Trigger) -> tuple[str, Mapping[str, Any]]:
        properties = {name: trigger.properties[name] for name in _SENT if name in trigger.properties}
        options = {"allowFailed": True, **(properties.get("options") or {})}
        return "io.kestra.plugin.core.http.Request", {**properties, "options": options}

    def found(
        self, trigger: Trigger, outputs: Mapping[str, Any], render: Render, variables: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        from engine.expressions.values import truthy

        response = {"statusCode": outputs["code"], "body": outputs.get("body"), "headers": outputs.get("headers")}
        wanted = render(trigger.properties.get("responseCondition", _WANTED), {**variables, "response": response})
        return outputs if truthy(wanted) else None


HTTP = trigger_kind(
    TriggerKind(
        "io.kestra.plugin.core.http.Trigger", "poll", aliases=("io.kestra.plugin.fs.http.Trigger",), poll=_Http()
    )
)
