"""A flow as YAML that reads well: Kestra's usual key order, block text for several lines, a blank line between tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

FLOW_ORDER = (
    "id", "namespace", "description", "labels", "inputs", "variables", "concurrency", "sla", "tasks", "errors", "finally",
    "afterExecution", "outputs", "triggers", "pluginDefaults",
)  # fmt: skip
_TOP = re.compile(r"^(?=[a-zA-Z]+:)", re.M)


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Two tasks that share a value each show it: Kestra's users do not read anchors."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    if "\n" in value:
        clean = "\n".join(line.rstrip() for line in value.split("\n"))
        return dumper.represent_scalar("tag:yaml.org,2002:str", clean, style="|")
    if "{{" in value or "{%" in value:
        style = "'" if '"' in value and "'" not in value else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)
    if (re.fullmatch(r"[\d*/,\-\s]+|[\d:.\-+TZ]+|0x\w+", value) and value) or re.fullmatch(
        r"(?i)y|n|yes|no|on|off|true|false|null|~", value
    ):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')
    return dumper.represent_scalar("tag:yaml.org,2002:str", value)


_Dumper.add_representer(str, _text)


def to_yaml(flow: Mapping[str, Any]) -> str:
    """The text of a flow; the same mapping always gives the same text."""
    ordered = {key: flow[key] for key in FLOW_ORDER if flow.get(key)}
    ordered |= {key: value for key, value in flow.items() if key not in ordered and value}
    text = yaml.dump(
        ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False
    )
    blocks = [b for b in _TOP.split(text) if b]
    out = ""
    for block in blocks:
        key = block.split(":", 1)[0]
        many = key in ("tasks", "errors", "finally", "afterExecution", "triggers")
        if many:
            block = re.sub(r"\n(?=  - )", "\n\n", block).replace(f"{key}:\n\n", f"{key}:\n", 1)
        single = "\n" not in block.strip()
        out += ("" if single and key in ("namespace",) else "\n" if out else "") + block
    return out


def task_yaml(items: list[Mapping[str, Any]], indent: int) -> str:
    """List items as text at an indentation, for putting into an existing flow."""
    text = yaml.dump(
        [dict(i) for i in items],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
        default_flow_style=False,
    )
    lines = [line.removeprefix("  ") if line.startswith("  ") else line for line in text.splitlines()]
    flat = lines if text.startswith("  - ") else text.splitlines()
    return "\n".join((" " * indent + line) if line else line for line in flat) + "\n"
