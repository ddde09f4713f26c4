"""Every place of a flow that can take a value, with the names people call it by.

A slot is a property of a task, trigger, input or of the flow itself: those that are written, and those that the
catalog knows for the type, nested ones included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from copilot.draft.offline.editing.document import Document, Item
from copilot.draft.offline.editing.targets import stem
from copilot.draft.offline.types import Types
from engine.flow.catalog import Property, in_version
from engine.flow.findings import Path

_DEEP = 3
_ANY = Property()
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_CHILDREN = frozenset(["tasks", "errors", "finally", "afterExecution", "then", "else", "cases", "defaults", "task"])
# What people say for a property; each line is one name in the catalog.
_SAID: Mapping[str, str] = {
    "uri": "url|address|link|endpoint|uri", "url": "url|address|link|webhook|connection|uri", "sql": "query|sql|statement|select", "containerImage": "image|container|docker image", "messageText": "message|text", "message": "text|message|log message|says?",
    "maxAttempts": "attempts|tries|attempt limit|max tries|number of attempts", "interval": "wait between|delay|frequency|polling interval|poll interval|pause between|check interval", "modelName": "model", "model": "model", "to": "recipients?|receivers?|recipient address", "from": "sender|source file|source",
    "username": "user|login|user name", "table": "table name|table", "cron": "cron expression|cron|schedule", "timezone": "time zone|tz", "defaults": "default value|default", "displayName": "display name|label|title", "concurrencyLimit": "concurrency|parallelism|concurrency limit", "concurrent": "concurrency|parallelism|concurrency limit",
    "fetchType": "fetch type|fetch mode", "timeout": "time out|time limit|max runtime|maximum runtime|limit", "duration": "sleep time|wait time|length|duration|pause|wait", "subject": "subject line|title", "maxDuration": "total time|max time|overall limit", "method": "verb|http method", "flowId": "flow|subflow id|called flow",
    "beforeCommands": "before commands|setup commands", "fieldSeparator": "separator|delimiter", "delimiter": "separator", "commands": "command", "contentType": "content type", "limit": "concurrency limit|limit", "behavior": "behaviour|behavior", "logLevel": "log level", "level": "log level|level|severity", "required": "mandatory", "runIf": "condition",
    "destination": "target|destination", "payload": "body|payload|text|message", "htmlTextContent": "body|text|content", "script": "code|script", "values": "items|list|options|choices|allowed values", "condition": "expression|condition", "maxTokens": "token limit|max tokens", "systemMessage": "system prompt|system message", "prompt": "question|prompt", "key": "key", "description": "describe|beschreibung|descripci[oó]n", "content": "message|text", "apiKey": "api key|key|token", "branch": "branch name|branch", "expirationDuration": "ttl|time to live|expir\\w+", "maxRecords": "messages|records", "channel": "chat|chat id|room|channel",
}  # fmt: skip
_WEAK = frozenset(["name", "id", "type", "value", "key", "text", "enabled", "max", "min", "is"])


@dataclass(frozen=True, slots=True)
class Slot:
    """``path`` leads from the flow; ``value`` is what is written there (None when nothing is)."""

    item: Item | None
    path: Path
    facts: Property
    value: Any
    present: bool

    @property
    def name(self) -> str:
        return str(self.path[-1])

    @property
    def depth(self) -> int:
        return len(self.path) - (len(self.item.path) if self.item else 0)


def slots(doc: Document, types: Types) -> list[Slot]:
    """All places, in the order of the flow: of its items, then of the flow itself."""
    out: list[Slot] = []
    for item in doc.items():
        out += list(_of_item(item, types))
    return out + list(_of_flow(doc, types))


def _of_item(item: Item, types: Types) -> Iterator[Slot]:
    facts = properties_of(item, types)
    yield from _of_mapping(item, item.values, item.path, facts, types, 0)


def properties_of(item: Item, types: Types) -> Mapping[str, Property]:
    """What an item of this type may hold, in the target version."""
    models = types.catalog.models
    if item.section == "inputs":
        model = models["input"]
        more: Mapping[str, Property] = model.variants.get(item.type, {})
    else:
        model = models["trigger" if item.section == "triggers" else "task"]
        definition = types.get(item.type)
        more = definition.properties if definition else {}
    there = {**model.fields, **more}
    return {n: p for n, p in there.items() if in_version(p.since, p.removed, types.target) and not p.hidden}


def _of_mapping(
    item: Item | None, values: Mapping[str, Any], path: Path, facts: Mapping[str, Property], types: Types, depth: int
) -> Iterator[Slot]:
    for name in [*values, *(n for n in facts if n not in values)]:
        fact = facts.get(name, _ANY)
        present = name in values
        value = values.get(name)
        here = (*path, name)
        if name in ("id", "type") and depth == 0:
            continue
        if fact.kind in ("tasks", "task") or (name in _CHILDREN and _holds_tasks(value)):
            continue
        if name == "method" and fact.kind == "string":
            fact = replace(fact, enum=_METHODS)
        if not present and (fact.ee or name in ("workerGroup", "workerSelector", "assets", "policyRefs")):
            continue
        if not (fact.deprecated and not present):
            yield Slot(item, here, fact, value, present)
        if depth < _DEEP or (present and depth < 12):
            yield from _below(item, value, here, fact, types, depth)


def _below(item: Item | None, value: Any, here: Path, fact: Property, types: Types, depth: int) -> Iterator[Slot]:
    if isinstance(value, list):
        for index, member in enumerate(value):
            if isinstance(member, dict):
                inner = _fields(member, fact.items or _ANY, types)
                yield from _of_mapping(item, member, (*here, index), inner, types, depth + 1)
        return
    mapping = value if isinstance(value, dict) else {}
    inner = _fields(mapping, fact, types) if depth < _DEEP else {}
    if inner or mapping:
        yield from _of_mapping(item, mapping, here, inner, types, depth + 1)


def _fields(value: Mapping[str, Any], fact: Property, types: Types) -> Mapping[str, Property]:
    """The fields of a nested object: its own, those of its variant, or of the type it names."""
    if fact.variants:
        kind = str(value.get(fact.variant_key, next(iter(fact.variants))))
        return {**(fact.fields or {}), **fact.variants.get(kind, {})}
    if fact.fields:
        return fact.fields
    if fact.ref and fact.ref in types.catalog.models:
        model = types.catalog.models[fact.ref]
        kind = str(value.get(model.variant_key, "")) if model.variant_key else ""
        return {**model.fields, **model.variants.get(kind, {})}
    definition = types.get(str(value.get("type", ""))) if "type" in value else None
    return definition.properties if definition else {}


def _holds_tasks(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(v, dict) and ("id" in v or "task" in v) for v in value)
    return isinstance(value, dict) and any(_holds_tasks(v) for v in value.values())


def _of_flow(doc: Document, types: Types) -> Iterator[Slot]:
    models = types.catalog.models
    for name in ("description", "namespace", "id", "disabled"):
        yield Slot(None, (name,), models["flow"].fields.get(name, _ANY), doc.flow.get(name), name in doc.flow)
    for section, model in (("concurrency", "concurrency"), ("retry", "retry")):
        values = doc.flow.get(section)
        values = values if isinstance(values, dict) else {}
        facts = {**models[model].fields, **(models[model].variants.get(str(values.get("type")), {}))}
        if values or section == "concurrency":
            yield from _of_mapping(None, values, (section,), facts, types, 1)
    for section in ("labels", "variables"):
        values = doc.flow.get(section)
        if isinstance(values, dict):
            yield from _of_mapping(None, values, (section,), {}, types, 1)
    for section in ("outputs", "pluginDefaults", "sla", "checks", "labels"):
        entries = doc.flow.get(section)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                yield from _of_mapping(None, entry, (section, index), {}, types, 1)


# --- names


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a property's name: ``maxAttempts`` has max, attempts."""
    return tuple(w.lower() for w in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)) or (name.lower(),)


