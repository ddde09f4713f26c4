"""What blocks write with: ids, inputs, secrets, the data that flows from one task to the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from copilot.draft.offline.ir import InputSpec, Plan, Step
from copilot.draft.offline.naming import slug
from copilot.draft.offline.text import CODE, EMAIL, JDBC, QUOTED, URL, Text
from copilot.draft.offline.types import Types, before, short
from copilot.draft.offline.verbs import STARTS_CLAUSE

Task = dict[str, Any]
_BASE = frozenset(
    [
        "id",
        "type",
        "description",
        "retry",
        "timeout",
        "disabled",
        "allowFailure",
        "allowWarning",
        "runIf",
        "logLevel",
        "logToFile",
        "taskCache",
        "conditions",
        "stopAfter",
        "inputs",
    ]
)


_NO_NAME = frozenset(
    ["is", "it", "in", "on", "at", "and", "then", "every", "to", "from", "into", "with", "as", "via", "or", "of", "by", "for",
     "name", "names", "named", "called", "changes", "first", "daily", "hourly", "per", "name", "url", "path", "id", "key",
     "where", "when", "which", "that", "storage", "prefix", "folder", "given", "input", "inputs", "follows", "later", "tbd"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """What a task left for the next one: a file (``uri``, in a ``format``), rows in memory, or a piece of text."""

    task: str
    kind: str
    format: str = ""
    expression: str = ""
    files: str = ""
    """An expression for a map of files, where there are several (an unpacked archive, a script's output files)."""


@dataclass
class Writer:
    """State of one composition. Blocks add tasks through ``task`` and say what they yield through ``yields``."""

    types: Types
    text: Text
    plan: Plan
    namespace: str
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    data: list[Data] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    steps_of: dict[int, list[str]] = field(default_factory=dict)
    http: str = ""
    approvals: list[str] = field(default_factory=list)
    where: str = "tasks"
    extra: dict[str, Any] = field(default_factory=dict)
    search: Callable[[str], Sequence[str]] | None = None
    """Types that the corpus knows for some words, best first."""
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return self.types.target

    def new_id(self, hint: str) -> str:
        """A task id that is not taken yet."""
        base = slug(hint)[:50] or "task"
        name, n = base, 2
        while name in self.ids:
            name, n = f"{base}_{n}", n + 1
        self.ids.add(name)
        return name

    def task(self, hint: str, candidates: str | Sequence[str], **properties: Any) -> Task:
        """A task of the first type that exists, with only the properties that type has in the target version."""
        names = [candidates] if isinstance(candidates, str) else list(candidates)
        name = self.types.pick(names)
        if name is None:
            raise LookupError(names[0])
        definition = self.types.get(name)
        assert definition is not None
        task: Task = {"id": self.new_id(hint), "type": name}
        for key, value in properties.items():
            if value is None or value == {} or value == []:
                continue
            if key in definition.properties or key in _BASE or "*" in definition.properties or definition.partial:
                fitting = fitting_enum(definition.properties.get(key), value)
                if fitting is not None:
                    task[key] = fitting
        self._fill_required(task, definition.properties)
        self.extra.setdefault("tasks", {})[task["id"]] = task
        return task

    def _fill_required(self, task: Task, properties: Mapping[str, Any]) -> None:
        for name, facts in properties.items():
            if not facts.required or facts.has_default or name in task or name in ("*", "id", "type"):
                continue
            value = self.placeholder(task["type"], name, facts)
            if value is not None:
                task[name] = value

    def placeholder(self, type_name: str, name: str, facts: Any) -> Any:
        """A value for a required property that the words do not give: a secret or an input, never an invention."""
        kind = facts.kind
        family = slug(short(type_name).split(".")[-2])
        if facts.secret or (
            re.search(r"(?i)password|token|secret|api_?key|privateKey|credential|accountSid|webhookUrl", name)
            and kind in ("string", "any")
        ):
            return self.secret(f"{family}_{name}")
        if facts.enum:
            low = self.text.masked
            said = [e for e in facts.enum if re.search(rf"\b{re.escape(str(e).lower())}\b", low)]
            return (said or list(facts.enum))[0]
        if kind == "boolean":
            return False
        if kind in ("string", "any", "duration"):
            if kind == "duration":
                return "PT1M"
            return self.ask(_input_name(family, name), "STRING", note=f"`{name}` of {short(type_name)}")
        if kind in ("integer", "number"):
            return self.ask(
                _input_name(family, name),
                "INT" if kind == "integer" else "FLOAT",
                note=f"`{name}` of {short(type_name)}",
            )
        if kind == "array":
            inner = facts.items.kind if facts.items else "string"
            if inner in ("string", "any"):
                return [
                    self.ask(
                        _input_name(family, name).removesuffix("s"), "STRING", note=f"`{name}` of {short(type_name)}"
                    )
                ]
            return [self._object(type_name, facts.items)] if facts.items else []
        if kind in ("map",):
            return {"key": self.ask(_input_name(family, name), "STRING", note=f"`{name}` of {short(type_name)}")}
        if kind == "object":
            return self._object(type_name, facts)
        if kind.startswith("plugin:"):
            return None
        return None

    def _object(self, type_name: str, facts: Any) -> dict[str, Any]:
        fields = facts.fields or {}
        out = {n: self.placeholder(type_name, n, f) for n, f in fields.items() if f.required and not f.has_default}
        known = {n: v for n, v in out.items() if v is not None}
        return known or ({} if fields else {"value": self.ask("value", "STRING")})

    def ask(self, name: str, kind: str = "STRING", default: Any = None, note: str = "") -> str:
        """An expression for an input; the input is added when the words did not name it. What the words keep in the
        key-value store is read from there."""
        identifier = slug(name)
        if (key := kept_in_kv(self.text).get(identifier)) or (key := _key_for(identifier, kept_in_kv(self.text))):
            return self.expr(f"kv('{key}')")
        for known in self.inputs:
            if known == identifier or known.lower() == identifier:
                return self.expr(f"inputs.{known}")
        self.inputs[identifier] = InputSpec(
            identifier, kind, default, (), True, {"description": _sentence(note)} if note else {}
        )
        if default is None:
            self.placeholders[identifier] = note or identifier.replace("_", " ")
        return self.expr(f"inputs.{identifier}")

    def secret(self, name: str) -> str:
        """A secret() call; a secret the words name for this purpose wins over the usual name."""
        wanted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().replace("-", "_").replace(".", "_")
        return f"{{{{ secret('{self._named_secret(wanted) or wanted}') }}}}"

    def _named_secret(self, wanted: str) -> str:
        named = named_secrets(self.text)
        if wanted in named:
            return wanted
        tail = wanted.rsplit("_", 1)[-1]
        fits = [
            n
            for n in named
            if n.endswith(tail)
            or (tail in ("WEBHOOK", "URL") and "HOOK" in n)
            or (tail in ("ACCOUNT",) and ("CRED" in n or "ACCOUNT" in n))
        ]
        return fits[0] if len(fits) == 1 else ""

    @staticmethod
    def expr(inner: str) -> str:
        return f"{{{{ {inner} }}}}"

    def out(self, task: str, attribute: str) -> str:
        """``outputs.task.attribute``, with the loop's value between them where the task runs once per value."""
        owner = next((loop for loop in self.loops if task in self.extra.get(loop, ())), "")
        if owner and before(self.target, "2.0"):
            return f"outputs.{task}[taskrun.value].{attribute}"
        return f"outputs.{task}.{attribute}"

    def yields(self, task: Task, kind: str, attribute: str, format: str = "", files: str = "") -> Data:
        """Remember what a task leaves; returns it too."""
        if self.loops:
            self.extra.setdefault(self.loops[-1], set()).add(task["id"])
        expression = self.out(task["id"], attribute) if attribute else ""
        data = Data(task["id"], kind, format, expression, self.out(task["id"], files) if files else "")
        self.data.append(data)
        return data

    @property
    def last(self) -> Data | None:
        return self.data[-1] if self.data else None

    def last_of(self, *kinds: str) -> Data | None:
        """The newest data of one of these kinds."""
        return next((d for d in reversed(self.data) if d.kind in kinds), None)

    def named(self, step: Step, noun: str) -> str | None:
        """A name said for a noun in the step's clause or the whole request: "bucket `raw`", "table orders"."""
        for start, end in ((step.start - 120, step.start + 160), (0, len(self.text.masked))):
            stretch = self.text.masked[max(0, start) : end]
            base = max(0, start)
            for match in re.finditer(
                (
                    rf"\b(?:{noun})s?\s*(?:called\s+|named\s+|:|=|is\s+)?\s*([{CODE}{QUOTED}{URL}]+)"
                    rf"|([{CODE}]+)\s+(?:{noun})\b"
                ),
                stretch,
            ):
                group = 1 if match[1] else 2
                literal = self.text.literal_at(base + match.start(group))
                if literal:
                    return literal.value
            bare = re.search(rf"\b(?:{noun})\s+(?:called\s+|named\s+)?([a-z][a-z0-9]*[_/.-][\w./-]*\w)", stretch)
            if bare:
                return self.text.plain[base + bare.start(1) : base + bare.end(1)]
            word = re.search(
                (
                    rf"\b(?:{noun})\s+(?:called\s+|named\s+)?([a-z]\w+)(?=\s*(?:[,.;:)(]|$|→|->|=>)"
                    r"|\s+(?:in|on|at|and|then|every|to|from|into|with|as|via|per|of|for|where|by|under|below|inside|daily"
                    r"|hourly|weekly|using|after|once|if|when)\b)"
                ),
                stretch,
            )
            ends = word is not None and not re.search(r"\w", stretch[word.end() :])
            if word and word[1] not in _NO_NAME and (ends or not STARTS_CLAUSE.fullmatch(word[1])):
                return self.text.plain[base + word.start(1) : base + word.end(1)]
            loose = re.search(rf"\b(?:{noun})\s+(?:called\s+|named\s+)?([a-z]\w+)\s+([a-z]+)\b", stretch)
            if (
                loose
                and loose[1] not in _NO_NAME
                and not STARTS_CLAUSE.fullmatch(loose[1])
                and STARTS_CLAUSE.fullmatch(loose[2])
            ):
                return self.text.plain[base + loose.start(1) : base + loose.end(1)]
        return None

    def literal(self, kind: str) -> str | None:
        """The first literal of a kind in the request (a JDBC address, an e-mail address)."""
        return next((one.value for one in self.text.literals if one.kind == kind), None)

    @property
    def jdbc(self) -> str | None:
        return self.literal(JDBC)

    @property
    def email(self) -> str | None:
        return self.literal(EMAIL)

    def note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)


