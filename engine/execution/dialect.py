"""What differs between Kestra versions while a flow runs; what a flow may say in each is the catalog's business."""

from __future__ import annotations

from dataclasses import dataclass

from engine.flow.catalog import DEFAULT_TARGET, version_key

TENANT = "main"
"""The only tenant there is without Kestra's enterprise edition."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version's ways.

    - ``tenant``: ``flow.tenantId``, None before tenants were shown
    - ``parents_name_tasks``: each of ``parents`` says its task instead of its outputs, and none is left out
    - ``errors_name_causes``: how a refused input is worded
    """

    tenant: str | None = TENANT
    parents_name_tasks: bool = False
    errors_name_causes: bool = False


def dialect_of(version: str = DEFAULT_TARGET) -> Dialect:
    """The ways of a Kestra version such as 1.1."""
    key = version_key(version)
    return Dialect(
        tenant=TENANT if key >= (0, 23) else None,
        parents_name_tasks=key >= (2,),
        errors_name_causes=key >= (1, 2),
    )


DEFAULT = dialect_of()
