"""Connection settings written once: moved from the tasks of a plugin into ``pluginDefaults``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ASKED = re.compile(
    r"\bplugin\s?defaults\b|\bonly\s+(?:written\s+|given\s+|set\s+|defined\s+)?once\b"
    r"|\bwritten\s+(?:only\s+)?once\b|\bin\s+one\s+place\b"
    r"|\b(?:don'?t|do\s+not|not|without)\s+(?:want\s+to\s+)?repeat\w*\b"
    r"|\bshare\w*\s+(?:the\s+)?(?:connection|credentials|settings)\b"
    r"|\bsame\s+(?:connection|credentials|settings)\s+for\s+(?:all|both|every)\b"
)
_SETTINGS = frozenset(
    ["url", "username", "password", "host", "port", "projectId", "serviceAccount", "region", "accessKeyId", "secretKeyId",
     "token", "apiKey", "accessToken", "connectionString", "endpoint", "account", "privateKey", "bootstrapServers"]
)  # fmt: skip
_PLUGIN = re.compile(r"^(io\.kestra\.plugin\.(?:jdbc|aws|gcp|azure|fs|core|scripts)?\.?[\w-]+)")


def asked_once(words: str) -> bool:
    """Whether the words want settings in one place."""
    return _ASKED.search(words) is not None


def share(flow: dict[str, Any]) -> None:
    """Move settings that all tasks of a plugin give alike into the flow's plugin defaults."""
    by_plugin: dict[str, list[dict[str, Any]]] = {}
    for task in _tasks(flow):
        if found := _PLUGIN.match(str(task["type"])):
            by_plugin.setdefault(_family(found[1]), []).append(task)
    defaults = []
    for plugin, tasks in by_plugin.items():
        values = {
            key: tasks[0][key]
            for key in tasks[0]
            if key in _SETTINGS and all(t.get(key, tasks[0][key]) == tasks[0][key] for t in tasks)
        }
        if not values:
            continue
        for task in tasks:
            for key in values:
                task.pop(key, None)
        defaults.append({"type": plugin, "values": values})
    if defaults:
        flow["pluginDefaults"] = defaults


def _family(prefix: str) -> str:
    """All of a cloud's tasks share its login."""
    parts = prefix.split(".")
    return ".".join(parts[:4]) if parts[3] in ("aws", "gcp", "azure") else prefix


def _tasks(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str) and str(value.get("type", "")).startswith("io.kestra.plugin."):
            yield value if isinstance(value, dict) else dict(value)
        for child in value.values():
            yield from _tasks(child)
    elif isinstance(value, list):
        for child in value:
            yield from _tasks(child)
