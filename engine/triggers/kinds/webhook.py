"""Webhook: requests with the right key (how they are received is in ``engine.triggers.webhook``)."""

from __future__ import annotations

from engine.triggers.registry import TriggerKind, trigger_kind

WEBHOOK = trigger_kind(
    TriggerKind(
        "io.kestra.plugin.core.trigger.Webhook", "request", aliases=("io.kestra.core.models.triggers.types.Webhook",)
    )
)