@lru_cache(maxsize=4096)
def _patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    joined = r"[\s_-]?".join(re.escape(w) for w in name_words(name))
    joined = joined.removesuffix("s") if len(joined) > 3 and not joined.endswith("ss") else joined
    said = _SAID.get(name)
    return re.compile(rf"(?<![\w.-]){joined}s?(?![\w-])"), re.compile(rf"\b(?:{said})\b") if said else None


def called(name: str, words: str) -> tuple[float, int, int]:
    """(how clearly the words name this property, start, end): 1 by its name, less by what people say for it."""
    exact, said = _patterns(name)
    if name in ("from", "to", "as", "in", "on", "if"):
        match = re.search(
            rf"\b(?:the\s+|its\s+|property\s+|field\s+){name}\b|\b{name}\s+(?:property|field|should|must|is)\b|\b{name}\s*[=:]",
            words,
        )
        match = match or (said.search(words) if said else None)
        return (0.9, match.start(), match.end()) if match else (0, 0, 0)
    match = next(iter(reversed(list(exact.finditer(words)))), None) if name == "defaults" else exact.search(words)
    match = match or re.search(rf"(?<![\w.-]){re.escape(name.lower())}(?![\w-])", words)
    if match:
        return 1 + 0.03 * len(name_words(name)), match.start(), match.end()
    if (
        len(name) > 5
        and len(name_words(name)) == 1
        and (match := re.search(rf"(?<![\w-]){name[:4].lower()}(?![\w-])", words))
    ):
        return 0.8, match.start(), match.end()
    if said and (match := said.search(words)):
        return 0.85 + 0.01 * len(match.group()), match.start(), match.end()
    if name.isupper():
        return 0, 0, 0
    parts = name_words(name)
    core = [p for p in parts if p not in ("id", "name", "uri", "key")]
    if 1 < len(core) < len(parts) and (match := re.search(rf"\b{r'[ _-]?'.join(core)}\b", words)):
        return 0.92, match.start(), match.end()
    if len(parts) > 1:
        spoken = {stem(m.group()): m for m in re.finditer(r"(?<![\w./@-])[a-z0-9]+\b(?![/@_]|[.-]\w)", words)}
        for p in parts:
            longer = next(
                (
                    s
                    for s in spoken
                    if len(p) > 2
                    and (s.startswith(p) or (len(stem(p)) > 3 and s.startswith(stem(p))))
                    and stem(p) not in spoken
                ),
                None,
            )
            if longer:
                spoken[stem(p)] = spoken[longer]
        hits = [spoken[stem(p)] for p in parts if stem(p) in spoken]
        strong = [p for p in parts if stem(p) in spoken and p not in _WEAK and len(p) > 2]
        if len(hits) == len(parts):
            return 0.8, min(h.start() for h in hits), max(h.end() for h in hits)
        needed = [p for p in parts if p not in _WEAK]
        if strong and len(strong) == len(needed):
            return 0.7, min(h.start() for h in hits), max(h.end() for h in hits)
        if strong and (parts[-1] in strong or len(strong) * 2 > len(parts)):
            return 0.5, min(h.start() for h in hits), max(h.end() for h in hits)
    return 0, 0, 0
