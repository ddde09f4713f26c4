"""The block for whatever has none: a type from the catalog, its required properties asked for."""

from __future__ import annotations

import re

from copilot.draft.offline.blocks import block
from copilot.draft.offline.choosing import for_service
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import message_for, show
from copilot.draft.offline.naming import slug
from copilot.draft.offline.services import Service
from copilot.draft.offline.types import short, words_of
from copilot.draft.offline.writer import Task, Writer

_LOGIN = (
    "url",
    "host",
    "baseUrl",
    "username",
    "password",
    "token",
    "apiToken",
    "apiKey",
    "accessToken",
    "apiSecret",
    "personalAccessToken",
    "oauthToken",
    "privateToken",
    "domain",
)
_SECRET = re.compile(r"(?i)password|token|secret|api_?key|username|privateKey")
_CONTENT = ("title", "summary", "subject", "description", "body", "content", "message", "text", "name")


@block("typed", "saas", "tool")
def generic(w: Writer, step: Step) -> list[Task]:
    return [from_catalog(w, step, _type_of(w, step))]


def _type_of(w: Writer, step: Step) -> str:
    """The type the words chose, the usual one for the role, or the plugin's best fitting one."""
    service: Service = step.args["service"]
    role = step.args["role"]
    if chosen := step.args.get("type"):
        return str(chosen)
    picked = w.types.pick(service.roles.get(role, ()) or next(iter(service.roles.values()), ()))
    if picked is not None:
        return short(picked)
    preferred = w.search(step.words) if w.search else ()
    found = for_service(service, step.words.lower(), role, w.types, preferred)
    if found is None:
        raise LookupError(service.key)
    return found.type


def from_catalog(w: Writer, step: Step, name: str) -> Task:
    """A task of a catalog type: login from secrets, texts from the words, the rest as inputs."""
    definition = w.types.get(name)
    assert definition is not None
    family = name.split(".")[-3] if name.count(".") > 2 else name.split(".")[0]
    key = slug(
        name.split(".")[0] if name.split(".")[0] not in ("aws", "gcp", "azure", "google") else name.split(".")[1]
    )
    values: dict[str, object] = {}
    for login in _LOGIN:
        facts = definition.properties.get(login)
        if facts is None or facts.kind not in ("string", "any"):
            continue
        if _SECRET.search(login) or facts.secret:
            values[login] = w.secret(f"{key}_{login}")
        elif facts.required or login in ("url", "host", "domain"):
            values[login] = w.ask(f"{key}_{login}", note=f"address of {key}; it was not named")
    for text in _CONTENT:
        facts = definition.properties.get(text)
        if (
            facts is not None
            and facts.kind in ("string", "any")
            and (facts.required or text in ("title", "summary", "subject", "body", "description", "message"))
        ):
            values[text] = _content(w, step, text)
    if (facts := definition.properties.get("labels")) is not None and (label := w.named(step, "label")):
        values["labels"] = [label] if facts.kind == "array" else label
    if (facts := definition.properties.get("from")) is not None and facts.kind in ("string", "any") and w.last:
        values["from"] = f"{{{{ {w.last.expression} }}}}"
    if "fetchType" in definition.properties:
        values["fetchType"] = "FETCH"
    task = w.task(_hint(name), [name], **values)
    _result(w, task, definition.outputs, family)
    return task


def _hint(name: str) -> str:
    parts = words_of(name)
    return "_".join(dict.fromkeys(parts[-2:] if parts[-1] not in parts[:-1] else parts[-1:]))


def _content(w: Writer, step: Step, field: str) -> str:
    short_one = field in ("title", "summary", "subject", "name")
    if any(e.kind == "flow" for e in w.plan.events):
        return (
            "Flow {{ trigger.flowId }} ended {{ trigger.state }}"
            if short_one
            else (
                "Execution {{ trigger.executionId }} of {{ trigger.namespace }}.{{ trigger.flowId }} "
                "ended {{ trigger.state }}."
            )
        )
    if short_one:
        said = step.args.get("quoted", ())
        return said[0] if said else "{{ flow.id }}: execution {{ execution.id }}"
    return show(w.last) if w.last and w.last.kind in ("answer", "rows", "value", "body") else message_for(w, step)  # type: ignore[return-value]


def _result(w: Writer, task: Task, outputs: object, family: str) -> None:
    names = list(outputs) if isinstance(outputs, dict) else []
    for name, kind in (
        ("rows", "rows"),
        ("records", "rows"),
        ("issues", "rows"),
        ("items", "rows"),
        ("uri", "file"),
        ("body", "body"),
        ("result", "value"),
    ):
        if name in names:
            w.yields(task, kind, name, "ion" if kind == "file" else "")
            return
