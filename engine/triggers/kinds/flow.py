"""Flow: executions of other flows (how they match is in ``engine.triggers.flow``)."""

from __future__ import annotations

from engine.triggers.registry import TriggerKind, trigger_kind

FLOW = trigger_kind(
    TriggerKind(
        "io.kestra.plugin.core.trigger.Flow", "execution", aliases=("io.kestra.core.models.triggers.types.Flow",)
    )
)
