"""Turns a request into a prompt and a model's answer into a draft. Pure; the templates are in copilot/prompts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template

from copilot.draft.contract import Draft, Request, Source
from engine.flow.findings import Finding

_FIELDS = {"STATUS", "REASON", "QUESTION", "NOTE"}
_STATUSES = {"drafted", "needs_input", "refused"}


@cache
def _template(name: str) -> Template:
    return Template(files("copilot.prompts").joinpath(f"{name}.md").read_text("utf-8"))


def system_prompt(request: Request, fence: str) -> str:
    """The standing rules; ``fence`` is the random tag around reference data of this request."""
    return _template("system").substitute(target=request.target, namespace=request.namespace, fence=fence)


def draft_prompt(request: Request, fence: str) -> str:
    """The request with its sources, documents, existing flow and answers."""
    return _squeeze(
        _template("draft").substitute(
            sources=_fenced(request.sources, fence),
            documents=_fenced(request.documents, fence),
            existing=f"The flow to change:\n```yaml\n{request.flow.rstrip()}\n```\n" if request.flow else "",
            words=visible(request.words),
            answers=_answers(request.answers),
            target=request.target,
        )
    )


def repair_prompt(request: Request, flow: str, findings: Sequence[Finding], fence: str) -> str:
    """The flow with its located findings, asking for the smallest change."""
    return _squeeze(
        _template("repair").substitute(
            sources=_fenced(request.sources, fence),
            words=visible(request.words),
            answers=_answers(request.answers),
            findings="\n".join(_line(f) for f in findings),
            flow=flow.rstrip(),
            target=request.target,
        )
    )


def visible(text: str) -> str:
    """Text without characters a reader cannot see (zero-width, direction marks, tags, controls)."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cf", "Cc", "Co", "Cs", "Cn"})


def parse_answer(text: str) -> Draft:
    """A model's answer as a draft. Only the outermost fence is taken off: flows may contain fences of their own."""
    head, flow = _split(text)
    fields: dict[str, list[str]] = {name: [] for name in _FIELDS}
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().upper() in _FIELDS and value.strip():
            fields[name.strip().upper()].append(value.strip())
    status = fields["STATUS"][-1].split()[0].lower() if fields["STATUS"] else ""
    if status not in _STATUSES:
        status = "drafted" if flow else "needs_input" if fields["QUESTION"] else "refused"
    reason = " ".join(fields["REASON"]) or ("" if flow or fields["QUESTION"] else head.strip()[:300])
    if status == "drafted" and not flow:
        status = "needs_input" if fields["QUESTION"] else "refused"
    return Draft(
        status=status,  # type: ignore[arg-type]
        flow=flow if status == "drafted" else None,
        questions=tuple(fields["QUESTION"]),
        notes=tuple(fields["NOTE"]),
        reason=reason,
    )


def _split(text: str) -> tuple[str, str | None]:
    """(what stands before the flow, the flow). A fence counts only when it opens before the flow's first key."""
    lines = text.strip().splitlines()
    start = _first(lines, r"(id|namespace)\s*:")
    opening = _first(lines, r"```")
    if opening is None or (start is not None and start < opening):
        return ("\n".join(lines[:start]), "\n".join(lines[start:]) + "\n") if start is not None else (text, None)
    closing = next((n for n in range(len(lines) - 1, opening, -1) if lines[n].rstrip() == "```"), len(lines))
    return "\n".join(lines[:opening]), "\n".join(lines[opening + 1 : closing]).strip("\n") + "\n"


def _first(lines: Sequence[str], pattern: str) -> int | None:
    return next((number for number, line in enumerate(lines) if re.match(pattern, line)), None)


def _fenced(sources: Iterable[Source], fence: str) -> str:
    blocks = [
        f'<{fence} kind="{s.kind}" title="{_attribute(s.title)}" version="{_attribute(s.version)}">\n'
        f"{visible(s.text).replace(fence, '')}\n</{fence}>"
        for s in sources
    ]
    return "\n".join(blocks)


def _attribute(text: str) -> str:
    return re.sub(r"[\"<>\n]", " ", visible(text))


def _answers(answers: Mapping[str, str]) -> str:
    if not answers:
        return ""
    return "Answers the reader gave:\n" + "\n".join(f"- {visible(q)}: {visible(a)}" for q, a in answers.items()) + "\n"


def _line(finding: Finding) -> str:
    where = f"line {finding.line}, column {finding.column}"
    hint = f" Hint: {finding.hint}" if finding.hint else ""
    return f"- {where} [{finding.code}] {finding.message}{hint}"


def _squeeze(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
