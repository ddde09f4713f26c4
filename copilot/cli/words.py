"""Commands that take words: new, edit, fix, ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, FlowFile, Inputs, Out, ProviderName, Target
from copilot.cli.output import boundary, emit, finish, progress, read_flow, read_inputs, say, show_findings, write_whole
from copilot.errors import Usage

if TYPE_CHECKING:
    from copilot.answer import Answer
    from copilot.settings import Settings
    from copilot.wiring import Workbench

PROVIDERS = ("offline", "gemini")


def add_to(app: typer.Typer) -> None:
    app.command("new")(new)
    app.command("edit")(edit)
    app.command("fix")(fix)
    app.command("ask")(ask)


def new(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What the flow is to do, in your own words.")],
    provider: ProviderName = None,
    target: Target = None,
    namespace: Annotated[str | None, typer.Option("--namespace", "-n", help="Namespace of the new flow.")] = None,
    out: Out = None,
    run: Annotated[bool, typer.Option("--run", help="Run the flow here once it is right.")] = False,
    inputs: Inputs = None,
    as_json: AsJson = False,
) -> None:
    """Write a flow from words: retrieved, drafted, checked, repaired, tried, with evidence and receipt."""
    with boundary(as_json):
        from copilot.wiring import Workbench

        if not words.strip():
            raise Usage(
                "the request is empty", hint='say what the flow is to do, for example: flowwright new "log hello"'
            )
        settings = settings_for(provider, target, namespace)
        bench = Workbench(settings, progress)
        answer = draft_answer(words, bench, inputs or [], _stage_line)
        if answer.status == "ok" and answer.flow:
            if out:
                write_whole(out, answer.flow)
            if run:
                answer = _with_run(answer, bench, inputs or [])
        _show(answer, as_json)
        finish(answer.status == "ok" and _ran_well(answer))


def edit(
    file: FlowFile,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What to change.")],
    provider: ProviderName = None,
    target: Target = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Change an existing flow by words; everything not asked for stays byte for byte."""
    with boundary(as_json):
        from copilot.editing import edit_flow
        from copilot.wiring import Workbench

        settings = settings_for(provider, target, None)
        bench = Workbench(settings, progress)
        answer = edit_flow(read_flow(file), words, bench, provider=provider)
        _finish_change(answer, out, as_json)


def fix(
    file: FlowFile,
    execution: Annotated[
        str | None, typer.Option("--execution", metavar="ID", help="Also use the errors of this execution.")
    ] = None,
    provider: ProviderName = None,
    target: Target = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Repair a flow from its findings and, when named, from a failed execution."""
    with boundary(as_json):
        from copilot.editing import fix_flow
        from copilot.wiring import Workbench

        settings = settings_for(provider, target, None)
        answer = fix_flow(read_flow(file), Workbench(settings, progress), provider=provider, execution=execution)
        _finish_change(answer, out, as_json)


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A question about Kestra.")],
    provider: ProviderName = None,
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the documentation, with quotes; "not in the documentation" is an answer."""
    with boundary(as_json):
        from copilot.ask import ask as answer_question
        from copilot.wiring import Workbench

        settings = settings_for(provider, target, None)
        bench = Workbench(settings, progress)
        answer = answer_question(question, bench.knowledge, target=settings.target, provider=bench.text_model(provider))
        if as_json:
            emit(answer.as_dict())
        else:
            say(answer.answer)
            for citation in answer.citations:
                say(f'\n  "{citation.quote}"\n    {citation.title} ({citation.origin})')
        finish(answer.confident)


def settings_for(provider: str | None, target: str | None, namespace: str | None) -> Settings:
    """Settings with what the command line named on top."""
    from copilot.settings import load_settings

    if provider is not None and provider not in PROVIDERS:
        raise Usage(f"there is no provider {provider!r}", hint=f"one of {', '.join(PROVIDERS)}")
    return load_settings(provider=provider, target=target, namespace=namespace)


def draft_answer(
    words: str, bench: Workbench, pairs: list[str], on_stage: Callable[[str, Mapping[str, Any]], None]
) -> Answer:
    """The whole pipeline for one request."""
    from copilot.draft.contract import Request
    from copilot.pipeline import generate

    values, _ = read_inputs(pairs)
    request = Request(words, target=bench.settings.target, namespace=bench.settings.namespace)
    return generate(request, bench.tools(bench.drafter()), inputs=values, on_stage=on_stage)


def _with_run(answer: Answer, bench: Workbench, pairs: list[str]) -> Answer:
    from dataclasses import replace

    from copilot.cli.executions import run_here

    values, files = read_inputs(pairs)
    execution = run_here(answer.flow or "", bench, values, files, model_written=answer.receipt.model != "")
    return replace(answer, extra={**answer.extra, "run": execution})


def _ran_well(answer: Answer) -> bool:
    return "run" not in answer.extra or answer.extra["run"]["state"] in ("SUCCESS", "WARNING")


def _finish_change(answer: Answer, out: Path | None, as_json: bool) -> None:
    if out and answer.status == "ok" and answer.flow:
        write_whole(out, answer.flow)
    _show(answer, as_json)
    finish(answer.status == "ok")


_STAGES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "retrieve": lambda d: f"found {len(d['sources'])} sources",
    "draft": lambda d: f"drafted ({d['status']})",
    "check": lambda d: f"checked: {d['errors']} error(s), {d['findings']} finding(s)",
    "repair": lambda d: f"attempt {d['attempt']}: " + ("changed" if d["changed"] else "nothing changed"),
    "trial": lambda d: f"tried: {d['verdict']}",
}


def _stage_line(stage: str, data: Mapping[str, Any]) -> None:
    if stage in _STAGES:
        progress(f"  {_STAGES[stage](data)}")


def _show(answer: Answer, as_json: bool) -> None:
    if as_json:
        emit(answer.as_dict())
        return
    say(f"# {answer.status}" + (f": {answer.reason}" if answer.reason else ""))
    for label, lines in (
        ("question", answer.questions),
        ("not understood", answer.not_understood),
        ("note", answer.notes),
        ("cannot run here", answer.cannot_run),
    ):
        for line in lines:
            say(f"# {label}: {line}")
    if "diff" in answer.extra:
        say(answer.extra["diff"].rstrip())
    elif answer.flow:
        say(answer.flow.rstrip())
    show_findings(answer.findings, "flow")
    _show_evidence(answer)
    _show_trial(answer)
    if "run" in answer.extra:
        from copilot.cli.executions import show_execution

        say()
        show_execution(answer.extra["run"])
    receipt = answer.receipt
    model = f" {receipt.model}, {receipt.model_calls} call(s), {receipt.prompt_tokens}+{receipt.output_tokens} tokens"
    say(f"\nreceipt: {receipt.provider}{model if receipt.model else ' (no model, no key)'}, {receipt.seconds:.1f} s")


def _show_evidence(answer: Answer) -> None:
    if answer.evidence:
        say("\nevidence:")
    for item in answer.evidence:
        say(f"  {item.task}: {item.type}")
        for source in item.sources:
            say(f"    - {source.title} ({source.origin})")


def _show_trial(answer: Answer) -> None:
    if not answer.trial:
        return
    say(f"\ntrial: {answer.trial['verdict']}")
    for task in answer.trial["tasks"]:
        why = f" ({task['why']})" if task["why"] else ""
        say(f"  {task['id']}: {task['how'].replace('_', ' ')}, {task['state']}{why}")
