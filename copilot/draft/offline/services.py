"""The services people name: tables/services.toml as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from copilot.draft.offline.tables import table

PREFIX = "io.kestra.plugin."


@dataclass(frozen=True, slots=True)
class Service:
    """``kind`` decides how words near the name are read; ``roles`` map an action to candidate types in order of
    preference, without ``PREFIX``; ``package`` is where in the catalog it lives, where the roles do not say it."""

    key: str
    pattern: str
    kind: str
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    title: str = ""
    package: str = ""


def _services() -> tuple[Service, ...]:
    out = []
    for key, facts in table("services").items():
        roles = {role: tuple(types) for role, types in facts.items() if isinstance(types, list)}
        out.append(Service(key, facts["words"], facts["kind"], roles, key, facts.get("package", "")))
    return tuple(out)


SERVICES = _services()
