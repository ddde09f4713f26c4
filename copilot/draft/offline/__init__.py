"""The keyless drafter: understand, plan, compile. No model, no network; the same words give the same flow.

OfflineDrafter().draft(Request(words="log 'hello' every day at 9"))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from copilot.draft.contract import Draft, Request, Source
from copilot.draft.offline.accounts import said_by, unaccounted
from copilot.draft.offline.compile import compile_plan, with_description
from copilot.draft.offline.emit import to_yaml
from copilot.draft.offline.gate import behind_approval, heed_decisions, starts_itself
from copilot.draft.offline.guard import Screening, pointing_questions, screen, vague_questions
from copilot.draft.offline.ir import Group, Node, Plan, Step
from copilot.draft.offline.mend import mend
from copilot.draft.offline.plan import Understanding, make_plan, understand
from copilot.draft.offline.row_steps import moved_by_trigger
from copilot.draft.offline.text import read_text
from copilot.draft.offline.types import Types, short
from copilot.draft.offline.vocabulary import VOCABULARY
from copilot.draft.offline.writer import Writer
from copilot.redact import redact
from engine.flow.catalog import Catalog
from engine.flow.findings import Finding

Search = Callable[[str, str], Sequence[Source]]


class OfflineDrafter:
    """Composes flows from known blocks. ``catalog`` is the bundled one by default; ``search`` maps (words, target)
    to sources and is asked for services that no table knows."""

    name = "offline"
    model = ""

    def __init__(self, catalog: Catalog | None = None, search: Search | None = None) -> None:
        if catalog is None:
            from engine.flow.catalog import catalog as bundled

            catalog = bundled()
        self._catalog = catalog
        self._search = search
        self._types: dict[str, Types] = {}

    def draft(self, request: Request) -> Draft:
        """A flow, questions, or a refusal; never a type or property that is not in the catalog."""
        types = self._types.setdefault(request.target, Types(self._catalog, request.target))
        words, notes = redact(_with_answers(request))
        moved = tuple(notes)
        seen = screen(words, types)
        if seen.refuse:
            return Draft("refused", reason=seen.refuse, notes=(*moved, *seen.notes), not_understood=seen.ignored)
        if seen.ask:
            return Draft("needs_input", questions=seen.ask, notes=(*moved, *seen.notes), not_understood=seen.ignored)
        return self._compose(request, types, seen, moved)

    def _compose(self, request: Request, types: Types, screened: Screening, moved: tuple[str, ...]) -> Draft:
        text = read_text(screened.words, VOCABULARY)
        understood = understand(text, types)
        plan = with_description(make_plan(understood, types), text.plain)
        questions = vague_questions(text, _has_source(plan), bool(plan.steps))
        if questions:
            return Draft("needs_input", questions=questions, notes=moved, not_understood=screened.ignored)
        if not _says_anything(understood, plan):
            return _nothing(understood, moved, screened)
        writer = Writer(types, text, plan, request.namespace, search=self._types_for(request.target))
        writer.extra["sentences"] = _sentences(understood)
        writer.extra["clause_words"] = {i: text.masked[c.start : c.end] for i, c in enumerate(understood.clauses)}
        flow = compile_plan(writer)
        if screened.gate:
            behind_approval(writer, flow)
        heed_decisions(writer, flow)
        if again := starts_itself(flow):
            question = f"Which flow should start once {again} has ended? Starting {again} again would never end."
            return Draft("needs_input", questions=(question,), notes=moved, not_understood=screened.ignored)
        missed = (*_not_understood(understood, plan, writer), *_lost_conditions(understood, flow))
        grounds = _grounds(flow, request.sources)
        notes = (*moved, *screened.notes, *plan.notes, *writer.notes, *_placeholder_note(writer, flow))
        told = (*missed, *notes, *writer.questions, *screened.ignored)
        missed = (*missed, *unaccounted(text, understood.clauses, said_by(flow), told))
        if not flow.get("tasks"):
            return Draft(
                "needs_input",
                questions=("What should the flow do? Nothing in the words names a step that is known here.",),
                notes=notes,
                not_understood=missed,
            )
        return Draft(
            "drafted",
            to_yaml(flow),
            (*writer.questions, *pointing_questions(text)),
            (*screened.ignored, *missed),
            tuple(dict.fromkeys(notes)),
            grounds=grounds,
        )

    def _types_for(self, target: str) -> Callable[[str], Sequence[str]] | None:
        search = self._search
        if search is None:
            return None
        return lambda words: [short(t) for source in search(words, target) for t in source.types]

    def repair(self, request: Request, flow: str, findings: Sequence[Finding]) -> Draft:
        """Safe edits first; then the offending property goes. An unchanged flow: nothing more to try."""
        changed, notes = mend(flow, findings)
        return Draft("drafted", changed, notes=notes)


def _with_answers(request: Request) -> str:
    """Replies to earlier questions are part of the request."""
    words = request.words
    for answer in request.answers.values():
        if answer.strip():
            words += f". {answer.strip()}"
    return words


def _has_source(plan: Plan) -> bool:
    def reads(node: Node) -> bool:
        if isinstance(node, Group):
            return any(reads(n) for n in (*node.steps, *node.otherwise))
        if node.what in ("http_download", "http_request", "git_clone", "write_file", "datagen", "python"):
            return True
        service = node.args.get("service")
        return bool(service and service.key not in ("mail", "slack") and service.kind != "notify")

    return any(reads(n) for n in plan.steps) or any(e.kind in ("service", "webhook", "flow") for e in plan.events)


def _says_anything(seen: Understanding, plan: Plan) -> bool:
    return bool(
        plan.steps
        or plan.errors
        or plan.finally_
        or plan.outputs
        or plan.events
        or (plan.schedules and plan.inputs)
        or plan.concurrency
        or plan.sla
        or plan.schedules
    )


def _nothing(seen: Understanding, moved: tuple[str, ...], screened: Screening) -> Draft:
    words = seen.text.masked
    if re.search(
        (
            r"\b(?:flow|kestra|workflow|pipeline|task|automat\w*|file|table|data|report|same|customers?"
            "|database|query|bucket|server|upload|download|connect|sync|load|export|import|system|rows"
            r"|records|queue|topic|script|job|api|backup|migrate)\b"
        ),
        words,
    ):
        return Draft(
            "needs_input",
            questions=("What should the flow do, with which source and which destination?",),
            notes=moved,
            not_understood=(seen.text.words.strip(),),
        )
    return Draft(
        "refused",
        reason="Nothing in these words describes a flow: no source, no step, no destination, no trigger.",
        notes=moved,
        not_understood=(seen.text.words.strip(), *screened.ignored),
    )


def _sentences(seen: Understanding) -> dict[int, str]:
    """For each clause the words of its whole sentence, with the literals readable."""
    out: dict[int, str] = {}
    for index, clause in enumerate(seen.clauses):
        members = [c for c in seen.clauses if c.sentence == clause.sentence]
        out[index] = seen.text.plain[members[0].start : members[-1].end]
    return out


_CARRIES = re.compile(
    r"\b(?:input|default|schedule|retry|tries|timeout|parallel|same\s+time|secret|credential|password"
    r"|docker|header|table|output|namespace|flow|please|hello|hi|thanks|sorry|new\s+to|i'm|sql|manual"
    "|hand|label|webhook|"
    "variable|cache|concurren|execution|run|jdbc|user|default|key|token|column|error|fail|sla|want"
    r"|need|everything|all|like|batch|wait|important|fine)\w*\b"
)


_CHOOSING = frozenset(
    ["runIf", "when", "condition", "conditions", "preconditions", "dependsOn", "retry", "allowFailure", "options"]
)


def _chooses(flow: Any) -> bool:
    """Whether anything in the flow depends on a condition."""
    if isinstance(flow, Mapping):
        kind = str(flow.get("type", ""))
        return kind.endswith((".Switch", ".Assert", ".Fail", ".Pause")) or any(
            key in _CHOOSING or _chooses(value) for key, value in flow.items()
        )
    return isinstance(flow, list) and any(_chooses(value) for value in flow)


def _lost_conditions(seen: Understanding, flow: Mapping[str, Any]) -> tuple[str, ...]:
    """Clauses with a condition where nothing in the flow is conditional: the reader must hear of it."""
    if _chooses(flow) or "CREATE TABLE" in str(flow):
        return ()
    named = [c for c, s in zip(seen.clauses, seen.scopes, strict=True) if s.condition]
    return tuple(seen.text.show(c.start, c.end) for c in named)


def _not_understood(seen: Understanding, plan: Plan, writer: Writer) -> tuple[str, ...]:
    """Clauses that changed nothing, word for word."""
    used = set(writer.steps_of) | {m.clause for m in seen.mentions if m.what in ("compute", "table", "http_url")}
    spans = [span for s in plan.schedules for span in s.spans]
    out = []
    for index, clause in enumerate(seen.clauses):
        words = seen.text.masked[clause.start : clause.end]
        if index in used or any(s < clause.end and clause.start < e for s, e in spans):
            continue
        scope = seen.scopes[index]
        if (
            scope.condition
            or scope.where != "tasks"
            or scope.parallel
            or scope.each
            or _CARRIES.search(words)
            or len(re.findall(r"[a-zà-ÿ]{3,}", words)) < 2
        ):
            continue
        if any(
            e.args.get("span", (0, 0))[0] < clause.end and clause.start < e.args.get("span", (0, 0))[1]
            for e in plan.events
        ) or any(clause.start <= s < clause.end for s in seen.event_starts):
            continue
        if moved_by_trigger(seen, index):
            continue
        out.append(seen.text.show(clause.start, clause.end))
    out += [s.words.strip() for s in writer.extra.get("unwritten", ()) if isinstance(s, Step)]
    return tuple(dict.fromkeys(out))


def _placeholder_note(writer: Writer, flow: Mapping[str, Any]) -> tuple[str, ...]:
    names = [n for n in writer.placeholders if n in writer.inputs]
    if not names:
        return ()
    note = f"Not named in the request, so asked for as inputs: {', '.join(names)}."
    if flow.get("triggers"):
        note += " A trigger asks nobody: give them defaults, or values under inputs of the trigger."
    return (note,)


def _grounds(flow: Mapping[str, Any], sources: Sequence[Source]) -> dict[str, list[str]]:
    """For each task the chunks that speak of its type."""
    out: dict[str, list[str]] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if (
                isinstance(value.get("id"), str)
                and isinstance(value.get("type"), str)
                and value["type"].startswith("io.")
            ):
                chunks = [s.chunk for s in sources if value["type"] in s.types]
                if chunks:
                    out[value["id"]] = chunks[:4]
            for child in value.values():
                walk(child)
        elif isinstance(value, list):
            for child in value:
                walk(child)

    walk(dict(flow))
    return out


__all__ = ["OfflineDrafter", "replace"]
