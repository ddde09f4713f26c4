"""Whether a flow meets what a case requires: types, trigger, inputs, features, texts, values. One reason a breach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.flow.source import parse

Flow = Mapping[str, Any]
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SECRET_KEY = re.compile(
    r"(?i)^(?:.*password|.*token|.*api_?key|.*secret(?!s\b).*|private_?key|secretKeyId|accessKeyId)$"
)
_NOT_SECRET = re.compile(
    r"(?i)^(?:max_?tokens?|.*tokens|secretId|.*TokenType|tokenUrl|.*tokenUri|pageToken|passwordAuth\w*)$"
)


def breaches(text: str, require: Mapping[str, Any], forbid: Mapping[str, Any], original: str = "") -> list[str]:
    """Everything that is required and missing, or forbidden and there; empty when the flow meets the case."""
    flow = parse(text).value
    if not isinstance(flow, dict):
        return ["not a flow"]
    out = [*_types(flow, require, forbid), *_trigger(flow, require), *_inputs(flow, require)]
    out += [f"feature {f} is missing" for f in require.get("flow_features", ()) if not has_feature(flow, text, f)]
    out += _texts(text, require, forbid)
    out += _values(flow, require)
    if require.get("secrets_not_inline"):
        before = set(inline_secrets(parse(original).value)) if original else set()
        out += [f"credential in clear text at {p}" for p in inline_secrets(flow) if p not in before]
    return out


def walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping below a value, outermost first."""
    if isinstance(value, Mapping):
        yield value
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from walk(child)


def all_types(flow: Flow) -> set[str]:
    """Every ``type`` anywhere in the flow."""
    return {m["type"] for m in walk(flow) if isinstance(m.get("type"), str)}


def by_id(flow: Flow, identifier: str) -> Mapping[str, Any] | None:
    """The first mapping with this id."""
    return next((m for m in walk(flow) if m.get("id") == identifier), None)


def _types(flow: Flow, require: Mapping[str, Any], forbid: Mapping[str, Any]) -> list[str]:
    there = all_types(flow)
    out = [f"none of {', '.join(group)}" for group in require.get("types", ()) if not there & set(group)]
    out += [f"forbidden type {t}" for t in forbid.get("types", ()) if t in there]
    return out


def _inputs(flow: Flow, require: Mapping[str, Any]) -> list[str]:
    inputs = {str(i.get("id")): i for i in flow.get("inputs") or () if isinstance(i, dict)}
    out = [f"input {name} is missing" for name in require.get("inputs", ()) if name not in inputs]
    if len(inputs) < require.get("inputs_min", 0):
        out.append(f"{len(inputs)} inputs, {require['inputs_min']} required")
    for key, field in (("input_values", "values"), ("input_defaults", "defaults"), ("input_max", "max")):
        for name, wanted in (require.get(key) or {}).items():
            have = inputs.get(name, {}).get(field)
            if have != wanted and str(have) != str(wanted):
                out.append(f"{field} of input {name}: {have}, not {wanted}")
    return out


def _texts(text: str, require: Mapping[str, Any], forbid: Mapping[str, Any]) -> list[str]:
    out = [f"text {t} is missing" for t in require.get("text", ()) if not any(a in text for a in t.split("|"))]
    out += [f"text {t} is forbidden" for t in forbid.get("text", ()) if t in text]
    for part, most in (require.get("text_max_count") or {}).items():
        if text.count(part) > most:
            out.append(f"{part} appears {text.count(part)} times, at most {most}")
    return out


def _values(flow: Flow, require: Mapping[str, Any]) -> list[str]:
    out = []
    for value in require.get("values", ()):
        task = by_id(flow, value["id"])
        have: Any = task
        for part in str(value["property"]).split("."):
            have = have.get(part) if isinstance(have, Mapping) else None
        if have != value["equals"]:
            out.append(f"{value['id']}.{value['property']}: {have}, not {value['equals']}")
    return out + [f"{gone} is still there" for gone in require.get("removed", ()) if by_id(flow, gone) is not None]


