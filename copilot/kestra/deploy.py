"""Flows to a Kestra server: checked for its version, compared with what is there, then created or updated.

Nothing is sent before every flow has passed; nothing is deleted unless told so.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from copilot.errors import Usage
from copilot.kestra.client import Kestra
from copilot.kestra.document import document
from engine.flow.findings import Finding, errors

Action = Literal["create", "update", "unchanged", "delete"]
_NAMESPACE = re.compile(r"(?m)^namespace:.*$")
_REVISION = re.compile(r"(?m)^revision:\s*\d+\s*$\n?")
OnEvent = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be done with one flow. ``diff`` is unified, from what is deployed to what is to be."""

    file: str
    namespace: str
    flow_id: str
    source: str
    action: Action | None
    diff: str = ""
    findings: tuple[Finding, ...] = ()
    refused: tuple[str, ...] = ()
    revision: int | None = None

    @property
    def wrong(self) -> bool:
        """Whether it cannot be deployed: by our rules, or by the server's own words in ``refused``."""
        return bool(errors(list(self.findings)) or self.refused)

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "namespace": self.namespace,
            "id": self.flow_id,
            "action": self.action,
            "revision": self.revision,
            "diff": self.diff,
            "findings": [finding.as_dict() for finding in self.findings],
            "refused": list(self.refused),
        }


@dataclass(frozen=True, slots=True)
class Deployment:
    """``done`` is false for a plan that was only made, or that was refused as a whole."""

    url: str
    version: str
    target: str
    flows: tuple[Planned, ...]
    done: bool = False
    run: Mapping[str, Any] | None = field(default=None)

    @property
    def refused(self) -> bool:
        return any(planned.wrong for planned in self.flows)

    def as_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "server": {"url": self.url, "version": self.version, "target": self.target},
            "deployed": self.done,
            "flows": [planned.as_dict() for planned in self.flows],
        }
        return out if self.run is None else {**out, "run": dict(self.run)}


def plan(
    server: Kestra, sources: Sequence[tuple[str, str]], *, namespace: str | None, default_target: str, prune: bool
) -> Deployment:
    """What deploying these (file, text) would do. KestraError, Usage.

    ``namespace`` moves every flow there; ``prune`` plans the deletion of what else those namespaces hold.
    """
    target = server.target(default_target)
    flows = [_planned(server, name, text, namespace, target) for name, text in sources]
    named = [(planned.namespace, planned.flow_id) for planned in flows if planned.flow_id]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise Usage(f"two files hold the flow {'.'.join(twice)}", hint="leave one of them out")
    if prune and not any(planned.wrong for planned in flows):
        flows += [
            Planned("", place, flow_id, "", "delete")
            for place in dict.fromkeys(place for place, _ in named)
            for flow_id in server.flows(place)
            if (place, flow_id) not in named
        ]
    return Deployment(server.url, server.check(), target, tuple(flows))


def _planned(server: Kestra, name: str, text: str, namespace: str | None, target: str) -> Planned:
    from copilot.wiring import check
    from engine.flow.source import parse

    source = text if namespace is None else _moved(text, namespace)
    findings = tuple(check(source, target))
    value = parse(source).value
    fields = value if isinstance(value, dict) else {}
    place, flow_id = str(fields.get("namespace") or ""), str(fields.get("id") or "")
    if errors(list(findings)):
        return Planned(name, place, flow_id, source, None, findings=findings)
    refused = tuple(server.validate(source))
    found = server.flow(place, flow_id)
    if found is None:
        return Planned(name, place, flow_id, source, "create", _diff("", source, name), findings, refused)
    same = _kept(found.source) == _kept(source)
    action: Action = "unchanged" if same else "update"
    shown = "" if same else _diff(found.source, source, name)
    return Planned(name, place, flow_id, source, action, shown, findings, refused, found.revision)


def _kept(source: str) -> str:
    """What a server keeps of a text: a revision in it and the space around it mean nothing."""
    return _REVISION.sub("", source).strip()


def _moved(text: str, namespace: str) -> str:
    moved, count = _NAMESPACE.subn(lambda _: f"namespace: {namespace}", text, count=1)
    return moved if count else f"namespace: {namespace}\n{text}"


def _diff(old: str, new: str, name: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"{name} (deployed)", name
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def carry_out(server: Kestra, planned: Deployment) -> Deployment:
    """Create, update and delete as planned; deletions come last. KestraError: what came before it is done."""
    done = [_done(server, one) for one in planned.flows if one.action != "delete"]
    done += [_done(server, one) for one in planned.flows if one.action == "delete"]
    return Deployment(planned.url, planned.version, planned.target, tuple(done), done=True)


def _done(server: Kestra, one: Planned) -> Planned:
    revision = one.revision
    if one.action == "create":
        revision = server.create(one.source).revision
    elif one.action == "update":
        revision = server.update(one.namespace, one.flow_id, one.source).revision
    elif one.action == "delete":
        server.delete(one.namespace, one.flow_id)
    return Planned(
        one.file, one.namespace, one.flow_id, one.source, one.action, one.diff, one.findings, one.refused, revision
    )


def run(
    server: Kestra,
    flow: Planned,
    inputs: Mapping[str, Any],
    files: Mapping[str, Path],
    on_event: OnEvent = lambda event: None,
) -> dict[str, Any]:
    """Start a deployed flow, follow it to its end; the document of ``flowwright run``. KestraError.

    ``on_event`` hears of each change of state as the local engine tells it.
    """
    execution = server.start(flow.namespace, flow.flow_id, inputs, files)
    return followed(server, execution, on_event)


def followed(server: Kestra, execution: str, on_event: OnEvent = lambda event: None) -> dict[str, Any]:
    """An execution of the server from now to its end, as a document."""
    told: dict[str, str] = {}
    found: dict[str, Any] = {}
    for found in server.follow(execution):
        for run_of_task in found.get("taskRunList") or []:
            state = run_of_task["state"]["current"]
            if told.get(run_of_task["id"]) != state:
                told[run_of_task["id"]] = state
                on_event({"kind": "task_run", "task_id": run_of_task["taskId"], "state": state})
        state = found["state"]["current"]
        if told.get("") != state:
            told[""] = state
            on_event({"kind": "execution", "execution": execution, "state": state})
    return document(found, server.all_logs(execution))
