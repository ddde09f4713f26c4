"""What a flow needs from outside before it can start: inputs, secrets, keys and the trigger's values, as samples."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from engine.flow.catalog import catalog
from engine.flow.model import Flow
from engine.trial.needs import Need
from engine.trial.samples import file_of, input_value, scalar, shaped

_SECRET = re.compile(r"\bsecret\(\s*(?:key\s*=\s*)?['\"]([^'\"]+)['\"]")
_KEY = re.compile(r"\bkv\(\s*(?:key\s*=\s*)?['\"]([^'\"]+)['\"]\s*(?:,\s*(?:namespace\s*=\s*)?['\"]([^'\"]+)['\"])?")
_CHOICES = ("sample-1", "sample-2")
_TIME = "2025-01-15T09:00:00Z"
_BY_TRIGGER: Mapping[str, Mapping[str, Any]] = {
    "Schedule": {"date": _TIME, "next": "2025-01-16T09:00:00Z", "previous": "2025-01-14T09:00:00Z"},
    "ScheduleOnDates": {"date": _TIME, "next": "2025-01-16T09:00:00Z", "previous": "2025-01-14T09:00:00Z"},
    "Flow": {"executionId": "sample-execution", "flowRevision": 1, "state": "SUCCESS", "outputs": {}},
    "Webhook": {"body": {}, "headers": {}, "parameters": {}},
}


def secrets(source: str) -> dict[str, str]:
    """Environment variables with a sample for every secret that the text names."""
    return {
        f"SECRET_{name.upper()}": base64.b64encode(f"sample-{name.lower()}".encode()).decode()
        for name in dict.fromkeys(_SECRET.findall(source))
    }


def keys(flow: Flow) -> dict[tuple[str, str], Any]:
    """A sample for every key that an expression reads, by namespace and key; a list where an input chooses from it."""
    lists = {key for entry in flow.inputs for key, _ in _KEY.findall(str(entry.get("expression", "")))}
    return {
        (where or flow.namespace, key): list(_CHOICES) if key in lists else f"sample-{key.lower()}"
        for key, where in _KEY.findall(flow.source)
    }


def inputs(flow: Flow, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bytes], tuple[str, ...]]:
    """The inputs to run with, sample files for FILE inputs by id, and the ids that were sampled."""
    chosen, files, sampled = dict(given), {}, []
    for declaration in flow.inputs:
        name = str(declaration.get("id", ""))
        if name in given or "defaults" in declaration or "prefill" in declaration:
            continue
        if declaration.get("required") is False and name not in _read_inputs(flow):
            continue
        sampled.append(name)
        if str(declaration.get("type", "")).upper() == "FILE":
            extension = str(declaration.get("extension") or "").lstrip(".") or _named_ending(name)
            files[name] = file_of(extension, ())
        elif (value := _chosen(declaration)) is not None:
            chosen[name] = value
    return chosen, files, tuple(sampled)


def _chosen(declaration: Mapping[str, Any]) -> Any:
    if declaration.get("expression"):
        return [_CHOICES[0]] if str(declaration.get("type")).upper() == "MULTISELECT" else _CHOICES[0]
    return input_value(declaration)


def _named_ending(name: str) -> str:
    return next((ending for ending in ("json", "xml", "parquet", "xlsx", "zip") if ending in name.lower()), "csv")


def _read_inputs(flow: Flow) -> set[str]:
    return set(re.findall(r"\binputs\.(\w+)", flow.source))


def trigger(flow: Flow, need: Need) -> dict[str, Any] | None:
    """Sample values of the flow's first trigger, with all that is read of them; None when it has none."""
    for entry in flow.triggers:
        name = entry.type.rpartition(".")[2]
        found = dict(_BY_TRIGGER.get(name, {}))
        if not found:
            definition = catalog().get(entry.type)
            known = definition.outputs if definition is not None and definition.outputs_known else need.keys
            found = {key: scalar(key) for key in known}
        if name == "Flow":
            found |= {"namespace": flow.namespace, "flowId": "sample-flow"}
        for key, inner in need.keys.items():
            if key in found and (inner.keys or inner.json is not None):
                found[key] = shaped(inner, key)
        return {"id": entry.id, "type": entry.type, "variables": found}
    return None