def named_secrets(text: Text) -> list[str]:
    """Names of secrets the words mention: "the secret PG_PASSWORD", "secrets A and B"."""
    out: list[str] = []
    for match in re.finditer(
        r"\b[Ss]ecrets?\s+(?:called\s+|named\s+)?((?:[`'\"]?[A-Z][A-Z0-9_]{2,}[`'\"]?(?:\s*(?:,|and|und)\s*)?)+)",
        text.plain,
    ):
        out += re.findall(r"[A-Z][A-Z0-9_]{2,}", match[1])
    return out


def fitting_enum(facts: Any, value: Any) -> Any:
    """A value that the property's enum allows: ``store: true`` is STORE where a type asks how; None when none is."""
    if facts is None or not facts.enum or facts.kind != "enum" or (isinstance(value, str) and "{{" in value):
        return value
    if value is True and "STORE" in facts.enum:
        return "STORE"
    return value if str(value) in facts.enum else None


_KEPT = re.compile(
    r"(?P<names>\b[\w/-]+(?:\s*(?:,|/|and|&)\s*(?:the\s+)?[\w-]+){0,6})\s+(?:are|is|come|comes|lies"
    r"|stored|kept|values?)\s+"
    r"(?:all\s+)?(?:stored\s+|kept\s+)?(?:in|from)\s+(?:the\s+)?kv(?:\s+store)?\b(?:\s*\((?P<keys>[A-Z][\w, ]+)\))?",
    re.I,
)


