"""Existing flows changed by words, or repaired: the answer of a new flow, with a diff beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from copilot.answer import Answer, Receipt
from copilot.draft.contract import Request
from copilot.edit import EditResult, comments_kept, edit, unified
from copilot.executions import document
from copilot.pipeline import OnStage, generate, repair
from copilot.redact import redact
from engine.flow.findings import Finding

if TYPE_CHECKING:
    from copilot.wiring import Workbench


def edit_flow(flow: str, words: str, bench: Workbench, *, provider: str | None = None, target: str = "") -> Answer:
    """The flow with what the words ask for, everything else byte for byte. ProviderError when a model is silent."""
    target = target or bench.settings.target
    if bench.drafter_name(provider) == "offline":
        cleaned, moved = redact(words)
        return _edited(flow, edit(flow, cleaned, target), tuple(moved), bench, target)
    tools = bench.tools(bench.drafter(provider))
    return with_diff(flow, generate(Request(words, target=target, flow=flow), tools))


def fix_flow(
    flow: str,
    bench: Workbench,
    *,
    provider: str | None = None,
    execution: str | None = None,
    target: str = "",
    on_stage: OnStage = lambda stage, data: None,
) -> Answer:
    """The flow without its findings; with an execution's id, also without what made it fail. NotFound."""
    from engine.flow.edits import fix_all

    target = target or bench.settings.target
    known: list[Finding] = []
    if execution is not None:
        with bench.records() as engine:
            known = list(_failures(document(engine, execution)))
    corrected, _ = fix_all(flow, target)
    request = Request("repair this flow", target=target, flow=flow)
    answer = repair(request, corrected, bench.tools(bench.drafter(provider)), known=known, on_stage=on_stage)
    return with_diff(flow, answer)


def with_diff(before: str, answer: Answer) -> Answer:
    """The answer with ``diff`` and ``untouched`` (all that was not meant is as before, comments included)."""
    after = answer.flow or before
    more = {"diff": unified(before, after), "untouched": comments_kept(before, after)}
    return replace(answer, extra={**answer.extra, **more})


def _edited(before: str, result: EditResult, moved: tuple[str, ...], bench: Workbench, target: str) -> Answer:
    from copilot.wiring import check, runs_here

    after = result.flow or before
    can_run, missing = runs_here(after)
    return Answer(
        status=result.status,
        receipt=Receipt("offline", attempts=1),
        flow=after,
        findings=check(after, target),
        runs_here=can_run,
        cannot_run=missing,
        trial=bench.trial(after, {}) if result.status == "ok" else None,
        questions=result.questions,
        not_understood=result.not_understood,
        notes=(*moved, *result.notes),
        extra={"diff": result.diff, "untouched": result.untouched},
    )


def _failures(execution: Mapping[str, Any]) -> Iterator[Finding]:
    """What made an execution fail, from its error log."""
    failed = {run["task_id"] for run in execution["task_runs"] if run["state"] == "FAILED"}
    for line in execution["logs"]:
        if line["level"] == "ERROR" and line["task_id"] in failed:
            yield Finding(
                code="execution_failed",
                severity="error",
                path=(),
                line=1,
                column=1,
                message=f"task {line['task_id']} failed when it ran: {line['message'][:500]}",
                hint="change the flow so that this cannot happen again",
            )
