"""The catalog of types as reference documents: one a type, in words that can be found and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.errors import InvalidSource, SourceNotFound
from rag.model import Document
from rag.words import family, family_words, purpose, short_name, split_name

_KIND_WORDS = {
    "task": "task", "flowable": "flowable task", "trigger": "trigger", "condition": "condition",
    "task_runner": "task runner", "provider": "model provider", "embedding_store": "embedding store",
    "tool": "agent tool", "retriever": "content retriever", "memory": "agent memory",
    "log_exporter": "log exporter", "other": "building block",
}  # fmt: skip
_COMMON = {"id", "type", "description", "disabled"}


def read_catalog(folder: Path, origin: str = "catalog") -> Iterator[Document]:
    """A document for each line of ``types.jsonl``. SourceNotFound or InvalidSource when it cannot be read."""
    path = folder / "types.jsonl"
    if not path.is_file():
        raise SourceNotFound(f"no catalog in {folder}", hint="it holds types.jsonl")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield type_document(json.loads(line), origin)
            except (ValueError, KeyError, AttributeError) as error:
                raise InvalidSource(f"{path} line {number} is not a type of the catalog: {error!r}") from error


def type_document(facts: Mapping[str, Any], origin: str) -> Document:
    """A type's facts as text: what it is for, then its properties and outputs under a heading of their own."""
    name = str(facts["type"])
    properties: Mapping[str, Any] = facts.get("properties") or {}
    lines = [purpose(name), "", f"`{name}` is {_article(_kind(facts))}. {_status(facts)}".strip()]
    required = [k for k, v in properties.items() if _required(v) and k not in _COMMON]
    if required:
        lines.append(f"Required: {', '.join(required)}.")
    listed = [_property(k, v) for k, v in properties.items() if _shown(k, v)]
    outputs = [_output(k, v) for k, v in (facts.get("outputs") or {}).items()]
    if listed or outputs:
        lines += ["", f"## Properties of {short_name(name)}", "", *[f"- {p}" for p in listed]]
    if outputs:
        lines += ["", f"Outputs: {'; '.join(outputs)}."]
    return Document(
        id=f"type/{name}",
        kind="reference",
        title=f"{short_name(name)} ({' '.join(split_name(name.rsplit('.', 1)[-1]))})",
        body="\n".join(lines),
        origin=f"{origin}/{name}",
        since=facts.get("since"),
        removed=facts.get("removed"),
        types=(name,),
        aliases=tuple(facts.get("aliases") or ()),
        keywords=_keywords(name, facts),
        weight=_weight(name, facts),
    )


def _kind(facts: Mapping[str, Any]) -> str:
    words = _KIND_WORDS.get(str(facts.get("kind")), "building block")
    if facts.get("trigger_kind"):
        words = f"{str(facts['trigger_kind']).lower()} {words}"
    segments = [w for segment in family(str(facts["type"])) for w in split_name(segment)]
    return f"{words} of {' '.join(segments)}"


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _status(facts: Mapping[str, Any]) -> str:
    parts = []
    if facts.get("since"):
        parts.append(f"New in version {facts['since']}.")
    if facts.get("removed"):
        parts.append(f"Removed in version {facts['removed']}.")
    if facts.get("deprecated"):
        parts.append("Deprecated.")
    if facts.get("replaced_by"):
        parts.append(f"Renamed: use `{facts['replaced_by']}` instead.")
    if facts.get("aliases"):
        parts.append(f"Also accepted under the former name {', '.join(f'`{a}`' for a in facts['aliases'][:3])}.")
    if facts.get("ee"):
        parts.append("Enterprise edition only.")
    return " ".join(parts)


def _required(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("required"))


def _shown(name: str, value: Any) -> bool:
    return name not in {*_COMMON, "*"} and not (isinstance(value, Mapping) and value.get("hidden"))


def _property(name: str, value: Any) -> str:
    """``fetchType (enum STORE, FETCH, NONE; default NONE)``."""
    if not isinstance(value, Mapping):
        return f"{name} ({value})"
    kind = str(value.get("is") or value.get("type") or "any")
    if value.get("enum"):
        shown = [str(v) for v in value["enum"]]
        kind = f"{kind} {', '.join(shown[:8])}{', ...' if len(shown) > 8 else ''}"
    elif isinstance(value.get("items"), str):
        kind = f"{kind} of {value['items']}"
    notes = [kind]
    if value.get("required"):
        notes.append("required")
    default = value.get("default")
    if default is not None and len(str(default)) <= 24:
        notes.append(f"default {json.dumps(default) if not isinstance(default, str) else default}")
    notes += [f"{word} {value[word]}" for word in ("since", "removed") if value.get(word)]
    if value.get("deprecated"):
        notes.append("deprecated")
    if value.get("secret"):
        notes.append("secret")
    return f"{name} ({'; '.join(notes)})"


def _output(name: str, value: Any) -> str:
    kind = value if isinstance(value, str) else str(value.get("is") or value.get("type") or "any")
    return f"{name} ({kind})"


def _keywords(name: str, facts: Mapping[str, Any]) -> str:
    words = [*split_name(name), family_words(name), _KIND_WORDS.get(str(facts.get("kind")), "")]
    for alias in facts.get("aliases") or ():
        words += [alias, *split_name(short_name(alias))]
    words += [w for p in facts.get("properties") or {} for w in split_name(p)]
    return " ".join(dict.fromkeys(w for w in words if w))


def _weight(name: str, facts: Mapping[str, Any]) -> float:
    """Core types are what most flows are made of; superseded and paid ones are seldom what is meant."""
    if facts.get("deprecated") or facts.get("replaced_by"):
        return 0.55
    if facts.get("ee") or ".ee." in name:
        return 0.6
    return 1.0 if facts.get("plugin") == "core" else 0.9