def _trigger(flow: Flow, require: Mapping[str, Any]) -> list[str]:
    wanted = require.get("trigger")
    if not wanted:
        return []
    kinds = set(wanted.get("type_any") or [wanted["type"]])
    found = [t for t in flow.get("triggers") or () if isinstance(t, dict) and t.get("type") in kinds]
    if not found:
        return [f"trigger {', '.join(sorted(kinds))} is missing"]
    crons = require.get("crons") or ([wanted["cron"]] if wanted.get("cron") else [])
    zone = wanted.get("timezone")
    out = [f"no schedule fires as {c}" for c in crons if not any(_fires_as(t, c, zone, require) for t in found)]
    if zone and not any(t.get("timezone") == zone for t in found):
        out.append(f"time zone {zone} is not set")
    return out


def _fires_as(trigger: Mapping[str, Any], cron: str, zone: str | None, require: Mapping[str, Any]) -> bool:
    if _next(str(trigger.get("cron")), zone) == _next(cron, zone):
        return True
    return bool(require.get("cron_note")) and set(_next(str(trigger.get("cron")), zone)) <= set(_next(cron, zone, 400))


def _next(cron: str, zone: str | None, n: int = 50) -> list[datetime]:
    from engine.errors import EngineError
    from engine.triggers.cron import next_fire_times

    try:
        return next_fire_times(cron, zone or "UTC", n, _START)
    except EngineError:
        return []


def has_feature(flow: Flow, text: str, feature: str) -> bool:
    """Whether a feature of the benchmark's list is in the flow; ``a:b`` and ``a:b=c`` as its README says."""
    name, _, value = feature.partition(":")
    if name == "kv_refs":
        return bool(re.search(r"\bkv\(", text))
    if name == "trigger_condition":
        return any(
            t.get("conditions") or t.get("when") for t in flow.get("triggers") or () if isinstance(t, dict)
        ) or _cron_says_it(flow)
    if name == "conditional":
        choice = any(str(m.get("type", "")).endswith((".flow.If", ".flow.Switch")) for m in walk(flow))
        return choice or any("runIf" in m or ("when" in m and "id" in m) for m in walk(flow.get("tasks")))
    if name == "multi_flow_condition":
        return "MultipleCondition" in text or any(
            "preconditions" in t or "dependsOn" in t for t in flow.get("triggers") or ()
        )
    if not value:
        return any(name in m for m in walk(flow))
    if "=" in value:
        prop, _, wanted = value.partition("=")
        return any(str(m.get(prop)).lower() == wanted.lower() for m in walk(flow) if _is_named(m, name))
    if name == "input":
        return any(i.get("type") == value for i in flow.get("inputs") or () if isinstance(i, dict))
    return any(_holds(m, name, value) for m in walk(flow))


def _cron_says_it(flow: Flow) -> bool:
    """A cron with limited hours or days says the same as a condition."""
    crons = [str(t.get("cron", "")).split() for t in flow.get("triggers") or () if isinstance(t, dict)]
    return any(len(c) >= 5 and ("-" in c[-4] or c[-1] not in ("*", "?")) for c in crons)


def _is_named(mapping: Mapping[str, Any], name: str) -> bool:
    return mapping.get("id") == name or str(mapping.get("type", "")).rsplit(".", 1)[-1].lower() == name.lower()


def _holds(mapping: Mapping[str, Any], name: str, value: str) -> bool:
    have = mapping.get(name)
    if isinstance(have, Mapping):
        return have.get("type") == value or value in have or value in {str(v) for v in have.values()}
    return name in mapping and str(have) == value


def inline_secrets(flow: Any, path: str = "") -> list[str]:
    """Paths of properties that hold a credential in clear text."""
    out: list[str] = []
    if isinstance(flow, Mapping):
        for key, value in flow.items():
            here = f"{path}.{key}"
            named = _SECRET_KEY.match(str(key)) and not _NOT_SECRET.match(str(key))
            if named and isinstance(value, str) and value.strip() and "{{" not in value:
                out.append(here)
            out += inline_secrets(value, here)
    elif isinstance(flow, Sequence) and not isinstance(flow, str):
        for index, value in enumerate(flow):
            out += inline_secrets(value, f"{path}[{index}]")
    elif isinstance(flow, str) and re.search(
        r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bsk-[\w-]{12,}|\bgh[ps]_\w{20,}|hooks\.slack\.com/services/T\w+/B\w+/\w{8,}|://[^\s:/{}]+:[^\s@{}]{3,}@",
        flow,
    ):
        out.append(path)
    return out
