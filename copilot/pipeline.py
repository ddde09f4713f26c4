"""Retrieve, draft, check, repair, try, answer. Pure of its surroundings: everything it uses is in ``Tools``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copilot.answer import Answer, Evidence, Receipt, Status
from copilot.draft.contract import Draft, Drafter, Request, Source, Usage
from engine.flow.check import must_mend
from engine.flow.findings import Finding

MOST_EVIDENCE = 3
OnStage = Callable[[str, Mapping[str, Any]], None]
"""Told of each stage as it ends: retrieve, draft, check, repair, trial, answer; with figures to show."""


@dataclass(frozen=True, slots=True)
class Limits:
    """No further repair starts beyond any of these: drafts and repairs in all, seconds, tokens."""

    attempts: int = 3
    seconds: float = 180.0
    tokens: int = 60_000


@dataclass(frozen=True, slots=True)
class Tools:
    """What the pipeline works with. ``retrieve`` maps (words, target) and ``reference`` maps (type, target) to sources;
    ``redact`` takes credentials out of words before any drafter sees them and says which;
    ``try_out`` gives a trial's JSON shape, or None where nothing can be tried."""

    drafter: Drafter
    retrieve: Callable[[str, str], Sequence[Source]]
    reference: Callable[[str, str], Sequence[Source]]
    redact: Callable[[str], tuple[str, Sequence[str]]]
    check: Callable[[str, str], list[Finding]]
    runs_here: Callable[[str], tuple[bool, list[str]]]
    try_out: Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None]
    tasks_of: Callable[[str], Sequence[tuple[str, str]]]
    clock: Callable[[], float]
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class _Attempt:
    flow: str
    findings: Sequence[Finding]
    trial: Mapping[str, Any] | None

    @property
    def to_repair(self) -> list[Finding]:
        return must_mend(self.findings)


def generate(
    request: Request,
    tools: Tools,
    *,
    inputs: Mapping[str, Any] | None = None,
    on_stage: OnStage = lambda stage, data: None,
) -> Answer:
    """Words to a checked and tried flow. ProviderError when a model does not answer; the rest is in the answer."""
    started = tools.clock()
    words, redacted = tools.redact(request.words)
    sources = tools.retrieve(words, request.target)
    on_stage("retrieve", {"sources": [s.title for s in sources]})
    request = replace(request, words=words, sources=(*request.sources, *sources))

    draft = tools.drafter.draft(request)
    on_stage("draft", {"status": draft.status})
    draft = replace(draft, notes=(*redacted, *draft.notes))
    if draft.flow is None:
        status: Status = "refused" if draft.status == "refused" else "needs_input"
        return _answered(on_stage, _without_flow(status, draft, tools, started))
    attempt, draft, attempts = _until_right(request, draft, tools, inputs or {}, started, on_stage)
    return _answered(on_stage, _with_flow(request, attempt, draft, tools, attempts, started))


def repair(
    request: Request,
    flow: str,
    tools: Tools,
    *,
    known: Sequence[Finding] = (),
    inputs: Mapping[str, Any] | None = None,
    on_stage: OnStage = lambda stage, data: None,
) -> Answer:
    """An existing flow to a checked and tried one. ``known``: findings from elsewhere, such as a failed execution."""
    started = tools.clock()
    types = " ".join(sorted({type_name for _, type_name in tools.tasks_of(flow)}))
    sources = tools.retrieve(f"{request.words} {types}", request.target)
    on_stage("retrieve", {"sources": [s.title for s in sources]})
    request = replace(request, flow=flow, sources=(*request.sources, *sources))
    draft = Draft("drafted", flow)
    if known:
        draft = tools.drafter.repair(request, flow, known)
        on_stage("repair", {"attempt": 1, "changed": draft.flow is not None and draft.flow.strip() != flow.strip()})
        draft = replace(draft, flow=draft.flow or flow)
    attempt, draft, attempts = _until_right(request, draft, tools, inputs or {}, started, on_stage)
    return _answered(on_stage, _with_flow(request, attempt, draft, tools, attempts, started))


def _until_right(
    request: Request, draft: Draft, tools: Tools, inputs: Mapping[str, Any], started: float, on_stage: OnStage
) -> tuple[_Attempt, Draft, int]:
    """Check and repair until nothing is wrong, nothing changes any more, or a limit is reached."""
    attempts = 1
    attempt = _examine(draft.flow or "", request, tools, inputs, on_stage)
    while attempt.to_repair and attempts < tools.limits.attempts and not _spent(tools, draft.usage, started):
        repaired = tools.drafter.repair(request, attempt.flow, attempt.to_repair)
        attempts += 1
        draft = replace(draft, usage=draft.usage + repaired.usage, notes=(*draft.notes, *repaired.notes))
        changed = repaired.flow is not None and repaired.flow.strip() != attempt.flow.strip()
        on_stage("repair", {"attempt": attempts, "changed": changed})
        if not changed or repaired.flow is None:
            break
        attempt = _examine(repaired.flow, request, tools, inputs, on_stage)
    return attempt, draft, attempts