def kept_in_kv(text: Text) -> dict[str, str]:
    """Key by the word that names it: 'bucket and project are in KV (GCP_BUCKET, GCP_PROJECT_ID)'."""
    out: dict[str, str] = {}
    for match in _KEPT.finditer(text.plain):
        keys = re.findall(r"[A-Z][A-Z0-9_]+", match["keys"] or "")
        for word in re.findall(r"[a-z][a-z_]{2,}", match["names"].lower()):
            if word in ("and", "the", "all", "key", "keys"):
                continue
            out[word] = next((k for k in keys if word in k.lower()), word.upper())
    return out


def _key_for(identifier: str, kept: Mapping[str, str]) -> str:
    """The key of a word that the identifier holds: gcp_project_id holds project."""
    parts = identifier.split("_")
    return next((key for word, key in kept.items() if word in parts), "")


def _input_name(family: str, name: str) -> str:
    plain = slug(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name))
    generic = plain in (
        "id",
        "name",
        "key",
        "value",
        "type",
        "url",
        "host",
        "index",
        "project",
        "query",
        "body",
        "title",
        "path",
    )
    return f"{family}_{plain}" if generic and family not in ("core",) else plain


def _sentence(note: str) -> str:
    text = note.strip()
    return text[:1].upper() + text[1:] if text else text


def with_default(spec: InputSpec, value: Any) -> InputSpec:
    """The same input with a default."""
    return replace(spec, default=value)