def _spent(tools: Tools, usage: Usage, started: float) -> bool:
    used = usage.prompt_tokens + usage.output_tokens
    return tools.clock() - started >= tools.limits.seconds or used >= tools.limits.tokens


def _examine(flow: str, request: Request, tools: Tools, inputs: Mapping[str, Any], on_stage: OnStage) -> _Attempt:
    findings = [*tools.check(flow, request.target), *_smuggled(flow, request)]
    wrong = must_mend(findings)
    on_stage("check", {"errors": len(wrong), "findings": len(findings)})
    if wrong:
        return _Attempt(flow, findings, None)
    trial = tools.try_out(flow, inputs)
    if trial is not None:
        on_stage("trial", {"verdict": trial["verdict"]})
        findings += list(_failures(flow, trial))
    return _Attempt(flow, findings, trial)


def _failures(flow: str, trial: Mapping[str, Any]) -> Iterator[Finding]:
    """What the trial found wrong, as located findings that can be repaired."""
    if trial["verdict"] != "failed":
        return
    for task in trial["tasks"]:
        if task["state"] == "FAILED" and task["why"]:
            line, column = _place_of(flow, task["id"])
            yield Finding(
                code="trial_failed",
                severity="error",
                path=(),
                line=line,
                column=column,
                message=f"task {task['id']} failed when it was tried: {task['why']}",
                hint="correct the task so that it runs",
            )


def _place_of(flow: str, task_id: str) -> tuple[int, int]:
    pattern = re.compile(rf"^(\s*(?:-\s+)?)id:\s*[\"']?{re.escape(task_id)}[\"']?\s*$")
    for number, line in enumerate(flow.splitlines(), start=1):
        if match := pattern.match(line):
            return number, len(match.group(1)) + 1
    return 1, 1


_HOST = re.compile(r"https?://([\w.-]+)", re.IGNORECASE)


def _smuggled(flow: str, request: Request) -> Iterator[Finding]:
    """Hosts that only a handed-in document named: documents are data and may not choose where a flow connects to."""
    asked = set(_HOST.findall(f"{request.words}\n{request.flow or ''}\n{' '.join(request.answers.values())}"))
    offered = {host for document in request.documents for host in _HOST.findall(document.text)} - asked
    for number, line in enumerate(flow.splitlines(), start=1):
        for match in _HOST.finditer(line):
            if match.group(1) in offered:
                yield Finding(
                    code="unasked_host",
                    severity="error",
                    path=(),
                    line=number,
                    column=match.start() + 1,
                    message=f"the flow connects to {match.group(1)}, which only a document names, not the request",
                    hint="leave it out, or use an input without a default for the address",
                )


def _evidence(flow: str, request: Request, draft: Draft, tools: Tools) -> list[Evidence]:
    """For each task: what its drafter named, its type's reference, an example that uses it."""
    by_chunk = {s.chunk: s for s in request.sources}
    found = []
    for task, type_name in tools.tasks_of(flow):
        grounds = [by_chunk[c] for c in draft.grounds.get(task, ()) if c in by_chunk]
        named = [s for s in request.sources if type_name in s.types]
        reference = tools.reference(type_name, request.target)
        by_origin = {s.origin: s for s in (*grounds, *reference, *named)}
        found.append(Evidence(task, type_name, tuple(by_origin.values())[:MOST_EVIDENCE]))
    return found


def _receipt(tools: Tools, usage: Usage, attempts: int, started: float) -> Receipt:
    return Receipt(
        provider=tools.drafter.name,
        model=tools.drafter.model,
        model_calls=usage.model_calls,
        prompt_tokens=usage.prompt_tokens,
        output_tokens=usage.output_tokens,
        seconds=tools.clock() - started,
        attempts=attempts,
    )


def _without_flow(status: Status, draft: Draft, tools: Tools, started: float) -> Answer:
    return Answer(
        status=status,
        receipt=_receipt(tools, draft.usage, 1, started),
        questions=draft.questions,
        not_understood=draft.not_understood,
        notes=draft.notes,
        reason=draft.reason,
    )


def _with_flow(
    request: Request, attempt: _Attempt, draft: Draft, tools: Tools, attempts: int, started: float
) -> Answer:
    wrong = attempt.to_repair
    runs_here, cannot_run = tools.runs_here(attempt.flow)
    return Answer(
        status="failed" if wrong else "ok",
        receipt=_receipt(tools, draft.usage, attempts, started),
        flow=attempt.flow,
        findings=attempt.findings,
        runs_here=runs_here and not wrong,
        cannot_run=cannot_run,
        evidence=_evidence(attempt.flow, request, draft, tools),
        trial=attempt.trial,
        questions=draft.questions,
        not_understood=draft.not_understood,
        notes=draft.notes,
        reason=f"{len(wrong)} finding(s) remained after {attempts} attempt(s)" if wrong else "",
    )


def _answered(on_stage: OnStage, answer: Answer) -> Answer:
    on_stage("answer", {"status": answer.status})
    return answer
